"""The days that a page's figures are about, as they stand in its address.

Days are whole, in the network's time zone (``NETWORK_TIME_ZONE``), so that everybody who speaks of
October speaks of the same hours.
"""

from calendar import monthrange
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta, tzinfo
from zoneinfo import ZoneInfo

from django.conf import settings
from django.utils.functional import Promise
from django.utils.text import format_lazy
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from network import dates

LONGEST_DAYS = 400
USUAL = "30"
LATEST_DAYS = {"7": 7, "30": 30, "90": 90}
TODAY, DATES = "today", "dates"
THIS_MONTH, LAST_MONTH, QUARTER, YEAR = "this_month", "last_month", "quarter", "year"
CHOICES: Mapping[str, str | Promise] = {
    TODAY: gettext_lazy("Today"),
    **{
        key: format_lazy(gettext_lazy("{days} days"), days=days)
        for key, days in LATEST_DAYS.items()
    },
    THIS_MONTH: gettext_lazy("This month"),
    LAST_MONTH: gettext_lazy("Last month"),
    QUARTER: gettext_lazy("This quarter"),
    YEAR: gettext_lazy("This year"),
}
BEFORE, YEAR_BEFORE = "before", "year"
COMPARISONS: Mapping[str, str | Promise] = {
    BEFORE: gettext_lazy("The period before"),
    YEAR_BEFORE: gettext_lazy("The year before"),
}
_MONTHS_OF_QUARTER = 3


def network_zone() -> ZoneInfo:
    """The zone of the days that figures are about."""
    return ZoneInfo(settings.NETWORK_TIME_ZONE)


@dataclass(frozen=True, slots=True)
class Days:
    """Whole days, both ends included, in a zone."""

    first: date
    last: date
    zone: tzinfo

    @property
    def since(self) -> datetime:
        """When the first day begins."""
        return beginning(self.first, self.zone)

    @property
    def until(self) -> datetime:
        """The end of the last day, which is the beginning of the next."""
        return beginning(self.last + timedelta(days=1), self.zone)

    @property
    def all(self) -> Sequence[date]:
        return [self.first + timedelta(days=number) for number in range(self._length)]

    @property
    def query(self) -> str:
        """The same days in the address of a list."""
        return f"since={self.first}&until={self.last}"

    @property
    def before(self) -> "Days":
        """As many days before these; of whole months, as many months."""
        months = self._months
        if not months:
            ended = self.first - timedelta(days=1)
            return Days(ended - timedelta(days=self._length - 1), ended, self.zone)
        first = _months_before(self.first, months)
        return Days(first, self.first - timedelta(days=1), self.zone)

    @property
    def year_before(self) -> "Days":
        """The same days of the calendar a year before; 29 February is 28 there."""
        first, last = (_months_before(day, 12) for day in (self.first, self.last))
        return Days(first, last, self.zone)

    @property
    def _length(self) -> int:
        return (self.last - self.first).days + 1

    @property
    def _months(self) -> int:
        """How many whole months of the calendar these are; 0 where they are none."""
        if self.first.day != 1 or self.last.day != monthrange(self.last.year, self.last.month)[1]:
            return 0
        years = self.last.year - self.first.year
        return 12 * years + self.last.month - self.first.month + 1

    def __str__(self) -> str:
        if self.first == self.last:
            return dates.written(self.first)
        return _("%(first)s to %(last)s") % {
            "first": dates.written(self.first),
            "last": dates.written(self.last),
        }


def beginning(day: date, zone: tzinfo) -> datetime:
    """When a day of figures begins: at midnight or, where the zone is apart from UTC by a part of
    an hour, at the next whole hour in UTC, since figures are kept by those."""
    midnight = datetime.combine(day, time.min, zone).astimezone(UTC)
    whole = midnight.replace(minute=0, second=0)
    return whole if whole == midnight else whole + timedelta(hours=1)


def days_of(chosen: str, today: date, zone: tzinfo) -> Days:
    """The days of one of :data:`CHOICES`. Raises KeyError for another."""
    match chosen:
        case "last_month":
            last = today.replace(day=1) - timedelta(days=1)
            return Days(last.replace(day=1), last, zone)
        case "today":
            first = today
        case "this_month":
            first = today.replace(day=1)
        case "quarter":
            month = today.month - (today.month - 1) % _MONTHS_OF_QUARTER
            first = today.replace(month=month, day=1)
        case "year":
            first = today.replace(month=1, day=1)
        case _:
            first = today - timedelta(days=LATEST_DAYS[chosen] - 1)
    return Days(first, today, zone)


def _months_before(day: date, months: int) -> date:
    """The same day of the calendar so many months before, or the last of a shorter month."""
    year, month = divmod(12 * day.year + day.month - 1 - months, 12)
    return date(year, month + 1, min(day.day, monthrange(year, month + 1)[1]))
