"""The tag's copy of the rule, against Python's: the scenarios through the whole tag, and the
functions one by one."""

import random
import re
from datetime import UTC, datetime, timedelta
from pathlib import Path
from uuid import UUID

import pytest
from msgspec.structs import replace
from playwright.sync_api import BrowserContext, Page

from tests.browser.clicks import DAY, HOUR, MINUTE, NOW, click_of, hard, soft, token_of
from tests.browser.cookies import end_session, pass_time
from tests.browser.hosts import ADVERTISER, Hosts, Received
from tracking.rule.attribution import (
    MINUTE_MS,
    Click,
    CookieType,
    Sale,
    SoftRule,
    holder,
    place,
    resolve,
)
from tracking.rule.slots import Slots, meet
from tracking.rule.slots import end_session as end_session_of
from tracking.simulator.examples import TABLE
from tracking.simulator.format import read
from tracking.simulator.play import simulate
from tracking.simulator.scenario import NOBODY, ClickStep, Scenario
from tracking.wire import tag

SCENARIOS = [each for each in read(TABLE.read_text(encoding="utf-8")) if not each.sale.reports]
TAG = Path(tag.__file__).parents[1] / "static" / "tracking" / "tag.js"
SOURCE = TAG.read_text(encoding="utf-8")
EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
ROLES = {"hard": CookieType.HARD, "soft": CookieType.SOFT}


@pytest.mark.parametrize("scenario", [pytest.param(each, id=each.name) for each in SCENARIOS])
def test_it_holds_and_reports_what_the_scenario_says(
    context: BrowserContext, hosts: Hosts, scenario: Scenario
) -> None:
    played = simulate(scenario)
    report = _browse(context, hosts, scenario, played.clicks).report
    reported = {role: [click_of(token) for token in report["tokens"][role]] for role in ROLES}
    sessions = frozenset(int(session) for session in report["session"].split(".") if session)

    held = _live(holder(reported["hard"] + reported["soft"]), scenario)
    assert held == _holder_in_this_session(played.clicks, scenario)
    assert all(each.cookie_type is kind for role, kind in ROLES.items() for each in reported[role])
    if scenario.sale.presented is None and report["tokens"]["last"]:
        outcome = resolve(
            played.clicks,
            Sale(
                at=scenario.sale.minute * MINUTE_MS,
                sessions=sessions,
                soft_rule=scenario.settings.soft_rule,
            ),
        )
        paid = played.publisher(outcome.paid) if outcome.paid else NOBODY
        verdicts = tuple(judged.verdict for judged in outcome.verdicts)
        assert (paid, verdicts) == (scenario.sale.paid, scenario.sale.verdicts)
    elif scenario.sale.presented is None:
        assert (scenario.sale.paid, scenario.sale.verdicts) == (NOBODY, ())


def _browse(
    context: BrowserContext, hosts: Hosts, scenario: Scenario, clicks: tuple[Click, ...]
) -> Received:
    """Live the scenario in a browser, up to the sale."""
    page, unseen, minute = context.new_page(), iter(clicks), 0
    for step in scenario.steps:
        click = next(unseen) if isinstance(step, ClickStep) else None
        if step.minute > scenario.sale.minute:
            continue
        skip_to(context, minute, step.minute)
        minute = step.minute
        if click is None:
            end_session(context)
        else:
            hosts.visit(page, hosts.landing(*([] if click.reason else [token_of(click)])))
    skip_to(context, minute, scenario.sale.minute)
    hosts.visit(page, hosts.url("/thanks"))
    return hosts.sale(page, amount="1.00")


def skip_to(context: BrowserContext, minute: int, target: int) -> None:
    pass_time(context, (target - minute) * 60)
    context.clock.set_fixed_time(EPOCH + timedelta(minutes=target))


def _holder_in_this_session(clicks: tuple[Click, ...], scenario: Scenario) -> Click | None:
    """The holder at the sale, by the fold over everything that happened before it."""
    at = scenario.sale.minute * MINUTE_MS
    ends = [s.minute for s in scenario.steps if not isinstance(s, ClickStep)]
    session = 1 + sum(minute <= scenario.sale.minute for minute in ends)
    held = holder(click for click in clicks if click.reason is None and click.at <= at)
    return None if held and held.is_soft and held.session != session else _live(held, scenario)


def _live(held: Click | None, scenario: Scenario) -> Click | None:
    return held if held and held.window_contains(scenario.sale.minute * MINUTE_MS) else None


def _bits(identifier: UUID) -> str:
    """An id as the tag compares it."""
    return f"{identifier.int:0128b}"


def _functions(*names: str) -> str:
    """The source of these functions of the tag."""
    found = [re.search(rf"^  function {name}\(.*?^  }}", SOURCE, re.M | re.S) for name in names]
    return "\n".join(match[0] for match in found if match)


def _run(page: Page, body: str, argument: object) -> object:
    functions = _functions("decode", "ended", "place", "clicksOf")
    known = f"const advertiser = {ADVERTISER};"
    return page.evaluate(f"(given) => {{ {known} {functions}\n {body} }}", argument)


