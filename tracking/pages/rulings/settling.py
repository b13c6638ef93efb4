"""The admin's pages on which staff settle conflicts: of one order, or of several at once."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from django import forms
from django.core.exceptions import PermissionDenied
from django.db import transaction
from django.http import Http404, HttpRequest, HttpResponse, QueryDict
from django.urls import URLPattern, path, reverse
from django.utils.functional import cached_property
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext

from network import dates
from network.pages.site.admin_site import ScopedAdmin, person
from network.pages.site.change_pages import ChangeView, Effects
from network.people import access
from tracking.commissions.rulings import Statement
from tracking.conversions import conflicts
from tracking.conversions.conflicts import (
    Contest,
    NotInConflict,
    Settlement,
    contests,
    refuse_other,
    settle_conflict,
    standing_in_conflict,
)
from tracking.conversions.locking import lock_in_order
from tracking.lifecycle.validation import Action, refusal, validate
from tracking.models import Conversion, Report, Validation
from tracking.pages.rulings.becomes import Becomes, said_of
from tracking.pages.rulings.chosen import (
    Outdatings,
    as_shown,
    by_sale,
    chosen,
    left_out,
    what_it_is_now,
)
from tracking.pages.rulings.chosen import ask as ask_about
from tracking.pages.rulings.forms import SettleForm

URL_NAME = "tracking_conversion_settle_many"


class SettleManyForm(forms.Form):
    """Which of the two sides is right in all of them, and why."""

    required_css_class = "required"
    side = forms.ChoiceField(
        label=gettext_lazy("The right report"),
        choices=[
            ("earlier", gettext_lazy("The earlier report of each order")),
            ("later", gettext_lazy("The later report of each order")),
        ],
        widget=forms.RadioSelect,
    )
    reason = forms.CharField(
        label=gettext_lazy("Reason"),
        max_length=500,
        widget=forms.Textarea({"rows": 3}),
        help_text=gettext_lazy("Kept with each decision."),
    )


@dataclass(frozen=True, slots=True)
class Contested:
    """An order in conflict, or that was when it was shown, and what it becomes by each side; None
    where a click id was signed with a key that is no longer here."""

    row: Conversion
    decides_at: datetime | None
    earlier: Becomes | None = None
    later: Becomes | None = None

    @property
    def is_contested(self) -> bool:
        return is_contested(self.row)


class Settling(ChangeView[Conversion]):
    """Which of an order's reports in conflict is right."""

    button = gettext_lazy("Settle the conflict")
    template = "admin/sales/settle.html"
    refusals = (NotInConflict,)

    @property
    def title(self) -> str:
        return _("Settle the conflict of order %(order)s") % {"order": self.about.order}

    @cached_property
    def contest(self) -> Contest | None:
        """The reports that contradict each other, and what the order becomes by each."""
        return contests([self.about], self.now).get(self.about.pk)

    @cached_property
    def choices(self) -> list[tuple[Report, Becomes]]:
        """These, in the order in which they were received, in words."""
        if self.contest is None:
            return []
        said = said_of(self.contest)
        rows = [row for row in self.about.reports.all() if row.pk in said]
        in_order = sorted(rows, key=lambda row: (row.received_at, row.pk))
        return [(row, said[row.pk]) for row in in_order]

    def effects(self) -> Effects:
        if said := conflicts.refusal(self.about):
            return Effects(nothing=[said])
        earliest = min(becomes.closes_at for _report, becomes in self.choices)
        text = _(
            "The figures and the clicks of the report that you choose decide from now on. The sale "
            "stays open until %(when)s at least, and can still be declined; once it is final, "
            "nothing can be taken back."
        )
        return Effects(sentences=[text % {"when": dates.zoned(earliest)}])

    def shown(self) -> Sequence[str]:
        return [standing_in_conflict(self.about, self.contest)]

    def read_again(self) -> None:
        errors = self.form.errors
        self.about = self.model_admin.get_object(self.request, str(self.about.pk))
        for name in ("contest", "choices"):
            self.__dict__.pop(name, None)
        self.form = self.build_form(self.request.POST)
        self.form.errors.update(errors)

    def build_form(self, data: QueryDict | None, **given: Any) -> SettleForm:
        form = SettleForm(data, **given)
        form.offer([(str(report.pk), _choice(report, said)) for report, said in self.choices])
        return form

    @transaction.atomic
    def make(self, now: datetime) -> str:
        data = self.form.cleaned_data
        by = person(self.request)
        is_declined = data["report"] == SettleForm.NEITHER
        report = None if is_declined else UUID(data["report"])
        seen = by_sale(self.was_shown).get(self.about.pk, "")
        with as_shown(_other_conflict):
            sale = settle_conflict(self.about, Settlement(report, data["reason"], by, seen), now)
        logged = _("Settled the conflict: %(reason)s") % {"reason": data["reason"]}
        self.model_admin.log_change(self.request, self.about, logged)
        said = _("The conflict of order %(order)s is settled.")
        if is_declined:
            said = _("The conflict of order %(order)s is settled: nothing is owed for it.")
            if not refusal(sale, Action.DECLINE, by, now):
                code = Validation.Code.OTHER
                declined = Statement(
                    action=Action.DECLINE, made_by=by, reason=data["reason"], code=code
                )
                validate(sale.advertiser_id, sale.pk, declined, now)
        return said % {"order": self.about.order}


