"""The demo's controls and its guide."""

import html
import re
from collections import Counter
from datetime import timedelta

import pytest
from django.conf import settings as django_settings
from django.test import Client
from django.urls import resolve
from pytest_django import Settings

from network.demo.pages import controls, guide, places
from network.models import Advertiser
from publishers.models import Partnership
from tests.demo.visitor import FirstParty, ask, cleared, look
from tests.support.makers import NOW, give_hosts
from tracking.clicks import snapshot
from tracking.lifecycle import finalisation


@pytest.mark.usefixtures("shop")
@pytest.mark.parametrize(
    ("page", "back"),
    [
        pytest.param("/", "/", id="front"),
        pytest.param("/checkout?product=tent&quantity=2", "", id="query"),
        pytest.param("/product/tent?a=b&sclk=token", "/product/tent?a=b", id="landed"),
        pytest.param("/product/tent?sclk=token", "/product/tent", id="landed_without_more"),
    ],
)
def test_the_controls_lead_back_to_the_very_page(page: str, back: str) -> None:
    client = Client(headers={"host": places.SHOP, "referer": places.url(places.SHOP, page)})
    strip_page = client.get("/demo/strip").content.decode()
    backs = re.findall(r'name="back" value="([^"]+)"', strip_page)
    assert {html.unescape(found) for found in backs} == {back or page}
    answer = client.post("/demo/skip", {"duration": "hour", "back": back or page})
    assert answer["Location"] == places.url(places.SHOP, back or page)


@pytest.mark.parametrize(
    ("duration", "ahead"),
    [
        pytest.param("hour", "1 hour", id="hour"),
        pytest.param("day", "1 day", id="day"),
        pytest.param("month", "31 days", id="month"),
    ],
)
def test_skip_moves_the_clock(client_at_shop: Client, duration: str, ahead: str) -> None:
    response = client_at_shop.post("/demo/skip", {"duration": duration, "back": "/product/tent"})
    assert (response.status_code, response["Location"]) == (
        303,
        places.url(places.SHOP, "/product/tent"),
    )
    assert controls.ahead() == ahead


def test_skips_add_up(client_at_shop: Client) -> None:
    for duration in ("month", "hour", "hour"):
        client_at_shop.post("/demo/skip", {"duration": duration})
    assert controls.ahead() == "31 days 2 hours"


def test_the_clock_is_moved_by_a_post_of_the_shop_only(client_at_shop: Client) -> None:
    month = {"duration": "month"}
    evil = {"origin": "http://evil.example"}
    assert client_at_shop.get("/demo/skip", month).status_code == 405
    assert client_at_shop.post("/demo/skip", month, headers=evil).status_code == 403
    assert client_at_shop.post("/demo/skip", {"duration": "century"}).status_code == 422
    assert controls.ahead() == ""
    own = {"origin": places.origin(places.SHOP)}
    assert client_at_shop.post("/demo/skip", month, headers=own).status_code == 303


@pytest.mark.parametrize(
    ("back", "path"),
    [
        pytest.param("/product/tent?sclk=x", "/product/tent?sclk=x", id="page"),
        pytest.param("", "/", id="none"),
        pytest.param("http://evil.example/", "/", id="elsewhere"),
        pytest.param("//evil.example/", "//evil.example/", id="a_path_of_the_shop"),
    ],
)
def test_a_control_leads_back_to_the_shop(client_at_shop: Client, back: str, path: str) -> None:
    response = client_at_shop.post("/demo/skip", {"duration": "hour", "back": back})
    assert response["Location"] == places.url(places.SHOP, path)
    assert response["Location"].startswith(f"{places.origin(places.SHOP)}/")


