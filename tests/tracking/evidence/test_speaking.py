"""Which session a report speaks for, and channels that do not count."""

import pytest

from tests.tracking.evidence.test_joining import BROWSER, evidence
from tracking.evidence.joining import Evidence, join


@pytest.mark.parametrize(
    ("reports", "sessions"),
    [
        pytest.param(
            [
                evidence(1, journeys=(1,), sessions=frozenset({8}), **BROWSER),
                evidence(2, journeys=(1,), sessions=frozenset({7}), **BROWSER),
            ],
            {8},
            id="a later report cannot revive a session",
        ),
        pytest.param(
            [
                evidence(1, journeys=(1,), sessions=frozenset({7}), **BROWSER),
                evidence(
                    2,
                    journeys=(1,),
                    sessions=frozenset({8}),
                    session_by_cookie=True,
                    **BROWSER,
                ),
            ],
            {8},
            id="a cookie that no script can write speaks before a script",
        ),
        pytest.param(
            [
                evidence(1, journeys=(1,), session_by_cookie=True, **BROWSER),
                evidence(2, journeys=(1,), sessions=frozenset({7}), **BROWSER),
            ],
            set(),
            id="a browser without a session says that it is over",
        ),
        pytest.param(
            [evidence(1, journeys=(1,), session=5), evidence(2, journeys=(1,), session=6)],
            {5, 6},
            id="a server's click ids count as their sessions'",
        ),
        pytest.param(
            [evidence(1, journeys=(1,)), evidence(2, sessions=frozenset({3}), **BROWSER)],
            {7},
            id="a browser that knows nothing of the journey does not speak",
        ),
    ],
)
def test_one_report_says_which_session_it_was(reports: list[Evidence], sessions: set[int]) -> None:
    assert join(reports).sessions == sessions


@pytest.mark.parametrize(
    ("reports", "uncounted"),
    [
        pytest.param(
            [evidence(1, journeys=(1,), uncounted="ads"), evidence(2, journeys=(1,))],
            "ads",
            id="named first",
        ),
        pytest.param(
            [evidence(1, journeys=(1,)), evidence(2, journeys=(1,), uncounted="ads")],
            "ads",
            id="named later",
        ),
        pytest.param(
            [evidence(1, "keyed", journeys=(1,)), evidence(2, journeys=(1,), uncounted="ads")],
            "ads",
            id="named by the shop's page, not by its server",
        ),
        pytest.param(
            [evidence(1, journeys=(1,)), evidence(2, journeys=(2,), uncounted="ads")],
            "ads",
            id="in a conflict",
        ),
        pytest.param(
            [evidence(1, journeys=(1,)), evidence(2, uncounted="ads")],
            "",
            id="anybody could send a bare one",
        ),
        pytest.param(
            [evidence(1, "keyed", journeys=(1,)), evidence(2, journeys=(2,), uncounted="ads")],
            "",
            id="a stranger that is believed less",
        ),
    ],
)
def test_a_channel_that_does_not_count(reports: list[Evidence], uncounted: str) -> None:
    assert join(reports).uncounted == uncounted
