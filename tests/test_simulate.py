"""``manage.py simulate``: the scenario format, the simulated browser, and the command's answers."""

import io
import json
import os
import re
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
import yaml
from django.core.management import CommandError, call_command
from hypothesis import given, settings
from hypothesis import strategies as st

from tracking.attribution import MINUTE_MS, CookieType, SoftRule, Verdict
from tracking.scenarios import (
    MAX_DAYS,
    ClickStep,
    SaleStep,
    Scenario,
    ScenarioError,
    SessionEnd,
    Settings,
    format_time,
    parse_time,
    read,
)
from tracking.simulator import number_of, simulate

ROOT = Path(__file__).resolve().parent.parent
SCENARIOS = ROOT / "tests" / "scenarios.yaml"
DAY = 1440

TWO_HARD = """
- name: two hard
  do: [{click: {at: 0, by: A, type: hard}}, {click: {at: 1d, by: B, type: hard}}]
  sale: {at: 3d}
"""


def entry(
    do: str = "[{click: {at: 0, by: A, type: hard}}]", sale: str = "{at: 1}", more: str = ""
) -> str:
    """An input of two entries, the second being made of these parts."""
    return f"{TWO_HARD}- {{name: mine, do: {do}, sale: {sale}{more}}}"


def click(fields: str) -> str:
    return entry(do=f"[{{click: {{{fields}}}}}]")


