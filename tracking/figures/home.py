"""What the admin's home tells: figures of some days against others, what waits, what becomes final
when, whether reports come in, and what people changed.

``docs/figures.md`` defines the numbers. Each part is a constant number of queries.
"""

from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta, tzinfo
from functools import reduce
from typing import Any

from django.db.models import Max, OuterRef, Q, QuerySet, Subquery, Sum

from network.models import Advertiser, TrackingHost
from publishers.cookie_types.current import with_current
from publishers.models import Partnership
from publishers.partnerships.suggested import suggested
from tracking.commissions.states import SaleState
from tracking.figures import open_sales
from tracking.figures import queries as reports
from tracking.figures.queries import HOUR, By, Line, Period, Scope, StateTotal
from tracking.landings.uses import of_overused_clicks
from tracking.lifecycle import closing as coming
from tracking.models import Commission, Conversion, Report, UnattributedSales
from tracking.rule.reasons import ReportOutcome

WEEKS = 8
"""So many weeks ahead are shown one by one; what becomes final after them is one line."""


@dataclass(frozen=True, slots=True)
class Total:
    """Clicks, sales and commissions of a period; commissions by currency, in minor units."""

    clicks: int = 0
    sales: int = 0
    commission: Mapping[str, int] = field(default_factory=dict)

    def __add__(self, line: Line) -> "Total":
        earned = dict(self.commission)
        if line.commission_minor:
            earned[line.currency] = earned.get(line.currency, 0) + line.commission_minor
        return Total(self.clicks + line.clicks_counting, self.sales + line.sales, earned)


@dataclass(frozen=True, slots=True)
class Compared:
    """A total, and that of the period that it is compared with."""

    now: Total
    before: Total


@dataclass(frozen=True, slots=True)
class Day:
    """The sales of a day, by cookie type; and all that the tiles tell of it."""

    date: date
    sales: Mapping[str, int]
    total: Total


@dataclass(frozen=True, slots=True, kw_only=True)
class Figures:
    """Of a period: all, by cookie type, by advertiser; and the sales by day and cookie type."""

    period: Period
    all: Compared
    by_cookie_type: Mapping[str, Compared]
    by_advertiser: Mapping[int, Compared]
    with_click: Mapping[int, int]
    """Sales with a click of ours, paid or not, by advertiser."""
    days: Sequence[Day]


def figures_of(scope: Scope, period: Period, compared: Period, zone: tzinfo) -> Figures:
    """Three queries."""
    by = (By.ADVERTISER, By.COOKIE_TYPE)
    current = reports.lines(scope, period, by, zone)
    before = reports.lines(scope, compared, by, zone)
    with_click: dict[int, int] = defaultdict(int)
    for line in current:
        with_click[line.key[By.ADVERTISER]] += sum(each.sales for each in line.states.values())
    return Figures(
        period=period,
        all=Compared(_total(current), _total(before)),
        by_cookie_type=_by(By.COOKIE_TYPE, current, before),
        by_advertiser=_by(By.ADVERTISER, current, before),
        with_click=with_click,
        days=_days(reports.lines(scope, period, (By.DAY, By.COOKIE_TYPE), zone), period, zone),
    )


def _total(lines: Iterable[Line]) -> Total:
    return reduce(Total.__add__, lines, Total())


def _by(item: By, current: Sequence[Line], before: Sequence[Line]) -> dict[Any, Compared]:
    keys = dict.fromkeys(line.key[item] for line in (*current, *before))
    return {
        key: Compared(
            _total(line for line in current if line.key[item] == key),
            _total(line for line in before if line.key[item] == key),
        )
        for key in keys
    }


