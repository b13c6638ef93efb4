"""The simulator's page: every example, what is changed, and what cannot be played."""

import io
import json
import random
import re
from html import unescape

import pytest
from django.core.management import call_command
from django.test import Client

from tests.support.reading import text
from tests.tracking.pages.simulator.playing import answers, exported, form, send
from tracking.rule.attribution import resolve
from tracking.simulator import examples
from tracking.simulator.format import read
from tracking.simulator.play import simulate

EXAMPLES = [one for group in examples.groups().values() for one in group]


def test_it_answers_every_example_as_the_command_and_the_rule_do(staff: Client) -> None:
    out = io.StringIO()
    call_command("simulate", str(examples.TABLE), "--json", stdout=out)
    commanded = [
        {"paid": each["paid"], "verdicts": each["verdicts"]} for each in json.loads(out.getvalue())
    ]
    shown = []
    for one in EXAMPLES:
        response = staff.get("/admin/simulator/", {"example": one.key})
        told = answers(response)
        result = simulate(one.scenario)
        if result.outcome:
            judged_clicks = [judged.click for judged in result.outcome.verdicts]
            if not one.scenario.sale.reports:
                assert judged_clicks == list(result.clicks)
            shuffled = random.sample(judged_clicks, len(judged_clicks))
            decided = resolve(shuffled, result.sale)
            assert told["verdicts"] == [judged.verdict.value for judged in decided.verdicts]
        assert told["paid"] == one.scenario.sale.paid
        assert "As expected." in text(response)
        assert read(exported(response)) == [one.scenario]
        assert answers(send(staff, form(response))) == told
        shown.append(told)
    assert shown[-len(commanded) :] == commanded


def test_it_tells_who_holds_the_cookie_when_and_why(staff: Client) -> None:
    seen = text(staff.get("/admin/simulator/", {"example": "explained-1"}))

    assert "Who is credited Blog is credited. The sale becomes final at 30d. As expected." in seen
    assert "1 0 Blog Hard Credited It held the cookie at the sale." in seen
    assert "2 2d Extension Soft Stood down The cookie was held by click 1 (Blog, hard)." in seen
    assert "2d Click 2: Extension, soft; stands down Blog, until 30d — Blog" in seen
    assert "30d The window of click 1 (Blog, hard) closes — — No one" in seen
    assert '<svg class="journey-picture"' in staff.get("/admin/simulator/").content.decode()


@pytest.mark.parametrize(
    ("changes", "paid"),
    [
        pytest.param({"kind-1": "soft"}, "nobody", id="type"),
        pytest.param({"kind-1": "hard-no-partner"}, "Extension", id="no_partner"),
        pytest.param({"window-1": "1d"}, "Extension", id="window"),
        pytest.param({"hard_days": "1"}, "Extension", id="hard_days"),
        pytest.param({"kind-2": "hard"}, "Extension", id="other_type"),
        pytest.param({"kind-1": "soft", "soft_hours": "72"}, "Blog", id="soft_hours"),
        pytest.param(
            {"kind-1": "soft", "soft_hours": "72", "soft_rule": "last"}, "Extension", id="soft_rule"
        ),
        pytest.param(
            {"kind-1": "soft", "soft_hours": "72", "soft_rule": "sole"}, "nobody", id="sole"
        ),
        pytest.param({"by-2": "nobody "}, None, id="a_publisher_called_nobody"),
        pytest.param({"kind-2": "close"}, "Blog", id="closed_browser"),
        pytest.param({"sale_at": "40d"}, "nobody", id="sale"),
        pytest.param({"present": "list", "present_clicks": ""}, "nobody", id="nothing_arrives"),
    ],
)
def test_whatever_is_changed_is_played(
    staff: Client, changes: dict[str, str], paid: str | None
) -> None:
    fields = form(staff.get("/admin/simulator/", {"example": "explained-1"}))
    response = send(staff, fields | changes)

    if paid is None:
        assert "Row 2, partner: &quot;nobody&quot; means" in response.content.decode().replace(
            "</strong>", ""
        ).replace("<strong>", "")
    elif changes.get("kind-1") == "soft" and paid == "nobody" and "soft_rule" not in changes:
        # The blog's soft cookie has closed, and the extension takes the cookie.
        assert answers(response)["paid"] == "Extension"
    else:
        assert answers(response)["paid"] == paid


