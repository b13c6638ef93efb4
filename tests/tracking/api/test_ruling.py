"""What a shop's server says about orders: approved, declined, cancelled."""

import json
from typing import Any
from urllib.parse import quote

import httpx
import pytest

from network.advertisers import api_keys
from network.models import Advertiser, ApiKey
from publishers.models import Partnership, Publisher
from tests.support.browsing import Browser, minutes
from tests.support.makers import NOW, finalise, make_advertiser, make_user
from tests.support.reading import signed_in, text
from tests.tracking.api.conftest import PATH, Server, click
from tests.tracking.api.test_conversions import fields, problem
from tracking.lifecycle.suspension import lift, suspend
from tracking.models import Commission, Conversion, Validation

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def sold(server: Server, shop: Advertiser, blog: Publisher) -> None:
    """Order 1, reported with a key and credited to the blog."""
    assert server.report(clicks=[click(shop, blog)]).status_code == 201


def say(server: Server, action: str, order: str = "1", data: Any = None) -> httpx.Response:
    headers = {"Authorization": f"Bearer {server.key}"}
    address = f"{PATH}/{quote(order, safe='')}/{action}"
    if data is None:
        return server.client.post(address, headers=headers)
    headers["Content-Type"] = "application/json"
    return server.client.post(address, content=json.dumps(data), headers=headers)


def say_of_all(server: Server, action: str, items: list[Any]) -> list[dict[str, Any]]:
    headers = {"Authorization": f"Bearer {server.key}"}
    body = {"conversions": items}
    answer = server.client.post(f"{PATH}/{action}", json=body, headers=headers)
    assert answer.status_code == 207
    found: list[dict[str, Any]] = answer.json()["conversions"]
    return found


def commission(order: str = "1") -> tuple[str, str]:
    found = Commission.objects.get(conversion__order=order)
    return found.status, found.decline_text


def test_an_approval_is_kept_with_its_key_and_said_once(server: Server, shop: Advertiser) -> None:
    answers = [say(server, "approve"), say(server, "approve", data={})]
    assert [answer.json() for answer in answers] == [
        {"status": 200, "order": "1", "outcome": "approved"},
        {"status": 200, "order": "1", "outcome": "unchanged"},
    ]
    assert commission() == ("approved", "")
    said = Validation.objects.get()
    assert (said.action, said.key, said.made_by) == ("approve", ApiKey.objects.get(), None)
    page = signed_in(make_user("viewer", shop)).get(
        f"/admin/tracking/conversion/{said.conversion_id}/change/"
    )
    assert "The shop's server, with the key “Shop”" in text(page)


@pytest.mark.parametrize(
    ("action", "data", "read"),
    [
        ("decline", {"code": "returned"}, "Order returned"),
        ("decline", {"code": "fraud", "reason": " a bot "}, "Fraud: a bot"),
        ("decline", {"code": "other", "reason": "Paid by gift card"}, "Paid by gift card"),
        ("cancel", None, "Order cancelled"),
        ("cancel", {"reason": "Out of stock"}, "Order cancelled: Out of stock"),
    ],
)
def test_the_partner_reads_why_it_is_declined(
    server: Server, action: str, data: Any, read: str
) -> None:
    assert say(server, action, data=data).json()["outcome"] == "declined"
    assert commission() == ("declined", read)
    assert say(server, action, data=data).json()["outcome"] == "unchanged"
    assert Validation.objects.count() == 1


@pytest.mark.parametrize(
    ("data", "field"),
    [
        pytest.param(None, "code", id="no_code"),
        pytest.param({"code": "late"}, "code", id="another_code"),
        pytest.param({"code": ["returned"]}, "code", id="a_list"),
        pytest.param({"code": "other"}, "reason", id="no_reason"),
        pytest.param({"code": "other", "reason": " "}, "reason", id="a_blank_reason"),
        pytest.param({"code": "fraud", "reason": "x" * 301}, "reason", id="a_long_reason"),
        pytest.param({"code": "fraud", "reason": 7}, "reason", id="a_number"),
        pytest.param({"code": "fraud", "reason": "a\x00b"}, "reason", id="a_null_character"),
        pytest.param({"code": "fraud", "reason": "\ud800"}, "reason", id="half_a_character"),
        pytest.param({"code": "other", "reason": "\u200b"}, "reason", id="nothing_to_be_seen"),
    ],
)
def test_a_decline_without_a_reason_changes_nothing(server: Server, data: Any, field: str) -> None:
    said = problem(say(server, "decline", data=data), 422)
    assert said["errors"][0]["remedy"]
    assert (fields(said), said["outcome"]) == ([field], "refused")
    assert commission() == ("pending", "")
    assert not Validation.objects.exists()


@pytest.mark.parametrize(
    ("order", "status"), [("2", 404), ("3", 404), ("x" * 65, 422), ("1\x00", 422), ("null", 422)]
)
def test_an_order_that_is_credited_to_nobody_is_not_found(
    server: Server, order: str, status: int
) -> None:
    server.report(order="2")
    assert fields(problem(say(server, "approve", order), status)) == ["order"]


def test_orders_are_read_as_in_reports(server: Server, shop: Advertiser, blog: Publisher) -> None:
    for order in ("Mu\u0308ller 1", "17"):
        server.report(order=order, clicks=[click(shop, blog)])
    named = [" M\u00fcller 1 ", "Mu\u0308ller 1\ufe0f", 17, 17.0]
    answers = say_of_all(server, "approve", [{"order": order} for order in named])
    assert [answer["outcome"] for answer in answers] == ["approved", "unchanged"] * 2


