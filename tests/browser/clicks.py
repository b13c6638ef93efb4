"""Clicks and their tokens, as the tracking host would have made them."""

from itertools import count
from uuid import UUID

from tests.browser.hosts import ADVERTISER
from tracking.rule.attribution import Click, CookieType, SoftRule
from tracking.rule.tokens import Keys, Token, decode, encode

KEYS = Keys(by_id={3: b"k" * 32}, signing=3)
NOW = 1_767_225_600_000
"""A time for tests that need no real one: 2026-01-01 in UTC, milliseconds."""
MINUTE, HOUR, DAY = 60_000, 3_600_000, 86_400_000
HARD_MINUTES, SOFT_MINUTES = 30 * 24 * 60, 24 * 60

_serial = count(1)


def click_id(at: int) -> UUID:
    """A UUIDv7 of this time; later calls give later ids."""
    return UUID(int=at << 80 | 7 << 76 | 2 << 62 | next(_serial))


def hard(publisher: int = 1, at: int = NOW, **changes: int) -> Click:
    """A hard click of 30 days. ``changes`` are fields of the click."""
    window_minutes = changes.pop("window_minutes", HARD_MINUTES)
    return _click(publisher, at, CookieType.HARD, window_minutes, **changes)


def soft(publisher: int = 2, at: int = NOW, **changes: int) -> Click:
    """A soft click of 24 hours."""
    window_minutes = changes.pop("window_minutes", SOFT_MINUTES)
    return _click(publisher, at, CookieType.SOFT, window_minutes, **changes)


def _click(
    publisher: int, at: int, cookie_type: CookieType, window_minutes: int, **changes: int
) -> Click:
    return Click(
        id=click_id(at),
        at=at,
        publisher=publisher,
        cookie_type=cookie_type,
        window_minutes=window_minutes,
        journey=changes.get("journey", 1 << 63 | 5),
        session=changes.get("session", 1),
        stood_down=bool(changes.get("stood_down", False)),
        soft_rule=list(SoftRule)[changes.get("soft_rule", 0)],
    )


def token_of(click: Click, advertiser: int = ADVERTISER) -> str:
    return encode(Token(advertiser, click), KEYS)


def click_of(token: str) -> Click:
    return decode(token, KEYS).click
