"""The days that a page's figures are about, as they stand in its address."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta, tzinfo
from typing import Any

from django import forms
from django.http import QueryDict
from django.utils.text import format_lazy
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from network import dates

LONGEST_DAYS = 400
LATEST_DAYS = {"7": 7, "30": 30, "90": 90}
THIS_MONTH, LAST_MONTH, DATES = "this_month", "last_month", "dates"
CHOICES = {
    **{
        key: format_lazy(gettext_lazy("{days} days"), days=days)
        for key, days in LATEST_DAYS.items()
    },
    THIS_MONTH: gettext_lazy("This month"),
    LAST_MONTH: gettext_lazy("Last month"),
}
NO_DATE = gettext_lazy("Write the date as 2026-03-12: year, month, day.")


@dataclass(frozen=True, slots=True)
class Days:
    """Whole days, both ends included, in a reader's zone."""

    first: date
    last: date
    zone: tzinfo

    @property
    def since(self) -> datetime:
        return datetime.combine(self.first, time.min, self.zone)

    @property
    def until(self) -> datetime:
        """The end of the last day, which is the beginning of the next."""
        return datetime.combine(self.last + timedelta(days=1), time.min, self.zone)

    @property
    def all(self) -> Sequence[date]:
        return [
            self.first + timedelta(days=number)
            for number in range((self.last - self.first).days + 1)
        ]

    @property
    def query(self) -> str:
        """The same days in the address of a list."""
        return f"since={self.first}&until={self.last}"

    def __str__(self) -> str:
        if self.first == self.last:
            return dates.written(self.first)
        return _("%(first)s to %(last)s") % {
            "first": dates.written(self.first),
            "last": dates.written(self.last),
        }


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

    def __init__(self, data: QueryDict, today: date, zone: tzinfo) -> None:
        self.today, self.zone = today, zone
        self.chosen = data.get("period") or "30"
        filled = data.copy()
        if self.chosen in CHOICES:
            days = self._days(self.chosen)
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

    def _days(self, chosen: str) -> Days:
        last = self.today
        if chosen == LAST_MONTH:
            last = last.replace(day=1) - timedelta(days=1)
        ago = LATEST_DAYS.get(chosen)
        first = last.replace(day=1) if ago is None else last - timedelta(days=ago - 1)
        return Days(first, last, self.zone)
