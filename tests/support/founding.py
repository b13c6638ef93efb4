"""What is made once for many tests, each of which takes place in a savepoint after it."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import TypeVar

import pytest
from django.db import connection, transaction
from pytest_django import DjangoDbBlocker

from network import clock
from tests.support.makers import NOW

Made = TypeVar("Made")


@contextmanager
def made_once(blocker: DjangoDbBlocker, make: Callable[[], Made]) -> Iterator[Made]:
    """For a fixture of a module or class, after ``django_db_setup``: what is made at NOW is there
    until its last test has run. A test that changes the objects themselves takes a copy.

    No test meanwhile may commit (``transaction=True``).
    """
    with blocker.unblock(), transaction.atomic():
        with pytest.MonkeyPatch.context() as patch:
            patch.setattr(clock, "now", lambda: NOW)
            made = make()
        connection.check_constraints()  # here, once, instead of at the end of each test
        yield made
        transaction.set_rollback(True)
