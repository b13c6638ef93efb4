"""The reports of an order while others are added to them, one after another: in memory."""

from collections import Counter, defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from uuid import UUID

from network.models import Advertiser
from tracking.commissions import settling
from tracking.conversions import reports, seen
from tracking.conversions.reports import MOST_KEPT, MOST_OF_A_JOURNEY, JudgedReport
from tracking.evidence.fields import SaleFigures
from tracking.evidence.keeping import dated, is_uncounted
from tracking.evidence.ranks import Rank
from tracking.models import Conversion, Report
from tracking.rule.reasons import ReportOutcome


@dataclass(slots=True)
class File:
    """The reports that are kept of one order: those of its ``conversion`` or, as long as it has
    none, those that wait for one. ``heard``: when it was first reported with which figures, as far
    as that is remembered."""

    shop: Advertiser
    order: str
    conversion: Conversion | None
    rows: list[Report]
    heard: dict[SaleFigures, datetime]

    is_new: bool = False
    """The conversion is not stored."""
    is_changed: bool = False
    """Something in it says something new about the sale."""
    has_dropped: bool = False
    """Reports beyond the number that is kept."""
    journeys: set[int] = field(default_factory=set)
    """To which the new reports lead."""
    touched: dict[UUID, Report] = field(default_factory=dict)
    """Stored reports that are to be stored again."""
    news: set[SaleFigures] = field(default_factory=set)
    """Of which what was heard has to be remembered."""
    counted: list[JudgedReport] = field(default_factory=list)
    """Reports of a sale that is nobody's, which are counted."""
    _said: dict[tuple[str, bool], Report] = field(default_factory=dict)
    _ranks: Counter[str] = field(default_factory=Counter)
    _led: dict[UUID, frozenset[int]] = field(default_factory=dict)
    """The journeys to which kept reports lead: decoding their tokens is what costs."""

    def __post_init__(self) -> None:
        for row in self.rows:
            self._index(row)

    @property
    def sale(self) -> Conversion:
        assert self.conversion is not None
        return self.conversion

    @property
    def deciding(self) -> list[Report]:
        """The reports that decide about the sale."""
        return [row for row in self.rows if row.outcome != ReportOutcome.LATE]

    @property
    def is_to_decide(self) -> bool:
        return self.is_changed and not self._is_closed

    @property
    def _is_closed(self) -> bool:
        return self.conversion is not None and self.conversion.closed_at is not None

    def dated(self, item: JudgedReport) -> JudgedReport:
        """The report, dated when the order was first heard of with its figures."""
        at = dated(item.at, self.heard.get(figures_of(item)))
        return item if at == item.at else replace(item, report=replace(item.report, at=at))

    def take(self, item: JudgedReport) -> Report | ReportOutcome:
        """The row of a report that was dated, or that of one that says the same; what became of one
        that is not kept."""
        if self.conversion is None and not item.has_token:
            return self._without_token(item)
        if self.conversion is None:
            self._begin(item)
        return self._add(item, ReportOutcome.LATE if self._is_closed else ReportOutcome.MERGED)

    def _without_token(self, item: JudgedReport) -> Report | ReportOutcome:
        """Most orders of a shop: counted per hour, and remembered only so that a click that comes
        later is known to be later; of a network that sends too many, refused. What the shop itself
        confirms is kept for a token that may still come."""
        figures = figures_of(item)
        if item.report.is_crowded and not item.rank.confirms and figures not in self.heard:
            return ReportOutcome.INVALID
        if figures not in self.heard and not self.rows:
            self.counted.append(item)
        if item.rank.confirms:
            return self._add(item, ReportOutcome.WAITING)
        if self.heard.get(figures) != item.at:
            self.heard[figures] = item.at
            self.news.add(figures)
        return ReportOutcome.NO_TOKEN

    def _begin(self, item: JudgedReport) -> None:
        """It is a sale from now on. What the shop had confirmed of it before is part of it, and
        dated when the order was first heard of with its figures, which may have been since."""
        figures = figures_of(item)
        self.conversion = Conversion(
            advertiser=self.shop,
            order=self.order,
            at=item.at,
            created_at=item.report.received_at,
            amount_minor=figures.amount_minor,
            currency=figures.currency,
        )
        settling.has_none_yet(self.conversion)
        self.is_new, self.is_changed = True, bool(self.rows)
        for row in self.rows:
            row.outcome = ReportOutcome.MERGED
            row.at = dated(row.at, self.heard.get(reports.figures_of(row)))
            self._touch(row)

    def _add(self, item: JudgedReport, outcome: ReportOutcome) -> Report | ReportOutcome:
        said = reports.fingerprint(item)
        alike = self._said.get((said, outcome == ReportOutcome.LATE))
        if alike:
            self.is_changed |= _repeat(alike, item) and outcome == ReportOutcome.MERGED
            self._touch(alike)
            return alike
        if self._is_full(item):
            self._drop(item)
            return ReportOutcome.TOO_MANY
        row = reports.row_of(item, outcome, said, self.conversion, _is_uncounted(item, self.shop))
        self.rows.append(row)
        self._index(row)
        if outcome == ReportOutcome.MERGED:
            self.journeys |= item.journeys
            self.is_changed = True
        return row

    def _is_full(self, item: JudgedReport) -> bool:
        of_rank = self._ranks[item.rank.value]
        if item.rank is not Rank.TOKEN or of_rank < MOST_OF_A_JOURNEY:
            return of_rank >= MOST_KEPT[item.rank]
        others = (self._journeys_of(row) for row in self.rows if row.rank == Rank.TOKEN)
        same = sum(not item.journeys.isdisjoint(led) for led in others)
        return same >= MOST_OF_A_JOURNEY or of_rank >= MOST_KEPT[item.rank]

    def _journeys_of(self, row: Report) -> frozenset[int]:
        if row.id not in self._led:
            self._led[row.id] = reports.evidence_of(row).journeys
        return self._led[row.id]

    def _drop(self, item: JudgedReport) -> None:
        """It says at least when the order was there, if its amount is the sale's."""
        conversion = self.conversion
        if conversion is None:
            return
        conversion.dropped_reports += 1
        self.has_dropped = True
        approved_at = conversion.approved_at
        if approved_at and item.report.received_at > approved_at and not item.rank.confirms:
            return
        if item.rank is Rank.TOKEN and not (self._is_closed or conversion.is_crowded):
            conversion.is_crowded = self.is_changed = True
        known = conversion.first_seen_at
        is_alike = figures_of(item).amount_minor == conversion.amount_minor
        if is_alike and not self._is_closed and item.at < min(known or item.at, conversion.at):
            conversion.first_seen_at = item.at
            self.is_changed = True

    def _index(self, row: Report) -> None:
        self._said.setdefault((row.fingerprint, row.outcome == ReportOutcome.LATE), row)
        self._ranks[row.rank] += 1

    def _touch(self, row: Report) -> None:
        if not row._state.adding:
            self.touched[row.id] = row