# --- The format -------------------------------------------------------------------------------


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
            'entry 2 "mine": do[1].click.partnr: unknown; here belong at, by, type, partner',
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
            'entry 2 "mine": do[1].clik: unknown; here belong click, end_session',
            id="unknown_step",
        ),
        pytest.param(
            entry(do="[{end_session: {at: 3}}, {}]"),
            'entry 2 "mine": do[2]: {} is not one step;'
            " write {click: {…}} or {end_session: {at: …}}",
            id="empty_step",
        ),
        pytest.param(
            entry(do="[{click: {at: 0, by: A, type: hard}, end_session: {at: 1}}]"),
            'entry 2 "mine": do[1]: {"click": {"at": "0", "by": "A", "type": "hard"}, "end_se…'
            " is not one step; write {click: {…}} or {end_session: {at: …}}",
            id="two_steps_in_one",
        ),
        pytest.param(
            entry(do="[{end_session: {at: 3, by: A}}]"),
            'entry 2 "mine": do[1].end_session.by: unknown; here belong at',
            id="unknown_end_session_key",
        ),
        pytest.param(
            entry(do="[{end_session: {at: 2d 1}}, {end_session: {at: 2d}}]"),
            'entry 2 "mine": do[2]: at 2d it lies before the step above it (2d 1);'
            " list what happens in the order of time",
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
            'entry 2 "mine": sale.piad: unknown; here belong at, present, paid, verdicts',
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
            " here belong soft_rule, soft_hours, hard_days, validation_days, windows",
            id="unknown_setting",
        ),
        pytest.param(
            entry(more=", expect: A"),
            'entry 2 "mine": expect: unknown; here belong name, do, sale, settings',
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
            "line 5, column 74: this is no key; write key: value",
            id="list_for_a_key",
        ),
        pytest.param(
            "a: b: c",
            "line 1, column 5: the input is no YAML:"
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


# --- The simulated browser --------------------------------------------------------------------


def play(do: str, sale: str, advertiser: str = "{}") -> tuple[str, list[str]]:
    result = simulate(read(f"- {{name: x, settings: {advertiser}, do: [{do}], sale: {sale}}}")[0])
    return result.paid, [str(verdict) for verdict in result.verdicts]


HARD_A = "{click: {at: 0, by: A, type: hard}}"
SOFT_S = "{click: {at: 0, by: S, type: soft}}"
NO_PARTNER = "{click: {at: 5, by: X, type: hard, partner: false}}"
CLOSED = "{end_session: {at: 10}}"
SOLE_SETTING = ", settings: {soft_rule: sole}"


@pytest.mark.parametrize(
    ("do", "sale", "expected"),
    [
        pytest.param("", "{at: 9, present: all}", ("nobody", []), id="all_of_no_click"),
        pytest.param(HARD_A, "{at: 9, present: []}", ("nobody", []), id="empty_list"),
        pytest.param(NO_PARTNER, "{at: 9}", ("nobody", []), id="cookies_without_a_partner"),
        pytest.param(
            f"{HARD_A}, {NO_PARTNER}", "{at: 9, present: [2]}", ("nobody", []), id="handed_out_none"
        ),
        pytest.param(
            "{click: {at: 30, by: A, type: hard}}",
            "{at: 9}",
            ("nobody", []),
            id="cookies_before_it",
        ),
    ],
)
def test_a_sale_that_brings_no_token_has_no_journey(
    do: str, sale: str, expected: tuple[str, list[str]]
) -> None:
    assert play(do, sale) == expected


@pytest.mark.parametrize(
    ("do", "sale", "expected"),
    [
        pytest.param(
            f"{HARD_A}, {NO_PARTNER}",
            "{at: 9, present: [1, 2]}",
            ("A", ["held", "not_partner"]),
            id="one_token_leads_to_every_click",
        ),
        pytest.param(
            "{click: {at: 30, by: A, type: hard}}",
            "{at: 9, present: all}",
            ("nobody", ["after_conversion"]),
            id="a_token_of_a_click_after_the_sale_leads_to_the_journey",
        ),
        pytest.param(
            f"{SOFT_S}, {{click: {{at: 30, by: A, type: hard}}}}",
            "{at: 20}",
            ("S", ["held", "after_conversion"]),
            id="cookies_are_those_at_the_sale",
        ),
        pytest.param(
            f"{HARD_A}, {CLOSED}",
            "{at: 10}",
            ("A", ["held"]),
            id="the_hard_cookie_outlives_a_session",
        ),
        pytest.param(
            f"{SOFT_S}, {CLOSED}", "{at: 9}", ("S", ["held"]), id="the_session_ends_after_the_sale"
        ),
        pytest.param(
            f"{SOFT_S}, {CLOSED}",
            "{at: 10}",
            ("nobody", ["session_ended"]),
            id="the_session_ends_in_the_minute_of_the_sale",
        ),
        pytest.param(
            f"{SOFT_S}, {CLOSED}, {{click: {{at: 20, by: X, type: hard, partner: false}}}}",
            "{at: 30}",
            ("nobody", ["session_ended", "not_partner"]),
            id="a_click_that_does_not_count_opens_no_session",
        ),
        pytest.param(
            f"{SOFT_S}, {CLOSED}, {{click: {{at: 20, by: T, type: soft}}}}",
            "{at: 30, present: [1]}",
            ("nobody", ["session_ended", "session_ended"]),
            id="the_server_brings_only_the_first_session",
        ),
        pytest.param(
            "{click: {at: 5, by: B, type: hard}}, {click: {at: 5, by: A, type: hard}}",
            "{at: 5}",
            ("A", ["overwritten", "held"]),
            id="clicks_of_one_minute_happen_in_the_order_of_the_list",
        ),
    ],
)
def test_the_browser_presents(do: str, sale: str, expected: tuple[str, list[str]]) -> None:
    assert play(do, sale) == expected


@pytest.mark.parametrize(
    ("advertiser", "sale", "expected"),
    [
        pytest.param("{hard_days: 1}", "1d", ("nobody", ["expired"]), id="hard_days"),
        pytest.param("{windows: {A: 60}}", "1h", ("nobody", ["expired"]), id="window"),
        pytest.param("{windows: {B: 60}}", "1h", ("A", ["held"]), id="window_of_another"),
    ],
)
def test_settings_apply(advertiser: str, sale: str, expected: tuple[str, list[str]]) -> None:
    assert play(HARD_A, f"{{at: {sale}, present: all}}", advertiser) == expected


def test_validation_days_put_off_the_close() -> None:
    text = f"- {{name: x, settings: {{validation_days: 45}}, do: [{HARD_A}], sale: {{at: 5}}}}"
    outcome = simulate(read(text)[0]).outcome

    assert outcome is not None
    assert outcome.closes_at == (45 * DAY + 5) * MINUTE_MS


def test_clicks_are_numbered_as_they_stand_in_do() -> None:
    result = simulate(read(TWO_HARD)[0])

    assert [number_of(each) for each in result.clicks] == [1, 2]
    assert [result.publisher(each) for each in result.clicks] == ["A", "B"]


# --- The command ------------------------------------------------------------------------------


@dataclass(frozen=True)
class Answer:
    """What the command wrote to standard output, its exit status, and its error."""

    out: str
    status: int
    error: str


def run(text: str | bytes, *options: str, file: str = "-") -> Answer:
    """``manage.py simulate`` with the text as standard input."""
    raw = text.encode() if isinstance(text, str) else text
    out = io.StringIO()
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(raw)))
        try:
            call_command("simulate", file, *options, stdout=out)
        except CommandError as error:
            return Answer(out.getvalue(), error.returncode, str(error))
    return Answer(out.getvalue(), 0, "")


