"""Whose rows there are: those of advertisers that do not exist any more included.

No foreign key leads to the advertiser of what happened, so a query for all of it must ask the
rows, too.
"""

from collections.abc import Collection

from django.db import connection

from network.models import Advertiser
from tracking.distribution.tables import TABLES


def counts(table: str) -> dict[int, int]:
    """How many rows of one of the tables of what happened lie with each advertiser."""
    with connection.cursor() as cursor:
        cursor.execute(
            f"SELECT advertiser_id, count(*) FROM {table} GROUP BY advertiser_id"  # noqa: S608 - names of our own
        )
        return dict(cursor.fetchall())


def advertisers(tables: Collection[str] = TABLES) -> list[int]:
    """The advertisers that exist or have a row in one of the tables, in order."""
    there = set(Advertiser.objects.values_list("pk", flat=True))
    return sorted(there.union(*(counts(table) for table in tables)))
