"""Journeys written by hand, for the simulator: the format, read from YAML or JSON.

Pure. The format is described in ``docs/attribution.md``; times in it are whole minutes from 0.
"""

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any, TypeVar

from tracking.rule.attribution import CookieType, SoftRule, Verdict
from tracking.rule.slots import MAX_COOKIE_DAYS
from tracking.simulator.loading import load, shown
from tracking.simulator.problems import Fault, Place, ScenarioError

NOBODY = "nobody"
HOUR = 60
DAY = 24 * HOUR
MAX_DAYS = 36_500
"""A hundred years: far beyond any window, and well inside a click id's 48 bits of milliseconds."""
MAX_NAME = 200
MAX_PUBLISHER = 40
_TIME = re.compile(r"(?:([0-9]{1,9})d)?\s*(?:([0-9]{1,9})h)?\s*(?:([0-9]{1,9})m?)?")
_Word = TypeVar("_Word", bound=StrEnum)


@dataclass(frozen=True, slots=True)
class Settings:
    """The advertiser's settings; ``windows`` is the hard window by publisher where it is not
    ``hard_minutes``."""

    soft_rule: SoftRule = SoftRule.FIRST
    soft_minutes: int = DAY
    hard_minutes: int = 30 * DAY
    validation_minutes: int = 0
    windows: Mapping[str, int] = field(default_factory=dict)

    def window_minutes(self, publisher: str, cookie_type: CookieType) -> int:
        if cookie_type is CookieType.SOFT:
            return self.soft_minutes
        return self.windows.get(publisher, self.hard_minutes)


@dataclass(frozen=True, slots=True)
class ClickStep:
    """A click; ``partner`` is False if the publisher was not an approved partner then."""

    minute: int
    publisher: str
    cookie_type: CookieType
    partner: bool = True


@dataclass(frozen=True, slots=True)
class SessionEnd:
    """The browser is closed and opened again."""

    minute: int


@dataclass(frozen=True, slots=True)
class SaleStep:
    """The sale, and what is expected of it (None: nothing).

    ``presented`` are the numbers of the clicks, from 1, whose ids the merchant's server reports;
    None where the browser reports with its cookies.
    """

    minute: int
    presented: tuple[int, ...] | None = None
    paid: str | None = None
    verdicts: tuple[Verdict, ...] | None = None


@dataclass(frozen=True, slots=True)
class Scenario:
    """What happens in one browser at one advertiser; ``steps`` are in time order."""

    name: str
    steps: tuple[ClickStep | SessionEnd, ...]
    sale: SaleStep
    settings: Settings = Settings()

    @property
    def expects(self) -> bool:
        """Whether it says what is to come out."""
        return self.sale.paid is not None or self.sale.verdicts is not None

    @property
    def clicks(self) -> tuple[ClickStep, ...]:
        return tuple(step for step in self.steps if isinstance(step, ClickStep))


def read(text: str) -> list[Scenario]:
    """The scenarios in a YAML or JSON text. Raises :class:`ScenarioError`."""
    entries = load(text)
    if not isinstance(entries, list):
        raise ScenarioError(Fault.NO_LIST)
    return [_scenario(entry, number) for number, entry in enumerate(entries, 1)]


def parse_time(text: str) -> int:
    """Minutes in ``10``, ``55m``, ``24h``, ``3d`` or ``29d 23h 59``. Raises
    :class:`ScenarioError`, with the text as its value."""
    match = _TIME.fullmatch(text.strip())
    if not match or not any(match.groups()):
        raise ScenarioError(Fault.NO_TIME, value=shown(text))
    days, hours, minutes = (int(part or 0) for part in match.groups())
    total = days * DAY + hours * HOUR + minutes
    if total > MAX_DAYS * DAY:
        raise ScenarioError(Fault.TIME_TOO_LONG, value=shown(text), most=f"{MAX_DAYS}d")
    return total


def format_time(minutes: int) -> str:
    """The minutes as :func:`parse_time` reads them, such as ``2d 3h 10``."""
    days, rest = divmod(minutes, DAY)
    hours, rest = divmod(rest, HOUR)
    parts = (f"{days}d" if days else "", f"{hours}h" if hours else "", str(rest) if rest else "")
    return " ".join(part for part in parts if part) or "0"


