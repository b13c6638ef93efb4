"""Times come from PostgreSQL as what they are, by the quick way of reading them."""

from datetime import UTC, datetime

import pytest
from django.db import DataError, connection

from network.database.moments import MomentLoader

pytestmark = pytest.mark.django_db


def read(text: str) -> datetime:
    with connection.cursor() as cursor:
        cursor.execute("SELECT %s::timestamptz", [text])
        found: datetime = cursor.fetchone()[0]
    return found


def test_it_is_what_reads_times() -> None:
    with connection.cursor() as cursor:
        loader = cursor.connection.adapters.get_loader(
            cursor.connection.adapters.types["timestamptz"].oid, 0
        )
    assert loader is MomentLoader


@pytest.mark.parametrize(
    ("text", "moment"),
    [
        ("2026-03-12 14:00:00+00", datetime(2026, 3, 12, 14, tzinfo=UTC)),
        ("2026-03-12 14:00:00.5+02", datetime(2026, 3, 12, 12, 0, 0, 500_000, tzinfo=UTC)),
        ("2026-03-12 14:00:00.000001Z", datetime(2026, 3, 12, 14, 0, 0, 1, tzinfo=UTC)),
        ("0001-01-01 00:00:00Z", datetime(1, 1, 1, tzinfo=UTC)),
        ("9999-12-31 23:59:59.999999Z", datetime(9999, 12, 31, 23, 59, 59, 999_999, tzinfo=UTC)),
    ],
)
def test_a_time_is_read_as_it_is_in_utc(text: str, moment: datetime) -> None:
    found = read(text)
    assert (found, found.tzinfo) == (moment, UTC)


@pytest.mark.parametrize("text", ["infinity", "-infinity", "10000-01-01Z", "0044-03-15Z BC"])
def test_what_python_has_no_time_for_is_said(text: str) -> None:
    with pytest.raises(DataError):
        read(text)
