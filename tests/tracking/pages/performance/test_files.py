"""Files for spreadsheets: what the page shows, as numbers."""

import re

import pytest
from django.test import Client

from network.models import Advertiser
from tests.support.makers import NOW, make_partner, make_publisher
from tests.tracking.pages.performance.asking import DAY, rows, sell, workbook

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("at_now")]


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


def test_no_name_becomes_a_formula_or_a_link(owner: Client, shop: Advertiser) -> None:
    for name in ("=1+1", "+44", "@SUM(A1)"):
        sell(make_partner(shop, make_publisher(name), "hard"), NOW - DAY, "10.00")
    found, _about, sheet = workbook(owner, "")
    assert {"=1+1", "+44", "@SUM(A1)"} <= {row[0] for row in found}
    assert not re.search(r"<f[ >]|hyperlink", sheet)
