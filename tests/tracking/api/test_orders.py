"""Orders as a shop's server reports them at Awin, with our key and a changed host name.

The bodies are those of real integrations; each names where it was read.
"""

from decimal import Decimal
from typing import Any

import httpx
import pytest
from django.db import OperationalError

from network.advertisers import api_keys
from network.advertisers.terms import add_group
from network.models import Advertiser, CommissionGroup
from publishers.models import Publisher
from tests.support.makers import NOW, SET_UP, make_advertiser
from tests.tracking.api.conftest import Server, click
from tracking.api import taking
from tracking.models import Conversion, Report

NUMBER = "a number such as 49.90, without sign, exponent or thousands separator"
ORDER: dict[str, Any] = {
    # help.awin.com/apidocs/conversion-api, read 2026-05-11
    "orderReference": "1001",
    "amount": 49.9,
    "channel": "aw",
    "currency": "GBP",
    "voucher": "SAVE5",
    "customerAcquisition": "NEW",
    "commissionGroups": [{"code": "Default", "amount": 40}, {"code": "SHOES", "amount": 9.9}],
    "isTest": False,
    "custom": {"1": "x"},
    "basket": [{"id": "7", "name": "Boots", "price": 49.9, "commissionGroupCode": "SHOES"}],
}


@pytest.fixture
def shop(shop: Advertiser) -> Advertiser:
    add_group(shop, "SHOES", SET_UP, made_by=None, percent=Decimal(5))
    return shop


def send(server: Server, shop: Advertiser, *orders: Any, key: str | None = None) -> httpx.Response:
    headers = {"x-api-key": server.key if key is None else key}
    path = f"/s2s/advertiser/{shop.id}/orders"
    return server.client.post(path, json={"orders": list(orders)}, headers=headers)


def test_an_order_is_a_keyed_report(server: Server, shop: Advertiser, blog: Publisher) -> None:
    response = send(server, shop, {**ORDER, "awc": click(shop, blog)})

    assert response.status_code == 200
    assert response.json() == {
        "successfulOrders": [{"orderReference": "1001"}],
        "failedOrders": [],
    }
    sale, report = Conversion.objects.get(), Report.objects.get()
    assert (sale.order, sale.amount_minor, sale.voucher, sale.channel, sale.customer) == (
        "1001",
        4990,
        "SAVE5",
        "aw",
        "new",
    )
    assert [(part["group"], part["amount_minor"]) for part in sale.parts] == [
        ("DEFAULT", 4000),
        ("SHOES", 990),
    ]
    assert sale.decision
    assert sale.decision.paid_publisher_id == blog.pk
    assert report.figures["items"] == [
        {"id": "7", "name": "Boots", "group": "SHOES", "price_minor": 4990, "quantity": 1}
    ]
    assert (report.source, report.rank) == ("keyed", "keyed")


def test_a_foreign_click_id_beside_ours_costs_nothing(
    server: Server, shop: Advertiser, blog: Publisher
) -> None:
    awc = f"1234_1577836800_0123456789abcdef,{click(shop, blog)}"
    assert send(server, shop, {**ORDER, "awc": awc}).status_code == 200
    assert Conversion.objects.exists()


@pytest.mark.parametrize(
    "time",
    [NOW.timestamp() - 60, str(int(NOW.timestamp() - 60)), int((NOW.timestamp() - 60) * 1e3)],
)
def test_a_time_since_1970_dates_the_order(
    server: Server, shop: Advertiser, blog: Publisher, time: object
) -> None:
    send(server, shop, {**ORDER, "awc": click(shop, blog), "transactionTime": time})

    assert int(Conversion.objects.get().at.timestamp()) == int(NOW.timestamp() - 60)


def test_what_cannot_be_taken_is_named_and_the_rest_is_taken(
    server: Server, shop: Advertiser, blog: Publisher
) -> None:
    good = {**ORDER, "awc": click(shop, blog)}
    bad = {**ORDER, "orderReference": "1002", "amount": "49,90", "commissionGroups": "x"}
    response = send(server, shop, bad, good, "x")

    assert response.status_code == 206
    assert response.json()["successfulOrders"] == [{"orderReference": "1001"}]
    first, second = response.json()["failedOrders"]
    assert first["order"] == {"orderReference": "1002"}
    assert [error["field"] for error in first["errors"]] == ["amount", "commissionGroups"]
    assert first["errors"][0]["message"] == (
        f"received '49,90', expected {NUMBER}. "
        "Send the total after discounts, without tax and shipping."
    )
    assert second["order"] == {"orderReference": None}
    assert second["errors"][0]["field"] == "conversion"