def test_json_is_a_record_for_each_journey_and_nothing_else() -> None:
    answer = run(entry(sale="{at: 40d, present: all}"), "--json")

    assert (answer.status, answer.error) == (0, "")
    assert json.loads(answer.out) == [
        {"name": "two hard", "paid": "B", "verdicts": ["overwritten", "held"]},
        {"name": "mine", "paid": "nobody", "verdicts": ["expired"]},
    ]


def test_all_scenarios_come_out_as_they_say() -> None:
    records = run(SCENARIOS.read_text(encoding="utf-8"), "--json")

    assert (records.status, records.error) == (0, "")
    expected = [
        {"name": each["name"], "paid": each["sale"]["paid"], "verdicts": each["sale"]["verdicts"]}
        for each in yaml.safe_load(SCENARIOS.read_text(encoding="utf-8"))
    ]
    assert json.loads(records.out) == expected


def test_an_empty_list_of_journeys_is_answered_with_one() -> None:
    assert run("[]", "--json") == Answer("[]\n", 0, "")


@pytest.mark.parametrize(
    "options", [pytest.param([], id="plain"), pytest.param(["--json"], id="json")]
)
def test_a_failed_expectation_is_told_and_exits_1(options: list[str]) -> None:
    answer = run(entry(sale="{at: 1, paid: B, verdicts: [expired]}"), *options)

    assert answer.status == 1
    assert answer.error == (
        'entry 2 "mine": sale.paid: expected B, got A\n'
        'entry 2 "mine": sale.verdicts: expected [expired], got [held]'
    )
    assert "two hard" in answer.out


@pytest.mark.parametrize(
    "sale",
    [
        pytest.param("{at: 1, paid: A}", id="paid_alone"),
        pytest.param("{at: 1, verdicts: [held]}", id="verdicts_alone"),
        pytest.param("{at: 31d, paid: nobody, verdicts: [expired]}", id="both"),
        pytest.param("{at: 1}", id="none"),
    ],
)
def test_expectations_are_checked_where_they_are_given(sale: str) -> None:
    assert run(entry(sale=sale)).status == 0


def test_no_verdicts_are_an_expectation_too() -> None:
    assert run(entry(sale="{at: 1, verdicts: []}")).status == 1
    assert run(entry(do="[]", sale="{at: 1, verdicts: []}")).status == 0


def test_plain_output_says_who_is_paid_and_why() -> None:
    text = entry(
        do="[{click: {at: 0, by: S, type: soft}}, {click: {at: 9, by: A, type: hard}},"
        " {click: {at: 1h, by: T, type: soft}},"
        " {click: {at: 2h, by: X, type: hard, partner: false}},"
        " {click: {at: 3h, by: B, type: hard}}]",
        sale="{at: 2h 5}",
    )

    assert run(text).out.split("\n\n")[1] == (
        "mine\n"
        "  Sale at 2h 5: A is paid; final at 30d 9.\n"
        "  click 1 (S, soft), at 0: overwritten. The cookie was taken over by click 2 (A, hard).\n"
        "  click 2 (A, hard), at 9: held. It held the cookie at the sale.\n"
        "  click 3 (T, soft), at 1h: stood_down. The cookie was held by click 2 (A, hard).\n"
        "  click 4 (X, hard), at 2h: not_partner. Its publisher was no approved partner then.\n"
        "  click 5 (B, hard), at 3h: after_conversion. It lies after the sale.\n"
    )


