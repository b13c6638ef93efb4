import pytest
from django.test import Client

from network.models import Advertiser
from publishers.models import Partnership
from tests.support.makers import NOW, Shopper, make_partner, make_publisher, make_user
from tests.support.reading import signed_in
from tests.tracking.pages.performance.asking import DAY, MINUTE, sell


@pytest.fixture
def blog(shop: Advertiser) -> Partnership:
    Advertiser.objects.filter(pk=shop.pk).update(network_fee_percent=30)
    shop.refresh_from_db()
    return make_partner(shop, make_publisher("Blog"), "hard")


@pytest.fixture
def overlay(shop: Advertiser, blog: Partnership) -> Partnership:
    return make_partner(shop, make_publisher("Overlay", model_type="overlay"), "soft")


@pytest.fixture
def owner(shop: Advertiser) -> Client:
    return signed_in(make_user("owner", shop, name="olga"))


@pytest.fixture
def life(blog: Partnership, overlay: Partnership) -> None:
    """Two sales of the blog's, one of them kept for it by the overlay, and one of the overlay's;
    40 days ago another of the blog's."""
    sell(blog, NOW - 40 * DAY, "80.00")
    sell(blog, NOW - 3 * DAY, "100.00")
    sell(overlay, NOW - 2 * DAY, "50.00")
    shopper = Shopper()
    shopper.follow(blog, NOW - 3 * MINUTE)
    shopper.follow(overlay, NOW - 2 * MINUTE)
    shopper.buy(blog.advertiser, NOW - MINUTE, order="kept", amount="30.00")
