"""Known crawlers by their user agents, in little time whatever is sent.

The expressions are crawlerdetect's, more than a thousand. Tried all at each place of a text that
was made for it, they take hundreds of times as long as the redirect that waits for them. But each
has a word that must be there, so that a look for the words leaves few to try, mostly none.
"""

import re
from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from functools import cache

from crawlerdetect.providers.crawlers import data as crawlers
from crawlerdetect.providers.exclusions import data as parts_of_browsers

LONGEST = 256
"""Characters that are looked at; crawlers name themselves within them."""
_GRAM = 3
"""Characters of a word by which it is found."""


def is_crawler(user_agent: str) -> bool:
    """As crawlerdetect judges the first :data:`LONGEST` characters."""
    agent = user_agent[:LONGEST].strip()
    if not any(candidates(agent.lower())):
        return False
    rest = _browsers().sub("", agent)
    return any(_found(expression, rest) for expression in candidates(rest.lower()))


def candidates(text: str) -> Iterator[str]:
    """The expressions that may find something in a text in lower case: a word that they need is
    there."""
    words = _words()
    for gram in {text[start : start + _GRAM] for start in range(len(text) - _GRAM + 1)}:
        for word, expression in words.get(gram, ()):
            if word in text:
                yield expression


def needed(expression: str) -> tuple[str, ...]:
    """Words in lower case of which the expression needs one. Raises ValueError where none is
    known: crawlerdetect would have a kind of expression that it had not before."""
    branches = _branches(expression)
    if len(branches) > 1:
        return tuple(word for branch in branches for word in needed(branch))
    if len(word := max(_literals(expression), key=len)) >= _GRAM:
        return (word.lower(),)
    group = re.search(r"\(([\w|]+)\)\Z", expression)
    if group is None or min(map(len, group[1].split("|"))) < _GRAM:
        raise ValueError(f"No word is known that {expression!r} needs.")
    return tuple(group[1].lower().split("|"))


def _found(expression: str, text: str) -> bool:
    return re.search(expression, text, re.IGNORECASE) is not None


@cache
def _browsers() -> re.Pattern[str]:
    return re.compile(f"({'|'.join(parts_of_browsers)})", re.IGNORECASE)


@cache
def _words() -> Mapping[str, Sequence[tuple[str, str]]]:
    """The needed words with their expressions, by three characters that few words have."""
    pairs = [(word, expression) for expression in crawlers for word in needed(expression)]
    common: dict[str, int] = defaultdict(int)
    for word, _ in pairs:
        for gram in _grams(word):
            common[gram] += 1
    found: dict[str, list[tuple[str, str]]] = defaultdict(list)
    for word, expression in pairs:
        found[min(_grams(word), key=common.__getitem__)].append((word, expression))
    return dict(found)


def _grams(word: str) -> set[str]:
    return {word[start : start + _GRAM] for start in range(len(word) - _GRAM + 1)}


_PART = re.compile(r"\\.|\[[^\]]*\]|\((?:[^()\\]|\\.)*\)|.", re.DOTALL)


def _branches(expression: str) -> list[str]:
    branches = [""]
    for part in _PART.findall(expression):
        if part == "|":
            branches.append("")
        else:
            branches[-1] += part
    return branches


def _literals(expression: str) -> Iterator[str]:
    """Stretches of characters that stand for themselves."""
    parts = _PART.findall(expression)
    word = ""
    for part, following in zip(parts, [*parts[1:], ""], strict=True):
        text = _text(part)
        if text and following not in ("?", "*", "{"):
            word += text
            if following != "+":
                continue
        yield word
        word = ""
    yield word


def _text(part: str) -> str:
    """What a part stands for; empty where that is no single character."""
    if part.startswith("\\"):
        return "" if part[1].isalnum() else part[1]
    return part if len(part) == 1 and part not in ".^$?*+{}" else ""
