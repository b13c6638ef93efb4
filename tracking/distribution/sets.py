"""Many rows of one advertiser, changed by one statement."""

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from django.db import connection
from django.db.models import Field

from tracking.distribution.rows import AdvertiserRow
from tracking.distribution.tables import COLUMN


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
    values: list[Any] = [[_value(field, row) for row in rows] for field in fields]
    with connection.cursor() as cursor:
        cursor.execute(statement, [*values, getattr(rows[0], COLUMN)])


def update_changed(
    rows: Iterable[tuple[AdvertiserRow, Mapping[str, Any]]], names: Sequence[str]
) -> None:
    """As :func:`update`, of rows with their values before: those of which a field is another now,
    and those fields."""
    changed = [
        (row, {name for name in names if getattr(row, name) != before[name]})
        for row, before in rows
    ]
    every = set().union(*(fields for _, fields in changed))
    update([row for row, fields in changed if fields], [name for name in names if name in every])


def _type(field: Field[Any, Any]) -> str:
    """Without the checks and the counter that come with a column's type."""
    return str(
        field.rel_db_type(connection) if field.primary_key else field.cast_db_type(connection)
    )


def _value(field: Field[Any, Any], row: AdvertiserRow) -> Any:
    return field.get_db_prep_save(getattr(row, field.attname), connection)
