"""A report of a test says who would be paid, and records nothing."""

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
from tracking.models import Commission, Conversion, Report

pytestmark = pytest.mark.django_db


def seen(shop: Advertiser) -> str:
    client = signed_in(make_user("viewer", shop))
    return text(client.get(f"/admin/tracking/report/{Report.objects.get().pk}/change/"))


@pytest.mark.parametrize(
    ("extension_type", "expected"),
    [
        pytest.param("soft", "credited to Blog A . Hard", id="soft_stands_down"),
        pytest.param("hard", "credited to PerkPanel . Hard", id="hard_takes_over"),
    ],
)
def test_it_names_who_would_be_paid(extension_type: str, expected: str) -> None:
    shop, shopper = make_advertiser(), Shopper()
    blog = make_partner(shop, make_publisher("Blog A"), "hard")
    extension = make_partner(shop, make_publisher("PerkPanel"), extension_type)
    shopper.follow(blog, NOW)
    shopper.follow(extension, NOW + timedelta(minutes=1))
    data = {"order": "T-1", "amount": "49.90", "test": "1"}
    report_sale(shop, NOW + timedelta(minutes=2), data, from_cookies=shopper.cookies)
    assert expected in seen(shop)
    assert not Conversion.objects.exists()
    assert not Commission.objects.exists()


def test_without_a_click_nobody_would_be() -> None:
    shop = make_advertiser()
    report_sale(shop, NOW, {"order": "T-1", "amount": "49.90", "test": "1"})
    assert "As a sale it would be credited to nobody" in seen(shop)


def test_the_page_of_a_sales_report_says_nothing_of_the_kind() -> None:
    shop, shopper = make_advertiser(), Shopper()
    shopper.follow(make_partner(shop, make_publisher("Blog A"), "hard"), NOW)
    shopper.buy(shop, NOW + timedelta(minutes=1), order="1")
    assert "would be credited" not in seen(shop)
