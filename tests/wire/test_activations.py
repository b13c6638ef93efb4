"""Clicks that a page of the shop makes: who may activate, and from where."""

import pytest

from network.models import Advertiser
from publishers.models import Partnership
from tests.conftest import TrackingClient
from tests.support.makers import make_partner, make_publisher
from tests.wire.answers import only_click, set_cookies
from tracking.clicks.keys import KEYS
from tracking.rule.tokens import decode

IN_PAGE = {"Sec-Fetch-Mode": "cors", "Sec-Fetch-Dest": "empty", "Origin": "https://shop.example"}


def activation(partnership: Partnership) -> str:
    return f"/t/{partnership.advertiser_id}/a/{partnership.publisher_id}"


@pytest.mark.parametrize(
    ("model_type", "in_page"),
    [
        pytest.param("extension", False, id="without_the_flag"),
        pytest.param("content", True, id="a_hard_partner"),
    ],
)
def test_a_page_activates_nobody_who_may_not(
    tracking_client: TrackingClient, shop: Advertiser, model_type: str, in_page: bool
) -> None:
    partner = make_partner(shop, make_publisher(model_type=model_type), in_page=in_page)
    response = tracking_client.get(activation(partner), headers=IN_PAGE)

    assert (response.status_code, response.json()) == (200, {})
    assert not set_cookies(response)
    assert only_click(tracking_client).reason == "stuffed"


def test_a_page_activates_a_soft_partner_with_the_flag(
    tracking_client: TrackingClient, shop: Advertiser
) -> None:
    overlay = make_partner(shop, make_publisher(model_type="overlay"), in_page=True)
    response = tracking_client.get(activation(overlay), headers=IN_PAGE)

    click = only_click(tracking_client)
    assert (click.reason, click.in_page, click.cookie_type) == ("", True, "soft")
    assert decode(response.json()["token"], KEYS).click.id == click.id
    assert response.headers["Access-Control-Allow-Origin"] == "https://shop.example"
    assert response.headers["Access-Control-Allow-Credentials"] == "true"


@pytest.mark.parametrize(
    ("method", "changed"),
    [
        pytest.param("GET", {"Origin": "https://evil.example"}, id="another_site"),
        pytest.param("GET", {"Origin": "https://shop.example.evil"}, id="a_name_that_begins_alike"),
        pytest.param("GET", {"Origin": "null"}, id="a_sandboxed_frame"),
        pytest.param("GET", {"Origin": ""}, id="no_origin"),
        pytest.param("GET", {"Origin": "https://["}, id="no_address"),
        pytest.param("GET", {"Origin": "http://shop.example"}, id="without_tls"),
        pytest.param("GET", {"Sec-Fetch-Mode": "no-cors"}, id="an_image"),
        pytest.param("GET", {"Sec-Fetch-Mode": "navigate"}, id="a_frame"),
        pytest.param("POST", {}, id="posted"),
        pytest.param("HEAD", {}, id="head"),
    ],
)
def test_only_a_script_in_the_shops_own_pages_activates(
    tracking_client: TrackingClient, shop: Advertiser, method: str, changed: dict[str, str]
) -> None:
    overlay = make_partner(shop, make_publisher(model_type="overlay"), in_page=True)
    response = tracking_client.request(method, activation(overlay), headers={**IN_PAGE, **changed})

    assert (response.status_code, response.content[:2]) == (200, b"{}"[: len(response.content)])
    assert not set_cookies(response)
    assert only_click(tracking_client).reason == ("head" if method == "HEAD" else "stuffed")
    allowed = response.headers.get("Access-Control-Allow-Origin")
    assert (allowed == "https://shop.example") == ("Origin" not in changed)


def test_a_shop_without_tls_activates_from_its_pages(
    tracking_client: TrackingClient, shop: Advertiser
) -> None:
    Advertiser.objects.filter(id=shop.id).update(landing_url="http://shop.example/")
    overlay = make_partner(shop, make_publisher(model_type="overlay"), in_page=True)
    headers = {**IN_PAGE, "Origin": "http://www.shop.example"}
    tracking_client.get(activation(overlay), headers=headers)

    assert only_click(tracking_client).reason == ""
