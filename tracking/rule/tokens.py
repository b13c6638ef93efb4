"""The signed token that a click hands out: evidence even before the click's own record arrives.

Pure: no Django, no clock. 53 bytes, as 85 characters of lower-case base32 without padding, read
without regard to case: shop plug-ins lower-case and strip what they keep.

====================== ===== ==============================================================
field                  bytes
====================== ===== ==============================================================
version and key id     1     version in the high four bits, key id (0-15) in the low four
flags                  1     bit 0 soft, 1 stood down, 2 strictly necessary, 3-4 soft rule
advertiser             4
publisher              4
click id               16    UUIDv7; its first 48 bits are the click's time in ms
journey                8
session                4
window in minutes      3
HMAC-SHA-256           12    truncated, over everything before it
====================== ===== ==============================================================
"""

import hmac
import re
from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache
from struct import Struct as Layout
from uuid import UUID

from msgspec import Struct

from tracking.rule.attribution import Click, CookieType, SoftRule
from tracking.rule.reasons import TokenReason

VERSION = 1
TOKEN_LENGTH = 85
MAX_AHEAD_MS = 5 * 60_000
"""How far in the future a token may lie: the clocks of our own hosts differ a little."""

_BODY = Layout(">BBII16sQI3s")
_MAC_BYTES = 12
_ARMOUR = re.compile(r"[A-Za-z2-7]{85}", re.ASCII)
_BASE32 = "abcdefghijklmnopqrstuvwxyz234567"
_DIGITS = str.maketrans(_BASE32, "0123456789abcdefghijklmnopqrstuv")
"""From base32 to the digits that ``int`` reads: several times as fast as ``b32decode``."""
_PAIRS = [first + second for first in _BASE32 for second in _BASE32]
_PAIR_SHIFTS = range(420, -1, -10)
_SOFT, _STOOD_DOWN, _STRICTLY_NECESSARY, _SOFT_RULE_SHIFT = 1, 2, 4, 3
_SOFT_RULES = (SoftRule.FIRST, SoftRule.LAST, SoftRule.SOLE)


class TokenError(ValueError):
    """A token that credits nobody; ``reason`` says why."""

    def __init__(self, reason: TokenReason) -> None:
        super().__init__(str(reason))
        self.reason = reason


class Token(Struct, frozen=True, gc=False):
    """What a token says: a counting click, and for which advertiser."""

    advertiser: int
    click: Click
    strictly_necessary: bool = False


@dataclass(frozen=True, slots=True, eq=False)
class Keys:
    """Token keys by id (0-15). One signs; all verify, so that a key can be rotated. Two are never
    equal: what was decoded with one is kept (:func:`decode_kept`)."""

    by_id: Mapping[int, bytes]
    signing: int


def time_of(click_id: UUID) -> int:
    """The time inside a UUIDv7, in milliseconds since the epoch."""
    return click_id.int >> 80


def lowest_id(at_ms: int) -> UUID:
    """The lowest UUIDv7 of a time: queries prune partitions by it."""
    return UUID(int=max(at_ms, 0) << 80)


def encode(token: Token, keys: Keys) -> str:
    click = token.click
    body = _BODY.pack(
        VERSION << 4 | keys.signing,
        _flags(token),
        token.advertiser,
        click.publisher,
        click.id.bytes,
        click.journey,
        click.session,
        click.window_minutes.to_bytes(3, "big"),
    )
    return _armour(body + _mac(body, keys.by_id[keys.signing]))


def decode(text: str, keys: Keys) -> Token:
    """The token in ``text``. Raises :class:`TokenError` when it is not one of ours."""
    raw = _unarmour(text)
    body, mac = raw[: _BODY.size], raw[_BODY.size :]
    first, flags, advertiser, publisher, click_id, journey, session, window = _BODY.unpack(body)
    if first >> 4 != VERSION or first & 15 not in keys.by_id:
        raise TokenError(TokenReason.UNKNOWN_KEY)
    if not hmac.compare_digest(mac, _mac(body, keys.by_id[first & 15])):
        raise TokenError(TokenReason.BAD_SIGNATURE)
    identifier = UUID(bytes=click_id)
    click = Click(
        id=identifier,
        at=time_of(identifier),
        publisher=publisher,
        cookie_type=CookieType.SOFT if flags & _SOFT else CookieType.HARD,
        window_minutes=int.from_bytes(window, "big"),
        journey=journey,
        session=session,
        stood_down=bool(flags & _STOOD_DOWN),
        soft_rule=_SOFT_RULES[flags >> _SOFT_RULE_SHIFT & 3],
    )
    return Token(advertiser, click, bool(flags & _STRICTLY_NECESSARY))


decode_kept = lru_cache(maxsize=8192)(decode)
"""As :func:`decode`, where the same tokens are asked for again at once: a report is judged, joined
and decided. It keeps more than a batch of reports has, in 5 MB."""


def accept(text: str, keys: Keys, advertiser: int, now_ms: int) -> Token:
    """The token, checked for this advertiser and this time. Raises :class:`TokenError`."""
    return checked(decode(text, keys), advertiser, now_ms)


def checked(token: Token, advertiser: int, now_ms: int) -> Token:
    """The token, if it is for this advertiser and not from the future. Raises
    :class:`TokenError`."""
    if token.advertiser != advertiser:
        raise TokenError(TokenReason.OTHER_ADVERTISER)
    if token.click.at > now_ms + MAX_AHEAD_MS:
        raise TokenError(TokenReason.FROM_FUTURE)
    return token


def _armour(raw: bytes) -> str:
    """The bytes in base32, twice as fast as ``b32encode``. 43 pairs of digits are 430 bits, and 53
    bytes are 424; the last digit, all zeros, is cut off."""
    number = int.from_bytes(raw, "big") << 6
    return "".join([_PAIRS[number >> shift & 0x3FF] for shift in _PAIR_SHIFTS])[:TOKEN_LENGTH]


def _unarmour(text: str) -> bytes:
    if _ARMOUR.fullmatch(text) is None:
        raise TokenError(TokenReason.MALFORMED)
    # 85 characters hold one bit more than 53 bytes; only one spelling of a token is one.
    number, spare = divmod(int(text.lower().translate(_DIGITS), 32), 2)
    if spare:
        raise TokenError(TokenReason.MALFORMED)
    return number.to_bytes(_BODY.size + _MAC_BYTES, "big")


def _flags(token: Token) -> int:
    click = token.click
    return (
        (_SOFT if click.is_soft else 0)
        | (_STOOD_DOWN if click.stood_down else 0)
        | (_STRICTLY_NECESSARY if token.strictly_necessary else 0)
        | _SOFT_RULES.index(click.soft_rule) << _SOFT_RULE_SHIFT
    )


def _mac(body: bytes, key: bytes) -> bytes:
    keyed = _keyed(key).copy()
    keyed.update(body)
    return keyed.digest()[:_MAC_BYTES]


@lru_cache(maxsize=16)
def _keyed(key: bytes) -> hmac.HMAC:
    """To be copied: to set a key up takes longer than to use it."""
    return hmac.new(key, digestmod="sha256")
