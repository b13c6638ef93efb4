"""Lists of everybody's rows are read from their newest end: by an index, and no further than the
page goes."""

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from tests.support.makers import make_user

pytestmark = pytest.mark.django_db


@pytest.fixture
def operator(client: Client, at_now: None) -> Client:
    client.force_login(make_user("operator"))
    return client


def plans(client: Client, address: str, table: str) -> list[str]:
    """The plans of what the page asks of the table, had it more rows than a test has."""
    with CaptureQueriesContext(connection) as asked:
        assert client.get(address).status_code == 200
    found = []
    with connection.cursor() as cursor:
        for way in ("seqscan", "bitmapscan", "sort", "hashjoin", "mergejoin"):
            cursor.execute(f"SET LOCAL enable_{way} = off")
        for query in asked.captured_queries:
            if f'FROM "{table}"' in query["sql"]:
                cursor.execute("EXPLAIN " + query["sql"].replace("%", "%%"))
                found.append("\n".join(line for (line,) in cursor.fetchall()))
    return found


@pytest.mark.parametrize(
    ("name", "index"),
    [
        ("conversion", "conversion_recent_of_all"),
        ("commission", "commission_recent_of_all"),
        ("report", "report_recent_of_all"),
    ],
)
def test_the_newest_of_all_advertisers(operator: Client, name: str, index: str) -> None:
    found = plans(operator, f"/admin/tracking/{name}/", f"tracking_{name}")
    assert any(index in plan for plan in found)


@pytest.mark.parametrize(
    ("address", "index"),
    [
        ("conversion/?state=Final", "commission_final_of_all"),
        ("conversion/?state=Nobody", "conversion_nobodys_of_all"),
        ("commission/?state=Final", "commission_final_of_all"),
        ("commission/?cookie_type__exact=soft", "commission_soft_of_all"),
        ("report/?outcome=invalid", "report_outcome_of_all"),
        ("report/?source__exact=pixel", "report_source_of_all"),
        ("commission/?closes=later", "commission_closing_of_all"),
        ("conversion/?cookie_type__exact=soft", "commission_soft_of_all"),
    ],
)
def test_the_newest_of_some(operator: Client, address: str, index: str) -> None:
    """Without a look at all that are newer, and not of these."""
    found = plans(operator, f"/admin/tracking/{address}", f"tracking_{address.partition('/')[0]}")
    assert any(index in plan for plan in found), found


def test_clicks_of_all_advertisers_that_do_not_count(operator: Client) -> None:
    found = plans(operator, "/admin/tracking/click/?counts=no", "tracking_click")
    assert any("click_default_id_idx" in plan for plan in found), found


def test_rows_are_counted_without_their_order(operator: Client) -> None:
    """Else all of them would be sorted, to count the first of them."""
    with CaptureQueriesContext(connection) as asked:
        operator.get("/admin/tracking/commission/")
    counts = [one["sql"] for one in asked.captured_queries if "SELECT COUNT(" in one["sql"]]
    assert counts
    assert not any("ORDER BY" in count for count in counts)