def opened(shop: Advertiser, items: Sequence[JudgedReport]) -> dict[str, File]:
    """The files of the orders of these reports, whose conversions are locked, by the order's
    reference and in that order: so orders are created everywhere. Four queries; none for none."""
    if not items:
        return {}
    named = {(_order(item), figures_of(item)) for item in items}
    orders = sorted({order for order, _ in named})
    sales = Conversion.objects.filter(advertiser=shop, order__in=orders)
    found = {row.order: row for row in sales.select_related("decision", "commission")}
    for conversion in found.values():
        conversion.advertiser = shop
    rows = _rows(shop, found, orders)
    waiting = [row for order in orders if order not in found for row in rows[order]]
    named |= {(row.order, reports.figures_of(row)) for row in waiting}
    heard: dict[str, dict[SaleFigures, datetime]] = defaultdict(dict)
    for (order, figures), at in seen.first_of(shop.pk, named).items():
        heard[order][figures] = at
    return {
        order: File(shop, order, found.get(order), rows[order], heard[order]) for order in orders
    }


def _rows(
    shop: Advertiser, found: Mapping[str, Conversion], orders: Sequence[str]
) -> Mapping[str, list[Report]]:
    """The reports of these conversions, and those that wait for one, by order."""
    rows: dict[str, list[Report]] = defaultdict(list)
    order_of = {conversion.pk: order for order, conversion in found.items()}
    of_shop = Report.objects.filter(advertiser=shop)
    for row in of_shop.filter(conversion__in=order_of):
        assert row.conversion_id is not None
        rows[order_of[row.conversion_id]].append(row)
    unsold = [order for order in orders if order not in found]
    waiting = of_shop.filter(order__in=unsold, conversion=None, outcome=ReportOutcome.WAITING)
    for row in waiting:
        rows[row.order].append(row)
    return rows


def figures_of(item: JudgedReport) -> SaleFigures:
    assert item.report.sale is not None
    return item.report.sale.figures


def _order(item: JudgedReport) -> str:
    assert item.report.sale is not None
    return item.report.sale.order


def _is_uncounted(item: JudgedReport, shop: Advertiser) -> bool:
    sale = item.report.sale
    return sale is not None and is_uncounted(sale.channel, shop.uncounted_channels)


def _repeat(row: Report, item: JudgedReport) -> bool:
    """Count a report that says the same; whether it was received or dated earlier, as if it had
    come first."""
    row.repeats += 1
    before = row.at, row.received_at
    row.at = min(row.at, item.at)
    row.received_at = min(row.received_at, item.report.received_at)
    return before != (row.at, row.received_at)
