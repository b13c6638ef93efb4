"""A journey as a picture: where every click, window, session and the sale lie on one time line.

Pure: coordinates and words, no markup; ``templates/tracking/journey.html`` draws them.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace

from tracking.explain.scale import MARGIN, UNCOUNTED, Scale, Times, make_scale
from tracking.explain.shapes import (
    AXIS,
    BAR,
    FLOOR,
    LANE,
    TOP,
    Band,
    Bar,
    Break,
    Captions,
    Label,
    Lane,
    Picture,
    Tick,
)
from tracking.rule.attribution import MINUTE_MS, Click, Judged, Sale, Verdict

MOST_LANES = 24
LETTER = 7
"""Roughly how wide a letter of a label is."""

HELD = frozenset(
    {
        Verdict.OVERWRITTEN,
        Verdict.EXPIRED,
        Verdict.SESSION_ENDED,
        Verdict.CONTESTED,
        Verdict.HELD,
    }
)
"""The verdicts of clicks that held the cookie for a while."""

_DISC = "M-7 0A7 7 0 1 0 7 0A7 7 0 1 0 -7 0Z"
MARKS: Mapping[Verdict, str] = {
    Verdict.HELD: f"{_DISC}M-3.5 0.5L-1 3L4 -3",
    Verdict.OVERWRITTEN: "M0 -8L8 0L0 8L-8 0Z",
    Verdict.EXPIRED: "M-6 -6H6V6H-6Z",
    Verdict.SESSION_ENDED: f"{_DISC}M0 -7A7 7 0 0 1 0 7Z",
    Verdict.CONTESTED: "M0 -8L8 6H-8ZM0 -3V1M0 3.5V4.5",
    Verdict.STOOD_DOWN: f"{_DISC}M-2.5 -3V3M2.5 -3V3",
    Verdict.NOT_PARTNER: "M-5 -5L5 5M-5 5L5 -5",
    Verdict.INVALID: "M-5 -5L5 5M-5 5L5 -5",
    Verdict.AFTER_CONVERSION: "M-4 -6L4 0L-4 6",
}
"""The outline of a click's mark by what became of it, around its place."""


@dataclass(frozen=True, slots=True)
class DrawnClick:
    """A click and what is said of it to this reader."""

    judged: Judged
    partner: str
    label: str
    sentence: str


def draw(
    clicks: Sequence[DrawnClick],
    sale: Sale,
    times: Times,
    captions: Captions,
    session_ends: Sequence[int] = (),
    *,
    key: str = "journey",
) -> Picture:
    """The picture of a journey and its sale. ``session_ends`` are the moments at which the browser
    is known to have been closed; without them a session lasts as long as anything is known of it.
    ``key`` tells the ids of several pictures on a page apart."""
    shown = _shown(clicks)
    judged = [item.judged for item in shown]
    scale = make_scale(judged, sale, session_ends)
    lanes = [
        _lane(item, index, scale, _held_until(item.judged, judged, sale, session_ends), captions)
        for index, item in enumerate(shown)
    ]
    moments = _moments(judged, sale)
    return Picture(
        key=key,
        width=scale.width,
        height=TOP + LANE * len(lanes) + FLOOR + AXIS,
        title=captions.title(len(clicks)),
        description=_description(clicks, sale, times, captions),
        lanes=tuple(lanes),
        bands=tuple(_bands(judged, sale, session_ends, scale, captions)),
        ticks=tuple(_ticks(moments, scale, times)),
        breaks=tuple(_breaks(scale, captions)),
        sale=_sale_label(scale, sale, times, captions),
        sale_x=scale(sale.at),
        left_out=len(clicks) - len(shown),
    )


