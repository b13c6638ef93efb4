"""Reports that are no evidence of a sale: kept, so that a shop sees what is wrong with its own."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID

from django.db import connection
from django.db.models import F

from tracking.conversions import reports
from tracking.conversions.reports import JudgedReport
from tracking.models import Report
from tracking.rule.reasons import ReportOutcome

MOST_INVALID = 200
"""Reports that are no evidence (invalid, of a test, or with click ids that credit nobody), kept of
an advertiser within an hour, of each kind and apart for those with its key: anybody can send the
others, and a shop sees what is wrong with its own from the first few."""
HOUR = timedelta(hours=1)
_KEPT = """
    SELECT outcome, source = 'keyed', date_trunc('hour', received_at, 'UTC') AS hour, count(*),
        max(received_at), (array_agg(id ORDER BY received_at DESC, id DESC))[1]
    FROM tracking_report
    WHERE advertiser_id = %s AND conversion_id IS NULL AND outcome = ANY(%s)
        AND received_at >= %s AND received_at < %s
    GROUP BY outcome, source = 'keyed', hour
"""
Kind = tuple[str, bool, datetime]
"""Of one outcome, with the shop's key or without, of one hour."""


@dataclass(slots=True)
class _Kept:
    """How many are kept of a kind; ``last`` was received last, and counts the others."""

    number: int
    received_at: datetime
    last: UUID
    more: int = 0


def rows_of(advertiser: int, items: Sequence[tuple[JudgedReport, ReportOutcome]]) -> list[Report]:
    """The reports that are kept of these, each with what became of it, not stored. Within an hour
    so many of a kind are kept; more are counted with the last one. One query, and a statement for
    each kind that is full."""
    if not items:
        return []
    kept, rows = _kept(advertiser, items), list[Report]()
    for item, outcome in items:
        kind, received_at, identifier = (
            _kind(item, outcome),
            item.report.received_at,
            item.report.id,
        )
        held = kept.setdefault(kind, _Kept(0, received_at, identifier))
        if held.number >= MOST_INVALID:
            held.more += 1
            continue
        held.number += 1
        rows.append(reports.row_of(item, outcome, reports.fingerprint(item)))
        if (received_at, identifier.int) >= (held.received_at, held.last.int):
            held.received_at, held.last = received_at, identifier
    _count(advertiser, kept.values(), {row.id: row for row in rows})
    return rows


def _kept(
    advertiser: int, items: Iterable[tuple[JudgedReport, ReportOutcome]]
) -> dict[Kind, _Kept]:
    kinds = {_kind(item, outcome) for item, outcome in items}
    outcomes, hours = {kind[0] for kind in kinds}, {kind[2] for kind in kinds}
    with connection.cursor() as cursor:
        cursor.execute(_KEPT, [advertiser, list(outcomes), min(hours), max(hours) + HOUR])
        return {
            (outcome, is_keyed, hour): _Kept(number, received_at, last)
            for outcome, is_keyed, hour, number, received_at, last in cursor.fetchall()
        }


def _kind(item: JudgedReport, outcome: ReportOutcome) -> Kind:
    hour = item.report.received_at.replace(minute=0, second=0, microsecond=0)
    return outcome.value, item.report.source == Report.Source.KEYED, hour


def _count(advertiser: int, kept: Iterable[_Kept], new: Mapping[UUID, Report]) -> None:
    """Count those that are not kept, in the order of ids: no two drains wait for each other."""
    for held in sorted(kept, key=lambda held: held.last.int):
        if held.last in new:
            new[held.last].repeats += held.more
        elif held.more:
            last = Report.objects.filter(advertiser=advertiser, id=held.last)
            last.update(repeats=F("repeats") + held.more)
