"""Long lists are counted no further than a page can afford, and say so."""

import json
from typing import Any

import pytest
from django.contrib.admin.models import CHANGE, LogEntry
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from network.models import Advertiser
from network.pages.site.totals import CappedPaginator
from publishers.models import Publisher
from tests.support.browsing import Browser, minutes
from tests.support.makers import NOW, make_partner, make_publisher, make_user

pytestmark = pytest.mark.django_db

ADDRESS = "/admin/admin/logentry/"
MANY = 1_120


@pytest.fixture
def operator(client: Client, at_now: None) -> Client:
    client.force_login(make_user("operator"))
    return client


def store(number: int) -> None:
    people = make_user("somebody")
    LogEntry.objects.bulk_create(
        LogEntry(user=people, action_time=NOW, action_flag=CHANGE, object_repr="One")
        for _ in range(number)
    )


def rows_counted(client: Client, address: str) -> list[int]:
    """How many rows each count of the page looks at."""
    with CaptureQueriesContext(connection) as asked:
        assert client.get(address).status_code == 200
    found = []
    with connection.cursor() as cursor:
        for query in asked.captured_queries:
            if "SELECT COUNT(" in query["sql"] and "django_admin_log" in query["sql"]:
                cursor.execute("EXPLAIN (ANALYZE, FORMAT JSON) " + query["sql"])
                (told,) = cursor.fetchone()
                plan = (json.loads(told) if isinstance(told, str) else told)[0]["Plan"]
                found.append(max(int(part["Actual Rows"]) for part in parts(plan)))
    return found


def parts(plan: dict[str, Any]) -> list[dict[str, Any]]:
    return [plan, *(part for below in plan.get("Plans", ()) for part in parts(below))]


@pytest.mark.parametrize(
    ("number", "said"),
    [(1_000, "1,000 log entries"), (1_001, "More than 1,000 log entries.")],
)
def test_says_how_many_there_are(operator: Client, number: int, said: str) -> None:
    store(number)
    seen = operator.get(ADDRESS).content.decode()
    assert said in seen
    assert ("More than" in seen) == (number > 1_000)


def test_looks_at_no_more_than_it_says(operator: Client) -> None:
    store(MANY)
    assert rows_counted(operator, ADDRESS) == [CappedPaginator.MOST + 1]


def test_who_turns_pages_comes_further(operator: Client) -> None:
    store(MANY)
    last_counted = operator.get(f"{ADDRESS}?p=20").content.decode()
    assert "1,120 log entries" in last_counted
    assert 'href="?p=23"' in last_counted
    assert operator.get(f"{ADDRESS}?p=23").context["cl"].result_list.count() == 20


def test_what_many_come_to_is_not_summed_up(
    operator: Client, shop: Advertiser, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It would be read from as many rows as there are."""
    make_partner(shop, make_publisher(), "hard")
    for order in ("1", "2"):
        browser = Browser(shop)
        browser.click(Publisher.objects.get(), NOW)
        browser.buy(order, NOW + minutes(5), "49.90")
    address = "/admin/tracking/conversion/"
    searched = f"{address}?least=10"
    assert operator.get(searched).context["cl"].told.sums
    monkeypatch.setattr(CappedPaginator, "MOST", 1)
    monkeypatch.setattr(CappedPaginator, "REACH", 1)
    assert operator.get(searched).context["cl"].told.sums == ()
    assert operator.get(address).context["cl"].told.sums, "the rollups know these"


@pytest.mark.parametrize(
    ("page", "most"), [(1, 1_000), (10, 1_000), (11, 1_050), (100, 5_500), (10**8, 10_000)]
)
def test_how_far_a_page_counts(page: int, most: int) -> None:
    found = CappedPaginator(LogEntry.objects.order_by("pk"), 50)
    found.shows(page)
    assert found.most == most


@pytest.mark.parametrize("page", ["-1", "x", "0", "9" * 30, "٣"])
def test_a_page_that_is_none(operator: Client, page: str) -> None:
    store(1)
    assert operator.get(f"{ADDRESS}?p={page}").status_code in (200, 302)
