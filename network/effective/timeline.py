"""What is in force at a moment, and what comes next.

A timeline is a sequence of rows in the order of their ``starts_at``; each holds until the next one
starts, and of rows that start at once the last one holds. Anything with a ``starts_at`` will do: a
row of the database, a step of a policy, a span of the snapshot. Moments are datetimes, or
milliseconds, but not both in one timeline.

This module is pure and is asked at every click. :mod:`network.effective.queries` says the same in
SQL, under the same names.
"""

from bisect import bisect_right
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from itertools import pairwise
from operator import attrgetter
from typing import Any, Generic, Protocol, TypeVar


class Starting(Protocol):
    """What holds from a moment on."""

    @property
    def starts_at(self) -> Any: ...


Row = TypeVar("Row", bound=Starting)
Said = TypeVar("Said")
Moment = datetime | int

_starts_at = attrgetter("starts_at")


@dataclass(frozen=True, slots=True)
class Segment(Generic[Row]):
    """A row, and when the next one takes its place; None: it holds on."""

    row: Row
    ends_at: Any


def in_order(rows: Iterable[Row]) -> list[Row]:
    """The rows as a timeline; of those that start at once, the later ones stay the later."""
    return sorted(rows, key=_starts_at)


def in_force(rows: Sequence[Row], at: Moment) -> Row | None:
    """The row that holds at a moment; None before the first."""
    index = bisect_right(rows, at, key=_starts_at)
    return rows[index - 1] if index else None


def in_force_or_first(rows: Sequence[Row], at: Moment) -> Row:
    """The row that holds at a moment; the first one before there was any. Raises IndexError without
    rows."""
    return rows[max(bisect_right(rows, at, key=_starts_at) - 1, 0)]


def begun(rows: Sequence[Row], at: Moment) -> Sequence[Row]:
    """The rows that have started by a moment."""
    return rows[: bisect_right(rows, at, key=_starts_at)]


def coming(rows: Sequence[Row], at: Moment) -> Sequence[Row]:
    """The rows that start after a moment."""
    return rows[bisect_right(rows, at, key=_starts_at) :]


def next_after(rows: Sequence[Row], at: Moment) -> Row | None:
    """The first row that starts after a moment; None when nothing is to come."""
    index = bisect_right(rows, at, key=_starts_at)
    return rows[index] if index < len(rows) else None


def segments(rows: Sequence[Row], since: Moment | None = None) -> list[Segment[Row]]:
    """Each row with its end, but for those that were over by ``since``."""
    ends = [*map(_starts_at, rows[1:]), None]
    found = [Segment(row, end) for row, end in zip(rows, ends, strict=False)]
    return [one for one in found if since is None or one.ends_at is None or one.ends_at > since]


def turns(rows: Iterable[Said], what: Callable[[Said], Any]) -> list[Said]:
    """The rows at which ``what`` they say becomes something else; the first is one of them."""
    rows = list(rows)
    later = (row for before, row in pairwise(rows) if what(row) != what(before))
    return [*rows[:1], *later]


def moments(*timelines: Iterable[Starting]) -> list[Any]:
    """Every moment at which a row of one of these starts, once each, in order."""
    return sorted({row.starts_at for rows in timelines for row in rows})
