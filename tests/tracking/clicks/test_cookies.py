"""What is read of the cookies that a browser brings, and of the sessions that a report names."""

import pytest

from tracking.clicks.cookies import MOST_SESSIONS, parse_sessions


@pytest.mark.parametrize(
    ("text", "sessions"),
    [
        ("", []),
        ("5", [5]),
        ("5.4.4294967295", [5, 4, 4294967295]),
        ("5..x.-1.4294967296.4", [5, 4]),
    ],
)
def test_sessions_are_read(text: str, sessions: list[int]) -> None:
    assert parse_sessions(text) == sessions


@pytest.mark.parametrize("number", [MOST_SESSIONS, MOST_SESSIONS + 1, 20_000])
def test_of_very_many_sessions_the_last_ones_are_read(number: int) -> None:
    named = list(range(1, number + 1))
    assert parse_sessions(".".join(map(str, named))) == named[-MOST_SESSIONS:]
