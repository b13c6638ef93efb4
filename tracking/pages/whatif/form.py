"""What somebody wants to know: other types, windows and rules at one advertiser, over some days."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, cast

from django import forms
from django.http import QueryDict
from django.utils.text import format_lazy
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from network.models import Advertiser, AttributionTerms
from publishers.models import ModelType
from tracking.rule.attribution import CookieType, SoftRule
from tracking.rule.replay import Change
from tracking.whatif.partners import Partner, decided_by, named, types_of, why_nobody
from tracking.whatif.results import MOST_DAYS, MOST_SOFT_HOURS, Question

ROWS = 3
"""Empty rows for partners on a new page, and how many a press of the button adds."""

MOST_ROWS = 300
"""With three fields each they stay below the thousand that Django accepts of a form."""
AS_IT_IS = [
    ("", gettext_lazy("As it is")),
    ("soft", gettext_lazy("Soft")),
    ("hard", gettext_lazy("Hard")),
]
RULES = [
    ("", gettext_lazy("As it is")),
    *AttributionTerms.SoftRule.choices,
]


@dataclass(frozen=True, slots=True)
class ModelTypeRow:
    """A model type that the advertiser has partners of, with its field."""

    label: str
    decides_for: int
    partners: int
    field: forms.BoundField


class PartnerForm(forms.Form):
    """A row: what would be different for one partner. An empty row asks nothing."""

    partner = forms.CharField(label=gettext_lazy("Partner"), required=False, max_length=140)
    type = forms.ChoiceField(label=gettext_lazy("Type"), choices=AS_IT_IS, required=False)
    days = forms.IntegerField(
        label=gettext_lazy("Days"), required=False, min_value=1, max_value=MOST_DAYS
    )

    def __init__(self, *args: Any, partners: Sequence[Partner], number: int, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.partners = partners
        self.number = number
        row = {"number": number}
        labels = {
            "partner": _("Row %(number)s: partner") % row,
            "type": _("Row %(number)s: cookie type") % row,
            "days": _("Row %(number)s: cookie period of its own in days") % row,
        }
        for name, label in labels.items():
            self.fields[name].widget.attrs["aria-label"] = label
        self.fields["partner"].widget.attrs["list"] = "partners"

    def add_prefix(self, field_name: str) -> str:
        """``partner-1``, ``type-1``, ``days-1``."""
        return f"{field_name}-{self.number}"

    @property
    def problems(self) -> list[str]:
        return [str(error) for found in self.errors.values() for error in found]

    def clean(self) -> dict[str, Any]:
        """With the partner in the place of the text that names it."""
        data: dict[str, Any] = super().clean() or self.cleaned_data
        typed, asked = data.get("partner") or "", data.get("type") or data.get("days")
        found = named(typed, self.partners)
        if "partner" in self.errors or not (typed or asked):
            return data
        if not typed:
            self.add_error("partner", _("Name the partner that this row is about."))
        elif found is None:
            text = _("There is no partner “%(typed)s”. Choose one from the list, by name or id.")
            self.add_error("partner", text % {"typed": typed})
        elif not asked and not self.errors:
            text = _("Say what would be different for %(partner)s: type or period.")
            self.add_error("type", text % {"partner": found.name})
        return {**data, "partner": found}


class PartnerRows(forms.BaseFormSet[PartnerForm]):
    """The rows; each partner is in one of them at most."""

    def get_form_kwargs(self, index: int | None) -> dict[str, Any]:
        return {**super().get_form_kwargs(index), "number": (index or 0) + 1}

    @property
    def is_full(self) -> bool:
        return self.total_form_count() >= MOST_ROWS

    def clean(self) -> None:
        first: dict[int, PartnerForm] = {}
        for row in self.forms:
            found = row.cleaned_data.get("partner") if row.is_valid() else None
            if not isinstance(found, Partner):
                continue
            if found.publisher in first:
                text = _("%(partner)s is in row %(number)s already; keep one.")
                known = {"partner": found.name, "number": first[found.publisher].number}
                row.add_error("partner", text % known)
            first.setdefault(found.publisher, row)

    @property
    def asked(self) -> list[dict[str, Any]]:
        """The rows that ask something, as far as they are right."""
        rows = [row.cleaned_data for row in self.forms if row.is_valid()]
        return [row for row in rows if row.get("partner")]


def partner_rows(
    partners: Sequence[Partner],
    data: QueryDict | None = None,
    initial: Sequence[Mapping[str, Any]] = (),
) -> PartnerRows:
    """The rows as they were sent or, without ``data``, those of ``initial`` and some empty ones."""
    made = forms.formset_factory(
        PartnerForm,
        formset=PartnerRows,
        extra=ROWS,
        max_num=MOST_ROWS,
        absolute_max=MOST_ROWS,
    )
    rows = cast(type[PartnerRows], made)
    return rows(data, initial=initial, prefix="rows", form_kwargs={"partners": partners})


def typed_rows(data: QueryDict) -> list[dict[str, str]]:
    """The rows of a form as they were sent, right or wrong."""
    text = data.get("rows-TOTAL_FORMS", "")
    count = min(int(text), MOST_ROWS) if text.isdecimal() and len(text) < 4 else 0
    names = tuple(PartnerForm.base_fields)
    return [{name: data.get(f"{name}-{n}", "") for name in names} for n in range(1, count + 1)]


class WhatIfForm(forms.Form):
    """One advertiser's question, with the rows about single partners. Everything but the days may
    stay as it is, but something has to be different."""

    required_css_class = "required"

    days = forms.IntegerField(
        label=gettext_lazy("Days"),
        initial=90,
        min_value=1,
        max_value=MOST_DAYS,
        help_text=format_lazy(
            gettext_lazy("1 to {most}: the sales of so many days up to now are replayed."),
            most=MOST_DAYS,
        ),
    )
    soft_rule = forms.ChoiceField(
        label=gettext_lazy("When two soft partners meet"),
        choices=RULES,
        required=False,
    )
    hard_days = forms.IntegerField(
        label=gettext_lazy("Cookie period in days"),
        required=False,
        min_value=1,
        max_value=MOST_DAYS,
        help_text=gettext_lazy(
            "Empty: as it is. For partners without a cookie period of their own."
        ),
    )
    soft_hours = forms.IntegerField(
        label=gettext_lazy("Soft cookie: hours at most"),
        required=False,
        min_value=1,
        max_value=MOST_SOFT_HOURS,
        help_text=gettext_lazy("Empty: as it is."),
    )

    def __init__(self, *args: Any, rows: PartnerRows, partners: Sequence[Partner], **kwargs: Any):
        super().__init__(*args, **kwargs)
        self.rows = rows
        self.partners = partners
        for kind in _kinds(partners):
            field = forms.ChoiceField(choices=AS_IT_IS, required=False)
            label = _("%(model_type)s: cookie type") % {"model_type": ModelType(kind).label}
            field.widget.attrs["aria-label"] = label
            self.fields[f"kind-{kind}"] = field

    def is_valid(self) -> bool:
        """With its rows."""
        return super().is_valid() and self.rows.is_valid()

    @property
    def is_wrong(self) -> bool:
        """Whether anything that was sent has to be corrected."""
        return self.is_bound and not self.is_valid()

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

    def clean(self) -> dict[str, Any]:
        data: dict[str, Any] = super().clean() or self.cleaned_data
        for kind in self._asked_of_kinds(data):
            nobody = why_nobody(kind, self.partners)
            if nobody:
                self.add_error(f"kind-{kind}", nobody)
        if not self.errors and self.rows.is_valid() and not self.change:
            raise forms.ValidationError(
                _("Nothing is different yet: choose another type, window or rule.")
            )
        return data

    @property
    def change(self) -> Change:
        """What is asked for. A row about a partner takes precedence over its model type."""
        data, asked = self.cleaned_data, self.rows.asked
        types = {row["partner"].publisher: CookieType(row["type"]) for row in asked if row["type"]}
        return Change(
            types=types_of(self._asked_of_kinds(data), types, self.partners),
            soft_rule=SoftRule(data["soft_rule"]) if data.get("soft_rule") else None,
            hard_days=data.get("hard_days"),
            own_hard_days={row["partner"].publisher: row["days"] for row in asked if row["days"]},
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


@dataclass(frozen=True, slots=True)
class Again:
    """What the form and its rows start from to ask a question again; ``left_out`` partners are not
    in the rows."""

    fields: Mapping[str, Any]
    rows: Sequence[Mapping[str, Any]]
    left_out: int


def ask_again(question: Question, advertiser: int, partners: Sequence[Partner]) -> Again:
    """What was asked at one of the question's advertisers; at another one only the days.

    A model type is asked about as a whole if its default decides for several partners and the same
    was asked about all of them; other partners have a row each.
    """
    change = question.changes.get(advertiser, Change())
    kinds = _kinds_asked(change, partners)
    fields: dict[str, Any] = {
        "days": (question.until - question.since).days,
        "soft_rule": change.soft_rule.value if change.soft_rule else "",
        "hard_days": change.hard_days,
        "soft_hours": change.soft_hours,
        **{f"kind-{kind}": cookie_type.value for kind, cookie_type in kinds.items()},
    }
    of_kinds = types_of(kinds, {}, partners)
    types = {key: held for key, held in change.types.items() if key not in of_kinds}
    asked = {*types, *change.own_hard_days}
    shown = [partner for partner in partners if partner.publisher in asked][:MOST_ROWS]
    rows = [_row(partner, types, change) for partner in shown]
    return Again(fields, rows, left_out=len(asked) - len(shown))


def _row(partner: Partner, types: Mapping[int, CookieType], change: Change) -> dict[str, Any]:
    held = types.get(partner.publisher)
    return {
        "partner": partner.label,
        "type": held.value if held else "",
        "days": change.own_hard_days.get(partner.publisher),
    }


def _kinds_asked(change: Change, partners: Sequence[Partner]) -> dict[str, CookieType]:
    found = {}
    for kind in _kinds(partners):
        publishers = [partner.publisher for partner in decided_by(kind, partners)]
        held = {change.types.get(publisher) for publisher in publishers}
        if len(publishers) > 1 and len(held) == 1 and (cookie_type := held.pop()):
            found[kind] = cookie_type
    return found
