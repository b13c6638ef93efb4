"""The cookies of one browser for one advertiser, as values: two slots, the last click, a session.

Pure. With two slots a soft click that races with a hard one in another tab cannot overwrite it even
by accident. Whoever reads the slots folds them.
"""

from dataclasses import dataclass

from msgspec import Struct
from msgspec.structs import replace

from tracking.rule.attribution import Click, holder, place

REPEAT_MS = 1_000
"""The same link again in the same browser within this time claims nothing new."""

FRESH_MS = 10 * 60_000
"""A redirect takes milliseconds; the shop's sign-in or language page may come between. What takes
longer was kept: a bookmark, or a link that is handed round."""

MAX_COOKIE_DAYS = 400
"""Browsers keep no cookie longer (RFC 6265bis, section 5.5)."""


class Slots(Struct, frozen=True, gc=False):
    """What a browser holds. ``last`` leads to the journey and claims nothing; ``session`` is 0
    when no click has happened in this run of the browser."""

    hard: Click | None = None
    soft: Click | None = None
    last: Click | None = None
    session: int = 0

    @property
    def clicks(self) -> tuple[Click, ...]:
        return tuple(filter(None, (self.hard, self.soft, self.last)))

    @property
    def holder(self) -> Click | None:
        """Who holds the cookie by what the slots say."""
        return holder(filter(None, (self.hard, self.soft)))

    @property
    def newest(self) -> Click | None:
        return max(self.clicks, key=lambda click: (click.at, click.id.int), default=None)

    @property
    def journey(self) -> int:
        """The journey that the browser is on, 0 when it is on none."""
        newest = self.newest
        return newest.journey if newest else 0


@dataclass(frozen=True, slots=True)
class Placed:
    """A click after it met the slots: as it is recorded, and what the browser holds afterwards."""

    click: Click
    slots: Slots


def meet(slots: Slots, click: Click) -> Placed:
    """Let a counting click meet the slots that the browser brought.

    A soft click that does not take the cookie is marked ``stood_down``; one that is marked already
    takes nothing. A hard click empties the soft slot. The click's session becomes the browser's.
    """
    taken = not click.stood_down and place(slots.holder, click, click.soft_rule) is click
    if not taken:
        click = replace(click, stood_down=True)
        return Placed(click, replace(slots, last=click, session=click.session))
    if click.is_soft:
        return Placed(click, replace(slots, soft=click, last=click, session=click.session))
    return Placed(click, Slots(hard=click, last=click, session=click.session))


def is_repeat(last: Click | None, publisher: int, at: int) -> bool:
    """Whether a visit (ms) through this publisher's link repeats the browser's last click."""
    return last is not None and last.publisher == publisher and 0 <= at - last.at < REPEAT_MS


def is_fresh(click: Click, at: int) -> bool:
    """Whether a click that lands at this time (ms) is as young as one that has just been made."""
    return at - click.at <= FRESH_MS


def land(slots: Slots, click: Click) -> Slots:
    """Let a click's token come to a page of the shop. One that is not newer than all that the
    browser knows was here before, or comes too late: it changes nothing."""
    if any(known.id.int >= click.id.int for known in slots.clicks):
        return slots
    return replace(meet(slots, click).slots, last=click)


def end_session(slots: Slots) -> Slots:
    """What is left when the browser is closed: session cookies go, the others stay."""
    return replace(slots, soft=None, session=0)
