"""Recording reports of sales: each once, those of one order together, and then decided."""

from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from uuid import UUID

from django.db import IntegrityError, transaction
from django.db.models import F, Q

from network.models import Advertiser
from tracking.commissions import settling
from tracking.conversions import deciding, journeys, locking, reports, seen
from tracking.conversions.reports import MOST_KEPT, JudgedReport
from tracking.conversions.reports import SaleReport as SaleReport
from tracking.evidence.fields import SaleFields, SaleFigures
from tracking.evidence.keeping import dated, is_uncounted
from tracking.evidence.ranks import Rank
from tracking.models import (
    Conversion,
    ConversionJourney,
    Decision,
    Report,
    UnattributedSales,
)
from tracking.rule.reasons import ReportOutcome
from tracking.rule.tokens import Keys

Outcomes = dict[UUID, ReportOutcome]
"""What became of reports, by their ids."""
HOUR = timedelta(hours=1)
MOST_INVALID = 200
"""Reports that are no evidence (invalid, of a test, or with click ids that credit nobody), kept of
an advertiser within an hour, of each kind and apart for those with its key: anybody can send the
others, and a shop sees what is wrong with its own from the first few."""


def record(report: SaleReport, keys: Keys, now: datetime) -> ReportOutcome:
    """Record a report, once: the same report again changes nothing.

    The order's reports are joined, its journey is found, and the decision and the pending
    commission follow, in one transaction.
    """
    with transaction.atomic():
        judged = reports.judge([report], keys)
        journeys.lock(locks_of(judged))
        return record_judged(judged, now)[report.id]


def locks_of(judged: Iterable[JudgedReport]) -> set[int]:
    """What has to be locked by :func:`journeys.lock` before these are recorded: the journeys to
    which their valid tokens lead, and their orders."""
    found: set[int] = set()
    for item in judged:
        found |= item.journeys
        if item.report.sale:
            found.add(seen.lock_key(item.report.advertiser, item.report.sale.order))
    return found


def record_judged(judged: Sequence[JudgedReport], now: datetime) -> Outcomes:
    """Record reports in the caller's transaction, which holds their locks. However many there are
    of an order, it is read once and decided once."""
    outcomes, fresh = _known(judged), {item.report.id: item for item in judged}
    by_order: dict[tuple[int, str], list[JudgedReport]] = defaultdict(list)
    for item in fresh.values():
        sale = item.report.sale
        if item.report.id in outcomes:
            continue
        if sale is None:
            outcomes[item.report.id] = _keep(item, ReportOutcome.INVALID)
        elif sale.test:
            outcomes[item.report.id] = _keep(item, ReportOutcome.TEST)
        else:
            by_order[item.report.advertiser, sale.order].append(item)
    for (advertiser, order), items in sorted(by_order.items(), key=lambda entry: entry[0]):
        outcomes |= _record_order(advertiser, order, items, now)
    return outcomes


def _known(judged: Collection[JudgedReport]) -> Outcomes:
    """Reports that were recorded before."""
    shops = {item.report.advertiser for item in judged}
    rows = Report.objects.filter(
        advertiser__in=shops, id__in=[item.report.id for item in judged]
    ).values_list("id", "outcome")
    return {identifier: ReportOutcome(outcome) for identifier, outcome in rows}


def _record_order(
    advertiser: int, order: str, items: Sequence[JudgedReport], now: datetime
) -> Outcomes:
    conversion = locking.lock_by_order(advertiser, order)
    known = seen.first_of(advertiser, order, {_figures(item) for item in items})
    items = [_dated(item, known.get(_figures(item))) for item in items]
    if conversion is None and not any(item.has_token for item in items):
        return _without_token(advertiser, order, items, known)
    shop = conversion.advertiser if conversion else Advertiser.objects.get(id=advertiser)
    if conversion is None:
        conversion = _create(shop, items)
    file = _File(conversion, shop)
    found = {item.report.id: file.take(item) for item in items}
    file.close(now)
    return {
        identifier: ReportOutcome(row.outcome) if row else ReportOutcome.TOO_MANY
        for identifier, row in found.items()
    }


def _dated(item: JudgedReport, first: datetime | None) -> JudgedReport:
    """The report, dated when the order was first heard of with its figures."""
    return replace(item, report=replace(item.report, at=dated(item.at, first)))


def _figures(item: JudgedReport) -> SaleFigures:
    assert item.report.sale is not None
    return item.report.sale.figures


