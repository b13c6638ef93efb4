"""Columns of lists, and read-only fields, that several models have."""

from collections.abc import Callable
from datetime import datetime
from typing import TYPE_CHECKING, Any

from django.contrib import admin, messages
from django.contrib.admin.helpers import ACTION_CHECKBOX_NAME
from django.db.models import Model
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.urls import reverse
from django.utils.safestring import SafeString
from django.utils.translation import gettext
from unfold import admin as unfold
from unfold.widgets import UnfoldBooleanWidget

from network import dates, money
from network.people import access

if TYPE_CHECKING:
    from django.utils.functional import _StrOrPromise

EMPTY = "—"


class NamedRows:
    """A list whose rows' boxes are named by their rows; the theme calls all of them the same. Who
    sees one advertiser only is not told in every row which."""

    def get_list_display(self, request: HttpRequest) -> Any:
        columns = super().get_list_display(request)  # type: ignore[misc]
        known = access.access_of(request.user)
        if known.operator or len(known.staff_roles) > 1:
            return columns
        return [name for name in columns if name != "advertiser"]

    @admin.display(description=unfold.ModelAdmin.action_checkbox.short_description)
    def action_checkbox(self, obj: Any) -> SafeString:
        label = gettext("Choose %(row)s") % {"row": obj}
        widget = UnfoldBooleanWidget(
            {"class": "action-select", "aria-label": label}, check_test=lambda value: False
        )
        return SafeString(widget.render(ACTION_CHECKBOX_NAME, str(obj.pk)))


def added(model_admin: admin.ModelAdmin[Any], request: HttpRequest, row: Model) -> HttpResponse:
    """What somebody sees who has added a row: its own page, where the next steps are."""
    said = gettext("%(row)s is added. Its page says what can come next.") % {"row": row}
    model_admin.message_user(request, said, messages.SUCCESS)
    name = f"admin:{row._meta.app_label}_{row._meta.model_name}_change"
    return HttpResponseRedirect(reverse(name, args=[row.pk]))


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
