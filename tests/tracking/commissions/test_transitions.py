"""One table of how a commission's status may change."""

from itertools import product

import pytest

from tracking.commissions.transitions import (
    LEADS_TO,
    OPEN,
    ChangedBy,
    TransitionRefused,
    change,
    may_become,
)
from tracking.lifecycle.validation import REFUSED
from tracking.models import Commission, Validation

Status = Commission.Status
BY = {
    ("pending", "approved"): {"staff"},
    ("pending", "declined"): {"staff", "evidence", "suspension", "time"},
    ("pending", "final"): {"closing"},
    ("approved", "pending"): {"evidence"},
    ("approved", "declined"): {"staff", "evidence", "suspension"},
    ("approved", "final"): {"closing"},
    ("declined", "pending"): {"staff", "evidence"},
    ("declined", "approved"): {"staff"},
    ("declined", "declined"): {"staff"},
}


@pytest.mark.parametrize("before", Status.values)
@pytest.mark.parametrize("after", Status.values)
@pytest.mark.parametrize("by", ChangedBy)
def test_a_status_changes_only_as_the_table_says(before: str, after: str, by: ChangedBy) -> None:
    commission = Commission(status=before)
    if by.value in BY.get((before, after), set()):
        change(commission, Status(after), by)
        assert commission.status == after
    else:
        with pytest.raises(TransitionRefused, match=f"{before} does not become {after} by {by}"):
            change(commission, Status(after), by)
        assert commission.status == before


def test_what_is_open_becomes_final() -> None:
    assert set(OPEN) == {"pending", "approved"}


def test_staff_read_why_whatever_they_cannot_do_is_refused() -> None:
    not_closed = [status for status in Status if status is not Status.FINAL]
    refused = {
        (action, status)
        for action, status in product(Validation.Action, not_closed)
        if not may_become(status, LEADS_TO[action], ChangedBy.STAFF)
    }
    unless_not_for_the_order = {
        (Validation.Action.APPROVE, Status.DECLINED),
        (Validation.Action.DECLINE, Status.DECLINED),
    }
    assert set(REFUSED) == refused | unless_not_for_the_order
