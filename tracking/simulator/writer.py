"""Scenarios written in the format that ``tracking.simulator.format`` reads. Pure."""

from collections.abc import Iterable
from typing import Any

import yaml

from tracking.simulator.format import (
    DAY,
    HOUR,
    ClickStep,
    SaleStep,
    Scenario,
    SessionEnd,
    Settings,
    format_time,
)

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
    return written


def _step(step: ClickStep | SessionEnd) -> dict[str, Any]:
    if isinstance(step, SessionEnd):
        return {"end_session": {"at": _time(step.minute)}}
    fields: dict[str, Any] = {
        "at": _time(step.minute),
        "by": step.publisher,
        "type": step.cookie_type.value,
    }
    return {"click": fields if step.partner else {**fields, "partner": False}}


def _sale(sale: SaleStep) -> dict[str, Any]:
    written: dict[str, Any] = {"at": _time(sale.minute)}
    if sale.presented is not None:
        written["present"] = list(sale.presented)
    if sale.paid is not None:
        written["paid"] = sale.paid
    if sale.verdicts is not None:
        written["verdicts"] = [verdict.value for verdict in sale.verdicts]
    return written


def _time(minutes: int) -> int | str:
    """A number where the format needs no unit, so that it stands without quotes."""
    return minutes if minutes < HOUR else format_time(minutes)
