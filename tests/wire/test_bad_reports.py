"""Reports of sales that are not what they should be: each with its exact answer, and what is
recorded; and the same order reported again and again."""

import json
from typing import Any

import pytest
from httpx import Response

from network.models import Advertiser
from publishers.models import Partnership
from tests.conftest import TrackingClient
from tests.wire.answers import link, token_in
from tracking.models import Commission, Conversion, Report, UnattributedSales
from tracking.wire.native import GIF

NUMBER = "a number such as 49.90, without sign, exponent or thousands separator"
ORDER = "1 to 64 printable characters"
ISO = "an ISO 4217 code"
SALE = {"order": "1001", "amount": "49.90"}
LEFT_OUT = None


@pytest.fixture
def token(tracking_client: TrackingClient, blog: Partnership) -> str:
    """Of a click of the blog's in a browser that sends no cookies along with the report."""
    token = token_in(tracking_client.get(link(blog)))
    tracking_client.cookies.clear()
    return token


def pixel(client: TrackingClient, shop: Advertiser, **fields: str | None) -> Response:
    params = {name: value for name, value in {**SALE, **fields}.items() if value is not None}
    return client.get(f"/t/{shop.id}/pixel.gif", params=params)


def tag(client: TrackingClient, shop: Advertiser, body: str | bytes) -> Response:
    return client.post(f"/t/{shop.id}/sale", content=body)


BAD_AMOUNTS = [
    pytest.param(LEFT_OUT, f"amount: received '', expected {NUMBER}", id="missing"),
    pytest.param("", f"amount: received '', expected {NUMBER}", id="empty"),
    pytest.param("NaN", f"amount: received 'NaN', expected {NUMBER}", id="nan"),
    pytest.param("inf", f"amount: received 'inf', expected {NUMBER}", id="infinity"),
    pytest.param("1e5", f"amount: received '1e5', expected {NUMBER}", id="exponent"),
    pytest.param("-1", f"amount: received '-1', expected {NUMBER}", id="negative"),
    pytest.param("+1", f"amount: received '+1', expected {NUMBER}", id="plus"),
    pytest.param("1,000.00", f"amount: received '1,000.00', expected {NUMBER}", id="thousands"),
    pytest.param("49,90", f"amount: received '49,90', expected {NUMBER}", id="decimal_comma"),
    pytest.param("1 000", f"amount: received '1 000', expected {NUMBER}", id="blank"),
    pytest.param("1_000", f"amount: received '1_000', expected {NUMBER}", id="underscore"),
    pytest.param("0x10", f"amount: received '0x10', expected {NUMBER}", id="hexadecimal"),
    pytest.param("1.", f"amount: received '1.', expected {NUMBER}", id="no_decimals"),
    pytest.param(".5", f"amount: received '.5', expected {NUMBER}", id="no_whole"),
    pytest.param("£49.90", f"amount: received '?49.90', expected {NUMBER}", id="with_currency"),
    pytest.param("\uff14\uff19", f"amount: received '??', expected {NUMBER}", id="other_digits"),
    pytest.param(
        "49.999", "amount: received '49.999', expected at most 2 decimals in GBP", id="decimals"
    ),
    pytest.param(
        str(10**20), f"amount: received '{10**20}', expected {NUMBER}", id="ten_to_the_twentieth"
    ),
    pytest.param(
        "100000000000.01",
        "amount: received '100000000000.01', expected at most 100000000000.00",
        id="above_the_limit",
    ),
    pytest.param("9" * 400, f"amount: received '{'9' * 80}', expected {NUMBER}", id="over_long"),
]
BAD_FIELDS = [
    pytest.param({"currency": "XYZ"}, f"currency: received 'XYZ', expected {ISO}", id="unknown"),
    pytest.param({"currency": "€"}, f"currency: received '?', expected {ISO}", id="a_sign"),
    pytest.param({"currency": "EUR"}, "currency: received 'EUR', expected GBP", id="no_rate"),
    pytest.param(
        {"parts": "DEFAULT:40.00|SHOES:9.80"},
        "parts: received '49.80', expected parts that add up to 49.90",
        id="parts_that_do_not_add_up",
    ),
    pytest.param(
        {"parts": "HATS:49.90"},
        "parts: received 'HATS', expected one of DEFAULT, SHOES",
        id="unknown_group",
    ),
    pytest.param(
        {"parts": "DEFAULT:60.00|SHOES:-10.10"},
        f"parts: received '-10.10', expected {NUMBER}",
        id="negative_part",
    ),
    pytest.param(
        {"parts": "49.90"}, "parts: received '49.90', expected CODE:amount", id="parts_without_code"
    ),
    pytest.param(
        {"parts": "DEFAULT:49.90|"}, "parts: received '', expected CODE:amount", id="empty_part"
    ),
    pytest.param({"order": LEFT_OUT}, f"order: received '', expected {ORDER}", id="no_order"),
    pytest.param({"order": "  "}, f"order: received '', expected {ORDER}", id="blank_order"),
    pytest.param(
        {"order": "x" * 65}, f"order: received '{'x' * 65}', expected {ORDER}", id="over_long_order"
    ),
    pytest.param(
        {"order": "1\x001"}, f"order: received '1\\x001', expected {ORDER}", id="nul_in_the_order"
    ),
    pytest.param(
        {"order": "1\r\nX-Header: 1"},
        f"order: received '1\\r\\nX-Header: 1', expected {ORDER}",
        id="line_break_in_the_order",
    ),
    pytest.param(
        {"order": "1\u202e1"},
        f"order: received '1\\u202e1', expected {ORDER}",
        id="turned_text",
    ),
    pytest.param(
        {"amount": "x", "order": "", "customer": "y"},
        f"order: received '', expected {ORDER}; amount: received 'x', expected {NUMBER}",
        id="everything",
    ),
]
BAD = [
    *(
        pytest.param({"amount": case.values[0]}, case.values[1], id=f"amount_{case.id}")
        for case in BAD_AMOUNTS
    ),
    *BAD_FIELDS,
]


