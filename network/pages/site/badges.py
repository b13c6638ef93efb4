"""Cookie types and states as they look in lists and on pages: by shape and word, not by colour."""

from typing import Protocol

from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.utils.translation import gettext_lazy


class Toned(Protocol):
    """Something whose ``label`` is shown in the colours of its ``tone``: ``good``, ``waiting``,
    ``wrong``, or empty for plain ones."""

    @property
    def tone(self) -> str: ...

    @property
    def label(self) -> str: ...


_LABELS = {"hard": gettext_lazy("Hard"), "soft": gettext_lazy("Soft")}


def cookie_type_name(value: str) -> str:
    """``Hard`` for ``hard``."""
    return str(_LABELS[value]) if value in _LABELS else value.capitalize()


def cookie_type(value: str) -> SafeString:
    """``hard`` solid, ``soft`` dashed."""
    return format_html('<span class="badge {}">{}</span>', value, cookie_type_name(value))


def state(shown: Toned) -> SafeString:
    return format_html('<span class="badge state {}">{}</span>', shown.tone, shown.label)