def test_plain_output_says_why_nobody_is_paid() -> None:
    soft = "{click: {at: 0, by: S, type: soft}}"
    contested = run(
        entry(f"[{soft}, {{click: {{at: 1, by: T, type: soft}}}}]", "{at: 2}", SOLE_SETTING)
    )
    assert (
        "Under the rule sole the open window of click 2 (T, soft) leaves it unpaid."
        in contested.out
    )
    assert "nobody is paid; final at 1d 1." in contested.out
    assert "Its window had closed." in run(entry(f"[{soft}]", "{at: 1d}")).out
    assert "Its browser session had ended." in run(entry(f"[{soft}, {CLOSED}]", "{at: 20}")).out
    assert "nothing that came with the sale leads to a click" in run(entry("[]")).out


def manage(*arguments: str, text: bytes = b"") -> subprocess.CompletedProcess[bytes]:
    """``manage.py simulate`` as a person runs it, with a database that is not there."""
    return subprocess.run(
        [sys.executable, "manage.py", "simulate", *arguments],
        cwd=ROOT,
        env={**os.environ, "SOFTCLICK_NO_BOOTSTRAP": "1", "SOFTCLICK_MODE": "test"},
        input=text,
        capture_output=True,
        check=False,
    )


def test_the_process_writes_json_to_standard_output_and_exits_0() -> None:
    result = manage("tests/scenarios.yaml", "--json")

    assert (result.returncode, result.stderr) == (0, b"")
    assert len(json.loads(result.stdout)) == len(read(SCENARIOS.read_text(encoding="utf-8")))


def test_the_process_exits_1_with_the_records_when_an_expectation_fails() -> None:
    result = manage("-", "--json", text=entry(sale="{at: 1, paid: B}").encode())

    assert result.returncode == 1
    assert [record["paid"] for record in json.loads(result.stdout)] == ["B", "A"]
    assert b'entry 2 "mine": sale.paid: expected B, got A' in result.stderr


def test_the_process_exits_2_with_a_message_and_no_traceback() -> None:
    result = manage("-", "--json", text=b"- {name: x}")

    assert (result.returncode, result.stdout) == (2, b"")
    assert b'entry 1 "x": do: missing; it is required' in result.stderr
    assert b"Traceback" not in result.stderr


@pytest.mark.parametrize(
    ("file", "text", "error"),
    [
        pytest.param(
            "no/such/file",
            b"",
            "no/such/file: No such file or directory; give a file, or - for standard input",
            id="no_file",
        ),
        pytest.param(
            str(ROOT / "tests"),
            b"",
            f"{ROOT / 'tests'}: Is a directory; give a file, or - for standard input",
            id="folder",
        ),
        pytest.param(
            "-", b"- {name: \xff}", "-: byte 9 is not UTF-8; save the file as UTF-8", id="bytes"
        ),
    ],
)
def test_a_file_that_cannot_be_read_exits_2(file: str, text: bytes, error: str) -> None:
    assert run(text, "--json", file=file) == Answer("", 2, error)


def test_a_byte_order_mark_is_no_part_of_the_journeys() -> None:
    assert run(b"\xef\xbb\xbf[]", "--json").out == "[]\n"


# --- The documentation ------------------------------------------------------------------------


def documented() -> list[Any]:
    text = (ROOT / "docs" / "attribution.md").read_text(encoding="utf-8")
    blocks = re.findall(r"```yaml\n(.*?)```", text, flags=re.DOTALL)
    return [pytest.param(each, id=each.name) for block in blocks for each in read(block)]


@pytest.mark.parametrize("scenario", documented())
def test_the_examples_in_the_documentation_come_out_as_they_say(scenario: Scenario) -> None:
    assert scenario.sale.paid
    assert simulate(scenario).failures == []
