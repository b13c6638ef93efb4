"""Reading the fields of a report: what is refused, what is left out, and what is understood."""

import pytest

from tracking.evidence.fields import (
    InvalidReport,
    Part,
    SaleFigures,
    Terms,
    read_fields,
)

POUNDS = Terms("GBP", {"DEFAULT", "SALE"})
YEN = Terms("JPY", {"DEFAULT"})
GOOD = {"order": "10023", "amount": "49.90"}


@pytest.mark.parametrize(
    ("data", "terms", "figures"),
    [
        pytest.param(GOOD, POUNDS, (4990, "GBP", [("DEFAULT", 4990)]), id="plain"),
        pytest.param({**GOOD, "amount": "0"}, POUNDS, (0, "GBP", [("DEFAULT", 0)]), id="zero"),
        pytest.param({**GOOD, "amount": 49.9}, POUNDS, (4990, "GBP", [("DEFAULT", 4990)]), id="no"),
        pytest.param({**GOOD, "amount": "4990"}, YEN, (4990, "JPY", [("DEFAULT", 4990)]), id="yen"),
        pytest.param(
            {**GOOD, "parts": "SALE:9.90|DEFAULT:40.00"},
            POUNDS,
            (4990, "GBP", [("SALE", 990), ("DEFAULT", 4000)]),
            id="parts",
        ),
    ],
)
def test_it_reads_figures(
    data: dict[str, object], terms: Terms, figures: tuple[int, str, list[tuple[str, int]]]
) -> None:
    amount, currency, parts = figures
    expected = SaleFigures(amount, currency, tuple(Part(*part) for part in parts))
    assert read_fields(data, terms).figures == expected


@pytest.mark.parametrize(
    ("change", "field"),
    [
        *[
            pytest.param({"amount": text}, "amount", id=f"amount {text!r}")
            for text in (
                "",
                "NaN",
                "-1",
                "+1",
                "1e5",
                "1,000.00",
                "49.999",
                "1.",
                ".5",
                "٤٩",
                "0x1",
                "10\t20",
                "49\n90",
                "12\u200b34",
                "1\u202f234",
                "1\u00a0234.50",
                "49.90\u200b",
                "1 234",
                "49.9001",
                "49.90001",
                "undefined",
            )
        ],
        pytest.param({"amount": "9" * 15}, "amount", id="absurd amount"),
        pytest.param({"amount": "Infinity"}, "amount", id="infinity"),
        pytest.param({"amount": None}, "amount", id="no amount"),
        pytest.param({"order": ""}, "order", id="no order"),
        pytest.param({"order": "x" * 65}, "order", id="over-long order"),
        pytest.param({"order": "a\x00b"}, "order", id="control character in order"),
        pytest.param({"currency": "GPB"}, "currency", id="unknown currency"),
        pytest.param({"currency": "EUR"}, "currency", id="currency without a rate"),
        pytest.param({"parts": "DEFAULT:1.00"}, "parts", id="parts do not add up"),
        pytest.param({"parts": "NONE:49.90"}, "parts", id="unknown group"),
        pytest.param({"parts": "DEFAULT=49.90"}, "parts", id="malformed parts"),
        pytest.param({"parts": "DEFAULT:59.90|SALE:-10.00"}, "parts", id="negative part"),
        pytest.param({"parts": "DEFAULT:49\t.90"}, "parts", id="invisible character in a part"),
    ],
)
def test_it_names_the_wrong_field_and_the_remedy(change: dict[str, object], field: str) -> None:
    with pytest.raises(InvalidReport) as caught:
        read_fields({**GOOD, **change}, POUNDS)
    assert {error.field for error in caught.value.errors} == {field}
    assert all(error.expected and error.remedy for error in caught.value.errors)


def test_it_names_every_wrong_field_at_once() -> None:
    with pytest.raises(InvalidReport) as caught:
        read_fields({"order": "", "amount": "x", "currency": "x"}, POUNDS)
    assert [error.field for error in caught.value.errors] == ["order", "currency", "amount"]


