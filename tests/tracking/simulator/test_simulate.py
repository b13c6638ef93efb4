"""``manage.py simulate``: the simulated browser, and the command's answers."""

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

from tests.support.written import TWO_HARD, entry
from tracking.rule.attribution import MINUTE_MS
from tracking.simulator.examples import TABLE
from tracking.simulator.format import read
from tracking.simulator.play import number_of, simulate
from tracking.simulator.scenario import Scenario

ROOT = Path(__file__).resolve().parents[3]
SCENARIOS = TABLE
DAY = 1440


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
    entries = yaml.safe_load(SCENARIOS.read_text(encoding="utf-8"))
    told = json.loads(records.out)
    assert [each["name"] for each in told] == [each["name"] for each in entries]
    for said, sale in zip(told, [each["sale"] for each in entries], strict=True):
        assert {key: said[key] for key in ("paid", "verdicts")} == {
            key: sale[key] for key in ("paid", "verdicts")
        }
        assert ("reports" in sale) == ("reports" in said)
        if "reports" in sale:
            outcomes = [report.get("outcome") for report in sale["reports"]]
            pairs = zip(outcomes, said["reports"], strict=True)
            assert said["state"] == sale["state"]
            assert said["figures"] == sale.get("figures", said["figures"])
            assert all(expected in (None, got) for expected, got in pairs)


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
        "  Sale at 2h 5: A is credited. The sale becomes final at 30d 9.\n"
        "  click 1 (S, soft), at 0: overwritten. The cookie was taken over by click 2 (A, hard).\n"
        "  click 2 (A, hard), at 9: held. It held the cookie at the sale.\n"
        "  click 3 (T, soft), at 1h: stood_down. The cookie was held by click 2 (A, hard).\n"
        "  click 4 (X, hard), at 2h: not_partner. Its publisher was not an approved partner then.\n"
        "  click 5 (B, hard), at 3h: after_conversion. It is later than the sale.\n"
    )


def test_plain_output_says_why_nobody_is_paid() -> None:
    soft = "{click: {at: 0, by: S, type: soft}}"
    contested = run(
        entry(f"[{soft}, {{click: {{at: 1, by: T, type: soft}}}}]", "{at: 2}", SOLE_SETTING)
    )
    assert (
        "Under the rule sole, the open window of click 2 (T, soft) leaves it unpaid."
        in contested.out
    )
    assert "Nobody is credited. The sale becomes final at 1d 1." in contested.out
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
    result = manage("tracking/simulator/scenarios.yaml", "--json")

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