@pytest.mark.parametrize(("fields", "error"), BAD)
def test_a_pixel_that_cannot_be_used_is_a_picture_that_says_why(
    tracking_client: TrackingClient,
    shop: Advertiser,
    token: str,
    fields: dict[str, str | None],
    error: str,
) -> None:
    response = pixel(tracking_client, shop, **{"click": token, **fields})

    assert (response.status_code, response.content) == (200, GIF)
    assert response.headers["Content-Type"] == "image/gif"
    assert response.headers["X-Softclick-Error"] == error
    check_refused(tracking_client, error)


@pytest.mark.parametrize(("fields", "error"), BAD)
def test_a_tags_report_that_cannot_be_used_is_answered_with_the_reason(
    tracking_client: TrackingClient,
    shop: Advertiser,
    token: str,
    fields: dict[str, str | None],
    error: str,
) -> None:
    body = {**SALE, "tokens": {"hard": [token]}, **fields}
    response = tag(tracking_client, shop, json.dumps(body))

    assert (response.status_code, response.content) == (204, b"")
    assert response.headers["X-Softclick-Error"] == error
    check_refused(tracking_client, error)


def check_refused(client: TrackingClient, error: str) -> None:
    """It is kept with what was wrong, by field and with the remedy, and makes no sale."""
    client.drain()
    report = Report.objects.get()
    assert (report.outcome, report.conversion_id) == ("invalid", None)
    assert [item["field"] for item in report.errors] == [
        part.partition(":")[0] for part in error.split("; ")
    ]
    assert all(item["remedy"] for item in report.errors)
    assert not Conversion.objects.exists()


BODY = "body: received {}, expected a JSON object under 65536 bytes"