@pytest.mark.parametrize(
    ("amount", "terms", "minor"),
    [
        pytest.param("49.9000", POUNDS, 4990, id="zeros"),
        pytest.param("705.00", YEN, 705, id="zeros_in_yen"),
        pytest.param(0.1 + 0.2, POUNDS, 30, id="sum_of_binary_fractions"),
        pytest.param("48.99999999999999", POUNDS, 4900, id="just_below"),
        pytest.param("49.9000009", POUNDS, 4990, id="below_a_millionth"),
    ],
)
def test_decimals_that_say_nothing_are_dropped_with_a_note(
    amount: object, terms: Terms, minor: int
) -> None:
    sale = read_fields({**GOOD, "amount": amount}, terms)
    assert sale.figures.amount_minor == minor
    assert [note.field for note in sale.notes] == ["amount"]


@pytest.mark.parametrize("currency", ["gbp", "Gbp", " GBP ", ""])
def test_a_currency_is_read_in_any_case(currency: str) -> None:
    assert read_fields({**GOOD, "currency": currency}, POUNDS).figures.currency == "GBP"


@pytest.mark.parametrize(
    ("change", "kept"),
    [
        pytest.param({"customer": "loyal"}, "", id="unknown_kind_of_customer"),
        pytest.param({"customer": {"id": 7}}, "", id="customer_is_an_object"),
        pytest.param({"voucher": "v" * 101}, "", id="over_long_voucher"),
        pytest.param({"voucher": ["SAVE5"]}, "", id="voucher_is_a_list"),
        pytest.param({"voucher": "{{ cart.coupon }}"}, "", id="voucher_not_filled_in"),
        pytest.param({"channel": "undefined"}, "", id="channel_not_filled_in"),
        pytest.param({"channel": "caf\ufffd"}, "", id="channel_no_utf_8"),
    ],
)
def test_a_wrong_optional_field_never_costs_the_sale(change: dict[str, object], kept: str) -> None:
    sale = read_fields({**GOOD, **change}, POUNDS)
    [name] = change
    assert sale.figures.amount_minor == 4990
    assert getattr(sale, name) == kept
    assert [note.field for note in sale.notes] == [name]
    assert all(note.expected and note.remedy for note in sale.notes)


@pytest.mark.parametrize("test", ["", "0", "false", "False", "no", "OFF", None, False, 0])
def test_what_is_no_test(test: object) -> None:
    assert not read_fields({**GOOD, "test": test}, POUNDS).test


@pytest.mark.parametrize("test", ["1", "true", "TRUE", "yes", "on", "y", "maybe", True, 1, "{{t}}"])
def test_anything_else_is_a_test_and_never_money(test: object) -> None:
    assert read_fields({**GOOD, "test": test}, POUNDS).test


PLACEHOLDERS = [
    "undefined",
    "null",
    "NaN",
    "None",
    "{{order_id}}",
    "{{ order.id }}",
    "A-{{order}}",
    "${order}",
    "%%ORDER%%",
    "%order%",
    "{order_id}",
    "<%= order %>",
    "#{order}",
    "[[order]]",
    "[order_id]",
    "__ORDER__",
    "$orderId",
    "[object Object]",
    "{% order.id %}",
    "<?php echo $order ?>",
    "*|ORDER|*",
    "@order@",
    "{!Order.Id}",
    "%7B%7Border%7D%7D",
]
NAMES_NOTHING = [
    *("order", "ORDER_ID", "orderNumber", "YOUR_ORDER_ID", "insert order no", "[order]", "{0}"),
    *("true", "False", "nil", "N/A", "(none)", "Infinity", "function () { return id }", "() => id"),
    "Promise { <pending> }",
]


