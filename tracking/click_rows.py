"""Rows of ``click``: each written once, and counted in the rollups by the statement that writes it.

Whatever writes or replaces a click does it here.
"""

import json
from collections.abc import Iterable, Sequence

from django.db import connection

from tracking.models import Click
from tracking.rollups import CLICK_KEY, ROLLUP_KEY

COLUMNS = (
    "id",
    "advertiser_id",
    "publisher_id",
    "at",
    "cookie_type",
    "window_minutes",
    "journey",
    "session",
    "stood_down",
    "strictly_necessary",
    "soft_rule",
    "reason",
    "target_reason",
    "rejected_tokens",
    "references",
    "campaign",
    "target",
    "in_page",
    "ip_prefix",
    "user_agent",
    "rebuilt",
    "received_at",
)
Row = Sequence[object]
"""A click's values in the order of :data:`COLUMNS`."""

_NAMES = ", ".join(f'"{name}"' for name in COLUMNS)
_UPDATES = ", ".join(f'"{name}" = new."{name}"' for name in COLUMNS[1:])
_COUNT = "count, sale_amount_minor, commission_minor, time_step, is_folded"

_STAGE = """
    CREATE TEMPORARY TABLE IF NOT EXISTS click_staging (LIKE tracking_click) ON COMMIT DELETE ROWS
"""
_INSERT = f"""
    WITH fresh AS (
        INSERT INTO tracking_click ({_NAMES}) SELECT {_NAMES} FROM click_staging
        ON CONFLICT (id) DO NOTHING
        RETURNING {CLICK_KEY}
    ), counted AS (
        INSERT INTO tracking_rollup ({ROLLUP_KEY}, {_COUNT})
        SELECT {ROLLUP_KEY}, count(*), 0, 0, 0, false FROM fresh GROUP BY {ROLLUP_KEY}
    )
    SELECT count(*) FROM fresh
"""  # noqa: S608 - names of our own
_REPLACE = f"""
    WITH old AS (
        SELECT id, {CLICK_KEY} FROM tracking_click
        WHERE rebuilt AND id IN (SELECT id FROM click_staging) FOR UPDATE
    ), replaced AS (
        UPDATE tracking_click SET {_UPDATES} FROM click_staging new
        WHERE tracking_click.id = new.id AND tracking_click.id IN (SELECT id FROM old)
        RETURNING tracking_click.*
    ), changes AS (
        SELECT {ROLLUP_KEY}, -1 AS change FROM old
        UNION ALL SELECT {CLICK_KEY}, 1 FROM replaced
    )
    INSERT INTO tracking_rollup ({ROLLUP_KEY}, {_COUNT})
    SELECT {ROLLUP_KEY}, sum(change), 0, 0, 0, false FROM changes
    GROUP BY {ROLLUP_KEY} HAVING sum(change) <> 0
"""  # noqa: S608 - names of our own


def row_of(click: Click) -> Row:
    """The values of a click that is not stored."""
    values = {name: getattr(click, name) for name in COLUMNS}
    values |= {name: json.dumps(values[name]) for name in ("rejected_tokens", "references")}
    return tuple(values.values())


def insert(rows: Iterable[Row]) -> None:
    """Write the clicks that have no row yet, and replace rows that were rebuilt from a token; must
    be in a transaction."""
    staged = _stage(rows)
    if staged and _insert_fresh() < staged:
        _execute(_REPLACE)
    _clear(staged)


def insert_rebuilt(rows: Iterable[Row]) -> None:
    """Write the clicks, known from their tokens only, that have no row yet."""
    staged = _stage(rows)
    if staged:
        _insert_fresh()
    _clear(staged)


def _stage(rows: Iterable[Row]) -> int:
    """Copy the rows into the staging table, each id once; how many those are."""
    by_id = {row[0]: row for row in rows}
    if not by_id:
        return 0
    with connection.cursor() as cursor:
        cursor.execute(_STAGE)
        with cursor.copy(f"COPY click_staging ({_NAMES}) FROM STDIN") as copy:
            for row in by_id.values():
                copy.write_row(row)
    return len(by_id)


def _insert_fresh() -> int:
    with connection.cursor() as cursor:
        cursor.execute(_INSERT)
        return int(cursor.fetchone()[0])


def _clear(staged: int) -> None:
    if staged:
        _execute("TRUNCATE click_staging")


def _execute(statement: str) -> None:
    with connection.cursor() as cursor:
        cursor.execute(statement)
