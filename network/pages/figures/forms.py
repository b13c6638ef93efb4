"""Days, as a page asks for them."""

from collections.abc import Callable
from datetime import date, datetime, timedelta, tzinfo
from typing import Any

from django import forms
from django.core.validators import MaxValueValidator, MinValueValidator
from django.http import QueryDict
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from network import dates
from network.pages.figures.periods import (
    BEFORE,
    CHOICES,
    COMPARISONS,
    DATES,
    LONGEST_DAYS,
    USUAL,
    Days,
    beginning,
    days_of,
    network_zone,
)

NOT_ONE = {"invalid_choice": gettext_lazy("There is none of these. Choose one of those offered.")}
NO_DATE = gettext_lazy("Write the date as 2026-03-12: year, month, day.")
SENSIBLE = [
    MinValueValidator(date(2000, 1, 1), gettext_lazy("Enter a date in 2000 or later.")),
    MaxValueValidator(date(2099, 12, 31), gettext_lazy("Enter a date in 2099 or earlier.")),
]
"""Days far enough from the ends of the calendar to be counted with."""


class DayField(forms.DateField):
    """A day that may be left out."""

    def __init__(self, label: Any) -> None:
        super().__init__(
            label=label,
            required=False,
            error_messages={"invalid": NO_DATE},
            validators=SENSIBLE,
            widget=forms.DateInput({"type": "date"}),
        )


class DaysForm(forms.Form):
    """From a day, to a day, or both: whole days, as figures have them."""

    since = DayField(gettext_lazy("From"))
    until = DayField(gettext_lazy("To"))

    def clean_until(self) -> date | None:
        since, until = self.cleaned_data.get("since"), self.cleaned_data["until"]
        if since and until and since > until:
            raise forms.ValidationError(
                _("The end date is before the start date, %(since)s.")
                % {"since": dates.written(since)}
            )
        found: date | None = until
        return found

    @property
    def since_at(self) -> datetime | None:
        """When the first day begins; of a valid form."""
        since = self.cleaned_data.get("since")
        return beginning(since, network_zone()) if since else None

    @property
    def until_at(self) -> datetime | None:
        """When the day after the last begins; of a valid form."""
        until = self.cleaned_data.get("until")
        return beginning(until + timedelta(days=1), network_zone()) if until else None


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
    since = DayField(gettext_lazy("From"))
    until = DayField(gettext_lazy("To"))
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
            self.fields[name].widget.attrs["max"] = str(today)

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

    def offered(self, address: Callable[[str], str]) -> list[tuple[Any, str, bool]]:
        """Each period to choose with a click: its name, its address, whether it is chosen."""
        return [(label, address(key), self.chosen == key) for key, label in CHOICES.items()]

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
