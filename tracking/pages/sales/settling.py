"""The admin's page on which staff settle the conflicts of several orders at once."""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from django import forms
from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.urls import URLPattern, path, reverse
from django.utils.functional import cached_property
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext

from network import money
from network.pages.site.admin_site import ScopedAdmin, person
from network.pages.site.change_pages import ChangeView, Effects
from network.people import access
from publishers.models import Publisher
from tracking.conversions import deciding, reports
from tracking.conversions.conflicts import NotInConflict, Settlement, Sides, settle_conflict, sides
from tracking.models import Conversion

MOST = 100
"""A page of the list."""
_ID = re.compile("[0-9]{1,18}")
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
    """What an order becomes by one side: who is credited, for which amount."""

    partner: str
    amount: str


@dataclass(frozen=True, slots=True)
class Contested:
    """An order in conflict, and what it becomes by each side; None where a click id was signed with
    a key that is no longer here."""

    row: Conversion
    decides_at: datetime | None
    earlier: Becomes | None = None
    later: Becomes | None = None


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
            ids = request.GET.get("sales", "").split(",")[:MOST]
            wanted = [int(text) for text in ids if _ID.fullmatch(text)]
            rows = model_admin.get_queryset(request).filter(pk__in=wanted)
            sales = list(rows.exclude(conflict="").filter(closed_at=None).order_by("pk"))
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
        said = _("The figures and the clicks of the report that you choose decide from now on.")
        return Effects(headline=said)

    def context(self) -> Mapping[str, Any]:
        return {"contested": [_contested(row, self.names) for row in self.sales]}

    @cached_property
    def names(self) -> Mapping[int, str]:
        return dict(Publisher.objects.values_list("pk", "name"))

    def make(self, now: datetime) -> str:
        data = self.form.cleaned_data
        done = 0
        for row in self.sales:
            found = None if _is_key_gone(row) else sides(row)
            if found is None:
                continue
            choice = Settlement(_chosen(found, data["side"]), data["reason"], person(self.request))
            try:
                settle_conflict(row, choice, now)
            except NotInConflict:  # somebody else was faster
                continue
            logged = _("Settled the conflict: %(reason)s") % {"reason": choice.reason}
            self.model_admin.log_change(self.request, row, logged)
            done += 1
        text = ngettext(
            "%(number)s conflict is settled.", "%(number)s conflicts are settled.", done
        )
        return text % {"number": done}


def ask(sales: Sequence[Conversion]) -> HttpResponse:
    """To the page, for the orders that were selected in the list."""
    ids = ",".join(str(row.pk) for row in sales[:MOST])
    return HttpResponseRedirect(f"{reverse(f'admin:{URL_NAME}')}?sales={ids}")


def _chosen(found: Sides, side: str) -> UUID:
    return found.earlier if side == "earlier" else found.later


def _is_key_gone(row: Conversion) -> bool:
    return reports.is_key_gone(row.reports.all())


def _contested(row: Conversion, names: Mapping[int, str]) -> Contested:
    if _is_key_gone(row):
        return Contested(row, row.settled_by_time_at(row.advertiser))
    found = sides(row)
    assert found is not None
    return Contested(
        row,
        row.settled_by_time_at(row.advertiser),
        _becomes(row, found.earlier, names),
        _becomes(row, found.later, names),
    )


def _becomes(row: Conversion, report: UUID, names: Mapping[int, str]) -> Becomes:
    paid = deciding.decide_again(row, report).outcome.paid
    figures = row.reports.get(id=report).figures
    return Becomes(
        names[paid.publisher] if paid else _("Nobody"),
        money.display(figures["amount_minor"], figures["currency"]),
    )
