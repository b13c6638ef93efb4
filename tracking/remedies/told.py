"""What was wrong with a report, in the reader's language.

It is kept in English, with its values filled in: what was kept by an earlier release is read, too.
"""

import re
from collections.abc import Iterator
from functools import cache

from django.utils.translation import gettext

from tracking.remedies.wordings import Expected, Remedy, Wording

_VALUE = re.compile(r"%\((\w+)\)s")


def told(text: str) -> str:
    """The text as the reader's language has it; as it is, where nothing is known of it."""
    for wording, pattern in _patterns():
        if found := pattern.fullmatch(text):
            return gettext(wording.value) % found.groupdict()
    return text


@cache
def _patterns() -> tuple[tuple[Wording, re.Pattern[str]], ...]:
    """How each wording reads with any values. The longest come first: what one of them says, a
    shorter one may hold as a value."""
    every: list[Wording] = [*Expected, *Remedy]
    ordered = sorted(every, key=lambda each: -len(_VALUE.sub("", each.value)))
    return tuple((each, _pattern(each)) for each in ordered)


def _pattern(wording: Wording) -> re.Pattern[str]:
    return re.compile("".join(_pieces(wording.value)), re.DOTALL)


def _pieces(message: str) -> Iterator[str]:
    end = 0
    for value in _VALUE.finditer(message):
        yield re.escape(message[end : value.start()])
        yield f"(?P<{value[1]}>.*)"
        end = value.end()
    yield re.escape(message[end:])
