"""How much longer pages take with a hundred times the rows, and whether they ask more queries."""

import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass

from django.db import connection
from django.test import override_settings

from network import clock
from network.bench.opening.people import Opened, Readers
from network.bench.results import Result
from network.bench.seeding.filling import tell, tidy
from network.bench.seeding.multiply import Multiplied
from network.bench.stage import throwaway_database

TIMES = 100
"""So many times the rows of the smaller size are there at the larger."""
ROUNDS = 4
TARGET = 1.3


class NotOpened(Exception):
    """A page was not there, or not as a page."""


@dataclass(frozen=True, slots=True)
class Opening:
    """The quickest of some rounds, in seconds, and the queries of one."""

    seconds: float
    queries: int


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
        few = _times(opened)
        filled.grow(clicks)
        tidy()
        many = _times(opened)
        found = [PageRatio(name, few[name], many[name]) for name in few]
        worst_first = sorted(found, key=lambda page: page.ratio, reverse=True)
        return MeasuredPages(worst_first, (few_clicks, filled.clicks))


def results(measured: MeasuredPages) -> Iterator[Result]:
    worst = measured.pages[0].ratio
    yield Result("pages, the slowest", round(worst, 2), "of with few rows", TARGET, worst <= TARGET)
    more = sum(page.many.queries > page.few.queries for page in measured.pages)
    yield Result("pages with more queries", more, "pages", 0, more == 0)


def describe(measured: MeasuredPages) -> Iterator[str]:
    """The figures behind the results, for people."""
    few, many = measured.clicks
    yield f"{len(measured.pages)} pages with {few:,} and {many:,} clicks, the worst first:"
    for page in measured.pages:
        yield (
            f"{page.ratio:6.2f}  {page.few.seconds * 1000:7.1f} ms {page.few.queries:3} queries, "
            f"{page.many.seconds * 1000:7.1f} ms {page.many.queries:3} queries  {page.name}"
        )


class _Queries:
    """Counts queries."""

    def __init__(self) -> None:
        self.number = 0

    def __call__(self, execute: Callable[..., object], *args: object) -> object:
        self.number += 1
        return execute(*args)


def _times(pages: Sequence[Opened]) -> Mapping[str, Opening]:
    return {page.name: _opening(page) for page in pages}


def _opening(page: Opened) -> Opening:
    counted, quickest = _Queries(), float("inf")
    for number in range(ROUNDS):
        with connection.execute_wrapper(counted):
            started = time.perf_counter()
            answer = page.client.get(page.address)
            quickest = min(quickest, time.perf_counter() - started)
        if answer.status_code != 200:
            raise NotOpened(f"{page.name} answers {answer.status_code}: {page.address}")
        if number == 0:
            counted.number = 0  # what is read once and kept is no part of a page
    return Opening(quickest, counted.number // (ROUNDS - 1))