def _shown(clicks: Sequence[DrawnClick]) -> list[DrawnClick]:
    """All clicks, or of too many those that held the cookie before others and later before earlier
    ones, in their order."""
    if len(clicks) <= MOST_LANES:
        return list(clicks)
    ranked = sorted(
        range(len(clicks)), key=lambda index: (clicks[index].judged.verdict not in HELD, -index)
    )
    return [clicks[index] for index in sorted(ranked[:MOST_LANES])]


def _held_until(
    item: Judged, judged: Sequence[Judged], sale: Sale, session_ends: Sequence[int]
) -> int:
    """Until when the click held the cookie, or until the sale; its own time if it never did."""
    click = item.click
    match item.verdict:
        case Verdict.OVERWRITTEN:
            return item.by.at if item.by else click.at
        case Verdict.EXPIRED:
            return click.closes_at
        case Verdict.SESSION_ENDED:
            known = _session_until(click.session, judged, sale, session_ends)
            return min(click.closes_at, known, _another_session(item, judged, sale))
        case Verdict.HELD | Verdict.CONTESTED:
            return sale.at
        case _:
            return click.at


def _another_session(item: Judged, judged: Sequence[Judged], sale: Sale) -> int:
    """When the click's session is known to be over: at the next counting click of another one."""
    later = [
        other.click.at
        for other in judged
        if other.verdict not in UNCOUNTED
        and other.click.at > item.click.at
        and other.click.session != item.click.session
    ]
    return min([*later, sale.at])


def _session_until(
    session: int, judged: Sequence[Judged], sale: Sale, session_ends: Sequence[int]
) -> int:
    """The end of a session where it is known, else the last that is known to have happened."""
    times = [item.click.at for item in judged if item.click.session == session]
    if session in sale.sessions:
        times.append(sale.at)
    return min((end for end in session_ends if end >= max(times)), default=max(times))


