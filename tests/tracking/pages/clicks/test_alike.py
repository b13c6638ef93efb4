"""Clicks that look as if a program had made them."""

from datetime import datetime, timedelta

import pytest

from network.models import Advertiser
from publishers.models import Publisher
from tests.support.browsing import Browser
from tests.support.makers import NOW, make_partner, make_publisher, make_user
from tests.support.reading import signed_in, text
from tracking.models import Click
from tracking.pages.clicks.alike import MANY, MOST, alike, alike_text

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("at_now")]
SECOND = timedelta(seconds=1)
ADDRESS = "203.0.113.7"


@pytest.fixture
def blog(shop: Advertiser) -> Publisher:
    blog = make_publisher("Blog")
    make_partner(shop, blog, "hard")
    return blog


def follow(shop: Advertiser, publisher: Publisher, at: datetime, address: str = ADDRESS) -> None:
    """In a browser that brings no cookies."""
    Browser(shop).click(publisher, at, address=address)


def counts() -> list[int]:
    """Of the clicks in order."""
    clicks = list(Click.objects.order_by("at", "id"))
    found = alike(clicks)
    return [found[click.pk] for click in clicks]


def test_the_same_partner_addresses_and_browser_within_a_minute(
    shop: Advertiser, blog: Publisher
) -> None:
    other = make_publisher("Other")
    make_partner(shop, other, "hard")
    follow(shop, blog, NOW)
    follow(shop, blog, NOW + 20 * SECOND, "203.0.113.99")
    follow(shop, other, NOW + 21 * SECOND)
    follow(shop, blog, NOW + 22 * SECOND, "198.51.100.7")
    follow(shop, blog, NOW + 49 * SECOND)
    assert counts() == [2, 3, 1, 1, 2]


def test_one_whose_address_is_not_known_is_like_none(shop: Advertiser, blog: Publisher) -> None:
    follow(shop, blog, NOW)
    Click.objects.update(ip_prefix="")
    assert alike(list(Click.objects.all())) == {}
    assert alike([]) == {}


def test_a_flood_is_marked_and_counts(shop: Advertiser, blog: Publisher) -> None:
    for number in range(MANY):
        follow(shop, blog, NOW - timedelta(minutes=5) + number * SECOND)
    follow(shop, blog, NOW - timedelta(hours=1))
    client = signed_in(make_user("viewer", shop))

    page = text(client.get("/admin/tracking/click/"))
    assert page.count(f"One of {MANY} within a minute") == MANY
    assert page.count("Counts; set the cookie") == MANY + 1

    first, last = Click.objects.earliest("id"), Click.objects.latest("id")
    address = "/admin/tracking/click/{}/change/"
    assert f"One of {MANY} within a minute" in text(client.get(address.format(last.pk)))
    assert "No other within a minute" in text(client.get(address.format(first.pk)))


@pytest.mark.parametrize(
    ("count", "said"),
    [
        (0, ""),
        (1, "No other within a minute"),
        (MOST - 1, "One of 999 within a minute"),
        (MOST, "One of 1,000 or more within a minute"),
    ],
)
def test_how_many_is_said(count: int, said: str) -> None:
    assert alike_text(count) == said
