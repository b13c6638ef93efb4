"""Scenarios as they are written: what reads as what, and what is refused in which words."""

import json

import pytest
import yaml
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.support.written import TWO_HARD, entry
from tracking.rule.attribution import CookieType, SoftRule, Verdict
from tracking.simulator.examples import TABLE
from tracking.simulator.format import read
from tracking.simulator.play import simulate
from tracking.simulator.problems import ScenarioError
from tracking.simulator.scenario import ClickStep, SaleStep, SessionEnd, Settings
from tracking.simulator.times import MAX_DAYS, format_time, parse_time

SCENARIOS = TABLE
DAY = 1440


def click(fields: str) -> str:
    return entry(do=f"[{{click: {{{fields}}}}}]")


def test_it_reads_every_field() -> None:
    text = """
    - name: all
      settings: {soft_rule: last, soft_hours: 2, hard_days: 3, validation_days: 4, windows: {B: 5h}}
      do:
        - click: {at: 0, by: A, type: soft, partner: false}
        - end_session: {at: 1h 30}
        - click: {at: 2d 3h 4, by: B, type: hard}
      sale: {at: 3d, present: [2, 1], paid: B, verdicts: [not_partner, held]}
    """
    scenario = read(text)[0]

    assert scenario.settings == Settings(SoftRule.LAST, 120, 3 * DAY, 4 * DAY, {"B": 300})
    assert scenario.steps == (
        ClickStep(0, "A", CookieType.SOFT, partner=False),
        SessionEnd(90),
        ClickStep(2 * DAY + 184, "B", CookieType.HARD),
    )
    assert scenario.sale == SaleStep(3 * DAY, (2, 1), "B", (Verdict.NOT_PARTNER, Verdict.HELD))


def test_what_is_not_given_has_its_default() -> None:
    scenario = read(TWO_HARD)[0]

    assert scenario.settings == Settings(SoftRule.FIRST, DAY, 30 * DAY, 0, {})
    assert scenario.sale == SaleStep(3 * DAY, presented=None, paid=None, verdicts=None)


def test_json_reads_as_the_same_scenarios() -> None:
    text = SCENARIOS.read_text(encoding="utf-8")

    assert read(json.dumps(yaml.safe_load(text))) == read(text)


@pytest.mark.parametrize(
    ("written", "publisher"),
    [
        pytest.param("no", "no", id="a_word_that_yaml_takes_for_false"),
        pytest.param("1e3", "1e3", id="a_word_that_yaml_takes_for_a_number"),
        pytest.param("007", "007", id="digits"),
        pytest.param('"null"', "null", id="in_quotes"),
        pytest.param("Ünïcode-Blog", "Ünïcode-Blog", id="beyond_ascii"),
    ],
)
def test_a_publisher_is_called_as_it_is_written(written: str, publisher: str) -> None:
    result = simulate(read(click(f"at: 0, by: {written}, type: hard"))[1])

    assert result.paid == publisher


def test_a_publisher_may_be_a_number_in_json() -> None:
    step = {"click": {"at": 0, "by": 7, "type": "hard"}}
    text = json.dumps([{"name": 1, "do": [step], "sale": {"at": 1}}])

    assert simulate(read(text)[0]).paid == "7"


@pytest.mark.parametrize(
    ("text", "minutes"),
    [
        ("0", 0),
        ("59", 59),
        ("24h", 1440),
        ("3d", 3 * DAY),
        ("2d 10", 2 * DAY + 10),
        ("29d 23h 59", 30 * DAY - 1),
        ("55m", 55),
        ("2d 3h 10m", 2 * DAY + 190),
        (" 1h 90 ", 150),
        ("1d2h3", DAY + 123),
    ],
)
def test_it_reads_times(text: str, minutes: int) -> None:
    assert parse_time(text) == minutes


@settings(deadline=None)
@given(st.integers(0, MAX_DAYS * DAY))
def test_a_written_time_reads_as_itself(minutes: int) -> None:
    assert parse_time(format_time(minutes)) == minutes


TIME = "is not a time; write minutes, or days, hours and minutes as in 2d 3h 10"


