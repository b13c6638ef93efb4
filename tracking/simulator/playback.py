"""A simulated journey as a list of moments: what happens, and who holds the cookie then. Pure.

Times are minutes from 0, as in the scenario; :mod:`tracking.pages.simulator.words` says them.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from enum import IntEnum

from network.milliseconds import to_ms
from tracking.rule.attribution import MINUTE_MS, Click
from tracking.rule.slots import Slots
from tracking.simulator.play import Moment, PlayedScenario
from tracking.simulator.times import format_time


class Kind(IntEnum):
    """What happens at a moment; of the same minute, in this order."""

    WINDOW_CLOSED = 0
    STEP = 1
    SALE = 2
    FINAL = 3


@dataclass(frozen=True, slots=True)
class PlaybackLine:
    """A moment of the journey, and what its browser holds after it: the claims in its two slots
    whose windows are open then, and the one of them that holds the cookie. ``click`` is the click
    that is made, that comes to the shop, or whose window closes; a step without one closes the
    browser."""

    minute: int
    kind: Kind
    browser: int
    moment: Moment | None
    click: Click | None
    hard: Click | None
    soft: Click | None
    holder: Click | None

    @property
    def at(self) -> str:
        return format_time(self.minute)


@dataclass(frozen=True, slots=True)
class _Event:
    """What happens in a browser, or is asked of it; the step's ``moment`` changes what it holds."""

    minute: int
    kind: Kind
    browser: int
    click: Click | None = None
    moment: Moment | None = None


def lines(result: PlayedScenario) -> list[PlaybackLine]:
    """The steps, the sale and its closing, and between them the ends of windows that were open."""
    told: list[PlaybackLine] = []
    held: dict[int, Slots] = {}
    minute = -1
    for event in sorted(_events(result), key=lambda event: (event.minute, event.kind)):
        told += _closings(held, range(minute + 1, event.minute + 1))
        minute = event.minute
        if event.moment:
            held[event.browser] = event.moment.slots
        told.append(_line(event, held))
    return told


def _events(result: PlayedScenario) -> Iterator[_Event]:
    for moment in result.moments:
        yield _Event(moment.minute, Kind.STEP, moment.step.browser, moment.click, moment)
    speaking = next((each.sent.step.browser for each in result.reports if each.speaks), 1)
    yield _Event(minute_of(result.sale.at), Kind.SALE, speaking)
    if result.closes_at:
        yield _Event(minute_of(to_ms(result.closes_at)), Kind.FINAL, speaking)


def _closings(held: Mapping[int, Slots], minutes: range) -> Iterator[PlaybackLine]:
    claims = [
        (claim, browser)
        for browser, slots in held.items()
        for claim in (slots.hard, slots.soft)
        if claim
    ]
    for claim, browser in sorted(claims, key=lambda each: each[0].closes_at):
        minute = minute_of(claim.closes_at)
        if minute in minutes:
            yield _line(_Event(minute, Kind.WINDOW_CLOSED, browser, claim), held)


def _line(event: _Event, held: Mapping[int, Slots]) -> PlaybackLine:
    slots = held.get(event.browser, Slots())
    return PlaybackLine(
        event.minute,
        event.kind,
        event.browser,
        event.moment,
        event.click,
        hard=_open(slots.hard, event.minute),
        soft=_open(slots.soft, event.minute),
        holder=_open(slots.holder, event.minute),
    )


def _open(claim: Click | None, minute: int) -> Click | None:
    return claim if claim and claim.window_contains(minute * MINUTE_MS) else None


def minute_of(milliseconds: int) -> int:
    return milliseconds // MINUTE_MS
