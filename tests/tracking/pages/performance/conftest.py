from collections.abc import Iterator
from copy import deepcopy
from dataclasses import dataclass

import pytest
from django.test import Client
from pytest_django import DjangoDbBlocker

from network.models import Advertiser, User
from publishers.models import Partnership
from tests.support.founding import made_once
from tests.support.makers import (
    NOW,
    Shopper,
    make_advertiser,
    make_partner,
    make_publisher,
    make_user,
)
from tests.support.reading import signed_in
from tests.tracking.pages.performance.asking import DAY, MINUTE, sell


@dataclass(frozen=True)
class Life:
    """Two sales of the blog's, one of them kept for it by the overlay, and one of the overlay's;
    40 days before another of the blog's."""

    shop: Advertiser
    blog: Partnership
    overlay: Partnership
    olga: User


def live() -> Life:
    shop = make_advertiser("Shop")
    Advertiser.objects.filter(pk=shop.pk).update(network_fee_percent=30)
    shop.refresh_from_db()
    blog = make_partner(shop, make_publisher("Blog"), "hard")
    overlay = make_partner(shop, make_publisher("Overlay", model_type="overlay"), "soft")
    sell(blog, NOW - 40 * DAY, "80.00")
    sell(blog, NOW - 3 * DAY, "100.00")
    sell(overlay, NOW - 2 * DAY, "50.00")
    shopper = Shopper()
    shopper.follow(blog, NOW - 3 * MINUTE)
    shopper.follow(overlay, NOW - 2 * MINUTE)
    shopper.buy(shop, NOW - MINUTE, order="kept", amount="30.00")
    return Life(shop, blog, overlay, make_user("owner", shop, name="olga"))


@pytest.fixture(scope="module")
def lived(django_db_setup: None, django_db_blocker: DjangoDbBlocker) -> Iterator[Life]:
    """Of all tests of a module that asks for it."""
    with made_once(django_db_blocker, live) as life:
        yield life


@pytest.fixture
def life(lived: Life) -> Life:
    """For one test, which may change it."""
    return deepcopy(lived)


@pytest.fixture
def shop(life: Life) -> Advertiser:
    return life.shop


@pytest.fixture
def blog(life: Life) -> Partnership:
    return life.blog


@pytest.fixture
def overlay(life: Life) -> Partnership:
    return life.overlay


@pytest.fixture
def owner(life: Life) -> Client:
    return signed_in(life.olga)
