"""Text from outside, as PostgreSQL and pages can hold it. Pure."""


def printable(text: str, limit: int) -> str:
    """The text without control characters and lone surrogates, cut to ``limit`` characters."""
    if text.isprintable():
        return text[:limit]
    return "".join(char for char in text if char.isprintable())[:limit]


def visible(text: str, limit: int) -> str:
    """The text with what cannot be seen written as an escape (``10\\t20``), cut to ``limit``: for
    messages that say what was wrong with it."""
    if text.isprintable():
        return text[:limit]
    shown = (char if char.isprintable() else _escaped(char) for char in text[:limit])
    return "".join(shown)[:limit]


def _escaped(char: str) -> str:
    return char.encode("unicode_escape").decode()
