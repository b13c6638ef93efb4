"""Columns of lists, and read-only fields, that several models have."""

from collections.abc import Callable
from datetime import datetime
from typing import TYPE_CHECKING, Any

from django.contrib import admin
from django.contrib.admin.helpers import ACTION_CHECKBOX_NAME
from django.utils.safestring import SafeString
from django.utils.translation import gettext
from unfold import admin as unfold
from unfold.widgets import UnfoldBooleanWidget

from network import dates, money

if TYPE_CHECKING:
    from django.utils.functional import _StrOrPromise

EMPTY = "—"


class NamedRows:
    """A list whose rows' boxes are named by their rows; the theme calls all of them the same."""

    @admin.display(description=unfold.ModelAdmin.action_checkbox.short_description)
    def action_checkbox(self, obj: Any) -> SafeString:
        label = gettext("Choose %(row)s") % {"row": obj}
        widget = UnfoldBooleanWidget(
            {"class": "action-select", "aria-label": label}, check_test=lambda value: False
        )
        return SafeString(widget.render(ACTION_CHECKBOX_NAME, str(obj.pk)))


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
