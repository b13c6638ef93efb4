"""What is wrong with a field of a report. Pure."""

from dataclasses import dataclass

MAX_SHOWN = 80


@dataclass(frozen=True, slots=True)
class FieldError:
    """What was wrong with one field, and what to do about it."""

    field: str
    received: str
    expected: str
    remedy: str

    def __str__(self) -> str:
        return f"{self.field}: received '{self.received}', expected {self.expected}"
