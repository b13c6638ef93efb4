"""Which reports come in time, and which too late."""

from datetime import timedelta

import pytest

from tests.tracking.evidence.test_joining import START, evidence
from tests.tracking.evidence.test_resolving import LATE, known
from tracking.evidence.closing import Handling, follow
from tracking.evidence.joining import Evidence

BROWSERS = Handling(believes_browsers=True)
FIRST = evidence(1, journeys=(1,))
RIVAL = evidence(2, journeys=(2,))
NOBODY = evidence(99, journeys=(1,))
AFTER = evidence(300, "keyed", journeys=(1,), amount=200)
"""The windows of all clicks have closed an hour after they were made."""


@pytest.mark.parametrize(
    ("reports", "handling"),
    [
        pytest.param([FIRST, RIVAL, AFTER], BROWSERS, id="conflict"),
        pytest.param([FIRST, AFTER], Handling(), id="unverified"),
        pytest.param([NOBODY, AFTER], Handling(), id="nobody"),
        pytest.param(
            [FIRST, AFTER], Handling(believes_browsers=True, largest_minor=99), id="too_large"
        ),
    ],
)
def test_what_is_waited_for_keeps_a_sale_open(reports: list[Evidence], handling: Handling) -> None:
    course = follow(known(reports), handling, LATE)
    assert course.stood
    assert (course.late, course.stood.joined.figures.amount_minor) == ((), 200)


@pytest.mark.parametrize(
    "handling",
    [
        pytest.param(BROWSERS, id="browsers_are_believed"),
        pytest.param(Handling(approved_at=START + timedelta(minutes=9)), id="approved"),
    ],
)
def test_a_report_after_the_closing_is_too_late(handling: Handling) -> None:
    course = follow(known([FIRST, AFTER]), handling, LATE)
    assert course.stood
    assert (list(course.late), course.stood.joined.figures.amount_minor) == ([AFTER], 100)
    assert course.stood.closes_at == START + timedelta(minutes=60)


@pytest.mark.parametrize(
    ("handling", "is_late"),
    [
        pytest.param(BROWSERS, True, id="browsers_are_believed"),
        pytest.param(Handling(confirm_days=2), False, id="in_time"),
        pytest.param(Handling(confirm_days=1), True, id="too_late"),
    ],
)
def test_what_pays_nobody_is_open_to_a_confirmation(handling: Handling, is_late: bool) -> None:
    """A day and two hours after the click, whose window is an hour."""
    confirmed = evidence(26 * 60, "keyed", journeys=(1,))
    course = follow(known([NOBODY, confirmed]), handling, LATE)
    assert list(course.late) == [confirmed] * is_late


@pytest.mark.parametrize(("chosen", "paid"), [(1, 11), (2, 22)])
def test_staff_choose_before_time_does(chosen: int, paid: int) -> None:
    """After two days the earlier one decides; staff choose after one."""
    by_staff = Handling(
        believes_browsers=True,
        conflict_days=2,
        chosen=(FIRST, RIVAL)[chosen - 1].id,
        chosen_at=START + timedelta(days=1),
    )
    course = follow(known([FIRST, RIVAL]), by_staff, LATE)
    assert course.stood
    assert course.stood.resolution.outcome.paid
    assert course.stood.resolution.outcome.paid.id.int == paid
    by_time = follow(known([FIRST, RIVAL]), Handling(conflict_days=2), LATE).stood
    assert by_time
    assert by_time.chosen == FIRST.id


def test_without_a_click_there_is_no_sale() -> None:
    assert follow(known([evidence(1), evidence(2, "keyed")]), BROWSERS, LATE).stood is None
