"""A network that is founded once for a module."""

import copy
from collections.abc import Iterator

import pytest
from pytest_django import DjangoDbBlocker

from tests.support.founding import made_once
from tests.tracking.figures.test_reports import Network


@pytest.fixture(scope="module")
def founded(django_db_setup: None, django_db_blocker: DjangoDbBlocker) -> Iterator[Network]:
    with made_once(django_db_blocker, Network) as network:
        yield network


@pytest.fixture
def network(founded: Network) -> Network:
    """For one test, which may change it."""
    return copy.deepcopy(founded)