def test_the_validation_period_moves_the_closing(staff: Client) -> None:
    fields = form(staff.get("/admin/simulator/"))
    assert "Blog is credited. The sale becomes final at 42d 10." in text(
        send(staff, fields | {"validation_days": "40"})
    )


@pytest.mark.parametrize(
    ("changes", "field", "words"),
    [
        pytest.param(
            {"at-2": "1w"},
            "at-2",
            'Row 2, time: "1w" is not a time; write minutes, or days, hours and minutes',
            id="time",
        ),
        pytest.param({"at-1": "3d"}, "at-2", "list the steps in order of time", id="order"),
        pytest.param(
            {"by-1": ""}, "by-1", 'Row 1, partner: "" is not a text of 1 to', id="partner"
        ),
        pytest.param(
            {"kind-1": "harrd"}, "kind-1", 'Row 1, what happens: "harrd" is not one of', id="kind"
        ),
        pytest.param(
            {"window-1": "401d"}, "window-1", 'Row 1, hard window: "401d" is not', id="window"
        ),
        pytest.param(
            {"by-2": "Blog", "window-1": "1d", "window-2": "2d"},
            "window-2",
            "Row 2, hard window: Blog has a window of 1d above",
            id="two_windows",
        ),
        pytest.param({"name": ""}, "name", 'Name: "" is not a text', id="name"),
        pytest.param({"soft_rule": "frist"}, "soft_rule", "is not one of first, last", id="rule"),
        pytest.param(
            {"soft_hours": "721"}, "soft_hours", "not a whole number from 1 to 720", id="soft_hours"
        ),
        pytest.param({"hard_days": "x"}, "hard_days", "Hard window in days: ", id="hard_days"),
        pytest.param(
            {"validation_days": "-1"}, "validation_days", "Validation period", id="validation"
        ),
        pytest.param({"sale_at": ""}, "sale_at", 'Time of the sale: "" is not a time', id="sale"),
        pytest.param(
            {"present": "list", "present_clicks": "1, 3"},
            "present_clicks",
            'Numbers of those clicks: "3" is not a whole number from 1 to 2',
            id="present",
        ),
        pytest.param({"verdicts": "hold"}, "verdicts", "Expected verdicts: ", id="verdicts"),
        pytest.param({"paid": "x" * 41}, "paid", "Expected partner: ", id="paid"),
    ],
)
def test_an_error_names_the_field_and_nothing_typed_is_lost(
    staff: Client, changes: dict[str, str], field: str, words: str
) -> None:
    fields = form(staff.get("/admin/simulator/")) | changes | {"import": "half <typed"}
    response = send(staff, fields)
    body = response.content.decode()

    assert response.status_code == 200
    assert words in text(response)
    invalid = re.findall(r'<(?:input|select)[^>]*name="([\w-]+)"[^>]*aria-invalid="true"', body)
    assert invalid == [field]
    assert form(response) == fields


def test_rows_are_added_removed_and_put_in_order(staff: Client) -> None:
    fields = form(staff.get("/admin/simulator/"))
    fields = form(send(staff, fields, "add-soft"))
    assert (fields["rows-TOTAL_FORMS"], fields["at-3"], fields["by-3"]) == ("3", "2d", "Partner A")
    fields = form(send(staff, fields | {"at-3": "1d"}, "sort"))
    assert [fields[f"by-{number}"] for number in (1, 2, 3)] == ["Blog", "Partner A", "Extension"]
    fields = form(send(staff, fields, "remove-1"))
    assert [fields[f"by-{number}"] for number in (1, 2)] == ["Partner A", "Extension"]
    response = send(staff, fields, "add-close")
    assert form(response)["kind-3"] == "close"
    assert answers(response) == {"paid": "nobody", "verdicts": ["expired", "session_ended"]}
    for _ in range(3):
        fields = form(send(staff, fields, "remove-1"))
    assert fields["rows-TOTAL_FORMS"] == "0"
    assert form(send(staff, fields, "add-hard"))["at-1"] == "0"