def test_the_session_ends_on_every_host(
    shop: Advertiser,
    client_at_shop: Client,
    demo_settings: Settings,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    give_hosts(shop, places.SHOP_TRACKING)
    known = snapshot.build()
    monkeypatch.setattr(snapshot.keeper, "current", lambda: known)
    answer = client_at_shop.post("/demo/end-session", {"back": "/product/tent"})
    path = f"/t/{shop.id}/demo/end-session?back=%2Fproduct%2Ftent"
    assert cleared(answer) == Counter({"_scs": 2, "_scn": 2, "_scv": 2})

    demo_settings.ROOT_URLCONF = "network.demo.pages.tracking_urls"
    paths = {django_settings.TRACKING_HOST: f"/t/{shop.id}/", places.SHOP_TRACKING: "/"}
    for host, of_cookies in paths.items():
        assert (answer.status_code, answer["Location"]) == (307, places.url(host, path))
        there = Client(headers={"host": host})
        assert there.get(path).status_code == 405
        answer = there.post(path)
        assert cleared(answer) == Counter((f"scs-{shop.id}", f"scn-{shop.id}"))
        assert {morsel["path"] for morsel in answer.cookies.values()} == {of_cookies}
    back = places.url(places.SHOP, "/product/tent")
    assert (answer.status_code, answer["Location"]) == (303, back)


# The guide


def ticked(text: str) -> list[str]:
    """The steps that are done, as the strip says."""
    titles = ("Follow a link", "Try a soft partner", "Order", "See why", "Let the windows close")
    parts = re.split("|".join(map(re.escape, titles)), text.partition("An order now")[0])
    return [title for title, part in zip(titles, parts[1:], strict=False) if "Done." in part]


def test_the_guide_ticks_off_what_this_browser_has_done(
    shop: Advertiser,
    blog: Partnership,
    extension: Partnership,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(guide, "ASKING", frozenset({extension.publisher_id}))
    shopper = FirstParty()
    assert ticked(look(shopper, monkeypatch)) == []
    shopper.follow(blog, NOW)
    assert ticked(look(shopper, monkeypatch)) == ["Follow a link"]
    shopper.follow(extension, NOW + timedelta(minutes=5))
    shopper.buy(shop, NOW + timedelta(minutes=9), order="NO-1")
    done = ["Follow a link", "Try a soft partner", "Order"]
    assert ticked(look(shopper, monkeypatch)) == done
    shown = ask(places.SHOP, "/demo/strip", **shopper.jar, demo_looked="NO-1").content.decode()
    assert ticked(re.sub(r"<[^>]+>", " ", shown)) == [*done, "See why"]
    finalisation.finalise_due(NOW + timedelta(days=31))
    assert ticked(look(shopper, monkeypatch)) == [*done, "Let the windows close"]


def test_the_guide_opens_the_sale_in_the_admin(
    shop: Advertiser, blog: Partnership, client_at_shop: Client
) -> None:
    shopper = FirstParty()
    shopper.follow(blog, NOW)
    sale = shopper.buy(shop, NOW + timedelta(minutes=9), order="NO-1")
    answer = client_at_shop.post("/demo/look", {"order": "NO-1"})
    onward = f"person=nimbus&next=%2Fadmin%2Ftracking%2Fconversion%2F{sale.pk}%2Fchange%2F"
    there = f"{django_settings.SITE_URL}/demo/sign-in/?{onward}"
    assert (answer.status_code, answer["Location"]) == (307, there)
    assert answer.cookies["demo_looked"].value == "NO-1"
    assert client_at_shop.get("/demo/look").status_code == 405
    unknown = client_at_shop.post("/demo/look", {"order": "NO-2"})
    assert (unknown.status_code, unknown["Location"]) == (303, places.url(places.SHOP))


@pytest.mark.parametrize(
    ("path", "status"),
    [
        pytest.param("/static/demo/demo.css", 200, id="style"),
        pytest.param("/static/demo/overlay.js", 200, id="overlay"),
        pytest.param("/static/network/site.css", 404, id="of_the_site"),
        pytest.param("/static/demo/../network/site.css", 404, id="upwards"),
        pytest.param("/static/demo/none.css", 404, id="none"),
    ],
)
@pytest.mark.usefixtures("shop")
def test_the_pages_files_are_there_and_no_others(path: str, status: int) -> None:
    client = Client(headers={"host": places.BLOG})
    answer = client.get(path)
    answer.close()
    assert answer.status_code == status


def test_the_tracking_host_keeps_its_own_urls_in_the_demo() -> None:
    for path in ("/t/1/c/1", "/t/1/tag.js", "/t/1/pixel.gif", "/t/1/sale", "/t/1/a/2"):
        here = resolve(path, "network.demo.pages.tracking_urls")
        assert here.func is resolve(path, "tracking.urls").func
