"""How fast a database is filled, and whether what is in it keeps every promise."""

import sys
import time
from collections.abc import Iterator
from dataclasses import dataclass

from django.db import connection

from network import clock
from network.bench.results import Result
from network.bench.seeding.multiply import Multiplied
from network.bench.stage import throwaway_database
from publishers.ledger import sums
from tracking.verify.checks import Broken, verify

CLICKS = 1_000_000
TARGET_PER_SECOND = 10_000
VERIFIED_UP_TO = 50_000
"""Clicks; ``verify`` decides every sale again, which takes hours for millions."""


class NotConsistent(Exception):
    """What was filled in breaks a promise."""


@dataclass(frozen=True, slots=True)
class MeasuredFilling:
    """Rows, with all that belongs to them, in ``seconds``; ``verified`` where they were checked."""

    clicks: int
    sales: int
    seconds: float
    verified: bool

    @property
    def per_second(self) -> float:
        return self.clicks / self.seconds


def measure(clicks: int = CLICKS) -> MeasuredFilling:
    """Raises NotConsistent, and database errors."""
    with throwaway_database():
        filled = Multiplied(clock.now(), tell)
        started = time.perf_counter()
        filled.grow(clicks)
        tidy()
        seconds = time.perf_counter() - started
        is_checked = filled.clicks <= VERIFIED_UP_TO
        if is_checked:
            _check()
        return MeasuredFilling(filled.clicks, filled.sales, seconds, is_checked)


def results(measured: MeasuredFilling) -> Iterator[Result]:
    rate = measured.per_second
    yield Result("seeding", round(rate), "clicks/s", TARGET_PER_SECOND, rate >= TARGET_PER_SECOND)


def describe(measured: MeasuredFilling) -> Iterator[str]:
    checked = "verify found nothing broken" if measured.verified else "too many to verify"
    yield (
        f"{measured.clicks:,} clicks and {measured.sales:,} sales with all that belongs to them "
        f"in {measured.seconds:.0f} s; {checked}"
    )


def tell(said: str) -> None:
    """Progress, for the person at the terminal."""
    sys.stderr.write(f"bench: {said}\n")


def tidy() -> None:
    """As autovacuum and tasks would by and by: the planner knows what there is, and pages that are
    whole; accounts are summed up."""
    sums.sum_up()
    with connection.cursor() as cursor:
        cursor.execute("VACUUM ANALYZE")


def _check() -> None:
    for finding in verify():
        if isinstance(finding, Broken):
            raise NotConsistent(str(finding))
