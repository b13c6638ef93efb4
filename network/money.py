"""Money: integer minor units and an ISO 4217 code; the only place that rounds or splits.

Knows no Django.
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from decimal import ROUND_HALF_UP, Decimal
from functools import cache, lru_cache

from babel.core import get_global
from babel.numbers import (
    format_currency,
    get_currency_name,
    get_currency_precision,
    list_currencies,
)

MAX_MINOR = 10**13
"""Amounts above are taken for mistakes: a hundred billion in a currency with two decimals."""

NOISE = Decimal("0.000001")
"""A difference below this comes from binary fractions (``0.1 + 0.2``), and means nothing."""

_AMOUNT = re.compile(r"(\d{1,15})(?:\.(\d{1,30}))?")


class AmountError(ValueError):
    """An amount that is not one; ``expected`` says what would have been."""

    def __init__(self, expected: str) -> None:
        super().__init__(expected)
        self.expected = expected


@dataclass(frozen=True, slots=True)
class Money:
    """An amount in minor units of one currency."""

    minor: int
    currency: str

    def __str__(self) -> str:
        return display(self.minor, self.currency)


@lru_cache(maxsize=1)
def currencies() -> frozenset[str]:
    return frozenset(list_currencies())


@cache
def names_in_use() -> Sequence[tuple[str, str]]:
    """Codes of the currencies that people pay with today, each as ``GBP · British Pound``."""
    places = get_global("territory_currencies").values()
    held = {row[0] for place in places for row in place if row[3] and not row[2]}
    return [(code, f"{code} · {get_currency_name(code, locale='en')}") for code in sorted(held)]


@cache
def decimals(currency: str) -> int:
    """How many decimals the currency has: 2 for GBP, 0 for JPY."""
    return get_currency_precision(currency)


def parse(text: str, currency: str, *, drops_noise: bool = False) -> int:
    """Minor units from a plain decimal number such as ``49.90``. Raises AmountError for signs,
    exponents, separators, NaN, too many decimals and absurd sizes. With ``drops_noise``, decimals
    beyond the currency's may be there if they say nothing: zeros, and what is below NOISE."""
    places = decimals(currency)
    match = _AMOUNT.fullmatch(text)
    if match is None or not text.isascii():
        raise AmountError("a number such as 49.90, without sign, exponent or thousands separator")
    exact = Decimal(text)
    rounded = exact.quantize(Decimal(1).scaleb(-places), rounding=ROUND_HALF_UP)
    too_long = len(match[2] or "") > places
    if too_long and not (drops_noise and abs(exact - rounded) < NOISE):
        raise AmountError(f"at most {places} decimals in {currency}")
    minor = int(rounded.scaleb(places))
    if minor > MAX_MINOR:
        raise AmountError(f"at most {plain(MAX_MINOR, currency)}")
    return minor


def plain(minor: int, currency: str) -> str:
    """``4990`` GBP as ``49.90``: what :func:`parse` reads."""
    places = decimals(currency)
    return f"{Decimal(minor).scaleb(-places):.{places}f}"


def display(minor: int, currency: str, locale: str = "en_GB") -> str:
    """``4990`` GBP as ``£49.90``."""
    return format_currency(Decimal(minor).scaleb(-decimals(currency)), currency, locale=locale)


def display_average(minor: int, number: int, currency: str, locale: str = "en_GB") -> str:
    """``4990`` GBP over 121 as ``£0.412``: with a decimal more than the currency has."""
    rounded = average(minor, number, currency)
    return format_currency(rounded, currency, locale=locale, decimal_quantization=False)


def average(minor: int, number: int, currency: str) -> Decimal:
    """``4990`` GBP over 121 as ``0.412``, rounded half up."""
    places = decimals(currency)
    exact = (Decimal(minor) / number).scaleb(-places)
    return exact.quantize(Decimal(1).scaleb(-places - 1), rounding=ROUND_HALF_UP)


def unrounded(minor: Decimal, currency: str, locale: str = "en_GB") -> str:
    """``399.2`` GBP as ``£3.992``: what is rounded to minor units afterwards."""
    amount = minor.scaleb(-decimals(currency))
    pattern = "¤#,##0.00######" if decimals(currency) else "¤#,##0.######"
    return format_currency(amount, currency, pattern, locale=locale, currency_digits=False)


def percent_of(minor: int, percent: Decimal) -> int:
    """The share, rounded once, half up, to the minor unit."""
    return int((Decimal(minor) * percent / 100).quantize(Decimal(1), rounding=ROUND_HALF_UP))
