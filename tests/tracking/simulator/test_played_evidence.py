"""Evidence in scenarios: how it is written and read, and what is played of it."""

from dataclasses import replace
from uuid import UUID

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.support.written import entry
from tracking.evidence.closing import EndState
from tracking.evidence.ranks import Rank
from tracking.rule.attribution import MINUTE_MS, Click, CookieType
from tracking.rule.reasons import ReportOutcome
from tracking.rule.slots import Slots, land
from tracking.simulator.examples import groups
from tracking.simulator.format import read
from tracking.simulator.play import PlayedScenario, simulate
from tracking.simulator.problems import ScenarioError
from tracking.simulator.scenario import (
    ClickStep,
    LandingStep,
    ReportStep,
    Scenario,
    SessionEnd,
    Settings,
    Verification,
    Way,
)
from tracking.simulator.times import DAY
from tracking.simulator.writer import write

SCENARIOS = [
    example.scenario
    for group in groups().values()
    for example in group
    if example.scenario.sale.reports
]
HARD_A = "{click: {at: 0, by: A, type: hard}}"
HARD_B = "{click: {at: 1h, by: B, type: hard, browser: 2}}"
BROWSERS = ", settings: {verification: browser}"


@pytest.mark.parametrize("scenario", SCENARIOS, ids=lambda scenario: scenario.name)
def test_the_evidence_of_a_scenario_comes_out_as_it_says(scenario: Scenario) -> None:
    assert scenario.expects
    assert simulate(scenario).failures == []


APART = [
    each
    for each in SCENARIOS
    if 1 < len(each.sale.reports) == len({report.arrives for report in each.sale.reports})
]


@pytest.mark.parametrize("scenario", APART, ids=lambda scenario: scenario.name)
def test_the_order_in_which_reports_are_written_changes_nothing(scenario: Scenario) -> None:
    reports = scenario.sale.reports[::-1]
    count = len(reports)
    figures = scenario.sale.figures
    turned = replace(scenario.sale, reports=reports, figures=figures and count + 1 - figures)
    assert simulate(replace(scenario, sale=turned)).failures == []


def played(sale: str, do: str = HARD_A, more: str = "") -> PlayedScenario:
    return simulate(read(entry(f"[{do}]", sale, more))[1])


def test_it_reads_every_field_of_evidence() -> None:
    text = """
    - name: all
      settings: {verification: browser, confirm_days: 5, conflict_days: 6, largest_order: 7,
        uncounted_channels: [Mail, Push], currency: jpy}
      do:
        - click: {at: 0, by: A, type: hard, browser: 2}
        - land: {at: 5, click: 1, browser: 3}
        - end_session: {at: 9, browser: 2}
      sale:
        at: 1h
        reports:
          - {}
          - {at: 2h, arrives: 3h, rank: signed, browser: 2, way: pixel, amount: 60, currency: EUR,
             channel: Mail, outcome: late}
          - {rank: keyed, present: all}
          - {rank: bare}
        until: 4h
        state: on_hold
        figures: 2
    """
    scenario = read(text)[0]

    assert scenario.settings == Settings(
        verification=Verification.BROWSER,
        confirm_days=5,
        conflict_days=6,
        largest_order="7",
        uncounted_channels=("Mail", "Push"),
        currency="JPY",
    )
    assert scenario.steps == (
        ClickStep(0, "A", CookieType.HARD, browser=2),
        LandingStep(5, 1, browser=3),
        SessionEnd(9, browser=2),
    )
    assert scenario.sale.reports == (
        ReportStep(minute=60, arrives=60),
        ReportStep(
            minute=120,
            arrives=180,
            rank=Rank.SIGNED,
            browser=2,
            way=Way.PIXEL,
            amount="60.00",
            currency="EUR",
            channel="Mail",
            outcome=ReportOutcome.LATE,
        ),
        ReportStep(minute=60, arrives=60, rank=Rank.KEYED, presented=(1,)),
        ReportStep(minute=60, arrives=60, rank=Rank.BARE, presented=()),
    )
    sale = scenario.sale
    assert (sale.until, sale.state, sale.figures) == (240, EndState.ON_HOLD, 2)
    assert read(write([scenario])) == [scenario]


