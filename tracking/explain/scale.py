"""The time line of a journey's picture: where moments lie, and what they are called. Pure.

Piecewise: stretches with activity are linear, long idle ones are broken off, so that clicks of
minutes and windows of weeks fit one picture.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from itertools import pairwise

from tracking.rule.attribution import MINUTE_MS, Judged, Sale, Verdict

WIDTH = 960
"""A picture is as wide as this, in CSS pixels, unless it has more to show than fits."""

MARGIN = 40
BROKEN_FROM_MS = 6 * 60 * MINUTE_MS
"""A stretch without activity is drawn broken from this length on."""

BROKEN, STEP, LEAST = 64, 72, 28
"""Widths of a broken stretch, of a usual one, and of the shortest: two clicks within a second are
still two."""

TAIL_STEP, TAIL_MOST = 44, 180
SQUEEZE = 0.6
UNCOUNTED = frozenset({Verdict.NOT_PARTNER, Verdict.INVALID})


@dataclass(frozen=True, slots=True)
class TimeWords:
    """A moment in words: ``14:06``, ``14:06:40``, ``12 Mar``, ``12 Mar 2026``."""

    time: str
    with_seconds: str
    day: str
    full_day: str


Times = Callable[[int], TimeWords]
"""Says a moment (ms)."""


@dataclass(frozen=True, slots=True)
class Scale:
    """Where moments lie: ``points`` are pairs of a time and its place, both rising."""

    points: tuple[tuple[int, float], ...]
    breaks: tuple[tuple[int, int], ...]

    def __call__(self, at: int) -> int:
        """The place of a moment; linear between two points, and nothing lies outside them."""
        if at <= self.points[0][0]:
            return round(self.points[0][1])
        for (since, left), (until, right) in pairwise(self.points):
            if at <= until:
                return round(left + (right - left) * (at - since) / (until - since))
        return round(self.points[-1][1])

    @property
    def width(self) -> int:
        return round(self.points[-1][1]) + MARGIN


def make_scale(judged: Sequence[Judged], sale: Sale, session_ends: Sequence[int] = ()) -> Scale:
    """Room for everything that must stay distinct, as wide as a picture is if that fits."""
    active = sorted({*(item.click.at for item in judged), sale.at, *session_ends})
    ends = {item.click.closes_at for item in judged if item.verdict not in UNCOUNTED}
    before = sorted({*active, *(end for end in ends if end < active[-1])})
    tail = sorted(end for end in ends if end > active[-1])
    stretches = [*_stretches(before), *_tail(active[-1], tail)]
    natural = sum(width for _, _, width in stretches)
    room = WIDTH - 2 * MARGIN
    factor = max(room / natural, SQUEEZE) if natural else 1.0
    points = [(before[0], float(MARGIN))]
    for _, until, width in stretches:
        points.append((until, points[-1][1] + width * factor))
    idle = [pair for pair in pairwise([*before, *tail[:1]]) if _is_idle(pair)]
    return Scale(tuple(points), tuple(idle))


def _is_idle(pair: tuple[int, int]) -> bool:
    return pair[1] - pair[0] >= BROKEN_FROM_MS


def _stretches(moments: Sequence[int]) -> list[tuple[int, int, float]]:
    """Every stretch from one moment to the next, with its width; runs of short ones are linear."""
    found: list[tuple[int, int, float]] = []
    run: list[tuple[int, int]] = []
    for pair in pairwise(moments):
        if not _is_idle(pair):
            run.append(pair)
            continue
        found += [*_linear(run), (*pair, BROKEN)]
        run = []
    return [*found, *_linear(run)]


def _linear(run: Sequence[tuple[int, int]]) -> list[tuple[int, int, float]]:
    if not run:
        return []
    per_ms = STEP * len(run) / (run[-1][1] - run[0][0])
    return [(since, until, max(LEAST, (until - since) * per_ms)) for since, until in run]


def _tail(last: int, ends: Sequence[int]) -> list[tuple[int, int, float]]:
    """After the last thing that happened only windows close: those are linear among themselves."""
    if not ends:
        return []
    first = (last, ends[0], float(BROKEN))
    if len(ends) == 1:
        return [first]
    spread = min(TAIL_STEP * (len(ends) - 1), TAIL_MOST)
    return [first, (ends[0], ends[-1], float(spread))]
