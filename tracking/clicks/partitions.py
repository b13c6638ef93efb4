"""Monthly partitions of ``click``, by its UUIDv7 key. The default partition takes the rest."""

from datetime import UTC, datetime
from uuid import UUID

from django.db import connection

from network.clock import from_ms

MONTHS_AHEAD = 3
DEFAULT = "tracking_click_default"
_LOWEST_BOUNDS = """
    SELECT substring(pg_get_expr(relpartbound, oid) FROM 'FROM \\(''([0-9a-f-]+)''\\)')
    FROM pg_class JOIN pg_inherits ON inhrelid = oid
    WHERE inhparent = 'tracking_click'::regclass AND pg_get_expr(relpartbound, oid) <> 'DEFAULT'
"""


def ensure(now: datetime) -> list[str]:
    """Create the partitions of this month and the coming ones that are missing; return them."""
    created = []
    month = datetime(now.year, now.month, 1, tzinfo=UTC)
    for _ in range(MONTHS_AHEAD + 1):
        if _create(month):
            created.append(f"tracking_click_{month:%Y_%m}")
        month = _next(month)
    return created


def _create(month: datetime) -> bool:
    """By a function of the database's, since the application's role may create no table."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT softclick_make_click_partition(%s)", [month.date()])
        return bool(cursor.fetchone()[0])


def _next(month: datetime) -> datetime:
    return datetime(month.year + month.month // 12, month.month % 12 + 1, 1, tzinfo=UTC)


def oldest_start() -> datetime | None:
    """Where the oldest monthly partition starts; None without one."""
    with connection.cursor() as cursor:
        cursor.execute(_LOWEST_BOUNDS)
        starts = [UUID(bound) for (bound,) in cursor.fetchall()]
    return from_ms(min(starts).int >> 80) if starts else None
