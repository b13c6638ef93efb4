"""A network with two of everything, and somebody in every role."""

import copy
from collections.abc import Iterator

import pytest
from pytest_django.plugin import DjangoDbBlocker

from tests.network.people.test_access import World, found
from tests.support.founding import made_once


@pytest.fixture(scope="module")
def founded(django_db_setup: None, django_db_blocker: DjangoDbBlocker) -> Iterator[World]:
    """The world of all tests of this module."""
    with made_once(django_db_blocker, found) as world:
        yield world


@pytest.fixture
def world(founded: World, at_now: None, db: None) -> World:
    """For one test, which may change it."""
    return copy.deepcopy(founded)
