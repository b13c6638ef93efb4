"""What a click leaves in the browser, by the advertiser's setting and the link's own answer, on the
shared tracking host and on one of the shop's own."""

import pytest

from network.advertisers import tracking_hosts
from network.models import Advertiser
from publishers.models import Partnership
from tests.conftest import TrackingClient
from tests.wire.answers import clicks, link, only_click, set_cookies, token_in

OWN = "go.shop.example"
TARGET = {"to": "https://shop.example/shoes?a=1"}


@pytest.fixture(params=["", f"https://{OWN}"], ids=["shared", "own"])
def host(request: pytest.FixtureRequest, shop: Advertiser) -> str:
    """What the addresses of this tracking host start with."""
    tracking_hosts.replace(shop, [OWN])
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
