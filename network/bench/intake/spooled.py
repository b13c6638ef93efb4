"""Shoppers' journeys of clicks, and the reports of their orders, as a spool holds them."""

import tempfile
import time
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path
from random import Random

from django.db import connection

from network.bench.sales import copies
from network.bench.stage import throwaway_database
from network.demo.story.shoppers import Browser
from network.demo.story.stories import Follow
from network.models import Advertiser
from tracking.clicks import snapshot
from tracking.conversions.reports import SaleReport
from tracking.spool import intake
from tracking.spool.segments import SpoolWriter

HOST = "bench"
JOURNEY = timedelta(days=20)
MOST_CLICKS = 10


@dataclass(slots=True)
class Bought:
    """What one shopper's browser does: its clicks, then an order, which the shop's server
    confirms."""

    clicks: list[intake.Record]
    report: SaleReport
    confirmed: SaleReport


@contextmanager
def shop(now: datetime) -> Iterator[Advertiser]:
    """A shop with three partners, in a database of its own."""
    with throwaway_database():
        intake.register(HOST, now)
        [founded] = copies.found(1, now)
        yield founded


def journeys(founded: Advertiser, number: int, now: datetime) -> list[Bought]:
    """So many journeys of 1 to 10 clicks over the last days, all of which end with an order, one
    after another."""
    known = snapshot.build().advertisers[founded.pk]
    publishers = list(
        founded.partnerships.order_by("publisher").values_list("publisher", flat=True)
    )
    random = Random(1)  # noqa: S311 - a story, no secret
    found = []
    for one in range(number):
        browser = Browser(one, known)
        first = now - JOURNEY - timedelta(hours=1) + timedelta(milliseconds=one)
        seconds = (random.uniform(0, JOURNEY.total_seconds()) for _ in range(1 + one % MOST_CLICKS))
        clicks = [
            browser.follow(Follow(random.choice(publishers)), first + timedelta(seconds=each))
            for each in sorted(seconds)
        ]
        at = first + JOURNEY + timedelta(minutes=5)
        report = browser.buy(f"order-{one}", "tag", at, voucher=False, comma=False)
        confirmed = browser.confirm("keyed", at + timedelta(minutes=1))
        assert confirmed is not None
        found.append(Bought(clicks, report, confirmed))
    return found


def taken_in(records: Iterable[intake.Record], now: datetime) -> float:
    """Take these in by a drain of a spool of their own; the seconds that took."""
    with tempfile.TemporaryDirectory(prefix="softclick-bench-") as folder:
        writer = SpoolWriter(Path(folder))
        for record in records:
            writer.append(record)
        writer.close()
        return timed(lambda: intake.drain(Path(folder), HOST, now))


def reported(reports: Iterable[SaleReport]) -> list[intake.Record]:
    """These reports as a spool holds them."""
    return [intake.report_record(report) for report in reports]


def settle() -> None:
    """Let PostgreSQL tidy up behind what was written, so that it does not do so meanwhile."""
    with connection.cursor() as cursor:
        cursor.execute("VACUUM ANALYZE")


def timed(work: Callable[[], object]) -> float:
    started = time.perf_counter()
    work()
    return time.perf_counter() - started
