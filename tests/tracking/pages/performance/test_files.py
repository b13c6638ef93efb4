"""Files for spreadsheets: what the page shows, as numbers."""

import re
from io import BytesIO
from xml.etree import ElementTree
from zipfile import ZipFile

import pytest
from django.test import Client

from network.models import Advertiser
from tests.support.makers import NOW, make_advertiser, make_partner, make_publisher, make_user
from tests.support.reading import signed_in
from tests.tracking.pages.performance.asking import DAY, PAGE, rows, sell

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("at_now")]
_SHEET = "{http://schemas.openxmlformats.org/spreadsheetml/2006/main}"


def workbook(client: Client, query: str) -> tuple[list[list[str]], dict[str, str], str]:
    """The lines, the facts about them, and the first sheet as it is written."""
    answer = client.get(f"{PAGE}?format=xlsx&{query}")
    assert answer.status_code == 200
    with ZipFile(BytesIO(answer.content)) as book:
        texts = ElementTree.fromstring(book.read("xl/sharedStrings.xml"))
        shared = ["".join(one.itertext()) for one in texts]
        lines = _cells(book.read("xl/worksheets/sheet1.xml"), shared)
        about = _cells(book.read("xl/worksheets/sheet2.xml"), shared)
        return (
            lines,
            {row[0]: row[1] for row in about},
            book.read("xl/worksheets/sheet1.xml").decode(),
        )


def _cells(sheet: bytes, shared: list[str]) -> list[list[str]]:
    return [
        [
            shared[int(value)] if cell.get("t") == "s" else value
            for cell in row
            for value in [cell.findtext(f"{_SHEET}v", "")]
        ]
        for row in ElementTree.fromstring(sheet).iter(f"{_SHEET}row")
    ]


@pytest.mark.usefixtures("life")
@pytest.mark.parametrize("query", ["", "by=partner&then=month&period=90", "cookie_type=soft"])
def test_a_workbook_has_the_lines_of_the_table(owner: Client, query: str) -> None:
    found, about, _sheet = workbook(owner, query)
    plain = rows(owner, query)
    assert len(found) == len(plain) + 1
    names = 2 if "then" in query else 1
    for line, row in zip(found[1:], plain, strict=True):
        assert [text for text in line[:names] if text] == [text for text in row[:names] if text]
        numbers = [float(text) for text in row[-11:]]
        assert [float(text) for text in line[-11:]] == pytest.approx(numbers, abs=0.0001)
    assert about["Whose figures"] == ("Soft" if "soft" in query else "Everybody's")
    first = "13 Dec 2025" if "90" in query else "11 Feb 2026"
    assert about["Days"] == f"{first} to 12 Mar 2026"


def test_a_currency_without_decimals_has_none() -> None:
    operator = signed_in(make_user("operator"))
    yen = make_advertiser("Yen", currency="JPY")
    sell(make_partner(yen, make_publisher("P"), "hard"), NOW - DAY, "1200")
    found, _about, _sheet = workbook(operator, "")
    assert found[1][:3] == ["P", "JPY", "1200"]


def test_no_name_becomes_a_formula_or_a_link(owner: Client, shop: Advertiser) -> None:
    for name in ("=1+1", "+44", "@SUM(A1)"):
        sell(make_partner(shop, make_publisher(name), "hard"), NOW - DAY, "10.00")
    found, _about, sheet = workbook(owner, "")
    assert {"=1+1", "+44", "@SUM(A1)"} <= {row[0] for row in found}
    assert not re.search(r"<f[ >]|hyperlink", sheet)


@pytest.mark.parametrize("kind", ["csv", "xlsx"])
def test_of_an_empty_time_there_is_a_heading(owner: Client, kind: str) -> None:
    answer = owner.get(f"{PAGE}?format={kind}")
    assert answer.status_code == 200
    assert f".{kind}" in answer.headers["Content-Disposition"]
