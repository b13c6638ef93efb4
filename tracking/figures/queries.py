"""The figures of pages, from the rollups: each in a constant number of queries.

``docs/figures.md`` defines them. Hours are whole hours in UTC: where a zone is apart from UTC by a
part of an hour, its days begin at the next whole hour.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta, tzinfo
from enum import StrEnum
from typing import Any

from django.db.models import (
    Case,
    CharField,
    F,
    FloatField,
    Func,
    OuterRef,
    Q,
    QuerySet,
    Subquery,
    Sum,
    Value,
    When,
)
from django.db.models.expressions import Combinable, Expression
from django.db.models.functions import Cast, Coalesce, NullIf, TruncDate, TruncMonth, TruncWeek

from network import money
from publishers.models import Partnership
from tracking.commissions.states import SaleState
from tracking.models import Rollup
from tracking.rollups.contributions import STATES, STEPS_PER_OCTAVE, hour_of
from tracking.rule.attribution import CookieType
from tracking.rule.reasons import ClickReason, Counted

HOUR = timedelta(hours=1)
CLICK = "click_"

_CLICKS = [item for item in Counted if item.startswith(CLICK)]
_COUNTING = (Counted.CLICK_TOOK, Counted.CLICK_STOOD_DOWN)
_UNPAID = (Counted.SALE_DECLINED, Counted.SALE_CONFLICT_UNPAID, Counted.SALE_NOBODY)
EARNING = [item for item in STATES if item not in _UNPAID]


@dataclass(frozen=True, slots=True, kw_only=True)
class Scope:
    """Whose figures; None: everybody's."""

    advertisers: frozenset[int] | None = None
    publishers: frozenset[int] | None = None
    cookie_type: str = ""


@dataclass(frozen=True, slots=True)
class Period:
    """The whole hours from that of ``since`` until before ``until``."""

    since: datetime
    until: datetime

    @classmethod
    def up_to(cls, now: datetime, length: timedelta) -> "Period":
        """What has passed by now of the last so many days, this hour included."""
        until = hour_of(now) + HOUR
        return cls(until - length, until)

    def so_far(self, now: datetime) -> "Period":
        """What has passed of it by now, this hour included."""
        return Period(self.since, max(self.since, min(self.until, hour_of(now) + HOUR)))

    def as_much_of(self, other: "Period") -> "Period":
        """Of another period as many hours as this one has, from its beginning."""
        return Period(other.since, min(other.until, other.since + (self.until - self.since)))

    @property
    def before(self) -> "Period":
        """The period of the same length before this one."""
        return Period(self.since - (self.until - self.since), self.since)


class By(StrEnum):
    """What lines are grouped by, besides by currency."""

    DAY = "day"
    WEEK = "week"
    MONTH = "month"
    ADVERTISER = "advertiser"
    PUBLISHER = "publisher"
    COOKIE_TYPE = "cookie_type"
    STATE = "state"


@dataclass(frozen=True, slots=True)
class StateTotal:
    """The sales in one state, and what they earn."""

    sales: int
    commission_minor: int

    def __add__(self, other: "StateTotal") -> "StateTotal":
        return StateTotal(self.sales + other.sales, self.commission_minor + other.commission_minor)


@dataclass(frozen=True, slots=True, kw_only=True)
class Line:
    """The figures of one group, in one currency. ``key`` has a value for each thing that was
    grouped by: a date for a day, the first one of a week or month, an id for an advertiser; None
    for the publisher and "" for the cookie type of sales that pay nobody, and "" for the state of
    clicks. ``sales`` and their sums are of commissions that are not declined."""

    key: Mapping[By, Any]
    currency: str
    clicks_recorded: int = 0
    clicks_counting: int = 0
    clicks_stood_down: int = 0
    sales: int = 0
    sale_amount_minor: int = 0
    commission_minor: int = 0
    network_fee_minor: int = 0
    soft_sales: int = 0
    protected_minor: int = 0
    states: Mapping[SaleState, StateTotal] = field(default_factory=dict)

    def __add__(self, other: "Line") -> "Line":
        """Both together, under the key of the first; they are in one currency."""
        states = dict(self.states)
        for state, total in other.states.items():
            states[state] = states[state] + total if state in states else total
        sums = {name: getattr(self, name) + getattr(other, name) for name in _SUMMED}
        return replace(self, **sums, states=states)

    @property
    def cost_minor(self) -> int:
        """What the sales cost the advertiser: the commission and the network's fee."""
        return self.commission_minor + self.network_fee_minor

    @property
    def cost_of_sale(self) -> float | None:
        """The cost by the sale value; None without a sale value."""
        return self.cost_minor / self.sale_amount_minor if self.sale_amount_minor else None

    @property
    def average_order_minor(self) -> int | None:
        """The sale value by the sales, in whole minor units; None without sales."""
        return round(self.sale_amount_minor / self.sales) if self.sales else None

    @property
    def share_soft(self) -> float | None:
        """Of the sales, those that a soft cookie is credited with; None without sales."""
        return self.soft_sales / self.sales if self.sales else None

    @property
    def conversion_rate(self) -> float | None:
        """Sales by clicks that count; None without clicks."""
        return self.sales / self.clicks_counting if self.clicks_counting else None

    @property
    def earnings_per_click(self) -> str:
        """Commission by clicks that count, with its currency; a dash without clicks."""
        if not self.clicks_counting:
            return "—"
        return money.display_average(self.commission_minor, self.clicks_counting, self.currency)


