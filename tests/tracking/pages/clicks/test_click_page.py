"""The page of a click: whose it is, and what it led to."""

from datetime import timedelta

import pytest

from network.models import Advertiser
from tests.support.makers import NOW, Shopper, make_partner, make_publisher, make_user
from tests.support.reading import signed_in, text
from tracking.models import Click

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("at_now")]


def test_it_is_named_by_its_partner_and_leads_to_its_sale(shop: Advertiser) -> None:
    blog, review = (make_partner(shop, make_publisher(name)) for name in ("Blog", "Review"))
    shopper = Shopper()
    shopper.follow(review, NOW - timedelta(hours=2))
    shopper.follow(blog, NOW - timedelta(hours=1))
    sale = shopper.buy(shop, NOW, order="10023")
    client = signed_in(make_user("viewer", shop))
    pages = {
        click.publisher.name: client.get(f"/admin/tracking/click/{click.pk}/change/")
        for click in Click.objects.all()
    }
    assert "Click of Blog, 12 Mar 2026 13:00" in text(pages["Blog"])
    assert f'/admin/tracking/conversion/{sale.pk}/change/">10023</a>' in (
        pages["Blog"].content.decode()
    )
    assert "10023" not in text(pages["Review"])