@dataclass(frozen=True, slots=True)
class _Field:
    """A value of the input, and where it stands."""

    value: object
    place: Place

    def error(self, fault: Fault, **values: object) -> ScenarioError:
        return ScenarioError(fault, self.place, value=shown(self.value), **values)

    def inside(self, key: str, value: object) -> "_Field":
        path = self.place.path
        return _Field(value, self.place.inside(f"{path}.{key}" if path else key))

    def mapping(self) -> dict[str, "_Field"]:
        if not isinstance(self.value, dict):
            raise self.error(Fault.NO_MAPPING)
        return {key: self.inside(key, value) for key, value in self.value.items()}

    def keys(self, required: Iterable[str], optional: Iterable[str] = ()) -> dict[str, "_Field"]:
        """The fields of a mapping with these keys and no others."""
        fields, known = self.mapping(), [*required, *optional]
        for key, found in fields.items():
            if key not in known:
                raise found.error(Fault.UNKNOWN, known=", ".join(known))
        for key in required:
            if key not in fields:
                raise self.inside(key, None).error(Fault.MISSING)
        return fields

    def items(self) -> list["_Field"]:
        if not isinstance(self.value, list):
            raise self.error(Fault.NO_LIST_HERE)
        return [
            _Field(value, self.place.inside(f"{self.place.path}[{number}]"))
            for number, value in enumerate(self.value, 1)
        ]

    def text(self, longest: int) -> str:
        value = self.value
        if isinstance(value, int) and not isinstance(value, bool):
            value = str(value)
        if not isinstance(value, str) or not 0 < len(value) <= longest or not value.isprintable():
            raise self.error(Fault.NO_TEXT, most=longest)
        return value

    def word(self, words: type[_Word]) -> _Word:
        try:
            return words(self.value)  # type: ignore[arg-type]
        except ValueError:
            raise self.error(Fault.NO_SUCH_WORD, known=", ".join(words)) from None

    def truth(self) -> bool:
        if self.value is True or self.value == "true":
            return True
        if self.value is False or self.value == "false":
            return False
        raise self.error(Fault.NO_SUCH_WORD, known="true, false")

    def minutes(self, least: int = 0, most_days: int = MAX_DAYS) -> int:
        try:
            minutes = parse_time(self._digits())
        except ScenarioError as error:
            raise ScenarioError(error.fault, self.place, **error.values) from None
        if not least <= minutes <= most_days * DAY:
            raise self.error(Fault.TIME_OUTSIDE, least=format_time(least), most=f"{most_days}d")
        return minutes

    def number(self, least: int, most: int) -> int:
        text = self._digits().strip()
        if re.fullmatch("[0-9]{1,9}", text) and least <= int(text) <= most:
            return int(text)
        raise self.error(Fault.NO_NUMBER, least=least, most=most)

    def _digits(self) -> str:
        return str(self.value) if isinstance(self.value, int | str) else ""


def _scenario(value: object, number: int) -> Scenario:
    entry = _Field(value, Place(entry=number, name=_name_if_any(value)))
    fields = entry.keys(("name", "do", "sale"), ("settings",))
    steps = _steps(fields["do"])
    settings = _settings(fields["settings"]) if "settings" in fields else Settings()
    clicks = sum(isinstance(step, ClickStep) for step in steps)
    return Scenario(fields["name"].text(MAX_NAME), steps, _sale(fields["sale"], clicks), settings)


def _name_if_any(value: object) -> str:
    name = value.get("name") if isinstance(value, dict) else None
    return "" if name is None else shown(name)


def _settings(given: _Field) -> Settings:
    found: dict[str, Any] = {}
    known = ("soft_rule", "soft_hours", "hard_days", "validation_days", "windows")
    for key, value in given.keys((), known).items():
        if key == "soft_rule":
            found[key] = value.word(SoftRule)
        elif key == "soft_hours":
            found["soft_minutes"] = value.number(1, 720) * HOUR
        elif key == "hard_days":
            found["hard_minutes"] = value.number(1, MAX_COOKIE_DAYS) * DAY
        elif key == "validation_days":
            found["validation_minutes"] = value.number(0, MAX_DAYS) * DAY
        else:
            found[key] = {
                _publisher(value.inside(publisher, publisher)): window.minutes(1, MAX_COOKIE_DAYS)
                for publisher, window in value.mapping().items()
            }
    return Settings(**found)


def _steps(given: _Field) -> tuple[ClickStep | SessionEnd, ...]:
    steps: list[ClickStep | SessionEnd] = []
    for item in given.items():
        step = _step(item)
        if steps and step.minute < steps[-1].minute:
            time, before = format_time(step.minute), format_time(steps[-1].minute)
            raise item.error(Fault.OUT_OF_ORDER, time=time, before=before)
        steps.append(step)
    return tuple(steps)


def _step(item: _Field) -> ClickStep | SessionEnd:
    kinds = item.keys((), ("click", "end_session"))
    if len(kinds) != 1:
        raise item.error(Fault.NO_STEP)
    if "end_session" in kinds:
        return SessionEnd(kinds["end_session"].keys(("at",))["at"].minutes())
    fields = kinds["click"].keys(("at", "by", "type"), ("partner",))
    return ClickStep(
        minute=fields["at"].minutes(),
        publisher=_publisher(fields["by"]),
        cookie_type=fields["type"].word(CookieType),
        partner=fields["partner"].truth() if "partner" in fields else True,
    )


def _publisher(given: _Field) -> str:
    publisher = given.text(MAX_PUBLISHER)
    if publisher == NOBODY:
        raise given.error(Fault.MEANS_NOBODY)
    return publisher


def _sale(given: _Field, clicks: int) -> SaleStep:
    fields = given.keys(("at",), ("present", "paid", "verdicts"))
    present, verdicts = fields.get("present"), fields.get("verdicts")
    return SaleStep(
        minute=fields["at"].minutes(),
        presented=_presented(present, clicks) if present else None,
        paid=fields["paid"].text(MAX_PUBLISHER) if "paid" in fields else None,
        verdicts=tuple(item.word(Verdict) for item in verdicts.items()) if verdicts else None,
    )


def _presented(given: _Field, clicks: int) -> tuple[int, ...] | None:
    if given.value == "cookies":
        return None
    if given.value == "all":
        return tuple(range(1, clicks + 1))
    if not isinstance(given.value, list):
        raise given.error(Fault.NOT_PRESENTED)
    if not clicks and given.value:
        raise given.error(Fault.NO_CLICKS)
    return tuple(item.number(1, clicks) for item in given.items())