@pytest.mark.parametrize(
    ("body", "error"),
    [
        pytest.param("", BODY.format("''"), id="empty"),
        pytest.param("order=1&amount=2", BODY.format("'order=1&amount=2'"), id="a_form"),
        pytest.param("[1]", BODY.format("'[1]'"), id="a_list"),
        pytest.param('{"order": ', BODY.format("'{\"order\": '"), id="cut_short"),
        pytest.param(b"\xff\xfe", BODY.format("'??'"), id="no_text"),
        pytest.param("[" * 60_000, BODY.format(f"'{'[' * 80}'"), id="deep"),
        pytest.param('{"a": "' + "x" * 65_536 + '"}', BODY.format("''"), id="too_long"),
        pytest.param(
            '{"order": "1", "amount": NaN}',
            f"amount: received 'nan', expected {NUMBER}",
            id="not_a_number",
        ),
        pytest.param(
            '{"order": "1", "amount": 1e400}',
            f"amount: received 'inf', expected {NUMBER}",
            id="infinite",
        ),
        pytest.param(
            '{"order": "1", "amount": true}',
            f"amount: received 'True', expected {NUMBER}",
            id="true",
        ),
        pytest.param(
            '{"order": "1", "amount": {"a": 1}}',
            "amount: received '{'a': 1}', expected " + NUMBER,
            id="an_object",
        ),
    ],
)
def test_a_body_that_is_no_report(
    tracking_client: TrackingClient, shop: Advertiser, body: str | bytes, error: str
) -> None:
    response = tag(tracking_client, shop, body)

    assert (response.status_code, response.content) == (204, b"")
    assert response.headers["X-Softclick-Error"] == error
    check_refused(tracking_client, error)


@pytest.mark.parametrize(
    ("more", "tokens"),
    [
        pytest.param({"tokens": "x"}, 0, id="tokens_are_text"),
        pytest.param({"tokens": [1]}, 0, id="tokens_are_a_list"),
        pytest.param({"tokens": {"hard": {"a": 1}}}, 0, id="a_role_is_an_object"),
        pytest.param({"tokens": {"paid": ["x"]}}, 0, id="an_unknown_role"),
        pytest.param({"tokens": {"hard": [None, 1, ["\x00"]]}}, 3, id="tokens_are_anything"),
        pytest.param({"tokens": {"hard": ["\ud800", "\x00"]}}, 2, id="no_characters"),
        pytest.param({"tokens": {"hard": [str(n) for n in range(500)]}}, 20, id="too_many"),
        pytest.param({"session": ["1"], "items": 7, "more": {}}, 0, id="other_fields"),
        pytest.param({"voucher": "\x00" * 9 + "v" * 2_000, "channel": 7}, 0, id="odd_texts"),
    ],
)
def test_odd_additions_do_no_harm(
    tracking_client: TrackingClient, shop: Advertiser, more: dict[str, Any], tokens: int
) -> None:
    response = tag(tracking_client, shop, json.dumps({**SALE, **more}))

    assert response.status_code == 204
    tracking_client.drain()
    assert UnattributedSales.objects.get().count == 1
    kept = Report.objects.first()
    assert len(kept.tokens if kept else []) == tokens


@pytest.mark.parametrize("method", ["HEAD", "POST", "OPTIONS", "PUT"])
def test_only_a_pixel_that_is_fetched_reports(
    tracking_client: TrackingClient, shop: Advertiser, token: str, method: str
) -> None:
    params = {**SALE, "click": token}
    response = tracking_client.request(method, f"/t/{shop.id}/pixel.gif", params=params)

    assert response.status_code == 200
    tracking_client.drain()
    assert not Report.objects.exists()
    assert not UnattributedSales.objects.exists()


@pytest.mark.parametrize("glued", ["", "/", ",", ")"])
def test_a_pixel_with_very_many_parameters_or_something_glued_to_it_reports(
    tracking_client: TrackingClient, shop: Advertiser, token: str, glued: str
) -> None:
    many = {f"a{n}": "1" for n in range(1_500)}
    params = {**many, **SALE, "click": token}
    response = tracking_client.get(f"/t/{shop.id}/pixel.gif{glued}", params=params)

    assert (response.status_code, response.content) == (200, GIF)
    tracking_client.drain()
    assert Conversion.objects.get().amount_minor == 4990


def test_an_escaped_ampersand_separates_a_pixels_fields(
    tracking_client: TrackingClient, shop: Advertiser, token: str
) -> None:
    tracking_client.get(f"/t/{shop.id}/pixel.gif?order=7&amp;amount=49.90&amp;click={token}")

    tracking_client.drain()
    assert Conversion.objects.get().order == "7"


def test_what_was_left_out_of_a_sale_is_kept_with_its_report(
    tracking_client: TrackingClient, shop: Advertiser, token: str
) -> None:
    response = pixel(tracking_client, shop, click=token, customer="loyal", amount="49.9000")

    assert response.headers["X-Softclick-Error"].startswith("amount: received '49.9000'")
    tracking_client.drain()
    report = Report.objects.get()
    assert (report.outcome, Conversion.objects.get().customer) == ("created", "")
    assert [note["field"] for note in report.errors] == ["amount", "customer"]


