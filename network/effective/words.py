"""Terms in words, for people who change them."""

from collections.abc import Mapping
from typing import Any

from django.db import models

from network.effective.rows import WholeTerms
from network.wording import Unit, counted

_NAMES: Mapping[str, str] = {
    "hard_days": "cookie period",
    "soft_hours": "soft cookie at most",
    "validation_days": "validation period",
    "notice_days": "notice",
    "in_page": "may activate from the page",
}
_UNITS: Mapping[str, Unit] = {"soft_hours": "hour"}


def in_words(table: type[WholeTerms], said: Mapping[str, Any]) -> str:
    """``status Suspended for fraud; cookie period 7 days``; ``nothing`` of no terms."""
    return "; ".join(_word(table, name, value) for name, value in said.items()) or "nothing"


def _word(table: type[WholeTerms], name: str, value: Any) -> str:
    field = table._meta.get_field(name)
    assert isinstance(field, models.Field)
    label = _NAMES.get(name, name.replace("_", " "))
    if field.choices:
        return f"{label} {dict(field.flatchoices).get(value, value)}"
    if isinstance(value, bool):
        return f"{label}: {'yes' if value else 'no'}"
    if value is None:
        return f"{label}: the advertiser's"
    if isinstance(value, int):
        return f"{label} {counted(value, _UNITS.get(name, 'day'))}"
    return f"{label}: {f'“{value}”' if value else 'none'}"