def test_the_same_order_again_is_a_success_and_another_amount_is_told(
    server: Server, shop: Advertiser, blog: Publisher
) -> None:
    order = {**ORDER, "awc": click(shop, blog)}
    send(server, shop, order)
    assert send(server, shop, order).status_code == 200
    other = {**order, "amount": 60, "commissionGroups": [{"code": "DEFAULT", "amount": 60}]}
    response = send(server, shop, other)

    assert response.status_code == 206
    [failed] = response.json()["failedOrders"]
    assert [error["field"] for error in failed["errors"]] == ["amount"]
    assert Conversion.objects.get().amount_minor == 4990


def test_a_group_without_a_rate_is_named(server: Server, shop: Advertiser, blog: Publisher) -> None:
    CommissionGroup.objects.create(advertiser=shop, code="BAGS")
    groups = [{"code": "BAGS", "amount": 49.9}]
    bad = {**ORDER, "awc": click(shop, blog), "commissionGroups": groups}
    response = send(server, shop, bad, {**bad, "orderReference": "2", "commissionGroups": None})

    assert response.status_code == 206
    assert response.json()["successfulOrders"] == [{"orderReference": "2"}]
    [failed] = response.json()["failedOrders"]
    assert failed["errors"] == [
        {
            "field": "commissionGroups",
            "message": "received 'BAGS', expected one of DEFAULT, SHOES. Use a known code.",
        }
    ]


def test_a_test_makes_no_sale(server: Server, shop: Advertiser, blog: Publisher) -> None:
    assert (
        send(server, shop, {**ORDER, "awc": click(shop, blog), "isTest": True}).status_code == 200
    )
    assert not Conversion.objects.exists()
    assert Report.objects.get().outcome == "test"


@pytest.mark.parametrize("key", ["", "sclk_x", "sclk_ x"])
def test_without_a_key_of_the_advertiser_nothing_is_taken(
    server: Server, shop: Advertiser, key: str
) -> None:
    refused = send(server, shop, ORDER, key=key)

    assert refused.status_code == 401
    assert refused.headers["Content-Type"] == "application/json"
    assert refused.json().keys() == {"error", "description"}
    assert refused.json()["error"] == "unauthorized"
    assert not Report.objects.exists()


def test_the_key_of_another_advertiser_is_none(server: Server, shop: Advertiser) -> None:
    other = api_keys.make(make_advertiser(), "Other", NOW, made_by=None).key
    assert send(server, shop, ORDER, key=other).status_code == 401
    assert not Report.objects.exists()


@pytest.mark.parametrize(
    ("body", "status", "error"),
    [
        ({}, 400, "bad_body"),
        ({"orders": {}}, 400, "bad_body"),
        ([], 400, "bad_body"),
        ({"orders": [{}] * 1_001}, 413, "too_many"),
    ],
)
def test_a_body_that_is_no_list_of_orders_is_refused(
    server: Server, shop: Advertiser, body: object, status: int, error: str
) -> None:
    path = f"/s2s/advertiser/{shop.id}/orders"
    response = server.client.post(path, json=body, headers={"x-api-key": server.key})

    assert (response.status_code, response.json()["error"]) == (status, error)


def test_no_orders_are_all_taken(server: Server, shop: Advertiser) -> None:
    response = send(server, shop)
    assert (response.status_code, response.json()["successfulOrders"]) == (200, [])


def test_too_many_calls_are_told(
    server: Server, shop: Advertiser, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(api_keys, "MOST_CALLS", 1)
    send(server, shop)
    response = send(server, shop)

    assert response.status_code == 429
    assert response.json()["error"] == "request.limit.exceeded"
    assert int(response.headers["Retry-After"]) > 0


def test_while_the_database_is_away_a_call_is_to_be_sent_again(
    server: Server, shop: Advertiser, monkeypatch: pytest.MonkeyPatch
) -> None:
    def away(*_: object) -> None:
        raise OperationalError("gone")

    monkeypatch.setattr(taking, "take", away)
    response = send(server, shop, ORDER)

    assert (response.status_code, response.json()["error"]) == (503, "unavailable")
    assert int(response.headers["Retry-After"]) > 0


def test_another_method_and_an_address_that_is_not_there_are_told(
    server: Server, shop: Advertiser
) -> None:
    assert server.client.get(f"/s2s/advertiser/{shop.id}/orders").status_code == 405
    assert server.client.post(f"/s2s/advertiser/{shop.id}/order").status_code == 404