def _days(lines: Sequence[Line], period: Period, zone: tzinfo) -> list[Day]:
    """Every day of the period, those without a sale included."""
    sales: dict[date, dict[str, int]] = defaultdict(lambda: defaultdict(int))
    totals: dict[date, Total] = defaultdict(Total)
    for line in lines:
        sales[line.key[By.DAY]][line.key[By.COOKIE_TYPE]] += line.sales
        totals[line.key[By.DAY]] += line
    first = period.since.astimezone(zone).date()
    last = (period.until - HOUR).astimezone(zone).date()
    days = (first + timedelta(days=number) for number in range((last - first).days + 1))
    return [Day(day, dict(sales[day]), totals[day]) for day in days]


@dataclass(frozen=True, slots=True)
class Waiting:
    """Open commissions in a state: how many, and how much by currency."""

    number: int = 0
    commission: Mapping[str, int] = field(default_factory=dict)

    @classmethod
    def of(cls, currency: str, total: StateTotal) -> "Waiting":
        earned = total.commission_minor
        return cls(total.sales, {currency: earned} if earned else {})

    def __add__(self, other: "Waiting") -> "Waiting":
        earned = Counter(self.commission)
        earned.update(other.commission)
        return Waiting(self.number + other.number, dict(earned))


WAITING = (SaleState.PENDING, SaleState.ON_HOLD, SaleState.UNVERIFIED, SaleState.CONFLICT)
"""States that end: those in which something is waited for."""


def waiting(scope: Scope) -> Mapping[str, Waiting]:
    """What waits, by state; in a conflict that credits nobody there is no commission. One query."""
    found: dict[str, Waiting] = dict.fromkeys(WAITING, Waiting())
    for line in open_sales.in_states(scope, WAITING):
        for state, total in line.states.items():
            found[state] += Waiting.of(line.currency, total)
    return found


def flagged(scope: Scope) -> int:
    """Open sales that are credited to a click that was used more often than usual. One query."""
    open_sales = _of(scope, Conversion.objects.filter(closed_at=None))
    return open_sales.filter(of_overused_clicks()).count()


def refused(scope: Scope, period: Period) -> int:
    """Reports of the period that were refused, and that nobody has corrected. One query."""
    rows = Report.objects.filter(
        outcome=ReportOutcome.INVALID, received_at__gte=period.since, received_at__lt=period.until
    )
    return _of(scope, rows).count()


def applications(scope: Scope, now: datetime) -> int:
    """Partnerships that somebody applied for and nobody has answered. One query."""
    applied = {"status_now": "applied"}
    return with_current(_of(scope, Partnership.objects.all()), now).filter(**applied).count()


def hosts_to_prove(scope: Scope) -> Sequence[TrackingHost]:
    """Own tracking hosts that wait for proof, or whose proof is found no more. One query."""
    unproven = Q(proof=None) | Q(missing_since__isnull=False)
    rows = TrackingHost.objects.filter(unproven).select_related("advertiser")
    return list(_of(scope, rows).order_by("advertiser__name", "position"))


def to_look_at(scope: Scope, period: Period, now: datetime) -> int:
    """Partners whose figures of the period suggest another cookie type. At most seven
    queries."""
    partners = with_current(_of(scope, Partnership.objects.all()), now)
    return len(suggested(reports.annotate_partners(partners, period), now))


@dataclass(frozen=True, slots=True)
class UpcomingWeek:
    """What becomes final in a week. ``key`` is the value of the list's filter: the week's Monday,
    or ``later``."""

    key: str
    monday: date | None
    final: Waiting


def weeks(scope: Scope, now: datetime, zone: tzinfo) -> list[UpcomingWeek]:
    """What becomes final, by week; those after :data:`WEEKS` weeks are one. One query."""
    shown = {monday.isoformat(): monday for monday in mondays(now, zone)}
    rows = coming.by_week(_of(scope, Commission.objects.all()), now, zone)
    found: dict[str, Waiting] = {}
    for row in rows:
        key = row.monday.isoformat() if row.monday.isoformat() in shown else "later"
        held = found.get(key, Waiting())
        earned = held.commission.get(row.currency, 0) + row.commission_minor
        found[key] = Waiting(
            held.number + row.commissions, {**held.commission, row.currency: earned}
        )
    return [UpcomingWeek(key, shown.get(key), final) for key, final in found.items()]


