"""A publisher's dashboard: what its clicks and sales came to, and what becomes final when."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils import timezone

from network import clock
from network.models import Advertiser
from network.pages.figures.forms import PeriodForm
from network.pages.figures.periods import CHOICES, Days, network_zone
from network.people import access
from publishers.models import CookieTypeChoice, Publisher
from publishers.pages.dashboard.frame import team_page
from tracking.commissions.states import SaleState
from tracking.figures import queries as reports
from tracking.figures.queries import By, Kept, Line, Period, Scope, StateTotal
from tracking.lifecycle import closing as coming
from tracking.models import Commission

NEXT = 10
"""How many of those that become final next are listed."""


@dataclass(frozen=True, slots=True)
class Group:
    """A line with the name of what it is about, and the part of an address that leads to it."""

    name: str
    line: Line
    query: str = ""


@dataclass(frozen=True, slots=True)
class Day:
    """One day: its clicks and sales, and the commission by cookie type."""

    day: date
    took: int
    stood_down: int
    sales: int
    hard_minor: int
    soft_minor: int
    commission_minor: int

    @property
    def is_empty(self) -> bool:
        return not (self.took or self.stood_down or self.sales)


@dataclass(frozen=True, slots=True)
class KeptTotal:
    """Sales that are paid only because a soft partner stood down, and their commission."""

    sales: int
    commission_minor: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Section:
    """The figures in one currency."""

    currency: str
    total: Line
    states: Mapping[SaleState, StateTotal]
    days: Sequence[Day]
    programmes: Sequence[Group]
    types: Sequence[Group]
    protected: KeptTotal | None


@team_page
def dashboard(request: HttpRequest, publisher: Publisher, context: dict[str, Any]) -> HttpResponse:
    now, zone = clock.now(), network_zone()
    form = PeriodForm(request.GET, now.astimezone(zone).date(), zone)
    context |= {"form": form, "periods": CHOICES}
    if not form.is_valid():
        return render(request, "publishers/dashboard/home.html", context, status=400)
    days = form.days()
    context |= {"days": days, "sections": sections(publisher.pk, days)}
    context |= _coming(publisher, now)
    return render(request, "publishers/dashboard/home.html", context)


def sections(publisher_id: int, days: Days) -> list[Section]:
    """The figures of these days, by currency; in six queries."""
    scope = Scope(publishers=frozenset({publisher_id}))
    period = Period(days.since, days.until)

    def lines(*by: By) -> list[Line]:
        return reports.lines(scope, period, by, days.zone)

    by_day, by_programme, by_type = (
        lines(By.DAY, By.COOKIE_TYPE),
        lines(By.ADVERTISER),
        lines(By.COOKIE_TYPE),
    )
    names = dict(
        Advertiser.objects.filter(
            pk__in=[line.key[By.ADVERTISER] for line in by_programme]
        ).values_list("pk", "name")
    )
    protected = _by_currency(reports.protection(scope, period).protected)
    return [
        Section(
            currency=total.currency,
            protected=protected.get(total.currency),
            total=total,
            states=total.states,
            days=_days(_of(by_day, total.currency), days.all),
            programmes=[
                _programme(line, names) for line in _biggest_first(by_programme, total.currency)
            ],
            types=[
                Group(str(CookieTypeChoice(line.key[By.COOKIE_TYPE]).label), line)
                for line in _of(by_type, total.currency)
            ],
        )
        for total in reports.totals(scope, period)
    ]


def _by_currency(rows: Sequence[Kept]) -> Mapping[str, KeptTotal]:
    """What standing down kept at all programmes of a currency."""
    found: dict[str, KeptTotal] = {}
    for row in rows:
        held = found.get(row.currency, KeptTotal(0, 0))
        found[row.currency] = KeptTotal(
            held.sales + row.sales, held.commission_minor + row.commission_minor
        )
    return found


def _coming(publisher: Publisher, now: datetime) -> dict[str, Any]:
    own = access.for_publisher(Commission.objects.all(), publisher.pk)
    following = coming.becoming_final(own).select_related("advertiser", "conversion")
    return {
        "weeks": coming.by_week(own, now, timezone.get_current_timezone()),
        "following": following.order_by("closes_at", "id")[:NEXT],
    }


def _of(lines: Sequence[Line], currency: str) -> list[Line]:
    return [line for line in lines if line.currency == currency]


def _biggest_first(lines: Sequence[Line], currency: str) -> list[Line]:
    return sorted(
        _of(lines, currency), key=lambda line: (-line.commission_minor, -line.clicks_counting)
    )


def _programme(line: Line, names: Mapping[int, str]) -> Group:
    key = line.key[By.ADVERTISER]
    return Group(names[key], line, f"programme={key}")


def _days(lines: Sequence[Line], days: Sequence[date]) -> list[Day]:
    """A row for each day, also for those on which nothing happened."""
    found = {(line.key[By.DAY], line.key[By.COOKIE_TYPE]): line for line in lines}
    return [
        _day(
            day,
            *(found.get((day, kind)) for kind in (CookieTypeChoice.HARD, CookieTypeChoice.SOFT)),
        )
        for day in days
    ]


def _day(day: date, hard: Line | None, soft: Line | None) -> Day:
    both = [line for line in (hard, soft) if line]
    counting = sum(line.clicks_counting for line in both)
    stood_down = sum(line.clicks_stood_down for line in both)
    hard_minor = hard.commission_minor if hard else 0
    soft_minor = soft.commission_minor if soft else 0
    return Day(
        day=day,
        took=counting - stood_down,
        stood_down=stood_down,
        sales=sum(line.sales for line in both),
        hard_minor=hard_minor,
        soft_minor=soft_minor,
        commission_minor=hard_minor + soft_minor,
    )
