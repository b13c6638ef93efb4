"""Columns of lists, and read-only fields, that several models have."""

from collections.abc import Callable
from datetime import datetime
from typing import TYPE_CHECKING, Any

from django.contrib import admin

from network import dates, money

if TYPE_CHECKING:
    from django.utils.functional import _StrOrPromise

EMPTY = "—"


def shown_moment(name: str, label: "_StrOrPromise") -> Callable[[Any], str]:
    """A list column or read-only field with the time in ``name``."""

    @admin.display(description=label, ordering=name)
    def column(row: Any) -> str:
        at: datetime | None = getattr(row, name)
        return dates.moment(at) if at else EMPTY

    column.__name__ = f"shown_{name}"
    return column


def shown_money(name: str, label: "_StrOrPromise") -> Callable[[Any], str]:
    """A list column or read-only field with the amount in ``name``, in the row's currency."""

    @admin.display(description=label, ordering=name)
    def column(row: Any) -> str:
        return money.display(getattr(row, name), row.currency)

    column.__name__ = f"shown_{name}"
    return column
