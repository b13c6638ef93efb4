"""The admin's pages on which staff approve or decline a sale, or take a decline back."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime

from django import forms
from django.core.exceptions import ValidationError
from django.http import HttpRequest
from django.urls import reverse
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy

from network.pages.site.admin_site import person
from network.pages.site.change_pages import ChangePage, posted
from tracking.commissions.rulings import Statement
from tracking.explain.explanations import state_of_sale
from tracking.lifecycle.validation import Action, ValidationRefused, possible, refusal, validate
from tracking.models import Conversion, Validation
from tracking.pages.sales.forms import ApproveForm, DeclineForm, TakeBackForm


@dataclass(frozen=True, slots=True)
class Words:
    """What a page about one sale says; ``title`` and ``done`` have ``%(order)s`` in them."""

    form: type[forms.Form]
    path: str
    title: Promise
    button: Promise
    link: Promise
    done: Promise
    effect: Promise


WORDS: Mapping[Validation.Action, Words] = {
    Action.APPROVE: Words(
        ApproveForm,
        "approve",
        gettext_lazy("Approve order %(order)s"),
        gettext_lazy("Approve"),
        gettext_lazy("Approve…"),
        gettext_lazy("Order %(order)s is approved."),
        gettext_lazy(
            "It becomes final when its windows have closed, not earlier. If later evidence credits "
            "somebody else or gives other figures, it is pending again."
        ),
    ),
    Action.DECLINE: Words(
        DeclineForm,
        "decline",
        gettext_lazy("Decline order %(order)s"),
        gettext_lazy("Decline"),
        gettext_lazy("Decline…"),
        gettext_lazy("Order %(order)s is declined."),
        gettext_lazy(
            "Nothing is owed for it then, whoever it is credited to. Until the sale is closed, the "
            "decline can be taken back."
        ),
    ),
    Action.TAKE_BACK: Words(
        TakeBackForm,
        "take-back",
        gettext_lazy("Take back the decline of order %(order)s"),
        gettext_lazy("Take back"),
        gettext_lazy("Take back…"),
        gettext_lazy("The decline of order %(order)s is taken back."),
        gettext_lazy(
            "The commission is pending again, and becomes final when its windows have closed."
        ),
    ),
}


@dataclass(frozen=True, slots=True)
class Button:
    """A link to one of these pages."""

    label: str
    address: str


def url_name(action: Validation.Action) -> str:
    return f"tracking_conversion_{action.value}"


def buttons(row: Conversion) -> list[Button]:
    """What can be done to the sale as it stands."""
    return [
        Button(str(WORDS[action].link), reverse(f"admin:{url_name(action)}", args=[row.pk]))
        for action in possible(row)
    ]


def validation_page(
    request: HttpRequest, row: Conversion, action: Validation.Action, log: Callable[[str], None]
) -> ChangePage:
    """The page that asks for what the action needs; ``log`` is told what was done."""
    words, form = WORDS[action], WORDS[action].form(posted(request))

    def apply(now: datetime) -> str:
        data = form.cleaned_data
        statement = Statement(
            action=action,
            made_by=person(request),
            reason=data["reason"],
            code=data.get("code", ""),
        )
        try:
            said = validate(row.advertiser_id, row.pk, statement, now)
        except ValidationRefused as error:
            raise ValidationError(str(error)) from error
        log(": ".join(filter(None, (said.get_action_display(), said.because))))
        return str(words.done) % {"order": row.order}

    return ChangePage(
        title=str(words.title) % {"order": row.order},
        form=form,
        button=str(words.button),
        back=reverse("admin:tracking_conversion_change", args=[row.pk]),
        apply=apply,
        template="admin/sales/validate.html",
        context={
            "original": row,
            "state": state_of_sale(row),
            "effect": words.effect,
            "confirms": action == Action.APPROVE and not row.verified,
            "refusal": refusal(row, action),
        },
    )
