"""What a web worker's memory comes to over many requests."""

import sys
import time
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import pairwise

from network.bench.browsers import Clicks
from network.bench.click import ClicksLost, is_click
from network.bench.load import Load, Plan
from network.bench.results import Result
from network.bench.stage import Stage, StageError, stage
from network.local.bootstrap import ROOT
from tracking.models import Click
from tracking.rule.slots import REPEAT_MS

REQUESTS = 1_000_000
POINTS = 10
BROWSERS = 10
"""Batches of new and returning browsers that ask in turn until the next point."""
CONNECTIONS = 16
AT_ONCE_SECONDS = 0.5
MEGABYTE = 1_000_000
TARGET_MB, TARGET_GROWTH = 150.0, 5.0


@dataclass(frozen=True, slots=True)
class MemoryPoint:
    """RSS of the largest worker, in bytes, after so many requests."""

    requests: int
    rss: int


@dataclass(frozen=True, slots=True)
class MeasuredMemory:
    """The first point is before all requests; ``clicks`` were answered, ``recorded`` are in
    PostgreSQL."""

    points: list[MemoryPoint]
    clicks: int
    recorded: int

    @property
    def most_mb(self) -> float:
        return max(point.rss for point in self.points) / MEGABYTE

    @property
    def growth(self) -> float:
        """MB for a million requests, by least squares, once the first tenth has filled what is
        kept."""
        later = self.points[1:]
        mean_x = sum(point.requests for point in later) / len(later)
        mean_y = sum(point.rss for point in later) / len(later)
        above = sum((one.requests - mean_x) * (one.rss - mean_y) for one in later)
        below = sum((one.requests - mean_x) ** 2 for one in later)
        return 1e6 * above / below / MEGABYTE


def measure(requests: int = REQUESTS) -> MeasuredMemory:
    """Ask one worker for so many clicks, while a drain takes them in. Raises ClicksLost,
    StageError, database errors and OSError."""
    with stage(1) as running:
        running.start("drain", (sys.executable, str(ROOT / "manage.py"), "drain"))
        clicks = Clicks(running.site)
        load = Load(running.site.address, CONNECTIONS)
        points, answered = [MemoryPoint(0, _rss(running))], 0
        try:
            for number in range(1, POINTS + 1):
                plan = Plan([one for _ in range(BROWSERS) for one in clicks.requests()], is_click)
                time.sleep(REPEAT_MS / 1000)
                answered += _ask(load, plan, requests * number // POINTS - answered)
                points.append(MemoryPoint(answered, _rss(running)))
        finally:
            load.close()
        running.supervisor.stop("drain")
        running.drain()
        recorded = Click.objects.filter(advertiser=running.site.advertiser, reason="").count()
        return MeasuredMemory(points, answered + clicks.made, recorded)


def results(measured: MeasuredMemory) -> Iterator[Result]:
    most, growth = measured.most_mb, measured.growth
    yield Result("web worker, memory", round(most, 1), "MB", TARGET_MB, most < TARGET_MB)
    yield Result(
        "web worker, growth",
        round(growth, 2),
        "MB for a million requests",
        TARGET_GROWTH,
        growth < TARGET_GROWTH,
    )
    missing = measured.clicks - measured.recorded
    yield Result("clicks not recorded, many requests", missing, "clicks", 0, missing == 0)


def broken(measured: MeasuredMemory) -> str:
    """What was answered and is not in PostgreSQL."""
    if measured.clicks == measured.recorded:
        return ""
    return f"{measured.clicks:,} clicks were answered, {measured.recorded:,} were recorded."


def describe(measured: MeasuredMemory) -> Iterator[str]:
    """The figures behind the results, for people."""
    for point in measured.points:
        yield f"after {point.requests:,} clicks: {point.rss / MEGABYTE:.1f} MB"
    steps = [(after.rss - before.rss) / MEGABYTE for before, after in pairwise(measured.points)]
    yield f"from one point to the next: {', '.join(f'{step:+.2f}' for step in steps)} MB"
    yield f"{measured.clicks:,} clicks answered, {measured.recorded:,} of them in PostgreSQL"


def _ask(load: Load, plan: Plan, requests: int) -> int:
    """Ask so often at least, and at least once; how often it was."""
    answered = 0
    while not answered or answered < requests:
        round_ = load.run(plan, AT_ONCE_SECONDS)
        if round_.wrong:
            raise ClicksLost(f"{round_.wrong} answers were wrong: {round_.first_wrong!r}")
        answered += round_.answers
    return answered


def _rss(running: Stage) -> int:
    try:
        import psutil
    except ImportError as error:
        raise StageError("psutil is not installed; it reads the memory of a process.") from error
    workers = psutil.Process(running.server).children(recursive=True)
    return max(int(worker.memory_info().rss) for worker in workers)
