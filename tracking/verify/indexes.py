"""Whether the indexes by which an advertiser's rows are found have all of them.

Going through the tables themselves for each advertiser would take a large network days; once is
enough to notice an index that hides rows.
"""

from collections.abc import Collection, Iterator
from contextlib import contextmanager
from dataclasses import dataclass

from django.db import connection

from tracking.distribution.tables import TABLES
from tracking.distribution.whose import counts

BY_INDEX = ("enable_indexscan", "enable_indexonlyscan", "enable_bitmapscan")
BY_TABLE = ("enable_seqscan",)


@dataclass(frozen=True, slots=True)
class Hidden:
    """Rows that are found by going through the table, and not by its indexes (or too many)."""

    table: str
    advertiser: int
    there: int
    found: int


def hidden(advertisers: Collection[int]) -> Iterator[Hidden]:
    """Where an index of a table of what happened does not find what there is."""
    for table in TABLES:
        with _without(BY_INDEX):
            there = counts(table)
        for advertiser in advertisers:
            found = _by_index(table, advertiser)
            if found != there.get(advertiser, 0):
                yield Hidden(table, advertiser, there.get(advertiser, 0), found)


def _by_index(table: str, advertiser: int) -> int:
    with _without(BY_TABLE), connection.cursor() as cursor:
        cursor.execute(
            f"SELECT count(*) FROM {table} WHERE advertiser_id = %s",  # noqa: S608 - names of our own
            [advertiser],
        )
        return int(cursor.fetchone()[0])


@contextmanager
def _without(ways: Collection[str]) -> Iterator[None]:
    """Let the transaction's queries look for rows without these ways."""
    with connection.cursor() as cursor:
        cursor.execute("".join(f"SET LOCAL {way} = off;" for way in ways))
        yield
        cursor.execute("".join(f"SET LOCAL {way} = on;" for way in ways))
