"""What somebody wants to know: other types, windows and rules at one advertiser, over some days."""

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from django import forms

from network.models import Advertiser
from publishers.models import ModelType, Partnership
from publishers.standing import OWN, with_current
from tracking.attribution import CookieType, SoftRule
from tracking.whatif import Change
from tracking.whatif_results import Question

ROWS = 3
"""Empty rows for partners on a new page, and how many a press of the button adds."""

MOST_ROWS = 60
AS_IT_IS = [("", "As it is"), ("soft", "Soft"), ("hard", "Hard")]
SOFT_RULES = [
    ("", "As it is"),
    (SoftRule.FIRST.value, "First: a soft click overwrites nothing"),
    (SoftRule.LAST.value, "Last: a later soft click takes over from a soft one"),
    (SoftRule.SOLE.value, "Sole: as first, and unpaid when another partner's window is open"),
]


@dataclass(frozen=True, slots=True)
class Partner:
    """A partner of the advertiser; ``by_default``: its model type's default decides for it."""

    publisher: int
    name: str
    model_type: str
    by_default: bool

    @property
    def label(self) -> str:
        return f"{self.name} ({self.publisher})"


def partners_of(advertiser: Advertiser, now: datetime) -> list[Partner]:
    """All of them, by name, those that left, too: their sales are replayed as well. One query."""
    rows = with_current(Partnership.objects.filter(advertiser=advertiser), now)
    told = ("publisher", "publisher__name", "model_type_now", "source_now")
    found = rows.order_by("publisher__name").values_list(*told)
    return [Partner(key, name, kind, source != OWN) for key, name, kind, source in found]


@dataclass(frozen=True, slots=True)
class ModelTypeRow:
    """A model type that the advertiser has partners of, with its field."""

    label: str
    decides_for: int
    partners: int
    field: forms.BoundField


@dataclass(frozen=True, slots=True)
class PartnerRow:
    """The fields about one partner."""

    number: int
    partner: forms.BoundField
    cookie_type: forms.BoundField
    days: forms.BoundField

    @property
    def errors(self) -> list[str]:
        return [str(error) for field in self._fields for error in field.errors]

    @property
    def _fields(self) -> Sequence[forms.BoundField]:
        return self.partner, self.cookie_type, self.days