@dataclass(slots=True)
class _File:
    """The reports that are kept of one order while others are added."""

    conversion: Conversion
    shop: Advertiser
    rows: list[Report] = field(default_factory=list)
    is_changed: bool = False
    repeated: dict[UUID, Report] = field(default_factory=dict)
    dropped: int = 0

    def __post_init__(self) -> None:
        if self.conversion.decision_id:
            self.rows = list(self.conversion.reports.all())
        else:
            self.rows = _waiting(self.conversion)
            self.is_changed = bool(self.rows)

    def take(self, item: JudgedReport) -> Report | None:
        """The report's own row, or that of one that says the same; None where it is not kept."""
        is_late = self.conversion.closed_at is not None
        alike = _alike(self.rows, item, is_late=is_late)
        if alike:
            self.is_changed |= _repeat(alike, item)
            self.repeated[alike.id] = alike
            return alike
        if _is_full(self.rows, item.rank):
            self._drop(item)
            return None
        outcome = ReportOutcome.LATE if is_late else ReportOutcome.MERGED
        row = reports.store(item, outcome, self.conversion, _is_uncounted(item, self.shop))
        self.rows.append(row)
        self.is_changed = True
        return row

    def close(self, now: datetime) -> None:
        """Store what was counted, and decide the sale if anything says something new."""
        for row in self.repeated.values():
            row.save(update_fields=["repeats", "at", "received_at"])
        if self.dropped:
            self.conversion.dropped_reports += self.dropped
            self.conversion.save(update_fields=["dropped_reports", "first_seen_at"])
        if self.conversion.closed_at is None and self.is_changed:
            deciding_rows = [row for row in self.rows if row.outcome != ReportOutcome.LATE]
            _keep_journeys(self.conversion, deciding_rows)
            stamp = deciding.Stamp(now, Decision.Cause.REPORT)
            deciding.decide(self.conversion, deciding_rows, stamp)

    def _drop(self, item: JudgedReport) -> None:
        """It says at least when the order was there, if its amount is the sale's."""
        self.dropped += 1
        known = self.conversion.first_seen_at
        is_alike = _figures(item).amount_minor == self.conversion.amount_minor
        if (
            is_alike
            and self.conversion.closed_at is None
            and item.at < min(known or item.at, self.conversion.at)
        ):
            self.conversion.first_seen_at = item.at
            self.is_changed = True


def _is_uncounted(item: JudgedReport, shop: Advertiser) -> bool:
    sale = item.report.sale
    return sale is not None and is_uncounted(sale.channel, shop.uncounted_channels)


def _alike(rows: Iterable[Report], item: JudgedReport, *, is_late: bool) -> Report | None:
    said = reports.fingerprint(item)
    return next(
        (
            row
            for row in rows
            if row.fingerprint == said and (row.outcome == ReportOutcome.LATE) == is_late
        ),
        None,
    )


def _repeat(row: Report, item: JudgedReport) -> bool:
    """Count a report that says the same; whether it was received or dated earlier, as if it had
    come first."""
    row.repeats += 1
    before = row.at, row.received_at
    row.at = min(row.at, item.at)
    row.received_at = min(row.received_at, item.report.received_at)
    return before != (row.at, row.received_at)


def _is_full(rows: Iterable[Report], rank: Rank) -> bool:
    return sum(row.rank == rank for row in rows) >= MOST_KEPT[rank]


def _waiting(conversion: Conversion) -> list[Report]:
    """What the shop had confirmed of the order before any token came: it is this sale's now, and
    dated when the order was first heard of with its figures, which may have been since."""
    shop, order = conversion.advertiser_id, conversion.order
    rows = list(_without_sale(shop, order))
    figures = {row.id: reports.figures_of(row) for row in rows}
    known = seen.first_of(shop, order, set(figures.values())) if rows else {}
    for row in rows:
        row.conversion = conversion
        row.outcome = ReportOutcome.MERGED
        row.at = dated(row.at, known.get(figures[row.id]))
        row.save(update_fields=["conversion", "outcome", "at"])
    return rows


def _without_sale(advertiser: int, order: str) -> Iterable[Report]:
    return Report.objects.filter(
        advertiser=advertiser, order=order, conversion=None, outcome=ReportOutcome.WAITING
    )


