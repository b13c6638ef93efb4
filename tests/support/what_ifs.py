"""A shop with a small history to ask what-ifs about, reckoned by hand; and the fixtures of the
rooms whose tests are about it."""

import copy
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import timedelta

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
from tracking.models import Conversion
from tracking.whatif import runs
from tracking.whatif.models import WhatIfRun

MINUTE, DAY = timedelta(minutes=1), timedelta(days=1)
MINUS = "\N{MINUS SIGN}"


@dataclass(frozen=True)
class Market:
    """A shop that pays 10 %, with a hard blog and a hard extension.

    Three sales of £50.00: two in which the extension took over from the blog, one of the extension
    alone; and one of the blog alone. Had the extension been soft, the blog would have been paid for
    the first two (£10.00), and the third as it was, within the browser session.
    """

    shop: Advertiser
    blog: Partnership
    extension: Partnership
    taken_over: list[Conversion]
    alone: Conversion
    of_blog: Conversion


def make_market(name: str = "Shop", currency: str = "GBP") -> Market:
    shop = make_advertiser(name, currency=currency, percent=10)  # type: ignore[arg-type]
    blog = make_partner(shop, make_publisher(f"Blog of {name}"), "hard")
    extension = make_partner(shop, make_publisher(f"Cat of {name}", model_type="extension"), "hard")
    taken_over = []
    for days in (3, 2):
        shopper, at = Shopper(), NOW - days * DAY
        shopper.follow(blog, at)
        shopper.follow(extension, at + MINUTE)
        sale = shopper.buy(shop, at + 2 * MINUTE, amount="50.00", order=f"{name}-{days}")
        taken_over.append(sale)
    lone, at = Shopper(), NOW - 5 * DAY
    lone.follow(extension, at)
    alone = lone.buy(shop, at + MINUTE, amount="50.00", order=f"{name}-5")
    reader = Shopper()
    reader.follow(blog, at)
    of_blog = reader.buy(shop, at + MINUTE, amount="50.00", order=f"{name}-6")
    return Market(shop, blog, extension, taken_over, alone, of_blog)


def counted(run: WhatIfRun) -> WhatIfRun:
    """The run after a worker counted it."""
    runs.work(run.pk)
    run.refresh_from_db()
    return run


def the_run() -> WhatIfRun:
    return WhatIfRun.objects.get()


# --- Fixtures ---------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def founded(django_db_setup: None, django_db_blocker: DjangoDbBlocker) -> Iterator[Market]:
    """The market of all tests of this module, also of those that do not ask for it."""
    with made_once(django_db_blocker, make_market) as market:
        yield market


@pytest.fixture
def market(founded: Market) -> Market:
    """For one test, which may change it."""
    return copy.deepcopy(founded)


@pytest.fixture
def owner(market: Market) -> User:
    return make_user("owner", market.shop, name="olga")


@pytest.fixture
def client(owner: User) -> Client:
    return signed_in(owner)
