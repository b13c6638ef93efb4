"""The token: what it carries, how long it is, and everything that makes it credit nobody."""

from base64 import b32decode, b32encode
from uuid import UUID

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from msgspec.structs import replace

from tracking.rule.attribution import Click, CookieType, SoftRule
from tracking.rule.reasons import TokenReason
from tracking.rule.tokens import (
    MAX_AHEAD_MS,
    TOKEN_LENGTH,
    Keys,
    Token,
    TokenError,
    accept,
    decode,
    encode,
    time_of,
)

KEYS = Keys(
    by_id={0: b"the key of last year, 32 bytes..", 7: b"the key of today, also 32 bytes."},
    signing=7,
)
NOW_MS = 1_763_800_000_000
ADVERTISER = 42
CLICK = Click(
    id=UUID(int=NOW_MS << 80 | 0x7ABC_8DEF_0123_4567_89AB),
    at=NOW_MS,
    publisher=7,
    cookie_type=CookieType.SOFT,
    window_minutes=1440,
    journey=2**63 + 5,
    session=2**31 + 3,
    stood_down=True,
    soft_rule=SoftRule.SOLE,
)
TEXT = encode(Token(ADVERTISER, CLICK), KEYS)

untimed = settings(deadline=None, suppress_health_check=[HealthCheck.too_slow])


@st.composite
def tokens(draw: st.DrawFn) -> Token:
    identifier = UUID(int=draw(st.integers(0, 2**128 - 1)))
    click = Click(
        id=identifier,
        at=time_of(identifier),
        publisher=draw(st.integers(0, 2**32 - 1)),
        cookie_type=draw(st.sampled_from(CookieType)),
        window_minutes=draw(st.integers(0, 2**24 - 1)),
        journey=draw(st.integers(0, 2**64 - 1)),
        session=draw(st.integers(0, 2**32 - 1)),
        stood_down=draw(st.booleans()),
        soft_rule=draw(st.sampled_from(SoftRule)),
    )
    return Token(draw(st.integers(0, 2**32 - 1)), click, draw(st.booleans()))


def unarmoured(text: str) -> bytes:
    return b32decode(text.upper() + "===")


def armoured(raw: bytes) -> str:
    return b32encode(raw).decode().rstrip("=").lower()


def reason_of(text: str, keys: Keys = KEYS, advertiser: int = ADVERTISER) -> TokenReason | None:
    """Why the token is rejected, None when it is accepted."""
    try:
        accept(text, keys, advertiser, NOW_MS)
    except TokenError as error:
        return error.reason
    return None


@untimed
@given(tokens(), st.sampled_from([0, 7]))
def test_it_carries_a_click_there_and_back(token: Token, signing: int) -> None:
    text = encode(token, Keys(KEYS.by_id, signing))

    assert decode(text, KEYS) == token
    assert len(text) == TOKEN_LENGTH == 85


def test_its_form_is_the_documented_one() -> None:
    """53 bytes, field by field; a token issued yesterday must still be read tomorrow."""
    raw = unarmoured(TEXT)

    assert len(raw) == 53
    assert raw[0] == 1 << 4 | 7  # version, key id
    assert raw[1] == 0b10_0_1_1  # rule sole, not strictly necessary, stood down, soft
    assert (int.from_bytes(raw[2:6], "big"), int.from_bytes(raw[6:10], "big")) == (ADVERTISER, 7)
    assert raw[10:26] == CLICK.id.bytes
    assert int.from_bytes(raw[26:34], "big") == CLICK.journey
    assert int.from_bytes(raw[34:38], "big") == CLICK.session
    assert int.from_bytes(raw[38:41], "big") == 1440


def test_it_needs_no_escaping_in_urls_and_cookies() -> None:
    assert set(TEXT) <= set("abcdefghijklmnopqrstuvwxyz234567")


@pytest.mark.parametrize("text", [TEXT.upper(), TEXT.title()])
def test_it_is_read_in_any_case(text: str) -> None:
    """Shop plug-ins change the case of what they keep."""
    assert decode(text, KEYS) == decode(TEXT, KEYS)


def test_every_flipped_bit_is_rejected() -> None:
    reasons = {bit: reason_of(with_flipped(bit)) for bit in range(53 * 8)}

    expected = {TokenReason.BAD_SIGNATURE, TokenReason.UNKNOWN_KEY}
    assert {bit: reason for bit, reason in reasons.items() if reason not in expected} == {}
    assert len({with_flipped(bit) for bit in reasons} - {TEXT}) == 424


