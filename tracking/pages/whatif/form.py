"""What somebody wants to know: other types, windows and rules at one advertiser, over some days."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from django import forms

from network.models import Advertiser
from publishers.models import ModelType
from tracking.rule.attribution import CookieType, SoftRule
from tracking.rule.replay import Change
from tracking.whatif.partners import Partner, decided_by, named, types_of, why_nobody
from tracking.whatif.results import MOST_DAYS, MOST_SOFT_HOURS, Question

ROWS = 3
"""Empty rows for partners on a new page, and how many a press of the button adds."""

MOST_ROWS = 300
"""With three fields each they stay below the thousand that Django accepts of a form."""
AS_IT_IS = [("", "As it is"), ("soft", "Soft"), ("hard", "Hard")]
SOFT_RULES = [
    ("", "As it is"),
    (SoftRule.FIRST.value, "First: a soft click overwrites nothing"),
    (SoftRule.LAST.value, "Last: a later soft click takes over from a soft one"),
    (SoftRule.SOLE.value, "Sole: as first, and unpaid when another partner's window is open"),
]


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
        max_value=MOST_DAYS,
        help_text=f"1 to {MOST_DAYS}: the sales of so many days up to now are replayed.",
    )
    soft_rule = forms.ChoiceField(label="Soft against soft", choices=SOFT_RULES, required=False)
    hard_days = forms.IntegerField(
        label="Cookie period in days",
        required=False,
        min_value=1,
        max_value=MOST_DAYS,
        help_text="Empty: as it is. For partners without a cookie period of their own.",
    )
    soft_hours = forms.IntegerField(
        label="Soft cookie: hours at most",
        required=False,
        min_value=1,
        max_value=MOST_SOFT_HOURS,
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
        days = forms.IntegerField(required=False, min_value=1, max_value=MOST_DAYS)
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
            decided = len(decided_by(kind, of_kind))
            label = str(ModelType(kind).label)
            yield ModelTypeRow(label, decided, len(of_kind), self[f"kind-{kind}"])

    @property
    def partner_rows(self) -> Iterator[PartnerRow]:
        for number in range(1, self.rows + 1):
            fields = (self[f"{name}-{number}"] for name in ("partner", "type", "days"))
            yield PartnerRow(number, *fields)

    def clean(self) -> dict[str, Any]:
        data: dict[str, Any] = super().clean() or self.cleaned_data
        for kind in self._asked_of_kinds(data):
            nobody = why_nobody(kind, self.partners)
            if nobody:
                self.add_error(f"kind-{kind}", nobody)
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
        found = named(typed, self.partners)
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
        for number in range(1, self.rows + 1):
            found = data.get(f"partner-{number}")
            if isinstance(found, Partner):
                if data.get(f"type-{number}"):
                    types[found.publisher] = CookieType(data[f"type-{number}"])
                if data.get(f"days-{number}"):
                    own[found.publisher] = data[f"days-{number}"]
        return Change(
            types=types_of(self._asked_of_kinds(data), types, self.partners),
            soft_rule=SoftRule(data["soft_rule"]) if data.get("soft_rule") else None,
            hard_days=data.get("hard_days"),
            own_hard_days=own,
            soft_hours=data.get("soft_hours"),
        )

    def _asked_of_kinds(self, data: Mapping[str, Any]) -> dict[str, CookieType]:
        wanted = {kind: data.get(f"kind-{kind}") for kind in _kinds(self.partners)}
        return {kind: CookieType(held) for kind, held in wanted.items() if held}

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


@dataclass(frozen=True, slots=True)
class Again:
    """The form's fields as they ask a question again, and how many rows that takes; ``left_out``
    partners are not in them."""

    fields: Mapping[str, Any]
    rows: int
    left_out: int


def ask_again(question: Question, advertiser: int, partners: Sequence[Partner]) -> Again:
    """What was asked at one of the question's advertisers; of another one only the days.

    A model type whose default decides for several, of whom the same was asked, is asked for as a
    whole, the others by a row each.
    """
    change = question.changes.get(advertiser, Change())
    fields: dict[str, Any] = {
        "days": (question.until - question.since).days,
        "soft_rule": change.soft_rule.value if change.soft_rule else "",
        "hard_days": change.hard_days,
        "soft_hours": change.soft_hours,
    }
    kinds = _kinds_asked(change, partners)
    fields |= {f"kind-{kind}": cookie_type.value for kind, cookie_type in kinds.items()}
    of_kinds = types_of(kinds, {}, partners)
    types = {key: held for key, held in change.types.items() if key not in of_kinds}
    asked = {*types, *change.own_hard_days}
    shown = [partner for partner in partners if partner.publisher in asked][:MOST_ROWS]
    for number, partner in enumerate(shown, 1):
        held = types.get(partner.publisher)
        fields[f"partner-{number}"] = partner.label
        fields[f"type-{number}"] = held.value if held else ""
        fields[f"days-{number}"] = change.own_hard_days.get(partner.publisher)
    return Again(fields, rows=len(shown), left_out=len(asked) - len(shown))


def _kinds_asked(change: Change, partners: Sequence[Partner]) -> dict[str, CookieType]:
    found = {}
    for kind in _kinds(partners):
        publishers = [partner.publisher for partner in decided_by(kind, partners)]
        held = {change.types.get(publisher) for publisher in publishers}
        if len(publishers) > 1 and len(held) == 1 and (cookie_type := held.pop()):
            found[kind] = cookie_type
    return found
