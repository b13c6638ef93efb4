"""The simulator's form: the fields of a journey, and a formset of the rows of what happens in it.

The fields take any text. It is read together, as the format reads a journey, and what is wrong is
shown at its field.
"""

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import Any, cast

from django import forms
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from network.models import Advertiser, AttributionTerms
from tracking.evidence.ranks import Rank
from tracking.explain.sentences import RANKS, REPORT_OUTCOMES
from tracking.pages.simulator.draft import (
    CLOSE,
    COOKIES,
    LAND,
    MAX_ROWS,
    Draft,
    DraftError,
    ReportRow,
    Row,
)
from tracking.pages.simulator.words import STATES
from tracking.rule.reasons import ReportOutcome
from tracking.simulator.format import MAX_REPORTS
from tracking.simulator.scenario import AMOUNT, CURRENCY, Scenario, Way

KINDS: Mapping[str, Any] = {
    "hard": gettext_lazy("Hard click"),
    "soft": gettext_lazy("Soft click"),
    "hard-no-partner": gettext_lazy("Hard click, not an approved partner"),
    "soft-no-partner": gettext_lazy("Soft click, not an approved partner"),
    LAND: gettext_lazy("A click's token comes to the shop"),
    CLOSE: gettext_lazy("The browser is closed"),
}
BRINGS: Mapping[str, Any] = {
    Way.TAG: gettext_lazy("The browser's cookies, by tag"),
    Way.TAG_WITH_COOKIE: gettext_lazy("The browser's cookies, by tag with session cookie"),
    Way.PIXEL: gettext_lazy("The browser's cookies, by pixel"),
    "list": gettext_lazy("Click ids that the shop's server kept"),
    "all": gettext_lazy("Every click id"),
    "none": gettext_lazy("No click"),
}
BELIEVED: Mapping[str, Any] = {rank.value: label for rank, label in RANKS.items()}
ENDS: Mapping[str, Any] = {
    "": gettext_lazy("Anything"),
    **{state.value: label for state, label in STATES.items()},
}
OUTCOMES: Mapping[str, Any] = {
    "": gettext_lazy("Anything"),
    **{
        outcome.value: REPORT_OUTCOMES[outcome]
        for outcome in (
            ReportOutcome.CREATED,
            ReportOutcome.MERGED,
            ReportOutcome.DISCREPANCY,
            ReportOutcome.FIGURES_CONFLICT,
            ReportOutcome.JOURNEYS_CONFLICT,
            ReportOutcome.UNLINKED,
            ReportOutcome.CHANNEL_NOT_COUNTED,
            ReportOutcome.WAITING,
            ReportOutcome.NO_TOKEN,
            ReportOutcome.LATE,
            ReportOutcome.INVALID,
        )
    },
}
PRESENT: Mapping[str, Any] = {
    "cookies": gettext_lazy("This browser's cookies (tag or pixel)"),
    "all": gettext_lazy("Every click id (the shop's server)"),
    "list": gettext_lazy("Some click ids (the shop's server)"),
}


class KeepingSelect(forms.Select):
    """A choice that shows what was sent even if it is not one of the choices."""

    def optgroups(
        self, name: str, value: list[str], attrs: dict[str, Any] | None = None
    ) -> list[Any]:
        known = {key for key, _label in self.choices}
        strange = [
            self.create_option(name, text, text or _("Choose"), True, 0, attrs=attrs)
            for text in value
            if text not in known
        ]
        return [
            *((None, [option], 0) for option in strange),
            *super().optgroups(name, value, attrs),
        ]


def _typed(label: Any, **attrs: Any) -> forms.CharField:
    """Any text: what it says is read with the whole journey, by the format."""
    widget = forms.TextInput(attrs={"autocomplete": "off", **attrs})
    return forms.CharField(required=False, label=label, widget=widget)


def _chosen(label: Any, choices: Mapping[str, Any]) -> forms.CharField:
    widget = KeepingSelect(choices=list(choices.items()))
    return forms.CharField(required=False, label=label, widget=widget)


