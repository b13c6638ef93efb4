"""A journey as somebody builds it: every field of the simulator's form as it was typed, right or
wrong. What it means is read by the format of journeys."""

import json
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from django.utils.translation import gettext as _

from tracking.rule.attribution import CookieType
from tracking.simulator.format import MAX_REPORTS, read
from tracking.simulator.problems import ScenarioError
from tracking.simulator.scenario import (
    JourneyStep,
    LandingStep,
    ReportStep,
    SaleStep,
    Scenario,
    SessionEnd,
    Way,
)
from tracking.simulator.times import DAY, HOUR, format_time, parse_time

MAX_ROWS = 100
"""What a page can show and a form can send; ``manage.py simulate`` plays longer journeys."""

CLOSE = "close"
LAND = "land"
NO_VERDICTS = "none"
COOKIES = frozenset(way.value for way in Way)
"""What a report may bring: of these, the cookies of its browser."""
_SETTINGS = (
    "soft_rule",
    "soft_hours",
    "hard_days",
    "validation_days",
    "verification",
    "confirm_days",
    "conflict_days",
    "largest_order",
    "currency",
)
_COLUMNS = {"by": "by", "click": "by", "type": "kind", "partner": "kind", "browser": "browser"}
"""The columns of the steps, by the fields of the format."""


class DraftError(ValueError):
    """A field of the form cannot be read; ``field`` is its name, such as ``paid`` or ``at-2``."""

    def __init__(self, field: str, problem: str) -> None:
        self.field = field
        self.problem = problem
        super().__init__(f"{field}: {problem}")


@dataclass(frozen=True, slots=True)
class Row:
    """A click, a token that comes to the shop, or the closing of the browser. ``by`` is a partner,
    or the number of the token's click."""

    at: str = ""
    kind: str = "hard"
    by: str = ""
    window: str = ""
    browser: str = ""

    @property
    def is_click(self) -> bool:
        return self.kind not in (CLOSE, LAND)

    @property
    def is_soft(self) -> bool:
        return self.kind.startswith(CookieType.SOFT)


@dataclass(frozen=True, slots=True)
class ReportRow:
    """A report of the sale. ``brings`` is ``tag``, ``pixel``, ``none``, ``all`` or ``list``, then
    of these ``clicks``; ``amount`` may have a currency after it."""

    at: str = ""
    arrives: str = ""
    rank: str = "token"
    brings: str = "tag"
    clicks: str = ""
    browser: str = ""
    amount: str = ""
    channel: str = ""
    outcome: str = ""

    @property
    def written(self) -> dict[str, Any]:
        """As the format has it. A bare report brings nothing, whatever was chosen before."""
        amount, _blank, currency = self.amount.partition(" ")
        texts = {
            "at": self.at,
            "arrives": self.arrives,
            "rank": self.rank,
            "browser": self.browser,
            "amount": amount,
            "currency": currency.strip(),
            "channel": self.channel,
            "outcome": self.outcome,
        }
        if self.rank == "bare":
            return {name: text for name, text in texts.items() if text and name != "browser"}
        way = {"way": self.brings} if self.brings in COOKIES - {Way.TAG} else {}
        return {**{name: text for name, text in texts.items() if text}, **way, **self._presented}

    @property
    def _presented(self) -> dict[str, Any]:
        if self.brings in COOKIES:
            return {"present": "cookies"}
        if self.brings == "none":
            return {"present": []}
        return {"present": _listed(self.clicks) if self.brings == "list" else self.brings}


