"""A shop with a small history, and its owner at the admin."""

import copy
from collections.abc import Iterator

import pytest
from django.test import Client
from pytest_django import DjangoDbBlocker

from network.models import User
from tests.support.founding import made_once
from tests.support.makers import make_user
from tests.support.reading import signed_in
from tests.support.what_ifs import Market, make_market


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
