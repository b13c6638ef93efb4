"""The admin's pages on which staff settle conflicts: of one order, or of several at once."""

from collections.abc import Collection, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from django import forms
from django.core.exceptions import PermissionDenied
from django.db import transaction
from django.db.models import Q
from django.http import Http404, HttpRequest, HttpResponse, QueryDict
from django.urls import URLPattern, path, reverse
from django.utils.functional import cached_property
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext

from network import dates, money
from network.clock import from_ms
from network.pages.site.admin_site import ScopedAdmin, person
from network.pages.site.change_pages import ChangeView, Effects
from network.people import access
from publishers.models import Publisher
from tracking.commissions import settling
from tracking.commissions.decisions import sale_in
from tracking.commissions.rulings import Statement
from tracking.commissions.standing import refuse_other
from tracking.conversions import conflicts, deciding, reports
from tracking.conversions.conflicts import NotInConflict, Settlement, Sides, settle_conflict, sides
from tracking.conversions.known import Resolved
from tracking.conversions.locking import lock_in_order
from tracking.evidence.resolving import SECOND_THOUGHTS
from tracking.lifecycle.validation import Action, refusal, validate
from tracking.models import Conversion, Report, Validation
from tracking.pages.rulings.chosen import Outdatings, as_shown, by_sale, chosen, left_out
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
class Becomes:
    """What an order becomes by one report: who is credited with what, empty for nobody, for which
    amount, and when it can be final at the earliest."""

    partner: str
    commission: str
    amount: str
    closes_at: datetime

    def __str__(self) -> str:
        if not self.partner:
            return _("%(amount)s, nobody is credited") % {"amount": self.amount}
        return _("%(amount)s, %(partner)s is credited with %(commission)s") % {
            "amount": self.amount,
            "partner": self.partner,
            "commission": self.commission,
        }


@dataclass(frozen=True, slots=True)
class Contested:
    """An order in conflict, and what it becomes by each side; None where a click id was signed with
    a key that is no longer here."""

    row: Conversion
    decides_at: datetime | None
    earlier: Becomes | None = None
    later: Becomes | None = None


class Settling(ChangeView[Conversion]):
    """Which of an order's reports in conflict is right."""

    button = gettext_lazy("Settle the conflict")
    refusals = (NotInConflict,)

    @classmethod
    def is_open_to(cls, request: HttpRequest, model_admin: Any, about: Conversion) -> bool:
        return about.closed_at is None and super().is_open_to(request, model_admin, about)

    @property
    def title(self) -> str:
        return _("Settle the conflict of order %(order)s") % {"order": self.about.order}

    @cached_property
    def choices(self) -> list[tuple[Report, Becomes]]:
        """The reports that contradict each other, and what the order becomes by each."""
        if conflicts.refusal(self.about):
            return []
        rivals = deciding.joined_by_now(self.about).rivals
        rows = list(self.about.reports.filter(id__in=rivals).order_by("received_at", "id"))
        return list(zip(rows, _Saying(self.now).of(self.about, rows), strict=True))

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
        return [conflicts.standing_in_conflict(self.about)]

    def read_again(self) -> None:
        errors = self.form.errors
        self.about = self.model_admin.get_object(self.request, str(self.about.pk))
        self.__dict__.pop("choices", None)
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
        found = sides(self.about) if is_declined else None
        report = found.earlier if found else UUID(data["report"])
        seen = by_sale(self.was_shown).get(self.about.pk, "")
        with as_shown():
            sale = settle_conflict(self.about, Settlement(report, data["reason"], by, seen), now)
        logged = _("Settled the conflict: %(reason)s") % {"reason": data["reason"]}
        self.model_admin.log_change(self.request, self.about, logged)
        said = _("The conflict of order %(order)s is settled.")
        if is_declined:
            said = _("The conflict of order %(order)s is settled: nothing is owed for it.")
            if not refusal(sale, Action.DECLINE, by):
                code = Validation.Code.OTHER
                declined = Statement(
                    action=Action.DECLINE, made_by=by, reason=data["reason"], code=code
                )
                validate(sale.advertiser_id, sale.pk, declined, now)
        return said % {"order": self.about.order}


