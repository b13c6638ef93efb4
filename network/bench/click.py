"""The speed of a recorded click, next to a view that does nothing."""

import time
from collections.abc import Iterator
from dataclasses import dataclass
from statistics import median

from network.bench.browsers import Clicks, bare_requests
from network.bench.load import Load, Plan, Round
from network.bench.results import Result
from network.bench.stage import Stage, stage
from tracking.models import Click
from tracking.rule.slots import REPEAT_MS

TARGET, TARGET_WORST = 0.7, 0.6
ROUND_SECONDS = 0.5
CONNECTIONS = 16


class ClicksLost(Exception):
    """Clicks were answered wrongly, or did not arrive in PostgreSQL exactly once."""


@dataclass(frozen=True, slots=True)
class MeasuredClicks:
    """Rounds of the bare view and of the click, each next to its other; ``clicks`` were answered,
    ``recorded`` are in PostgreSQL after a drain of ``drain_seconds``."""

    pairs: list[tuple[Round, Round]]
    clicks: int
    recorded: int
    drain_seconds: float

    @property
    def ratios(self) -> list[float]:
        return [click.per_second / bare.per_second for bare, click in self.pairs]

    @property
    def asking(self) -> float:
        """The part of one core that the load generator takes."""
        rounds = [one for pair in self.pairs for one in pair]
        return sum(one.asking_seconds for one in rounds) / sum(one.seconds for one in rounds)

    def answering_us(self, index: int) -> float:
        """Microseconds of the server's CPU time for an answer; 0 where that is not known."""
        rounds = [pair[index] for pair in self.pairs]
        answers = sum(one.answers for one in rounds)
        return 1e6 * sum(one.answering_seconds for one in rounds) / answers


def measure(seconds: float, workers: int) -> MeasuredClicks:
    """Ask for the bare view and for clicks in turn, each for ``seconds`` in all. Raises ClicksLost,
    StageError, OSError."""
    with stage(workers) as running:
        clicks = Clicks(running.site)
        plans = (
            Plan(bare_requests(), is_ok),
            Plan(clicks.requests(), is_click),
        )
        time.sleep(REPEAT_MS / 1000)
        load = Load(running.site.address, CONNECTIONS)
        try:
            warm = _pair(running, load, plans, 0)
            rounds = range(round(seconds / ROUND_SECONDS))
            pairs = [_pair(running, load, plans, number) for number in rounds]
        finally:
            load.close()
        asked = clicks.made + sum(click.answers for _, click in [warm, *pairs])
        return _recorded(running, pairs, asked)


def results(measured: MeasuredClicks) -> Iterator[Result]:
    for name, ratio, target in (
        ("click", median(measured.ratios), TARGET),
        ("click, the worst round", min(measured.ratios), TARGET_WORST),
    ):
        yield Result(name, round(ratio, 3), "of a bare view", target, ratio >= target)
    missing = measured.clicks - measured.recorded
    yield Result("clicks not recorded", missing, "clicks", 0, missing == 0)


def describe(measured: MeasuredClicks) -> Iterator[str]:
    """The figures behind the result, for people."""
    ratios = sorted(measured.ratios)
    yield f"{len(ratios)} rounds of each, ratios {ratios[0]:.2f} to {ratios[-1]:.2f}"
    for name, index in (("bare view", 0), ("click", 1)):
        speed = median(pair[index].per_second for pair in measured.pairs)
        cpu = measured.answering_us(index)
        yield f"{name}: {speed:,.0f} requests/s, {cpu:.0f} µs of the server's CPU time each"
    yield f"asking took {measured.asking:.0%} of one core"
    yield (
        f"{measured.clicks:,} clicks answered 302 with cookies, {measured.recorded:,} of them in "
        f"PostgreSQL after the drain ({measured.recorded / measured.drain_seconds:,.0f} rows/s)"
    )


def is_ok(answer: bytes) -> bool:
    head, _, body = answer.partition(b"\r\n\r\n")
    return head.startswith(b"HTTP/1.1 200 ") and b"ok" in body


def is_click(answer: bytes) -> bool:
    """A redirect to the shop with a token, that writes the last token and the session."""
    return (
        answer.startswith(b"HTTP/1.1 302 ")
        and b"location: https://www.shop.example/" in answer
        and b"sclk=" in answer
        and b"scl-" in answer
        and b"scn-" in answer
    )


def _pair(running: Stage, load: Load, plans: tuple[Plan, Plan], number: int) -> tuple[Round, Round]:
    """A round of each, one after the other: what else the machine does falls on both. Every second
    time the click comes first: neither always follows the other's last writes."""
    if number % 2:
        click, bare = (_round(running, load, plan) for plan in reversed(plans))
    else:
        bare, click = (_round(running, load, plan) for plan in plans)
    return bare, click


def _round(running: Stage, load: Load, plan: Plan) -> Round:
    before = running.cpu_seconds()
    result = load.run(plan, ROUND_SECONDS)
    result.answering_seconds = running.cpu_seconds() - before
    if result.wrong:
        raise ClicksLost(f"{result.wrong} answers were wrong, the first:\n{result.first_wrong!r}")
    return result


def _recorded(running: Stage, pairs: list[tuple[Round, Round]], asked: int) -> MeasuredClicks:
    seconds = running.drain()
    return MeasuredClicks(pairs, asked, Click.objects.filter(reason="").count(), seconds)
