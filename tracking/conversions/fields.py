"""What a report of a sale says, field by field: read and checked. Pure."""

import re
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass

from network import money
from tracking.rule.text import printable

MAX_ORDER, MAX_VOUCHER, MAX_CHANNEL = 64, 100, 60
MAX_TEXT = 1_000
DEFAULT_GROUP = "DEFAULT"
_PART = re.compile(r"([A-Za-z0-9_.-]{1,30}):([^|]*)")


@dataclass(frozen=True, slots=True)
class FieldError:
    """What was wrong with one field, and what to do about it."""

    field: str
    received: str
    expected: str
    remedy: str

    def __str__(self) -> str:
        return f"{self.field}: received {self.received!r}, expected {self.expected}"


class InvalidReport(ValueError):
    """A report that cannot be used; ``errors`` name each field."""

    def __init__(self, errors: Sequence[FieldError]) -> None:
        super().__init__("; ".join(map(str, errors)))
        self.errors = tuple(errors)


@dataclass(frozen=True, slots=True)
class Part:
    """What a commission group has in a sale, in minor units."""

    group: str
    amount_minor: int


@dataclass(frozen=True, slots=True)
class SaleFigures:
    """What a sale is worth. Two reports of an order agree when these are equal."""

    amount_minor: int
    currency: str
    parts: tuple[Part, ...]


@dataclass(frozen=True, slots=True)
class SaleFields:
    """The fields of a report, checked."""

    order: str
    figures: SaleFigures
    voucher: str = ""
    channel: str = ""
    customer: str = ""
    test: bool = False


@dataclass(frozen=True, slots=True)
class Terms:
    """What the fields are read by: the advertiser's currency and commission groups."""

    currency: str
    groups: Collection[str]


def read_fields(data: Mapping[str, object], terms: Terms) -> SaleFields:
    """The sale that a report tells of. Raises InvalidReport with every field that is wrong."""
    errors: list[FieldError] = []
    order = _order(data, errors)
    currency = _currency(data, terms, errors)
    amount = _amount("amount", _text(data, "amount"), currency, errors)
    parts = _parts(_text(data, "parts"), amount, (currency, terms.groups), errors)
    customer = _customer(data, errors)
    if errors:
        raise InvalidReport(errors)
    return SaleFields(
        order=order,
        figures=SaleFigures(amount, currency, parts),
        voucher=_text(data, "voucher")[:MAX_VOUCHER],
        channel=_text(data, "channel")[:MAX_CHANNEL],
        customer=customer,
        test=_text(data, "test") in ("1", "true", "True"),
    )


def _text(data: Mapping[str, object], name: str) -> str:
    value = data.get(name)
    text = "" if value is None else str(value)
    return printable(text.strip(), MAX_TEXT)


def _order(data: Mapping[str, object], errors: list[FieldError]) -> str:
    raw = data.get("order")
    order = "" if raw is None else str(raw).strip()
    if not order or len(order) > MAX_ORDER or not order.isprintable():
        errors.append(
            FieldError(
                "order",
                printable(order, 80),
                f"1 to {MAX_ORDER} printable characters",
                "Send the shop's unique reference of this order.",
            )
        )
    return order


def _currency(data: Mapping[str, object], terms: Terms, errors: list[FieldError]) -> str:
    currency = _text(data, "currency") or terms.currency
    if currency not in money.currencies():
        expected = "an ISO 4217 code in capitals"
        errors.append(FieldError("currency", currency[:80], expected, "Send e.g. EUR."))
    elif currency != terms.currency:
        errors.append(
            FieldError(
                "currency",
                currency,
                terms.currency,
                f"Report the sale in {terms.currency}: there is no daily rate from {currency}.",
            )
        )
    return currency if currency in money.currencies() else terms.currency


def _amount(name: str, text: str, currency: str, errors: list[FieldError]) -> int:
    try:
        return money.parse(text, currency)
    except money.AmountError as error:
        remedy = "Send the total after discounts, without tax and shipping."
        errors.append(FieldError(name, text[:80], error.expected, remedy))
        return 0


def _parts(
    text: str,
    amount: int,
    terms: tuple[str, Collection[str]],
    errors: list[FieldError],
) -> tuple[Part, ...]:
    currency, groups = terms
    if not text:
        return (Part(DEFAULT_GROUP, amount),)
    parts: list[Part] = []
    before = len(errors)
    for item in text.split("|"):
        match = _PART.fullmatch(item)
        if match is None:
            errors.append(FieldError("parts", item[:80], "CODE:amount", "Join parts with |."))
        elif match[1] not in groups:
            known = ", ".join(sorted(groups))
            errors.append(FieldError("parts", match[1], f"one of {known}", "Use a known code."))
        else:
            parts.append(Part(match[1], _amount("parts", match[2], currency, errors)))
    total = sum(part.amount_minor for part in parts)
    if len(errors) == before and total != amount:
        expected = f"parts that add up to {money.plain(amount, currency)}"
        errors.append(
            FieldError("parts", money.plain(total, currency), expected, "Correct the parts.")
        )
    return tuple(parts)


def _customer(data: Mapping[str, object], errors: list[FieldError]) -> str:
    customer = _text(data, "customer").lower()
    if customer not in ("", "new", "returning"):
        expected = "new or returning"
        errors.append(FieldError("customer", customer[:80], expected, "Leave it out if unknown."))
    return customer