_SUMMED = (
    "clicks_recorded",
    "clicks_counting",
    "clicks_stood_down",
    "sales",
    "sale_amount_minor",
    "commission_minor",
    "network_fee_minor",
    "soft_sales",
    "protected_minor",
)


@dataclass(frozen=True, slots=True, kw_only=True)
class PartnerFigures:
    """What one partnership did over a period, in the currency of its advertiser."""

    touched: int
    after_other: int
    share_after_other: float | None
    taken_over_sales: int
    taken_over_minor: int
    stood_down_sales: int
    paid_sales: int
    commission_minor: int
    median_seconds: float | None


def lines(scope: Scope, period: Period, by: Sequence[By], zone: tzinfo) -> list[Line]:
    """A line for each group in which something happened, in the order of ``by``; days are days in
    ``zone``. One query."""
    keys = {f"by_{item}": _column(item, zone) for item in by}
    rows = (
        _rows(scope, period)
        .filter(counted__in=[*_CLICKS, *STATES, Counted.PROTECTED])
        .annotate(currency=F("advertiser__currency"), **keys)
        .values("currency", "counted", *keys)
        .annotate(
            number=Sum("count"),
            paid=Sum("count", filter=Q(publisher__isnull=False), default=0),
            soft=Sum("count", filter=Q(cookie_type=CookieType.SOFT), default=0),
            sold=Sum("sale_amount_minor", filter=Q(publisher__isnull=False), default=0),
            earned=Sum("commission_minor"),
            fee=Sum("network_fee_minor"),
        )
        .order_by(*keys, "currency", "counted")
    )
    groups: dict[tuple[Any, ...], list[dict[str, Any]]] = {}
    for row in rows:
        groups.setdefault((*(row[key] for key in keys), row["currency"]), []).append(row)
    return [
        _line(dict(zip(by, key[:-1], strict=True)), key[-1], found) for key, found in groups.items()
    ]


def totals(scope: Scope, period: Period) -> list[Line]:
    """A line for each currency in which something happened. One query."""
    return lines(scope, period, [], UTC)


def reasons(scope: Scope, period: Period) -> Mapping[ClickReason, int]:
    """The clicks that do not count, by reason; without reasons of which there are none."""
    rows = (
        _rows(scope, period)
        .filter(counted__in=[f"{CLICK}{reason}" for reason in ClickReason])
        .values_list("counted")
        .annotate(number=Sum("count"))
        .filter(number__gt=0)
        .order_by("-number", "counted")
    )
    return {ClickReason(counted.removeprefix(CLICK)): number for counted, number in rows}


@dataclass(frozen=True, slots=True, kw_only=True)
class Kept:
    """Sales of a publisher at an advertiser, and their commission in its currency."""

    advertiser: int
    publisher: int
    currency: str
    sales: int
    commission_minor: int


@dataclass(frozen=True, slots=True)
class Protection:
    """What standing down kept: for which partners, and who left it to others; the most first."""

    protected: Sequence[Kept]
    left_to_others: Sequence[Kept]


def protection(scope: Scope, period: Period) -> Protection:
    """By publisher and advertiser; without those with nothing. One query."""
    rows = (
        _rows(scope, period)
        .filter(counted__in=(Counted.PROTECTED, Counted.LEFT_TO_OTHERS))
        .values_list("counted", "advertiser", "publisher", "advertiser__currency")
        .annotate(sales=Sum("count"), earned=Sum("commission_minor"))
        .filter(sales__gt=0)
        .order_by("advertiser__currency", "-earned", "publisher", "advertiser")
    )
    found: dict[str, list[Kept]] = {Counted.PROTECTED: [], Counted.LEFT_TO_OTHERS: []}
    for counted, advertiser, publisher, currency, sales, earned in rows:
        kept = Kept(
            advertiser=advertiser,
            publisher=publisher,
            currency=currency,
            sales=sales,
            commission_minor=earned,
        )
        found[counted].append(kept)
    return Protection(found[Counted.PROTECTED], found[Counted.LEFT_TO_OTHERS])


def annotate_partners(partnerships: QuerySet[Partnership], period: Period) -> QuerySet[Partnership]:
    """Add the figures of each partnership: ``touched``, ``after_other``, ``share_after_other``,
    ``taken_over_sales``, ``taken_over_minor``, ``stood_down_sales``, ``paid_sales``,
    ``commission_minor`` and ``median_seconds``; null where there is no share or median. They can
    be sorted and filtered by; PostgreSQL works out those of a page only for its rows."""
    touched = _sum(period, [Counted.TOUCHED], "count")
    after_other = _sum(period, [Counted.AFTER_OTHER], "count")
    return partnerships.annotate(
        touched=touched,
        after_other=after_other,
        share_after_other=Cast(after_other, FloatField()) / NullIf(touched, Value(0)),
        taken_over_sales=_sum(period, [Counted.TAKEN_OVER], "count"),
        taken_over_minor=_sum(period, [Counted.TAKEN_OVER], "commission_minor"),
        stood_down_sales=_sum(period, [Counted.STOOD_DOWN_SALE], "count"),
        paid_sales=_sum(period, EARNING, "count"),
        commission_minor=_sum(period, EARNING, "commission_minor"),
        median_seconds=_median_seconds(period),
    )


