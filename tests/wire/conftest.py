"""A shop with a blog (hard) and an extension (soft), at a time that stands still."""

from collections.abc import Iterator

import pytest
import time_machine
from time_machine import Traveller

from network.models import Advertiser, CommissionGroup
from publishers.models import Partnership
from tests.support.makers import NOW, make_advertiser, make_partner, make_publisher


@pytest.fixture(autouse=True)
def now() -> Iterator[Traveller]:
    with time_machine.travel(NOW, tick=False) as traveller:
        yield traveller


@pytest.fixture
def shop(db: None) -> Advertiser:
    """``shop.example``, that pays 8 % in GBP, with a second commission group, ``SHOES``."""
    shop = make_advertiser()
    shop.landing_url, shop.domains = "https://shop.example/welcome", ["shop.example"]
    shop.save()
    CommissionGroup.objects.create(advertiser=shop, code="SHOES")
    return shop


@pytest.fixture
def blog(shop: Advertiser) -> Partnership:
    return make_partner(shop, make_publisher(), "hard")


@pytest.fixture
def extension(shop: Advertiser) -> Partnership:
    return make_partner(shop, make_publisher(model_type="extension"))