class WhatIfForm(forms.Form):
    """One advertiser's question. Every field but the days may stay as it is; one of them has to be
    another."""

    required_css_class = "required"

    days = forms.IntegerField(
        label="Days",
        initial=90,
        min_value=1,
        max_value=400,
        help_text="1 to 400: the sales of so many days up to now are replayed.",
    )
    soft_rule = forms.ChoiceField(label="Soft against soft", choices=SOFT_RULES, required=False)
    hard_days = forms.IntegerField(
        label="Cookie period in days",
        required=False,
        min_value=1,
        max_value=400,
        help_text="Empty: as it is. For partners without a cookie period of their own.",
    )
    soft_hours = forms.IntegerField(
        label="Soft cookie: hours at most",
        required=False,
        min_value=1,
        max_value=720,
        help_text="Empty: as it is.",
    )

    def __init__(
        self, *args: Any, partners: Sequence[Partner], rows: int = ROWS, **kwargs: Any
    ) -> None:
        super().__init__(*args, **kwargs)
        self.partners = partners
        self.rows = min(rows, MOST_ROWS)
        for kind in _kinds(partners):
            self.fields[f"kind-{kind}"] = _type_field(f"{ModelType(kind).label}: cookie type")
        for number in range(1, self.rows + 1):
            self._add_row(number)

    def _add_row(self, number: int) -> None:
        row = f"Row {number}"
        widget = forms.TextInput({"list": "partners", "aria-label": f"{row}: partner"})
        partner = forms.CharField(required=False, widget=widget, max_length=140)
        days = forms.IntegerField(required=False, min_value=1, max_value=400)
        days.widget.attrs["aria-label"] = f"{row}: cookie period of its own in days"
        self.fields[f"partner-{number}"] = partner
        self.fields[f"type-{number}"] = _type_field(f"{row}: cookie type")
        self.fields[f"days-{number}"] = days

    @property
    def general(self) -> list[forms.BoundField]:
        """The advertiser's windows and rule."""
        return [self[name] for name in ("soft_rule", "hard_days", "soft_hours")]

    @property
    def kinds_open(self) -> bool:
        """Whether anything is chosen for a model type."""
        return any(row.field.value() or row.field.errors for row in self.model_type_rows)

    @property
    def model_type_rows(self) -> Iterator[ModelTypeRow]:
        for kind in _kinds(self.partners):
            of_kind = [partner for partner in self.partners if partner.model_type == kind]
            decided = sum(partner.by_default for partner in of_kind)
            label = str(ModelType(kind).label)
            yield ModelTypeRow(label, decided, len(of_kind), self[f"kind-{kind}"])

    @property
    def partner_rows(self) -> Iterator[PartnerRow]:
        for number in range(1, self.rows + 1):
            fields = (self[f"{name}-{number}"] for name in ("partner", "type", "days"))
            yield PartnerRow(number, *fields)

    def clean(self) -> dict[str, Any]:
        data: dict[str, Any] = super().clean() or self.cleaned_data
        chosen: dict[int, int] = {}
        for number in range(1, self.rows + 1):
            self._check_row(number, data, chosen)
        if not self.errors and not self.change:
            raise forms.ValidationError(
                "Nothing is different yet: choose another type, window or rule."
            )
        return data

    def _check_row(self, number: int, data: dict[str, Any], chosen: dict[int, int]) -> None:
        """Put the publisher in the place of what was typed, or say what is wrong with the row."""
        name = f"partner-{number}"
        typed, asked = data.get(name) or "", _asks(data, number)
        if name in self.errors or not (typed or asked):
            return
        found = _partner(typed, self.partners)
        if not typed:
            self.add_error(name, "Name the partner that this row is about.")
        elif found is None:
            self.add_error(
                name, f"There is no partner “{typed}”. Choose one from the list, by name or id."
            )
        elif found.publisher in chosen:
            self.add_error(
                name, f"{found.name} is in row {chosen[found.publisher]} already; keep one."
            )
        elif not asked and not self.errors:
            self.add_error(
                f"type-{number}", f"Say what would be different for {found.name}: type or period."
            )
        else:
            chosen[found.publisher] = number
            data[name] = found

    @property
    def change(self) -> Change:
        """What is asked for. A row about a partner outweighs one about its model type."""
        data = self.cleaned_data
        types: dict[int, CookieType] = {}
        own: dict[int, int | None] = {}
        for partner in self.partners:
            wanted = data.get(f"kind-{partner.model_type}")
            if wanted and partner.by_default:
                types[partner.publisher] = CookieType(wanted)
        for number in range(1, self.rows + 1):
            found = data.get(f"partner-{number}")
            if isinstance(found, Partner):
                if data.get(f"type-{number}"):
                    types[found.publisher] = CookieType(data[f"type-{number}"])
                if data.get(f"days-{number}"):
                    own[found.publisher] = data[f"days-{number}"]
        return Change(
            types=types,
            soft_rule=SoftRule(data["soft_rule"]) if data.get("soft_rule") else None,
            hard_days=data.get("hard_days"),
            own_hard_days=own,
            soft_hours=data.get("soft_hours"),
        )

    def question(self, advertiser: Advertiser, now: datetime) -> Question:
        """The question of a valid form."""
        since = now - timedelta(days=self.cleaned_data["days"])
        return Question({advertiser.pk: self.change}, since=since, until=now)


def _kinds(partners: Sequence[Partner]) -> list[str]:
    """The model types that there are, in their usual order."""
    held = {partner.model_type for partner in partners}
    return [kind.value for kind in ModelType if kind in held]


def _type_field(label: str) -> forms.ChoiceField:
    field = forms.ChoiceField(choices=AS_IT_IS, required=False)
    field.widget.attrs["aria-label"] = label
    return field


def _asks(data: Mapping[str, Any], number: int) -> bool:
    return bool(data.get(f"type-{number}") or data.get(f"days-{number}"))


def _partner(typed: str, partners: Sequence[Partner]) -> Partner | None:
    """By ``Name (12)``, by id, or by name."""
    match = re.fullmatch(r"(?:.*\()?([0-9]{1,9})\)?", typed.strip())
    if match:
        by_id = next((one for one in partners if one.publisher == int(match[1])), None)
        if by_id:
            return by_id
    wanted = typed.strip().casefold()
    return next((one for one in partners if one.name.casefold() == wanted), None)


def initial_rows(question: Question, partners: Sequence[Partner]) -> dict[str, Any]:
    """The form's fields as they ask this question, of one advertiser, again."""
    change = next(iter(question.changes.values()))
    labels = {partner.publisher: partner.label for partner in partners}
    filled: dict[str, Any] = {
        "days": (question.until - question.since).days,
        "soft_rule": change.soft_rule.value if change.soft_rule else "",
        "hard_days": change.hard_days,
        "soft_hours": change.soft_hours,
    }
    asked = [key for key in labels if key in change.types or key in change.own_hard_days]
    for number, key in enumerate(asked, 1):
        filled[f"partner-{number}"] = labels[key]
        filled[f"type-{number}"] = change.types[key].value if key in change.types else ""
        filled[f"days-{number}"] = change.own_hard_days.get(key)
    return filled
