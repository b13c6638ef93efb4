"""Calls of the keyed API that are refused before they report anything, and the way there."""

import pytest
from django.conf import settings
from django.db import OperationalError
from django.test import override_settings

from network.advertisers import api_keys
from network.models import Advertiser
from publishers.models import Publisher
from tests.support.browsing import minutes
from tests.support.makers import (
    NOW,
    SetClock,
    make_advertiser,
)
from tests.tracking.api.conftest import PATH, Server, click
from tests.tracking.api.test_conversions import problem
from tracking.api import taking
from tracking.models import Report, Validation

pytestmark = pytest.mark.django_db


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
    following = api_keys.make(shop, "Next", NOW, made_by=None, may_decide=True).key
    assert server.report().status_code == 201
    api_keys.revoke(shop.api_keys.get(name="Shop"), NOW, revoked_by=None)
    problem(server.report(), 401)
    assert Server(server.client, following).report().status_code == 200


def test_a_key_reports_for_its_advertiser_alone(server: Server) -> None:
    other = make_advertiser()
    theirs = Server(
        server.client, api_keys.make(other, "Other", NOW, made_by=None, may_decide=True).key
    )
    assert [server.report().status_code, theirs.report().status_code] == [201, 201]
    assert Report.objects.filter(advertiser=other).count() == 1


def test_a_closed_advertiser_reports_no_more(server: Server, shop: Advertiser) -> None:
    Advertiser.objects.filter(pk=shop.pk).update(status=Advertiser.Status.CLOSED)
    assert problem(server.report(), 403)["code"] == "advertiser_closed"


def test_a_key_calls_so_often_within_a_minute(
    server: Server, shop: Advertiser, at: SetClock, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(api_keys, "MOST_CALLS", 2)
    other = Server(
        server.client, api_keys.make(shop, "Other", NOW, made_by=None, may_decide=True).key
    )
    at(NOW.replace(second=13))
    assert [server.report().status_code for _ in range(2)] == [201, 200]
    answer = server.report(order="2")
    assert problem(answer, 429)["code"] == "too_many_calls"
    assert answer.headers["Retry-After"] == "47"
    assert Report.objects.filter(order="2").count() == 0
    assert other.report().status_code == 200
    at(NOW.replace(second=0) + minutes(1))
    assert server.report(order="2").status_code == 201


def test_a_key_that_only_reports_decides_nothing(
    server: Server, shop: Advertiser, blog: Publisher
) -> None:
    key = api_keys.make(shop, "Reports", NOW, made_by=None, may_decide=False).key
    narrow = Server(server.client, key)
    assert narrow.report(clicks=[click(shop, blog)]).status_code == 201
    bearer = {"Authorization": f"Bearer {key}"}
    for path in ("approve", "decline", "cancel", "1/approve", "1/decline", "1/cancel"):
        body = {"conversions": ["1"], "code": "fraud"}
        answer = server.client.post(f"{PATH}/{path}", json=body, headers=bearer)
        assert problem(answer, 403)["code"] == "not_in_scope"
    assert Validation.objects.count() == 0


@pytest.mark.parametrize(
    ("address", "kept"),
    [("203.0.113.9", "203.0.113.9"), ("2001:db8::9", "2001:db8::9"), ("unknown", None)],
)
def test_the_last_call_of_a_key_is_known_with_its_address(
    server: Server, shop: Advertiser, address: str, kept: str | None
) -> None:
    with override_settings(TRUSTED_PROXIES=1):
        bearer = {"Authorization": f"Bearer {server.key}", "X-Forwarded-For": address}
        sent = {"order": "1", "amount": "49.90"}
        assert server.client.post(PATH, json=sent, headers=bearer).status_code == 201
    row = shop.api_keys.get()
    assert (row.minute, row.last_address) == (NOW.replace(second=0, microsecond=0), kept)


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
