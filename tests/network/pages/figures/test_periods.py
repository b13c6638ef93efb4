"""The days that figures are about: which a period names, and with which they are compared."""

from datetime import UTC, date, datetime
from zoneinfo import ZoneInfo

import pytest
from django.http import QueryDict

from network.pages.figures.forms import PeriodForm
from network.pages.figures.periods import Days, beginning

TODAY = date(2026, 3, 31)
ONE_DAY = "period=dates&since=2026-03-29&until=2026-03-29"


def days(first: str, last: str) -> Days:
    return Days(date.fromisoformat(first), date.fromisoformat(last), UTC)


@pytest.mark.parametrize(
    ("query", "first", "last"),
    [
        pytest.param("", "2026-03-02", "2026-03-31", id="default"),
        pytest.param("period=today", "2026-03-31", "2026-03-31", id="today"),
        pytest.param("period=7", "2026-03-25", "2026-03-31", id="7_days"),
        pytest.param("period=90", "2026-01-01", "2026-03-31", id="90_days"),
        pytest.param("period=this_month", "2026-03-01", "2026-03-31", id="this_month"),
        pytest.param("period=last_month", "2026-02-01", "2026-02-28", id="last_month"),
        pytest.param("period=quarter", "2026-01-01", "2026-03-31", id="quarter"),
        pytest.param("period=year", "2026-01-01", "2026-03-31", id="year"),
        pytest.param("period=7&since=x", "2026-03-25", "2026-03-31", id="dates_do_not_matter"),
        pytest.param(ONE_DAY, "2026-03-29", "2026-03-29", id="one_day"),
    ],
)
def test_a_period_is_whole_days(query: str, first: str, last: str) -> None:
    form = PeriodForm(QueryDict(query), TODAY, UTC)
    assert form.is_valid()
    found = form.days()
    assert (str(found.first), str(found.last)) == (first, last)
    assert found.all[0] == found.first
    assert found.all[-1] == found.last


def test_a_period_stands_in_the_address_as_it_was_chosen() -> None:
    for query in ("period=last_month", ONE_DAY):
        form = PeriodForm(QueryDict(query), TODAY, UTC)
        assert form.is_valid()
        assert form.period_query == QueryDict(query).dict()


def test_the_second_quarter_begins_in_april() -> None:
    form = PeriodForm(QueryDict("period=quarter"), date(2026, 6, 30), UTC)
    assert form.is_valid()
    assert form.days() == days("2026-04-01", "2026-06-30")


@pytest.mark.parametrize(
    ("these", "before", "year_before"),
    [
        pytest.param(
            days("2026-03-02", "2026-03-31"),
            days("2026-01-31", "2026-03-01"),
            days("2025-03-02", "2025-03-31"),
            id="as_many_days",
        ),
        pytest.param(
            days("2026-03-01", "2026-03-31"),
            days("2026-02-01", "2026-02-28"),
            days("2025-03-01", "2025-03-31"),
            id="a_month",
        ),
        pytest.param(
            days("2026-01-01", "2026-03-31"),
            days("2025-10-01", "2025-12-31"),
            days("2025-01-01", "2025-03-31"),
            id="three_months",
        ),
        pytest.param(
            days("2024-02-29", "2024-02-29"),
            days("2024-02-28", "2024-02-28"),
            days("2023-02-28", "2023-02-28"),
            id="leap_day",
        ),
    ],
)
def test_days_are_compared_with_as_many_before(
    these: Days, before: Days, year_before: Days
) -> None:
    assert these.before == before
    assert these.year_before == year_before


def test_the_day_on_which_clocks_change_has_23_hours() -> None:
    form = PeriodForm(QueryDict(ONE_DAY), TODAY, ZoneInfo("Europe/London"))
    assert form.is_valid()
    found = form.days()
    assert found.since == datetime(2026, 3, 29, 0, tzinfo=UTC)
    assert found.until == datetime(2026, 3, 29, 23, tzinfo=UTC)


def test_a_day_begins_with_a_whole_hour() -> None:
    """Figures are kept by the hour in UTC; midnight in India is at half past six in the evening."""
    began = beginning(date(2026, 3, 29), ZoneInfo("Asia/Kolkata"))
    assert began == datetime(2026, 3, 28, 19, tzinfo=UTC)
