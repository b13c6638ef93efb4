"""The simulator's page: the answers of ``manage.py simulate``, a form that forgets nothing, sales
to start from."""

import io
import json
import random
import re
from datetime import timedelta
from html import unescape
from pathlib import Path
from typing import Any

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.core.management import call_command
from django.test import Client
from hypothesis import given
from hypothesis import settings as hypothesis_settings
from hypothesis import strategies as st

from tests.support.makers import (
    NOW,
    Shopper,
    make_advertiser,
    make_partner,
    make_publisher,
    make_user,
)
from tests.support.reading import signed_in, text
from tracking.models import Conversion
from tracking.pages.simulator import page as simulator_page
from tracking.pages.simulator.draft import from_scenario
from tracking.pages.simulator.form import form_of
from tracking.pages.simulator.from_sale import scenario_of
from tracking.rule.attribution import CookieType, SoftRule, Verdict, resolve
from tracking.simulator import examples
from tracking.simulator.format import (
    DAY,
    HOUR,
    ClickStep,
    SaleStep,
    Scenario,
    SessionEnd,
    Settings,
    read,
)
from tracking.simulator.loading import ScenarioError
from tracking.simulator.play import number_of, simulate
from tracking.simulator.playback import Kind, lines
from tracking.simulator.writer import write

ROOT = Path(__file__).resolve().parents[4]
TABLE = (ROOT / "tests" / "scenarios.yaml").read_text(encoding="utf-8")
SCENARIOS = read(TABLE)
EXAMPLES = [one for group in examples.groups().values() for one in group]

TWO = """
- name: first
  do: [{click: {at: 0, by: A, type: hard}}]
  sale: {at: 1, paid: A}
- name: second
  do: [{click: {at: 0, by: B, type: soft}}, {end_session: {at: 10}}]
  sale: {at: 20, paid: B}
"""


# --- Written as it is read --------------------------------------------------------------------


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
    assert examples.TABLE.read_bytes() == (ROOT / "tests" / "scenarios.yaml").read_bytes()
    documented, table = examples.groups().values()
    assert [one.scenario for one in table] == SCENARIOS
    blocks = re.findall(
        r"```yaml\n(.*?)```", (ROOT / "docs" / "attribution.md").read_text(), flags=re.DOTALL
    )
    assert [one.scenario for one in documented] == [s for block in blocks for s in read(block)]
    assert len(documented) >= 6


# --- Who holds the cookie when ----------------------------------------------------------------


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
    if scenario.sale.presented is None and result.paid != "nobody":
        assert holder
        assert result.publisher(holder) == result.paid


# --- The page ---------------------------------------------------------------------------------


@pytest.fixture
def staff(db: None) -> Client:
    return signed_in(make_user("viewer", make_advertiser("Shop")))


def answers(response: Any) -> dict[str, Any]:
    """What the page says, from its markup."""
    body = response.content.decode()
    paid = re.search(r'data-paid="([^"]*)"', body)
    assert paid, text(response)
    verdicts = re.findall(r'<tr data-verdict="(\w+)"', body)
    return {"paid": unescape(paid[1]), "verdicts": verdicts}


def form(response: Any) -> dict[str, str]:
    """The fields of the page's form as a browser would send them."""
    body = response.content.decode()
    body = body[body.index('id="simulator"') :]
    found: dict[str, str] = {}
    for tag in re.findall(r"<input [^>]*>", body):
        name, value = (re.search(rf' {key}="([^"]*)"', tag) for key in ("name", "value"))
        if name and name[1] not in ("file", "csrfmiddlewaretoken"):
            found[name[1]] = unescape(value[1]) if value else ""
    for name, options in re.findall(r'<select [^>]*?name="([\w-]+)".*?>(.*?)</select>', body, re.S):
        chosen = re.search(r'<option value="([^"]*)" selected', options)
        found[name] = unescape(chosen[1]) if chosen else ""
    area = re.search(r'<textarea id="import".*?>(.*?)</textarea>', body, re.S)
    assert area
    return found | {"import": unescape(area[1])}


def exported(response: Any) -> str:
    area = re.search(r'<textarea id="text".*?>(.*?)</textarea>', response.content.decode(), re.S)
    assert area
    return unescape(area[1])


def send(client: Client, fields: dict[str, Any], do: str = "play") -> Any:
    return client.post("/admin/simulator/", {**fields, "do": do})


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
        decided = resolve(random.sample(result.clicks, len(result.clicks)), result.sale)
        if result.outcome:
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
    assert "30d The window of click 1 (Blog, hard) closes — — Nobody" in seen
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
        pytest.param({"at-1": "3d"}, "at-2", "list what happens in the order of time", id="order"),
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


def test_nothing_sent_is_a_form_to_fill_in(staff: Client) -> None:
    assert 'Name: "" is not a text' in text(
        staff.post("/admin/simulator/", {"rows-TOTAL_FORMS": "x"})
    )