class SettlingMany(ChangeView[None]):
    button = gettext_lazy("Settle the conflicts")
    form_class = SettleManyForm
    template = "admin/sales/settle_many.html"

    def __init__(
        self, request: HttpRequest, model_admin: ScopedAdmin[Any], sales: Sequence[Conversion]
    ) -> None:
        super().__init__(request, model_admin, None)
        self.sales = sales

    @classmethod
    def url(cls, model_admin: ScopedAdmin[Conversion]) -> URLPattern:
        def view(request: HttpRequest) -> HttpResponse:
            sales = _in_conflict(request, model_admin, by_sale(request.POST.getlist("shown")))
            if not sales:
                raise Http404(_("None of these orders is in conflict."))
            known = access.access_of(request.user)
            if not all(known.manages(row.advertiser_id) for row in sales):
                raise PermissionDenied(_("Only owners and managers settle conflicts."))
            return cls(request, model_admin, sales).response()

        return path("settle/", model_admin.admin_site.admin_view(view), name=URL_NAME)

    @property
    def title(self) -> str:
        text = ngettext(
            "Settle the conflict of %(number)s order",
            "Settle the conflicts of %(number)s orders",
            len(self.sales),
        )
        return text % {"number": len(self.sales)}

    @property
    def back(self) -> str:
        return f"{reverse('admin:tracking_conversion_changelist')}?state=Conflict"

    def effects(self) -> Effects:
        said = _(
            "The figures and the clicks of the report that you choose decide from now on. The "
            "sales stay open for a day at least, and can still be declined until they are final."
        )
        if not self.sales:
            return Effects(nothing=[_("None of these orders is in conflict any more.")])
        return Effects(headline=said, notes=left_out(self.request, len(self.sales)))

    def shown(self) -> Sequence[str]:
        return [conflicts.standing_in_conflict(row) for row in self.sales]

    def read_again(self) -> None:
        self.sales = _in_conflict(self.request, self.model_admin)

    def context(self) -> Mapping[str, Any]:
        saying = _Saying(self.now)
        return {"contested": [_contested(row, saying) for row in self.sales]}

    def make(self, now: datetime) -> str:
        data = self.form.cleaned_data
        done, seen, outdatings = 0, by_sale(self.was_shown), Outdatings()
        lock_in_order(self.sales)
        for row in self.sales:
            found = None if _is_key_gone(row) else sides(row)
            if found is None:
                with outdatings.noted():
                    refuse_other(row, seen.get(row.pk, ""))
                continue
            settled = None
            choice = Settlement(
                _chosen(found, data["side"]),
                data["reason"],
                person(self.request),
                seen.get(row.pk, ""),
            )
            with suppress(NotInConflict), outdatings.noted():  # somebody else was faster
                settled = settle_conflict(row, choice, now)
            if settled is None:
                continue
            logged = _("Settled the conflict: %(reason)s") % {"reason": choice.reason}
            self.model_admin.log_change(self.request, row, logged)
            done += 1
        outdatings.refuse()
        text = ngettext(
            "%(number)s conflict is settled.", "%(number)s conflicts are settled.", done
        )
        return text % {"number": done}


def ask(sales: Sequence[Conversion]) -> HttpResponse:
    """To the page, for the orders that were selected in the list."""
    return ask_about(URL_NAME, [row.pk for row in sales])


def _in_conflict(
    request: HttpRequest, model_admin: ScopedAdmin[Any], shown: Collection[int] = ()
) -> list[Conversion]:
    """Of the chosen orders; and those that were shown as such, whatever they are by now."""
    is_open = ~Q(conflict="") & Q(closed_at=None)
    return list(chosen(request, model_admin).filter(is_open | Q(pk__in=shown)))


def _chosen(found: Sides, side: str) -> UUID:
    return found.earlier if side == "earlier" else found.later


def _is_key_gone(row: Conversion) -> bool:
    return reports.is_key_gone(row.reports.all())


def _choice(report: Report, becomes: Becomes) -> str:
    """``Pixel, 12 Mar 2026 14:00: £20.00, Blog is credited with £1.60``."""
    return _("%(source)s, %(time)s: %(becomes)s") % {
        "source": report.get_source_display(),
        "time": dates.moment(report.received_at),
        "becomes": becomes,
    }


def _contested(row: Conversion, saying: "_Saying") -> Contested:
    decides_at = row.settled_by_time_at(row.advertiser)
    if _is_key_gone(row):
        return Contested(row, decides_at)
    found = sides(row)
    assert found is not None
    of_row = {report.pk: report for report in row.reports.all()}
    earlier, later = saying.of(row, [of_row[found.earlier], of_row[found.later]])
    return Contested(row, decides_at, earlier, later)


class _Saying:
    """What orders become by their reports. The rates of an advertiser, and the names of partners,
    are read once."""

    def __init__(self, now: datetime) -> None:
        self._now = now
        self._rates: dict[int, settling.Rates] = {}

    @cached_property
    def _names(self) -> Mapping[int, str]:
        return dict(Publisher.objects.values_list("pk", "name"))

    def of(self, row: Conversion, rows: Sequence[Report]) -> list[Becomes]:
        """By each of these reports of the order."""
        decided = deciding.decide_by_each(row, [report.pk for report in rows])
        return [self._of(row, *each) for each in zip(rows, decided, strict=True)]

    def _of(self, row: Conversion, report: Report, decided: Resolved) -> Becomes:
        paid, figures = decided.outcome.paid, report.figures
        at = from_ms(sale_in(decided.inputs).at)
        said = Conversion(pk=row.pk, advertiser=row.advertiser, at=at, parts=figures["parts"])
        rates = self._rates.setdefault(row.advertiser_id, settling.Rates(row.advertiser_id))
        earned = settling.price(said, rates).amount_minor
        return Becomes(
            partner=self._names[paid.publisher] if paid else "",
            commission=money.display(earned, figures["currency"]),
            amount=money.display(figures["amount_minor"], figures["currency"]),
            closes_at=max(from_ms(decided.outcome.closes_at), self._now + SECOND_THOUGHTS),
        )
