"""The speed at which due sales become final, next to the same in SQL alone."""

import resource
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import datetime

from django.db import connection

from network import clock
from network.bench.forks import end_of, fork
from network.bench.results import Result
from network.bench.sales import as_sets, copies
from network.bench.stage import throwaway_database
from tracking.lifecycle.finalisation import finalise_due
from tracking.models import Conversion

SALES = 10_000
TARGET, TARGET_PER_SECOND, TARGET_OF_TWO = 0.2, 500, 1.6


class NotClosed(Exception):
    """Sales that were due are open still, or a worker died."""


@dataclass(frozen=True, slots=True)
class MeasuredClosing:
    """Seconds for so many ``sales`` each: by one worker, by two, and in SQL; ``statements`` are
    those of the one worker. ``processor_of_one`` and ``processor_of_two`` are what Python had of
    the processor, in seconds: other work on the machine does not change them."""

    sales: int
    one: float
    two: float
    sql: float
    statements: int
    processor_of_one: float
    processor_of_two: float

    @property
    def per_second(self) -> float:
        return self.sales / self.one


def measure(sales: int = SALES) -> MeasuredClosing:
    """Close as many sales in each of three shops. Raises NotClosed, and database errors."""
    with throwaway_database():
        now = clock.now()
        shops = copies.found(3, now)
        copies.fill(shops, sales, now)
        alone, together, in_sql = (shop.pk for shop in shops)
        counted = _Statements()
        sql = _timed(lambda: as_sets.close(in_sql, now))
        before = _processor()
        with connection.execute_wrapper(counted):
            one = _timed(lambda: finalise_due(now, [alone]))
        between = _processor()
        two = _timed(lambda: _by_two(together, now))
        after = _processor()
        left = Conversion.objects.filter(closed_at=None).count()
        if left:
            raise NotClosed(f"{left:,} of {3 * sales:,} due sales were not closed.")
        of_each = between - before, after - between
        return MeasuredClosing(sales, one, two, sql, counted.number, *of_each)


def results(measured: MeasuredClosing) -> Iterator[Result]:
    for name, value, unit, target in (
        ("finalising", measured.sql / measured.one, "of SQL alone", TARGET),
        ("finalising, one worker", measured.per_second, "sales/s", TARGET_PER_SECOND),
        ("finalising, two workers", measured.one / measured.two, "of one worker", TARGET_OF_TWO),
    ):
        yield Result(name, round(value, 3), unit, target, value >= target)


def describe(measured: MeasuredClosing) -> Iterator[str]:
    """The figures behind the results, for people."""
    each = 1000 * measured.one / measured.sales
    yield (
        f"{measured.sales:,} sales due: {each:.2f} ms and "
        f"{measured.statements / measured.sales:.2f} statements for a sale; SQL alone "
        f"{measured.sales / measured.sql:,.0f} sales/s, two workers "
        f"{measured.sales / measured.two:,.0f} sales/s"
    )
    of_one = 1000 * measured.processor_of_one / measured.sales
    of_two = 1000 * measured.processor_of_two / measured.sales
    yield f"Python's processor time for a sale: {of_one:.3f} ms by one, {of_two:.3f} ms by two"


class _Statements:
    """Counts statements."""

    def __init__(self) -> None:
        self.number = 0

    def __call__(self, execute: Callable[..., object], *args: object) -> object:
        self.number += 1
        return execute(*args)


def _timed(work: Callable[[], object]) -> float:
    started = time.perf_counter()
    work()
    return time.perf_counter() - started


def _processor() -> float:
    """Seconds of the processor that this process and those that it has awaited have had."""
    used = [resource.getrusage(who) for who in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN)]
    return sum(each.ru_utime + each.ru_stime for each in used)


def _by_two(advertiser: int, now: datetime) -> None:
    """Raises NotClosed where one of them fails."""
    workers = [fork(lambda: finalise_due(now, [advertiser])) for _ in range(2)]
    ended = [end_of(worker) for worker in workers]
    if any(ended):
        raise NotClosed("A worker failed.")
