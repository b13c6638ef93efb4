"""What a publisher's team sees: sign-in, clicks, and why each sale is paid."""

import re
from datetime import timedelta
from html import unescape

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from network.models import Advertiser, User
from publishers.models import Partnership
from publishers.pages.dashboard import paging
from tests.support.makers import (
    NOW,
    Shopper,
    finalise,
    make_advertiser,
    make_partner,
    make_publisher,
    make_user,
)
from tests.support.reading import signed_in, text
from tests.support.team import buy, page
from tracking.commissions.states import SaleState, in_state
from tracking.explain.explanations import state_of
from tracking.models import Commission, Conversion

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("a_day_later")]


# States


def test_states_are_grouped_as_they_are_labelled(blog: Partnership, cat: Partnership) -> None:
    final = buy(blog, cat, "final")
    buy(blog, cat, "conflict")
    elsewhere = Shopper()
    elsewhere.follow(blog, NOW)
    elsewhere.buy(blog.advertiser, NOW, order="conflict")
    assert final.closes_at
    finalise(final.closes_at)
    for order in ("pending", "unverified", "approved", "declined"):
        buy(blog, cat, order)
    Conversion.objects.filter(order="unverified").update(verified=False)
    commissions = Commission.objects.all()
    commissions.filter(conversion__order="approved").update(status="approved")
    commissions.filter(conversion__order="declined").update(
        status="declined", decline_reason="by_advertiser"
    )
    for commission in commissions.select_related("conversion"):
        expected = commission.conversion.order.capitalize()
        groups = [state for state in SaleState if commission in in_state(commissions, state)]
        assert groups == [expected]
        assert str(state_of(commission)).startswith(expected)


# Clicks


def test_each_click_tells_whether_it_counted(
    member: Client, blog: Partnership, cat: Partnership
) -> None:
    buy(blog, cat)
    Shopper().follow(blog, NOW + timedelta(minutes=1), consent=False)
    seen = text(page(member, blog.publisher, "clicks/"))
    assert "12 Mar 2026 14:01 Shop — Hard Does not count: the visitor did not consent." in seen
    assert "12 Mar 2026 14:00 Shop spring ref2 sidebar Hard Set the cookie" in seen
    assert "Cat" not in seen
    theirs = signed_in(make_user("member", cat.publisher))
    assert "Soft Stood down: a cookie of this shop was live in the browser already." in text(
        page(theirs, cat.publisher, "clicks/")
    )


def test_a_click_at_a_shop_that_asks_is_left_to_its_banner(
    member: Client, blog: Partnership
) -> None:
    """The redirect sets no cookie there; a yes in the link sets one."""
    Advertiser.objects.filter(pk=blog.advertiser_id).update(consent_default="ask")
    Shopper().follow(blog, NOW)
    Shopper().follow(blog, NOW + timedelta(minutes=1), consent=True)
    asked, took = (
        text(page(member, blog.publisher, f"clicks/?outcome={outcome}"))
        for outcome in ("asked", "took")
    )
    assert "12 Mar 2026 14:00 Shop — Hard Set no cookie yet: the shop's banner decided." in asked
    assert "12 Mar 2026 14:01 Shop" not in asked
    assert "12 Mar 2026 14:01 Shop — Hard Set the cookie" in took
    assert "12 Mar 2026 14:00 Shop" not in took


@pytest.mark.parametrize(
    ("query", "found"),
    [
        pytest.param("", ["none", "soft", "took"], id="all"),
        pytest.param("?outcome=took", ["took"], id="took"),
        pytest.param("?outcome=stood_down", ["soft"], id="stood_down"),
        pytest.param("?outcome=uncounted", ["none"], id="uncounted"),
        pytest.param("?programme={shop}", ["none", "soft", "took"], id="programme"),
        pytest.param("?programme={other}", [], id="other_programme"),
        pytest.param("?reference=soft", ["soft"], id="reference"),
        pytest.param("?since=2026-03-12", ["none", "soft", "took"], id="since"),
        pytest.param("?until=2026-03-11", [], id="until"),
    ],
)
def test_clicks_are_filtered(
    blog: Partnership, cat: Partnership, query: str, found: list[str]
) -> None:
    other = make_partner(make_advertiser(), cat.publisher).advertiser
    shopper = Shopper()
    shopper.follow(cat, NOW, ref="took")
    shopper.follow(cat, NOW + timedelta(minutes=1), ref="soft")
    shopper.follow(cat, NOW + timedelta(minutes=2), ref="none", consent=False)
    member = signed_in(make_user("member", cat.publisher))
    address = query.format(shop=cat.advertiser_id, other=other.pk)
    response = page(member, cat.publisher, "clicks/", address)
    shown = re.findall(r'<span class="reference">\s*(\w+)', response.content.decode())
    assert shown == found


