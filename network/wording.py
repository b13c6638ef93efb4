"""Lists and counted units as the reader's language writes them."""

from collections.abc import Iterable, Sequence
from functools import cache
from typing import Literal

from babel import Locale, UnknownLocaleError
from babel.lists import format_list
from babel.units import format_unit
from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString
from django.utils.translation import get_language, ngettext, to_locale

Unit = Literal["day", "hour", "minute", "second"]
Length = Literal["long", "short"]

MOST_NAMED = 4
"""Of more names than this, only the first three are written out."""

FALLBACK = Locale("en", "GB")


def counted(number: int, unit: Unit, length: Length = "long") -> str:
    """``1 day`` or ``30 days``; short: ``40 secs``."""
    return format_unit(number, f"duration-{unit}", length=length, locale=_locale())


def joined(words: Sequence[str]) -> str:
    """``a, b and c``; empty for nothing."""
    return format_list(list(words), locale=_locale())


def joined_html(parts: Sequence[SafeString]) -> SafeString:
    """As :func:`joined`, of markup."""
    between = (format_html("{}", part) for part in joined(["\0"] * len(parts)).split("\0"))
    return format_html_join("", "{}{}", zip(between, [*parts, ""], strict=True))


def some_of(names: Iterable[str]) -> str:
    """Names in order, the first of them where they are many: ``CouponCat and Blum``; ``CouponCat,
    Blum, Loop and 12 others``."""
    ordered = sorted(names)
    if len(ordered) <= MOST_NAMED:
        return joined(ordered)
    named, others = ordered[: MOST_NAMED - 1], len(ordered) - MOST_NAMED + 1
    text = ngettext("%(names)s and %(count)d other", "%(names)s and %(count)d others", others)
    return text % {"names": ", ".join(named), "count": others}


def countries() -> list[tuple[str, str]]:
    """Every country by its two letters, with its name, in the order of names."""
    named = _locale().territories
    found = [(code, name) for code, name in named.items() if len(code) == 2 and code.isalpha()]
    no_countries = {"EU", "EZ", "UN", "QO", "XA", "XB", "ZZ"}
    return sorted((one for one in found if one[0] not in no_countries), key=lambda one: one[1])


def country(code: str) -> str:
    """Its name; the code itself where it is no country's."""
    return str(_locale().territories.get(code, code))


def _locale() -> Locale:
    return _locale_of(get_language() or "")


@cache
def _locale_of(language: str) -> Locale:
    """Babel's locale; British English for a language that it does not know."""
    try:
        return Locale.parse(to_locale(language))
    except (UnknownLocaleError, ValueError):
        return FALLBACK
