"""A value of a written journey, read as what it has to be, or refused with its place. Pure."""

import re
from collections.abc import Iterable
from dataclasses import dataclass
from enum import StrEnum
from typing import TypeVar

from network import money
from tracking.simulator.loading import shown
from tracking.simulator.problems import Fault, Place, ScenarioError
from tracking.simulator.times import DAY, MAX_DAYS, format_time, parse_time

_Word = TypeVar("_Word", bound=StrEnum)


@dataclass(frozen=True, slots=True)
class Field:
    """A value of the input, and where it stands."""

    value: object
    place: Place

    def error(self, fault: Fault, **values: object) -> ScenarioError:
        return ScenarioError(fault, self.place, value=shown(self.value), **values)

    def inside(self, key: str, value: object) -> "Field":
        path = self.place.path
        return Field(value, self.place.inside(f"{path}.{key}" if path else key))

    def mapping(self) -> dict[str, "Field"]:
        if not isinstance(self.value, dict):
            raise self.error(Fault.NO_MAPPING)
        return {key: self.inside(key, value) for key, value in self.value.items()}

    def keys(self, required: Iterable[str], optional: Iterable[str] = ()) -> dict[str, "Field"]:
        """The fields of a mapping with these keys and no others."""
        fields, known = self.mapping(), [*required, *optional]
        for key, found in fields.items():
            if key not in known:
                raise found.error(Fault.UNKNOWN, known=", ".join(known))
        for key in required:
            if key not in fields:
                raise self.inside(key, None).error(Fault.MISSING)
        return fields

    def items(self) -> list["Field"]:
        if not isinstance(self.value, list):
            raise self.error(Fault.NO_LIST_HERE)
        return [
            Field(value, self.place.inside(f"{self.place.path}[{number}]"))
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

    def amount(self, currency: str) -> int:
        """Minor units."""
        text = str(self.value).strip() if isinstance(self.value, int | float | str) else ""
        try:
            return money.parse(text, currency, drops_noise=True)
        except money.AmountError as error:
            raise self.error(Fault.NO_AMOUNT, expected=error.expected) from None

    def number(self, least: int, most: int) -> int:
        text = self._digits().strip()
        if re.fullmatch("[0-9]{1,9}", text) and least <= int(text) <= most:
            return int(text)
        raise self.error(Fault.NO_NUMBER, least=least, most=most)

    def _digits(self) -> str:
        return str(self.value) if isinstance(self.value, int | str) else ""
