"""What the API answers to reports of a shop's server, and what it records of them."""

import json
from datetime import timedelta
from typing import Any

import httpx
import pytest
from django.conf import settings
from django.db import OperationalError
from django.test import override_settings

from network.advertisers import api_keys
from network.models import Advertiser
from publishers.models import Publisher
from tests.support.browsing import Browser, make_report, minutes, record
from tests.support.makers import (
    NOW,
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
    shop.commission_groups.create(code="SHOES")
    server.report(clicks=[click(shop, blog)])
    for answer in (server.report(**changed), server.report(**changed)):
        error = problem(answer, 409)["errors"][0]
        assert (error["field"], error["received"], error["expected"]) == said
        assert answer.json()["outcome"] == "figures_conflict"
    assert (sale().amount_minor, sale().conflict) == (4990, "figures")
    assert server.report().status_code == 200  # what holds is still known


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
        pytest.param({"clicks": None}, ["clicks"], id="clicks_is_null"),
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


# --- Calls that are refused ---------------------------------------------------------------------


@pytest.mark.parametrize(
    "header",
    [
        pytest.param({}, id="none"),
        pytest.param({"Authorization": "Bearer"}, id="empty"),
        pytest.param({"Authorization": "Bearer sclk_0"}, id="unknown"),
        pytest.param({"Authorization": "Basic {key}"}, id="another_scheme"),
        pytest.param({"X-Api-Key": "{key}"}, id="another_header"),
        pytest.param({"Authorization": "Bearer {key}x"}, id="more_than_a_key"),
    ],
)
def test_without_a_live_key_nobody_reports(server: Server, header: dict[str, str]) -> None:
    headers = {name: value.format(key=server.key) for name, value in header.items()}
    answer = server.client.post(PATH, json={"order": "1", "amount": "1.00"}, headers=headers)
    assert problem(answer, 401)["code"] == "unknown_key"
    assert answer.headers["WWW-Authenticate"].startswith("Bearer")
    assert not Report.objects.exists()


def test_a_revoked_key_reports_no_more_and_the_next_one_does(
    server: Server, shop: Advertiser
) -> None:
    following = api_keys.make(shop, "Next", NOW, made_by=None).key
    assert server.report().status_code == 201
    api_keys.revoke(shop.api_keys.get(name="Shop"), NOW, revoked_by=None)
    problem(server.report(), 401)
    assert Server(server.client, following).report().status_code == 200


def test_a_key_reports_for_its_advertiser_alone(server: Server) -> None:
    other = make_advertiser()
    theirs = Server(server.client, api_keys.make(other, "Other", NOW, made_by=None).key)
    assert [server.report().status_code, theirs.report().status_code] == [201, 201]
    assert Report.objects.filter(advertiser=other).count() == 1


def test_a_closed_advertiser_reports_no_more(server: Server, shop: Advertiser) -> None:
    Advertiser.objects.filter(pk=shop.pk).update(status=Advertiser.Status.CLOSED)
    assert problem(server.report(), 403)["code"] == "advertiser_closed"


def test_a_key_calls_so_often_within_a_minute(
    server: Server, shop: Advertiser, at: SetClock, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(api_keys, "MOST_CALLS", 2)
    other = Server(server.client, api_keys.make(shop, "Other", NOW, made_by=None).key)
    at(NOW.replace(second=13))
    assert [server.report().status_code for _ in range(2)] == [201, 200]
    answer = server.report(order="2")
    assert problem(answer, 429)["code"] == "too_many_calls"
    assert answer.headers["Retry-After"] == "47"
    assert Report.objects.filter(order="2").count() == 0
    assert other.report().status_code == 200
    at(NOW.replace(second=0) + minutes(1))
    assert server.report(order="2").status_code == 201


def test_a_key_that_comes_unencrypted_is_refused(server: Server) -> None:
    with override_settings(SECURE_SSL_REDIRECT=True):
        assert problem(server.report(), 403)["code"] == "not_https"


@pytest.mark.parametrize(
    ("content", "kind", "status", "code"),
    [
        pytest.param(b"{", "application/json", 400, "bad_json", id="no_json"),
        pytest.param(b"\xff", "application/json", 400, "bad_json", id="no_utf8"),
        pytest.param(b"[" * 99_999, "application/json", 400, "bad_json", id="too_deep"),
        pytest.param(b'{"amount": NaN}', "application/json", 400, "bad_json", id="nan"),
        pytest.param(b"9" * 9_999, "application/json", 400, "bad_json", id="a_huge_number"),
        pytest.param(b"[]", "application/json", 400, "bad_body", id="a_bare_list"),
        pytest.param(b"", "application/json", 400, "bad_json", id="nothing"),
        pytest.param(b'{"conversions": {}}', "application/json", 400, "bad_body", id="no_list"),
        pytest.param(b'{"conversions": []}', "application/json", 400, "empty_batch", id="empty"),
        pytest.param(b"order=1", "application/x-www-form-urlencoded", 415, "not_json", id="form"),
        pytest.param(b"{}", "text/plain", 415, "not_json", id="text"),
        pytest.param(b" " * 2_700_000, "application/json", 413, "too_large", id="too_large"),
    ],
)
def test_what_cannot_be_read_is_refused(
    server: Server, content: bytes, kind: str, status: int, code: str
) -> None:
    headers = {"Authorization": f"Bearer {server.key}", "Content-Type": kind}
    answer = server.client.post(PATH, content=content, headers=headers)
    assert problem(answer, status)["code"] == code
    assert not Report.objects.exists()


@pytest.mark.parametrize("method", ["GET", "PUT", "DELETE", "OPTIONS", "HEAD"])
def test_other_methods_are_refused(server: Server, method: str) -> None:
    answer = server.client.request(method, PATH)
    assert (answer.status_code, answer.headers["Allow"]) == (405, "POST")
    assert answer.headers["Content-Type"] == "application/problem+json"


@pytest.mark.parametrize("path", ["/api/", "/api/v1/", "/api/v1/conversions/", "/api/v2/x"])
def test_other_addresses_are_refused(server: Server, path: str) -> None:
    problem(server.client.post(path, json={}), 404)


def test_while_postgresql_is_away_everything_is_to_be_sent_again(
    server: Server, monkeypatch: pytest.MonkeyPatch
) -> None:
    def away(*_: object) -> None:
        raise OperationalError("connection refused")

    monkeypatch.setattr(api_keys, "find", away)
    answer = server.report()
    assert problem(answer, 503)["code"] == "unavailable"
    assert int(answer.headers["Retry-After"]) > 0


def test_a_fault_of_ours_is_a_problem_document(
    server: Server, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    def broken(*_: object) -> None:
        raise ZeroDivisionError

    monkeypatch.setattr(taking, "take", broken)
    assert "logged" in problem(server.report(), 500)["detail"]
    assert "ZeroDivisionError" in caplog.text


# --- The way there ------------------------------------------------------------------------------


def test_it_sets_no_cookie_and_asks_for_none(server: Server) -> None:
    answer = server.report()
    assert "Set-Cookie" not in answer.headers
    assert answer.headers["Cache-Control"] == "no-store"


@pytest.mark.parametrize("host", [settings.TRACKING_HOST, "go.shop.example", "elsewhere.example"])
def test_no_other_host_knows_it(server: Server, host: str) -> None:
    answer = server.client.post(
        f"http://{host}{PATH}", json={}, headers={"Authorization": f"Bearer {server.key}"}
    )
    assert answer.status_code in (400, 404)
    assert not Report.objects.exists()
