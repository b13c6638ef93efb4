"""What shoppers do: stories of clicks, pauses and purchases, told at random but always alike.

Pure: no Django, no clock. A story becomes steps at times; nothing here knows who is paid.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from random import Random

from network.demo.cast import (
    APPLICANT,
    BLOG,
    CASHBACK,
    COMPARISON,
    EXTENSION,
    OVERLAY,
    RETARGETER,
    ROASTERY,
    SHOP,
    VOUCHERS,
)


@dataclass(frozen=True, slots=True)
class Follow:
    """The shopper follows a publisher's link; ``in_page``: its offer in the shop's page."""

    publisher: int
    in_page: bool = False


@dataclass(frozen=True, slots=True)
class CloseBrowser:
    """The browser session ends; the shopper comes back another time."""


@dataclass(frozen=True, slots=True)
class Buy:
    """The shopper orders."""


Move = Follow | CloseBrowser | Buy


@dataclass(frozen=True, slots=True)
class Story:
    """The moves of one shopper at one advertiser, and how many shoppers make them."""

    advertiser: int
    shoppers: int
    moves: tuple[Move, ...]


@dataclass(frozen=True, slots=True)
class Step:
    """One move of one shopper at a time."""

    at: datetime
    shopper: int
    advertiser: int
    move: Move


_LEAVE, _BUY = CloseBrowser(), Buy()
STORIES = (
    Story(SHOP, 14, (Follow(BLOG),)),
    Story(SHOP, 6, (Follow(EXTENSION),)),
    Story(SHOP, 5, (Follow(APPLICANT),)),
    Story(SHOP, 9, (Follow(BLOG), _BUY)),
    Story(SHOP, 6, (Follow(BLOG), Follow(EXTENSION), _BUY)),
    Story(SHOP, 5, (Follow(EXTENSION), _BUY)),
    Story(SHOP, 3, (Follow(EXTENSION), _LEAVE, _BUY)),
    Story(SHOP, 5, (Follow(CASHBACK), _BUY)),
    Story(SHOP, 4, (Follow(COMPARISON), _LEAVE, Follow(CASHBACK), _BUY)),
    Story(SHOP, 4, (Follow(CASHBACK), _LEAVE, _LEAVE, _BUY)),
    Story(SHOP, 9, (Follow(BLOG), Follow(VOUCHERS), _BUY)),
    Story(SHOP, 4, (Follow(VOUCHERS), _BUY)),
    Story(SHOP, 4, (Follow(COMPARISON), _LEAVE, _BUY)),
    Story(SHOP, 3, (Follow(COMPARISON), Follow(OVERLAY, in_page=True), _BUY)),
    Story(SHOP, 3, (Follow(OVERLAY, in_page=True), _BUY)),
    Story(SHOP, 3, (Follow(RETARGETER), _LEAVE, Follow(RETARGETER), _BUY)),
    Story(SHOP, 4, (Follow(BLOG), Follow(APPLICANT), _LEAVE, _BUY)),
    Story(ROASTERY, 6, (Follow(BLOG),)),
    Story(ROASTERY, 5, (Follow(BLOG), _BUY)),
    Story(ROASTERY, 4, (Follow(COMPARISON), Follow(CASHBACK), _BUY)),
    Story(ROASTERY, 4, (Follow(BLOG), _LEAVE, Follow(VOUCHERS), _BUY)),
)
SEED = 20260101


def steps(start: datetime, end: datetime) -> list[Step]:
    """Every move of every shopper from ``start`` on, in order of time, none after ``end``."""
    random = Random(SEED)  # noqa: S311 - a story, no secret
    told = list(_tell(random, start, end))
    return sorted((step for step in told if step.at < end), key=lambda step: step.at)


def _tell(random: Random, start: datetime, end: datetime) -> Iterator[Step]:
    shopper = 0
    for story in STORIES:
        for _ in range(story.shoppers):
            at = start + (end - start) * random.random()
            moments = _moments(random, story.moves, at)
            shopper += 1
            for move, moment in zip(story.moves, moments, strict=True):
                yield Step(moment, shopper, story.advertiser, move)


def _moments(random: Random, moves: Sequence[Move], at: datetime) -> list[datetime]:
    """Moves of one sitting are minutes apart; after the browser was closed, hours pass."""
    moments = []
    for index, move in enumerate(moves):
        if index:
            back = isinstance(moves[index - 1], CloseBrowser)
            at += timedelta(seconds=random.uniform(3, 30) * 3600 if back else _pause(random, move))
        moments.append(at)
    return moments


def _pause(random: Random, move: Move) -> float:
    """Seconds until the next move; a look around takes longer than a purchase."""
    return random.uniform(60, 600) if isinstance(move, Buy) else random.uniform(90, 2400)
