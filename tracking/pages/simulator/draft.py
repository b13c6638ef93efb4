"""A journey as somebody builds it: every field of the simulator's form as it was typed, right or
wrong. What it means is read by the format of journeys."""

import json
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from django.utils.translation import gettext as _

from tracking.rule.attribution import CookieType
from tracking.simulator.format import (
    DAY,
    HOUR,
    ClickStep,
    SaleStep,
    Scenario,
    SessionEnd,
    format_time,
    parse_time,
    read,
)
from tracking.simulator.problems import ScenarioError

MAX_ROWS = 100
"""What a page can show and a form can send; ``manage.py simulate`` plays longer journeys."""

CLOSE = "close"
NO_VERDICTS = "none"
_SETTINGS = ("soft_rule", "soft_hours", "hard_days", "validation_days")


class DraftError(ValueError):
    """A field of the form cannot be read; ``field`` is its name, such as ``paid`` or ``at-2``."""

    def __init__(self, field: str, problem: str) -> None:
        self.field = field
        self.problem = problem
        super().__init__(f"{field}: {problem}")


@dataclass(frozen=True, slots=True)
class Row:
    """A click, or the closing of the browser."""

    at: str = ""
    kind: str = "hard"
    by: str = ""
    window: str = ""

    @property
    def is_click(self) -> bool:
        return self.kind != CLOSE

    @property
    def is_soft(self) -> bool:
        return self.kind.startswith(CookieType.SOFT)


@dataclass(frozen=True, slots=True, kw_only=True)
class Draft:
    """All fields of the form. ``present`` is ``cookies``, ``all`` or ``list``; ``paid`` and
    ``verdicts`` are what is expected, empty for nothing."""

    name: str = ""
    soft_rule: str = "first"
    soft_hours: str = ""
    hard_days: str = ""
    validation_days: str = ""
    rows: Sequence[Row] = ()
    sale_at: str = ""
    present: str = "cookies"
    present_clicks: str = ""
    paid: str = ""
    verdicts: str = ""

    def scenario(self) -> Scenario:
        """What the fields say, read as the format is. Raises DraftError for the first one that is
        wrong."""
        entry = {"name": self.name, "settings": self._settings(), "do": list(self._steps())}
        try:
            return read(json.dumps([{**entry, "sale": self._sale()}]))[0]
        except ScenarioError as error:
            raise DraftError(self._field_at(error.place.path), error.problem(_)) from None

    def with_row(self, row: Row) -> "Draft":
        return replace(self, rows=[*self.rows, row][:MAX_ROWS])

    def without_row(self, number: int) -> "Draft":
        """Without the row of this number, from 1."""
        kept = [row for index, row in enumerate(self.rows, 1) if index != number]
        return replace(self, rows=kept)

    def in_order(self) -> "Draft":
        """The rows by time; those whose time cannot be read stay last."""
        return replace(self, rows=sorted(self.rows, key=_minute))

    def next_row(self, kind: str) -> Row:
        """A row to go on from: at the time of the last one and, for a click, by a new publisher."""
        at = self.rows[-1].at if self.rows else "0"
        if kind == CLOSE:
            return Row(at, kind)
        taken = {row.by for row in self.rows}
        letters = "ABCDEFGHIJKLMNOPQRSTUVWXYZ"
        names = (_("Partner %(letter)s") % {"letter": letter} for letter in letters)
        return Row(at, kind, next((name for name in names if name not in taken), _("Partner")))

    def _settings(self) -> dict[str, Any]:
        given: dict[str, Any] = {name: getattr(self, name).strip() for name in _SETTINGS}
        windows = self._windows()
        return {
            **{name: value for name, value in given.items() if value},
            **({"windows": windows} if windows else {}),
        }

    def _windows(self) -> dict[str, str]:
        """Windows are the publishers', not the clicks'. Raises DraftError where rows differ."""
        windows: dict[str, str] = {}
        for number, row in enumerate(self.rows, 1):
            if not row.is_click or not row.window:
                continue
            if windows.setdefault(row.by, row.window) != row.window:
                text = _(
                    "%(partner)s has a window of %(window)s above; give the same for each of its "
                    "clicks, or in one row only"
                )
                known = {"partner": row.by, "window": windows[row.by]}
                raise DraftError(f"window-{number}", text % known)
        return windows

    def _steps(self) -> Iterator[dict[str, Any]]:
        for row in self.rows:
            if not row.is_click:
                yield {"end_session": {"at": row.at}}
                continue
            cookie_type, _, rest = row.kind.partition("-")
            click = {"at": row.at, "by": row.by, "type": cookie_type}
            yield {"click": {**click, "partner": False} if rest else click}

    def _sale(self) -> dict[str, Any]:
        sale: dict[str, Any] = {"at": self.sale_at}
        sale["present"] = _listed(self.present_clicks) if self.present == "list" else self.present
        if self.paid:
            sale["paid"] = self.paid
        if self.verdicts == NO_VERDICTS:
            sale["verdicts"] = []
        elif self.verdicts:
            sale["verdicts"] = _listed(self.verdicts)
        return sale

    def _field_at(self, path: str) -> str:
        """The field of the form at a place in the format, such as ``do[2].click.by``."""
        step = re.match(r"do\[(\d+)\](?:\.\w+)?(?:\.(\w+))?", path)
        if step:
            column = {"by": "by", "type": "kind", "partner": "kind"}.get(step[2] or "", "at")
            return f"{column}-{step[1]}"
        if path.startswith("settings.windows."):
            publisher = path.removeprefix("settings.windows.")
            numbers = (n for n, row in enumerate(self.rows, 1) if row.by == publisher)
            return f"window-{next(numbers, 1)}"
        head, _, tail = path.partition(".")
        field = re.sub(r"\[.*", "", tail or head)
        if head == "sale":
            return {"at": "sale_at", "present": "present_clicks"}.get(field, field)
        return field


def from_scenario(scenario: Scenario) -> Draft:
    """The form filled in with a scenario."""
    settings, sale = scenario.settings, scenario.sale
    return Draft(
        name=scenario.name,
        soft_rule=settings.soft_rule.value,
        soft_hours=str(settings.soft_minutes // HOUR),
        hard_days=str(settings.hard_minutes // DAY),
        validation_days=str(settings.validation_minutes // DAY),
        rows=[_row_of(step, settings.windows) for step in scenario.steps],
        sale_at=format_time(sale.minute),
        **_expectations(sale),
    )


def _row_of(step: ClickStep | SessionEnd, windows: Mapping[str, int]) -> Row:
    at = format_time(step.minute)
    if isinstance(step, SessionEnd):
        return Row(at, CLOSE)
    kind = step.cookie_type.value if step.partner else f"{step.cookie_type}-no-partner"
    window = windows.get(step.publisher)
    shown = window is not None and step.cookie_type is CookieType.HARD
    return Row(at, kind, step.publisher, format_time(window or 0) if shown else "")


def _expectations(sale: SaleStep) -> dict[str, str]:
    given = {"paid": sale.paid or "", "verdicts": ""}
    if sale.verdicts is not None:
        given["verdicts"] = ", ".join(sale.verdicts) or NO_VERDICTS
    if sale.presented is not None:
        given["present"] = "list"
        given["present_clicks"] = ", ".join(map(str, sale.presented))
    return given


def _minute(row: Row) -> float:
    try:
        return parse_time(row.at)
    except ValueError:
        return float("inf")


def _listed(text: str) -> list[str]:
    return [part.strip() for part in text.split(",") if part.strip()]