def test_unknown_advertisers(tracking_client: TrackingClient, shop: Advertiser) -> None:
    picture = tracking_client.get("/t/987654/pixel.gif", params=SALE)
    assert (picture.status_code, picture.content) == (200, GIF)
    assert picture.headers["X-Softclick-Error"] == "advertiser: there is no advertiser 987654"
    assert tracking_client.post("/t/987654/sale", content=json.dumps(SALE)).status_code == 404
    assert tracking_client.get("/t/987654/tag.js").status_code == 404
    assert tracking_client.get("/t/987654/a/1").status_code == 404


def test_a_tags_report_is_posted(tracking_client: TrackingClient, shop: Advertiser) -> None:
    response = tracking_client.get(f"/t/{shop.id}/sale")

    assert (response.status_code, response.headers["Allow"]) == (405, "POST")


def test_the_same_report_twice_is_one_sale(
    tracking_client: TrackingClient, shop: Advertiser, token: str
) -> None:
    for _ in range(2):
        assert "X-Softclick-Error" not in pixel(tracking_client, shop, click=token).headers
    tag(tracking_client, shop, json.dumps({**SALE, "tokens": {"hard": [token]}, "session": "1"}))
    tracking_client.drain()

    sale = Conversion.objects.get()
    assert (sale.amount_minor, sale.conflict) == (4990, "")
    outcomes = Report.objects.order_by("received_at", "id").values_list("outcome", flat=True)
    assert sorted(outcomes) == ["created", "merged"]
    assert Report.objects.get(source="pixel").repeats == 1, "the same again is counted, not kept"
    assert Commission.objects.get().amount_minor == 399


def test_a_report_with_another_amount_is_a_conflict_and_no_overwrite(
    tracking_client: TrackingClient, shop: Advertiser, token: str
) -> None:
    pixel(tracking_client, shop, click=token)
    tracking_client.drain()
    pixel(tracking_client, shop, click=token, amount="4990.00")
    tracking_client.drain()

    sale = Conversion.objects.get()
    assert (sale.amount_minor, sale.conflict) == (4990, "figures")
    assert set(Report.objects.values_list("outcome", flat=True)) == {"created", "figures_conflict"}
    assert Commission.objects.get().amount_minor == 399


def test_a_guessed_order_cannot_steal_a_sale(
    tracking_client: TrackingClient, shop: Advertiser, extension: Partnership, token: str
) -> None:
    """A partner clicks its own link and reports somebody else's order with it."""
    pixel(tracking_client, shop, click=token)
    thiefs = token_in(tracking_client.get(link(extension)))
    tracking_client.cookies.clear()
    pixel(tracking_client, shop, click=thiefs)
    tracking_client.drain()

    sale = Conversion.objects.get()
    assert sale.conflict == "journeys"
    assert sale.decision
    assert sale.decision.paid_publisher_id is None
    assert set(Report.objects.values_list("outcome", flat=True)) == {"journeys_conflict"}
    assert not Commission.objects.exclude(status="declined").exists()


def test_a_guessed_order_without_a_token_changes_nothing(
    tracking_client: TrackingClient, shop: Advertiser, token: str, blog: Partnership
) -> None:
    pixel(tracking_client, shop, click=token)
    tracking_client.drain()
    before = Conversion.objects.values().get()
    pixel(tracking_client, shop, click="forged")
    pixel(tracking_client, shop)
    tracking_client.drain()

    after = Conversion.objects.values().get()
    assert {**after, "decision_id": 0} == {**before, "decision_id": 0}
    assert Commission.objects.get().publisher_id == blog.publisher_id
    assert set(Report.objects.values_list("outcome", flat=True)) == {"created", "merged"}


def test_a_test_report_makes_no_sale_and_does_not_occupy_the_order(
    tracking_client: TrackingClient, shop: Advertiser, token: str
) -> None:
    pixel(tracking_client, shop, click=token, test="1")
    tracking_client.drain()
    assert Report.objects.get().outcome == "test"
    assert not Conversion.objects.exists()

    pixel(tracking_client, shop, click=token)
    tracking_client.drain()
    assert Conversion.objects.get().order == "1001"
