"""What a report of a sale says, field by field: read and checked. Pure.

What a sale cannot do without (order, amount, currency, parts) has to be right. A wrong field of the
others is left out with a note: it never costs the sale.
"""

import json
import re
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from math import isfinite
from urllib.parse import unquote

from network import money
from tracking.evidence.items import OrderItem, read_items
from tracking.evidence.wrong import MAX_SHOWN as MAX_SHOWN
from tracking.evidence.wrong import FieldError as FieldError
from tracking.remedies.wordings import Expected, Remedy
from tracking.rule.text import composed, is_seen, printable, visible

MAX_ORDER, MAX_VOUCHER, MAX_CHANNEL = 64, 100, 60
MOST_SENT = 300
MOST_ITEMS_SENT = 2_000
"""Characters that are kept of a field of a report that is refused."""
SENT = ("order", "amount", "currency", "parts", "voucher", "customer", "channel")
"""The fields that say what was sold."""
KEPT = (*SENT, "items", "test", "sig")
"""The fields that are kept of it as they came."""
DEFAULT_GROUP = "DEFAULT"
NO_TEST = frozenset({"", "0", "false", "no", "off"})
"""What says that a report is none of a test. Anything else is one: money is never made by a word
that nobody knows."""

_GROUPED = re.compile(r"[0-9]{1,3}(?:,[0-9]{3})+(?:[.][0-9]+)?")
THOUSAND = 3
"""Digits between two separators."""
_PART = re.compile(r"([A-Za-z0-9_.-]{1,30}):([^|]*)")
_PLACEHOLDER = re.compile(
    r"""
    .*(?:\{\{.*\}\} | \$\{.*\} | \#\{.*\} | <%.*%> | %%.+%% | \[\[.*\]\] | \[object\ \w+\]).*
    | (?:undefined|null|none|nan)
    | \{[A-Za-z_.$ ]+\} | %[A-Za-z_.]+% | __[A-Za-z_]+__ | \$[A-Za-z_][\w.>-]*
    | \[[A-Za-z]+(?:[_.][A-Za-z]+)+\]
    | .*(?:\{%.*%\} | <\?.*\?> | \*\|.+\|\*).* | @[A-Za-z_.]+@ | \{![A-Za-z_.]+\}
    """,
    re.VERBOSE | re.IGNORECASE,
)
"""What a template or a script has not filled in. A GUID in braces has digits and is a value."""
_NAMES_NOTHING = re.compile(
    r"""
    (?:(?:your|my|the|insert)[_\s-]?)? order [_\s-]? (?:id|no|nr|number|ref|reference)?
    | true | false | nil | n/a | infinity | \((?:none|nil)\) | \{\d\} | \[[A-Za-z]+\]
    | (?:async\ )?function\b.* | .*=>.* | promise\b.*
    """,
    re.VERBOSE | re.IGNORECASE,
)
"""What is left of instructions, or what a script makes of something that is no reference. Every
order would have it."""
_EMPTY_WORD = re.compile(r"(?:^|[^A-Za-z])(?:(?i:undefined|null)|NaN)(?:$|[^A-Za-z])")
"""Inside an order reference, such as ``ORD-undefined``: all orders would be one."""


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
    """The fields of a report, checked. ``notes`` say what was left out, and why."""

    order: str
    figures: SaleFigures
    voucher: str = ""
    channel: str = ""
    customer: str = ""
    test: bool = False
    notes: tuple[FieldError, ...] = ()
    items: tuple[OrderItem, ...] = ()


@dataclass(frozen=True, slots=True)
class Terms:
    """What the fields are read by: the advertiser's currency and commission groups. ``is_lenient``:
    as another network reads them, with thousands separators that can be nothing else, and groups in
    any case."""

    currency: str
    groups: Collection[str]
    is_lenient: bool = False


_NO_TERMS = Terms("", ())
"""By which an order is named, and nothing else."""


def as_sent(data: Mapping[str, object]) -> dict[str, str]:
    """The fields of a report as they came, as text that can be kept and shown; those that did not
    come are not there."""
    found = {name: data[name] for name in KEPT if data.get(name) is not None}
    return {name: _shown(name, value) for name, value in found.items()}