def _random_click(chance: random.Random, at: int, **changes: int) -> Click:
    """A click of a small world, in which everything that the rule asks about occurs."""
    make = chance.choice([hard, soft])
    facts = {
        "window_minutes": chance.choice([0, 1, 60, 1440, 2**24 - 1]),
        "journey": chance.choice([2**64 - 1, 2**64 - 2, 2**53, 2**53 + 1]),
        "session": chance.choice([0, 2**32 - 1]),
        "stood_down": chance.random() < 0.3,
        "soft_rule": chance.randrange(3),
    }
    return make(chance.randrange(1, 4), at, **{**facts, **changes})


def test_it_places_a_click_as_python_does(page: Page) -> None:
    chance = random.Random(1)
    gaps = [-1, 0, 1, 59_999, 60_000, HOUR - 1, HOUR, DAY, 400 * DAY]
    pairs: list[tuple[Click | None, Click]] = []
    for _ in range(4_000):
        held = _random_click(chance, NOW) if chance.random() < 0.95 else None
        pairs.append((held, _random_click(chance, NOW + chance.choice(gaps))))
    expected = [place(held, click, click.soft_rule) for held, click in pairs]

    found = _run(
        page,
        "return given.map(([held, click]) => (place(held && decode(held), decode(click)) || 0).id)",
        [[held and token_of(held), token_of(click)] for held, click in pairs],
    )

    assert found == [click and _bits(click.id) for click in expected]
    outcomes = {
        (click is None, click is held) for click, (held, _) in zip(expected, pairs, strict=True)
    }
    assert len(outcomes) == 4  # nobody, the holder, the new click, nobody before and after


def test_it_reads_a_token_as_python_does(page: Page) -> None:
    chance = random.Random(2)
    times = [0, 1, NOW, 2**48 - 1]
    clicks = [_random_click(chance, chance.choice(times)) for _ in range(500)]

    found = _run(page, "return given.map((token) => decode(token))", list(map(token_of, clicks)))

    assert found == [
        {
            "token": token_of(click),
            "id": _bits(click.id),
            "at": click.at,
            "closes": click.closes_at,
            "soft": click.is_soft,
            "stoodDown": click.stood_down,
            "last": click.soft_rule is SoftRule.LAST,
            "journey": f"{click.journey:064b}",
            "session": click.session,
        }
        for click in clicks
    ]


def test_it_orders_clicks_as_python_does(page: Page) -> None:
    chance = random.Random(3)
    clicks = [_random_click(chance, chance.choice([0, 1, NOW, NOW + 1])) for _ in range(200)]
    chance.shuffle(clicks)

    found = _run(
        page, "return clicksOf(given).map((click) => click.id)", list(map(token_of, clicks))
    )

    assert found == [_bits(click.id) for click in sorted(clicks, key=lambda c: (c.at, c.id.int))]


# Lives one journey: tokens arrive as activations, null ends the browser session.
LIVE = """async (journeys) => {
  const found = [];
  for (const steps of journeys) {
    softclick('consent', false);
    softclick('consent', true);
    for (const step of steps) {
      if (step === null) {
        for (const name of ['_scs', '_scn']) {
          document.cookie = name + '=; Path=/; Domain=shop.localhost; Max-Age=0; Secure';
        }
      } else {
        Date.now = () => step.at;
        window.fetch = () => Promise.resolve({ json: () => Promise.resolve(step) });
        softclick('activate', 1);
        await new Promise((done) => setTimeout(done));
      }
    }
    found.push(document.cookie);
  }
  return found;
}"""


def test_its_slots_and_the_fold_agree_when_nothing_is_lost(page: Page, hosts: Hosts) -> None:
    chance = random.Random(4)
    journeys = [_random_journey(chance) for _ in range(150)]
    hosts.visit(page, hosts.url())

    jars = page.evaluate(
        LIVE,
        [
            [click and {"token": token_of(click), "at": click.at} for click in journey]
            for journey in journeys
        ],
    )

    soft_holders = 0
    for journey, jar in zip(journeys, jars, strict=True):
        cookies = dict(pair.split("=") for pair in jar.split("; "))
        claims = [click_of(cookies[name]) for name in ("_sch", "_scs") if name in cookies]
        clicks = [click for click in journey if click]
        assert holder(claims) == holder(clicks)
        assert click_of(cookies["_scl"]) == clicks[-1]
        soft_holders += "_scs" in cookies
    assert 20 < soft_holders < 130


def _random_journey(chance: random.Random) -> list[Click | None]:
    """Clicks as the redirect hands them out, None where a session ends. It ends with a click, so
    that the fold knows every session that has ended."""
    slots, steps, at, session = Slots(), list[Click | None](), NOW, 1
    for _ in range(chance.randrange(1, 7)):
        at += chance.choice([1, MINUTE, HOUR, DAY, 20 * DAY])
        if steps and chance.random() < 0.25:
            slots, session = end_session_of(slots), session + 1
            steps.append(None)
        click = _random_click(chance, at, stood_down=False, session=session, journey=9)
        placed = meet(slots, replace(click, window_minutes=max(click.window_minutes, 1)))
        slots = placed.slots
        steps.append(placed.click)
    return steps
