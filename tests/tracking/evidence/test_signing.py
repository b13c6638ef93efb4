"""The signature of a report: examples that any shop's implementation can be held against."""

import hashlib
import hmac

import pytest

from tracking.evidence.signing import Signature, presented, sign, verifies

KEY = "0f1e2d3c4b5a69788796a5b4c3d2e1f00f1e2d3c4b5a69788796a5b4c3d2e1f0"
OTHER = "f" * 64

EXAMPLES = [
    pytest.param(
        {"order": "10023", "amount": "49.90", "currency": "GBP"},
        "10023|49.90|GBP|",
        "03230fffae193e107664766617dfcd852dc440da6d295c8b07fb6f44b2648bde",
        id="without_parts",
    ),
    pytest.param(
        {"order": "10023", "amount": "10.00"},
        "10023|10.00||",
        "81b20d02f8a756697a0e9ed2838bf59592ed7be584133dbfd561105ef920346e",
        id="without_currency",
    ),
    pytest.param(
        {"order": "10023", "amount": "10.0"},
        "10023|10.0||",
        "b6dba6f214cce71929f8a6b6c0f8bcb81e246a65e28c2bf9821516aef24f1d82",
        id="the_same_amount_sent_otherwise",
    ),
    pytest.param(
        {"order": "Bestellung für Jörg", "amount": "10.00", "currency": "EUR"},
        "Bestellung für Jörg|10.00|EUR|",
        "7c3aa69cb48ee46465674dc78ca1742c63809d54819949d4cc52d9345fc06091",
        id="umlauts",
    ),
    pytest.param(
        {"order": "1", "amount": "30.00", "currency": "EUR", "parts": "A:10.00|B:20.00"},
        "1|30.00|EUR|A:10.00|B:20.00",
        "bd83262e33848c7f2936d1883f6976dd29a58d96a83e52ed28c6491c67e532a2",
        id="parts",
    ),
    pytest.param(
        {"order": " 1 ", "amount": "1,00", "voucher": "not signed"},
        " 1 |1,00||",
        "1db598ce541ce49485527d2ba629ef34935705f50d1826f54a271b55cddeffa1",
        id="before_anything_is_read",
    ),
    pytest.param(
        {"order": 7, "amount": 49.9},
        "7|49.9||",
        "f0b06bb5fafe7d9c2434d49ee0aaf70990b078f68ad53fa9482823f2952216e3",
        id="numbers_of_a_script",
    ),
]


@pytest.mark.parametrize(("fields", "text", "sig"), EXAMPLES)
def test_what_is_signed_and_how(fields: dict[str, object], text: str, sig: str) -> None:
    assert hmac.new(KEY.encode(), text.encode(), hashlib.sha256).hexdigest() == sig
    assert sign(text, KEY) == sig
    signature = presented({**fields, "sig": sig})
    assert signature == Signature(text, sig)
    assert verifies(signature, [OTHER, KEY])
    assert not verifies(signature, [OTHER])
    assert not verifies(signature, [])


@pytest.mark.parametrize(
    "change",
    [
        pytest.param({"order": "10024"}, id="order"),
        pytest.param({"amount": "49.9"}, id="amount"),
        pytest.param({"currency": "gbp"}, id="currency"),
        pytest.param({"parts": "DEFAULT:49.90"}, id="parts"),
        pytest.param({"order": "10023|49.90", "amount": ""}, id="moved_bar"),
        pytest.param({"sig": sign("10023|49.90|GBP|", KEY).upper()}, id="upper_case"),
        pytest.param({"sig": sign("10023|49.90|GBP|", KEY)[:-1]}, id="cut_off"),
        pytest.param({"sig": "é" * 64}, id="no_hex"),
        pytest.param({"sig": "\ud800"}, id="half_a_character"),
    ],
)
def test_what_was_changed_does_not_verify(change: dict[str, object]) -> None:
    good = {"order": "10023", "amount": "49.90", "currency": "GBP"}
    signed = {**good, "sig": sign("10023|49.90|GBP|", KEY), **change}
    signature = presented(signed)
    assert signature is not None
    assert not verifies(signature, [KEY])


@pytest.mark.parametrize("sig", [None, "", 0], ids=["absent", "empty", "nothing"])
def test_a_report_without_one(sig: object) -> None:
    found = presented({"order": "1", "sig": sig})
    assert (found is None) == (sig in (None, ""))


def test_a_text_that_is_too_long_to_be_an_order_is_cut_off() -> None:
    signature = presented({"order": "x" * 5_000, "sig": sign("x" * 5_000 + "|||", KEY)})
    assert signature is not None
    assert len(signature.text) == 4_000
    assert not verifies(signature, [KEY])
