"""Whether a click may be kept in the browser: what the link says, or else the advertiser."""

from enum import StrEnum

YES = frozenset({"1", "true", "yes", "on"})
UNFILLED = frozenset({"", "undefined", "null", "nan"})


class Consent(StrEnum):
    """``store``: cookies are read and written. ``ask``: the shop's banner decides; the tracking
    host reads and writes nothing, and hands the token over in the address. ``refuse``: nothing is
    read, written or handed over, and the click does not count."""

    STORE = "store"
    ASK = "ask"
    REFUSE = "refuse"


def parse(said: str) -> bool | None:
    """What a ``consent`` parameter says. An empty value, and a macro that nobody filled in
    (``{consent}``, ``%consent%``, ``undefined``), say nothing; a word that is no yes is a no."""
    said = said.strip().lower()
    if said in UNFILLED or not said.isalnum():
        return None
    return said in YES


def of_click(said: bool | None, default: Consent) -> Consent:
    """What holds for a click: the link's answer, else the advertiser's."""
    if said is None:
        return default
    return Consent.STORE if said else Consent.REFUSE
