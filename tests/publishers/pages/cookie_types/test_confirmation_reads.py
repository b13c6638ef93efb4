"""How often the pages of changes read, for few partners and for many."""

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from network.advertisers import terms as advertisers
from network.models import User
from publishers.policy import assigning
from tests.publishers.pages.cookie_types.asking import (
    ADDRESS,
    DEFAULT,
    looked_again,
    opened,
    opened_default,
    send,
)
from tests.support.makers import NOW, make_partner, make_publisher, make_user
from tests.support.reading import signed_in
from tests.support.what_ifs import DAY, Market, counted
from tracking.whatif.models import WhatIfRun

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("founded", "at_now")]


def test_sixty_partners_ask_no_more_than_three(client: Client, market: Market) -> None:
    def queries(count: int) -> int:
        partners = [make_partner(market.shop, make_publisher(), "hard") for _ in range(count)]
        page = opened(client, *partners)
        counted(WhatIfRun.objects.latest("created_at", "pk"))
        with CaptureQueriesContext(connection) as found:
            looked_again(client, page)
        return len(found)

    assert queries(3) == queries(60)


def test_sixty_partners_are_changed_in_as_many_queries_as_three(
    client: Client, market: Market
) -> None:
    def queries(count: int) -> int:
        partners = [make_partner(market.shop, make_publisher(), "hard") for _ in range(count)]
        chosen = ",".join(str(row.pk) for row in partners)
        data = {"to": "soft", "partners": chosen, "reason": "Late clicks"}
        with CaptureQueriesContext(connection) as found:
            assert client.post(ADDRESS, data).status_code == 302
        return len(found)

    queries(2)
    assert queries(3) == queries(60)


ASSIGNMENTS = "publishers_cookietypeassignment"
DEFAULTS = "publishers_modeltypecookietype"
MODEL_TYPES = "publishers_publishermodeltype"
RESOLVED_BY = {
    ASSIGNMENTS: "partnership_id",
    DEFAULTS: "advertiser_id",
    MODEL_TYPES: "publisher_id",
}
"""The tables that say who is hard and who is soft, each with what its rows are found by."""


def policy_reads(found: CaptureQueriesContext) -> dict[str, int]:
    """How often each of the tables was read to resolve policies."""
    statements = [query["sql"] for query in found.captured_queries]
    return {
        table: sum(_resolves(statement, table, column) for statement in statements)
        for table, column in RESOLVED_BY.items()
    }


def _resolves(statement: str, table: str, column: str) -> bool:
    _, _, source = statement.partition(" FROM ")
    changed_since = '"created_at" >' in statement
    return source.startswith(f'"{table}"') and f'"{column}" = ANY' in source and not changed_since


def times(number: int, *, changed: str = "") -> dict[str, int]:
    """Of each table, and once more of the one that was changed."""
    return {table: number + (table == changed) for table in RESOLVED_BY}


@pytest.fixture
def operator(market: Market) -> Client:
    return signed_in(make_user("operator", name="otto"))


def page_and_change(changed: str) -> tuple[dict[str, int], dict[str, int]]:
    """For the page; and posted, for the page, and under the lock before and after the change."""
    return times(1), times(2, changed=changed)


def test_policies_are_read_once_for_the_page_and_twice_for_the_change(
    client: Client, market: Market
) -> None:
    advertisers.change_terms(market.shop, {"notice_days": 1}, NOW - 9 * DAY, made_by=None)
    partner = make_partner(market.shop, make_publisher(), "hard")
    soft = make_partner(market.shop, make_publisher(), "soft")
    with CaptureQueriesContext(connection) as shown:
        page = opened(client, partner, soft)
    with CaptureQueriesContext(connection) as made:
        answer = send(client, page, reason="Late clicks")
    assert answer.status_code == 302
    assert (policy_reads(shown), policy_reads(made)) == page_and_change(ASSIGNMENTS)


def test_the_policies_behind_a_default_are_read_once_for_its_page(
    client: Client, market: Market
) -> None:
    with CaptureQueriesContext(connection) as shown:
        page = opened_default(client, market, "extension")
    with CaptureQueriesContext(connection) as made:
        answer = send(client, page, DEFAULT, reason="Late clicks")
    assert answer.status_code == 302
    assert (policy_reads(shown), policy_reads(made)) == page_and_change(DEFAULTS)


def test_the_policies_of_a_publisher_are_read_once_for_its_model_types_page(
    operator: Client, market: Market
) -> None:
    address = f"/admin/publishers/publisher/{market.extension.publisher_id}/model-type/"
    with CaptureQueriesContext(connection) as shown:
        page = operator.get(address, {"model_type": "content"})
    with CaptureQueriesContext(connection) as made:
        answer = send(operator, page, address, reason="Now a blog")
    assert answer.status_code == 302
    assert (policy_reads(shown), policy_reads(made)) == page_and_change(MODEL_TYPES)


@pytest.mark.parametrize(
    ("page", "typed"),
    [
        pytest.param(
            "publishers/partnership/{partner}/terms/", {"hard_days": 9}, id="terms_of_a_partner"
        ),
        pytest.param("network/advertiser/{shop}/terms/", {"hard_days": 9}, id="terms_of_a_shop"),
        pytest.param(
            "publishers/partnership/{partner}/status/?to=suspended",
            {"status": "suspended"},
            id="status",
        ),
    ],
)
def test_pages_about_something_else_read_policies_only_for_the_change(
    page: str, typed: dict[str, object], client: Client, market: Market
) -> None:
    address = f"/admin/{page.format(partner=market.extension.pk, shop=market.shop.pk)}"
    with CaptureQueriesContext(connection) as shown:
        form = client.get(address).context["form"]
    held = {field.html_name: field.value() for field in form if field.value() is not None}
    with CaptureQueriesContext(connection) as made:
        answer = client.post(address, {**held, **typed, "reason": "Late clicks"})
    assert answer.status_code == 302
    assert policy_reads(shown) == times(0)
    assert policy_reads(made) == times(1), "under the lock; the change makes them no other"


def test_cancelling_reads_the_policies_once_for_its_page_and_once_for_the_change(
    client: Client, market: Market, owner: User
) -> None:
    [row] = assigning.assign(
        [market.extension], "soft", NOW, reason="R", made_by=owner, start=NOW + 9 * DAY
    )
    address = f"/admin/coming/cookie-type/{row.pk}/cancel/"
    with CaptureQueriesContext(connection) as shown:
        page = client.get(address)
    with CaptureQueriesContext(connection) as made:
        answer = send(client, page, address, reason="Not now")
    assert answer.status_code == 302
    assert policy_reads(shown) == times(1)
    assert policy_reads(made) == times(1, changed=ASSIGNMENTS), "under the lock, before and after"
