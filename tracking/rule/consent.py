"""Whether a click may be kept in the browser: what the link says, or else the advertiser."""

import re
from collections.abc import Iterable
from enum import StrEnum

YES = frozenset({"1", "true", "yes", "on"})
UNFILLED = frozenset({"", "undefined", "null", "nan"})
_MACRO = re.compile(r"[{\[<%$#@!|*_].*[a-z].*", re.DOTALL)
"""What a template or an ad system would have filled in: it begins with a mark, and has a name."""
_GLUED = re.compile(r"[\W_]+\Z")
"""What mails and chats glue to the end of a link."""


class Consent(StrEnum):
    """``store``: cookies are read and written. ``ask``: the shop's banner decides; the tracking
    host reads and writes nothing, and hands the token over in the address. ``refuse``: nothing is
    read, written or handed over, and the click does not count."""

    STORE = "store"
    ASK = "ask"
    REFUSE = "refuse"


def parse(said: str) -> bool | None:
    """What a ``consent`` parameter says. An empty value, and a macro that nobody filled in
    (``{consent}``, ``%consent%``, ``undefined``), say nothing. Anything else is an answer, and one
    that is no yes is a no: nobody's refusal is lost over a full stop behind it."""
    said = said.strip().lower()
    if said in UNFILLED or _MACRO.fullmatch(said):
        return None
    return _GLUED.sub("", said) in YES


def parse_all(said: Iterable[str]) -> bool | None:
    """What several of them say together: a no among them is a no."""
    answers = {parse(one) for one in said}
    return None if answers <= {None} else False not in answers


def of_click(said: bool | None, default: Consent) -> Consent:
    """What holds for a click: the link's answer, else the advertiser's."""
    if said is None:
        return default
    return Consent.STORE if said else Consent.REFUSE
