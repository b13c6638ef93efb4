"""Clicks of several trackers in alternating rounds, counted where each records them."""

import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from statistics import median

from network.bench.load import Load, Plan, Round
from network.bench.results import Result

CONNECTIONS = 16
WARM_SECONDS = 1.0
COUNTED_WITHIN_SECONDS = 300.0
TARGET = 6.0


class NotComparable(Exception):
    """A tracker could not be installed, did not start, or answered wrongly; says what to do."""


@dataclass(frozen=True, slots=True)
class Tracker:
    """One that runs. ``plan`` has its requests, ``recorded`` counts the clicks in its own database;
    ``durable`` says what of a click that was answered survives what."""

    name: str
    durable: str
    address: tuple[str, int]
    plan: Plan
    recorded: Callable[[], int]


@dataclass(slots=True)
class TrackerRounds:
    """What came of it: seconds of each round until all its clicks were answered, and until all of
    them were in the database."""

    tracker: Tracker
    answers: list[int] = field(default_factory=list)
    answered_in: list[float] = field(default_factory=list)
    recorded_in: list[float] = field(default_factory=list)
    missing: int = 0

    @property
    def answered_per_second(self) -> float:
        return median(map(_per_second, self.answers, self.answered_in))

    @property
    def recorded_per_second(self) -> float:
        return median(map(_per_second, self.answers, self.recorded_in))


def measure(trackers: Sequence[Tracker], rounds: int, seconds: float) -> list[TrackerRounds]:
    """So many rounds of each, forth and back in turn: what else the machine does falls on all. Each
    round ends when its clicks are recorded, so that none works in another's. Raises NotComparable
    and OSError."""
    measured = [TrackerRounds(tracker) for tracker in trackers]
    for one in measured:
        _round(TrackerRounds(one.tracker), WARM_SECONDS)
    for number in range(rounds):
        for one in measured if number % 2 == 0 else reversed(measured):
            _round(one, seconds)
    return measured


def results(measured: Sequence[TrackerRounds]) -> Iterator[Result]:
    """The first is ours."""
    ours, *others = measured
    for other in others:
        ratio = ours.answered_per_second / other.answered_per_second
        name = f"recorded clicks next to {other.tracker.name}"
        yield Result(name, round(ratio, 2), "times as many", TARGET, ratio >= TARGET)
    for one in measured:
        name = f"{one.tracker.name}: clicks not recorded"
        yield Result(name, one.missing, "clicks", 0, one.missing == 0)


def table(measured: Sequence[TrackerRounds]) -> Iterator[str]:
    yield f"{'tracker':<32} {'answered/s':>10} {'recorded/s':>10} {'clicks':>9} {'missing':>7}"
    for one in measured:
        yield (
            f"{one.tracker.name:<32} {one.answered_per_second:>10,.0f} "
            f"{one.recorded_per_second:>10,.0f} {sum(one.answers):>9,} {one.missing:>7,}"
        )
    yield "recorded/s: until the last click of a round is in the database; medians of the rounds."
    for one in measured:
        yield f"{one.tracker.name}: {one.tracker.durable}"


def _round(one: TrackerRounds, seconds: float) -> None:
    tracker = one.tracker
    before = tracker.recorded()
    load = Load(tracker.address, CONNECTIONS)
    started = time.perf_counter()
    try:
        answered = load.run(tracker.plan, seconds)
    finally:
        load.close()
    if answered.wrong:
        raise NotComparable(
            f"{tracker.name} answered {answered.wrong} requests wrongly, the first:\n"
            f"{answered.first_wrong[:500]!r}"
        )
    missing = _await(tracker, before, answered)
    one.recorded_in.append(time.perf_counter() - started)
    one.answered_in.append(answered.seconds)
    one.answers.append(answered.answers)
    one.missing += missing


def _await(tracker: Tracker, before: int, answered: Round) -> int:
    """Wait until its clicks are recorded; how many are still missing when that does not go on."""
    until, last = time.monotonic() + COUNTED_WITHIN_SECONDS, -1
    while (found := tracker.recorded() - before) < answered.answers:
        if time.monotonic() > until:
            break
        if found > last:
            until, last = time.monotonic() + 10.0, found
        time.sleep(0.05)
    return answered.answers - found


def _per_second(answers: int, seconds: float) -> float:
    return answers / seconds