def partner_figures(row: Any) -> PartnerFigures:
    """The figures of a partnership that :func:`annotate_partners` annotated."""
    names = PartnerFigures.__dataclass_fields__
    return PartnerFigures(**{name: getattr(row, name) for name in names})


def _rows(scope: Scope, period: Period) -> QuerySet[Rollup]:
    rows = Rollup.objects.filter(hour__gte=hour_of(period.since), hour__lt=period.until)
    if scope.advertisers is not None:
        rows = rows.filter(advertiser__in=scope.advertisers)
    if scope.publishers is not None:
        rows = rows.filter(publisher__in=scope.publishers)
    if scope.cookie_type:
        rows = rows.filter(cookie_type=scope.cookie_type)
    return rows


def _column(item: By, zone: tzinfo) -> Combinable:
    match item:
        case By.DAY:
            return TruncDate("hour", tzinfo=zone)
        case By.WEEK:
            return TruncDate(TruncWeek("hour", tzinfo=zone), tzinfo=zone)
        case By.MONTH:
            return TruncDate(TruncMonth("hour", tzinfo=zone), tzinfo=zone)
        case By.ADVERTISER:
            return F("advertiser_id")
        case By.PUBLISHER:
            return F("publisher_id")
        case By.COOKIE_TYPE:
            return F("cookie_type")
        case By.STATE:
            states = (When(counted=item, then=Value(state.value)) for item, state in STATES.items())
            return Case(*states, default=Value(""), output_field=CharField())


def _line(key: Mapping[By, Any], currency: str, rows: Sequence[Mapping[str, Any]]) -> Line:
    """The line of a group, from its rows by what they count."""
    number = {Counted(row["counted"]): row["number"] for row in rows}
    earning = [row for row in rows if row["counted"] in EARNING]
    return Line(
        key=key,
        currency=currency,
        clicks_recorded=sum(number.get(item, 0) for item in _CLICKS),
        clicks_counting=sum(number.get(item, 0) for item in _COUNTING),
        clicks_stood_down=number.get(Counted.CLICK_STOOD_DOWN, 0),
        sales=sum(row["paid"] for row in earning),
        sale_amount_minor=sum(row["sold"] for row in earning),
        commission_minor=sum(row["earned"] for row in earning),
        network_fee_minor=sum(row["fee"] for row in earning),
        soft_sales=sum(row["soft"] for row in earning),
        protected_minor=sum(row["earned"] for row in rows if row["counted"] == Counted.PROTECTED),
        states=states_of(rows),
    )


def states_of(rows: Sequence[Mapping[str, Any]]) -> dict[SaleState, StateTotal]:
    found = {}
    for state in SaleState:
        own = [row for row in rows if STATES.get(row["counted"]) is state]
        if sales := sum(row["number"] for row in own):
            found[state] = StateTotal(sales, sum(row["earned"] for row in own))
    return found


def _of_partner(period: Period, counted: Sequence[Counted]) -> QuerySet[Rollup]:
    rows = _rows(Scope(), period).filter(
        advertiser=OuterRef("advertiser"), publisher=OuterRef("publisher"), counted__in=counted
    )
    return rows.order_by()


def _sum(period: Period, counted: Sequence[Counted], amount: str) -> Expression:
    total = _of_partner(period, counted).values("advertiser").annotate(total=Sum(amount))
    return Coalesce(Subquery(total.values("total")), Value(0))


class _MedianSeconds(Func):
    """The middle of the first step by which half of the sales that a partnership touched are
    reached; of the advertiser, the publisher, and the period's two ends."""

    output_field = FloatField()
    template = f"""(
        SELECT power(2.0::float8, (time_step + 0.5) / {STEPS_PER_OCTAVE}) FROM (
            SELECT time_step, sum(count) AS number,
                sum(sum(count)) OVER (ORDER BY time_step) AS up_to_here,
                sum(sum(count)) OVER () AS number_of_all
            FROM (VALUES (%(expressions)s)) AS wanted (advertiser_id, publisher_id, since, until)
            JOIN tracking_rollup USING (advertiser_id, publisher_id)
            WHERE hour >= since AND hour < until AND counted = '{Counted.TOUCHED}'
            GROUP BY time_step
        ) AS steps
        WHERE number > 0 AND 2 * up_to_here >= number_of_all ORDER BY time_step LIMIT 1
    )"""  # noqa: S608 - names of our own


def _median_seconds(period: Period) -> Expression:
    since, until = hour_of(period.since), period.until
    return _MedianSeconds(F("advertiser"), F("publisher"), Value(since), Value(until))
