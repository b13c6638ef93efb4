"""Many rows of one advertiser, written or changed by one statement."""

import json
import re
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

import msgspec
from django.db import connection
from django.db.models import Field, JSONField

from network.database.arrays import array
from tracking.distribution.rows import AdvertiserRow
from tracking.distribution.tables import COLUMN

_ESCAPED = str.maketrans({"\\": r"\\", "\n": r"\n", "\r": r"\r", "\t": r"\t"})
_TO_ESCAPE = re.compile(r"[\\\n\r\t]").search
_KEYS = "SELECT nextval(pg_get_serial_sequence(%s, 'id')) FROM generate_series(1, %s)"


def give_keys(rows: Sequence[AdvertiserRow]) -> None:
    """Give new rows of one model the keys that they will have, so that others can refer to them
    before :func:`insert` writes them. No statement where there are none."""
    if rows:
        with connection.cursor() as cursor:
            cursor.execute(_KEYS, [rows[0]._meta.db_table, len(rows)])
            for row, (key,) in zip(rows, cursor.fetchall(), strict=True):
                row.pk = key


def insert(rows: Sequence[AdvertiserRow]) -> None:
    """Write new rows of one model, which have their keys. By ``COPY``: a statement with so many
    values takes several times as long. No statement where there are none."""
    if not rows:
        return
    fields = rows[0]._meta.concrete_fields
    names = ", ".join(f'"{field.column}"' for field in fields)
    columns = [_texts(field, [getattr(row, field.attname) for row in rows]) for field in fields]
    lines = map("\t".join, zip(*columns, strict=True))
    copy(f'COPY "{rows[0]._meta.db_table}" ({names}) FROM STDIN', "\n".join([*lines, ""]))
    for row in rows:
        row._state.adding, row._state.db = False, connection.alias


def copy(statement: str, data: str | bytes) -> None:
    """``COPY`` this in. Raises Django's errors, not psycopg's, by which a lost connection or a
    deadlock is told from a row that cannot be written."""
    with (
        connection.wrap_database_errors,
        connection.cursor() as cursor,
        cursor.copy(statement) as into,
    ):
        into.write(data)


def _texts(field: Field[Any, Any], values: Sequence[Any]) -> list[str]:
    """The field's values for ``COPY``."""
    if isinstance(field, JSONField):
        return [_escaped(msgspec.json.encode(value).decode()) for value in values]
    return [
        _escaped(value) if isinstance(value, str) else r"\N" if value is None else str(value)
        for value in values
    ]


def _escaped(text: str) -> str:
    """Looking whether there is anything to escape is several times as fast."""
    return text.translate(_ESCAPED) if _TO_ESCAPE(text) else text


def update(rows: Sequence[AdvertiserRow], names: Sequence[str]) -> None:
    """Write these fields of the rows, which are of one model and one advertiser. No statement where
    there is nothing to write."""
    if not rows or not names:
        return
    meta = rows[0]._meta
    fields: list[Field[Any, Any]] = [meta.pk, *map(meta.get_field, names)]  # type: ignore[list-item]
    quoted = [f'"{field.column}"' for field in fields]
    arrays = ", ".join(f"%s::{_type(field)}[]" for field in fields)
    changes = ", ".join(f"{column} = new.{column}" for column in quoted[1:])
    statement = (
        f'UPDATE "{meta.db_table}" AS old SET {changes} '  # noqa: S608 - names of our own
        f"FROM unnest({arrays}) AS new ({', '.join(quoted)}) "
        f'WHERE old."{COLUMN}" = %s AND old.{quoted[0]} = new.{quoted[0]}'
    )
    values = [_array(field, rows) for field in fields]
    with connection.cursor() as cursor:
        cursor.execute(statement, [*values, getattr(rows[0], COLUMN)])


def update_changed(
    rows: Iterable[tuple[AdvertiserRow, Mapping[str, Any]]], names: Sequence[str]
) -> None:
    """As :func:`update`, of rows with their values before: those of which a field is another now,
    and those fields."""
    changed = []
    for row, before in rows:
        now = vars(row)
        changed.append((row, {name for name in names if now[name] != before[name]}))
    every = set().union(*(fields for _, fields in changed))
    update([row for row, fields in changed if fields], [name for name in names if name in every])


def _type(field: Field[Any, Any]) -> str:
    """Without the checks and the counter that come with a column's type."""
    return str(
        field.rel_db_type(connection) if field.primary_key else field.cast_db_type(connection)
    )


def _array(field: Field[Any, Any], rows: Iterable[AdvertiserRow]) -> str:
    values = [getattr(row, field.attname) for row in rows]
    return array(map(json.dumps, values) if isinstance(field, JSONField) else values)
