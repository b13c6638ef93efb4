"""Taking in what a shop's server reports: stored in PostgreSQL before it is acknowledged.

The reports do not go through the spool. They take the same locks as what the drain takes in, so
that an order that is reported by several ways at once is one sale.
"""

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from http import HTTPStatus

import msgspec
from django.db import transaction
from django.db.models import Q
from uuid_utils.compat import uuid7

from tracking.clicks.keys import KEYS
from tracking.conversions import journeys, locking, recording, reports
from tracking.conversions.reports import JudgedReport, SaleReport
from tracking.evidence.fields import Part, SaleFigures
from tracking.evidence.ranks import Rank
from tracking.models import Conversion, Report
from tracking.rule.reasons import ReportOutcome

AT_ONCE = 50
"""Reports of a transaction: others wait for its locks."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Taken:
    """What became of a report. ``held`` are the figures of its order that are believed."""

    judged: JudgedReport
    outcome: ReportOutcome
    status: HTTPStatus
    held: SaleFigures | None = None


def take(reported: Sequence[SaleReport], clock: Callable[[], datetime]) -> list[Taken]:
    """Record the reports of one advertiser, in their order; all is committed when it returns. Those
    of an order count as received when it is their turn: what was answered before stays first.
    Raises the database's errors: what was committed by then is recognised when it is sent again."""
    found: list[Taken] = []
    for start in range(0, len(reported), AT_ONCE):
        with transaction.atomic(durable=True):
            found += _take(reported[start : start + AT_ONCE], clock)
    return found


def _take(reported: Sequence[SaleReport], clock: Callable[[], datetime]) -> Iterator[Taken]:
    advertiser = reported[0].advertiser
    orders = {report.sale.order for report in reported if report.sale}
    judged = reports.judge(reported, KEYS)
    journeys.lock(recording.locks_of(judged))
    locking.lock_all(advertiser, Q(order__in=orders))
    now = clock()
    judged = [_received(item, now) for item in judged]
    known = _known(advertiser, orders)
    outcomes = recording.record_judged(judged, now)
    held = _held(advertiser, orders)
    for item in judged:
        outcome, sale = outcomes[item.report.id], item.report.sale
        figures = held.get(sale.order) if sale and not sale.test else None
        status = _status(item, outcome, figures, known)
        if status is HTTPStatus.CREATED and sale:
            known.add(sale.order)
        yield Taken(judged=item, outcome=outcome, status=status, held=figures)


def _received(item: JudgedReport, now: datetime) -> JudgedReport:
    """Where two have the same time, ids tell which was first."""
    return replace(item, report=replace(item.report, received_at=now, id=uuid7()))


def _status(
    item: JudgedReport, outcome: ReportOutcome, held: SaleFigures | None, known: set[str]
) -> HTTPStatus:
    sale = item.report.sale
    if sale is None:
        return HTTPStatus.UNPROCESSABLE_ENTITY
    if sale.test:
        return HTTPStatus.OK
    if outcome in (ReportOutcome.TOO_MANY, ReportOutcome.JOURNEYS_CONFLICT):
        return HTTPStatus.CONFLICT
    if held is not None and held != sale.figures:
        return HTTPStatus.CONFLICT
    return HTTPStatus.OK if sale.order in known else HTTPStatus.CREATED


def _known(advertiser: int, orders: Iterable[str]) -> set[str]:
    """Those of the orders that a report has made known before."""
    sales = Conversion.objects.filter(advertiser=advertiser, order__in=orders)
    waiting = _waiting(advertiser, orders)
    return {*sales.values_list("order", flat=True), *(row.order for row in waiting)}


def _held(advertiser: int, orders: Iterable[str]) -> dict[str, SaleFigures]:
    """The figures of each order that are believed: the sale's or, as long as there is none, those
    of the first report with a key."""
    waiting = [row for row in _waiting(advertiser, orders) if row.rank == Rank.KEYED]
    first = {row.order: msgspec.convert(row.figures, SaleFigures) for row in reversed(waiting)}
    sales = Conversion.objects.filter(advertiser=advertiser, order__in=orders)
    return first | {
        sale.order: SaleFigures(
            sale.amount_minor, sale.currency, tuple(Part(**part) for part in sale.parts)
        )
        for sale in sales
    }


def _waiting(advertiser: int, orders: Iterable[str]) -> list[Report]:
    rows = Report.objects.filter(
        advertiser=advertiser,
        order__in=orders,
        conversion=None,
        outcome=ReportOutcome.WAITING,
    )
    return list(rows.order_by("received_at", "id"))
