"""Amounts: read strictly, rounded once, shown in their currency."""

from decimal import Decimal

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from network import money


@pytest.mark.parametrize(
    ("text", "currency", "minor"),
    [
        ("49.90", "GBP", 4990),
        ("49.9", "GBP", 4990),
        ("007", "GBP", 700),
        ("4990", "JPY", 4990),
        ("1.234", "KWD", 1234),
    ],
)
def test_it_reads(text: str, currency: str, minor: int) -> None:
    assert money.parse(text, currency) == minor


@pytest.mark.parametrize(
    ("text", "currency"),
    [("1.234", "GBP"), ("1.0", "JPY"), ("1 000", "GBP"), ("1_000", "GBP"), ("", "GBP")],
)
def test_it_refuses(text: str, currency: str) -> None:
    with pytest.raises(money.AmountError):
        money.parse(text, currency)


@settings(deadline=None)
@given(st.integers(0, money.MAX_MINOR), st.sampled_from(["GBP", "JPY", "KWD"]))
def test_plain_reads_back(minor: int, currency: str) -> None:
    assert money.parse(money.plain(minor, currency), currency) == minor


@pytest.mark.parametrize(
    ("minor", "percent", "share"),
    [(4990, "8", 399), (50, "1", 1), (49, "1", 0), (150, "1", 2), (10**12, "12.345", 123450000000)],
)
def test_a_share_is_rounded_half_up(minor: int, percent: str, share: int) -> None:
    assert money.percent_of(minor, Decimal(percent)) == share


def test_it_shows_the_currency() -> None:
    assert str(money.Money(4990, "GBP")) == "£49.90"
    assert str(money.Money(4990, "JPY")) == "JP¥4,990"


@pytest.mark.parametrize(
    ("minor", "currency", "shown"),
    [
        pytest.param("399.2", "GBP", "£3.992", id="a_part_of_a_penny"),
        pytest.param("400", "GBP", "£4.00", id="whole"),
        pytest.param("52.8", "JPY", "JP¥52.8", id="without_decimals"),
    ],
)
def test_it_shows_what_is_rounded_afterwards(minor: str, currency: str, shown: str) -> None:
    assert money.unrounded(Decimal(minor), currency) == shown
