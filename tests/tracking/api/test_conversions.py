"""What the API answers to reports of a shop's server, and what it records of them."""

import json
from datetime import timedelta
from decimal import Decimal
from typing import Any

import httpx
import pytest

from network.advertisers.terms import add_group
from network.models import Advertiser, CommissionGroup
from publishers.models import Publisher
from tests.support.browsing import Browser, make_report, minutes, record
from tests.support.makers import (
    NOW,
    SET_UP,
    SetClock,
    finalise,
    make_advertiser,
    make_partner,
)
from tests.tracking.api.conftest import PATH, Server, click
from tracking.api import reading, taking
from tracking.models import Conversion, Report
from tracking.rule.reasons import ReportOutcome

pytestmark = pytest.mark.django_db


def sale() -> Conversion:
    return Conversion.objects.select_related("commission").get()


def problem(answer: httpx.Response, status: int) -> dict[str, Any]:
    """The problem document that was answered."""
    assert answer.status_code == status, answer.text
    assert answer.headers["Content-Type"] == "application/problem+json"
    said: dict[str, Any] = answer.json()
    assert (said["type"], said["status"]) == ("about:blank", status)
    assert said["title"]
    assert said["detail"]
    return said


def fields(answer: dict[str, Any]) -> list[str]:
    return [error["field"] for error in answer["errors"]]


# --- One conversion -----------------------------------------------------------------------------


def test_a_new_order_is_a_sale_of_highest_rank(
    server: Server, shop: Advertiser, blog: Publisher
) -> None:
    answer = server.report(
        clicks=[click(shop, blog)], voucher="SPRING", customer="new", at="2026-03-12T14:59:00+01:00"
    )
    assert answer.status_code == 201
    assert answer.json() == {
        "status": 201,
        "order": "1",
        "outcome": "created",
        "notes": [],
        "rejected_clicks": [],
    }
    found = sale()
    assert (found.amount_minor, found.voucher, found.customer) == (4990, "SPRING", "new")
    assert (found.at, found.verified) == (NOW - minutes(1), True)
    kept = Report.objects.get()
    assert (kept.source, kept.rank, kept.tokens[0]["role"]) == ("keyed", "keyed", "server")


def test_the_click_that_the_shops_server_kept_is_paid(
    server: Server, shop: Advertiser, blog: Publisher, at: SetClock
) -> None:
    token = click(shop, blog)
    at(NOW + minutes(5))
    assert server.report(clicks=[token.upper()]).status_code == 201
    assert (sale().commission.publisher, sale().commission.amount_minor) == (blog, 399)


def test_an_order_without_a_click_of_ours_waits_for_one(server: Server) -> None:
    answers = [server.report(), server.report(), server.report(amount="50.00")]
    assert [answer.status_code for answer in answers] == [201, 200, 409]
    assert [answer.json()["outcome"] for answer in answers] == ["waiting"] * 3
    assert not Conversion.objects.exists()
    said = problem(answers[2], 409)["errors"]
    assert (said[0]["received"], said[0]["expected"]) == ("50.00", "49.90")


def test_the_same_report_again_changes_nothing(
    server: Server, shop: Advertiser, blog: Publisher
) -> None:
    token = click(shop, blog)
    first, again = server.report(clicks=[token]), server.report(clicks=[token])
    assert (first.status_code, again.status_code) == (201, 200)
    assert again.json()["outcome"] == "merged"
    assert Report.objects.get().repeats == 1


def test_what_the_tag_reported_before_is_known_and_confirmed(
    server: Server, shop: Advertiser, blog: Publisher
) -> None:
    browser = Browser(shop)
    browser.click(blog, NOW - minutes(9))
    browser.buy("1", NOW - minutes(8), "10.00")
    assert sale().verified is False
    answer = server.report()
    assert (answer.status_code, answer.json()["outcome"]) == (200, "merged")
    assert (sale().amount_minor, sale().verified, sale().conflict) == (4990, True, "")


