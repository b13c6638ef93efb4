"""What shoppers do: journeys of clicks, pauses and purchases, random but always the same.

Pure: no Django, no clock. A journey becomes steps at times; nothing here knows who is paid.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from itertools import accumulate
from random import Random
from typing import TypeVar

from network.demo.story import cast
from network.demo.story.cast import ROASTERY, SHOP, STATIONERY

SEED = 20260101
GROWTH = 0.7
"""How many more shoppers come at the end than at the start."""
BY_WEEKDAY = (1.05, 1.0, 0.95, 1.0, 0.9, 0.95, 1.25)
BY_HOUR = (2, 1, 1, 1, 1, 2, 4, 6, 8, 9, 10, 11, 13, 11, 9, 9, 9, 10, 12, 15, 17, 14, 9, 5)
SALE_DAYS_BEFORE_END = range(27, 31)
"""Four days of a sale, with twice the shoppers."""


@dataclass(frozen=True, slots=True)
class Follow:
    """The shopper follows a publisher's link; ``in_page``: its offer in the shop's page. ``by`` is
    what comes along with the link: a name in :data:`WAYS`."""

    publisher: int
    in_page: bool = False
    by: str = "person"


@dataclass(frozen=True, slots=True)
class CloseBrowser:
    """The browser session ends; the shopper comes back another time."""


@dataclass(frozen=True, slots=True)
class Buy:
    """The shopper orders; the shop's page reports it by its tag or by its pixel."""

    source: str = "tag"


@dataclass(frozen=True, slots=True)
class Meanwhile:
    """Somebody else follows this publisher's link, on another device. ``planted``: a script in the
    shop's page puts that click into this shopper's browser."""

    publisher: int
    planted: bool = False


@dataclass(frozen=True, slots=True)
class Confirm:
    """The order is reported once more: by the pixel too, or by the shop's server with its key;
    with other figures, or (``stranger``) by somebody else, who followed a link meanwhile."""

    source: str
    other_figures: bool = False
    stranger: bool = False


@dataclass(frozen=True, slots=True)
class SendTest:
    """The shop's staff send a test report, or one with an amount that cannot be read."""

    amount: str = "1"


Move = Follow | CloseBrowser | Buy | Meanwhile | Confirm | SendTest
WAYS: Mapping[str, float] = {
    "person": 90.8,
    "no_consent": 4.5,
    "bot": 2.2,
    "image": 0.9,
    "prefetch": 0.7,
    "elsewhere": 0.9,
}
"""How links are followed, in per cent: by a person, by one who declined cookies, by a crawler, as a
hidden picture, ahead of a click, and with a target that is not the shop's."""


@dataclass(frozen=True, slots=True)
class Step:
    """One move of one shopper at a time."""

    at: datetime
    shopper: int
    advertiser: int
    move: Move


@dataclass(frozen=True, slots=True, kw_only=True)
class Crowd:
    """The shoppers of an advertiser: how many journeys begin on a day at the start, who brings
    them (``openers``) and who reaches them shortly before they order (``closers``), by weight."""

    advertiser: int
    a_day: float
    openers: Mapping[int, float]
    closers: Mapping[int, float]
    in_page: frozenset[int] = frozenset()
    discovering: frozenset[int] = frozenset()
    """Openers that hardly ever reach a shopper that another one brought before."""
    hours_ahead: int = 0
    keyed: float = 0.0
    """The share of orders that the shop's own server confirms."""
    unattributed: float = 2.0
    """Orders a day that no partner's click led to."""


