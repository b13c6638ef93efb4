"""The admin's page on which staff correct a report that was refused, and take it in."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django import forms
from django.http import HttpRequest
from django.urls import reverse
from django.utils.functional import cached_property
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from network import dates, money
from network.models import User
from network.pages.site.admin_site import person
from network.pages.site.change_pages import LOOK, ChangeView, Effects
from tracking.corrections.taking import (
    CorrectedReport,
    NotCorrectable,
    TakenIn,
    correct,
    refusal,
    take_in,
    try_out,
)
from tracking.evidence.fields import SENT, FieldError, InvalidReport
from tracking.explain.explanations import state_of_sale
from tracking.explain.sentences import COOKIE_TYPES, REPORT_OUTCOMES
from tracking.models import Commission, Conversion, Correction, Report
from tracking.pages.sales.reports import told_errors
from tracking.remedies.told import told
from tracking.rule.attribution import CookieType
from tracking.rule.reasons import ReportOutcome

URL_NAME = "tracking_report_correct"
LONGEST = 1_000
"""Characters of a field: parts may be many."""


class CorrectForm(forms.Form):
    """The fields of a report, as staff type them; checked as those of any report."""

    required_css_class = "required"

    order = forms.CharField(
        label=gettext_lazy("Order"),
        max_length=LONGEST,
        required=False,
        help_text=gettext_lazy("The shop's unique reference of the order."),
    )
    amount = forms.CharField(
        label=gettext_lazy("Amount"),
        max_length=LONGEST,
        required=False,
        help_text=gettext_lazy(
            "The total after discounts, without tax and shipping, such as 49.90."
        ),
    )
    currency = forms.CharField(
        label=gettext_lazy("Currency"),
        max_length=LONGEST,
        required=False,
        help_text=gettext_lazy("Three letters. May stay empty: then it is the advertiser's."),
    )
    parts = forms.CharField(
        label=gettext_lazy("Parts"),
        max_length=LONGEST,
        required=False,
        help_text=gettext_lazy(
            "CODE:amount for each commission group, joined by |. May stay empty: then all of it "
            "is DEFAULT."
        ),
    )
    voucher = forms.CharField(label=gettext_lazy("Voucher"), max_length=LONGEST, required=False)
    customer = forms.CharField(
        label=gettext_lazy("Customer"),
        max_length=LONGEST,
        required=False,
        help_text=gettext_lazy("Write new or returning. May stay empty."),
    )
    channel = forms.CharField(label=gettext_lazy("Channel"), max_length=LONGEST, required=False)

    corrected: CorrectedReport
    """Of a valid form."""

    def __init__(self, refused: Report, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.refused = refused
        self.order_fields(SENT)

    def clean(self) -> dict[str, Any]:
        data: dict[str, Any] = super().clean() or self.cleaned_data
        if not self.errors:
            try:
                self.corrected = correct(self.refused, data)
            except InvalidReport as error:
                for one in error.errors:
                    self.add_error(one.field, _said(one))
        return data


def _said(error: FieldError) -> str:
    known = {"expected": told(error.expected), "remedy": told(error.remedy)}
    return _("Expected: %(expected)s. %(remedy)s") % known


class Correcting(ChangeView[Report]):
    """Asks first: the correction is checked, and what would become of it is shown."""

    button = gettext_lazy("Take in")
    form_class = CorrectForm
    template = "admin/sales/correct.html"
    refusals = (NotCorrectable,)

    @property
    def title(self) -> str:
        return _("Correct a refused report")

    @cached_property
    def form(self) -> Any:
        if self.request.method == "POST":
            return CorrectForm(self.about, self.request.POST)
        return CorrectForm(self.about, initial=self.about.sent)

    @cached_property
    def is_checked(self) -> bool:
        """Whether the person has been shown what would become of what is typed now."""
        return self.action == LOOK and self.form.is_valid()

    def effects(self) -> Effects:
        if said := refusal(self.about):
            return Effects(nothing=[str(said)])
        if not self.is_checked:
            return Effects()
        try:
            found = try_out(self.form.corrected, self.now)
        except NotCorrectable as error:
            return Effects(nothing=[str(error)])
        return _effects(self.form.corrected, found)

    def context(self) -> Mapping[str, Any]:
        return {
            "errors": told_errors(self.about),
            "is_checked": self.is_checked,
            "items": self.about.sent.get("items", ""),
        }

    def make(self, now: datetime) -> str:
        corrected: CorrectedReport = self.form.corrected
        done = take_in(corrected, person(self.request), now)
        said = str(REPORT_OUTCOMES[ReportOutcome(done.outcome)])
        known = {"order": corrected.sale.order, "outcome": said}
        logged = _("Corrected and taken in as order %(order)s: %(outcome)s") % known
        self.model_admin.log_change(self.request, self.about, logged)
        return _("The report is taken in as order %(order)s.") % known


def _effects(corrected: CorrectedReport, found: TakenIn) -> Effects:
    amount = money.display(corrected.sale.figures.amount_minor, corrected.sale.figures.currency)
    known = {
        "order": corrected.sale.order,
        "amount": amount,
        "at": dates.zoned(corrected.refused.at),
    }
    return Effects(
        headline=_("Order %(order)s over %(amount)s, dated %(at)s.") % known,
        sentences=[_credited(found), _noted(found.outcome)],
        notes=[_left_out(note) for note in corrected.sale.notes],
    )


def _noted(outcome: ReportOutcome) -> str:
    return _("The report's outcome would be: %(outcome)s.") % {"outcome": REPORT_OUTCOMES[outcome]}


def _credited(found: TakenIn) -> str:
    if found.conversion is None:
        return _("There is no sale of it: no valid click came with the report.")
    state = state_of_sale(found.conversion)
    commission = found.commission
    if commission is None or commission.status == Commission.Status.DECLINED:
        return _("Nobody would be credited. State: %(state)s.") % {"state": state}
    return _("%(partner)s would be credited %(earned)s for a %(kind)s click. State: %(state)s.") % {
        "partner": commission.publisher.name,
        "earned": money.display(commission.amount_minor, commission.currency),
        "kind": COOKIE_TYPES[CookieType(commission.cookie_type)],
        "state": state,
    }


def _left_out(note: FieldError) -> str:
    known = {"field": note.field, "received": note.received, "said": _said(note)}
    return _("%(field)s was “%(received)s”. %(said)s") % known


@dataclass(frozen=True, slots=True)
class CorrectionDescription:
    """Who corrected a report when, and what became of it; ``report`` is the other of the two: the
    one that was taken in, or the one that was refused."""

    made_by: User
    at: datetime
    outcome: str
    report: Report | None
    conversion: Conversion | None


def told_correction(row: Report) -> CorrectionDescription | None:
    """What staff made of a refused report; None where they did nothing."""
    done = _corrections(row).filter(report=row).first()
    return _told(done, done.taken) if done else None


def told_origin(row: Report) -> CorrectionDescription | None:
    """The refused report that this one is a correction of; None for the shop's own."""
    done = _corrections(row).filter(taken=row).first()
    return _told(done, done.report) if done else None


def _corrections(row: Report) -> Any:
    related = ("made_by", "report", "taken", "conversion")
    return Correction.objects.filter(advertiser=row.advertiser_id).select_related(*related)


def _told(done: Correction, other: Report | None) -> CorrectionDescription:
    said = str(REPORT_OUTCOMES[ReportOutcome(done.outcome)])
    return CorrectionDescription(done.made_by, done.at, said, other, done.conversion)


def address_of(request: HttpRequest, model_admin: Any, row: Report) -> str:
    """Where this person corrects the report; empty where that cannot be done, or not by them."""
    if refusal(row) or not Correcting.is_open_to(request, model_admin, row):
        return ""
    return reverse(f"admin:{URL_NAME}", args=[row.pk])
