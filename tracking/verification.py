"""The promises of the whole database, checked from the rows alone.

Nothing here trusts a constraint, a trigger, an index or a stored total: sums are made anew. What is
checked:

- **I2** one conversion per advertiser and order; at most one commission per conversion, which says
  what the current decision says; exactly one once closed, where the decision pays somebody.
- **I3** every ledger transaction sums to zero per currency; every final commission has exactly its
  ledger transaction, with its amounts on its accounts, and there is no other; what is closed still
  says what it said when it was closed. Balances are not stored, so there is none that could differ
  from the sum of its entries.
- **I5** paid out is at most what was approved. Nothing pays out yet, so that what is owed to each
  publisher must be exactly the sum of its final commissions; likewise what advertisers owe and what
  the network has earned.
- **I6** recomputing every decision from what was stored with it gives what was decided, and deciding
  every open conversion again from the stored reports and clicks gives its current decision. A
  conversion whose reports are of different journeys pays nobody.

Call it in one transaction of isolation level REPEATABLE READ, so that it sees one moment.
"""

from collections.abc import Iterator
from dataclasses import dataclass

from django.db import connection

from tracking import conversions, decisions
from tracking.attribution import RULE_VERSION
from tracking.invariants import INVARIANTS, Invariant
from tracking.models import Conversion, Decision

CHUNK = 500
"""Rows in memory at a time."""


@dataclass(frozen=True, slots=True)
class Checked:
    """How many rows of a kind were looked at."""

    kind: str
    count: int


@dataclass(frozen=True, slots=True)
class Broken:
    """A row that breaks a promise, and how."""

    promise: str
    row: str
    sentence: str

    def __str__(self) -> str:
        return f"{self.promise} {self.row}: {self.sentence}"


Finding = Checked | Broken


def verify() -> Iterator[Finding]:
    """Everything that is broken, and how much was checked; in constant memory."""
    yield from _count_rows()
    with _tables_alone():
        for invariant in INVARIANTS:
            yield from _rows_that_break(invariant)
    yield from _decisions()
    yield from _open_conversions()


class _tables_alone:
    """Read the tables themselves: a damaged index could hide what is broken."""

    NAMES = ("enable_indexscan", "enable_indexonlyscan", "enable_bitmapscan")

    def __enter__(self) -> None:
        self._set("off")

    def __exit__(self, kind: type[BaseException] | None, *_: object) -> None:
        if kind is None:
            self._set("on")

    def _set(self, value: str) -> None:
        with connection.cursor() as cursor:
            for name in self.NAMES:
                cursor.execute(f"SET LOCAL {name} = {value}")
