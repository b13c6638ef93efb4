"""Who is believed about a sale: the rank of a report. Pure.

Anyone can send a report from a browser. Figures come from the report of highest rank; what a lower
one says otherwise is a discrepancy, and only two of one rank contradict each other.
"""

from enum import StrEnum


class Rank(StrEnum):
    """In order, most believed first."""

    KEYED = "keyed"
    """From the advertiser's server, with its key."""
    SIGNED = "signed"
    """From a browser, signed by the shop's server: its ``sig`` was verified."""
    TOKEN = "token"  # noqa: S105 - no secret
    """Unsigned, with a valid token."""
    BARE = "bare"
    """Unsigned, without one: it says when the order was first heard of, and nothing else."""

    @property
    def place(self) -> int:
        """0 for the most believed; text would compare by its letters."""
        return _PLACES[self]

    @property
    def confirms(self) -> bool:
        """Whether the advertiser itself says so, which a browser alone cannot."""
        return self in CONFIRMING


_PLACES = {rank: place for place, rank in enumerate(Rank)}
CONFIRMING = frozenset({Rank.KEYED, Rank.SIGNED})


def rank_of(*, is_keyed: bool, is_signed: bool, has_token: bool) -> Rank:
    """The rank of a report, decided once when it is taken in."""
    if is_keyed:
        return Rank.KEYED
    if is_signed:
        return Rank.SIGNED
    return Rank.TOKEN if has_token else Rank.BARE