@pytest.mark.parametrize(
    ("text", "message"),
    [
        pytest.param(
            click("at: 0, by: A, type: harrd"),
            'entry 2 "mine": do[1].click.type: "harrd" is not one of hard, soft',
            id="type",
        ),
        pytest.param(
            click("at: 0, by: A"),
            'entry 2 "mine": do[1].click.type: missing; it is required',
            id="no_type",
        ),
        pytest.param(
            click("at: 0, by: A, type: hard, partnr: true"),
            'entry 2 "mine": do[1].click.partnr: unknown;'
            " use one of at, by, type, partner, browser",
            id="unknown_click_key",
        ),
        pytest.param(
            click("at: 0, by: A, type: hard, partner: 1"),
            'entry 2 "mine": do[1].click.partner: "1" is not one of true, false',
            id="partner",
        ),
        pytest.param(
            click("at: 1w, by: A, type: hard"),
            f'entry 2 "mine": do[1].click.at: "1w" {TIME}',
            id="unit",
        ),
        pytest.param(
            click("at: -5, by: A, type: hard"),
            f'entry 2 "mine": do[1].click.at: "-5" {TIME}',
            id="before_0",
        ),
        pytest.param(
            click("at: 1.5, by: A, type: hard"),
            f'entry 2 "mine": do[1].click.at: "1.5" {TIME}',
            id="fraction",
        ),
        pytest.param(
            click("at: , by: A, type: hard"),
            f'entry 2 "mine": do[1].click.at: "" {TIME}',
            id="no_time",
        ),
        pytest.param(
            click("at: 36501d, by: A, type: hard"),
            'entry 2 "mine": do[1].click.at: "36501d" is too long; 36500d is the most',
            id="centuries",
        ),
        pytest.param(
            click("at: 0, by: nobody, type: hard"),
            'entry 2 "mine": do[1].click.by: "nobody" means that no publisher is paid;'
            " give the publisher another name",
            id="nobody",
        ),
        pytest.param(
            click("at: 0, by: , type: hard"),
            'entry 2 "mine": do[1].click.by: "" is not a text of 1 to 40 printable characters',
            id="publisher_without_name",
        ),
        pytest.param(
            entry(do="[{clik: {at: 0}}]"),
            'entry 2 "mine": do[1].clik: unknown; use one of click, land, end_session',
            id="unknown_step",
        ),
        pytest.param(
            entry(do="[{end_session: {at: 3}}, {}]"),
            'entry 2 "mine": do[2]: {} is not one step;'
            " write {click: {…}}, {land: {…}} or {end_session: {at: …}}",
            id="empty_step",
        ),
        pytest.param(
            entry(do="[{click: {at: 0, by: A, type: hard}, end_session: {at: 1}}]"),
            'entry 2 "mine": do[1]: {"click": {"at": "0", "by": "A", "type": "hard"}, "end_se…'
            " is not one step; write {click: {…}}, {land: {…}} or {end_session: {at: …}}",
            id="two_steps_in_one",
        ),
        pytest.param(
            entry(do="[{end_session: {at: 3, by: A}}]"),
            'entry 2 "mine": do[1].end_session.by: unknown; use one of at, browser',
            id="unknown_end_session_key",
        ),
        pytest.param(
            entry(do="[{end_session: {at: 2d 1}}, {end_session: {at: 2d}}]"),
            'entry 2 "mine": do[2]: 2d is earlier than the step above it (2d 1);'
            " list the steps in order of time",
            id="out_of_order",
        ),
        pytest.param(
            entry(do="{}"), 'entry 2 "mine": do: {} is not a list; write [first, second]', id="do"
        ),
        pytest.param(
            entry(sale="{}"),
            'entry 2 "mine": sale.at: missing; it is required',
            id="sale_without_at",
        ),
        pytest.param(
            entry(sale="20"),
            'entry 2 "mine": sale: "20" is not a mapping; write {key: value}',
            id="sale",
        ),
        pytest.param(
            entry(sale="{at: 1, present: cookie}"),
            'entry 2 "mine": sale.present: "cookie" is not cookies, all,'
            " or a list of click numbers such as [1, 2]",
            id="present",
        ),
        pytest.param(
            entry(sale="{at: 1, present: [1, 2]}"),
            'entry 2 "mine": sale.present[2]: "2" is not a whole number from 1 to 1',
            id="no_such_click",
        ),
        pytest.param(
            entry(sale="{at: 1, present: [0]}"),
            'entry 2 "mine": sale.present[1]: "0" is not a whole number from 1 to 1',
            id="click_numbers_start_at_1",
        ),
        pytest.param(
            entry(do="[]", sale="{at: 1, present: [1]}"),
            'entry 2 "mine": sale.present: ["1"] names clicks, and there is no click in do',
            id="click_of_an_empty_do",
        ),
        pytest.param(
            entry(sale="{at: 1, verdicts: [hold]}"),
            'entry 2 "mine": sale.verdicts[1]: "hold" is not one of after_conversion, not_partner,'
            " invalid, stood_down, overwritten, expired, session_ended, contested, held",
            id="verdict",
        ),
        pytest.param(
            entry(sale="{at: 1, piad: A}"),
            'entry 2 "mine": sale.piad: unknown;'
            " use one of at, present, reports, until, paid, verdicts, state, figures",
            id="unknown_sale_key",
        ),
        pytest.param(
            entry(more=", settings: {soft_rule: frist}"),
            'entry 2 "mine": settings.soft_rule: "frist" is not one of first, last, sole',
            id="soft_rule",
        ),
        pytest.param(
            entry(more=", settings: {soft_hours: 721}"),
            'entry 2 "mine": settings.soft_hours: "721" is not a whole number from 1 to 720',
            id="soft_hours",
        ),
        pytest.param(
            entry(more=", settings: {hard_days: 7d}"),
            'entry 2 "mine": settings.hard_days: "7d" is not a whole number from 1 to 400',
            id="hard_days",
        ),
        pytest.param(
            entry(more=", settings: {windows: {B: 401d}}"),
            'entry 2 "mine": settings.windows.B: "401d" is not between 1 and 400d',
            id="window_too_long",
        ),
        pytest.param(
            entry(more=", settings: {windows: {B: 0}}"),
            'entry 2 "mine": settings.windows.B: "0" is not between 1 and 400d',
            id="window_too_short",
        ),
        pytest.param(
            entry(more=", settings: {window: {}}"),
            'entry 2 "mine": settings.window: unknown;'
            " use one of soft_rule, soft_hours, hard_days, validation_days, windows, verification,"
            " confirm_days, conflict_days, largest_order, uncounted_channels, currency",
            id="unknown_setting",
        ),
        pytest.param(
            entry(more=", expect: A"),
            'entry 2 "mine": expect: unknown; use one of name, do, sale, settings',
            id="unknown_key",
        ),
        pytest.param("- {}", "entry 1: name: missing; it is required", id="empty_entry"),
        pytest.param(
            "- 3", 'entry 1: "3" is not a mapping; write {key: value}', id="entry_is_no_mapping"
        ),
        pytest.param(
            TWO_HARD + "- {name: , do: [], sale: {at: 1}}",
            'entry 2 "": name: "" is not a text of 1 to 200 printable characters',
            id="nameless",
        ),
        pytest.param(
            entry(more=", name: again"),
            'line 5, column 74: "name" is given twice; give it once',
            id="key_given_twice",
        ),
        pytest.param(
            '[{"name": "x",\n"name": "y"}]',
            'line 2, column 1: "name" is given twice; give it once',
            id="key_given_twice_in_json",
        ),
        pytest.param(
            entry(more=", [a]: 1"),
            "line 5, column 74: this is not a key; write key: value",
            id="list_for_a_key",
        ),
        pytest.param(
            "a: b: c",
            "line 1, column 5: the input is not YAML:"
            " mapping values are not allowed in this context",
            id="no_yaml",
        ),
        pytest.param(
            " \n", "the input is empty; an empty list of journeys is []", id="empty_input"
        ),
        pytest.param(
            "{name: x}",
            "the input must be a list of journeys, one '- name: …, do: […], sale: {…}' for each",
            id="no_list",
        ),
    ],
)
def test_an_error_names_entry_field_and_remedy(text: str, message: str) -> None:
    with pytest.raises(ScenarioError) as caught:
        read(text)

    assert str(caught.value) == message


