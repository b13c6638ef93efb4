"""The states of a sale, as every page, filter and figure names them: one table.

A state follows from a few facts of the sale and its commission. The first row of :data:`TABLE`
whose facts hold is its state, in Python by :func:`state_of` and in SQL by :func:`state_case`.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from functools import lru_cache
from typing import Any, TypeVar

import msgspec
from django.db.models import (
    Case,
    CharField,
    Q,
    QuerySet,
    Value,
    When,
)
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy

from network import dates
from tracking.models import Commission, Conversion

Row = TypeVar("Row", Commission, Conversion)
Status = Commission.Status
NOBODY_PAID = Commission.DeclineReason.NOBODY_PAID


class SaleState(StrEnum):
    """In the order of pages; the values are what filters have in their addresses."""

    PENDING = "Pending"
    APPROVED = "Approved"
    FINAL = "Final"
    DECLINED = "Declined"
    ON_HOLD = "On hold"
    UNVERIFIED = "Unverified"
    CONFLICT = "Conflict"
    NOBODY = "Nobody"

    @property
    def tone(self) -> str:
        """How its badge looks: ``good``, ``waiting``, ``wrong`` or plain."""
        return _ROWS[self].tone

    @property
    def label(self) -> str:
        """The state alone, without dates and reason."""
        return str(LABELS[self])


class StateFacts(msgspec.Struct, frozen=True, kw_only=True, gc=False):
    """What a sale's state follows from. ``status`` is its commission's; None without one, and where
    it is declined because nobody is paid (:func:`status_of`), so that who was credited in between
    makes no difference. A sale is in conflict until it is closed. ``over_limit``: it is larger than
    the advertiser thinks plausible, and nobody has approved it."""

    status: str | None
    in_conflict: bool = False
    verified: bool = True
    over_limit: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class StateRow:
    """A state, the facts that it needs, and how pages show it. ``label`` may have
    ``%(final_on)s`` and ``%(reason)s`` in it; ``closed_label`` is for sales that are closed, where
    it differs."""

    state: SaleState
    when: Mapping[str, Any]
    tone: str = ""
    label: Promise
    closed_label: Promise | None = None


TABLE = (
    StateRow(
        state=SaleState.FINAL,
        when={"status": Status.FINAL},
        tone="good",
        label=gettext_lazy("Final, payable on %(final_on)s"),
    ),
    StateRow(
        state=SaleState.CONFLICT,
        when={"in_conflict": True},
        tone="wrong",
        label=gettext_lazy("Conflict"),
    ),
    StateRow(
        state=SaleState.NOBODY,
        when={"status": None},
        label=gettext_lazy("Pending, nobody paid"),
        closed_label=gettext_lazy("Closed, nobody paid"),
    ),
    StateRow(
        state=SaleState.DECLINED,
        when={"status": Status.DECLINED},
        tone="wrong",
        label=gettext_lazy("Declined: %(reason)s"),
    ),
    StateRow(
        state=SaleState.ON_HOLD,
        when={"over_limit": True},
        tone="waiting",
        label=gettext_lazy("On hold"),
    ),
    StateRow(
        state=SaleState.UNVERIFIED,
        when={"verified": False},
        tone="waiting",
        label=gettext_lazy("Unverified"),
    ),
    StateRow(
        state=SaleState.APPROVED,
        when={"status": Status.APPROVED},
        tone="good",
        label=gettext_lazy("Approved, final on %(final_on)s"),
    ),
    StateRow(state=SaleState.PENDING, when={}, label=gettext_lazy("Pending")),
)
_ROWS = {row.state: row for row in TABLE}
LABELS: Mapping[SaleState, Promise] = {
    SaleState.PENDING: gettext_lazy("Pending"),
    SaleState.APPROVED: gettext_lazy("Approved"),
    SaleState.FINAL: gettext_lazy("Final"),
    SaleState.DECLINED: gettext_lazy("Declined"),
    SaleState.ON_HOLD: gettext_lazy("On hold"),
    SaleState.UNVERIFIED: gettext_lazy("Unverified"),
    SaleState.CONFLICT: gettext_lazy("Conflict"),
    SaleState.NOBODY: gettext_lazy("No one"),
}


@dataclass(frozen=True, slots=True)
class ShownState:
    """A state as pages show it, dates and reason included."""

    state: SaleState
    label: str

    @property
    def tone(self) -> str:
        return self.state.tone

    def __str__(self) -> str:
        return self.label


def status_of(commission: Commission | None) -> str | None:
    """The status from which the state follows."""
    if commission is None or commission.decline_reason == NOBODY_PAID:
        return None
    return commission.status


@lru_cache(maxsize=64)
def state_of(facts: StateFacts) -> SaleState:
    for row in TABLE:
        if all(getattr(facts, name) == value for name, value in row.when.items()):
            return row.state
    raise AssertionError("The last row needs nothing.")


def shown(
    facts: StateFacts,
    *,
    closes_at: datetime | None,
    closed_at: datetime | None = None,
    reason: str = "",
) -> ShownState:
    """The state with its label; ``reason`` is why the commission was declined."""
    state = state_of(facts)
    row = _ROWS[state]
    label = (row.closed_label if closed_at else None) or row.label
    final_on = closed_at or closes_at
    said = {"final_on": dates.day(final_on) if final_on else "", "reason": reason}
    return ShownState(state, str(label) % said)


@dataclass(frozen=True, slots=True, kw_only=True)
class StateColumns:
    """Where a query finds the facts."""

    status: str
    decline_reason: str
    conflict: str
    conflict_since: str
    closed_at: str
    sale_closed_at: str
    verified: str
    over_limit: str
    lapsed: str


OF_COMMISSION = StateColumns(
    status="status",
    decline_reason="decline_reason",
    conflict="conversion__conflict",
    conflict_since="conversion__conflict_since",
    closed_at="closed_at",
    sale_closed_at="conversion__closed_at",
    verified="conversion__verified",
    over_limit="conversion__over_limit",
    lapsed="conversion__lapsed",
)
OF_SALE = StateColumns(
    status="commission__status",
    decline_reason="commission__decline_reason",
    conflict="conflict",
    conflict_since="conflict_since",
    closed_at="closed_at",
    sale_closed_at="closed_at",
    verified="verified",
    over_limit="over_limit",
    lapsed="lapsed",
)


def in_state(commissions: QuerySet[Commission], state: str) -> QuerySet[Commission]:
    """The commissions that pages show under this state."""
    return _narrowed(commissions, SaleState(state), OF_COMMISSION)


def sales_in_state(sales: QuerySet[Conversion], state: str) -> QuerySet[Conversion]:
    """The sales that pages show under this state; under NOBODY also those in conflict that nobody
    was ever credited with."""
    if state == SaleState.NOBODY:
        return sales.filter(pays_nobody=True)
    return _narrowed(sales, SaleState(state), OF_SALE)


def _narrowed(rows: QuerySet[Row], state: SaleState, columns: StateColumns) -> QuerySet[Row]:
    """Rows in the state: of which the facts hold, and those of no state before it; and what follows
    from that, for which there are indexes. PostgreSQL knows how many rows such conditions leave,
    unlike those of which an expression has a value, and finds rare ones without a look at all."""
    when = _ROWS[state].when
    found = _holds(when, columns) & _implied(state, columns)
    for row in TABLE[: TABLE.index(_ROWS[state])]:
        if not _exclude_each_other(when, row.when):
            found &= ~_holds(row.when, columns)
    return rows.filter(found)


def _exclude_each_other(when: Mapping[str, Any], other: Mapping[str, Any]) -> bool:
    one, another = when.get("status"), other.get("status")
    return one is not None and another is not None and one != another


def _implied(state: SaleState, columns: StateColumns) -> Q:
    """What every sale in this state is: what is closed is in conflict, on hold or unverified no
    more, and pending or approved no more; what is final is closed."""
    is_open = Q(**{f"{columns.sale_closed_at}__isnull": True})
    match state:
        case SaleState.PENDING:
            return is_open & Q(**{columns.status: Status.PENDING})
        case SaleState.ON_HOLD | SaleState.UNVERIFIED:
            return is_open & Q(**{columns.lapsed: False})
        case SaleState.APPROVED:
            return is_open
        case SaleState.NOBODY:
            return Q(**{columns.status: Status.DECLINED})
        case SaleState.CONFLICT:
            return is_open & Q(**{f"{columns.conflict_since}__isnull": False})
        case SaleState.FINAL:
            return Q(**{f"{columns.closed_at}__isnull": False})
        case SaleState.DECLINED:
            return Q()


def state_case(columns: StateColumns = OF_COMMISSION) -> Case:
    """The value of the :class:`SaleState`, as :func:`state_of` finds it."""
    return Case(
        *(When(_holds(row.when, columns), then=Value(row.state.value)) for row in TABLE[:-1]),
        default=Value(TABLE[-1].state.value),
        output_field=CharField(),
    )


def _holds(when: Mapping[str, Any], columns: StateColumns) -> Q:
    found = Q()
    for name, value in when.items():
        found &= _fact(name, value, columns)
    return found


def _fact(name: str, value: Any, columns: StateColumns) -> Q:
    if name == "in_conflict":
        in_conflict = ~Q(**{columns.conflict: ""}) & Q(**{f"{columns.closed_at}__isnull": True})
        return in_conflict if value else ~in_conflict
    column = getattr(columns, name)
    if value is None:
        return Q(**{f"{column}__isnull": True}) | Q(**{columns.decline_reason: NOBODY_PAID})
    return Q(**{column: value})