CROWDS = (
    Crowd(
        advertiser=SHOP,
        a_day=33,
        openers={
            cast.BLOG: 17, cast.COMPARISON: 12, cast.SEARCH: 11, cast.INFLUENCER: 9,
            cast.EMAIL: 8, cast.DISPLAY: 7, cast.CASHBACK: 6, cast.VOUCHERS: 4, cast.APPLICANT: 2,
            cast.SUBNETWORK: 2,
        },
        closers={
            cast.VOUCHERS: 10, cast.EXTENSION: 9, cast.OVERLAY: 8, cast.CASHBACK: 5,
            cast.RETARGETER: 8, cast.SUBNETWORK: 7, cast.ALERTS: 5, cast.APPLICANT: 1,
        },
        in_page=frozenset({cast.OVERLAY}),
        unattributed=3.0,
    ),
    Crowd(
        advertiser=ROASTERY,
        a_day=16,
        openers={
            cast.BLOG: 8, cast.COMPARISON: 12, cast.EMAIL: 12, cast.CASHBACK: 8, cast.APPLICANT: 5,
            cast.SUBNETWORK: 3,
        },
        closers={
            cast.VOUCHERS: 9, cast.EXTENSION: 9, cast.OVERLAY: 8, cast.RETARGETER: 6,
            cast.CASHBACK: 4,
        },
        keyed=0.9,
    ),
    Crowd(
        advertiser=STATIONERY,
        a_day=11,
        openers={cast.INFLUENCER: 12, cast.SEARCH: 10, cast.DISPLAY: 8, cast.CASHBACK: 4},
        closers={
            cast.EXTENSION: 9, cast.OVERLAY: 8, cast.RETARGETER: 6, cast.ALERTS: 5,
            cast.CASHBACK: 3,
        },
        discovering=frozenset({cast.DISPLAY}),
        hours_ahead=9,
        unattributed=1.0,
    ),
)  # fmt: skip
UNLED: Mapping[Move, float] = {Buy(): 94, SendTest(): 4, SendTest("12,50"): 2}
"""What comes to an advertiser from browsers that no partner led there."""
BUYERS = 0.31
CLOSED_BY_ANOTHER = 0.52
"""The share of buyers that one of the closers reaches shortly before they order."""
COMES_BACK = 0.05
"""The share of buyers who follow another link some days later, and buy nothing then."""
QUICK = {cast.EXTENSION: (9, 55), cast.OVERLAY: (6, 45), cast.ALERTS: (12, 70)}
"""Seconds between a closer's click and the order; others take longer."""
NOT_QUICK = (40, 400)
OLD_PAGES = 20
"""Every so many shoppers see an old page, which reports without a signature."""
CLAIMED_LATE = 4
"""Of these every so many have their order claimed by somebody else, once staff have approved it."""
AFTER_APPROVAL = 8 * 86_400
"""So many seconds after the order that is."""
PLANTED = 67
"""Every so many shoppers have a script in the shop's page that plants a click."""


def steps(start: datetime, end: datetime) -> list[Step]:
    """Every move of every shopper from ``start`` on, in order of time, none at ``end`` or after."""
    random = Random(SEED)  # noqa: S311 - a story, no secret
    told = list(_tell(random, start, end))
    return sorted((step for step in told if step.at < end), key=lambda step: step.at)


def _tell(random: Random, start: datetime, end: datetime) -> Iterator[Step]:
    shopper = 0
    days = max((end.date() - start.date()).days, 1)
    for number in range(days + 1):
        midnight = start.replace(hour=0, minute=0, second=0, microsecond=0)
        day = Day(midnight + timedelta(days=number), days - number, number / days)
        for crowd in CROWDS:
            for at in _arrivals(random, crowd, day, crowd.a_day):
                shopper += 1
                moves = _envied(shopper, crowd, _journey(random, crowd))
                if at >= start:
                    yield from _at_times(shopper, crowd, at, moves)
            for at in _arrivals(random, crowd, day, crowd.unattributed):
                shopper += 1
                move = _one(random, UNLED)
                if at >= start:
                    yield Step(at, shopper, crowd.advertiser, move)


@dataclass(frozen=True, slots=True)
class Day:
    """A day: how many are left after it, and what share of the whole lies before it."""

    midnight: datetime
    left: int
    share: float


def _arrivals(random: Random, crowd: Crowd, day: Day, a_day: float) -> list[datetime]:
    """When the shoppers of a day come."""
    wanted = a_day * (1 + GROWTH * day.share) * BY_WEEKDAY[day.midnight.weekday()]
    if day.left in SALE_DAYS_BEFORE_END and crowd.advertiser == SHOP:
        wanted *= 2
    return [_moment(random, day.midnight, crowd) for _ in range(_whole(random, wanted))]


def _whole(random: Random, wanted: float) -> int:
    return int(wanted * random.uniform(0.85, 1.15) + random.random())


def _moment(random: Random, midnight: datetime, crowd: Crowd) -> datetime:
    hour = random.choices(range(24), cum_weights=HOURS)[0] - crowd.hours_ahead
    return midnight + timedelta(hours=hour, seconds=random.uniform(0, 3600))


HOURS = list(accumulate(BY_HOUR))
Timed = list[tuple[float, Move]]
"""Moves, each with the seconds since the one before."""