@pytest.mark.parametrize(
    ("changed", "said"),
    [
        pytest.param({"amount": "59.90"}, ("amount", "59.90", "49.90"), id="amount"),
        pytest.param(
            {"parts": "SHOES:49.90"}, ("parts", "SHOES:49.90", "DEFAULT:49.90"), id="parts"
        ),
    ],
)
def test_other_figures_of_a_known_order_are_a_conflict_that_changes_nothing(
    server: Server,
    shop: Advertiser,
    blog: Publisher,
    changed: dict[str, str],
    said: tuple[str, str, str],
) -> None:
    add_group(shop, "SHOES", SET_UP, made_by=None, percent=Decimal(5))
    server.report(clicks=[click(shop, blog)])
    for answer in (server.report(**changed), server.report(**changed)):
        error = problem(answer, 409)["errors"][0]
        assert (error["field"], error["received"], error["expected"]) == said
        assert answer.json()["outcome"] == "figures_conflict"
    assert (sale().amount_minor, sale().conflict) == (4990, "figures")
    assert server.report().status_code == 200  # what holds is still known


def test_a_group_without_a_rate_is_named(server: Server, shop: Advertiser, blog: Publisher) -> None:
    CommissionGroup.objects.create(advertiser=shop, code="BAGS")
    answer = server.report(clicks=[click(shop, blog)], parts="BAGS:49.90")

    [error] = problem(answer, 422)["errors"]
    assert (error["field"], error["received"], error["expected"]) == (
        "parts",
        "BAGS",
        "one of DEFAULT",
    )


def test_clicks_of_another_browser_are_a_conflict(
    server: Server, shop: Advertiser, blog: Publisher
) -> None:
    server.report(clicks=[click(shop, blog)])
    said = problem(server.report(clicks=[click(shop, blog)]), 409)
    assert (said["outcome"], said["errors"]) == ("journeys_conflict", [])


def test_a_final_sale_is_known_and_changes_no_more(
    server: Server, shop: Advertiser, blog: Publisher, at: SetClock
) -> None:
    server.report(clicks=[click(shop, blog)])
    later = NOW + timedelta(days=31)
    finalise(later)
    at(later)
    assert sale().closed_at
    same, other = server.report(), server.report(amount="1.00")
    assert (same.status_code, same.json()["outcome"]) == (200, "late")
    assert problem(other, 409)["outcome"] == "late"
    assert sale().amount_minor == 4990


def test_a_test_is_checked_and_makes_no_sale(
    server: Server, shop: Advertiser, blog: Publisher
) -> None:
    token = click(shop, blog)
    answer = server.report(test=True, clicks=[token])
    assert (answer.status_code, answer.json()["outcome"]) == (200, "test")
    assert not Conversion.objects.exists()
    assert server.report(test=False, clicks=[token]).status_code == 201


def test_clicks_that_credit_nobody_are_named(
    server: Server, shop: Advertiser, blog: Publisher
) -> None:
    other = make_advertiser()
    make_partner(other, blog, "hard")
    good, foreign = click(shop, blog), click(other, blog)
    answer = server.report(clicks=[foreign, good, "rubbish"])
    assert answer.status_code == 201
    assert answer.json()["rejected_clicks"] == [
        {"click": foreign, "reason": "other_advertiser"},
        {"click": "rubbish", "reason": "malformed"},
    ]
    assert sale().commission.publisher == blog


def test_a_click_of_another_advertiser_alone_makes_no_sale(
    server: Server, shop: Advertiser, blog: Publisher
) -> None:
    other = make_advertiser()
    make_partner(other, blog, "hard")
    answer = server.report(clicks=[click(other, blog)])
    assert (answer.status_code, answer.json()["outcome"]) == (201, "waiting")
    assert not Conversion.objects.exists()


def test_items_are_kept_and_what_is_wrong_in_them_is_named(server: Server) -> None:
    items = [{"sku": "A", "price": "9.90"}, {"sku": "B", "price": "9,90"}, "C"]
    answer = server.report(items=items)
    assert answer.status_code == 201
    assert [note["field"] for note in answer.json()["notes"]] == ["items[1].price", "items[2]"]
    assert Report.objects.get().figures["items"] == [
        {"sku": "A", "price_minor": 990, "quantity": 1},
        {"sku": "B", "quantity": 1},
    ]


def test_what_is_left_out_is_noted(server: Server) -> None:
    answer = server.report(customer="loyal", click="x", clicks=["a"] * 21)
    assert answer.status_code == 201
    assert [note["field"] for note in answer.json()["notes"]] == ["customer", "click", "clicks"]


