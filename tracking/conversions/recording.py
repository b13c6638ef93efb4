"""Recording reports of sales: each once, those of one advertiser together, and then decided."""

from collections import Counter, defaultdict
from collections.abc import Collection, Iterable, Mapping
from datetime import datetime
from uuid import UUID

from django.db import connection, transaction
from django.db.models import Q

from network.models import Advertiser
from tracking.conversions import apart, files, journeys, locking, reports, seen
from tracking.conversions.deciding import Case, Stamp, cases_of, decide_all
from tracking.conversions.files import File
from tracking.conversions.reports import JudgedReport
from tracking.conversions.reports import SaleReport as SaleReport
from tracking.distribution import sets
from tracking.models import Conversion, Decision, Report
from tracking.rollups import writing as rollups
from tracking.rule.reasons import ReportOutcome
from tracking.rule.tokens import Keys

Outcomes = dict[UUID, ReportOutcome]
"""What became of reports, by their ids."""
NOTHING: Mapping[int, Collection[int]] = {}
_JOIN = """
    INSERT INTO tracking_conversionjourney (advertiser_id, conversion_id, journey)
    SELECT %s, * FROM unnest(%s::bigint[], %s::bigint[]) ON CONFLICT DO NOTHING
"""
_COUNT = """
    INSERT INTO tracking_unattributedsales (advertiser_id, hour, source, count)
    SELECT %s, * FROM unnest(%s::timestamptz[], %s::text[], %s::bigint[])
    ON CONFLICT (advertiser_id, hour, source) DO UPDATE
        SET count = tracking_unattributedsales.count + excluded.count
"""


def record(report: SaleReport, keys: Keys, now: datetime) -> ReportOutcome:
    """Record a report, once: the same report again changes nothing.

    The order's reports are joined, its journey is found, and the decision and the pending
    commission follow, in one transaction.
    """
    with transaction.atomic():
        judged = reports.judge([report], keys)
        journeys.lock(locks_of(judged))
        if report.sale:
            locking.lock_all(report.advertiser, Q(order=report.sale.order))
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


def record_judged(
    judged: Iterable[JudgedReport],
    now: datetime,
    clicked: Mapping[int, Collection[int]] = NOTHING,
) -> Outcomes:
    """Record reports, in their order, in the caller's transaction, which holds their locks and
    those of the conversions of their orders. However many there are of an order, it is decided
    once. Decide as well, again, the conversions that were ``clicked``: those by advertiser, also
    locked, to whose journeys clicks were added. Of each advertiser as many statements, however
    many reports and conversions there are."""
    of_each: dict[int, dict[UUID, JudgedReport]] = defaultdict(dict)
    for item in judged:
        of_each[item.report.advertiser][item.report.id] = item
    outcomes: Outcomes = {}
    for advertiser in sorted(of_each.keys() | clicked.keys()):
        batch = _Batch(Advertiser.objects.get(id=advertiser), now)
        batch.take(of_each[advertiser])
        batch.store(clicked.get(advertiser, ()))
        outcomes |= batch.outcomes
    return outcomes


