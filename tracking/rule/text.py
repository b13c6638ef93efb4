"""Text from outside, as PostgreSQL and pages can hold it. Pure."""


def printable(text: str, limit: int) -> str:
    """The text without control characters and lone surrogates, cut to ``limit`` characters."""
    if text.isprintable():
        return text[:limit]
    return "".join(char for char in text if char.isprintable())[:limit]