def test_a_journey_is_as_long_as_a_form_can_send(staff: Client) -> None:
    fields = form(staff.get("/admin/simulator/"))
    fields |= {f"{name}-{n}": "" for n in range(101) for name in ("at", "kind", "by", "window")}
    response = send(staff, fields | {"rows-TOTAL_FORMS": "9999"}, "add-hard")
    assert form(response)["rows-TOTAL_FORMS"] == "100"
    assert "A journey here has up to 100 rows" in text(response)
    assert "Add a hard click" not in text(response)


@pytest.mark.parametrize(
    "do", ["", "remove-", "remove-x", "remove-99999", "open-7", "add-x", "dance", "add"]
)
def test_a_button_that_is_not_there_does_nothing(staff: Client, do: str) -> None:
    fields = form(staff.get("/admin/simulator/"))
    assert form(send(staff, fields, do)) == fields


EVIDENCE = "explained-7"
"""Somebody else's browser claims the order."""


def test_it_tells_what_became_of_each_report_and_why(staff: Client) -> None:
    page = staff.get("/admin/simulator/", {"example": EVIDENCE})
    seen = text(page)

    assert "Blog is credited. The sale becomes final at 30d. As expected." in seen
    assert "Reports of the sale Final" in seen
    assert (
        "2 2d comes in at 2d 5 Unsigned, with a valid click €900.00 cookies of browser 2, by tag"
        " Kept apart: another browser's report of this order" in seen
    )
    assert (
        "3 2d comes in at 3d Keyed: from the shop's server, with its key €50.00 Figures count"
        " the id of click 1 Confirmed the sale" in seen
    )
    assert "1h Click 2: Forger, hard (browser 2) Forger, until 30d 1h — Forger" in seen


@pytest.mark.parametrize(
    ("changes", "told"),
    [
        pytest.param(
            {"report_rank-3": "token", "report_amount-3": "900"},
            "reports of different browsers contradict each other. Unless the shop settles it,"
            " the earlier one decides at 32d 5.",
            id="conflict",
        ),
        pytest.param(
            {"report_arrives-3": "40d", "until": "20d"},
            "Nobody is credited: reports of different browsers contradict each other.",
            id="before_the_server_speaks",
        ),
        pytest.param(
            {"uncounted_channels": "Mail", "report_channel-3": "mail"},
            "Nobody is credited: the channel of the order does not count.",
            id="channel",
        ),
        pytest.param(
            {"largest_order": "49.99"},
            "The order is larger than is plausible, so it waits for staff.",
            id="on_hold",
        ),
        pytest.param(
            {"report_amount-3": "50 USD"},
            "Refused: see what was wrong; currency is USD, expected is EUR",
            id="currency",
        ),
    ],
)
def test_whatever_is_changed_of_the_evidence_is_played(
    staff: Client, changes: dict[str, str], told: str
) -> None:
    fields = form(staff.get("/admin/simulator/", {"example": EVIDENCE}))
    quiet = {"paid": "", "verdicts": "", "state": "", "figures": ""}
    quiet |= {f"report_outcome-{number}": "" for number in (1, 2, 3)}
    until = {} if "until" in changes else {"until": "31d"}
    assert told in text(send(staff, fields | quiet | until | changes))


