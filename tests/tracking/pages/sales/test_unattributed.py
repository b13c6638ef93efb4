"""Sales without a click of ours, by day, beside those with one."""

from datetime import timedelta

import pytest

from network.models import Advertiser
from tests.support.makers import (
    NOW,
    Shopper,
    make_advertiser,
    make_partner,
    make_publisher,
    make_user,
    report_sale,
)
from tests.support.reading import signed_in, text

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("at_now")]
PAGE = "/admin/tracking/unattributedsales/"
DAY = timedelta(days=1)


def sold(shop: Advertiser, *, days_ago: int, without: int, with_click: int = 0) -> None:
    at = NOW - days_ago * DAY
    blog = make_partner(shop, make_publisher())
    for number in range(without):
        report_sale(shop, at, {"order": f"W-{days_ago}-{number}", "amount": "10.00"})
    for _ in range(with_click):
        shopper = Shopper()
        shopper.follow(blog, at)
        shopper.buy(shop, at)


def test_each_day_has_its_sales_and_the_total_is_their_sum(shop: Advertiser) -> None:
    sold(shop, days_ago=1, without=3, with_click=1)
    sold(shop, days_ago=2, without=1)
    page = signed_in(make_user("viewer", shop)).get(PAGE)
    assert "10 Mar 0 1 0% 11 Mar 1 3 25% Total 1 4 20%" in text(page)
    assert "?since=2026-03-11&amp;until=2026-03-11" in page.content.decode()


def test_days_are_chosen(shop: Advertiser) -> None:
    sold(shop, days_ago=1, without=3)
    sold(shop, days_ago=40, without=2)
    client = signed_in(make_user("viewer", shop))
    assert "Unattributed sales" in text(client.get(PAGE))
    assert "Total 0 3" in text(client.get(f"{PAGE}?period=30"))
    assert "Total 0 5" in text(client.get(f"{PAGE}?period=90"))
    assert "No sale was reported in these days." in text(client.get(f"{PAGE}?period=today"))
    wrong = client.get(f"{PAGE}?period=dates&since=2026-03-12&until=2026-03-01")
    assert wrong.status_code == 400


def test_staff_see_their_own_and_operators_choose(shop: Advertiser) -> None:
    other = make_advertiser("Other")
    sold(shop, days_ago=1, without=1)
    sold(other, days_ago=1, without=6)
    staff, operator = signed_in(make_user("viewer", shop)), signed_in(make_user("operator"))
    assert "Total 0 1" in text(staff.get(f"{PAGE}?advertiser={other.pk}"))
    assert "Total 0 7" in text(operator.get(PAGE))
    assert "Total 0 6" in text(operator.get(f"{PAGE}?advertiser={other.pk}"))
