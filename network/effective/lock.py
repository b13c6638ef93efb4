"""One writer at a time of who is hard and who is soft, and on what terms.

A change starts 15 seconds after the moment at which it was made, so that every tracking process
knows of it in time. That holds only if the moment is read while nobody else is in the way, and if
the change is committed soon after it: so every writer takes the lock first, then reads the
clock, and the database refuses what is committed too late (``commits_in_time``).
"""

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta

from django.db import IntegrityError, OperationalError, connection, transaction
from django.utils.translation import gettext
from psycopg.errors import LockNotAvailable

from network.effective.models import PolicyVersion
from network.effective.rows import COMMIT_WITHIN, Refused

WAIT_AT_MOST = timedelta(seconds=5)
"""Longer than a change usually takes, shorter than people wait for a page."""


class Busy(Refused):
    """Somebody else's change was not done in time, or this one was not. Nothing was changed."""


@contextmanager
def held() -> Iterator[None]:
    """A transaction that nobody else's change comes into. Read the clock inside of it. Raises Busy,
    also when it ends."""
    with in_time():
        _take()
        yield


@contextmanager
def in_time() -> Iterator[None]:
    """A transaction in which the lock may be held from some moment on. Raises Busy when it ends."""
    try:
        with transaction.atomic():
            yield
    except IntegrityError as error:
        if "committed too late" not in str(error):
            raise
        raise Busy(
            gettext(
                "This took longer than %(seconds)s seconds, so it could not start everywhere in "
                "time. Nothing was changed. Try again, or choose fewer at a time."
            )
            % {"seconds": COMMIT_WITHIN.seconds}
        ) from error


def unhurried() -> None:
    """For the rest of the transaction rows may be committed late: those of a time that is only
    simulated, and that no tracking process has asked about."""
    with connection.cursor() as cursor:
        cursor.execute("SET LOCAL softclick.commit_within = '1 day'")


def _take() -> None:
    """Whoever writes policy counts this row up. What is held already is not waited for, and the
    time to commit runs from when it was first held."""
    statements = (
        f"SET LOCAL lock_timeout = {WAIT_AT_MOST // timedelta(milliseconds=1)}",
        f"SELECT FROM {PolicyVersion._meta.db_table} FOR UPDATE",
        "SET LOCAL lock_timeout TO DEFAULT",
        "SELECT set_config('softclick.held_since', COALESCE(NULLIF("
        "current_setting('softclick.held_since', true), ''), clock_timestamp()::text), true)",
    )
    try:
        with connection.cursor() as cursor:
            cursor.execute("; ".join(statements))
    except OperationalError as error:
        if not isinstance(error.__cause__, LockNotAvailable):
            raise
        raise Busy(
            gettext(
                "Somebody else is making a change right now. Nothing was changed; try "
                "again in a few seconds."
            )
        ) from error
