"""Cookie types and states as they look in lists and on pages: by shape and word, not by colour."""

from typing import Protocol

from django.utils.html import format_html
from django.utils.safestring import SafeString


class Toned(Protocol):
    """Something whose text is shown in the colours of its ``tone``: ``good``, ``waiting``,
    ``wrong``, or empty for plain ones."""

    @property
    def tone(self) -> str: ...


def cookie_type(value: str) -> SafeString:
    """``hard`` solid, ``soft`` dashed."""
    return format_html('<span class="badge {}">{}</span>', value, value.capitalize())


def state(shown: Toned) -> SafeString:
    return format_html('<span class="badge state {}">{}</span>', shown.tone, shown)