class SettlingMany(ChangeView[None]):
    button = gettext_lazy("Settle the conflicts")
    form_class = SettleManyForm
    refusals = (NotInConflict,)
    template = "admin/sales/settle_many.html"

    def __init__(
        self, request: HttpRequest, model_admin: ScopedAdmin[Any], sales: Sequence[Conversion]
    ) -> None:
        super().__init__(request, model_admin, None)
        self.sales = sales

    @classmethod
    def url(cls, model_admin: ScopedAdmin[Conversion]) -> URLPattern:
        def view(request: HttpRequest) -> HttpResponse:
            rows = list(chosen(request, model_admin))
            if not rows:
                raise Http404(_("No order was chosen."))
            shown = by_sale(request.POST.getlist("shown"))
            sales = [row for row in rows if is_contested(row) or row.pk in shown]
            known = access.access_of(request.user)
            if not all(known.manages(row.advertiser_id) for row in sales):
                raise PermissionDenied(_("Only owners and managers settle conflicts."))
            return cls(request, model_admin, sales).response()

        return path("settle/", model_admin.admin_site.admin_view(view), name=URL_NAME)

    @property
    def title(self) -> str:
        number = sum(map(is_contested, self.sales))
        text = ngettext(
            "Settle the conflict of %(number)s order",
            "Settle the conflicts of %(number)s orders",
            number,
        )
        return text % {"number": number}

    @property
    def back(self) -> str:
        return f"{reverse('admin:tracking_conversion_changelist')}?state=Conflict"

    def effects(self) -> Effects:
        said = _(
            "The figures and the clicks of the report that you choose decide from now on. The "
            "sales stay open for a day at least, and can still be declined until they are final."
        )
        if not any(map(is_contested, self.sales)):
            return Effects(nothing=[_("None of these orders is in conflict any more.")])
        if not self.contests:
            return Effects(nothing=[_("None of these conflicts can be settled; see why below.")])
        return Effects(headline=said, notes=left_out(self.request, len(self.sales)))

    @cached_property
    def contests(self) -> Mapping[int, Contest]:
        return contests(self.sales, self.now)

    def shown(self) -> Sequence[str]:
        return [standing_in_conflict(row, self.contests.get(row.pk)) for row in self.sales]

    def read_again(self) -> None:
        self.sales = list(filter(is_contested, self._read({row.pk for row in self.sales})))
        self.__dict__.pop("contests", None)

    def _read(self, ids: Collection[int]) -> list[Conversion]:
        """Those of them, as they are now."""
        return list(chosen(self.request, self.model_admin).filter(pk__in=ids))

    def context(self) -> Mapping[str, Any]:
        return {"contested": [_contested(row, self.contests.get(row.pk)) for row in self.sales]}

    def make(self, now: datetime) -> str:
        data, by, done = self.form.cleaned_data, person(self.request), 0
        seen, outdatings = by_sale(self.was_shown), Outdatings(_other_conflict)
        lock_in_order(self.sales)
        rows = self._read({row.pk for row in self.sales})
        found = contests(rows, now)
        for row in rows:
            with outdatings.noted():
                refuse_other(row, found.get(row.pk), seen.get(row.pk, ""))
        outdatings.refuse()
        logged = _("Settled the conflict: %(reason)s") % {"reason": data["reason"]}
        for row in rows:
            if contest := found.get(row.pk):
                report = contest.earlier if data["side"] == "earlier" else contest.later
                settle_conflict(row, Settlement(report, data["reason"], by), now)
                self.model_admin.log_change(self.request, row, logged)
                done += 1
        if not done:
            raise NotInConflict(_("Nothing was settled."))
        text = ngettext(
            "%(number)s conflict is settled.", "%(number)s conflicts are settled.", done
        )
        return text % {"number": done}


def ask(sales: Sequence[Conversion]) -> HttpResponse:
    """To the page, for the orders that were selected in the list."""
    return ask_about(URL_NAME, [row.pk for row in sales])


def is_contested(row: Conversion) -> bool:
    return bool(row.conflict) and row.closed_at is None


def _other_conflict(sale: Conversion) -> str:
    """What is to be said of an order that is not what the page showed."""
    if not is_contested(sale):
        return what_it_is_now(sale)
    said = _(
        "Order %(order)s has changed since this page was opened: its reports, or what the order "
        "becomes by them, are others now. Look at the choices again, then decide."
    )
    return said % {"order": sale.order}


def _choice(report: Report, becomes: Becomes) -> str:
    """``Pixel, 12 Mar 2026 14:00: £20.00, Blog is credited with £1.60``."""
    return _("%(source)s, %(time)s: %(becomes)s") % {
        "source": report.get_source_display(),
        "time": dates.moment(report.received_at),
        "becomes": becomes,
    }


def _contested(row: Conversion, contest: Contest | None) -> Contested:
    decides_at = row.settled_by_time_at(row.advertiser)
    if contest is None:
        return Contested(row, decides_at)
    said = said_of(contest)
    return Contested(row, decides_at, said[contest.earlier], said[contest.later])
