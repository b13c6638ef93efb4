"""What a picture of a journey is made of: coordinates and words, as a template draws them. Pure."""

from dataclasses import dataclass
from typing import Protocol

from tracking.explain.scale import MARGIN, WIDTH

TOP, LANE, FLOOR, AXIS = 52, 50, 14, 46
BAR = 14


class Captions(Protocol):
    """The words of a picture; days, times and moments are given as they are shown."""

    def title(self, clicks: int) -> str: ...
    def session(self, number: int) -> str: ...
    def other_session(self) -> str: ...
    def sale(self, day: str, time: str) -> str: ...
    def sold(self, when: str) -> str: ...
    def cookie_type(self, kind: str) -> str: ...
    def click(self, when: str, partner: str, kind: str) -> str: ...
    def pause(self, hours: int) -> str: ...


@dataclass(frozen=True, slots=True)
class Bar:
    """A part of a click's window. ``strong``: the click held the cookie during it."""

    x: int
    y: int
    width: int
    cookie_type: str
    strong: bool
    height: int = BAR

    @property
    def radius(self) -> int:
        """Hard windows have square ends, soft ones round ends."""
        return BAR // 2 if self.cookie_type == "soft" else 0


@dataclass(frozen=True, slots=True)
class Label:
    """Words in the picture, left-aligned at ``x`` unless centred there by the template."""

    x: int
    y: int
    text: str


@dataclass(frozen=True, slots=True)
class Lane:
    """One click: its mark, its window in parts, and its words; ``x``, ``y`` are the mark's."""

    x: int
    y: int
    bars: tuple[Bar, ...]
    verdict: str
    mark: str
    cookie_type: str
    label: Label
    label_rest: str
    sentence: str


@dataclass(frozen=True, slots=True)
class Band:
    """A browser session, as far as something is known to have happened in it."""

    x: int
    width: int
    label: Label


@dataclass(frozen=True, slots=True)
class Tick:
    """``time`` and ``day`` are empty where there is no room for words."""

    x: int
    time: str
    day: str


@dataclass(frozen=True, slots=True)
class Break:
    """A stretch that is not drawn to scale, and how long it was."""

    left: int
    right: int
    text: str

    @property
    def width(self) -> int:
        return self.right - self.left

    @property
    def x(self) -> int:
        return (self.left + self.right) // 2


@dataclass(frozen=True, slots=True, kw_only=True)
class Picture:
    """A whole picture. ``left_out`` is how many clicks it has no room for."""

    key: str
    width: int
    height: int
    title: str
    description: str
    lanes: tuple[Lane, ...]
    bands: tuple[Band, ...]
    ticks: tuple[Tick, ...]
    breaks: tuple[Break, ...]
    sale: Label
    sale_x: int
    left_out: int = 0

    def __bool__(self) -> bool:
        return bool(self.lanes)

    @property
    def axis_y(self) -> int:
        return self.height - AXIS

    @property
    def band_y(self) -> int:
        return TOP - 4

    @property
    def band_height(self) -> int:
        return self.axis_y - self.band_y

    @property
    def tick_y(self) -> int:
        return self.axis_y + 6

    @property
    def time_y(self) -> int:
        return self.axis_y + 21

    @property
    def day_y(self) -> int:
        return self.axis_y + 37

    @property
    def left(self) -> int:
        return MARGIN // 2

    @property
    def right(self) -> int:
        return self.width - MARGIN // 2

    @property
    def is_long(self) -> bool:
        return self.width > WIDTH
