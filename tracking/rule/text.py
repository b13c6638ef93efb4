"""Text from outside, as PostgreSQL and pages can hold it. Pure."""

import re
import unicodedata

_UNSEEN = re.compile(
    "[\u034f\u115f\u1160\u17b4\u17b5\u180b-\u180f\u2800\u3164\ufe00-\ufe0f\uffa0"
    "\U000e0100-\U000e01ef]"
)
"""Fillers, joiners, empty cells and variation selectors: Unicode's default ignorable characters
that count as printable, and one that is drawn as nothing."""
_GLYPHS = re.compile("[\ufe00-\ufe0f\U000e0100-\U000e01ef]")
"""Variation selectors: they choose how the character before them is drawn, and name nothing."""


def composed(text: str) -> str:
    """The one form of a reference, of those that look the same and mean the same: ``ü`` as one
    character (NFC), without variation selectors."""
    return text if text.isascii() else unicodedata.normalize("NFC", _GLYPHS.sub("", text))


def is_seen(text: str) -> bool:
    """Whether every character of it can be seen, or is a blank."""
    return text.isprintable() and (text.isascii() or _UNSEEN.search(text) is None)


def printable(text: str, limit: int) -> str:
    """The text without control characters and lone surrogates, cut to ``limit`` characters."""
    if text.isprintable():
        return text[:limit]
    return "".join(char for char in text if char.isprintable())[:limit]


def visible(text: str, limit: int) -> str:
    """The text with what cannot be seen written as an escape (``10\\t20``), cut to ``limit``: for
    messages that say what was wrong with it."""
    if is_seen(text):
        return text[:limit]
    shown = (char if is_seen(char) else _escaped(char) for char in text[:limit])
    return "".join(shown)[:limit]


def _escaped(char: str) -> str:
    return char.encode("unicode_escape").decode()