def test_reports_are_added_and_removed(staff: Client) -> None:
    fields = form(staff.get("/admin/simulator/"))
    response = send(staff, fields, "report")
    first = form(response)
    assert (first["reports-TOTAL_FORMS"], first["report_rank-1"]) == ("1", "signed")
    assert answers(response)["paid"] == "Blog"
    second = form(send(staff, first, "report"))
    assert (second["report_rank-2"], second["report_brings-2"]) == ("token", "tag")
    assert form(send(staff, second, "report-2")) == first
    again = form(send(staff, first, "report-1"))
    assert again["reports-TOTAL_FORMS"] == "0"
    assert answers(send(staff, again))["paid"] == "Blog"


def test_a_bare_report_is_not_asked_what_it_brings(staff: Client) -> None:
    fields = form(send(staff, form(staff.get("/admin/simulator/")), "report"))
    response = send(staff, fields | {"report_rank-1": "bare", "report_browser-1": "2"})
    body = response.content.decode()
    assert answers(response)["paid"] == "nobody"
    assert "Not recorded: no valid click came with it" in text(response)
    hidden = re.findall(r'<input type="hidden" name="report_(\w+)-1"', body)
    assert sorted(hidden) == ["brings", "browser", "clicks"]


def test_the_first_report_brings_what_came_with_the_sale(staff: Client) -> None:
    fields = form(staff.get("/admin/simulator/")) | {"present": "list", "present_clicks": "2"}
    found = form(send(staff, fields, "report"))
    assert (found["report_rank-1"], found["report_brings-1"]) == ("keyed", "list")
    assert found["report_clicks-1"] == "2"


@pytest.mark.parametrize(
    ("changes", "field", "words"),
    [
        pytest.param(
            {"report_amount-2": "1,5"},
            "report_amount-2",
            'Report 2, Amount: "1,5" is not an amount',
            id="amount",
        ),
        pytest.param(
            {"report_arrives-2": "1d"}, "report_arrives-2", "Report 2, Comes in at:", id="arrives"
        ),
        pytest.param(
            {"report_rank-1": "keyed"},
            "report_brings-1",
            "Report 1, What it brings: &quot;cookies&quot;: a server has no cookies",
            id="keyed_with_cookies",
        ),
        pytest.param(
            {"report_clicks-3": "9"},
            "report_clicks-3",
            'Report 3, Click numbers: "9" is not a whole number from 1 to 2',
            id="clicks",
        ),
        pytest.param({"browser-2": "x"}, "browser-2", "Row 2, browser:", id="browser"),
        pytest.param({"confirm_days": "0"}, "confirm_days", "Days to confirm:", id="days"),
        pytest.param({"state": "paid"}, "state", "Expected state:", id="state"),
        pytest.param({"figures": "4"}, "figures", "Expected: figures of report:", id="figures"),
        pytest.param({"until": "soon"}, "until", "Look at it at:", id="until"),
    ],
)
def test_an_error_in_the_evidence_names_the_field(
    staff: Client, changes: dict[str, str], field: str, words: str
) -> None:
    fields = form(staff.get("/admin/simulator/", {"example": EVIDENCE})) | changes
    response = send(staff, fields)
    body = response.content.decode()
    assert unescape(words) in text(response)
    invalid = re.findall(r'<(?:input|select)[^>]*name="([\w-]+)"[^>]*aria-invalid="true"', body)
    assert invalid == [field]
    assert form(response) == fields


def test_nothing_sent_is_a_form_to_fill_in(staff: Client) -> None:
    assert 'Name: "" is not a text' in text(
        staff.post("/admin/simulator/", {"rows-TOTAL_FORMS": "x"})
    )


def test_what_is_typed_is_escaped(staff: Client) -> None:
    fields = form(staff.get("/admin/simulator/")) | {"by-1": "<script>x</script>", "paid": ""}
    body = send(staff, fields).content.decode()
    assert "<script>x" not in body
    assert answers(send(staff, fields))["paid"] == "<script>x</script>"


def test_an_example_that_is_not_there_is_not_found(staff: Client) -> None:
    assert staff.get("/admin/simulator/", {"example": "case-0"}).status_code == 404