def _shown(name: str, value: object) -> str:
    text = json.dumps(value) if isinstance(value, list | dict) else str(value)
    return visible(text, MOST_ITEMS_SENT if name == "items" else MOST_SENT)


def is_test(text: str) -> bool:
    """Whether this in ``test`` makes the report a test."""
    return text.strip().lower() not in NO_TEST


def is_placeholder(text: str) -> bool:
    """Whether it is what stands in a template or script instead of a value: ``{{ order.id }}``,
    ``undefined``, ``[object Object]``."""
    return _PLACEHOLDER.fullmatch(text) is not None


def read_fields(data: Mapping[str, object], terms: Terms) -> SaleFields:
    """The sale that a report tells of. Raises InvalidReport with every field that is wrong."""
    reading = _Reading(data, terms, [], [])
    order = _order(reading)
    currency = _currency(reading)
    amount = _amount(reading, "amount", reading.text("amount"), currency)
    parts = _parts(reading, amount, currency)
    optional = {
        "customer": _customer(reading),
        "voucher": _short_text(reading, "voucher", MAX_VOUCHER),
        "channel": _short_text(reading, "channel", MAX_CHANNEL),
    }
    items = _items(reading, currency)
    if reading.errors:
        raise InvalidReport(reading.errors)
    return SaleFields(
        order=order,
        figures=SaleFigures(amount, currency, parts),
        **optional,
        test=is_test(reading.text("test")),
        notes=tuple(reading.notes),
        items=items,
    )


def read_order(data: Mapping[str, object]) -> str:
    """The order that is named, as a report of it is read. Raises InvalidReport."""
    reading = _Reading(data, _NO_TERMS, [], [])
    order = _order(reading)
    if reading.errors:
        raise InvalidReport(reading.errors)
    return order


def read_amount(data: Mapping[str, object], currency: str) -> int | None:
    """What an order is said to cost, in minor units, as a report of it is read; None where that is
    left out. Raises InvalidReport."""
    reading = _Reading(data, _NO_TERMS, [], [])
    text = reading.text("amount")
    minor = _amount(reading, "amount", text, currency) if text else None
    if reading.errors:
        raise InvalidReport(reading.errors)
    return minor


@dataclass(frozen=True, slots=True)
class _Reading:
    """A report while it is read: what came, and what was found wrong so far."""

    data: Mapping[str, object]
    terms: Terms
    errors: list[FieldError]
    notes: list[FieldError]

    def text(self, name: str) -> str:
        """The field as text, as it came but for blanks around it."""
        value = self.data.get(name)
        return "" if value is None else str(value).strip()

    def is_scalar(self, name: str) -> bool:
        value = self.data.get(name)
        if isinstance(value, float):
            return isfinite(value)
        return value is None or (isinstance(value, str | int) and not isinstance(value, bool))

    def refuse(self, name: str, received: str, expected: str, remedy: str) -> None:
        self.errors.append(FieldError(name, visible(received, MAX_SHOWN), expected, remedy))

    def note(self, name: str, received: str, expected: str, remedy: str) -> None:
        self.notes.append(FieldError(name, visible(received, MAX_SHOWN), expected, remedy))


def _order(reading: _Reading) -> str:
    raw = reading.data.get("order")
    is_whole = isinstance(raw, float) and raw.is_integer()
    order = composed(
        str(int(raw)) if isinstance(raw, float) and is_whole else reading.text("order")
    )
    if expected := _wrong_with_order(reading, order):
        reading.refuse("order", order, expected, Remedy.ORDER.of())
    return order


def _wrong_with_order(reading: _Reading, order: str) -> str:
    """What an order reference should have been; empty when it is one."""
    if not reading.is_scalar("order"):
        return Expected.TEXT_OR_NUMBER.of()
    if "\ufffd" in order:
        return Expected.UTF8.of()
    if not order or len(order) > MAX_ORDER or not is_seen(order):
        return Expected.PRINTABLE.of(most=MAX_ORDER)
    is_unfilled = is_placeholder(unquote(order)) or _NAMES_NOTHING.fullmatch(order)
    return Expected.FILLED_IN.of() if is_unfilled or _EMPTY_WORD.search(order) else ""


