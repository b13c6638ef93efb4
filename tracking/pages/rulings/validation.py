"""The admin's pages on which staff approve or decline sales, one or several at once, or take a
decline back."""

from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any, ClassVar

from django import forms
from django.core.exceptions import PermissionDenied
from django.db.models import QuerySet
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.urls import URLPattern, path, reverse
from django.utils.functional import Promise, cached_property
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext

from network import clock, dates, money
from network.pages.site.admin_site import ScopedAdmin, person
from network.pages.site.change_pages import ChangeView, Effects
from network.people import access
from tracking.commissions.rulings import Statement, becomes
from tracking.commissions.settling import commission_of
from tracking.commissions.standing import standing
from tracking.commissions.states import SaleState
from tracking.conversions.locking import lock_in_order
from tracking.explain.explanations import state_of_sale
from tracking.lifecycle.validation import Action, ValidationRefused, possible, refusal, validate
from tracking.models import Commission, Conversion, Validation
from tracking.pages.rulings.chosen import (
    Outdatings,
    as_shown,
    by_sale,
    chosen,
    left_out,
    what_it_is_now,
)
from tracking.pages.rulings.chosen import ask as ask_about
from tracking.pages.rulings.forms import ApproveForm, DeclineForm, TakeBackForm


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


def buttons(row: Conversion, request: HttpRequest) -> list[Button]:
    """What whoever asks can do to the sale as it stands."""
    return [
        Button(str(WORDS[action].link), reverse(f"admin:{url_name(action)}", args=[row.pk]))
        for action in possible(row, person(request), clock.now())
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
        if said := refusal(self.about, self.action, person(self.request), self.now):
            return Effects(nothing=[said])
        confirms = self.action == Action.APPROVE and not self.about.verified
        more = _("Only a browser has reported this order. Approving it also confirms it.")
        return Effects(sentences=[self.effect(), *([more] if confirms else [])])

    def effect(self) -> str:
        return str(self.words.effect)

    def context(self) -> Mapping[str, Any]:
        return {"state": state_of_sale(self.about)}

    def shown(self) -> Sequence[str]:
        return [standing(self.about)]

    def read_again(self) -> None:
        self.about = self.model_admin.get_object(self.request, str(self.about.pk))

    def make(self, now: datetime) -> str:
        data = self.form.cleaned_data
        statement = Statement(
            action=self.action,
            made_by=person(self.request),
            reason=data["reason"],
            code=data.get("code", ""),
            seen=by_sale(self.was_shown).get(self.about.pk, ""),
        )
        with as_shown(what_it_is_now):
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

    def effect(self) -> str:
        commission = commission_of(self.about)
        if commission is None or becomes(commission, self.action) != Commission.Status.APPROVED:
            return super().effect()
        return _(
            "The commission is approved again, as it was before its partner was suspended, and "
            "becomes final when its windows have closed."
        )


MANY = "tracking_conversion_rule_many"


@dataclass(frozen=True, slots=True)
class Concerned:
    """An order that was chosen, and why nothing can be said about it, empty where it can."""

    row: Conversion
    reported: str
    partner: str
    commission: str
    refused: str


class RulingMany(ChangeView[None]):
    """``?to=approve&sales=1,2``: the same is said of several orders. Those of which it cannot be
    said are named and stay as they are."""

    template = "admin/sales/rule_many.html"

    def __init__(
        self,
        request: HttpRequest,
        model_admin: ScopedAdmin[Any],
        action: Validation.Action,
        sales: Sequence[Conversion],
    ) -> None:
        super().__init__(request, model_admin, None)
        self.ruling, self.sales = action, sales
        self.form_class, self.button = WORDS[action].form, WORDS[action].button
        self.is_grave = action == Action.DECLINE

    @classmethod
    def url(cls, model_admin: ScopedAdmin[Conversion]) -> URLPattern:
        def view(request: HttpRequest) -> HttpResponse:
            to = request.GET.get("to", "")
            if to not in (Action.APPROVE, Action.DECLINE):
                raise Http404("Orders are approved or declined together.")
            sales = list(chosen(request, model_admin))
            if not sales:
                raise Http404("No order was chosen.")
            known = access.access_of(request.user)
            if not all(known.manages(row.advertiser_id) for row in sales):
                raise PermissionDenied(_("Only owners and managers approve and decline sales."))
            return cls(request, model_admin, Action(to), sales).response()

        return path("rule/", model_admin.admin_site.admin_view(view), name=MANY)

    @cached_property
    def concerned(self) -> list[Concerned]:
        by = person(self.request)
        return [
            Concerned(
                row=row,
                reported=reported_by(row),
                partner=str(found.publisher) if found else "",
                commission=money.display(found.amount_minor, found.currency) if found else "",
                refused=refusal(row, self.ruling, by, self.now),
            )
            for row in self.sales
            for found in [commission_of(row)]
        ]

    @property
    def number(self) -> int:
        return sum(not one.refused for one in self.concerned)

    @property
    def title(self) -> str:
        if self.ruling == Action.DECLINE:
            text = ngettext("Decline %(number)s order", "Decline %(number)s orders", self.number)
        else:
            text = ngettext("Approve %(number)s order", "Approve %(number)s orders", self.number)
        return text % {"number": self.number}

    @property
    def back(self) -> str:
        sales = reverse("admin:tracking_conversion_changelist")
        is_queue = not any(row.verified for row in self.sales)
        return f"{sales}?state={SaleState.UNVERIFIED}" if is_queue else sales

    def effects(self) -> Effects:
        if not self.number:
            return Effects(nothing=[_("None of these orders can be changed so; see why below.")])
        notes = left_out(self.request, len(self.sales))
        if self.ruling == Action.DECLINE:
            said = _(
                "Nothing will be owed for these orders, no matter who is credited. You can undo "
                "this for each until it is final."
            )
            return Effects(sentences=[said], notes=notes)
        said = _(
            "Each becomes final when its windows have closed, not earlier. If later evidence "
            "credits somebody else or gives other figures, it is pending again."
        )
        confirms = not all(one.row.verified for one in self.concerned if not one.refused)
        more = _("Approving also confirms what only browsers have reported.")
        return Effects(sentences=[said, *([more] if confirms else [])], notes=notes)

    def shown(self) -> Sequence[str]:
        return [standing(row) for row in self.sales]

    def read_again(self) -> None:
        self.sales = list(chosen(self.request, self.model_admin))
        self.__dict__.pop("concerned", None)

    def context(self) -> Mapping[str, Any]:
        open_ones = [one for one in self.concerned if not one.refused]
        return {
            "concerned": self.concerned,
            "sums": _sums([one.row for one in open_ones]),
            "has_open": bool(open_ones),
        }

    def make(self, now: datetime) -> str:
        data, by, done = self.form.cleaned_data, person(self.request), 0
        seen, outdatings = by_sale(self.was_shown), Outdatings(what_it_is_now)
        about = Statement(
            action=self.ruling, made_by=by, reason=data["reason"], code=data.get("code", "")
        )
        lock_in_order(self.sales)
        for row in self.sales:
            said = None
            with suppress(ValidationRefused), outdatings.noted():  # refused as the page said
                statement = replace(about, seen=seen.get(row.pk, ""))
                said = validate(row.advertiser_id, row.pk, statement, now)
            if said is None:
                continue
            logged = ": ".join(filter(None, (said.get_action_display(), said.because)))
            self.model_admin.log_change(self.request, row, logged)
            done += 1
        outdatings.refuse()
        if self.ruling == Action.DECLINE:
            text = ngettext(
                "%(number)s order is declined.", "%(number)s orders are declined.", done
            )
        else:
            text = ngettext(
                "%(number)s order is approved.", "%(number)s orders are approved.", done
            )
        return text % {"number": done}


def reported_by(row: Conversion) -> str:
    """``Tag, since 12 Mar 2026 14:00``: what reported an order, from the first time on."""
    reports = sorted(row.reports.all(), key=lambda report: (report.received_at, report.pk))
    if not reports:
        return ""
    named = dict.fromkeys(str(report.get_source_display()) for report in reports)
    return _("%(sources)s, since %(time)s") % {
        "sources": ", ".join(named),
        "time": dates.moment(reports[0].received_at),
    }


def ask(action: Validation.Action, sales: QuerySet[Conversion]) -> HttpResponse:
    """To the page, for the orders that were selected in the list; to the list, without any."""
    ids = list(sales.values_list("pk", flat=True))
    if not ids:
        return HttpResponseRedirect(reverse("admin:tracking_conversion_changelist"))
    return ask_about(MANY, ids, to=action.value)


def _sums(sales: Sequence[Conversion]) -> list[str]:
    """The commission of these sales, by currency."""
    sums: dict[str, int] = {}
    for row in sales:
        if found := commission_of(row):
            sums[found.currency] = sums.get(found.currency, 0) + found.amount_minor
    return [money.display(minor, currency) for currency, minor in sorted(sums.items())]
