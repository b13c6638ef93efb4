"""Rows of ``click``: each written once, and counted in the rollups as it is written.

Whatever writes or replaces a click does it here.
"""

import json
from collections import Counter
from collections.abc import Collection, Iterable, Sequence
from datetime import datetime, timedelta
from functools import lru_cache
from struct import Struct
from typing import Any
from uuid import UUID

from django.db import IntegrityError, connection, transaction

from network.clock import from_ms
from tracking.distribution import sets
from tracking.models import Click

COLUMNS = (
    "id",
    "advertiser_id",
    "publisher_id",
    "at",
    "received_at",
    "window_minutes",
    "journey",
    "session",
    "stood_down",
    "strictly_necessary",
    "in_page",
    "rebuilt",
    "cookie_type",
    "soft_rule",
    "reason",
    "target_reason",
    "campaign",
    "target",
    "ip_prefix",
    "user_agent",
    "rejected_tokens",
    "references",
)
Row = Sequence[Any]
"""A click's values in the order of :data:`COLUMNS`: the id as its 16 bytes, times in microseconds
since the epoch, the last two as JSON in bytes. So a drain packs them for ``COPY`` at once."""

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
_COPY = f"COPY {{table}} ({_NAMES}) FROM STDIN WITH (FORMAT binary)"
_ADD = f"COPY tracking_rollup ({ROLLUP_KEY}, {_COUNT}) FROM STDIN"
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


_FIXED = Struct(">h i16s ii ii iq iq ii iq iq i? i? i? i?")
"""A row for ``COPY`` up to its texts: the number of columns, then each with its size."""
_SIZE = Struct(">i")
_HEADER, _TRAILER = b"PGCOPY\n\xff\r\n\0" + bytes(8), b"\xff\xff"
_EPOCH = from_ms(0)
_US = timedelta(microseconds=1)
_PG_EPOCH_US = 946_684_800_000_000
_HOUR_US = 3_600_000_000
_JSONB = b"\x01"
"""The version of its binary form."""


def row_of(click: Click) -> Row:
    """The values of a click that is not stored."""
    values = {name: getattr(click, name) for name in COLUMNS}
    values["id"] = click.id.bytes
    values |= {name: (values[name] - _EPOCH) // _US for name in ("at", "received_at")}
    values |= {name: json.dumps(values[name]).encode() for name in COLUMNS[-2:]}
    return tuple(values.values())


def insert(rows: Iterable[Row]) -> None:
    """Write the clicks that have no row yet, and replace rows that were rebuilt from a token; must
    be in a transaction."""
    by_id = {row[0]: row for row in rows}
    if len(by_id) <= FEW:
        if insert_rebuilt(by_id.values()) == len(by_id):
            return
    elif _insert_new(by_id.values()):
        return
    _stage(by_id.values())
    if len(by_id) > FEW:
        _insert(_STAGED)
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
    values = [value for row in rows for value in as_values(row)]
    return _insert(f"VALUES {', '.join([one] * len(rows))}", values)


def _insert_new(rows: Collection[Row]) -> bool:
    """Write clicks of which none has a row, as nearly all batches are: straight by ``COPY``, in
    half of the time. False where one has, and nothing was written."""
    try:
        with transaction.atomic():
            _copy("tracking_click", rows)
    except IntegrityError:
        return False
    counted = Counter(map(_counted, rows))
    lines = [
        f"{_hour(hour)}\t{advertiser}\t{publisher}\t{cookie_type}\t{what}\t{number}\t0\t0\t0\tf\n"
        for (hour, advertiser, publisher, cookie_type, what), number in counted.items()
    ]
    sets.copy(_ADD, "".join(lines))
    return True


def _counted(row: Row) -> tuple[int, int, int, str, str]:
    """What :data:`CLICK_KEY` is in SQL."""
    _, advertiser, publisher, at, *_ = row
    reason = row[_REASON] or ("stood_down" if row[_STOOD_DOWN] else "took")
    return at - at % _HOUR_US, advertiser, publisher, row[_COOKIE_TYPE], f"click_{reason}"


_REASON, _STOOD_DOWN, _COOKIE_TYPE = map(COLUMNS.index, ("reason", "stood_down", "cookie_type"))


def _stage(rows: Iterable[Row]) -> None:
    _execute(_STAGE)
    _copy("click_staging", rows)


def _copy(table: str, rows: Iterable[Row]) -> None:
    data = b"".join((_HEADER, *map(_packed, rows), _TRAILER))
    sets.copy(_COPY.format(table=table), data)


def _packed(row: Row) -> bytes:
    """The row for ``COPY`` in PostgreSQL's binary form: neither side writes or reads times, numbers
    and ids as text."""
    identifier, advertiser, publisher, at, received_at, minutes, journey, session = row[:8]
    if len(identifier) != 16:
        raise ValueError(f"{identifier.hex()} is no id")
    fixed = _FIXED.pack(
        *(len(COLUMNS), 16, identifier, 4, advertiser, 4, publisher),
        *(8, at - _PG_EPOCH_US, 8, received_at - _PG_EPOCH_US, 4, minutes, 8, journey, 8, session),
        *(1, row[8], 1, row[9], 1, row[10], 1, row[11]),
    )
    return b"".join([fixed, *map(_text, row[12:20]), _json(row[20]), _json(row[21])])


@lru_cache(maxsize=1024)
def _text(value: str) -> bytes:
    """Most are a few words, again and again."""
    data = value.encode()
    return _SIZE.pack(len(data)) + data


@lru_cache(maxsize=1024)
def _json(value: bytes) -> bytes:
    return _SIZE.pack(len(value) + 1) + _JSONB + value


def as_values(row: Row) -> list[Any]:
    """The row as values of a statement."""
    values = list(row)
    values[0] = UUID(bytes=row[0])
    values[3:5] = map(_moment, row[3:5])
    values[-2:] = (value.decode() for value in row[-2:])
    return values


@lru_cache(maxsize=1024)
def _hour(microseconds: int) -> str:
    return _moment(microseconds).isoformat()


def _moment(microseconds: int) -> datetime:
    return _EPOCH + microseconds * _US


def _insert(rows: str, values: Iterable[Any] = ()) -> int:
    """Insert the rows that an SQL query gives, each id once; how many are new."""
    with connection.cursor() as cursor:
        cursor.execute(_INSERT.format(rows=rows), list(values) or None)
        return int(cursor.fetchone()[0])


def _execute(statement: str) -> None:
    with connection.cursor() as cursor:
        cursor.execute(statement)
