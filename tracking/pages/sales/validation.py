"""The admin's pages on which staff approve or decline a sale, or take a decline back."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any, ClassVar

from django import forms
from django.http import HttpRequest
from django.urls import reverse
from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from network.models import User
from network.pages.site.admin_site import person
from network.pages.site.change_pages import ChangeView, Effects
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
            "Nothing will be owed for this order, no matter who is credited. You can undo this "
            "until the sale is final."
        ),
    ),
    Action.TAKE_BACK: Words(
        TakeBackForm,
        "take-back",
        gettext_lazy("Undo the decline of order %(order)s"),
        gettext_lazy("Undo the decline"),
        gettext_lazy("Undo decline…"),
        gettext_lazy("The decline of order %(order)s is undone."),
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


def buttons(row: Conversion, by: User) -> list[Button]:
    """What this person can do to the sale as it stands."""
    return [
        Button(str(WORDS[action].link), reverse(f"admin:{url_name(action)}", args=[row.pk]))
        for action in possible(row, by)
    ]


class ValidationChange(ChangeView[Conversion]):
    """Approving or declining a sale, or taking the decline back: what a subclass calls its
    ``action``."""

    action: ClassVar[Validation.Action]
    template = "admin/sales/validate.html"
    refusals = (ValidationRefused,)

    def __init__(self, request: HttpRequest, model_admin: Any, about: Conversion) -> None:
        super().__init__(request, model_admin, about)
        self.words = WORDS[self.action]
        self.button, self.form_class = self.words.button, self.words.form

    @property
    def title(self) -> str:
        return str(self.words.title) % {"order": self.about.order}

    def effects(self) -> Effects:
        if said := refusal(self.about, self.action, person(self.request)):
            return Effects(nothing=[said])
        confirms = self.action == Action.APPROVE and not self.about.verified
        more = _("Only a browser has reported this order. Approving it also confirms it.")
        return Effects(sentences=[str(self.words.effect), *([more] if confirms else [])])

    def context(self) -> Mapping[str, Any]:
        return {"state": state_of_sale(self.about)}

    def make(self, now: datetime) -> str:
        data = self.form.cleaned_data
        statement = Statement(
            action=self.action,
            made_by=person(self.request),
            reason=data["reason"],
            code=data.get("code", ""),
        )
        said = validate(self.about.advertiser_id, self.about.pk, statement, now)
        logged = ": ".join(filter(None, (said.get_action_display(), said.because)))
        self.model_admin.log_change(self.request, self.about, logged)
        return str(self.words.done) % {"order": self.about.order}


class Approval(ValidationChange):
    action = Action.APPROVE


class Decline(ValidationChange):
    action = Action.DECLINE
    is_grave = True


class TakingBack(ValidationChange):
    action = Action.TAKE_BACK