def test_the_order_of_another_advertiser_is_not_found(server: Server) -> None:
    other = api_keys.make(make_advertiser(), "Other", NOW, made_by=None, may_decide=True).key
    problem(say(Server(server.client, other), "cancel"), 404)
    assert commission() == ("pending", "")


def test_an_order_is_named_as_it_is_written(
    server: Server, shop: Advertiser, blog: Publisher
) -> None:
    order = "A/7 ?#%/approve"
    server.report(order=order, clicks=[click(shop, blog)])
    assert say(server, "approve", order).json()["order"] == order
    assert commission(order) == ("approved", "")


def test_what_was_declined_is_not_approved_by_a_program(server: Server) -> None:
    say(server, "cancel")
    said = problem(say(server, "approve"), 409)
    assert said["detail"] == "Order 1 is declined; take that back first."
    assert commission()[0] == "declined"


def test_a_closed_sale_is_refused(server: Server) -> None:
    finalise(NOW + minutes(60 * 24 * 60))
    assert Conversion.objects.get(order="1").closed_at
    assert "closed" in problem(say(server, "cancel"), 409)["detail"]


@pytest.mark.parametrize("was_approved", [False, True])
def test_a_sale_in_conflict_is_refused_whatever_was_said_before(
    server: Server, was_approved: bool
) -> None:
    if was_approved:
        assert say(server, "approve").status_code == 200
    assert server.report(amount="70.00").status_code == 409
    for action in ("approve", "cancel"):
        assert "conflict" in problem(say(server, action), 409)["detail"]
    assert Validation.objects.count() == was_approved


def test_what_a_suspension_declined_the_shop_declines_on_its_own(
    server: Server, shop: Advertiser, blog: Publisher
) -> None:
    staff = make_user("manager", shop)
    partner = Partnership.objects.get(publisher=blog)
    suspend(partner, NOW + minutes(1), reason="Stuffing", made_by=staff)
    assert commission()[0] == "declined"
    assert say(server, "cancel").status_code == 200
    lift(partner, NOW + minutes(2), reason="A mistake", made_by=staff, restores=True)
    assert commission()[0] == "declined"


@pytest.fixture
def guessed(shop: Advertiser, blog: Publisher) -> Conversion:
    """Order 2 as a browser reported it."""
    browser = Browser(shop)
    browser.click(blog, NOW)
    return browser.buy("2", NOW, "10.00")


@pytest.mark.parametrize(
    ("data", "received"), [(None, ""), ({"amount": None}, ""), ({"amount": "9.99"}, "9.99")]
)
def test_what_only_browsers_reported_is_not_approved_by_number(
    server: Server, guessed: Conversion, data: Any, received: str
) -> None:
    said = problem(say(server, "approve", "2", data), 409)
    [error] = said["errors"]
    assert (error["field"], error["received"], error["expected"]) == ("amount", received, "10.00")
    assert commission("2") == ("pending", "")


@pytest.mark.parametrize("amount", ["10.00", 10, "10.000"])
def test_an_approval_with_the_amount_confirms_it(
    server: Server, guessed: Conversion, amount: object
) -> None:
    assert not guessed.verified
    assert say(server, "approve", "2", {"amount": amount}).status_code == 200
    guessed.refresh_from_db()
    assert guessed.verified


@pytest.mark.parametrize(("amount", "status"), [("50.00", 409), ("49,90", 422), ("49.90", 200)])
def test_an_amount_that_is_sent_has_to_be_the_sales(
    server: Server, amount: str, status: int
) -> None:
    answer = say(server, "approve", data={"amount": amount})
    assert answer.status_code == status
    if status != 200:
        assert fields(problem(answer, status)) == ["amount"]


def test_a_body_that_is_too_large_is_refused(server: Server) -> None:
    large = {"reason": "x" * 2_700_000}
    assert problem(say(server, "cancel", data=large), 413)["code"] == "too_large"


def test_a_batch_is_answered_one_by_one(server: Server, shop: Advertiser, blog: Publisher) -> None:
    for order in ("2", "3"):
        server.report(order=order, clicks=[click(shop, blog)])
    answers = say_of_all(server, "approve", ["1", {"order": "9"}, {"order": 2}, None, "3\x00"])
    assert [answer["status"] for answer in answers] == [200, 404, 200, 422, 422]
    assert [answer["order"] for answer in answers] == ["1", "9", "2", None, "3\x00"]
    declined = say_of_all(
        server, "decline", [{"order": "3", "code": "returned"}, {"order": "3"}, {"order": "1"}]
    )
    assert [answer["outcome"] for answer in declined] == ["declined", "refused", "refused"]
    assert say_of_all(server, "cancel", ["1"])[0]["outcome"] == "declined"
    assert [commission(order)[0] for order in "123"] == ["declined", "approved", "declined"]


@pytest.mark.parametrize("data", [[], "1", 7])
def test_a_body_that_is_no_object_is_refused(server: Server, data: Any) -> None:
    assert problem(say(server, "cancel", data=data), 400)["code"] == "bad_body"


def test_without_a_live_key_nobody_says_anything(server: Server) -> None:
    problem(say(Server(server.client, "sclk_0"), "approve"), 401)
    assert commission() == ("pending", "")


def test_a_null_is_a_field_that_is_left_out(server: Server) -> None:
    assert say(server, "cancel", data={"reason": None}).status_code == 200
    assert server.report(order="5", clicks=None, at=None, voucher=None).status_code == 201
