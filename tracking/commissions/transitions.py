"""How a commission's status may change, and what may change it: one table.

Rules about more than the status stand where the change is made: what is closed or in conflict, and
for which partner an approval or a decline holds.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from functools import cache
from typing import TypeAlias

from tracking.models import Commission, Validation

Status: TypeAlias = Commission.Status
Action = Validation.Action


class ChangedBy(StrEnum):
    """What changes a commission's status."""

    EVIDENCE = "evidence"
    """A report or a click arrived, or staff settled a conflict: the sale is decided again."""
    STAFF = "staff"
    """Somebody who manages the advertiser says so."""
    SUSPENSION = "suspension"
    """The partner is suspended for fraud."""
    CLOSING = "closing"
    """The cookie windows closed."""
    TIME = "time"
    """Nobody confirmed the sale in time."""


class TransitionRefused(ValueError):
    """The table has no such transition."""


@dataclass(frozen=True, slots=True)
class Transition:
    before: Status
    after: Status
    by: frozenset[ChangedBy]


def _when(before: Status, after: Status, *by: ChangedBy) -> Transition:
    return Transition(before, after, frozenset(by))


TRANSITIONS = (
    _when(Status.PENDING, Status.APPROVED, ChangedBy.STAFF),
    _when(
        Status.PENDING,
        Status.DECLINED,
        ChangedBy.STAFF,
        ChangedBy.EVIDENCE,
        ChangedBy.SUSPENSION,
        ChangedBy.TIME,
    ),
    _when(Status.PENDING, Status.FINAL, ChangedBy.CLOSING),
    _when(Status.APPROVED, Status.PENDING, ChangedBy.EVIDENCE),
    _when(
        Status.APPROVED, Status.DECLINED, ChangedBy.STAFF, ChangedBy.EVIDENCE, ChangedBy.SUSPENSION
    ),
    _when(Status.APPROVED, Status.FINAL, ChangedBy.CLOSING),
    _when(Status.DECLINED, Status.PENDING, ChangedBy.STAFF, ChangedBy.EVIDENCE),
    _when(Status.DECLINED, Status.APPROVED, ChangedBy.STAFF),
    # For another reason: what a suspension declined, lifting it would restore.
    _when(Status.DECLINED, Status.DECLINED, ChangedBy.STAFF),
)
"""Whatever is not here cannot happen; nothing leads out of ``FINAL``."""

LEADS_TO: Mapping[str, Status] = {
    Action.APPROVE: Status.APPROVED,
    Action.DECLINE: Status.DECLINED,
    Action.TAKE_BACK: Status.PENDING,
}
"""The status that an action of staff leads to."""


def may_become(before: str, after: Status, by: ChangedBy) -> bool:
    """Whether a commission may go from one status to another by this."""
    return before in sources(after, by)


def change(commission: Commission, after: Status, by: ChangedBy) -> None:
    """Change the status, without saving it. Raises TransitionRefused."""
    if not may_become(commission.status, after, by):
        raise TransitionRefused(f"{commission.status} does not become {after} by {by}.")
    commission.status = after


@cache
def sources(after: Status, by: ChangedBy) -> tuple[Status, ...]:
    """The statuses from which a commission may come there by this."""
    return tuple(item.before for item in TRANSITIONS if item.after == after and by in item.by)


OPEN = sources(Status.FINAL, ChangedBy.CLOSING)
"""Commissions that become final when their sale closes."""
