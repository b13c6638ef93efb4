"""Journeys that are taken out of the simulator's page, and put into it."""

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client

from tests.support.reading import text
from tests.tracking.pages.simulator.playing import SCENARIOS, answers, exported, form, send
from tracking.simulator.format import read
from tracking.simulator.problems import ScenarioError
from tracking.simulator.writer import write

TWO = """
- name: first
  do: [{click: {at: 0, by: A, type: hard}}]
  sale: {at: 1, paid: A}
- name: second
  do: [{click: {at: 0, by: B, type: soft}}, {end_session: {at: 10}}]
  sale: {at: 20, paid: B}
"""


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
        pytest.param("- {name: x", "the input is not YAML", id="no_yaml"),
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
