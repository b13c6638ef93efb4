"""A shop with a blog (hard) and an extension (soft), at a time that stands still."""

import copy
from collections.abc import Iterator
from dataclasses import dataclass
from decimal import Decimal

import pytest
import time_machine
from pytest_django import DjangoDbBlocker
from time_machine import Traveller

from network.advertisers.terms import add_group
from network.models import Advertiser
from publishers.models import Partnership
from tests.support.founding import made_once
from tests.support.makers import NOW, SET_UP, make_advertiser, make_partner, make_publisher


@pytest.fixture(autouse=True)
def now() -> Iterator[Traveller]:
    with time_machine.travel(NOW, tick=False) as traveller:
        yield traveller


@dataclass(frozen=True)
class Partners:
    shop: Advertiser
    blog: Partnership
    extension: Partnership


def make_partners() -> Partners:
    shop = make_advertiser()
    shop.landing_url, shop.domains = "https://shop.example/welcome", ["shop.example"]
    shop.save()
    add_group(shop, "SHOES", SET_UP, made_by=None, percent=Decimal(5))
    blog = make_partner(shop, make_publisher(), "hard")
    return Partners(shop, blog, make_partner(shop, make_publisher(model_type="extension")))


@pytest.fixture(scope="module")
def founded(django_db_setup: None, django_db_blocker: DjangoDbBlocker) -> Iterator[Partners]:
    """The shop and its partners of all tests of this module, also of those that do not ask."""
    with made_once(django_db_blocker, make_partners) as partners:
        yield partners


@pytest.fixture
def partners(founded: Partners, db: None) -> Partners:
    """For one test, which may change them."""
    return copy.deepcopy(founded)


@pytest.fixture
def shop(partners: Partners) -> Advertiser:
    """``shop.example``, that pays 8 % in GBP, with a second commission group, ``SHOES``."""
    return partners.shop


@pytest.fixture
def blog(partners: Partners) -> Partnership:
    return partners.blog


@pytest.fixture
def extension(partners: Partners) -> Partnership:
    return partners.extension