def with_flipped(bit: int) -> str:
    """The token with one of its bits turned over."""
    raw = bytearray(unarmoured(TEXT))
    raw[bit // 8] ^= 1 << bit % 8
    return armoured(bytes(raw))


@untimed
@given(st.integers(0, TOKEN_LENGTH - 1), st.characters(codec="utf-8"))
def test_a_changed_character_is_rejected(position: int, character: str) -> None:
    changed = TEXT[:position] + character + TEXT[position + 1 :]

    is_the_same = character.isascii() and changed.lower() == TEXT
    assert (reason_of(changed) is None) == is_the_same


def test_every_truncated_token_is_malformed() -> None:
    reasons = {length: reason_of(TEXT[:length]) for length in range(len(TEXT))}

    assert reasons == dict.fromkeys(range(TOKEN_LENGTH), TokenReason.MALFORMED)


@pytest.mark.parametrize(
    "text",
    [
        pytest.param(TEXT + "A", id="a_character_too_many"),
        pytest.param(TEXT + "=", id="padded"),
        pytest.param(" " + TEXT[1:], id="blank"),
        pytest.param(TEXT[:-1] + "\n", id="line_feed"),
        pytest.param(TEXT[:-1] + "=", id="padding_inside"),
        pytest.param("1" * 85, id="another_alphabet"),
        pytest.param("_" * 85, id="what_numbers_may_have"),
        pytest.param("é" * 85, id="not_ascii"),
        pytest.param("\x00" * 85, id="nul"),
        pytest.param("\ud800" * 85, id="lone_surrogates"),
    ],
)
def test_what_is_no_token_is_malformed(text: str) -> None:
    assert reason_of(text) is TokenReason.MALFORMED


@untimed
@given(st.text())
def test_any_text_is_answered_with_a_reason(text: str) -> None:
    assert reason_of(text) is not None


def test_a_token_of_an_unused_bit_pattern_is_malformed() -> None:
    """The last character has a spare bit; only one of its two readings is ours."""
    alphabet = "abcdefghijklmnopqrstuvwxyz234567"
    other = TEXT[:-1] + alphabet[alphabet.index(TEXT[-1]) | 1]
    assert (other != TEXT, reason_of(other)) == (True, TokenReason.MALFORMED)


def test_another_advertisers_token_is_rejected() -> None:
    assert reason_of(TEXT, advertiser=43) is TokenReason.OTHER_ADVERTISER


@pytest.mark.parametrize(
    ("ahead_ms", "reason"),
    [
        pytest.param(0, None, id="now"),
        pytest.param(MAX_AHEAD_MS, None, id="five_minutes_ahead"),
        pytest.param(MAX_AHEAD_MS + 1, TokenReason.FROM_FUTURE, id="more_than_five_minutes_ahead"),
        pytest.param(-400 * 86_400_000, None, id="as_old_as_can_be"),
    ],
)
def test_a_token_may_lie_five_minutes_ahead(ahead_ms: int, reason: TokenReason | None) -> None:
    at = NOW_MS + ahead_ms
    click = replace(CLICK, id=UUID(int=at << 80), at=at)

    assert reason_of(encode(Token(ADVERTISER, click), KEYS)) is reason
    assert MAX_AHEAD_MS == 5 * 60 * 1000


@pytest.mark.parametrize(
    ("keys", "reason"),
    [
        pytest.param(Keys({7: KEYS.by_id[7], 8: b"next"}, 8), None, id="old_key_still_verifies"),
        pytest.param(Keys({8: b"next"}, 8), TokenReason.UNKNOWN_KEY, id="old_key_is_gone"),
        pytest.param(Keys({7: b"next"}, 7), TokenReason.BAD_SIGNATURE, id="same_id_other_key"),
        pytest.param(
            Keys({7: KEYS.by_id[0], 0: KEYS.by_id[7]}, 0), TokenReason.BAD_SIGNATURE, id="swapped"
        ),
    ],
)
def test_keys_rotate(keys: Keys, reason: TokenReason | None) -> None:
    assert reason_of(TEXT, keys) is reason


def test_a_token_of_another_version_is_of_an_unknown_key() -> None:
    raw = bytearray(unarmoured(TEXT))
    raw[0] = 2 << 4 | 7

    assert reason_of(armoured(bytes(raw))) is TokenReason.UNKNOWN_KEY


def test_the_signing_key_is_named_in_the_token() -> None:
    old = encode(Token(ADVERTISER, CLICK), Keys(KEYS.by_id, signing=0))

    assert old != TEXT
    assert decode(old, KEYS) == decode(TEXT, KEYS)
    assert reason_of(old, Keys({7: KEYS.by_id[7]}, 7)) is TokenReason.UNKNOWN_KEY
