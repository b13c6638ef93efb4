"""Scenarios written in the format that ``tracking.simulator.format`` reads. Pure."""

from collections.abc import Iterable
from typing import Any

import yaml

from tracking.evidence.ranks import Rank
from tracking.simulator.scenario import (
    JourneyStep,
    LandingStep,
    ReportStep,
    SaleStep,
    Scenario,
    SessionEnd,
    Settings,
)
from tracking.simulator.times import DAY, HOUR, format_time

_WIDTH = 110
_NO_SETTINGS = Settings()


def write(scenarios: Iterable[Scenario]) -> str:
    """YAML that reads as the same scenarios; what has its default value is left out."""
    return yaml.safe_dump(
        [_entry(scenario) for scenario in scenarios],
        default_flow_style=None,
        sort_keys=False,
        allow_unicode=True,
        width=_WIDTH,
    )


def _entry(scenario: Scenario) -> dict[str, Any]:
    settings = _settings(scenario.settings)
    return {
        "name": scenario.name,
        **({"settings": settings} if settings else {}),
        "do": [_step(step) for step in scenario.steps],
        "sale": _sale(scenario.sale),
    }


def _settings(given: Settings) -> dict[str, Any]:
    written: dict[str, Any] = {}
    if given.soft_rule != _NO_SETTINGS.soft_rule:
        written["soft_rule"] = given.soft_rule.value
    if given.soft_minutes != _NO_SETTINGS.soft_minutes:
        written["soft_hours"] = given.soft_minutes // HOUR
    if given.hard_minutes != _NO_SETTINGS.hard_minutes:
        written["hard_days"] = given.hard_minutes // DAY
    if given.validation_minutes != _NO_SETTINGS.validation_minutes:
        written["validation_days"] = given.validation_minutes // DAY
    if given.windows:
        written["windows"] = {key: _time(minutes) for key, minutes in given.windows.items()}
    return {**written, **_belief(given)}


def _belief(given: Settings) -> dict[str, Any]:
    """The settings that say which sales are paid."""
    values = {
        "verification": given.verification.value,
        "confirm_days": given.confirm_days,
        "conflict_days": given.conflict_days,
        "largest_order": given.largest_order,
        "uncounted_channels": list(given.uncounted_channels),
        "currency": given.currency,
    }
    usual = {name: getattr(_NO_SETTINGS, name) for name in values}
    return {name: value for name, value in values.items() if value and value != usual[name]}


def _step(step: JourneyStep) -> dict[str, Any]:
    browser = {"browser": step.browser} if step.browser != 1 else {}
    if isinstance(step, SessionEnd):
        return {"end_session": {"at": _time(step.minute), **browser}}
    if isinstance(step, LandingStep):
        return {"land": {"at": _time(step.minute), "click": step.click, **browser}}
    fields: dict[str, Any] = {
        "at": _time(step.minute),
        "by": step.publisher,
        "type": step.cookie_type.value,
    }
    partner = {} if step.partner else {"partner": False}
    return {"click": {**fields, **partner, **browser}}


def _sale(sale: SaleStep) -> dict[str, Any]:
    written: dict[str, Any] = {"at": _time(sale.minute)}
    if sale.presented is not None:
        written["present"] = list(sale.presented)
    if sale.reports:
        written["reports"] = [_report(report, sale.minute) for report in sale.reports]
    if sale.until is not None:
        written["until"] = _time(sale.until)
    if sale.paid is not None:
        written["paid"] = sale.paid
    if sale.verdicts is not None:
        written["verdicts"] = [verdict.value for verdict in sale.verdicts]
    if sale.state is not None:
        written["state"] = sale.state.value
    if sale.figures is not None:
        written["figures"] = sale.figures
    return written


def _report(report: ReportStep, sold: int) -> dict[str, Any]:
    usual = ReportStep(minute=sold, arrives=report.minute)
    values: dict[str, Any] = {
        "at": report.minute,
        "arrives": report.arrives,
        "rank": report.rank.value,
        "browser": report.browser,
        "way": report.way.value,
        "amount": report.amount,
        "currency": report.currency,
        "channel": report.channel,
    }
    is_usual = {"at": report.minute == sold, "arrives": report.arrives == report.minute}
    written = {
        name: _time(value) if name in is_usual else value
        for name, value in values.items()
        if not is_usual.get(name, value == getattr(usual, name, None))
    }
    if report.presented or (report.presented == () and report.rank not in (Rank.KEYED, Rank.BARE)):
        written["present"] = list(report.presented)
    if report.outcome is not None:
        written["outcome"] = report.outcome.value
    return written


def _time(minutes: int) -> int | str:
    """A number where the format needs no unit, so that it stands without quotes."""
    return minutes if minutes < HOUR else format_time(minutes)
