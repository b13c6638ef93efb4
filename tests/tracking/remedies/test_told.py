"""What was wrong with a report is told in the reader's language, whatever values are in it."""

from typing import Any

import pytest
from django.utils.translation import override

from network.pages.site.pseudo import LANGUAGE, OPEN, install, pseudo
from tracking.evidence.fields import FieldError, InvalidReport, Terms, read_fields
from tracking.remedies.told import told
from tracking.remedies.wordings import Expected, Remedy, Wording

TERMS = Terms("GBP", ("DEFAULT", "SHOES"))
SALE = {"order": "1", "amount": "49.90"}


@pytest.fixture(autouse=True)
def made_up_language() -> Any:
    install()
    with override(LANGUAGE):
        yield


def said_of(**fields: object) -> list[FieldError]:
    try:
        return list(read_fields({**SALE, **fields}, TERMS).notes)
    except InvalidReport as error:
        return list(error.errors)


@pytest.mark.parametrize(
    "fields",
    [
        pytest.param({"order": ["1"]}, id="order_is_a_list"),
        pytest.param({"order": "\ufffd"}, id="order_is_no_utf8"),
        pytest.param({"order": ""}, id="order_is_missing"),
        pytest.param({"order": "undefined"}, id="order_is_a_placeholder"),
        pytest.param({"currency": "pounds"}, id="currency_is_none"),
        pytest.param({"currency": "EUR"}, id="currency_is_another"),
        pytest.param({"amount": "1.234,50"}, id="amount_has_separators"),
        pytest.param({"amount": "49.905"}, id="amount_has_too_many_decimals"),
        pytest.param({"amount": "49.9000000001"}, id="amount_has_noise"),
        pytest.param({"amount": "999999999999999"}, id="amount_is_absurd"),
        pytest.param({"parts": "DEFAULT:1.00"}, id="parts_do_not_add_up"),
        pytest.param({"parts": "much"}, id="parts_are_none"),
        pytest.param({"parts": "HATS:49.90"}, id="parts_of_an_unknown_group"),
        pytest.param({"customer": "old"}, id="customer"),
        pytest.param({"voucher": "x" * 101}, id="voucher"),
    ],
)
def test_whatever_is_said_of_a_field_is_told(fields: dict[str, object]) -> None:
    said = [text for error in said_of(**fields) for text in (error.expected, error.remedy)]
    assert said
    known = (OPEN, TERMS.currency)
    assert [text for text in said if not told(text).startswith(known)] == []


@pytest.mark.parametrize("wording", [*Expected, *Remedy])
def test_each_wording_is_recognised_with_values_of_any_kind(wording: Wording) -> None:
    names = ("most", "places", "currency", "own", "amount", "known", "text", "latest")
    values = dict.fromkeys(names, "a|b (c) 12.50, or d")
    assert told(wording.of(**values)) == pseudo(wording.value) % values


def test_what_is_not_known_is_told_as_it_is() -> None:
    assert told("49.90") == "49.90"
