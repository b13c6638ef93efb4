"""``GET /t/<adv>/l``: whether a token that has landed is fresh, and what is kept of it."""

import json
from datetime import timedelta

import pytest
from httpx import Response
from time_machine import Traveller

from network.models import Advertiser
from publishers.models import Partnership
from tests.conftest import TrackingClient
from tests.support.makers import NOW, give_hosts, make_advertiser, make_partner, make_publisher
from tests.wire.answers import link, set_cookies, token_in
from tracking.clicks.keys import KEYS
from tracking.landings.arriving import MOST_KEPT
from tracking.models import Landing, Report
from tracking.rule.slots import FRESH_MS
from tracking.rule.tokens import decode
from tracking.wire import native

FRESH = timedelta(milliseconds=FRESH_MS)
ORIGIN = "https://shop.example"


def land(
    client: TrackingClient, shop: Advertiser, token: str, *, host: str = "", origin: str = ORIGIN
) -> Response:
    """Ask as the tag does, in a page of this origin."""
    headers = {"Sec-Fetch-Mode": "cors", "Sec-Fetch-Dest": "empty", "Origin": origin}
    start = f"https://{host}" if host else ""
    return client.get(f"{start}/t/{shop.id}/l?click={token}", headers=headers)


def landings(client: TrackingClient) -> list[Landing]:
    client.drain()
    return list(Landing.objects.order_by("id"))


@pytest.mark.parametrize(
    ("after", "fresh"),
    [
        pytest.param(timedelta(0), True, id="at_once"),
        pytest.param(FRESH, True, id="ten_minutes_later"),
        pytest.param(FRESH + timedelta(milliseconds=1), False, id="later"),
        pytest.param(timedelta(days=29), False, id="within_its_window"),
    ],
)
def test_it_says_whether_the_click_has_just_been_made(
    tracking_client: TrackingClient,
    shop: Advertiser,
    blog: Partnership,
    now: Traveller,
    after: timedelta,
    fresh: bool,
) -> None:
    token = token_in(tracking_client.get(link(blog)))
    now.move_to(NOW + after)
    response = land(tracking_client, shop, token)

    assert (response.status_code, response.json()) == (200, {"fresh": fresh})
    assert response.headers["Cache-Control"] == "no-store"
    assert response.headers["Access-Control-Allow-Origin"] == ORIGIN
    assert response.headers["Access-Control-Allow-Credentials"] == "true"
    assert set_cookies(response) == {}
    [kept] = landings(tracking_client)
    click = decode(token, KEYS).click
    assert (kept.click, kept.advertiser_id, kept.publisher_id) == (
        click.id,
        shop.pk,
        blog.publisher_id,
    )
    assert (kept.at, kept.is_fresh, kept.journey) == (NOW + after, fresh, click.journey)


@pytest.mark.parametrize(
    ("held", "brings_cookies", "journey"),
    [
        pytest.param("earlier", False, "earlier", id="held"),
        pytest.param("earlier", True, "landed", id="cookies_are_believed_more"),
        pytest.param("", False, "", id="nothing"),
        pytest.param("x" * 85, False, "", id="rubbish"),
        pytest.param("c" + "a" * 84, False, "", id="made_up"),
        pytest.param("elsewhere", False, "", id="of_another_advertiser"),
    ],
)
def test_a_browser_says_which_journey_it_is_on(
    tracking_client: TrackingClient,
    shop: Advertiser,
    blog: Partnership,
    extension: Partnership,
    held: str,
    brings_cookies: bool,
    journey: str,
) -> None:
    """Whoever leads a shopper to the shop with a token of its own is on another one."""
    other = make_partner(make_advertiser(), make_publisher())
    made = {
        "earlier": token_in(tracking_client.get(link(extension))),
        "elsewhere": token_in(tracking_client.get(link(other))),
    }
    tracking_client.cookies.clear()
    made["landed"] = token_in(tracking_client.get(link(blog)))
    if not brings_cookies:
        tracking_client.cookies.clear()
    answer = land(tracking_client, shop, f"{made['landed']}&last={made.get(held, held)}")
    assert answer.json() == {"fresh": True}
    [kept] = landings(tracking_client)
    assert kept.journey == (decode(made[journey], KEYS).click.journey if journey else 0)


