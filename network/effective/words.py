"""Terms in words, for people who change them."""

from collections.abc import Mapping
from typing import Any

from django.db import models
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _
from django_stubs_ext import StrPromise

from network.effective.rows import WholeTerms
from network.wording import Unit, counted

_NAMES: Mapping[str, StrPromise] = {
    "soft_rule": _("soft rule"),
    "hard_days": _("cookie period"),
    "soft_hours": _("soft cookie at most"),
    "validation_days": _("validation period"),
    "notice_days": _("notice"),
    "status": _("status"),
    "in_page": _("may activate from the page"),
    "strictly_necessary": _("strictly necessary"),
    "evidence": _("evidence"),
}
_UNITS: Mapping[str, Unit] = {"soft_hours": "hour"}


def in_words(table: type[WholeTerms], said: Mapping[str, Any]) -> str:
    """``status Suspended for fraud; cookie period 7 days``; ``nothing`` of no terms."""
    return "; ".join(_word(table, name, value) for name, value in said.items()) or gettext(
        "nothing"
    )


def changed_in_words(
    table: type[WholeTerms], before: Mapping[str, Any], after: Mapping[str, Any]
) -> str:
    """``status: Applied → Approved; cookie period: 30 days → 7 days``: of what ``after`` says
    otherwise than ``before``; ``nothing`` where it says the same."""
    told = [
        gettext("%(term)s: %(before)s → %(after)s")
        % {
            "term": _NAMES[name],
            "before": _value(table, name, before[name]),
            "after": _value(table, name, value),
        }
        for name, value in after.items()
        if before[name] != value
    ]
    return "; ".join(told) or gettext("nothing")


def _value(table: type[WholeTerms], name: str, value: Any) -> str:
    """A term by itself."""
    field = table._meta.get_field(name)
    assert isinstance(field, models.Field)
    if field.choices:
        return str(dict(field.flatchoices).get(value, value))
    if isinstance(value, bool):
        return gettext("yes") if value else gettext("no")
    if value is None:
        return gettext("the advertiser's")
    if isinstance(value, int):
        return counted(value, _UNITS.get(name, "day"))
    return gettext("“%(value)s”") % {"value": value} if value else gettext("none")


def _word(table: type[WholeTerms], name: str, value: Any) -> str:
    field = table._meta.get_field(name)
    assert isinstance(field, models.Field)
    label = _NAMES[name]
    if field.choices:
        shown = dict(field.flatchoices).get(value, value)
        return gettext("%(term)s %(value)s") % {"term": label, "value": shown}
    if isinstance(value, bool):
        yes_or_no = gettext("%(term)s: yes") if value else gettext("%(term)s: no")
        return yes_or_no % {"term": label}
    if value is None:
        return gettext("%(term)s: the advertiser's") % {"term": label}
    if isinstance(value, int):
        shown = counted(value, _UNITS.get(name, "day"))
        return gettext("%(term)s %(value)s") % {"term": label, "value": shown}
    if not value:
        return gettext("%(term)s: none") % {"term": label}
    return gettext("%(term)s: “%(value)s”") % {"term": label, "value": value}
