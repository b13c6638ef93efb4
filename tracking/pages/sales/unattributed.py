"""Orders that were reported without any click of ours: by day, beside those that came with one."""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any
from urllib.parse import urlencode

from django.db.models import Sum
from django.http import HttpRequest, HttpResponse, QueryDict
from django.template.response import TemplateResponse
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from network import clock
from network.models import Advertiser
from network.pages.figures.forms import PeriodForm
from network.pages.figures.periods import CHOICES, Days, network_zone
from network.pages.site.admin_site import AdvertiserFilter, ScopedAdmin
from network.pages.site.columns import shown_moment
from network.pages.site.totals import CappedPaginator
from network.people import access
from tracking.figures import queries
from tracking.figures.queries import By, Period, Scope
from tracking.models import UnattributedSales


@dataclass(frozen=True, slots=True)
class ReportedDay:
    """How many sales of a day the shop reported with a click of a partner, and without any."""

    day: date | None
    with_click: int
    without: int
    address: str

    @property
    def share(self) -> str:
        """Of those with a click, in whole percent."""
        reported = self.with_click + self.without
        return f"{self.with_click / reported:.0%}" if reported else "—"


class UnattributedSalesAdmin(ScopedAdmin[UnattributedSales]):
    """Most orders of a shop came without a click of ours: counted, not stored."""

    when_empty = gettext_lazy(
        "Orders that were reported without any click are counted here, by the hour."
    )
    list_display = ("shown_hour", "advertiser", "source", "count")
    fields = ("advertiser", "shown_hour", "source", "count")
    list_filter = (AdvertiserFilter, "source")
    list_select_related = ("advertiser",)
    ordering = ("-hour", "-id")
    paginator = CappedPaginator
    shown_hour = staticmethod(shown_moment("hour", gettext_lazy("Hour from")))

    def changelist_view(
        self, request: HttpRequest, extra_context: dict[str, Any] | None = None
    ) -> HttpResponse:
        """By day; the rows themselves, an hour each, tell nobody anything."""
        now, zone = clock.now(), network_zone()
        form = PeriodForm(request.GET, now.astimezone(zone).date(), zone)
        shops = access.for_staff(Advertiser.objects.all(), request.user)
        chosen = shops.filter(pk=_number(request.GET)).first()
        known = access.access_of(request.user)
        scope = Scope(advertisers=None if known.operator else frozenset(known.staff_roles))
        if chosen:
            scope = Scope(advertisers=frozenset({chosen.pk}))
        shop = {"advertiser": str(chosen.pk)} if chosen else {}
        context: dict[str, Any] = {
            **self.admin_site.each_context(request),
            "opts": self.opts,
            "title": _("Unattributed sales"),
            "form": form,
            "zone_of_days": str(zone),
            "chosen": chosen,
            "shops": _offered(shops, form) if shops.count() > 1 else [],
            "carried": [*shop.items()],
            "periods": [
                (label, f"?{urlencode({'period': key, **shop})}", form.chosen == key)
                for key, label in CHOICES.items()
            ],
        }
        if form.is_valid():
            days = self._days(request, scope, form.days(), now, shop)
            context |= {"days": days, "total": _total(days, form.days(), shop)}
        status = 200 if form.is_valid() else 400
        return TemplateResponse(request, "admin/sales/unattributed.html", context, status=status)

    def _days(
        self, request: HttpRequest, scope: Scope, days: Days, now: datetime, shop: Mapping[str, str]
    ) -> list[ReportedDay]:
        """Those with any, in order. Two queries."""
        rows = self.get_queryset(request).filter(hour__gte=days.since, hour__lt=days.until)
        if shop:
            rows = rows.filter(advertiser=int(shop["advertiser"]))
        without: Counter[date] = Counter()
        for hour, number in rows.values_list("hour").annotate(Sum("count")).order_by("hour"):
            without[hour.astimezone(days.zone).date()] += number
        with_click: Counter[date] = Counter()
        period = Period(days.since, days.until).so_far(now)
        for line in queries.lines(scope, period, (By.DAY,), days.zone):
            with_click[line.key[By.DAY]] += sum(each.sales for each in line.states.values())
        return [
            ReportedDay(day, with_click[day], without[day], _sales(day, day, shop))
            for day in days.all
            if with_click[day] or without[day]
        ]


def _total(days: Sequence[ReportedDay], of: Days, shop: Mapping[str, str]) -> ReportedDay:
    return ReportedDay(
        None,
        sum(day.with_click for day in days),
        sum(day.without for day in days),
        _sales(of.first, of.last, shop),
    )


def _sales(first: date, last: date, shop: Mapping[str, str]) -> str:
    page = reverse("admin:tracking_conversion_changelist")
    return f"{page}?{urlencode({'since': str(first), 'until': str(last), **shop})}"


def _offered(shops: Any, form: PeriodForm) -> list[tuple[str, str, int | None]]:
    """Each advertiser that can be looked at alone, with its address, and all of them."""
    period = form.period_query if form.is_valid() else {}
    each = [(row.name, f"?{urlencode({**period, 'advertiser': row.pk})}", row.pk) for row in shops]
    return [(_("All"), f"?{urlencode(period)}", None), *each]


def _number(asked: QueryDict) -> int:
    text = asked.get("advertiser", "")
    return int(text) if text.isascii() and text.isdigit() and len(text) < 10 else 0