def _lane(item: DrawnClick, index: int, scale: Scale, held_until: int, captions: Captions) -> Lane:
    click = item.judged.click
    x, y = scale(click.at), TOP + LANE * index + 31
    rest = f" · {captions.cookie_type(click.cookie_type.value)} · {item.label}"
    name = _short(item.partner)
    room = scale.width - MARGIN // 2 - LETTER * len(name + rest)
    return Lane(
        x=x,
        y=y,
        bars=tuple(_bars(item.judged, y - BAR // 2, scale, held_until)),
        verdict=item.judged.verdict.value,
        mark=MARKS[item.judged.verdict],
        cookie_type=click.cookie_type.value,
        label=Label(max(MARGIN // 2, min(x - 7, room)), y - 14, name),
        label_rest=rest,
        sentence=f"{item.partner}: {item.sentence}",
    )


def _bars(item: Judged, y: int, scale: Scale, held_until: int) -> Iterable[Bar]:
    """The window, faint, and over it the part in which the click held the cookie, strong."""
    click = item.click
    if item.verdict in UNCOUNTED:
        return
    left, kind = scale(click.at), click.cookie_type.value
    yield Bar(left, y, scale(click.closes_at) - left, kind, strong=False)
    is_untold = item.verdict is Verdict.OVERWRITTEN and item.by is None
    if held_until > click.at or (item.verdict in HELD and not is_untold):
        yield Bar(left, y, max(scale(held_until) - left, BAR), kind, strong=True)


def _short(name: str) -> str:
    return name if len(name) <= 32 else f"{name[:31]}…"


def _moments(judged: Sequence[Judged], sale: Sale) -> list[int]:
    """What ticks stand at, the most telling first."""
    clicks = [item.click for item in judged]
    ends = sorted(
        (item.click.closes_at for item in judged if item.verdict not in UNCOUNTED), reverse=True
    )
    first = [click.at for click in clicks[:1]]
    return list(dict.fromkeys([sale.at, *first, *ends[:1], *(click.at for click in clicks), *ends]))


def _ticks(moments: Sequence[int], scale: Scale, times: Times) -> list[Tick]:
    """A tick for every moment, with words where they collide with none that tell more; with
    seconds where two are of the same minute."""
    minutes = [at // MINUTE_MS for at in moments]
    taken: list[tuple[float, float]] = []
    found: list[Tick] = []
    for at, minute in zip(moments, minutes, strict=True):
        words, x = times(at), scale(at)
        time = words.with_seconds if minutes.count(minute) > 1 else words.time
        half = LETTER * max(len(time), len(words.day)) / 2 + 4
        if all(x + half <= left or x - half >= right for left, right in taken):
            taken.append((x - half, x + half))
            found.append(Tick(x, time, words.day))
        else:
            found.append(Tick(x, "", ""))
    return sorted(found, key=lambda tick: tick.x)


def _breaks(scale: Scale, captions: Captions) -> Iterable[Break]:
    for since, until in scale.breaks:
        left, right = scale(since), scale(until)
        yield Break(left, right, captions.pause(round((until - since) / (60 * MINUTE_MS))))


def _bands(
    judged: Sequence[Judged],
    sale: Sale,
    session_ends: Sequence[int],
    scale: Scale,
    captions: Captions,
) -> Iterable[Band]:
    """The sessions in their order, numbered; and that of the sale where it brought none of them."""
    seen = dict.fromkeys(item.click.session for item in judged if item.click.session)
    last = 0
    for number, session in enumerate(seen, 1):
        since = min(item.click.at for item in judged if item.click.session == session)
        until = _session_until(session, judged, sale, session_ends)
        band = _band(scale(since), scale(until), captions.session(number), last)
        band = replace(band, label=_beside(band.label, scale(sale.at), last, scale.width))
        last = band.label.x + LETTER * len(band.label.text)
        yield band
    if seen and sale.sessions.isdisjoint(seen):
        yield _other_session(scale, sale, last, captions)


def _beside(label: Label, line: int, last: int, width: int) -> Label:
    """The label, or one next to the sale's line where that would run through it."""
    room = LETTER * len(label.text)
    if not label.x - 4 < line < label.x + room + 4:
        return label
    after, before = line + 6, line - 6 - room
    fits_after = after + room <= width
    return replace(label, x=after if fits_after else max(before, last + 6))


def _other_session(scale: Scale, sale: Sale, last: int, captions: Captions) -> Band:
    """The band of a sale without a click; its words stand beside the sale's line."""
    words, x = captions.other_session(), scale(sale.at)
    band = _band(x, x, words, 0)
    beside = x + 6
    if beside + LETTER * len(words) > scale.width:
        beside = x - 6 - LETTER * len(words)
    return Band(band.x, band.width, Label(max(beside, last + 6), TOP - 10, words))


def _band(left: int, right: int, words: str, last: int) -> Band:
    """``last`` is where the label before ends; one that would touch it is cut to its number."""
    pad = 11
    x = left - pad
    if x < last + 6:
        words = words.rpartition(" ")[2] if words[-1].isdigit() else ""
    return Band(x, right - left + 2 * pad, Label(max(x, last + 6) if words else x, TOP - 10, words))


def _sale_label(scale: Scale, sale: Sale, times: Times, captions: Captions) -> Label:
    said = times(sale.at)
    text = captions.sale(said.day, said.time)
    half = LETTER * len(text) // 2
    x = min(max(scale(sale.at), MARGIN // 2 + half), scale.width - MARGIN // 2 - half)
    return Label(x, 16, text)


def _description(clicks: Sequence[DrawnClick], sale: Sale, times: Times, captions: Captions) -> str:
    """The picture in sentences."""

    def said(at: int) -> str:
        words = times(at)
        return f"{words.full_day} {words.time}"

    told = [_told(item, said(item.judged.click.at), captions) for item in clicks]
    return " ".join([*told, captions.sold(said(sale.at))])


def _told(item: DrawnClick, when: str, captions: Captions) -> str:
    click: Click = item.judged.click
    return f"{captions.click(when, item.partner, click.cookie_type.value)} {item.sentence}"
