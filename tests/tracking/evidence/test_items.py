"""Items of an order: what is kept of them, what is left out, and that none of it costs a sale."""

import json
from typing import Any

import pytest

from tracking.evidence.fields import Terms, read_fields
from tracking.evidence.items import MOST_KEPT_ITEMS, MOST_NOTES, OrderItem, kept_items

POUNDS = Terms("GBP", {"DEFAULT", "SALE"})
STOVE: dict[str, Any] = {
    "id": "7",
    "sku": "EMB-1",
    "name": "Ember gas stove",
    "category": "Stoves",
    "group": "SALE",
    "price": "49.90",
    "quantity": 2,
}
WRONG_PRICES: list[Any] = ["49,90", "-1", -1, "1e3", "£5", True, [], {}, "49.999", float("nan")]
WRONG_QUANTITIES: list[Any] = [
    *(0, -1, 1.5, "two", True, [], {}, 1_000_001, "1e9", "٣", "9" * 5_000, float("inf"))
]


def read(items: object, terms: Terms = POUNDS) -> tuple[tuple[OrderItem, ...], list[str]]:
    """The items, and the fields that the notes name. The sale is always taken."""
    sale = read_fields({"order": "1", "amount": "99.80", "items": items}, terms)
    assert sale.figures.amount_minor == 9980
    return sale.items, [note.field for note in sale.notes]


def test_all_of_an_item_is_kept() -> None:
    whole = OrderItem("7", "EMB-1", "Ember gas stove", "Stoves", "SALE", 4990, 2)
    assert read([STOVE]) == ((whole,), [])
    assert read(json.dumps([STOVE])) == ((whole,), [])


def test_what_is_empty_is_not_kept() -> None:
    items, notes = read([{"sku": " A ", "name": None, "price": ""}])
    assert (kept_items(items), notes) == ([{"sku": "A", "quantity": 1}], [])


@pytest.mark.parametrize("items", [None, [], "", "[]"])
def test_no_items(items: object) -> None:
    assert read(items) == ((), [])


@pytest.mark.parametrize("items", [{}, STOVE, 1, True, "stove", "{", '{"sku": "1"}', "[" * 100_000])
def test_no_list_is_left_out_by_name(items: object) -> None:
    assert read(items) == ((), ["items"])


@pytest.mark.parametrize("item", ["stove", 1, None, [], [STOVE]])
def test_what_is_no_item_is_left_out_by_its_place(item: object) -> None:
    items, notes = read([STOVE, item, STOVE])
    assert (len(items), notes) == (2, ["items[1]"])


@pytest.mark.parametrize("item", [{}, {"quantity": 3}, {"colour": "red"}])
def test_an_item_that_says_nothing_is_left_out(item: object) -> None:
    assert read([item]) == ((), [])


@pytest.mark.parametrize(
    ("field", "value"),
    [
        *[pytest.param("price", wrong, id=f"price {wrong!r}") for wrong in WRONG_PRICES],
        *[
            pytest.param("quantity", wrong, id=f"quantity {wrong!r:.20}")
            for wrong in WRONG_QUANTITIES
        ],
        pytest.param("group", "OTHER", id="unknown group"),
        pytest.param("group", ["SALE"], id="a list of groups"),
        pytest.param("group", 5, id="a number as group"),
        pytest.param("sku", "x" * 65, id="long sku"),
        pytest.param("name", "x" * 121, id="long name"),
        pytest.param("name", {"en": "Stove"}, id="an object as name"),
        pytest.param("category", True, id="a truth as category"),
        pytest.param("category", "\ufffd", id="no UTF-8"),
    ],
)
def test_a_wrong_field_is_left_out_by_name(field: str, value: object) -> None:
    [item], notes = read([{**STOVE, field: value}])
    assert notes == [f"items[0].{field}"]
    assert field not in kept_items([item])[0]


@pytest.mark.parametrize("quantity", [2, "2", 2.0, "2.0", " 2 "])
def test_quantities_are_whole(quantity: object) -> None:
    [item], notes = read([{**STOVE, "quantity": quantity}])
    assert (item.quantity, notes) == (2, [])


def test_a_price_has_the_decimals_of_the_sales_currency() -> None:
    yen = Terms("JPY", {"DEFAULT"})
    sale = read_fields({"order": "1", "amount": "99", "items": [{"sku": "1", "price": "5.5"}]}, yen)
    assert [note.field for note in sale.notes] == ["items[0].price"]
    assert sale.items == (OrderItem(sku="1"),)


def test_a_long_basket_is_cut() -> None:
    items, notes = read([STOVE] * (MOST_KEPT_ITEMS + 1))
    assert (len(items), notes) == (MOST_KEPT_ITEMS, ["items"])
    assert read([STOVE] * MOST_KEPT_ITEMS)[1] == []


def test_one_mistake_in_each_item_is_noted_a_few_times() -> None:
    items, notes = read([{**STOVE, "price": "x"}] * 100)
    assert (len(items), len(notes)) == (100, MOST_NOTES)


def test_control_characters_are_not_kept() -> None:
    [item], _ = read([{"name": "Sto\x00ve\ud800\n"}])
    assert item.name == "Stove"


def test_the_largest_items_that_are_kept_have_a_bound() -> None:
    wide = {"id": "x" * 64, "sku": "x" * 64, "name": "ü" * 120, "category": "ü" * 120}
    items, _ = read([{**wide, "price": "99999999999.99", "quantity": 1_000_000}] * 1_000)
    assert len(json.dumps(kept_items(items), ensure_ascii=False).encode()) < 160_000
