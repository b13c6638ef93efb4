"""A simulated journey told: who holds the cookie when, who is paid, and each click's verdict. Pure.

Times are minutes from 0, as in the scenario; ``manage.py simulate`` and the simulator's page use
the same sentences.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from enum import IntEnum

from tracking.rule.attribution import MINUTE_MS, Click, Judged, Verdict
from tracking.rule.slots import Slots
from tracking.simulator.format import format_time
from tracking.simulator.play import Moment, PlayedScenario, number_of


class Kind(IntEnum):
    """What happens at a moment; of the same minute, in this order."""

    WINDOW_CLOSED = 0
    STEP = 1
    SALE = 2
    FINAL = 3


@dataclass(frozen=True, slots=True)
class PlaybackLine:
    """A moment of the journey, and what the browser holds after it: the claims in its two slots
    whose windows are open then, and the one of them that holds the cookie."""

    minute: int
    kind: Kind
    said: str
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
    said: str
    slots: Slots | None = None


def lines(result: PlayedScenario) -> list[PlaybackLine]:
    """The steps, the sale and its closing, and between them the ends of windows that were open."""
    told: list[PlaybackLine] = []
    slots, minute = Slots(), -1
    for event in sorted(_events(result), key=lambda event: (event.minute, event.kind)):
        told += _closings(slots, range(minute + 1, event.minute + 1), result)
        slots, minute = event.slots or slots, event.minute
        told.append(_line(event, slots))
    return told


def paid_sentence(result: PlayedScenario) -> str:
    """``Blog is paid; final at 30d.``"""
    if result.outcome is None:
        return "nobody is paid; nothing that came with the sale leads to a click."
    return f"{result.paid} is paid; final at {format_time(_minute(result.outcome.closes_at))}."


def named(click: Click, result: PlayedScenario) -> str:
    """``click 2 (Extension, soft)``."""
    return f"click {number_of(click)} ({result.publisher(click)}, {click.cookie_type})"


def verdict_sentence(judged: Judged, result: PlayedScenario) -> str:
    """What became of one click."""
    by = named(judged.by, result) if judged.by else "another"
    return _SENTENCES[judged.verdict].format(by=by)


_SENTENCES = {
    Verdict.AFTER_CONVERSION: "It lies after the sale.",
    Verdict.NOT_PARTNER: "Its publisher was no approved partner then.",
    Verdict.INVALID: "It does not count.",
    Verdict.STOOD_DOWN: "The cookie was held by {by}.",
    Verdict.OVERWRITTEN: "The cookie was taken over by {by}.",
    Verdict.EXPIRED: "Its window had closed.",
    Verdict.SESSION_ENDED: "Its browser session had ended.",
    Verdict.CONTESTED: "Under the rule sole the open window of {by} leaves it unpaid.",
    Verdict.HELD: "It held the cookie at the sale.",
}


def _events(result: PlayedScenario) -> Iterator[_Event]:
    for moment in result.moments:
        yield _Event(moment.minute, Kind.STEP, _said(moment, result), moment.slots)
    yield _Event(result.scenario.sale.minute, Kind.SALE, "Sale")
    if result.outcome:
        closes_at = _minute(result.outcome.closes_at)
        yield _Event(closes_at, Kind.FINAL, "The sale becomes final")


def _said(moment: Moment, result: PlayedScenario) -> str:
    if moment.click is None:
        return "The browser is closed and opened again"
    click = moment.click
    said = f"Click {number_of(click)}: {result.publisher(click)}, {click.cookie_type}"
    if click.reason:
        return f"{said}; no approved partner"
    return f"{said}; stands down" if click.stood_down else said


def _closings(slots: Slots, minutes: range, result: PlayedScenario) -> Iterator[PlaybackLine]:
    claims = [claim for claim in (slots.hard, slots.soft) if claim]
    for claim in sorted(claims, key=lambda claim: claim.closes_at):
        minute = _minute(claim.closes_at)
        if minute in minutes:
            said = f"The window of {named(claim, result)} closes"
            yield _line(_Event(minute, Kind.WINDOW_CLOSED, said), slots)


def _line(event: _Event, slots: Slots) -> PlaybackLine:
    return PlaybackLine(
        event.minute,
        event.kind,
        event.said,
        hard=_open(slots.hard, event.minute),
        soft=_open(slots.soft, event.minute),
        holder=_open(slots.holder, event.minute),
    )


def _open(claim: Click | None, minute: int) -> Click | None:
    return claim if claim and claim.window_contains(minute * MINUTE_MS) else None


def _minute(milliseconds: int) -> int:
    return milliseconds // MINUTE_MS
