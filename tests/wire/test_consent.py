"""What a click leaves in the browser, by the advertiser's setting and the link's own answer, on the
shared tracking host and on one of the shop's own."""

import json

import pytest
from django.conf import settings

from network.advertisers import signing_keys
from network.models import Advertiser
from publishers.models import Partnership
from tests.conftest import TrackingClient
from tests.support.makers import NOW, give_hosts
from tests.wire.answers import clicks, link, only_click, set_cookies, token_in
from tracking.evidence import signing
from tracking.models import Report

OWN = "go.shop.example"
TARGET = {"to": "https://shop.example/shoes?a=1"}


@pytest.fixture(params=["", f"https://{OWN}"], ids=["shared", "own"])
def host(request: pytest.FixtureRequest, shop: Advertiser) -> str:
    """What the addresses of this tracking host start with."""
    give_hosts(shop, OWN)
    return str(request.param)


@pytest.fixture(params=["store", "ask", "refuse"])
def default(request: pytest.FixtureRequest, shop: Advertiser) -> str:
    Advertiser.objects.filter(pk=shop.pk).update(consent_default=request.param)
    return str(request.param)


def test_the_setting_decides_where_the_link_says_nothing(
    tracking_client: TrackingClient, blog: Partnership, default: str, host: str
) -> None:
    response = tracking_client.get(f"{host}{link(blog)}", params={**TARGET, "consent": ""})

    assert bool(set_cookies(response)) is (default == "store")
    assert ("sclk=" in response.headers["Location"]) is (default != "refuse")
    click = only_click(tracking_client)
    assert click.reason == ("no_consent" if default == "refuse" else "")
    assert bool(click.user_agent) is bool(click.ip_prefix) is (default == "store")


def test_a_yes_in_the_link_stores(
    tracking_client: TrackingClient, blog: Partnership, default: str, host: str
) -> None:
    response = tracking_client.get(f"{host}{link(blog)}", params={"consent": "1"})

    assert token_in(response)
    assert len(set_cookies(response)) == 4
    assert only_click(tracking_client).reason == ""


def test_a_no_in_the_link_reads_writes_and_hands_over_nothing(
    tracking_client: TrackingClient, blog: Partnership, default: str, host: str
) -> None:
    tracking_client.get(f"{host}{link(blog)}", params={"consent": "1"})
    held = dict(tracking_client.cookies)
    response = tracking_client.get(f"{host}{link(blog)}", params={**TARGET, "consent": "0"})

    assert response.headers["Location"] == TARGET["to"]
    assert not set_cookies(response)
    assert held
    assert dict(tracking_client.cookies) == held
    kept, refused = sorted(clicks(tracking_client), key=lambda click: click.reason)
    assert (kept.reason, refused.reason) == ("", "no_consent")
    assert (refused.journey, refused.session, refused.user_agent) == (0, 0, "")


@pytest.mark.parametrize(
    "query",
    ["consent=0&consent=1", "consent=0&consent=", "consent=1&amp%3Bconsent=0", "consent=0)"],
)
def test_a_no_among_other_answers_is_one(
    tracking_client: TrackingClient, shop: Advertiser, blog: Partnership, query: str
) -> None:
    token = token_in(tracking_client.get(link(blog), params={"consent": "1"}))
    response = tracking_client.get(f"{link(blog)}?{query}")
    tracking_client.get(f"/t/{shop.pk}/pixel.gif?order=1&amount=50.00&click={token}&{query}")

    assert not set_cookies(response)
    assert sorted(click.reason for click in clicks(tracking_client)) == ["", "no_consent"]
    assert not Report.objects.exists()


def test_where_the_shop_asks_what_the_browser_brings_is_not_read(
    tracking_client: TrackingClient, shop: Advertiser, blog: Partnership, host: str
) -> None:
    Advertiser.objects.filter(pk=shop.pk).update(consent_default="ask")
    prefix = "__Host-" if host else "__Secure-"
    cookie = f"{prefix}scl-{shop.pk}=forged"
    response = tracking_client.get(f"{host}{link(blog)}", headers={"Cookie": cookie})

    assert not set_cookies(response)
    click = only_click(tracking_client)
    assert (click.reason, click.rejected_tokens, click.stood_down) == ("", [], False)
    assert 0 not in (click.journey, click.session)


# --- taking consent back -------------------------------------------------------------------------

FROM_THE_SHOP = {
    "Sec-Fetch-Mode": "cors",
    "Sec-Fetch-Dest": "empty",
    "Origin": "https://www.shop.example",
}


def test_taken_back_the_hosts_cookies_are_deleted(
    tracking_client: TrackingClient, shop: Advertiser, blog: Partnership, host: str
) -> None:
    written = set_cookies(tracking_client.get(f"{host}{link(blog)}"))
    assert len(tracking_client.cookies) == 3  # and the soft slot is empty
    answer = tracking_client.post(f"{host}/t/{shop.pk}/forget", headers=FROM_THE_SHOP)

    assert (answer.status_code, answer.content) == (204, b"")
    assert set_cookies(answer).keys() == written.keys()
    assert len(tracking_client.cookies) == 0
    assert answer.headers["Access-Control-Allow-Origin"] == FROM_THE_SHOP["Origin"]
    assert answer.headers["Access-Control-Allow-Credentials"] == "true"
    assert answer.headers["Cache-Control"] == "no-store"