@pytest.mark.parametrize(
    ("wrong", "named"),
    [
        pytest.param({"amount": "1,00"}, ["amount"], id="amount"),
        pytest.param({"amount": None, "order": " "}, ["order", "amount"], id="several"),
        pytest.param({"order": "undefined"}, ["order"], id="placeholder"),
        pytest.param({"order": "\ud800"}, ["order"], id="no_text"),
        pytest.param({"order": "a\x00b"}, ["order"], id="null_byte"),
        pytest.param({"order": {"id": 1}}, ["order"], id="order_is_no_text"),
        pytest.param({"currency": "EUR"}, ["currency"], id="currency"),
        pytest.param({"parts": "SHOES:49.90"}, ["parts"], id="group"),
        pytest.param({"amount": 1e308}, ["amount"], id="too_much"),
        pytest.param({"clicks": "abc"}, ["clicks"], id="clicks_is_text"),
        pytest.param({"clicks": [1]}, ["clicks"], id="clicks_are_numbers"),
        pytest.param({"at": "2026-03-12T14:00:00"}, ["at"], id="no_offset"),
        pytest.param({"at": 1773324000}, ["at"], id="a_number"),
        pytest.param({"at": "1773324000"}, ["at"], id="digits"),
        pytest.param({"at": "yesterday"}, ["at"], id="no_time"),
        pytest.param({"at": "2026-03-12T14:05:01Z"}, ["at"], id="after_receipt"),
        pytest.param({"at": "0001-01-01T00:00:00+23:59"}, ["at"], id="long_ago"),
        pytest.param({"at": "9999-12-31T23:59:59-23:59"}, ["at"], id="far_ahead"),
        pytest.param({"amount": "x", "at": "x"}, ["amount", "at"], id="both_kinds"),
    ],
)
def test_a_wrong_field_refuses_the_report_and_is_named(
    server: Server, wrong: dict[str, Any], named: list[str]
) -> None:
    answer = server.client.post(
        PATH,
        content=json.dumps({"order": "1", "amount": "49.90", **wrong}),
        headers={"Authorization": f"Bearer {server.key}", "Content-Type": "application/json"},
    )
    said = problem(answer, 422)
    assert fields(said) == named
    for error in said["errors"]:
        assert set(error) == {"field", "received", "expected", "remedy"}
        assert error["expected"]
        assert error["remedy"]
    assert not Conversion.objects.exists()
    kept = Report.objects.get()
    assert (kept.outcome, kept.source) == ("invalid", "keyed")
    assert [error["field"] for error in kept.errors] == named


def test_a_time_a_little_ahead_of_ours_is_dated_when_it_was_received(server: Server) -> None:
    assert server.report(at="2026-03-12T14:05:00Z").status_code == 201
    assert Report.objects.get().at == NOW


def test_what_is_no_conversion_is_refused(server: Server) -> None:
    answer = server.post({"conversions": ["1", 7, None, []]})
    assert [item["status"] for item in answer.json()["conversions"]] == [422] * 4
    assert [fields(item) for item in answer.json()["conversions"]] == [["conversion"]] * 4


# --- Batches ------------------------------------------------------------------------------------


def test_a_batch_is_answered_in_its_order(
    server: Server, shop: Advertiser, blog: Publisher
) -> None:
    record(make_report(shop, "known", NOW - minutes(1), "5.00", clicks=[click(shop, blog)]))
    wanted = [
        ({"order": "z", "amount": "1.00"}, 201),
        ({"order": "known", "amount": "5.00"}, 200),
        ({"order": "z", "amount": "2.00"}, 409),
        ({"order": "bad", "amount": "x"}, 422),
        ({"order": "z", "amount": "1.00"}, 200),
        ({"order": "a", "amount": "1.00"}, 201),
        ({"order": "a", "amount": "1.00", "test": "1"}, 200),
    ]
    answer = server.post({"conversions": [item for item, _ in wanted]})
    assert answer.status_code == 207
    said = answer.json()["conversions"]
    assert [(item["order"], item["status"]) for item in said] == [
        (item["order"], status) for item, status in wanted
    ]


def test_a_batch_takes_as_many_as_it_says(server: Server, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(reading, "MOST_ITEMS", 5)
    monkeypatch.setattr(taking, "AT_ONCE", 2)
    items = [{"order": f"{number}", "amount": "1.00"} for number in (5, 3, 1, 4, 2)]
    answer = server.post({"conversions": items})
    assert [item["status"] for item in answer.json()["conversions"]] == [201] * 5
    assert [item["order"] for item in answer.json()["conversions"]] == ["5", "3", "1", "4", "2"]
    assert Report.objects.filter(outcome=ReportOutcome.WAITING).count() == 5
    assert problem(server.post({"conversions": [*items, {}]}), 413)["code"] == "too_many"
