"""Monthly partitions of ``click``, by its UUIDv7 key. The default partition takes the rest."""

from datetime import UTC, datetime
from uuid import UUID

from django.db import connection, transaction
from psycopg import sql

from network.clock import from_ms, to_ms
from tracking.rule.tokens import lowest_id

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
        following = _next(month)
        name = f"tracking_click_{month:%Y_%m}"
        if _create(name, month, following):
            created.append(name)
        month = following
    return created


def _next(month: datetime) -> datetime:
    return datetime(month.year + month.month // 12, month.month % 12 + 1, 1, tzinfo=UTC)


def oldest_start() -> datetime | None:
    """Where the oldest monthly partition starts; None without one."""
    with connection.cursor() as cursor:
        cursor.execute(_LOWEST_BOUNDS)
        starts = [UUID(bound) for (bound,) in cursor.fetchall()]
    return from_ms(min(starts).int >> 80) if starts else None


@transaction.atomic
def _create(name: str, start: datetime, end: datetime) -> bool:
    """Create one partition, and move there what the default partition holds of its time."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT to_regclass(%s)", [name])
        if cursor.fetchone()[0]:
            return False
        cursor.execute("SELECT pg_advisory_xact_lock(hashtext('tracking_click partitions'))")
        cursor.execute("SELECT to_regclass(%s)", [name])
        if cursor.fetchone()[0]:
            return False
        low, high = lowest_id(to_ms(start)), lowest_id(to_ms(end))
        names = {"new": sql.Identifier(name), "default": sql.Identifier(DEFAULT)}
        bounds = {"low": sql.Literal(str(low)), "high": sql.Literal(str(high))}
        statements = (
            "LOCK TABLE tracking_click IN SHARE ROW EXCLUSIVE MODE",
            "CREATE TABLE {new} (LIKE tracking_click INCLUDING DEFAULTS INCLUDING CONSTRAINTS)",
            "WITH moved AS (DELETE FROM {default} WHERE id >= {low} AND id < {high} RETURNING *)"
            " INSERT INTO {new} SELECT * FROM moved",
            "ALTER TABLE tracking_click ATTACH PARTITION {new} FOR VALUES FROM ({low}) TO ({high})",
        )
        for statement in statements:
            cursor.execute(sql.SQL(statement).format(**names, **bounds).as_string())
    return True
