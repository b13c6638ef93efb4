"""When saved reports are mailed."""

from datetime import UTC, datetime
from zoneinfo import ZoneInfo

import pytest

from network.saved_reports.schedule import next_mail

LONDON = ZoneInfo("Europe/London")


@pytest.mark.parametrize(
    ("mailed", "now", "at"),
    [
        pytest.param("daily", "2026-03-12T05:59", "2026-03-12T06:00", id="this_morning"),
        pytest.param("daily", "2026-03-12T06:00", "2026-03-13T06:00", id="not_twice"),
        pytest.param("daily", "2026-03-28T12:00", "2026-03-29T05:00", id="summer_time_begins"),
        pytest.param("weekly", "2026-03-12T12:00", "2026-03-16T06:00", id="monday"),
        pytest.param("weekly", "2026-03-16T06:00", "2026-03-23T06:00", id="next_monday"),
        pytest.param("monthly", "2026-03-01T05:00", "2026-03-01T06:00", id="first"),
        pytest.param("monthly", "2026-03-12T12:00", "2026-04-01T05:00", id="next_first"),
        pytest.param("monthly", "2026-12-31T23:30", "2027-01-01T06:00", id="next_year"),
    ],
)
def test_the_next_morning(mailed: str, now: str, at: str) -> None:
    moment = datetime.fromisoformat(now).replace(tzinfo=UTC)
    found = next_mail(mailed, moment, LONDON)
    assert found == datetime.fromisoformat(at).replace(tzinfo=UTC)


@pytest.mark.parametrize("mailed", ["", "hourly"])
def test_nothing_else_is_a_schedule(mailed: str) -> None:
    with pytest.raises(ValueError, match=f"^{mailed}$"):
        next_mail(mailed, datetime(2026, 3, 12, tzinfo=UTC), UTC)