@pytest.mark.parametrize(
    "text",
    [
        pytest.param("[" * 100_000, id="brackets_without_end"),
        pytest.param("[" * 100_000 + "]" * 100_000, id="brackets"),
        pytest.param("- " * 100_000, id="dashes"),
        pytest.param("{a: " * 100_000, id="braces"),
        pytest.param(f'[{{"name": {"[" * 980}{"]" * 980}}}]', id="json_at_the_recursion_limit"),
        pytest.param("- &a [*a]", id="a_list_in_itself"),
        pytest.param("- *unknown", id="unknown_alias"),
        pytest.param("- !!python/object/apply:os.getcwd []", id="python_object"),
        pytest.param("- {name: \x00}", id="nul"),
        pytest.param('[{"name": "\\ud800"}]', id="lone_surrogate_in_json"),
        pytest.param("- \ud800", id="lone_surrogate"),
        pytest.param('[{"name": "x", "do": [], "sale": {"at": NaN}}]', id="nan"),
        pytest.param(f'[{{"name": "x", "do": [], "sale": {{"at": {"9" * 5000}}}}}]', id="huge"),
        pytest.param('[{"name": "x", "do": [], "sale": {"at": true}}]', id="true_for_a_time"),
        pytest.param("- a\n--- \n- b", id="two_documents"),
    ],
)
def test_hostile_input_is_an_error_that_can_be_printed(text: str) -> None:
    with pytest.raises(ScenarioError) as caught:
        read(text)

    assert str(caught.value).encode().decode().isprintable()