def mondays(now: datetime, zone: tzinfo) -> list[date]:
    """Those of this week and of the weeks that are shown after it."""
    today = now.astimezone(zone).date()
    first = today - timedelta(days=today.weekday())
    return [first + timedelta(weeks=number) for number in range(WEEKS)]


@dataclass(frozen=True, slots=True)
class ReportHealth:
    """How one advertiser's reports come in: the last of each source in the period, and the sales
    with and without a click of ours."""

    advertiser: Advertiser
    last: Mapping[str, datetime]
    with_click: int
    without_click: int
    conflicts: int
    unverified: int

    @property
    def share(self) -> float | None:
        """Of all sales reported, those with a click of ours; None without any."""
        reported = self.with_click + self.without_click
        return self.with_click / reported if reported else None


def health(scope: Scope, figures: Figures) -> list[ReportHealth]:
    """A row for each advertiser. Three queries."""
    since = figures.period.since
    without = _without_click(scope, since)
    shops = _with_last_reports(advertisers(scope), since)
    last = _last_reports(shops, without)
    stuck = {line.key[By.ADVERTISER]: line.states for line in open_sales.in_states(scope, _STUCK)}
    return [
        ReportHealth(
            advertiser=row,
            last=last.get(row.pk, {}),
            with_click=figures.with_click.get(row.pk, 0),
            without_click=sum(each.number for each in without if each.advertiser == row.pk),
            conflicts=_number(stuck.get(row.pk, {}), SaleState.CONFLICT),
            unverified=_number(stuck.get(row.pk, {}), SaleState.UNVERIFIED),
        )
        for row in shops
    ]


@dataclass(frozen=True, slots=True)
class _WithoutClick:
    """Sales of an advertiser that one source reported without any click; the last hour of them."""

    advertiser: int
    source: str
    number: int
    at: datetime


def _without_click(scope: Scope, since: datetime) -> list[_WithoutClick]:
    rows = _of(scope, UnattributedSales.objects.filter(hour__gte=since))
    found = rows.values("advertiser", "source").annotate(number=Sum("count"), at=Max("hour"))
    return [_WithoutClick(**row) for row in found.order_by()]


def _with_last_reports(rows: QuerySet[Advertiser], since: datetime) -> Sequence[Advertiser]:
    """Each with when it last sent a report from each source: of many only the last is read."""
    newest = Report.objects.filter(advertiser=OuterRef("pk"), received_at__gte=since)
    times = newest.order_by("-received_at").values("received_at")
    last = {
        f"last_{each}": Subquery(times.filter(source=each)[:1]) for each in Report.Source.values
    }
    return list(rows.annotate(**last))


def _last_reports(
    shops: Iterable[Advertiser], without: Iterable[_WithoutClick]
) -> Mapping[int, Mapping[str, datetime]]:
    """By advertiser and source. Reports without any click are kept by the hour only."""
    last: dict[int, dict[str, datetime]] = defaultdict(dict)
    for each in without:
        last[each.advertiser][each.source] = each.at
    for row in shops:
        held = last[row.pk]
        for source in Report.Source.values:
            if at := vars(row)[f"last_{source}"]:
                held[source] = max(at, held.get(source, at))
    return last


_STUCK = (SaleState.CONFLICT, SaleState.UNVERIFIED)
"""Open sales that time alone does not close."""


def _number(states: Mapping[SaleState, StateTotal], state: SaleState) -> int:
    return states[state].sales if state in states else 0


def advertisers(scope: Scope) -> QuerySet[Advertiser]:
    everybody = Advertiser.objects.all()
    if scope.advertisers is None:
        return everybody
    return everybody.filter(pk__in=scope.advertisers)


def _of(scope: Scope, rows: QuerySet) -> QuerySet:  # type: ignore[type-arg]
    return rows if scope.advertisers is None else rows.filter(advertiser__in=scope.advertisers)
