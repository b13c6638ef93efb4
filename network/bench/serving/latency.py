"""What a click takes while everything else runs."""

import os
import time
from collections.abc import Iterator
from dataclasses import dataclass

from network import clock
from network.bench.browsers import Clicks
from network.bench.click import ClicksLost, is_click
from network.bench.load import Plan
from network.bench.results import Result
from network.bench.sales import copies
from network.bench.serving import beside
from network.bench.serving.beside import Beside
from network.bench.serving.steady import SteadyLoad, SteadyRound, percentile
from network.bench.stage import stage
from network.models import Advertiser
from tracking.models import Click
from tracking.rule.slots import REPEAT_MS

PER_SECOND, SECONDS = 300, 60.0
SALES = 10_000
"""Of each of the shops whose sales are closed and asked about."""
TARGET_MS = 50.0
WARM_SECONDS = 2.0
SHARES = (50, 90, 99, 99.9)


@dataclass(frozen=True, slots=True)
class MeasuredLoad:
    """Clicks at a fixed rate, alone and with all else beside them; ``clicks`` were answered in all,
    ``recorded`` are in PostgreSQL. ``before`` and ``after``: the machine's load."""

    alone: SteadyRound
    together: SteadyRound
    beside: Beside
    clicks: int
    recorded: int
    before: float
    after: float


def measure(per_second: int, seconds: float, sales: int) -> MeasuredLoad:
    """Raises ClicksLost for a wrong answer, StageError, database errors and OSError."""
    with stage(2) as running:
        others = Beside(_shops(sales))
        clicks = Clicks(running.site)
        plan = Plan(clicks.requests(), is_click)
        time.sleep(REPEAT_MS / 1000)
        address, before = running.site.address, os.getloadavg()[0]
        rounds = [_ask(address, plan, per_second, WARM_SECONDS)]
        rounds.append(_ask(address, plan, per_second, seconds / 4))
        tokens = [clicks.token() for _ in range(round(beside.REPORTS_PER_SECOND * seconds))]
        with beside.everything(running, others, seconds + WARM_SECONDS, tokens):
            rounds.append(_ask(address, plan, per_second, WARM_SECONDS))
            rounds.append(_ask(address, plan, per_second, seconds))
            after = os.getloadavg()[0]
        if others.wrong:
            raise ClicksLost(" ".join(others.wrong))
        asked = clicks.made + sum(len(one.took) for one in rounds)
        running.drain()
        beside.count(others, running.site.advertiser)
        recorded = Click.objects.filter(advertiser=running.site.advertiser, reason="").count()
        return MeasuredLoad(rounds[1], rounds[3], others, asked, recorded, before, after)


def results(measured: MeasuredLoad) -> Iterator[Result]:
    p99 = 1000 * measured.together.percentile(99)
    yield Result("click, all else running: p99", round(p99, 1), "ms", TARGET_MS, p99 < TARGET_MS)
    for name, missing in (
        ("clicks not recorded, all else running", measured.clicks - measured.recorded),
        ("sales not recorded, all else running", measured.beside.missing),
    ):
        yield Result(name, missing, name.split()[0], 0, missing == 0)


def broken(measured: MeasuredLoad) -> str:
    """What was answered and is not in PostgreSQL."""
    others = measured.beside
    if measured.clicks != measured.recorded:
        return f"{measured.clicks:,} clicks were answered, {measured.recorded:,} were recorded."
    if others.missing:
        return f"{others.reports:,} sales were reported, {others.recorded:,} were recorded."
    return ""


def describe(measured: MeasuredLoad) -> Iterator[str]:
    """The figures behind the results, for people."""
    for name, one in (("alone", measured.alone), ("all else running", measured.together)):
        shares = ", ".join(f"p{share:g} {1000 * one.percentile(share):.1f}" for share in SHARES)
        sent = 1000 * percentile(one.sent_after, 99)
        yield (
            f"clicks {name}: {shares}, longest {1000 * max(one.took):.0f} ms from when each was "
            f"due; the load generator itself was late by p99 {sent:.1f} ms"
        )
    others = measured.beside
    yield (
        f"in these {others.seconds:.0f} s: {others.reports:,} sales reported, {others.closed:,} "
        f"closed ({others.left_open:,} left), {others.whatifs} what-ifs over "
        f"{others.replayed:,} sales, {others.pages:,} pages"
    )
    yield (
        f"{measured.clicks:,} clicks answered 302 with cookies, {measured.recorded:,} of them in "
        f"PostgreSQL; the machine's load was {measured.before:.1f} before and "
        f"{measured.after:.1f} at the end, on {os.cpu_count()} cores"
    )


def _shops(sales: int) -> list[Advertiser]:
    """One whose sales are due, one for what-ifs, and one that was copied from."""
    now = clock.now()
    shops = copies.found(3, now)
    copies.fill(shops, sales, now)
    return shops


def _ask(address: tuple[str, int], plan: Plan, per_second: int, seconds: float) -> SteadyRound:
    """Raises ClicksLost where an answer was wrong."""
    round_ = SteadyLoad(address).run(plan, per_second, seconds)
    if round_.wrong:
        raise ClicksLost(f"{round_.wrong} answers were wrong, the first:\n{round_.first_wrong!r}")
    return round_