class StepForm(forms.Form):
    """A row of the form."""

    at = _typed(gettext_lazy("Row %(number)s, time"), size=9)
    kind = _chosen(gettext_lazy("Row %(number)s, what happens"), KINDS)
    by = _typed(gettext_lazy("Row %(number)s, partner"), size=14)
    window = _typed(gettext_lazy("Row %(number)s, hard window"), size=7)
    browser = _typed(gettext_lazy("Row %(number)s, browser"), size=3, placeholder="1")

    def __init__(self, *args: Any, number: int, hard_days: str, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.number = number
        for field in self.fields.values():
            field.label = str(field.label) % {"number": number}
            field.widget.attrs["aria-label"] = field.label
        self.fields["kind"].widget.attrs |= {
            "hx-post": reverse("admin:simulator"),
            "hx-trigger": "change",
        }
        row = self.row
        if row.kind == CLOSE:
            self.fields["by"].widget.attrs["placeholder"] = "—"
        usual = f"{hard_days or 30}d" if row.is_click and not row.is_soft else "—"
        self.fields["window"].widget.attrs["placeholder"] = usual

    def add_prefix(self, field_name: str) -> str:
        """``at-1``, ``kind-1``, ``by-1``, ``window-1``, ``browser-1``."""
        return f"{field_name}-{self.number}"

    @property
    def row(self) -> Row:
        """What was typed."""
        return Row(**{name: (self[name].data or "").strip() for name in self.fields})


class ReportForm(forms.Form):
    """A report of the sale."""

    at = _typed(gettext_lazy("Sent at"), placeholder=gettext_lazy("with the sale"))
    arrives = _typed(gettext_lazy("Comes in at"), placeholder=gettext_lazy("at once"))
    rank = _chosen(gettext_lazy("Believed as"), BELIEVED)
    brings = _chosen(gettext_lazy("What it brings"), BRINGS)
    clicks = _typed(gettext_lazy("Click numbers"), placeholder="1, 2")
    browser = _typed(gettext_lazy("Browser"), placeholder="1")
    amount = _typed(gettext_lazy("Amount"), placeholder=AMOUNT)
    channel = _typed(gettext_lazy("Channel"))
    outcome = _chosen(gettext_lazy("Expected of it"), OUTCOMES)

    def __init__(self, *args: Any, number: int, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.label_suffix = ""
        self.number = number
        for field in self.fields.values():
            known = {"number": number, "field": field.label}
            field.widget.attrs["aria-label"] = _("Report %(number)s, %(field)s") % known
        for name in ("rank", "brings"):
            self.fields[name].widget.attrs |= {
                "hx-post": reverse("admin:simulator"),
                "hx-trigger": "change",
            }

    def add_prefix(self, field_name: str) -> str:
        """``report_at-1``, ``report_rank-1`` and so on."""
        return f"report_{field_name}-{self.number}"

    @property
    def row(self) -> ReportRow:
        """What was typed."""
        return ReportRow(**{name: (self[name].data or "").strip() for name in self.fields})

    @property
    def wide(self) -> list[forms.BoundField]:
        """The fields that need room."""
        return [self[name] for name in ("rank", "brings", "outcome")]

    @property
    def asked(self) -> list[forms.BoundField]:
        """The fields that mean something by what the report brings."""
        brings, rank = self["brings"].data, self["rank"].data
        hidden = set()
        if brings != "list":
            hidden.add("clicks")
        if brings not in COOKIES or rank == Rank.KEYED:
            hidden.add("browser")
        if rank == Rank.BARE:
            hidden |= {"brings", "clicks", "browser"}
        return [self[name] for name in self.fields if name not in hidden]


class ReportRows(forms.BaseFormSet[ReportForm]):
    """The reports, in the order in which they are numbered."""

    def get_form_kwargs(self, index: int | None) -> dict[str, Any]:
        return {**super().get_form_kwargs(index), "number": (index or 0) + 1}

    @property
    def is_full(self) -> bool:
        return self.total_form_count() >= MAX_REPORTS


class StepRows(forms.BaseFormSet[StepForm]):
    """The rows of the form, in the order in which they stand."""

    def get_form_kwargs(self, index: int | None) -> dict[str, Any]:
        return {**super().get_form_kwargs(index), "number": (index or 0) + 1}

    @property
    def is_full(self) -> bool:
        return self.total_form_count() >= MAX_ROWS


@dataclass(frozen=True, slots=True)
class FieldProblem:
    """What a field is called, and what is wrong with what was typed."""

    label: str
    problem: str


class JourneyForm(forms.Form):
    """The fields beside the rows, and the rows. Valid if the journey can be played: then it has a
    ``scenario``; otherwise an ``error``."""

    name = _typed(gettext_lazy("Name"))
    soft_rule = _chosen(
        gettext_lazy("When two soft partners meet"), dict(AttributionTerms.SoftRule.choices)
    )
    hard_days = _typed(gettext_lazy("Hard window in days"), inputmode="numeric", placeholder="30")
    soft_hours = _typed(
        gettext_lazy("Soft cookie, hours at most"), inputmode="numeric", placeholder="24"
    )
    validation_days = _typed(
        gettext_lazy("Validation period in days"), inputmode="numeric", placeholder="0"
    )
    sale_at = _typed(gettext_lazy("Time of the sale"))
    present = _chosen(gettext_lazy("What is sent with it"), PRESENT)
    present_clicks = _typed(gettext_lazy("Numbers of those clicks"), placeholder="1, 2")
    paid = _typed(
        gettext_lazy("Expected partner"), placeholder=gettext_lazy("a partner, or nobody")
    )
    verdicts = _typed(
        gettext_lazy("Expected verdicts"), placeholder="held, stood_down", translate="no"
    )

    verification = _chosen(
        gettext_lazy("Which sales are paid"), dict(Advertiser.Verification.choices)
    )
    confirm_days = _typed(gettext_lazy("Days to confirm"), inputmode="numeric", placeholder="60")
    conflict_days = _typed(gettext_lazy("Days of conflict"), inputmode="numeric", placeholder="30")
    largest_order = _typed(gettext_lazy("Largest plausible order"), inputmode="decimal")
    currency = _typed(gettext_lazy("Currency"), placeholder=CURRENCY)
    uncounted_channels = _typed(gettext_lazy("Channels that do not count"))
    until = _typed(gettext_lazy("Look at it at"), placeholder=gettext_lazy("the very end"))
    state = _chosen(gettext_lazy("Expected state"), ENDS)
    figures = _typed(gettext_lazy("Expected: figures of report"), inputmode="numeric")

    def __init__(self, data: Mapping[str, Any]) -> None:
        super().__init__(data, auto_id="%s", label_suffix="")
        made = forms.formset_factory(
            StepForm, formset=StepRows, extra=0, max_num=MAX_ROWS, absolute_max=MAX_ROWS
        )
        self.rows = cast(type[StepRows], made)(
            data,
            prefix="rows",
            auto_id="%s",
            form_kwargs={"hard_days": self["hard_days"].data or ""},
        )
        reports = forms.formset_factory(
            ReportForm, formset=ReportRows, extra=0, max_num=MAX_REPORTS, absolute_max=MAX_REPORTS
        )
        self.reports = cast(type[ReportRows], reports)(data, prefix="reports", auto_id="%s")
        self.scenario: Scenario | None = None
        self.error: FieldProblem | None = None

    @property
    def draft(self) -> Draft:
        """What was typed; of fields that were not sent, what they hold at first."""
        typed = {name: self.data[name].strip() for name in self.fields if name in self.data}
        return Draft(
            **typed,
            rows=[form.row for form in self.rows.forms],
            reports=[form.row for form in self.reports.forms],
        )

    @property
    def expects(self) -> bool:
        """Whether anything is typed of what should come of it."""
        return any(self[name].data for name in ("paid", "verdicts", "state", "figures"))

    def clean(self) -> dict[str, Any]:
        try:
            self.scenario = self.draft.scenario()
        except DraftError as error:
            self._refuse(error)
        return self.cleaned_data

    def _refuse(self, error: DraftError) -> None:
        column, _dash, number = error.field.partition("-")
        form: forms.Form = self
        if column.startswith("report_"):
            column = column.removeprefix("report_")
            form = self.reports.forms[int(number) - 1]
        elif number:
            form = self.rows.forms[int(number) - 1]
        field = form.fields[column]
        field.widget.attrs["aria-describedby"] = "error"
        form.add_error(column, error.problem)
        label = field.widget.attrs.get("aria-label", field.label)
        self.error = FieldProblem(str(label), error.problem)


def form_of(draft: Draft) -> JourneyForm:
    """The form with these fields typed in."""
    plain = {name: getattr(draft, name) for name in JourneyForm.base_fields}
    return JourneyForm(
        {
            **plain,
            **_typed_in("rows", "", draft.rows),
            **_typed_in("reports", "report_", draft.reports),
        }
    )


def _typed_in(prefix: str, start: str, rows: Sequence[Row | ReportRow]) -> dict[str, Any]:
    """The fields of a formset, and how many forms it has."""
    typed = {
        f"{start}{name}-{number}": text
        for number, row in enumerate(rows, 1)
        for name, text in asdict(row).items()
    }
    return {**typed, f"{prefix}-TOTAL_FORMS": len(rows), f"{prefix}-INITIAL_FORMS": len(rows)}