def _without_token(
    advertiser: int,
    order: str,
    items: Sequence[JudgedReport],
    known: Mapping[SaleFigures, datetime],
) -> Outcomes:
    """Most orders of a shop: counted per hour, and remembered only so that a click that comes later
    is known to be later. What the shop itself confirms is kept for a token that may still come."""
    rows = list(_without_sale(advertiser, order))
    if not known and not rows:
        _count(min(items, key=lambda item: item.at))
    bare = [item for item in items if not item.rank.confirms]
    latest_first = sorted(bare, key=lambda item: item.at, reverse=True)
    times = {_figures(item): item.at for item in latest_first}
    if news := {each: at for each, at in times.items() if known.get(each) != at}:
        seen.remember(advertiser, order, news)
    confirming = [item for item in items if item.rank.confirms]
    return _wait(advertiser, rows, confirming) | {
        item.report.id: _keep(item, ReportOutcome.NO_TOKEN)
        if item.tokens
        else ReportOutcome.NO_TOKEN
        for item in bare
    }


def _wait(advertiser: int, rows: list[Report], confirming: Sequence[JudgedReport]) -> Outcomes:
    shop = Advertiser.objects.get(id=advertiser) if confirming else None
    outcomes: Outcomes = {}
    for item in confirming:
        alike = _alike(rows, item, is_late=False)
        outcomes[item.report.id] = ReportOutcome.WAITING
        if alike:
            _repeat(alike, item)
            alike.save(update_fields=["repeats", "at", "received_at"])
        elif _is_full(rows, item.rank):
            outcomes[item.report.id] = ReportOutcome.TOO_MANY
        else:
            uncounted = shop is not None and _is_uncounted(item, shop)
            rows.append(reports.store(item, ReportOutcome.WAITING, None, uncounted))
    return outcomes


def _count(item: JudgedReport) -> None:
    hour = item.at.replace(minute=0, second=0, microsecond=0)
    report = item.report
    key = {"advertiser_id": report.advertiser, "hour": hour, "source": report.source}
    UnattributedSales.objects.bulk_create([UnattributedSales(**key)], ignore_conflicts=True)
    UnattributedSales.objects.filter(**key).update(count=F("count") + 1)


def _keep(item: JudgedReport, outcome: ReportOutcome) -> ReportOutcome:
    """Store a report that is no evidence of a sale, with what became of it. Within an hour so many
    of an advertiser are kept; more are counted with the last one."""
    began = item.report.received_at.replace(minute=0, second=0, microsecond=0)
    alike = Report.objects.filter(
        advertiser=item.report.advertiser,
        outcome=outcome,
        conversion=None,
        received_at__gte=began,
        received_at__lt=began + HOUR,
    ).order_by("-received_at")
    is_keyed = Q(source=Report.Source.KEYED)
    alike = alike.filter(is_keyed if item.rank is Rank.KEYED else ~is_keyed)
    kept = list(alike.values_list("id", flat=True)[:MOST_INVALID])
    if len(kept) < MOST_INVALID:
        reports.store(item, outcome, None)
    else:
        last = Report.objects.filter(advertiser=item.report.advertiser, id=kept[0])
        last.update(repeats=F("repeats") + 1)
    return outcome


def _create(advertiser: Advertiser, items: Sequence[JudgedReport]) -> Conversion:
    """The order's conversion, created or, when a simultaneous report was first, found; locked."""
    first = min(items, key=lambda item: item.at)
    assert first.report.sale is not None
    sale: SaleFields = first.report.sale
    try:
        with transaction.atomic():
            conversion = Conversion.objects.create(
                advertiser=advertiser,
                order=sale.order,
                at=first.at,
                created_at=first.report.received_at,
                amount_minor=sale.figures.amount_minor,
                currency=sale.figures.currency,
            )
    except IntegrityError:
        earlier = locking.lock_by_order(advertiser.id, sale.order)
        if earlier is None:
            raise
        return earlier
    settling.has_none_yet(conversion)
    return conversion


def _keep_journeys(conversion: Conversion, rows: Iterable[Report]) -> None:
    """Remember the journeys of the reports, so that clicks that arrive late find the conversion."""
    found = {journey for row in rows for journey in reports.evidence_of(row).journeys}
    ConversionJourney.objects.bulk_create(
        [
            ConversionJourney(
                advertiser_id=conversion.advertiser_id, conversion=conversion, journey=journey
            )
            for journey in sorted(found)
        ],
        ignore_conflicts=True,
    )