def _currency(reading: _Reading) -> str:
    own = reading.terms.currency
    received = reading.text("currency")
    currency = received.upper() or own
    if currency not in money.currencies():
        reading.refuse("currency", received, Expected.ISO_4217.of(), Remedy.CODE.of())
        return own
    if currency != own:
        remedy = Remedy.OWN_CURRENCY.of(own=own, currency=currency)
        reading.refuse("currency", received, own, remedy)
    return currency


def _amount(reading: _Reading, name: str, text: str, currency: str) -> int:
    if reading.terms.is_lenient and (grouped := _without_separators(text, currency)):
        remedy = Remedy.SEPARATORS.of(amount=grouped)
        reading.note(name, text, Expected.AMOUNT.of(), remedy)
        text = grouped
    try:
        minor = money.parse(text, currency, drops_noise=True)
    except money.AmountError as error:
        reading.refuse(name, text, error.expected, Remedy.TOTAL.of())
        return 0
    places = money.decimals(currency)
    if len(text.partition(".")[2]) > places:
        remedy = Remedy.ROUND.of(amount=money.plain(minor, currency))
        reading.note(name, text, Expected.DECIMALS.of(places=places, currency=currency), remedy)
    return minor


def _without_separators(text: str, currency: str) -> str:
    """An amount such as ``1,234.50`` without its separators; empty for any other. Where a currency
    has three decimals, ``1,234`` may be less than two."""
    is_grouped = _GROUPED.fullmatch(text)
    is_clear = "." in text or text.count(",") > 1 or money.decimals(currency) != THOUSAND
    return text.replace(",", "") if is_grouped and is_clear else ""


def _parts(reading: _Reading, amount: int, currency: str) -> tuple[Part, ...]:
    text = reading.text("parts")
    if not text:
        return (Part(DEFAULT_GROUP, amount),)
    before = len(reading.errors)
    parts = [part for item in text.split("|") if (part := _part(reading, item, currency))]
    total = sum(part.amount_minor for part in parts)
    if len(reading.errors) == before and total != amount:
        expected = Expected.SUM.of(amount=money.plain(amount, currency))
        reading.refuse("parts", money.plain(total, currency), expected, Remedy.PARTS.of())
    return tuple(parts)


def _part(reading: _Reading, item: str, currency: str) -> Part | None:
    match = _PART.fullmatch(item)
    if match is None:
        reading.refuse("parts", item, Expected.PART.of(), Remedy.JOIN.of())
        return None
    group = _group(reading.terms, match[1])
    if group is None:
        known = ", ".join(sorted(reading.terms.groups))
        expected = Expected.ONE_OF.of(known=known)
        reading.refuse("parts", match[1], expected, Remedy.KNOWN_CODE.of())
        return None
    return Part(group, _amount(reading, "parts", match[2].strip(" "), currency))


def _group(terms: Terms, code: str) -> str | None:
    """The commission group that is meant; None where there is no such one."""
    if code in terms.groups or not terms.is_lenient:
        return code if code in terms.groups else None
    return next((own for own in sorted(terms.groups) if own.lower() == code.lower()), None)


def _items(reading: _Reading, currency: str) -> tuple[OrderItem, ...]:
    given = reading.data.get("items")
    if given is None:
        return ()
    items, notes = read_items(given, currency, reading.terms.groups)
    reading.notes.extend(notes)
    return items


def _customer(reading: _Reading) -> str:
    customer = reading.text("customer").lower()
    if customer in ("", "new", "returning"):
        return customer
    received, expected = reading.text("customer"), Expected.CUSTOMER.of()
    reading.note("customer", received, expected, Remedy.LEAVE_OUT.of())
    return ""


def _short_text(reading: _Reading, name: str, limit: int) -> str:
    text = reading.text(name)
    fits = reading.is_scalar(name) and len(text) <= limit and "\ufffd" not in text
    if fits and not is_placeholder(text):
        return printable(text, limit)
    reading.note(name, text, Expected.SHORT_TEXT.of(most=limit), Remedy.LEAVE_OUT.of())
    return ""