# --- Import and export ------------------------------------------------------------------------


def test_a_download_reads_as_the_journey(staff: Client) -> None:
    page = staff.get("/admin/simulator/", {"example": "case-9"})
    response = send(staff, {"text": exported(page)}, "download")

    assert response.headers["Content-Disposition"] == 'attachment; filename="scenario.yaml"'
    assert read(response.content.decode()) == [SCENARIOS[8]]


def test_a_download_of_what_is_no_journey_is_told(staff: Client) -> None:
    response = send(staff, {"text": "- {name: x}"}, "download")
    assert 'entry 1 "x": do: missing; it is required' in text(response)
    assert form(response)["import"] == "- {name: x}"


@pytest.mark.parametrize("as_file", [False, True], ids=["text", "file"])
def test_one_imported_journey_opens_in_the_form(staff: Client, as_file: bool) -> None:
    one = write([SCENARIOS[3]])
    fields = form(staff.get("/admin/simulator/"))
    fields |= {} if as_file else {"import": one}
    file = {"file": SimpleUploadedFile("x.yaml", b"\xef\xbb\xbf" + one.encode())}
    response = send(staff, fields | (file if as_file else {}), "import")

    assert read(exported(response)) == [SCENARIOS[3]]
    assert form(response)["import"].strip() == one.strip()


def test_of_several_imported_journeys_one_is_chosen(staff: Client) -> None:
    fields = form(staff.get("/admin/simulator/")) | {"import": TWO}
    response = send(staff, fields, "import")
    assert "1 first A As expected" in text(response)
    assert "2 second Nobody Not as expected paid: expected B, got nobody" in text(response)
    assert form(response) == fields
    response = send(staff, fields, "open-2")
    assert form(response)["name"] == "second"
    assert form(response)["import"] == TWO
    assert "Not as expected: paid: expected B, got nobody." in text(response)


BILLION = "- &a [x, x]\n" + "".join(
    f"- &{new} [{', '.join([f'*{old}'] * 9)}]\n"
    for old, new in zip("abcdefgh", "bcdefghi", strict=True)
)


@pytest.mark.parametrize(
    ("written", "words"),
    [
        pytest.param("- {name: x", "the input is no YAML", id="no_yaml"),
        pytest.param("", "the input is empty", id="empty"),
        pytest.param("[]", "the list is empty; give at least one journey", id="no_journey"),
        pytest.param(TWO.replace("hard", "harrd"), 'do[1].click.type: "harrd"', id="type"),
        pytest.param("[" * 50_000, "nested too deeply", id="brackets"),
        pytest.param("- " * 40_000, "nested too deeply", id="dashes"),
        pytest.param(BILLION, "by an alias (*name); write the part out", id="aliases"),
        pytest.param(
            "- &x {name: x, do: [], sale: {at: 1}}\n" + "- *x\n" * 9, "by an alias", id="repeated"
        ),
        pytest.param("#" * 100_001, "is longer than 100,000 characters", id="too_long"),
        pytest.param(
            "- {name: x, do: [], sale: {at: 1}}\n" * 201, "201 journeys; 200 are the", id="many"
        ),
        pytest.param(
            f"- {{name: x, do: [{'{end_session: {at: 1}}, ' * 101}], sale: {{at: 1}}}}",
            'entry 1 "x": do: 101 steps; 100 are the most here',
            id="many_steps",
        ),
        pytest.param(
            '[{"name": "x", "do": [], "sale": {"at": 1},'
            ' "settings": {"windows": {"\\ud800": "1d"}}}]',
            "is not a text of 1 to 40 printable characters",
            id="what_cannot_be_shown",
        ),
    ],
)
def test_what_cannot_be_imported_is_told_and_kept(staff: Client, written: str, words: str) -> None:
    fields = form(staff.get("/admin/simulator/")) | {"import": written}
    response = send(staff, fields, "import")

    assert response.status_code == 200
    assert words in text(response)
    assert form(response)["import"] == written
    assert answers(response)["paid"] == "Blog"


@pytest.mark.parametrize(
    ("content", "words"),
    [
        pytest.param(b"- {name: \xff}", "x.yaml: byte 9 is not UTF-8", id="no_text"),
        pytest.param(b"#" * 2_000_000, "is longer than 100,000 characters", id="too_large"),
    ],
)
def test_a_file_that_is_none_is_told(staff: Client, content: bytes, words: str) -> None:
    file = SimpleUploadedFile("x.yaml", content)
    assert words in text(send(staff, {"import": "", "file": file}, "import"))


def test_an_alias_is_refused_by_the_reader() -> None:
    with pytest.raises(ScenarioError, match="alias"):
        read("- &a {name: x, do: [], sale: {at: 1}}\n- *a")


