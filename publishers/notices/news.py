"""What a change makes of the forecast: the difference of two outlooks, as a publisher reads it.

Each line is compared step by step. A step that was not known before is news, and so is a known one
that no longer comes: that is cancelled. What begins at once is a step from now.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from itertools import pairwise

import msgspec

from publishers.cookie_types.resolution import SET_UP
from publishers.models import Notice, PartnershipTerms
from publishers.notices.forecast import (
    HeldFacts,
    Line,
    Outlook,
    StandingFacts,
    TermsFacts,
    TypeFacts,
    value_at,
)

AS_ONE = timedelta(milliseconds=500)
"""A change that is written again starts milliseconds later; to a publisher it is the same."""
COOKIE_TYPE, PARTNERSHIP = Notice.Event.COOKIE_TYPE, Notice.Event.PARTNERSHIP
TERMS = Notice.Event.TERMS
NOT_TOLD = frozenset(
    {None, PartnershipTerms.Status.DECLINED.value, PartnershipTerms.Status.ENDED.value}
)
"""With these statuses only a change of the status itself makes a notice."""
_KEPT: Mapping[str, type[HeldFacts]] = {
    COOKIE_TYPE: TypeFacts,
    PARTNERSHIP: StandingFacts,
    TERMS: TermsFacts,
}


@dataclass(frozen=True, slots=True, kw_only=True)
class News:
    """What becomes of one line at a time. One that is ``cancelled`` had been to come: instead of
    ``after``, what is ``before`` goes on. With the ``first``, no click had counted ``before``."""

    event: Notice.Event
    at: datetime
    before: HeldFacts
    after: HeldFacts
    terms: TermsFacts
    cancelled: bool = False
    first: bool = False

    @property
    def is_mailed(self) -> bool:
        """Where only the source of a cookie type changes, the page tells it and no mail does."""
        return self.before.decisive != self.after.decisive


@dataclass(frozen=True, slots=True)
class Turn:
    """A step of one line, from what holds before to what holds after."""

    at: datetime
    before: HeldFacts
    after: HeldFacts
    cancelled: bool = False

    def is_like(self, other: "Turn") -> bool:
        """Whether a publisher that read of one knows of the other: of terms and flags the same
        ones become the same, whatever the others are."""
        return abs(self.at - other.at) < AS_ONE and self.after.told_since(
            self.before
        ) == other.after.told_since(other.before)


def turn_of(notice: Notice) -> Turn:
    """What a notice tells, from the facts that :mod:`publishers.notices.writing` kept."""
    facts, kind = notice.facts, _KEPT[notice.event]
    before, after = msgspec.convert(facts["from"], kind), msgspec.convert(facts["to"], kind)
    return Turn(notice.takes_effect_at, before, after, facts["cancelled"])


def tells_of(notice: Notice, outlook: Outlook) -> bool:
    """Whether what the notice announced is a step of the outlook."""
    told = turn_of(notice)
    return any(turn.is_like(told) for turn in _turns(outlook.line(notice.event)))


def news(before: Outlook, after: Outlook, now: datetime) -> list[News]:
    """The notices that the publisher gets, the earliest first."""
    found = [
        News(
            event=event,
            at=turn.at,
            before=turn.before,
            after=turn.after,
            terms=value_at(after.terms, turn.at),
            cancelled=turn.cancelled,
            first=after.approved_at is None or turn.at < after.approved_at + SET_UP,
        )
        for event in (PARTNERSHIP, COOKIE_TYPE, TERMS)
        for turn in _compared(before.line(event), after.line(event), now)
    ]
    told = [item for item in found if _concerns(item, before, after)]
    return sorted(told, key=lambda item: item.at)


def _compared(old: Line[HeldFacts], new: Line[HeldFacts], now: datetime) -> Iterator[Turn]:
    """What is other at once, what is to come and was not known, and what was and no longer is."""
    known = _turns(old)
    if old[0].value != new[0].value:
        yield Turn(now, old[0].value, new[0].value)
    yield from (turn for turn in _turns(new) if not any(turn.is_like(one) for one in known))
    for turn in known:
        goes_on = value_at(new, turn.at + AS_ONE)
        undone = turn.after.if_kept(turn.before, goes_on)
        if undone is not None:
            yield Turn(turn.at, goes_on, undone, cancelled=True)


def _turns(line: Line[HeldFacts]) -> list[Turn]:
    return [Turn(new.starts_at, old.value, new.value) for old, new in pairwise(line)]


def _concerns(item: News, before: Outlook, after: Outlook) -> bool:
    """Whether it is anything to the publisher, as the partnership stands then."""
    is_new = value_at(before.partnership, item.at).status is None
    if isinstance(item.after, StandingFacts):  # that it has applied, a publisher knows
        return not is_new or item.after.status == PartnershipTerms.Status.APPROVED
    status = value_at(after.partnership, item.at).status
    return status not in NOT_TOLD and not (is_new and item.event == TERMS)