def test_over_plain_http_they_are_deleted_as_they_were_written(
    tracking_client: TrackingClient,
    shop: Advertiser,
    blog: Partnership,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    Advertiser.objects.filter(pk=shop.pk).update(landing_url="http://shop.example/")
    monkeypatch.setattr(settings, "PUBLIC_SCHEME", "http")
    written = set_cookies(tracking_client.get(f"http://track.localhost{link(blog)}"))
    headers = {**FROM_THE_SHOP, "Origin": "http://shop.example"}
    address = f"http://track.localhost/t/{shop.pk}/forget"
    deleted = set_cookies(tracking_client.post(address, headers=headers))

    assert deleted.keys() == written.keys()
    assert set(deleted.values()) == {f'""; HttpOnly; Max-Age=0; Path=/t/{shop.pk}/'}


@pytest.mark.parametrize(
    ("changed", "status"),
    [
        pytest.param({"Origin": "https://evil.example"}, 403, id="another_site"),
        pytest.param({"Origin": "https://shop.example.evil"}, 403, id="a_name_that_begins_alike"),
        pytest.param({"Origin": "null"}, 403, id="a_sandboxed_frame"),
        pytest.param({"Origin": ""}, 403, id="no_origin"),
        pytest.param({"Origin": "http://shop.example"}, 403, id="without_tls"),
        pytest.param({"Sec-Fetch-Mode": "no-cors"}, 403, id="no_cors"),
        pytest.param({"Sec-Fetch-Mode": "navigate"}, 403, id="a_form"),
    ],
)
def test_only_the_shops_own_scripts_may_take_it_back(
    tracking_client: TrackingClient,
    shop: Advertiser,
    host: str,
    changed: dict[str, str],
    status: int,
) -> None:
    address = f"{host}/t/{shop.pk}/forget"
    answer = tracking_client.post(address, headers={**FROM_THE_SHOP, **changed})

    assert answer.status_code == status
    assert not set_cookies(answer)


@pytest.mark.parametrize("method", ["GET", "HEAD", "PUT", "DELETE", "OPTIONS"])
def test_other_methods_delete_nothing(
    tracking_client: TrackingClient, shop: Advertiser, host: str, method: str
) -> None:
    address = f"{host}/t/{shop.pk}/forget"
    answer = tracking_client.request(method, address, headers=FROM_THE_SHOP)

    assert (answer.status_code, answer.headers["Allow"]) == (405, "POST")
    assert not set_cookies(answer)


@pytest.mark.parametrize("where", ["https://track.localhost/t/999", f"https://{OWN}/t/999"])
def test_nothing_of_another_advertiser_is_deleted(
    tracking_client: TrackingClient, host: str, where: str
) -> None:
    answer = tracking_client.post(f"{where}/forget", headers=FROM_THE_SHOP)

    assert answer.status_code == 404
    assert not set_cookies(answer)


# --- reports -------------------------------------------------------------------------------------


def report(client: TrackingClient, address: str, data: dict[str, object], method: str) -> Report:
    """What is kept of a report by the tag, or by the pixel it falls back to."""
    if method == "pixel.gif":
        client.get(f"{address}/pixel.gif", params={name: str(data[name]) for name in data})
    else:
        kind = {"Content-Type": "text/plain"}
        client.post(f"{address}/sale", content=json.dumps(data), headers=kind)
    client.drain()
    return Report.objects.get()


@pytest.mark.parametrize("method", ["sale", "pixel.gif"])
@pytest.mark.parametrize("said", ["0", False, "no"])
def test_a_report_without_consent_brings_no_evidence(
    tracking_client: TrackingClient,
    shop: Advertiser,
    blog: Partnership,
    host: str,
    method: str,
    said: object,
) -> None:
    """Whatever the browser sends along; signed by the shop, so that it is kept."""
    key = signing_keys.make(shop, NOW, made_by=None).secret
    token = token_in(tracking_client.get(f"{host}{link(blog)}"))
    data: dict[str, object] = {"order": "1", "amount": "50.00", "consent": said}
    data |= {"click": token, "tokens": {"hard": [token]}, "session": "5"}
    data["sig"] = signing.sign("1|50.00||", key)
    kept = report(tracking_client, f"{host}/t/{shop.pk}", data, method)

    assert (kept.outcome, kept.from_browser, kept.tokens) == ("waiting", False, [])


@pytest.mark.parametrize("said", [{"ads": False}, ["no"], []])
def test_an_answer_for_each_purpose_is_a_no(
    tracking_client: TrackingClient, shop: Advertiser, blog: Partnership, said: object
) -> None:
    """None of the purposes is known to be ours."""
    tracking_client.get(link(blog))
    data: dict[str, object] = {"order": "1", "amount": "50.00", "consent": said}
    data["sig"] = signing.sign("1|50.00||", signing_keys.make(shop, NOW, made_by=None).secret)
    kept = report(tracking_client, f"/t/{shop.pk}", data, "sale")
    assert (kept.outcome, kept.from_browser, kept.tokens) == ("waiting", False, [])


@pytest.mark.parametrize("method", ["sale", "pixel.gif"])
@pytest.mark.parametrize("said", ["1", "", "{consent}"])
def test_any_other_report_brings_it(
    tracking_client: TrackingClient,
    shop: Advertiser,
    blog: Partnership,
    host: str,
    method: str,
    said: str,
) -> None:
    tracking_client.get(f"{host}{link(blog)}")
    data: dict[str, object] = {"order": "1", "amount": "50.00", "consent": said}
    kept = report(tracking_client, f"{host}/t/{shop.pk}", data, method)

    assert (kept.outcome, kept.from_browser) == ("created", True)
