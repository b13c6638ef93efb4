"""Rows of ``click``: each written once, and counted in the rollups by the statement that writes it.

Whatever writes or replaces a click does it here.
"""

import csv
import io
import json
from collections.abc import Collection, Iterable, Sequence
from itertools import chain
from typing import Any

from django.db import connection

from tracking.models import Click

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
Row = Sequence[Any]
"""A click's values in the order of :data:`COLUMNS`."""

FEW = 20
"""So many rows cost less as values of the statement than by ``COPY`` into a table."""

ROLLUP_KEY = "hour, advertiser_id, publisher_id, cookie_type, counted"
"""What tells the rows of ``rollup`` apart, but for their time step."""
CLICK_KEY = """
    date_trunc('hour', at, 'UTC') AS hour, advertiser_id, publisher_id, cookie_type,
    'click_' || CASE WHEN reason <> '' THEN reason WHEN stood_down THEN 'stood_down' ELSE 'took' END
    AS counted
"""
"""A click's key in the rollups, in SQL."""

_NAMES = ", ".join(f'"{name}"' for name in COLUMNS)
_UPDATES = ", ".join(f'"{name}" = new."{name}"' for name in COLUMNS[2:])
_COUNT = "count, sale_amount_minor, commission_minor, time_step, is_folded"

_STAGE = """
    CREATE TEMPORARY TABLE IF NOT EXISTS click_staging (LIKE tracking_click) ON COMMIT DELETE ROWS
"""
_COPY = f"COPY click_staging ({_NAMES}) FROM STDIN WITH (FORMAT csv, FORCE_NOT_NULL ({_NAMES}))"
_INSERT = f"""
    WITH fresh AS (
        INSERT INTO tracking_click ({_NAMES}) {{rows}}
        ON CONFLICT (id, advertiser_id) DO NOTHING
        RETURNING {CLICK_KEY}
    ), counted AS (
        INSERT INTO tracking_rollup ({ROLLUP_KEY}, {_COUNT})
        SELECT {ROLLUP_KEY}, count(*), 0, 0, 0, false FROM fresh GROUP BY {ROLLUP_KEY}
    )
    SELECT count(*) FROM fresh
"""  # noqa: S608 - names of our own
_STAGED = f"SELECT {_NAMES} FROM click_staging"  # noqa: S608 - names of our own
_REPLACE = f"""
    WITH old AS (
        SELECT id, {CLICK_KEY} FROM tracking_click
        WHERE rebuilt AND (id, advertiser_id) IN (SELECT id, advertiser_id FROM click_staging)
        FOR UPDATE
    ), replaced AS (
        UPDATE tracking_click SET {_UPDATES} FROM click_staging new, old
        WHERE tracking_click.id = new.id AND tracking_click.advertiser_id = new.advertiser_id
            AND old.id = new.id AND old.advertiser_id = new.advertiser_id
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
    by_id = {row[0]: row for row in rows}
    if len(by_id) <= FEW:
        if insert_rebuilt(by_id.values()) == len(by_id):
            return
        _stage(by_id.values())
        _execute(_REPLACE)
    else:
        _stage(by_id.values())
        if _insert(_STAGED) < len(by_id):
            _execute(_REPLACE)
    _execute("TRUNCATE click_staging")


def insert_rebuilt(rows: Collection[Row]) -> int:
    """Write the clicks, known from their tokens only, that have no row yet; how many those are."""
    if not rows:
        return 0
    if len(rows) > FEW:
        _stage(rows)
        written = _insert(_STAGED)
        _execute("TRUNCATE click_staging")
        return written
    one = f"({', '.join(['%s'] * len(COLUMNS))})"
    return _insert(f"VALUES {', '.join([one] * len(rows))}", chain.from_iterable(rows))


def _stage(rows: Iterable[Row]) -> None:
    with connection.cursor() as cursor:
        cursor.execute(_STAGE)
        with cursor.copy(_COPY) as copy:
            copy.write(_as_csv(rows))


def _as_csv(rows: Iterable[Row]) -> str:
    """The rows for ``COPY``: no column is ever NULL. ``write_row`` takes several times as long. The
    module quotes what its line terminator has in it: each of both, for PostgreSQL takes either."""
    text = io.StringIO()
    csv.writer(text, lineterminator="\r\n").writerows(rows)
    return text.getvalue()


def _insert(rows: str, values: Iterable[Any] = ()) -> int:
    """Insert the rows that an SQL query gives, each id once; how many are new."""
    with connection.cursor() as cursor:
        cursor.execute(_INSERT.format(rows=rows), list(values) or None)
        return int(cursor.fetchone()[0])


def _execute(statement: str) -> None:
    with connection.cursor() as cursor:
        cursor.execute(statement)
