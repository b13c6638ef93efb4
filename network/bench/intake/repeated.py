"""What a report costs of an order that is reported again and again."""

import time
from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from uuid_utils.compat import uuid7

from network import clock
from network.bench.intake import spooled
from network.bench.results import Result
from tracking.conversions.reports import SaleReport
from tracking.models import Conversion, Report

REPORTS = 10_000
A_FEW = 1_000
TARGET = 1.25


class ReportsLost(Exception):
    """Reports of an order that are neither kept nor counted."""


@dataclass(frozen=True, slots=True)
class MeasuredRepeats:
    """CPU seconds of the drain for :data:`A_FEW` reports of one order, and for ``reports`` of
    another."""

    reports: int
    few: float
    many: float

    @property
    def ratio(self) -> float:
        """What each of many costs next to each of a few."""
        return (self.many / self.reports) / (self.few / A_FEW)


def measure(reports: int = REPORTS) -> MeasuredRepeats:
    """Report one order so often, every other time with an amount of its own. Raises ReportsLost,
    and database errors."""
    now = clock.now()
    with spooled.shop(now) as shop:
        warm, few, many = spooled.journeys(shop, 3, now)
        clicks = [click for journey in (warm, few, many) for click in journey.clicks]
        spooled.taken_in(clicks, now)
        _take_in(warm.report, A_FEW, now)
        return MeasuredRepeats(
            reports, _take_in(few.report, A_FEW, now), _take_in(many.report, reports, now)
        )


def results(measured: MeasuredRepeats) -> Iterator[Result]:
    value = measured.ratio
    name = "one order reported again and again"
    yield Result(name, round(value, 2), "of a few", TARGET, value <= TARGET)


def describe(measured: MeasuredRepeats) -> Iterator[str]:
    """The figures behind the results, for people."""
    yield (
        f"{1000 * measured.few / A_FEW:.3f} ms of the drain's CPU for each of {A_FEW:,} reports of "
        f"an order, {1000 * measured.many / measured.reports:.3f} ms for each of "
        f"{measured.reports:,}"
    )


def _take_in(report: SaleReport, number: int, now: datetime) -> float:
    """Take in so many reports of its order; the CPU seconds that took."""
    records = spooled.reported(_again(report, index) for index in range(number))
    started = time.process_time()
    spooled.taken_in(records, now)
    spent = time.process_time() - started
    sale = Conversion.objects.get(advertiser=report.advertiser, order=report.order)
    kept = Report.objects.filter(advertiser=report.advertiser, conversion=sale)
    counted = sum(1 + row.repeats for row in kept) + sale.dropped_reports
    if counted != number:
        raise ReportsLost(f"{number:,} reports of an order were sent, {counted:,} are counted.")
    return spent


def _again(report: SaleReport, index: int) -> SaleReport:
    sale = report.sale
    assert sale is not None
    if index % 2:
        figures = replace(sale.figures, amount_minor=sale.figures.amount_minor + index)
        sale = replace(sale, figures=figures)
    at = report.received_at + timedelta(milliseconds=index)
    return replace(report, id=uuid7(), sale=sale, received_at=at, at=at)
