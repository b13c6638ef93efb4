"""A token arrives in the shop: whether it is fresh, and what is recorded of it. No database."""

from collections import OrderedDict
from dataclasses import dataclass, field
from typing import Any
from uuid import UUID

from uuid_utils.compat import uuid7

from tracking.rule.slots import is_fresh
from tracking.rule.tokens import Keys, TokenError, accept, decode

MOST_KEPT = 20
"""Landings that are kept of a click: two browsers are usual, and what is far beyond says no more.
Whoever has a token can ask as often as they like."""
MOST_REMEMBERED = 10_000
"""Clicks of which a process knows how often they landed lately."""


@dataclass(frozen=True, slots=True)
class Arrival:
    """Whether the click is as young as one that has just been made, and the record for the spool:
    the columns of ``tracking.models.Landing``."""

    click: UUID
    is_fresh: bool
    record: dict[str, Any]


def arrive(text: str, advertiser: int, journey: int, keys: Keys, now_ms: int) -> Arrival:
    """A token lands in a browser that is on this ``journey`` (0: on none, as far as is known of
    it). Raises TokenError for a token that does not verify."""
    click = accept(text, keys, advertiser, now_ms).click
    fresh = is_fresh(click, now_ms)
    record = {
        "kind": "landing",
        "id": uuid7(nanoseconds=now_ms * 1_000_000).hex,
        "advertiser": advertiser,
        "publisher": click.publisher,
        "click": click.id.hex,
        "at": now_ms,
        "is_fresh": fresh,
        "journey": journey,
    }
    return Arrival(click.id, fresh, record)


def journey_of(text: str, advertiser: int, keys: Keys) -> int:
    """The journey of the token that a browser held in the shop before another landed; 0 for none,
    and for one that is not ours."""
    try:
        token = decode(text, keys)
    except TokenError:
        return 0
    return token.click.journey if token.advertiser == advertiser else 0


@dataclass(slots=True)
class Lately:
    """How often each click has landed in this process. What is beyond :data:`MOST_KEPT` is answered
    and not recorded, so that nobody can fill the spool with it."""

    counts: OrderedDict[UUID, int] = field(default_factory=OrderedDict)

    def takes(self, click: UUID) -> bool:
        count = self.counts[click] = self.counts.get(click, 0) + 1
        self.counts.move_to_end(click)
        if len(self.counts) > MOST_REMEMBERED:
            self.counts.popitem(last=False)
        return count <= MOST_KEPT
