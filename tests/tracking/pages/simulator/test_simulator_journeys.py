"""Journeys of the simulator's page: written as they are read, and who holds the cookie when."""

import re
from typing import Any

import pytest
from hypothesis import given
from hypothesis import settings as hypothesis_settings
from hypothesis import strategies as st

from tests.tracking.pages.simulator.playing import ROOT, SCENARIOS
from tracking.pages.simulator import page as simulator_page
from tracking.pages.simulator.draft import from_scenario
from tracking.pages.simulator.form import form_of
from tracking.rule.attribution import CookieType, SoftRule, Verdict
from tracking.simulator import examples
from tracking.simulator.format import read
from tracking.simulator.play import simulate
from tracking.simulator.playback import Kind, lines
from tracking.simulator.scenario import ClickStep, SaleStep, Scenario, SessionEnd, Settings
from tracking.simulator.times import DAY, HOUR
from tracking.simulator.writer import write


def scenarios() -> st.SearchStrategy[Scenario]:
    names = st.text(st.characters(exclude_categories=["C", "Z"]), min_size=1, max_size=40)
    publishers = names.filter(lambda name: name != "nobody")
    clicks = st.builds(
        ClickStep, st.integers(0, 90 * DAY), publishers, st.sampled_from(CookieType), st.booleans()
    )
    ends = st.builds(SessionEnd, st.integers(0, 90 * DAY))
    steps = st.lists(clicks | ends, max_size=8).map(
        lambda found: tuple(sorted(found, key=lambda step: step.minute))
    )
    terms = st.builds(
        Settings,
        st.sampled_from(SoftRule),
        st.integers(1, 720).map(lambda hours: hours * HOUR),
        st.integers(1, 400).map(lambda days: days * DAY),
        st.integers(0, 90).map(lambda days: days * DAY),
        st.dictionaries(publishers, st.integers(1, 400 * DAY), max_size=3),
    )
    sales = st.builds(
        SaleStep,
        st.integers(0, 90 * DAY),
        st.none() | st.just(()),
        st.none() | names,
        st.none() | st.lists(st.sampled_from(Verdict), max_size=3).map(tuple),
    )
    return st.builds(Scenario, names, steps, sales, terms)


@hypothesis_settings(deadline=None, max_examples=60)
@given(st.lists(scenarios(), max_size=3))
def test_what_is_written_reads_as_the_same(given_scenarios: list[Scenario]) -> None:
    assert read(write(given_scenarios)) == given_scenarios


@hypothesis_settings(deadline=None, max_examples=60)
@given(scenarios())
def test_every_journey_can_be_shown(scenario: Scenario) -> None:
    told = simulator_page.answer(scenario)

    assert [click.verdict for click in told.clicks] == [str(v) for v in told.result.verdicts]


@pytest.mark.parametrize("scenario", SCENARIOS, ids=lambda scenario: scenario.name)
def test_the_form_keeps_a_scenario_whole(scenario: Scenario) -> None:
    assert from_scenario(scenario).scenario() == scenario
    assert form_of(from_scenario(scenario)).draft.scenario() == scenario


def test_the_examples_are_the_table_that_tests_the_rule() -> None:
    documented, table = examples.groups().values()
    assert [one.scenario for one in table] == SCENARIOS
    blocks = re.findall(
        r"```yaml\n(.*?)```", (ROOT / "docs" / "attribution.md").read_text(), flags=re.DOTALL
    )
    assert [one.scenario for one in documented] == [s for block in blocks for s in read(block)]
    assert len(documented) >= 6


@pytest.mark.parametrize(
    ("do", "more", "told"),
    [
        pytest.param(
            "{click: {at: 0, by: A, type: hard}}, {click: {at: 2d, by: S, type: soft}}",
            "",
            ["0 A- A", "2d A- A", "3d A- A", "30d -- nobody", "30d -- nobody"],
            id="a_soft_click_stands_down_and_the_window_closes",
        ),
        pytest.param(
            "{click: {at: 0, by: S, type: soft}}, {click: {at: 10, by: A, type: hard}}",
            "",
            ["0 -S S", "10 A- A", "3d A- A", "30d 10 -- nobody", "30d 10 -- nobody"],
            id="a_hard_click_empties_the_soft_slot",
        ),
        pytest.param(
            "{click: {at: 0, by: S, type: soft}}, {end_session: {at: 10}}",
            "",
            ["0 -S S", "10 -- nobody", "3d -- nobody", "3d -- nobody"],
            id="closing_the_browser_empties_the_soft_slot",
        ),
        pytest.param(
            "{click: {at: 0, by: A, type: hard}}, {click: {at: 1d, by: S, type: soft}}",
            ", settings: {windows: {A: 1d}}",
            ["0 A- A", "1d -- nobody", "1d -S S", "2d -- nobody", "3d -- nobody", "3d -- nobody"],
            id="a_window_that_closes_at_a_click_closes_before_it",
        ),
    ],
)
def test_the_slots_over_time(do: str, more: str, told: list[str]) -> None:
    result = simulate(read(f"- {{name: x, do: [{do}], sale: {{at: 3d}}{more}}}")[0])

    def name(click: Any, nothing: str = "-") -> str:
        return result.publisher(click) if click else nothing

    assert [
        f"{line.at} {name(line.hard)}{name(line.soft)} {name(line.holder, 'nobody')}"
        for line in lines(result)
    ] == told


def test_without_a_journey_nothing_becomes_final() -> None:
    assert [
        line.kind for line in lines(simulate(read("- {name: x, do: [], sale: {at: 3}}")[0]))
    ] == [Kind.SALE]


@pytest.mark.parametrize("scenario", SCENARIOS, ids=lambda scenario: scenario.name)
def test_whoever_is_paid_by_cookies_held_the_cookie_at_the_sale(scenario: Scenario) -> None:
    result = simulate(scenario)
    holder = next(line.holder for line in lines(result) if line.kind is Kind.SALE)
    if scenario.sale.presented is None and not scenario.sale.reports and result.paid != "nobody":
        assert holder
        assert result.publisher(holder) == result.paid