def test_what_is_typed_is_escaped(staff: Client) -> None:
    fields = form(staff.get("/admin/simulator/")) | {"by-1": "<script>x</script>", "paid": ""}
    body = send(staff, fields).content.decode()
    assert "<script>x" not in body
    assert answers(send(staff, fields))["paid"] == "<script>x</script>"


def test_an_example_that_is_not_there_is_not_found(staff: Client) -> None:
    assert staff.get("/admin/simulator/", {"example": "case-0"}).status_code == 404


# --- A sale to start from ---------------------------------------------------------------------


@pytest.fixture
def sale(db: None) -> Conversion:
    shop = make_advertiser("Tenant", soft_rule="last", hard_days=7, soft_hours=12)
    blog = make_partner(shop, make_publisher("Blog"), hard_days=3)
    cat = make_partner(shop, make_publisher("Cat"), "soft")
    shopper = Shopper()
    shopper.follow(blog, NOW - timedelta(days=2, seconds=20))
    shopper.end_session()
    shopper.follow(cat, NOW - timedelta(hours=1))
    return shopper.buy(shop, NOW, order="10023")


def test_a_sale_opens_as_it_was_decided(sale: Conversion) -> None:
    client = signed_in(make_user("viewer", sale.advertiser))
    response = client.get("/admin/simulator/", {"sale": sale.pk})

    assert answers(response) == {"paid": "Blog", "verdicts": ["held", "stood_down"]}
    assert "As expected." in text(response)
    assert "This is the journey of order 10023" in text(response)
    (scenario,) = read(exported(response))
    assert scenario.name == "Order 10023 of Tenant"
    assert scenario.settings == Settings(SoftRule.LAST, 12 * HOUR, 3 * DAY)
    assert [type(step) for step in scenario.steps] == [ClickStep, SessionEnd, ClickStep]
    assert [step.minute for step in scenario.steps] == [0, 2 * DAY - HOUR, 2 * DAY - HOUR]
    assert scenario.sale.minute == 2 * DAY


def test_a_sales_page_leads_to_it(sale: Conversion) -> None:
    client = signed_in(make_user("viewer", sale.advertiser))
    page = client.get(f"/admin/tracking/conversion/{sale.pk}/change/").content.decode()
    assert f'href="/admin/simulator/?sale={sale.pk}"' in page


@pytest.mark.parametrize("key", ["{other}", "0", "x", "", "-1", "9" * 30])
def test_a_sale_of_others_is_not_there(sale: Conversion, key: str) -> None:
    client = signed_in(make_user("owner", make_advertiser("Other")))
    response = client.get("/admin/simulator/", {"sale": key.format(other=sale.pk)})

    assert response.status_code == 404
    assert "10023" not in response.content.decode()


def test_only_those_who_enter_the_admin_enter(sale: Conversion) -> None:
    member = signed_in(make_user("member", make_publisher()))
    assert member.get("/admin/simulator/").status_code in (302, 403)
    assert signed_in(make_user("operator")).get("/admin/simulator/").status_code == 200


def carried(conversion: Conversion) -> Scenario:
    assert conversion.decision
    names = dict.fromkeys(range(10_000), "Same name, and so long that it must be cut off somewhere")
    return scenario_of(conversion.decision, conversion.order, names).scenario


@pytest.mark.parametrize("seed", range(4))
def test_sales_as_they_happen_are_played_as_they_were_decided(seed: int, db: None) -> None:
    """At whole minutes a scenario holds all that decides, unless terms changed meanwhile."""
    chance = random.Random(seed)
    rule = ["first", "last", "sole", "first"][seed]
    shop = make_advertiser(soft_rule=rule, hard_days=2, soft_hours=3)
    partners = [
        make_partner(shop, make_publisher(), chance.choice(["hard", "soft"]), hard_days=days)
        for days in (1, 2, 3)
    ]
    for number in range(6):
        shopper, at = Shopper(), NOW - timedelta(days=5)
        for _ in range(chance.randint(1, 5)):
            at += timedelta(minutes=chance.choice([5, 100, 1000]))
            shopper.follow(chance.choice(partners), at, consent=chance.random() > 0.1)
            if chance.random() < 0.3:
                shopper.end_session()
        if shopper.cookies:
            at += timedelta(minutes=chance.choice([1, 200, 2000]))
            shopper.buy(shop, at, order=f"o-{number}")
    sales = Conversion.objects.select_related("decision")
    failures = {sale.order: simulate(carried(sale)).failures for sale in sales}
    assert {order: said for order, said in failures.items() if said} == {}
    assert len(failures) >= 4


def test_publishers_of_one_name_stay_apart(sale: Conversion) -> None:
    names = {click.publisher for click in carried(sale).clicks}
    assert len(names) == 2
    assert all(len(name) <= 40 for name in names)
    assert number_of(simulate(carried(sale)).clicks[1]) == 2
