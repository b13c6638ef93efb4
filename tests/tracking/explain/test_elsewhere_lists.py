"""Finding a sale that went elsewhere: filters, references, pages of the list."""

import re
from datetime import timedelta
from html import unescape
from typing import Any

import pytest
from django.test import Client

from publishers.models import Partnership
from publishers.pages.dashboard import paging
from publishers.pages.dashboard.elsewhere_filters import PageStart
from tests.support.makers import (
    NOW,
    SetClock,
    Shopper,
    make_advertiser,
    make_partner,
)
from tests.support.reading import text
from tests.tracking.explain.test_elsewhere import MINUTE, clicks, lose, rows, sales

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("a_day_later")]


@pytest.mark.parametrize(
    ("query", "found"),
    [
        pytest.param("", 1, id="all"),
        pytest.param("?reference=spring", 1, id="reference"),
        pytest.param("?reference=sidebar", 1, id="second_reference"),
        pytest.param("?reference=sprin", 0, id="part_of_a_reference"),
        pytest.param("?reference=rivals-own-reference", 0, id="a_rivals_reference"),
        pytest.param("?programme={shop}", 1, id="programme"),
        pytest.param("?programme={other}", 0, id="other_programme"),
        pytest.param("?since=2026-03-12&until=2026-03-12", 1, id="its_day"),
        pytest.param("?until=2026-03-11", 0, id="before"),
        pytest.param("?since=2026-03-13", 0, id="after"),
        pytest.param("?order=10023&since=2026-03-13", 0, id="order_after"),
    ],
)
def test_sales_are_narrowed(
    member: Client, cat: Partnership, rival: Partnership, query: str, found: int
) -> None:
    lose(cat, rival, ref="spring", ref2="sidebar")
    other = make_partner(make_advertiser(), cat.publisher).advertiser
    address = query.format(shop=cat.advertiser_id, other=other.pk)
    assert len(rows(sales(member, cat.publisher, address))) == found


def test_an_old_order_is_found_by_its_reference(
    member: Client, cat: Partnership, rival: Partnership, at: SetClock
) -> None:
    lose(cat, rival)
    at(NOW + timedelta(days=200))
    assert rows(sales(member, cat.publisher)) == []
    assert len(rows(sales(member, cat.publisher, "?order=10023"))) == 1
    assert len(rows(sales(member, cat.publisher, "?since=2026-03-01"))) == 1


@pytest.mark.parametrize(
    ("page", "query", "words"),
    [
        pytest.param(sales, "?before=x", "Invalid page position.", id="before"),
        pytest.param(sales, "?before=1.0-1", "Invalid page position.", id="before_cut"),
        pytest.param(sales, "?programme=999999", "Select a valid choice.", id="programme"),
        pytest.param(sales, "?since=yesterday", "Write the date as 2026-03-12", id="date"),
        pytest.param(sales, f"?order={'x' * 65}", "at most 64 characters", id="order"),
        pytest.param(clicks, "?reason=x", "Select a valid choice. x is not one", id="reason"),
        pytest.param(clicks, "?before=x", "Enter a valid UUID.", id="click"),
    ],
)
def test_a_filter_that_makes_no_sense_is_told(
    member: Client, cat: Partnership, page: Any, query: str, words: str
) -> None:
    response = page(member, cat.publisher, query)
    assert response.status_code == 400
    assert words in text(response)


def follow_pages(fetch: Any, pattern: str, query: str = "") -> list[str]:
    """What matches on each page, from the newest to the oldest."""
    shown = []
    for _ in range(20):
        body = fetch(query).content.decode()
        shown += re.findall(pattern, body)
        older = re.search(r'rel="next" href="([^"]+)"', body)
        if not older:
            return shown
        query = unescape(older[1])
    raise AssertionError("the pages do not end")


@pytest.mark.parametrize("apart", [MINUTE, timedelta()], ids=["one_by_one", "at_the_same_moment"])
def test_old_sales_are_reached_page_by_page(
    member: Client,
    cat: Partnership,
    rival: Partnership,
    monkeypatch: pytest.MonkeyPatch,
    apart: timedelta,
) -> None:
    monkeypatch.setattr(paging, "PAGE_SIZE", 2)
    for number in range(5):
        shopper = Shopper()
        shopper.follow(rival, NOW - 5 * MINUTE)
        shopper.follow(cat, NOW + number * MINUTE, ref=f"click-{number}")
        shopper.buy(cat.advertiser, NOW + 5 * MINUTE + number * apart)
    found = follow_pages(
        lambda query: sales(member, cat.publisher, query), r"click-\d", "?since=2026-03-01"
    )
    assert found == ["click-4", "click-3", "click-2", "click-1", "click-0"]


def test_where_a_page_begins_reads_as_it_is_written() -> None:
    start = PageStart(NOW + timedelta(microseconds=7), 3)
    assert PageStart.parse(str(start)) == start