@pytest.mark.parametrize(
    ("text", "message"),
    [
        pytest.param(
            entry(sale="{at: 1, present: all, reports: [{}]}"),
            'sale.present: "all" is given beside reports; move it into the report it is of',
            id="both",
        ),
        pytest.param(
            entry(sale="{at: 1, reports: []}"),
            "sale.reports: [] is not a list of 1 to 20 reports",
            id="no_reports",
        ),
        pytest.param(
            entry(sale="{at: 1, reports: [{rank: sure}]}"),
            'sale.reports[1].rank: "sure" is not one of keyed, signed, token, bare',
            id="rank",
        ),
        pytest.param(
            entry(sale="{at: 5, reports: [{}, {arrives: 4}]}"),
            'sale.reports[2].arrives: "4" is earlier than the report is made (5);'
            " give a later time or none",
            id="arrives_before_it_is_made",
        ),
        pytest.param(
            entry(sale="{at: 1, reports: [{rank: bare, present: [1]}]}"),
            'sale.reports[1].present: ["1"]: a bare report brings no click;'
            " leave present out, or give the rank token",
            id="bare_with_a_click",
        ),
        pytest.param(
            entry(sale="{at: 1, reports: [{rank: keyed, present: cookies}]}"),
            'sale.reports[1].present: "cookies": a server has no cookies;'
            " list the clicks whose ids it kept, such as [1]",
            id="keyed_with_cookies",
        ),
        pytest.param(
            entry(sale="{at: 1, reports: [{present: [1], browser: 2}]}"),
            'sale.reports[1].browser: "2" says nothing here;'
            " only a report that presents cookies comes from a browser",
            id="browser_of_a_server",
        ),
        pytest.param(
            entry(sale="{at: 1, reports: [{browser: 10}]}"),
            'sale.reports[1].browser: "10" is not a whole number from 1 to 9',
            id="browser",
        ),
        pytest.param(
            entry(sale="{at: 1, reports: [{amount: '1,50'}]}"),
            'sale.reports[1].amount: "1,50" is not an amount; give a number such as 49.90,'
            " without sign, exponent or thousands separator",
            id="amount",
        ),
        pytest.param(
            entry(sale="{at: 1, reports: [{currency: EURO}]}"),
            'sale.reports[1].currency: "EURO" is not an ISO 4217 code such as EUR',
            id="currency",
        ),
        pytest.param(
            entry(sale="{at: 1, reports: [{}], figures: 2}"),
            'sale.figures: "2" is not a whole number from 1 to 1',
            id="figures",
        ),
        pytest.param(
            entry(sale="{at: 1, state: paid}"),
            'sale.state: "paid" is not one of pending, final, unverified, on_hold,'
            " not_confirmed, conflict, nobody, no_sale",
            id="state",
        ),
        pytest.param(
            entry(do="[{land: {at: 1, click: 1}}]"),
            'do[1].land.click: "1" names a click, and there is none above it',
            id="landing_of_no_click",
        ),
        pytest.param(
            entry(do=f"[{HARD_A}, {{land: {{at: 1, click: 2}}}}, {HARD_B}]"),
            'do[2].land.click: "2" is not a whole number from 1 to 1',
            id="landing_of_a_later_click",
        ),
        pytest.param(
            entry(more=", settings: {verification: maybe}"),
            'settings.verification: "maybe" is not one of confirmed, browser',
            id="verification",
        ),
        pytest.param(
            entry(more=", settings: {confirm_days: 0}"),
            'settings.confirm_days: "0" is not a whole number from 1 to 400',
            id="confirm_days",
        ),
        pytest.param(
            entry(more=", settings: {largest_order: 1.005}"),
            'settings.largest_order: "1.005" is not an amount; give at most 2 decimals in EUR',
            id="largest_order",
        ),
    ],
)
def test_an_error_in_evidence_names_entry_field_and_remedy(text: str, message: str) -> None:
    with pytest.raises(ScenarioError) as caught:
        read(text)

    assert str(caught.value) == f'entry 2 "mine": {message}'


