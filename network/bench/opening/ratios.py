"""How much longer pages take with a hundred times the rows, and whether they ask and read more.

A page is opened with few rows and with many in turn, so that both are of one moment. What a clock
says differs with what else runs; blocks, which do not, are told beside it.
"""

import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass

from django.test import override_settings

from network import clock
from network.bench.opening.people import Opened, Readers
from network.bench.opening.reading import asked, blocks_of
from network.bench.opening.sizes import copied, sizes
from network.bench.results import Result
from network.bench.seeding.filling import tell, tidy
from network.bench.seeding.multiply import Multiplied
from network.bench.stage import throwaway_database

TIMES = 100
"""So many times the rows of the smaller size are there at the larger."""
ROUNDS, MORE_ROUNDS = 6, 24
"""A page above the target is opened more often, on both sides: others may have taken the cores."""
TARGET = 1.3
Speak = Callable[[], None]
"""Lets models speak to one of the databases."""


class NotOpened(Exception):
    """A page was not there, or not as a page."""


@dataclass(frozen=True, slots=True)
class Opening:
    """The quickest of some rounds, in seconds, and of these what the database took; the queries of
    one, and the blocks they read."""

    seconds: float
    database: float
    queries: int
    blocks: int


@dataclass(frozen=True, slots=True)
class PageRatio:
    """A page with few rows, and with many."""

    name: str
    few: Opening
    many: Opening

    @property
    def ratio(self) -> float:
        return self.many.seconds / self.few.seconds


@dataclass(frozen=True, slots=True)
class MeasuredPages:
    """Each page, the worst first; ``clicks`` of the two sizes."""

    pages: Sequence[PageRatio]
    clicks: tuple[int, int]


def measure(clicks: int, times: int = TIMES) -> MeasuredPages:
    """Raises NotOpened, and database errors. Nobody has a second factor here."""
    with throwaway_database(), override_settings(TOTP_REQUIRED=False):
        filled = Multiplied(clock.now(), tell)
        filled.grow(clicks // times)
        tidy()
        few_clicks = filled.clicks
        opened = list(Readers(filled.shops[0]).pages())
        with copied():
            filled.grow(clicks)
            tidy()
            with sizes() as both:
                sides = (both.speak_to_few, both.speak_to_many)
                found = [_measured(page, sides) for page in opened]
        worst_first = sorted(found, key=lambda page: page.ratio, reverse=True)
        return MeasuredPages(worst_first, (few_clicks, filled.clicks))


def results(measured: MeasuredPages) -> Iterator[Result]:
    worst = measured.pages[0].ratio
    yield Result("pages, the slowest", round(worst, 2), "of with few rows", TARGET, worst <= TARGET)
    slower = sum(page.ratio > TARGET for page in measured.pages)
    yield Result("pages that take longer", slower, "pages", 0, slower == 0)
    more = sum(page.many.queries > page.few.queries for page in measured.pages)
    yield Result("pages with more queries", more, "pages", 0, more == 0)


def describe(measured: MeasuredPages) -> Iterator[str]:
    """The figures behind the results, for people."""
    few, many = measured.clicks
    yield (
        f"{len(measured.pages)} pages with {few:,} and {many:,} clicks, the worst first. Of each: "
        "ms, of which the database, blocks read, queries."
    )
    for page in measured.pages:
        yield f"{page.ratio:6.2f}  {_told(page.few)} | {_told(page.many)}  {page.name}"


def _told(opening: Opening) -> str:
    return (
        f"{opening.seconds * 1000:7.1f} {opening.database * 1000:7.1f} {opening.blocks:7,} "
        f"{opening.queries:3}"
    )


def _measured(page: Opened, databases: tuple[Speak, Speak]) -> PageRatio:
    """Both sides in turn; once more, and more often, where that says that it takes longer."""
    found = _in_turn(page, databases, ROUNDS)
    return found if found.ratio <= TARGET else _in_turn(page, databases, MORE_ROUNDS)


def _in_turn(page: Opened, databases: tuple[Speak, Speak], rounds: int) -> PageRatio:
    sides = [_Side(page, speak) for speak in databases]
    for number in range(rounds):
        for side in sides if number % 2 else reversed(sides):
            side.open()
    few, many = (side.opening() for side in sides)
    return PageRatio(page.name, few, many)


class _Side:
    """A page as it is opened again and again in one of the databases."""

    def __init__(self, page: Opened, speak: Speak) -> None:
        self._page, self._speak = page, speak
        self._seconds = self._database = float("inf")
        speak()
        _answer(page)  # what is read once and kept is no part of a page

    def open(self) -> None:
        self._speak()
        with asked() as noted:
            started = time.perf_counter()
            _answer(self._page)
            self._seconds = min(self._seconds, time.perf_counter() - started)
        self._database = min(self._database, noted.seconds)

    def opening(self) -> Opening:
        self._speak()
        with asked() as noted:
            _answer(self._page)
        statements = noted.statements
        return Opening(self._seconds, self._database, len(statements), blocks_of(statements))


def _answer(page: Opened) -> None:
    """Raises NotOpened."""
    answer = page.client.get(page.address)
    if answer.status_code != 200:
        raise NotOpened(f"{page.name} answers {answer.status_code}: {page.address}")
