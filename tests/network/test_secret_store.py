"""Secrets that an installation is started with."""

import secrets

import pytest
from django.core.exceptions import ImproperlyConfigured

from network.secret_store import check_secret_key, parse_token_keys

GOOD = "3f0c9a5d7e1b2846d10f83b2c6597e4a0b8e61d7f2c4935a7d0e1b6f48a2c59e"


@pytest.mark.parametrize(
    "value",
    [
        pytest.param("", id="missing"),
        pytest.param(GOOD[:49], id="short"),
        pytest.param("ab" * 40, id="of_few_characters"),
        pytest.param("change-me-" * 8, id="of_an_example"),
        pytest.param(f"please-Change-Me-{GOOD}", id="of_an_example_made_longer"),
        pytest.param(f"my-SECRET-key-for-production-{GOOD}", id="of_words"),
        pytest.param(GOOD[:16] * 4, id="the_same_again"),
        pytest.param((GOOD[:20] * 4)[:73], id="the_same_again_and_a_part"),
        pytest.param("".join(map(chr, range(48, 122))), id="counted"),
        pytest.param(f"django-insecure-{GOOD}", id="one_that_django_made_for_development"),
    ],
)
def test_a_weak_secret_key_stops_the_start(value: str) -> None:
    with pytest.raises(ImproperlyConfigured, match="SECRET_KEY is missing or weak"):
        check_secret_key(value)


def test_a_random_one_is_taken() -> None:
    assert check_secret_key(GOOD) == GOOD


@pytest.mark.parametrize(
    ("value", "problem"),
    [
        pytest.param("", "is missing", id="none"),
        pytest.param("0:11", "is weak", id="short"),
        pytest.param(f"0:{'00' * 32}", "is weak", id="zeros"),
        pytest.param(f"0:{'0123456789abcdef' * 4}", "is weak", id="typed_again_and_again"),
        pytest.param(f"0:{bytes(range(32)).hex()}", "is weak", id="counted"),
        pytest.param(f"0:{bytes(range(64, 0, -2)).hex()}", "is weak", id="counted_down"),
        pytest.param("0:xyz", "not hexadecimal", id="no_hex"),
        pytest.param(f"16:{GOOD}", "not a key id", id="id"),
        pytest.param(f"1:{GOOD},1:{GOOD[::-1]}", "not a key id of its own", id="id_twice"),
        pytest.param(f"1:{GOOD},2:{GOOD.upper()}", "is one of the others", id="key_twice"),
    ],
)
def test_a_weak_token_key_stops_the_start(value: str, problem: str) -> None:
    with pytest.raises(ImproperlyConfigured, match=problem):
        parse_token_keys(value)


def test_random_ones_are_taken() -> None:
    for _ in range(200):
        key = secrets.token_hex(32)
        assert check_secret_key(key) == key
        assert parse_token_keys(f"3:{key}") == {3: bytes.fromhex(key)}
        assert check_secret_key(secrets.token_urlsafe(48))