def _at_times(shopper: int, crowd: Crowd, at: datetime, moves: Timed) -> Iterator[Step]:
    for pause, move in moves:
        at += timedelta(seconds=pause)
        yield Step(at, shopper, crowd.advertiser, move)


def _journey(random: Random, crowd: Crowd) -> Timed:
    """One shopper's moves, from the first click on."""
    buys = random.random() < BUYERS
    closed = random.random() < (CLOSED_BY_ANOTHER if buys else 0.12)
    alone = closed and random.random() < 0.22
    moves: Timed = [] if alone else _openers(random, crowd)
    if closed:
        pause = random.uniform(60, 1500) if moves else 0.0
        closer = _one(random, crowd.closers)
        moves.append((pause, _follow(random, crowd, closer)))
        if random.random() < 0.12:
            moves.append(
                (random.uniform(8, 90), _follow(random, crowd, _one(random, crowd.closers)))
            )
    if buys:
        moves += _order(random, crowd, moves)
    return moves


def _envied(shopper: int, crowd: Crowd, moves: Timed) -> Timed:
    """The moves, and now and then those of somebody who wants the commission without the work."""
    bought = [index for index, (_, move) in enumerate(moves) if isinstance(move, Buy)]
    if not bought or crowd.advertiser != SHOP:
        return moves
    before, after = moves[: bought[0]], moves[bought[0] :]
    if shopper % PLANTED == 0:
        return [*before, (1, Meanwhile(cast.SUBNETWORK, planted=True)), *after]
    if shopper % (OLD_PAGES * CLAIMED_LATE) == OLD_PAGES:
        claim = Confirm("pixel", stranger=True)
        return [*before, (1, Meanwhile(cast.SUBNETWORK)), *after, (AFTER_APPROVAL, claim)]
    return moves


def _openers(random: Random, crowd: Crowd) -> Timed:
    """How the shopper learns of the shop: by one publisher or several, over hours and days."""
    count = random.choices((1, 2, 3), (66, 25, 9))[0]
    moves: Timed = []
    for index in range(count):
        if index:
            moves.append((random.uniform(60, 900), CloseBrowser()))
        pause = random.uniform(0.4, 70) * 3600 if index else 0.0
        opener = _one(random, crowd.openers)
        if index and opener in crowd.discovering:
            opener = _one(random, crowd.openers)
        moves.append((pause, _follow(random, crowd, opener)))
    if random.random() < 0.3:
        moves.append((random.uniform(60, 900), CloseBrowser()))
        moves.append((random.expovariate(1 / 40) * 3600, CloseBrowser()))
    return moves


def _follow(random: Random, crowd: Crowd, publisher: int) -> Follow:
    if publisher in crowd.in_page:
        return Follow(publisher, in_page=True)
    way = _one(random, WAYS)
    if publisher == cast.SUBNETWORK and random.random() < 0.07:
        way = "image"
    return Follow(publisher, by=way)


def _order(random: Random, crowd: Crowd, moves: Timed) -> Timed:
    """The purchase and its reports."""
    last = moves[-1][1]
    quick = QUICK.get(last.publisher, NOT_QUICK) if isinstance(last, Follow) else NOT_QUICK
    made: Timed = []
    if isinstance(last, Follow) and random.random() < 0.07:
        made += [(random.uniform(60, 300), CloseBrowser()), (random.uniform(1, 30) * 3600, Buy())]
    else:
        made.append((random.uniform(*quick), Buy("pixel" if random.random() < 0.06 else "tag")))
    if random.random() < crowd.keyed:
        made.append((random.uniform(300, 7200), Confirm("keyed")))
    elif random.random() < 0.05:
        made.append((random.uniform(1, 4), Confirm("pixel")))
    elif random.random() < 0.008:
        made.append((random.uniform(30, 900), Confirm("pixel", other_figures=True)))
    elif random.random() < 0.006:
        made.insert(0, (1, Meanwhile(_one(random, crowd.openers))))
        made.append((random.uniform(30, 900), Confirm("pixel", stranger=True)))
    if random.random() < COMES_BACK:
        made.append((random.uniform(60, 900), CloseBrowser()))
        again = _follow(random, crowd, _one(random, crowd.openers))
        made.append((random.uniform(2, 200) * 3600, again))
    return made


Choice = TypeVar("Choice")


def _one(random: Random, weights: Mapping[Choice, float]) -> Choice:
    return random.choices(list(weights), list(weights.values()))[0]
