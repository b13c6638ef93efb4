"""The days that a page's figures are about, as they stand in its address.

Days are whole, in the network's time zone (``NETWORK_TIME_ZONE``), so that everybody who speaks of
October speaks of the same hours.
"""

from calendar import monthrange
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta, tzinfo
from typing import Any
from zoneinfo import ZoneInfo

from django import forms
from django.conf import settings
from django.http import QueryDict
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
NO_DATE = gettext_lazy("Write the date as 2026-03-12: year, month, day.")
NOT_ONE = {"invalid_choice": gettext_lazy("There is none of these. Choose one of those offered.")}
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


class PeriodForm(forms.Form):
    """Which days: the last so many, a month, or from one day to another."""

    period = forms.ChoiceField(
        label=gettext_lazy("Period"),
        choices=[*CHOICES.items(), (DATES, gettext_lazy("From … to …"))],
        required=False,
        error_messages={
            "invalid_choice": gettext_lazy("There is no such period. Choose one of those offered.")
        },
    )
    since = forms.DateField(
        label=gettext_lazy("From"), required=False, error_messages={"invalid": NO_DATE}
    )
    until = forms.DateField(
        label=gettext_lazy("To"), required=False, error_messages={"invalid": NO_DATE}
    )

    compare = forms.ChoiceField(
        label=gettext_lazy("Compared with"),
        choices=[*COMPARISONS.items()],
        required=False,
        error_messages=NOT_ONE,
    )

    def __init__(self, data: QueryDict, today: date, zone: tzinfo) -> None:
        self.today, self.zone = today, zone
        self.refused: list[str] = []
        """What was wrong with what was asked for, where these are the usual days instead."""
        self.chosen = data.get("period") or USUAL
        filled = data.copy()
        if self.chosen in CHOICES:
            days = days_of(self.chosen, today, zone)
            filled["since"], filled["until"] = str(days.first), str(days.last)
        super().__init__(filled, label_suffix="")
        for name in ("since", "until"):
            self.fields[name].widget = forms.DateInput({"type": "date", "max": str(today)})

    def clean(self) -> dict[str, Any]:
        data: dict[str, Any] = super().clean() or self.cleaned_data
        if not self.errors:
            self._clean_dates(data["since"], data["until"])
        return data

    def _clean_dates(self, since: date | None, until: date | None) -> None:
        for name, day in (("since", since), ("until", until)):
            if day is None:
                self.add_error(name, _("Give this date, or choose one of the periods."))
            elif day > self.today:
                self.add_error(
                    name, _("This day has not begun. Today is %(today)s.") % {"today": self.today}
                )
        if not since or not until or self.errors:
            return
        if since > until:
            self.add_error("since", _("The start date is after the end date."))
        elif (until - since).days >= LONGEST_DAYS:
            self.add_error(
                "since", _("Choose %(longest_days)s days at most.") % {"longest_days": LONGEST_DAYS}
            )

    def days(self) -> Days:
        """The days; only of a valid form."""
        return Days(self.cleaned_data["since"], self.cleaned_data["until"], self.zone)

    def compared(self) -> Days:
        """The days that these are compared with; only of a valid form."""
        days = self.days()
        return days.before if self.comparison == BEFORE else days.year_before

    @property
    def comparison(self) -> str:
        return self.cleaned_data["compare"] or BEFORE

    @property
    def period_query(self) -> dict[str, str]:
        """The period as it stands in the addresses of other pages; only of a valid form."""
        if self.chosen in CHOICES:
            return {"period": self.chosen}
        days = self.days()
        return {"period": DATES, "since": str(days.first), "until": str(days.last)}


def _months_before(day: date, months: int) -> date:
    """The same day of the calendar so many months before, or the last of a shorter month."""
    year, month = divmod(12 * day.year + day.month - 1 - months, 12)
    return date(year, month + 1, min(day.day, monthrange(year, month + 1)[1]))