@pytest.mark.parametrize("order", [*PLACEHOLDERS, *NAMES_NOTHING])
def test_an_order_that_was_not_filled_in_is_refused(order: str) -> None:
    with pytest.raises(InvalidReport) as caught:
        read_fields({**GOOD, "order": order}, POUNDS)
    [error] = caught.value.errors
    assert (error.field, error.received) == ("order", order)
    assert "placeholder" in error.expected


@pytest.mark.parametrize("order", ["ORD-undefined", "null-7", "A/NaN"])
def test_a_reference_around_an_empty_word_is_refused(order: str) -> None:
    with pytest.raises(InvalidReport):
        read_fields({**GOOD, "order": order}, POUNDS)


@pytest.mark.parametrize(
    "order", [True, False, {"id": 1}, ["1"], float("nan"), float("inf"), "a\ufffdb"]
)
def test_an_order_that_is_no_text_or_number_is_refused(order: object) -> None:
    with pytest.raises(InvalidReport) as caught:
        read_fields({**GOOD, "order": order}, POUNDS)
    assert {error.field for error in caught.value.errors} == {"order"}


@pytest.mark.parametrize(
    ("order", "kept"),
    [
        ("2017/06/05-1", "2017/06/05-1"),
        ("#1", "#1"),
        ("0001", "0001"),
        ("{3F2504E0-4F89-11D3-9A0C-0305E82C3301}", "{3F2504E0-4F89-11D3-9A0C-0305E82C3301}"),
        ("NANCY-1", "NANCY-1"),
        ("nullify", "nullify"),
        ("Größe 7", "Größe 7"),
        ("100%", "100%"),
        ("<script>", "<script>"),
        ("ORDER-7", "ORDER-7"),
        ("order7", "order7"),
        ("preorder", "preorder"),
        ("trueblue", "trueblue"),
        ("[B2B] 7", "[B2B] 7"),
        ("{10023}", "{10023}"),
        ("A->7", "A->7"),
        (10023, "10023"),
        (10023.0, "10023"),
    ],
)
def test_unusual_references_are_kept(order: object, kept: str) -> None:
    assert read_fields({**GOOD, "order": order}, POUNDS).order == kept


ONE_ORDER = [
    pytest.param("Gr\u00f6\u00dfe 7", "Gro\u0308\u00dfe 7", id="two_characters"),
    pytest.param("K-1", "\u212a-1", id="kelvin_sign"),
    pytest.param("\u2764-1", "\u2764\ufe0f-1", id="variation_selector"),
    pytest.param("A-1", " \u00a0A-1\u2003", id="blanks_around"),
    pytest.param("\u1ec7" * 64, "e\u0323\u0302" * 64, id="short_enough_once_composed"),
]


@pytest.mark.parametrize(("one", "other"), ONE_ORDER)
def test_two_ways_to_write_a_reference_are_one_order(one: str, other: str) -> None:
    orders = {read_fields({**GOOD, "order": order}, POUNDS).order for order in (one, other)}
    assert orders == {one}


@pytest.mark.parametrize(
    "char",
    list(
        "\u200b\u200d\u2060\ufeff\u00ad\u202e\u034f\u115f\u3164\uffa0\u2800\u180b\u00a0\U000e0041"
    ),
)
@pytest.mark.parametrize("order", ["A{}1", "A1{}B"])
def test_a_reference_with_a_character_that_nobody_sees_is_refused(order: str, char: str) -> None:
    with pytest.raises(InvalidReport) as caught:
        read_fields({**GOOD, "order": order.format(char)}, POUNDS)
    [error] = caught.value.errors
    assert error.received == order.format(char.encode("unicode_escape").decode())


def test_what_cannot_be_seen_is_shown_in_the_message() -> None:
    with pytest.raises(InvalidReport) as caught:
        read_fields({"order": "A\x00B\u200b", "amount": "10\t20"}, POUNDS)
    assert [error.received for error in caught.value.errors] == ["A\\x00B\\u200b", "10\\t20"]