@dataclass(frozen=True, slots=True, kw_only=True)
class Draft:
    """All fields of the form. ``present`` is ``cookies``, ``all`` or ``list``, and is not asked
    where there are ``reports``; ``paid``, ``verdicts``, ``state`` and ``figures`` are what is
    expected, empty for nothing."""

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
    verification: str = "confirmed"
    confirm_days: str = ""
    conflict_days: str = ""
    largest_order: str = ""
    uncounted_channels: str = ""
    currency: str = ""
    reports: Sequence[ReportRow] = ()
    until: str = ""
    state: str = ""
    figures: str = ""

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

    def with_report(self) -> "Draft":
        """With one more report; the first is what came with the sale before, which was confirmed:
        from a page that the shop signs, or from its server."""
        if self.reports:
            return replace(self, reports=[*self.reports, ReportRow()][:MAX_REPORTS])
        if self.present == "cookies":
            first = ReportRow(rank="signed")
        else:
            first = ReportRow(rank="keyed", brings=self.present, clicks=self.present_clicks)
        return replace(self, reports=[first])

    def without_report(self, number: int) -> "Draft":
        """Without the report of this number, from 1."""
        kept = [row for index, row in enumerate(self.reports, 1) if index != number]
        return replace(self, reports=kept)

    def in_order(self) -> "Draft":
        """The rows by time; those whose time cannot be read stay last."""
        return replace(self, rows=sorted(self.rows, key=_minute))

    def next_row(self, kind: str) -> Row:
        """A row to go on from: at the time of the last one and, for a click, by a new publisher."""
        at = self.rows[-1].at if self.rows else "0"
        if kind == CLOSE:
            return Row(at, kind)
        if kind == LAND:
            return Row(at, kind, "1", browser="2")
        taken = {row.by for row in self.rows}
        letters = "ABCDEFGHIJKLMNOPQRSTUVWXYZ"
        names = (_("Partner %(letter)s") % {"letter": letter} for letter in letters)
        return Row(at, kind, next((name for name in names if name not in taken), _("Partner")))

    def _settings(self) -> dict[str, Any]:
        given: dict[str, Any] = {name: getattr(self, name).strip() for name in _SETTINGS}
        windows, channels = self._windows(), _listed(self.uncounted_channels)
        return {
            **{name: value for name, value in given.items() if value},
            **({"uncounted_channels": channels} if channels else {}),
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
            browser = {"browser": row.browser} if row.browser else {}
            if row.kind == LAND:
                yield {"land": {"at": row.at, "click": row.by, **browser}}
                continue
            if not row.is_click:
                yield {"end_session": {"at": row.at, **browser}}
                continue
            cookie_type, _, rest = row.kind.partition("-")
            click = {"at": row.at, "by": row.by, "type": cookie_type, **browser}
            yield {"click": {**click, "partner": False} if rest else click}

    def _sale(self) -> dict[str, Any]:
        sale: dict[str, Any] = {"at": self.sale_at}
        if self.reports:
            sale["reports"] = [row.written for row in self.reports]
        else:
            is_list = self.present == "list"
            sale["present"] = _listed(self.present_clicks) if is_list else self.present
        for name in ("paid", "until", "state", "figures"):
            if text := getattr(self, name):
                sale[name] = text
        if self.verdicts == NO_VERDICTS:
            sale["verdicts"] = []
        elif self.verdicts:
            sale["verdicts"] = _listed(self.verdicts)
        return sale

    def _field_at(self, path: str) -> str:
        """The field of the form at a place in the format, such as ``do[2].click.by``."""
        if step := re.match(r"do\[(\d+)\](?:\.\w+)?(?:\.(\w+))?", path):
            return f"{_COLUMNS.get(step[2] or '', 'at')}-{step[1]}"
        if report := re.match(r"sale\.reports\[(\d+)\](?:\.(\w+))?", path):
            return f"report_{self._column(int(report[1]), report[2] or 'at')}-{report[1]}"
        if path.startswith("settings.windows."):
            publisher = path.removeprefix("settings.windows.")
            numbers = (n for n, row in enumerate(self.rows, 1) if row.by == publisher)
            return f"window-{next(numbers, 1)}"
        head, _, tail = path.partition(".")
        field = re.sub(r"\[.*", "", tail or head)
        if head == "sale":
            return {"at": "sale_at", "present": "present_clicks"}.get(field, field)
        return field

    def _column(self, number: int, name: str) -> str:
        """The column of this report's field of the format."""
        present = "clicks" if self.reports[number - 1].brings == "list" else "brings"
        return {"present": present, "way": "brings", "currency": "amount"}.get(name, name)


def from_scenario(scenario: Scenario) -> Draft:
    """The form filled in with a scenario."""
    settings, sale = scenario.settings, scenario.sale
    return Draft(
        name=scenario.name,
        soft_rule=settings.soft_rule.value,
        soft_hours=str(settings.soft_minutes // HOUR),
        hard_days=str(settings.hard_minutes // DAY),
        validation_days=str(settings.validation_minutes // DAY),
        verification=settings.verification.value,
        confirm_days=str(settings.confirm_days),
        conflict_days=str(settings.conflict_days),
        largest_order=settings.largest_order,
        uncounted_channels=", ".join(settings.uncounted_channels),
        currency=settings.currency,
        rows=[_row_of(step, settings.windows) for step in scenario.steps],
        reports=[_report_of(report, sale.minute) for report in sale.reports],
        until="" if sale.until is None else format_time(sale.until),
        state=sale.state or "",
        figures=str(sale.figures or ""),
        sale_at=format_time(sale.minute),
        **_expectations(sale),
    )


def _row_of(step: JourneyStep, windows: Mapping[str, int]) -> Row:
    at, browser = format_time(step.minute), _browser(step.browser)
    if isinstance(step, SessionEnd):
        return Row(at, CLOSE, browser=browser)
    if isinstance(step, LandingStep):
        return Row(at, LAND, str(step.click), browser=browser)
    kind = step.cookie_type.value if step.partner else f"{step.cookie_type}-no-partner"
    window = windows.get(step.publisher)
    shown = window is not None and step.cookie_type is CookieType.HARD
    return Row(at, kind, step.publisher, format_time(window or 0) if shown else "", browser)


def _report_of(report: ReportStep, sold: int) -> ReportRow:
    at, arrives = format_time(report.minute), format_time(report.arrives)
    brings = report.way.value
    if report.presented is not None:
        brings = "list" if report.presented else "none"
    return ReportRow(
        at=at if report.minute != sold else "",
        arrives=arrives if report.arrives != report.minute else "",
        rank=report.rank.value,
        brings=brings,
        clicks=", ".join(map(str, report.presented or ())),
        browser=_browser(report.browser),
        amount=f"{report.worth} {report.currency}" if report.currency else report.amount,
        channel=report.channel,
        outcome=report.outcome or "",
    )


def _browser(number: int) -> str:
    return "" if number == 1 else str(number)


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