def test_what_is_asked_again_and_again_is_answered_and_not_recorded(
    tracking_client: TrackingClient,
    shop: Advertiser,
    blog: Partnership,
    now: Traveller,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    accepted: list[object] = []
    monkeypatch.setattr(native, "accept", lambda record, now: accepted.append(record))
    token = token_in(tracking_client.get(link(blog)))
    accepted.clear()
    answers = [land(tracking_client, shop, token) for _ in range(MOST_KEPT + 2)]
    assert {answer.text for answer in answers} == {'{"fresh": true}'}
    assert len(accepted) == MOST_KEPT


@pytest.mark.parametrize(
    ("token", "reason"),
    [
        pytest.param("", "malformed", id="none"),
        pytest.param("x" * 85, "malformed", id="rubbish"),
        pytest.param("c" + "a" * 84, "bad_signature", id="made_up"),
    ],
)
def test_a_token_that_does_not_verify_is_refused_by_name(
    tracking_client: TrackingClient, shop: Advertiser, token: str, reason: str
) -> None:
    response = land(tracking_client, shop, token)
    assert (response.status_code, response.json()) == (400, {"fresh": False, "error": reason})
    assert response.headers["Access-Control-Allow-Origin"] == ORIGIN
    assert landings(tracking_client) == []


@pytest.mark.parametrize("origin", ["https://evil.example", "null", "http://shop.example", ""])
def test_other_pages_get_no_answer_and_leave_no_landing(
    tracking_client: TrackingClient, shop: Advertiser, blog: Partnership, origin: str
) -> None:
    token = token_in(tracking_client.get(link(blog)))
    response = land(tracking_client, shop, token, origin=origin)
    assert (response.status_code, response.json()["fresh"]) == (403, False)
    assert "Access-Control-Allow-Origin" not in response.headers
    assert landings(tracking_client) == []


@pytest.mark.parametrize("method", ["HEAD", "POST", "OPTIONS"])
def test_only_a_get_asks(
    tracking_client: TrackingClient, shop: Advertiser, blog: Partnership, method: str
) -> None:
    token = token_in(tracking_client.get(link(blog)))
    address = f"/t/{shop.id}/l?click={token}"
    assert tracking_client.request(method, address).status_code == 405
    assert landings(tracking_client) == []


@pytest.mark.parametrize(
    ("origin", "readable"), [(ORIGIN, True), ("https://evil.example", False)], ids=["shop", "other"]
)
def test_the_shops_own_pages_read_what_was_wrong_with_a_sale(
    tracking_client: TrackingClient, shop: Advertiser, origin: str, readable: bool
) -> None:
    body = json.dumps({"order": "1", "amount": "1,234.50"})
    headers = {"Content-Type": "text/plain", "Origin": origin}
    answer = tracking_client.post(f"/t/{shop.id}/sale", content=body, headers=headers).headers
    assert (answer.get("Access-Control-Allow-Origin") == origin) is readable
    assert answer["X-Softclick-Error"].startswith("amount: received '1,234.50'")
    assert answer["X-Softclick-Remedy"] == (
        "Send the total after discounts, without tax and shipping."
    )
    if readable:
        exposed = answer["Access-Control-Expose-Headers"]
        assert exposed == "X-Softclick-Error, X-Softclick-Remedy"


@pytest.mark.parametrize("unanswered", [True, False])
def test_a_report_says_that_its_landing_was_not_answered(
    tracking_client: TrackingClient, shop: Advertiser, blog: Partnership, unanswered: bool
) -> None:
    token = token_in(tracking_client.get(link(blog)))
    other = "c" + "a" * 84
    said = {"order": "1", "amount": "5.00", "tokens": {"hard": [token.upper()]}}
    said["unanswered"] = token if unanswered else other
    tracking_client.cookies.clear()
    tracking_client.post(f"/t/{shop.id}/sale", content=json.dumps(said))
    query = f"order=2&amount=5.00&click={token}&unanswered={said['unanswered']}"
    tracking_client.get(f"/t/{shop.id}/pixel.gif?{query}")
    tracking_client.drain()
    kept = Report.objects.values_list("order", "is_unanswered").order_by("order")
    assert list(kept) == [("1", unanswered), ("2", unanswered)]


def test_an_unknown_advertiser_is_none(tracking_client: TrackingClient, shop: Advertiser) -> None:
    assert tracking_client.get("/t/987654/l").status_code == 404


def test_a_shops_own_host_knows_the_browser_by_its_journey(
    tracking_client: TrackingClient, shop: Advertiser, blog: Partnership
) -> None:
    give_hosts(shop, "go.shop.example")
    token = token_in(tracking_client.get(f"https://go.shop.example{link(blog)}"))
    land(tracking_client, shop, token, host="go.shop.example")
    tracking_client.cookies.clear()
    land(tracking_client, shop, token, host="go.shop.example")

    journey = decode(token, KEYS).click.journey
    # Of one millisecond, either may have the lower id.
    assert sorted(kept.journey for kept in landings(tracking_client)) == [0, journey]