def written_reports() -> st.SearchStrategy[ReportStep]:
    times = st.integers(0, 90 * DAY)
    usual = {
        "amount": st.sampled_from(["", "60.00", "0.01"]),
        "channel": st.sampled_from(["", "Mail"]),
        "outcome": st.none() | st.sampled_from(ReportOutcome),
    }
    browsers = st.builds(
        ReportStep,
        minute=times,
        arrives=st.just(90 * DAY),
        rank=st.sampled_from([Rank.SIGNED, Rank.TOKEN]),
        browser=st.integers(1, 9),
        way=st.sampled_from(Way),
        currency=st.sampled_from(["", "USD"]),
        **usual,
    )
    servers = st.builds(
        ReportStep,
        minute=times,
        arrives=st.just(90 * DAY),
        rank=st.sampled_from([Rank.KEYED, Rank.SIGNED, Rank.TOKEN]),
        presented=st.sampled_from([(), (1,), (2, 1)]),
        **usual,
    )
    bare = st.builds(
        ReportStep,
        minute=times,
        arrives=st.just(90 * DAY),
        rank=st.just(Rank.BARE),
        presented=st.just(()),
        **usual,
    )
    return browsers | servers | bare


@settings(deadline=None, max_examples=60)
@given(st.lists(written_reports(), min_size=1, max_size=5), st.none() | st.integers(0, 90 * DAY))
def test_written_evidence_reads_as_the_same(reports: list[ReportStep], until: int | None) -> None:
    two = f"[{HARD_A}, {HARD_B}]"
    (_, plain) = read(entry(two, "{at: 1d, paid: A}", BROWSERS))
    sale = type(plain.sale)(DAY, reports=tuple(reports), until=until, state=EndState.FINAL)
    scenario = Scenario("x", plain.steps, sale, plain.settings)
    assert read(write([scenario])) == [scenario]


def test_what_comes_after_one_looks_has_not_come() -> None:
    sale = "{at: 1d, reports: [{rank: signed}, {rank: keyed, arrives: 3d, amount: 9}], until: %s}"
    before, after = played(sale % "2d 23h 59"), played(sale % "3d")
    assert [each.outcome for each in before.reports] == [ReportOutcome.CREATED, None]
    assert (before.figures, after.figures) == (1, 2)
    assert played(sale % "23h").state is EndState.NO_SALE


@pytest.mark.parametrize(
    ("reports", "closed"),
    [
        pytest.param("{rank: signed}", 30 * DAY, id="with_its_windows"),
        pytest.param("{}, {rank: keyed, arrives: 70d}", 70 * DAY, id="when_it_is_confirmed"),
        pytest.param(
            "{rank: signed}, {rank: signed, arrives: 2d, amount: 9}",
            32 * DAY,
            id="when_the_earlier_report_decides",
        ),
        pytest.param("{}", None, id="never_unless_it_is_confirmed"),
    ],
)
def test_a_sale_closes_when_nothing_is_waited_for(reports: str, closed: int | None) -> None:
    found = played(f"{{at: 1d, reports: [{reports}]}}").closes_at
    assert (found and int(found.timestamp() // 60)) == closed


def test_without_reports_the_shop_confirms_the_sale() -> None:
    settings_of = ", settings: {largest_order: 1}"
    assert played("{at: 1d}", more=settings_of).state is EndState.FINAL
    assert played("{at: 1d, reports: [{}]}", more=settings_of).state is EndState.NOT_CONFIRMED


def test_each_browser_has_a_journey_and_sessions_of_its_own() -> None:
    result = played("{at: 1d}", f"{HARD_A}, {HARD_B}")
    first, second = result.clicks
    assert first.journey != second.journey
    assert first.session != second.session
    assert (result.paid, len(result.verdicts)) == ("A", 1)


def test_a_token_that_lands_changes_nothing_where_a_newer_click_was() -> None:
    def click(minute: int, journey: int) -> Click:
        at = minute * MINUTE_MS
        return Click(UUID(int=at << 80 | journey), at, journey, CookieType.HARD, DAY, journey)

    older, newer = click(1, 1), click(2, 2)
    held = Slots(hard=newer, last=newer)
    assert land(held, older) is held
    assert land(Slots(hard=older, last=older), newer).holder == newer
