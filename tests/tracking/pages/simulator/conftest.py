"""Somebody who may use the simulator, and a sale to start from."""

from datetime import timedelta

import pytest
from django.test import Client

from tests.support.makers import (
    NOW,
    Shopper,
    make_advertiser,
    make_partner,
    make_publisher,
    make_user,
)
from tests.support.reading import signed_in
from tracking.models import Conversion


@pytest.fixture
def staff(db: None) -> Client:
    return signed_in(make_user("viewer", make_advertiser("Shop")))


@pytest.fixture
def sale(db: None) -> Conversion:
    shop = make_advertiser("Tenant", soft_rule="last", hard_days=7, soft_hours=12)
    blog = make_partner(shop, make_publisher("Blog"), hard_days=3)
    cat = make_partner(shop, make_publisher("Cat"), "soft")
    shopper = Shopper()
    shopper.follow(blog, NOW - timedelta(days=2, seconds=20))
    shopper.end_session()
    shopper.follow(cat, NOW - timedelta(hours=1))
    return shopper.buy(shop, NOW, order="10023")
