"""Lines that are about two things at once."""

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from publishers.models import Partnership
from tests.support.makers import NOW
from tests.support.reading import text
from tests.tracking.pages.performance.asking import DAY, PAGE, rows, sell
from tracking.pages.performance import page
from tracking.pages.performance.form import GROUPS

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("at_now", "life")]


def test_partners_by_month(owner: Client) -> None:
    found = rows(owner, "by=partner&then=month&period=90")
    assert [row[:2] + row[4:5] for row in found] == [
        ["Blog", "January 2026", "1"],
        ["Blog", "1 Mar 2026 to 12 Mar 2026", "2"],
        ["Overlay", "1 Mar 2026 to 12 Mar 2026", "1"],
        ["total", "", "4"],
    ]


def test_time_comes_in_its_order_and_partners_by_what_they_sold(
    owner: Client, overlay: Partnership
) -> None:
    sell(overlay, NOW - 40 * DAY, "90.00")
    found = rows(owner, "by=month&then=partner&period=90")
    assert [row[1] for row in found] == ["Overlay", "Blog", "Blog", "Overlay", ""]


PAIRS = [(by, then) for by in GROUPS for then in GROUPS]


@pytest.mark.parametrize(("by", "then"), PAIRS[::3])
def test_lines_come_to_the_total_and_numbers_open_their_rows(
    owner: Client, by: str, then: str
) -> None:
    address = f"{PAGE}?by={by}&then={then}&period=90"
    [section] = owner.get(address).context["sections"]
    sales = [int(row.cells[1].text) for row in section.rows]
    assert sum(sales) == int(section.total[1].text) == 4
    for row in section.rows[:2]:
        assert len(row.heads) == (1 if by == then else 2)
        if opens := row.cells[1].address:
            found = owner.get(opens).context["cl"].result_list
            assert len(found) == int(row.cells[1].text)


def test_what_a_line_is_about_leads_to_it_alone(owner: Client, blog: Partnership) -> None:
    [section] = owner.get(f"{PAGE}?by=partner&then=month&period=90").context["sections"]
    partner, month = section.rows[1].heads
    inside = owner.get(PAGE + partner.address).context["sections"][0]
    assert [row.heads[0].text for row in inside.rows] == [
        "January 2026",
        "1 Mar 2026 to 12 Mar 2026",
    ]
    days = owner.get(PAGE + month.address).context["sections"][0]
    assert [row.heads[0].text for row in days.rows] == ["9 Mar 2026", "12 Mar 2026"]
    assert f"partner={blog.publisher_id}" in partner.address


def test_of_very_many_lines_the_page_shows_the_first(
    owner: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(page, "MOST_LINES", 2)
    query = "by=partner&then=day&period=90"
    answer = owner.get(f"{PAGE}?{query}")
    assert "The first 2 of 5 lines are shown." in text(answer)
    assert len(answer.context["sections"][0].rows) == 2
    assert len(rows(owner, query)) == 6


def test_two_things_take_as_many_queries_as_one(owner: Client) -> None:
    def queries(query: str) -> int:
        with CaptureQueriesContext(connection) as found:
            assert owner.get(f"{PAGE}?{query}").status_code == 200
        return len(found)

    assert queries("by=partner&then=day") == queries("by=partner")
