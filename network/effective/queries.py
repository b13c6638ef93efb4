"""What is in force at a moment, in SQL: the twin of :mod:`network.effective.timeline`.

The rows are those of a :class:`network.effective.rows.EffectiveDated` table, whose ``objects``
leave out what was cancelled.
"""

from collections import defaultdict
from collections.abc import Callable
from datetime import datetime
from operator import attrgetter
from typing import Any, TypeVar

from django.db.models import QuerySet, Subquery

from network.effective.rows import EffectiveDated

Row = TypeVar("Row", bound=EffectiveDated)

_IN_ORDER = ("starts_at", "pk")
_NEWEST_FIRST = ("-starts_at", "-pk")


def in_order(rows: QuerySet[Row]) -> QuerySet[Row]:
    """The rows as a timeline."""
    return rows.order_by(*_IN_ORDER)


def begun(rows: QuerySet[Row], at: datetime) -> QuerySet[Row]:
    """The rows that have started by a moment."""
    return rows.filter(starts_at__lte=at)


def coming(rows: QuerySet[Row], at: datetime) -> QuerySet[Row]:
    """The rows that start after a moment, the next one first."""
    return in_order(rows.filter(starts_at__gt=at))


def in_force(rows: QuerySet[Row], at: datetime) -> Row | None:
    """The row that holds at a moment; None before the first."""
    return begun(rows, at).order_by(*_NEWEST_FIRST).first()


def in_force_before(rows: QuerySet[Row], at: datetime) -> Row | None:
    """The row that held until a moment, at which another may start; None before the first."""
    return rows.filter(starts_at__lt=at).order_by(*_NEWEST_FIRST).first()


def next_after(rows: QuerySet[Row], at: datetime) -> Row | None:
    """The first row that starts after a moment; None when nothing is to come."""
    return coming(rows, at).first()


def value_in_force(rows: QuerySet[Row], at: datetime, name: str) -> Subquery:
    """What the row that holds at a moment says in this field, to annotate with; NULL before the
    first. ``rows`` refer to the outer query."""
    return Subquery(begun(rows, at).order_by(*_NEWEST_FIRST).values(name)[:1])


def in_force_by(rows: QuerySet[Row], at: datetime, *names: str) -> dict[Any, Row]:
    """The row that holds at a moment for each value of a field, such as ``partnership_id``; of
    several fields, for each tuple of values. One query, which reads no other row."""
    held = begun(rows, at).order_by(*names, *_NEWEST_FIRST).distinct(*names)
    key = _key(names)
    return {key(row): row for row in held}


def timelines(rows: QuerySet[Row], *names: str) -> dict[Any, list[Row]]:
    """The rows in order, for each value of a field as in :func:`in_force_by`; of a value without
    rows an empty list. One query."""
    found: dict[Any, list[Row]] = defaultdict(list)
    key = _key(names)
    for row in in_order(rows):
        found[key(row)].append(row)
    return found


def _key(names: tuple[str, ...]) -> Callable[[Any], Any]:
    return attrgetter(*(name.replace("__", ".") for name in names))
