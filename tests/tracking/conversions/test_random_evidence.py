"""Sales that nobody thought of, lived by the product and played by the simulator."""

import os
import random
from collections.abc import Sequence
from dataclasses import replace

import pytest

from tests.support.evidence import world_of
from tests.tracking.conversions.test_scenarios import outcome_of_both
from tracking.evidence.ranks import Rank
from tracking.rule.attribution import CookieType, SoftRule
from tracking.simulator.scenario import (
    ClickStep,
    JourneyStep,
    ReportStep,
    SaleStep,
    Scenario,
    SessionEnd,
    Settings,
    Verification,
    Way,
)
from tracking.simulator.times import DAY, HOUR

pytestmark = pytest.mark.django_db
SEEDS = int(os.environ.get("SEEDS", "12"))
TIMES = (0, 5, 30, HOUR, 5 * HOUR, 10 * HOUR, DAY, 2 * DAY)


def scenario_of(chance: random.Random) -> Scenario:
    """Two browsers, up to four clicks, up to four reports."""
    settings = Settings(
        soft_rule=chance.choice(list(SoftRule)),
        hard_minutes=chance.choice([1, 7, 30]) * DAY,
        validation_minutes=chance.choice([0, 0, 3]) * DAY,
        verification=chance.choice(list(Verification)),
        confirm_days=chance.choice([1, 60]),
        conflict_days=chance.choice([2, 30]),
        largest_order=chance.choice(["", "55.00"]),
        uncounted_channels=("Mail",),
    )
    minutes = sorted(chance.sample(TIMES, chance.randint(1, 5)))
    steps = [_step(chance, minute) for minute in minutes]
    clicks = [step.minute for step in steps if isinstance(step, ClickStep)]
    sold = chance.choice(TIMES[3:]) + 1
    reports = [_report(chance, sold, clicks) for _ in range(chance.randint(1, 4))]
    arrivals = chance.sample(range(7, 8 * DAY, 7), len(reports))
    apart = [
        replace(report, arrives=report.minute + arrival)
        for report, arrival in zip(reports, arrivals, strict=True)
    ]
    return Scenario("random", tuple(steps), SaleStep(sold, reports=tuple(apart)), settings)


def _step(chance: random.Random, minute: int) -> JourneyStep:
    browser = chance.choice([1, 1, 2])
    if chance.random() < 0.2:
        return SessionEnd(minute, browser)
    name = chance.choice("ABST")
    kind = CookieType.HARD if name in "AB" else CookieType.SOFT
    return ClickStep(minute, name, kind, browser=browser)


def _report(chance: random.Random, sold: int, clicks: Sequence[int]) -> ReportStep:
    rank = chance.choice(list(Rank))
    minute = sold + chance.choice([0, 0, 0, 3, 2 * HOUR])
    by_server = rank is Rank.KEYED or (rank is Rank.TOKEN and chance.random() < 0.2)
    presented: tuple[int, ...] | None = None
    if by_server:
        made = [number for number, at in enumerate(clicks, 1) if at <= minute]
        presented = tuple(chance.sample(made, min(len(made), chance.randint(0, 1))))
    elif rank is Rank.BARE:
        presented = ()
    return ReportStep(
        minute=minute,
        arrives=minute,
        rank=rank,
        presented=presented,
        browser=chance.choice([1, 1, 2]) if presented is None else 1,
        way=chance.choice(list(Way)) if presented is None else Way.TAG,
        amount=chance.choice(["", "", "60.00"]),
        channel=chance.choice(["", "", "", "mail"]),
    )


@pytest.mark.parametrize("seed", range(SEEDS))
def test_a_sale_ends_as_the_simulator_says(seed: int) -> None:
    scenario = scenario_of(random.Random(seed))
    world = world_of(scenario)
    world.live()
    lived, played = outcome_of_both(world)
    assert lived == played.counting(lived)
