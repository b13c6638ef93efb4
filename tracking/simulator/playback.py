"""A simulated journey as a list of moments: what happens, and who holds the cookie then. Pure.

Times are minutes from 0, as in the scenario; :mod:`tracking.pages.simulator.words` says them.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from enum import IntEnum

from tracking.rule.attribution import MINUTE_MS, Click
from tracking.rule.slots import Slots
from tracking.simulator.format import format_time
from tracking.simulator.play import PlayedScenario


class Kind(IntEnum):
    """What happens at a moment; of the same minute, in this order."""

    WINDOW_CLOSED = 0
    STEP = 1
    SALE = 2
    FINAL = 3


@dataclass(frozen=True, slots=True)
class PlaybackLine:
    """A moment of the journey, and what the browser holds after it: the claims in its two slots
    whose windows are open then, and the one of them that holds the cookie. ``click`` is the click
    that is made, or whose window closes; a step without one closes the browser."""

    minute: int
    kind: Kind
    click: Click | None
    hard: Click | None
    soft: Click | None
    holder: Click | None

    @property
    def at(self) -> str:
        return format_time(self.minute)


@dataclass(frozen=True, slots=True)
class _Event:
    """``slots`` is None where what happens changes nothing in the browser."""

    minute: int
    kind: Kind
    click: Click | None = None
    slots: Slots | None = None


def lines(result: PlayedScenario) -> list[PlaybackLine]:
    """The steps, the sale and its closing, and between them the ends of windows that were open."""
    told: list[PlaybackLine] = []
    slots, minute = Slots(), -1
    for event in sorted(_events(result), key=lambda event: (event.minute, event.kind)):
        told += _closings(slots, range(minute + 1, event.minute + 1))
        slots, minute = event.slots or slots, event.minute
        told.append(_line(event, slots))
    return told


def _events(result: PlayedScenario) -> Iterator[_Event]:
    for moment in result.moments:
        yield _Event(moment.minute, Kind.STEP, moment.click, moment.slots)
    yield _Event(result.scenario.sale.minute, Kind.SALE)
    if result.outcome:
        closes_at = minute_of(result.outcome.closes_at)
        yield _Event(closes_at, Kind.FINAL)


def _closings(slots: Slots, minutes: range) -> Iterator[PlaybackLine]:
    claims = [claim for claim in (slots.hard, slots.soft) if claim]
    for claim in sorted(claims, key=lambda claim: claim.closes_at):
        minute = minute_of(claim.closes_at)
        if minute in minutes:
            yield _line(_Event(minute, Kind.WINDOW_CLOSED, claim), slots)


def _line(event: _Event, slots: Slots) -> PlaybackLine:
    return PlaybackLine(
        event.minute,
        event.kind,
        event.click,
        hard=_open(slots.hard, event.minute),
        soft=_open(slots.soft, event.minute),
        holder=_open(slots.holder, event.minute),
    )


def _open(claim: Click | None, minute: int) -> Click | None:
    return claim if claim and claim.window_contains(minute * MINUTE_MS) else None


def minute_of(milliseconds: int) -> int:
    return milliseconds // MINUTE_MS
