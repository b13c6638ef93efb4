"""A publisher's sales: their state, how one is found, and whose are not there."""

import re
from datetime import timedelta

import pytest
from django.conf import settings
from django.test import Client
from pytest_django import Settings

from publishers.models import Partnership
from tests.support.makers import (
    NOW,
    Shopper,
    make_advertiser,
    make_partner,
    make_user,
)
from tests.support.reading import signed_in, text
from tests.support.team import buy, page
from tracking.models import Commission

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("a_day_later")]


# Sales


def test_a_sale_tells_its_state_and_when_it_is_final(
    member: Client, blog: Partnership, cat: Partnership
) -> None:
    buy(blog, cat)
    seen = text(page(member, blog.publisher, "sales/"))
    assert ("12 Mar 2026 14:06 Shop 10023 £49.90 £3.99 Hard Pending 11 Apr 2026 14:00") in seen


def test_a_declined_sale_tells_why(member: Client, blog: Partnership, cat: Partnership) -> None:
    buy(blog, cat)
    Commission.objects.update(status="declined", decline_reason="by_advertiser")
    seen = text(page(member, blog.publisher, "sales/", "?state=Declined"))
    assert "Declined: Declined by the advertiser" in seen


def test_a_sale_is_found_by_its_order(member: Client, blog: Partnership, cat: Partnership) -> None:
    buy(blog, cat, "one")
    buy(blog, cat, "two")
    body = page(member, blog.publisher, "sales/", "?order=two").content.decode()
    assert re.findall(r">(one|two)</a>", body) == ["two"]


@pytest.mark.parametrize(
    "query",
    [
        pytest.param("?reference=spring", id="first_reference"),
        pytest.param("?reference=sidebar", id="another_reference"),
        pytest.param("?since=2026-03-12&until=2026-03-12", id="day"),
        pytest.param("?programme={shop}&state=Pending", id="programme_and_state"),
    ],
)
def test_a_sale_is_found_by(
    member: Client, blog: Partnership, cat: Partnership, query: str
) -> None:
    buy(blog, cat, "wanted")
    elsewhere = make_partner(make_advertiser(), blog.publisher)
    shopper = Shopper()
    shopper.follow(elsewhere, NOW - timedelta(days=2), ref="autumn")
    shopper.buy(elsewhere.advertiser, NOW - timedelta(days=2), order="early")
    response = page(member, blog.publisher, "sales/", query.format(shop=blog.advertiser_id))
    assert re.findall(r">(wanted|early)</a>", response.content.decode()) == ["wanted"]


def test_a_day_is_a_day_of_the_networks(
    member: Client, blog: Partnership, cat: Partnership, settings: Settings
) -> None:
    buy(blog, cat)  # 14:06 UTC is the day after in Auckland
    query = "?since=2026-03-13&until=2026-03-13"
    assert "10023" not in text(page(member, blog.publisher, "sales/", query))
    settings.NETWORK_TIME_ZONE = "Pacific/Auckland"
    assert "10023" in text(page(member, blog.publisher, "sales/", query))
    assert "12 Mar 2026 14:00" in text(page(member, blog.publisher, "clicks/", query))


NO_CLICK = "None of your clicks belongs to this order."


def test_an_unknown_order_and_one_without_ones_click_are_told_alike(
    member: Client, blog: Partnership, cat: Partnership
) -> None:
    shopper = Shopper()
    shopper.follow(cat, NOW)
    shopper.buy(cat.advertiser, NOW + timedelta(minutes=1), order="theirs")
    unknown = text(page(member, blog.publisher, "sales/", "?order=unknown"))
    assert NO_CLICK in unknown
    assert text(page(member, blog.publisher, "sales/", "?order=theirs")) == unknown


def test_a_click_after_a_sale_does_not_belong_to_it(
    member: Client, blog: Partnership, cat: Partnership
) -> None:
    shopper = Shopper()
    shopper.follow(cat, NOW)
    shopper.follow(blog, NOW + timedelta(minutes=2))
    shopper.buy(cat.advertiser, NOW + timedelta(minutes=1), order="theirs")
    assert NO_CLICK in text(page(member, blog.publisher, "sales/", "?order=theirs"))


def test_an_order_with_ones_click_that_is_paid_elsewhere_is_told(
    blog: Partnership, cat: Partnership
) -> None:
    buy(blog, cat)
    theirs = signed_in(make_user("member", cat.publisher))
    seen = text(page(theirs, cat.publisher, "sales/", "?order=10023"))
    assert "One of your clicks belongs to this order, but the sale was credited to another" in seen
    assert "Blog" not in seen
    other_programme = make_partner(make_advertiser(), cat.publisher).advertiser_id
    query = f"?order=10023&programme={other_programme}"
    assert NO_CLICK in text(page(theirs, cat.publisher, "sales/", query))


def test_a_list_that_is_narrowed_to_nothing_says_so(member: Client, blog: Partnership) -> None:
    assert "No sales yet." in text(page(member, blog.publisher, "sales/"))
    narrowed = text(page(member, blog.publisher, "sales/", "?state=Final"))
    assert "No sales match these filters. Show all sales" in narrowed
    assert "No clicks yet." in text(page(member, blog.publisher, "clicks/"))
    narrowed = text(page(member, blog.publisher, "clicks/", "?reference=unknown"))
    assert "No clicks match these filters. Show all clicks" in narrowed


def test_a_signed_out_part_of_a_page_asks_for_the_whole(blog: Partnership) -> None:
    response = Client(HTTP_HOST=settings.SITE_HOST).get(
        f"/dashboard/{blog.publisher_id}/sales/", headers={"HX-Request": "true"}
    )
    assert response.headers["HX-Refresh"] == "true"
    assert response.content == b""


def test_a_sales_page_names_no_rival(member: Client, blog: Partnership, cat: Partnership) -> None:
    sale = buy(blog, cat)
    response = page(member, blog.publisher, f"sales/{sale.commission.pk}/")
    seen = text(response)
    assert "Order 10023 · £49.90 · 12 Mar 2026 14:06 UTC. Credited to you · hard · £3.99" in seen
    assert "Your hard click of 12 Mar 2026 14:00 was the last one to take the cookie" in seen
    assert "spring" in seen
    assert "Cat" not in response.content.decode()
    assert "14:05" not in seen


def test_a_sale_of_another_publisher_is_not_there(blog: Partnership, cat: Partnership) -> None:
    sale = buy(blog, cat)
    theirs = signed_in(make_user("member", cat.publisher))
    assert page(theirs, cat.publisher, f"sales/{sale.commission.pk}/").status_code == 404
    assert page(theirs, blog.publisher, "sales/").status_code == 404
