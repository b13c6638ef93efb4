"""What is in force at a moment, in SQL: the twin of :mod:`network.effective.timeline`; and all rows
about one subject, read once (:class:`History`).

The rows are those of a :class:`network.effective.rows.EffectiveDated` table, whose ``objects``
leave out what was cancelled.
"""

from collections import defaultdict
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import cached_property
from operator import attrgetter
from typing import Any, Generic, TypeVar

from django.db import connection
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


class TimelinesOf(Generic[Row]):
    """:func:`timelines` that are asked for all the time, of whichever subjects have these ids.
    Compiled once: Django takes four times as long to compile such a statement as PostgreSQL to
    answer it. ``rows`` are those of a single subject; ``names`` are columns."""

    def __init__(self, rows: Callable[[int], QuerySet[Row]], *names: str) -> None:
        self._rows, self._names = rows, names

    def __call__(self, ids: Iterable[int]) -> dict[Any, list[Row]]:
        """By the values of the fields, as of :func:`timelines`. One query."""
        statement, parameters, place = self._compiled
        table = self._table
        columns = [field.attname for field in table._meta.concrete_fields]
        found: dict[Any, list[Row]] = defaultdict(list)
        key = _key(self._names)
        with connection.cursor() as cursor:
            cursor.execute(statement, (*parameters[:place], list(ids), *parameters[place + 1 :]))
            for values in cursor.fetchall():
                row = table.from_db(connection.alias, columns, values)
                found[key(row)].append(row)
        return found

    @cached_property
    def _table(self) -> type[Row]:
        return self._rows(_SUBJECT).model

    @cached_property
    def _compiled(self) -> tuple[str, tuple[Any, ...], int]:
        """The statement, its parameters, and which of them are the ids."""
        compiler = in_order(self._rows(_SUBJECT)).query.get_compiler(connection=connection)
        statement, parameters = compiler.as_sql()
        columns = [column for column, _, _ in compiler.select]
        assert not compiler.get_converters(columns), "as PostgreSQL gives them"
        place = parameters.index(_SUBJECT)
        pieces = statement.split("%s")
        assert pieces[place].endswith(" = ")
        pieces[place + 1] = f"::bigint[]){pieces[place + 1]}"
        pieces[place] += "ANY("
        return "%s".join(pieces), tuple(parameters), place


_SUBJECT = -1
"""The id of a subject where none is meant yet."""


def _key(names: tuple[str, ...]) -> Callable[[Any], Any]:
    return attrgetter(*(name.replace("__", ".") for name in names))


# --- All rows about one subject ----------------------------------------------------------------


@dataclass(frozen=True)
class History(Generic[Row]):
    """``rows`` are in the order of their start, cancelled ones and all, as they were when they
    were read."""

    rows: Sequence[Row] = ()

    @cached_property
    def held(self) -> Sequence[Row]:
        """The timeline: rows that neither were cancelled nor cancel."""
        cancelled = {row.cancels_id for row in self.rows}
        return [row for row in self.rows if row.cancels_id is None and row.pk not in cancelled]

    @property
    def newest(self) -> int:
        """The id of the row that was added last; 0 for none."""
        return max((row.pk for row in self.rows), default=0)

    def with_id(self, key: int | None) -> Row | None:
        return next((row for row in self.rows if row.pk == key), None)


def histories(rows: TimelinesOf[Row], ids: Iterable[int]) -> dict[Any, History[Row]]:
    """Of ``all_rows``, by the subjects' ids; of a subject without rows an empty one. One query."""
    found: dict[Any, History[Row]] = defaultdict(History)
    for key, those in rows(ids).items():
        found[key] = History(those)
    return found


def of_same(row: Row) -> History[Row]:
    """Of whatever this row, saved or not, is about, each row with who made it. One query."""
    names = [row._meta.get_field(name).attname for name in row.holds_for]  # type: ignore[union-attr]
    same = {name: getattr(row, name) for name in names}
    rows = type(row).all_rows.filter(**same).select_related("made_by")
    return History(list(in_order(rows)))
