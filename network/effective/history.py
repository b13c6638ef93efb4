"""All rows about one subject, read once: what holds, what comes, and what was cancelled.

Who decides reads them under the lock, and passes them along to all who ask.
"""

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any, Generic, TypeVar

from network.effective import queries
from network.effective.rows import EffectiveDated

Row = TypeVar("Row", bound=EffectiveDated)


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


def read(rows: queries.TimelinesOf[Row], ids: Iterable[int]) -> dict[Any, History[Row]]:
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
    return History(list(queries.in_order(rows)))