@pytest.mark.parametrize(
    ("name", "query", "words"),
    [
        pytest.param("clicks/", "?outcome=x", "Select a valid choice. x is not one", id="choice"),
        pytest.param("clicks/", "?programme=x", "Select a valid choice.", id="no_id"),
        pytest.param("clicks/", "?programme=999999", "Select a valid choice.", id="not_ones_own"),
        pytest.param("clicks/", "?before=x", "Enter a valid UUID.", id="no_uuid"),
        pytest.param("sales/", "?state=Lost", "Select a valid choice. Lost is not", id="state"),
        pytest.param("sales/", "?before=x", "Enter a whole number.", id="no_number"),
        pytest.param("sales/", "?before=999999", "Invalid page position.", id="no_sale"),
        pytest.param("sales/", "?since=12.3.26", "From: Write the date as 2026-03-12", id="date"),
        pytest.param(
            "clicks/",
            "?since=2026-03-12&until=2026-03-11",
            "To: The end date is before the start date, 12 Mar 2026.",
            id="dates_in_reverse",
        ),
        pytest.param("sales/", f"?order={'x' * 65}", "at most 64 characters", id="order_too_long"),
    ],
)
def test_a_filter_that_makes_no_sense_is_told(
    member: Client, blog: Partnership, name: str, query: str, words: str
) -> None:
    response = page(member, blog.publisher, name, query)
    assert response.status_code == 400
    assert words in text(response)


@pytest.mark.parametrize("name", ["clicks/", "clicks/no-cookie/", "sales/", "sales/elsewhere/"])
@pytest.mark.parametrize(
    ("query", "field"),
    [("?until=9999-12-31", "To"), ("?until=0001-01-01", "To"), ("?since=0001-01-01", "From")],
)
def test_a_day_at_the_end_of_the_calendar_is_told(
    member: Client, blog: Partnership, name: str, query: str, field: str
) -> None:
    response = page(member, blog.publisher, name, query)
    assert response.status_code == 400
    assert f"{field}: Enter a date in" in text(response)


def test_old_clicks_are_reached_page_by_page(
    member: Client, blog: Partnership, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(paging, "PAGE_SIZE", 2)
    for number in range(5):
        Shopper().follow(blog, NOW + timedelta(minutes=number), ref=f"click-{number}")
    shown, query = [], "?outcome=took"
    while query:
        body = page(member, blog.publisher, "clicks/", query).content.decode()
        shown += re.findall(r"click-\d", body)
        older = re.search(r'rel="next" href="([^"]+)"', body)
        query = unescape(older[1]) if older else ""
    assert shown == ["click-4", "click-3", "click-2", "click-1", "click-0"]


def test_old_sales_are_reached_page_by_page(
    member: Client, blog: Partnership, cat: Partnership, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(paging, "PAGE_SIZE", 2)
    for number in range(5):
        buy(blog, cat, f"order-{number}")
    shown, query = [], "?state=Pending"
    while query:
        body = page(member, blog.publisher, "sales/", query).content.decode()
        shown += re.findall(r">(order-\d)<", body)
        older = re.search(r'rel="next" href="([^"]+)"', body)
        query = unescape(older[1]) if older else ""
    assert shown == [f"order-{number}" for number in (4, 3, 2, 1, 0)]


def test_a_reference_is_shown_and_never_run(member: Client, blog: Partnership) -> None:
    Shopper().follow(blog, NOW, ref="<script>alert(1)</script>")
    body = page(member, blog.publisher, "clicks/").content.decode()
    assert "<script>" not in body
    assert "&lt;script&gt;alert(1)&lt;/script&gt;" in body


def test_times_are_in_the_readers_zone(member: Client, blog: Partnership, cat: Partnership) -> None:
    User.objects.filter(username="mia").update(time_zone="Asia/Tokyo")
    buy(blog, cat)
    seen = text(page(member, blog.publisher, "sales/"))
    assert "12 Mar 2026 23:06" in seen
    assert "Times in Asia/Tokyo." in seen


def test_a_zone_that_is_none_does_not_break_the_page(member: Client, blog: Partnership) -> None:
    User.objects.filter(username="mia").update(time_zone="Mars/Olympus")
    assert "Times in UTC." in text(page(member, blog.publisher))


QUERIES = {
    "": 14,
    "programmes/": 21,
    "programmes/find/": 21,
    "programmes/applied/": 21,
    "links/": 8,
    "clicks/": 8,
    "notices/": 22,
    "sales/": 8,
    "sales/{sale}/": 9,
}
"""Session, user, two kinds of membership, the team's publishers, unread
notices; and then the page's own."""


@pytest.mark.parametrize("name", QUERIES)
def test_a_page_takes_the_same_queries_however_much_there_is(
    member: Client, shop: Advertiser, blog: Partnership, cat: Partnership, name: str
) -> None:
    sale = buy(blog, cat)
    make_advertiser()
    address = name.format(sale=sale.commission.pk)

    def queries() -> int:
        with CaptureQueriesContext(connection) as captured:
            assert page(member, blog.publisher, address).status_code == 200
        return len(captured)

    few = queries()
    for number in range(4):
        other = make_partner(make_advertiser(), blog.publisher, "soft")
        shopper = Shopper()
        shopper.follow(other, NOW)
        shopper.buy(other.advertiser, NOW + timedelta(minutes=1))
        buy(blog, cat, f"more-{number}")
        make_partner(shop, make_publisher(model_type="extension"))
        make_advertiser()
    assert queries() == few == QUERIES[name]


def test_pages_come_from_this_host_alone(
    member: Client, blog: Partnership, cat: Partnership
) -> None:
    sale = buy(blog, cat)
    for name in QUERIES:
        body = page(member, blog.publisher, name.format(sale=sale.commission.pk)).content.decode()
        assert re.findall(r'<(?!a )\w+ [^>]*(?:src|href)="(?:https?:)?//[^"]+"', body) == []
        assert re.findall(r"<script(?! src=\"/static/)[^>]*>", body) == []
        assert re.findall(r"<[^>]+ (?:style|on\w+)=", body) == []
