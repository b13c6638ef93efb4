"""Targets that were pasted into a link without being encoded, and links to which something was
glued on their way through mails and chats. Pure.

``to=https://shop.example/p?a=1&b=2`` is read by everybody's rules as a target and a parameter ``b``
of nobody. Where the target shows a bare ``?``, what follows can only be its own.
"""

import re
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from urllib.parse import unquote, unquote_plus

APPENDED = re.compile(
    r"utm_\w+|_ga|_gl|\w*clid|gbraid|wbraid|igsh(?:id)?|mc_[ce]id|li_fat_id|srsltid|epik|_hs\w+"
)
"""Parameters that social networks, mail programs and ad systems append to every link."""

_PUBLISHER = re.compile(r"/([0-9]{1,10})(?![_-]*[^\W_])(.*)", re.DOTALL)
"""Digits that are no part of a longer word; what marks up chats glues ``_`` to a link, too."""


@dataclass(frozen=True, slots=True)
class Pasted:
    """The target that a link meant, and whether it was pasted without encoding."""

    target: str
    is_unencoded: bool


@dataclass(frozen=True, slots=True)
class Damaged:
    """What is left of a damaged link: its publisher (None: no id there) and its query."""

    publisher: int | None
    query: str


def read(items: Sequence[str], known: Collection[str]) -> Pasted:
    """The target of a link whose query has parameters of nobody, or several targets. ``items`` is
    what stands between the ``&``; one of them is ``to``."""
    names = [unquote_plus(item.partition("=")[0]) for item in items]
    first = names.index("to")
    raw = items[first].partition("=")[2]
    if "?" in raw:
        own = [
            item
            for item, name in zip(items[first + 1 :], names[first + 1 :], strict=True)
            if item and (name not in known or name == "to")
        ]
        return Pasted("&".join([decode(raw), *own]), is_unencoded=True)
    last = len(names) - 1 - names[::-1].index("to")
    foreign = [name for name in names if name and name not in known]
    is_unencoded = any(APPENDED.fullmatch(name) is None for name in foreign)
    return Pasted(decode(items[last].partition("=")[2]), is_unencoded)


def decode(raw: str) -> str:
    """A target as its publisher meant it. In one that shows its ``://`` a plus is a plus: what
    writes blanks as pluses would have encoded these, too."""
    return unquote(raw) if "://" in raw else unquote_plus(raw)


def mend(rest: str, query: str) -> Damaged:
    """A link by what follows ``/t/<adv>/c``, unescaped, and its query. What was glued to the
    publisher's digits is ignored; a query that was escaped with them (``%3Fref=x``) is one."""
    found = _PUBLISHER.match(rest)
    if found is None:
        return Damaged(None, query)
    begin = re.search("[?&]", found[2])
    glued = found[2][begin.end() :] if begin else ""
    return Damaged(int(found[1]), "&".join(filter(None, (glued, query))))