class _Batch:
    """Reports of one advertiser that are recorded together."""

    def __init__(self, shop: Advertiser, now: datetime) -> None:
        self._shop, self._now = shop, now
        self._files: list[File] = []
        self._apart: list[tuple[JudgedReport, ReportOutcome]] = []
        self._became: dict[UUID, Report | ReportOutcome] = {}

    @property
    def outcomes(self) -> Outcomes:
        return {
            identifier: ReportOutcome(became.outcome) if isinstance(became, Report) else became
            for identifier, became in self._became.items()
        }

    def take(self, items: Mapping[UUID, JudgedReport]) -> None:
        """Take them in, in memory, but for those that were recorded before."""
        self._became |= _known(self._shop.pk, items)
        fresh = [item for identifier, item in items.items() if identifier not in self._became]
        opened = files.opened(self._shop, [item for item in fresh if _is_of_a_sale(item)])
        self._files = list(opened.values())
        for item in fresh:
            sale = item.report.sale
            if sale is None or sale.test:
                outcome = ReportOutcome.TEST if sale else ReportOutcome.INVALID
                self._put_apart(item, outcome)
            else:
                self._file(opened[sale.order], item)

    def _put_apart(self, item: JudgedReport, outcome: ReportOutcome) -> None:
        self._became[item.report.id] = outcome
        self._apart.append((item, outcome))

    def _file(self, file: File, item: JudgedReport) -> None:
        item = file.dated(item)
        became = self._became[item.report.id] = file.take(item)
        if became is ReportOutcome.NO_TOKEN and item.tokens:
            self._put_apart(item, ReportOutcome.NO_TOKEN)
        elif became is ReportOutcome.INVALID:
            self._put_apart(reports.crowded_out(item), ReportOutcome.INVALID)

    def store(self, clicked: Collection[int]) -> None:
        """Store them, and decide the sales of which they say something new, and the open ones of
        these, whose journeys got clicks."""
        self._store_files()
        followed = rollups.Followed()
        said_new = [file for file in self._files if file.is_to_decide]
        cases = [Case(file.sale, file.deciding) for file in said_new]
        decide_all(cases, Stamp(self._now, Decision.Cause.REPORT), followed)
        others = _open(self._shop.pk, set(clicked).difference(case.conversion.pk for case in cases))
        again = cases_of(self._shop, others) if others else []
        decide_all(again, Stamp(self._now, Decision.Cause.CLICK), followed)
        new = [row for file in self._files for row in file.rows if row._state.adding]
        sets.insert([*new, *apart.rows_of(self._shop.pk, self._apart)])
        followed.add()

    def _store_files(self) -> None:
        """What the files hold, but for new sales and reports: the decisions say of what kind."""
        advertiser = self._shop.pk
        new = [file for file in self._files if file.is_new]
        sets.give_keys([file.sale for file in new])
        for file in new:
            for row in file.rows:
                row.conversion = file.sale
        joined = [(file.sale.pk, journey) for file in self._files for journey in file.journeys]
        _join(advertiser, joined)
        touched = [row for file in self._files for row in file.touched.values()]
        sets.update(touched, ["conversion", "outcome", "repeats", "at", "received_at"])
        dropping = [file.sale for file in self._files if file.has_dropped and not file.is_new]
        sets.update(dropping, ["dropped_reports", "is_crowded", "first_seen_at"])
        seen.remember(
            advertiser,
            {(file.order, said): file.heard[said] for file in self._files for said in file.news},
        )
        _count(advertiser, [item for file in self._files for item in file.counted])


def _is_of_a_sale(item: JudgedReport) -> bool:
    return item.report.sale is not None and not item.report.sale.test


def _known(advertiser: int, identifiers: Iterable[UUID]) -> Outcomes:
    """Reports that were recorded before."""
    rows = Report.objects.filter(advertiser=advertiser, id__in=list(identifiers))
    return {
        identifier: ReportOutcome(outcome)
        for identifier, outcome in rows.values_list("id", "outcome")
    }


def _open(advertiser: int, identifiers: Collection[int]) -> list[Conversion]:
    """Those of these conversions that are not closed."""
    if not identifiers:
        return []
    rows = Conversion.objects.filter(
        advertiser=advertiser, pk__in=sorted(identifiers), closed_at=None
    )
    return list(rows.select_related("decision", "commission").order_by("pk"))


def _join(advertiser: int, joined: Iterable[tuple[int, int]]) -> None:
    """Remember the journeys of sales, so that clicks that arrive late find them."""
    if rows := sorted(joined):
        with connection.cursor() as cursor:
            cursor.execute(_JOIN, [advertiser, *map(list, zip(*rows, strict=True))])


def _count(advertiser: int, items: Iterable[JudgedReport]) -> None:
    """Count sales that are nobody's, in one order, so that no two drains wait for each other."""
    numbers = Counter(
        (item.at.replace(minute=0, second=0, microsecond=0), item.report.source) for item in items
    )
    if numbers:
        rows = [(*kind, number) for kind, number in sorted(numbers.items())]
        with connection.cursor() as cursor:
            cursor.execute(_COUNT, [advertiser, *map(list, zip(*rows, strict=True))])
