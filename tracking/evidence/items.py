"""The items of an order, as a report lists them: read and checked. Pure.

What was bought is told to staff and pays nobody by itself (``parts`` do), so a wrong item never
costs the sale: it is left out with a note that names it, such as ``items[2].price``.
"""

import json
from collections.abc import Collection, Iterable, Mapping
from dataclasses import asdict, dataclass, field
from decimal import Decimal, InvalidOperation
from typing import Any

from network import money
from tracking.evidence.wrong import MAX_SHOWN, FieldError
from tracking.remedies.wordings import Expected, Remedy
from tracking.rule.text import printable, visible

MOST_KEPT_ITEMS = 200
"""Of a report. A basket with more has its first ones shown; each is one row of a page."""
MOST_OF_ITEM = {"id": 64, "sku": 64, "name": 120, "category": 120}
"""Characters of each text of an item."""
MOST_QUANTITY = 1_000_000
MOST_NOTES = 10
"""Of one report: a mistake of the shop's template is the same in each of its items."""


@dataclass(frozen=True, slots=True)
class OrderItem:
    """What was bought: ``price_minor`` is that of one piece; None, where it is not known."""

    id: str = ""
    sku: str = ""
    name: str = ""
    category: str = ""
    group: str = ""
    price_minor: int | None = None
    quantity: int | None = 1


def read_items(
    value: object, currency: str, groups: Collection[str]
) -> tuple[tuple[OrderItem, ...], list[FieldError]]:
    """The items that can be kept, and notes about what was left out of them. A list, or the same
    as JSON text, as it is in an address or a form."""
    listed = _listed(value)
    if listed is None:
        note = FieldError(
            "items", _shown(value), Expected.ITEMS.of(), Remedy.LEFT_OUT_OF_ITEMS.of()
        )
        return (), [note]
    reading = _Items(currency, groups)
    found = [reading.of(at, one) for at, one in enumerate(listed[:MOST_KEPT_ITEMS])]
    if len(listed) > MOST_KEPT_ITEMS:
        most = MOST_KEPT_ITEMS
        remedy = Remedy.MOST_ITEMS.of(most=most)
        reading.note("items", str(len(listed)), Expected.MOST_ITEMS.of(most=most), remedy)
    return tuple(filter(None, found)), reading.notes


def kept_items(items: Iterable[OrderItem]) -> list[dict[str, Any]]:
    """Items as they are kept, without what is empty."""
    whole = map(asdict, items)
    return [{name: it for name, it in item.items() if it not in ("", None)} for item in whole]


def _listed(value: object) -> list[object] | None:
    if isinstance(value, str):
        try:
            value = json.loads(value) if value.strip() else []
        except (ValueError, RecursionError):
            return None
    return value if isinstance(value, list) else None


def _shown(value: object) -> str:
    return visible(value if isinstance(value, str) else str(value)[:MAX_SHOWN], MAX_SHOWN)


@dataclass(frozen=True, slots=True)
class _Items:
    """Items while they are read, and the notes so far."""

    currency: str
    groups: Collection[str]
    notes: list[FieldError] = field(default_factory=list)

    def note(self, name: str, received: object, expected: str, remedy: str) -> None:
        if len(self.notes) < MOST_NOTES:
            self.notes.append(FieldError(name, _shown(received), expected, remedy))

    def of(self, at: int, given: object) -> OrderItem | None:
        """None for what says nothing."""
        place = f"items[{at}]"
        if not isinstance(given, Mapping):
            self.note(place, given, Expected.ITEM.of(), Remedy.LEFT_OUT_OF_ITEMS.of())
            return None
        texts = {name: self._text(place, given, name) for name in MOST_OF_ITEM}
        group, price = self._group(place, given), self._price(place, given)
        if price is None and not group and not any(texts.values()):
            return None
        return OrderItem(
            **texts, group=group, price_minor=price, quantity=self._quantity(place, given)
        )

    def _text(self, place: str, given: Mapping[str, object], name: str) -> str:
        value, most = given.get(name), MOST_OF_ITEM[name]
        text = "" if value is None else str(value).strip()
        is_text = value is None or (isinstance(value, str | int | float) and value is not True)
        if is_text and len(text) <= most and "\ufffd" not in text:
            return printable(text, most)
        self._leave_out(place, name, value, Expected.SHORT_TEXT.of(most=most))
        return ""

    def _group(self, place: str, given: Mapping[str, object]) -> str:
        value = given.get("group")
        if value is None or value == "":
            return ""
        if isinstance(value, str) and value in self.groups:
            return value
        known = ", ".join(sorted(self.groups))
        self._leave_out(place, "group", value, Expected.ONE_OF.of(known=known))
        return ""

    def _price(self, place: str, given: Mapping[str, object]) -> int | None:
        value = given.get("price")
        if value is None or value == "":
            return None
        try:
            return money.parse(str(value).strip(), self.currency, drops_noise=True)
        except money.AmountError as error:
            self._leave_out(place, "price", value, error.expected)
            return None

    def _quantity(self, place: str, given: Mapping[str, object]) -> int | None:
        value = given.get("quantity")
        if value is None or value == "":
            return 1
        number = _whole(value)
        if number is not None and 1 <= number <= MOST_QUANTITY:
            return number
        self._leave_out(place, "quantity", value, Expected.QUANTITY.of(most=MOST_QUANTITY))
        return None

    def _leave_out(self, place: str, name: str, value: object, expected: str) -> None:
        self.note(f"{place}.{name}", value, expected, Remedy.LEFT_OUT_OF_ITEMS.of())


def _whole(value: object) -> int | None:
    """The number, where it is a whole one in plain digits."""
    text = "" if isinstance(value, bool) else str(value).strip()
    if len(text) > len(str(MOST_QUANTITY)) + 2 or not text.isascii():
        return None
    try:
        number = Decimal(text)
    except InvalidOperation:
        return None
    return int(number) if number.is_finite() and number == number.to_integral_value() else None
