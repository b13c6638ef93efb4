"""Every answer says what its page may load and run, and no page of ours asks for more."""

import base64
import hashlib
import re
from pathlib import Path

import pytest
from django.conf import settings
from django.test import Client

from network import content_policy
from network.local.bootstrap import ROOT
from network.project import hosts
from tests.conftest import TrackingClient
from tests.support.makers import (
    give_hosts,
    make_advertiser,
    make_partner,
    make_publisher,
    make_user,
)
from tracking.clicks.snapshot import keeper
from tracking.rule.consent import Consent
from tracking.wire import tag

pytestmark = pytest.mark.django_db


STRICT = {
    "default-src 'none'",
    "script-src 'self'",
    "style-src 'self'",
    "img-src 'self' data:",
    "font-src 'self'",
    "connect-src 'self'",
    "form-action 'self'",
    "frame-ancestors 'none'",
    "base-uri 'none'",
}
ADMINS = (STRICT - {"script-src 'self'"}) | {"script-src 'self' 'unsafe-eval'"}


def policy_of(response: object) -> set[str]:
    """That of every URL, for everybody: ``tests/network/people/test_access.py``."""
    header: str = response.headers["Content-Security-Policy"]  # type: ignore[attr-defined]
    return set(header.split("; "))


@pytest.mark.parametrize(
    ("path", "status"),
    [
        pytest.param("/there-is-no-such-page", 404, id="not_found"),
        pytest.param("/administration", 404, id="almost_the_admin"),
        pytest.param("/static/network/site.css", 200, id="static_file"),
        pytest.param("/static/network/vendor/htmx.min.js", 200, id="script"),
    ],
)
def test_what_is_no_page_has_one(path: str, status: int) -> None:
    response = Client(HTTP_HOST=settings.SITE_HOST).get(path)
    response.close()
    assert response.status_code == status
    assert policy_of(response) == STRICT


def test_so_has_a_page_that_failed(monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(*_: object) -> None:
        raise RuntimeError("broken")

    monkeypatch.setattr("network.pages.people.home.access_of", fail)
    client = Client(HTTP_HOST=settings.SITE_HOST, raise_request_exception=False)
    client.force_login(make_user())
    response = client.get("/")
    assert response.status_code == 500
    assert policy_of(response) == STRICT


def test_so_has_a_host_that_is_nobodys(tracking_client: TrackingClient) -> None:
    response = tracking_client.get("https://stranger.example/")
    assert response.status_code == 400
    assert policy_of(response) == STRICT


# The tracking host

TRACKING = {
    "default-src 'none'",
    "style-src 'self'",
    "form-action 'none'",
    "frame-ancestors 'none'",
    "base-uri 'none'",
}


@pytest.mark.parametrize(
    "path",
    [
        pytest.param("c/{publisher}", id="click"),
        pytest.param("c/999999", id="untracked"),
        pytest.param("a/{publisher}", id="activation"),
        pytest.param("tag.js", id="tag"),
        pytest.param("debug.js", id="debug"),
        pytest.param("pixel.gif?order=1&amount=1.00", id="pixel"),
        pytest.param("../page.css", id="style"),
        pytest.param("../999999/c/1", id="unknown_advertiser"),
        pytest.param("nothing", id="nothing"),
    ],
)
@pytest.mark.parametrize("host", [settings.TRACKING_HOST, "go.shop.example"])
def test_every_answer_of_the_tracking_host_has_its_policy(
    tracking_client: TrackingClient, host: str, path: str
) -> None:
    partner = make_partner(make_advertiser(), make_publisher())
    give_hosts(partner.advertiser, "go.shop.example")
    below = path.format(publisher=partner.publisher_id)
    response = tracking_client.get(f"https://{host}/t/{partner.advertiser_id}/{below}")
    assert policy_of(response) == TRACKING


def test_the_page_for_a_link_that_leads_nowhere_has_its_style(
    tracking_client: TrackingClient,
) -> None:
    page = tracking_client.get("/t/999999/c/1")
    assert page.status_code == 404
    assert 'href="/t/page.css"' in page.text
    style = tracking_client.get("/t/page.css")
    assert style.headers["Content-Type"] == "text/css; charset=utf-8"
    assert "max-width" in style.text


# A shop that has a policy


def test_the_hash_of_the_stub_is_that_of_the_snippets_script() -> None:
    wanted = tag.TagSettings(
        advertiser=7,
        click_parameter="sclk",
        base_url="https://track.example/t/7/",
        longest_window_days=30,
        consent_default=Consent.STORE,
        currency="GBP",
    )
    [script] = re.findall(r"<script>(.*?)</script>", tag.snippet(wanted))
    digest = base64.b64encode(hashlib.sha256(script.encode()).digest()).decode()
    assert f"'sha256-{digest}'" == tag.STUB_HASH
    assert tag.STUB_HASH in (ROOT / "docs" / "wire.md").read_text()


def test_a_demo_page_may_speak_to_every_tracking_host_and_to_nobody_else(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(settings, "DEMO_HOSTS", ("overlay.localhost",))
    overlay = settings.PUBLIC_ORIGIN.format(host="overlay.localhost")
    shop = make_advertiser()
    give_hosts(shop, "track.shop.localhost")
    keeper.forget()
    shared = settings.TRACKING_URL
    own = settings.PUBLIC_ORIGIN.format(host="track.shop.localhost")
    policy = hosts.DemoHandler().own_headers()["Content-Security-Policy"]
    assert set(policy.split("; ")) == STRICT - {
        "script-src 'self'",
        "img-src 'self' data:",
        "connect-src 'self'",
        "form-action 'self'",
    } | {
        f"script-src 'self' {tag.STUB_HASH} {shared} {own} {overlay}",
        f"img-src 'self' data: {shared} {own}",
        f"connect-src 'self' {shared} {own}",
        f"form-action 'self' {shared} {own} {settings.SITE_URL}",
    }
    keeper.forget()


# Our templates

INLINE = re.compile(
    r"""<script(?![^>]*(\ssrc=|type="application/json"))   # a script inside the page
    | <style | \sstyle=                                    # a style inside the page
    | \son[a-z]+\s*= | javascript: | \shx-on | hx-vals="js # a script inside an attribute
    | (src|href|action)="(https?:)?//                      # something from elsewhere
    """,
    re.IGNORECASE | re.VERBOSE,
)


TEMPLATES = sorted((ROOT / "templates").rglob("*.html"))


def inline(markup: str) -> list[str]:
    return [match[0] for match in INLINE.finditer(markup)]


@pytest.mark.parametrize(
    "markup",
    [
        "<script>go()</script>",
        '<script type="module">go()</script>',
        "<style>p { color: red }</style>",
        '<p style="color: red">',
        '<p onclick="go()">',
        '<a href="javascript:go()">',
        '<img src="https://elsewhere.example/a.png">',
        '<script src="//elsewhere.example/a.js"></script>',
        '<p hx-on:click="go()">',
    ],
)
def test_what_is_inline_is_found(markup: str) -> None:
    assert inline(markup)


def test_what_is_not_inline_is_let_through() -> None:
    assert not inline(
        "<script src=\"{% static 'a.js' %}\" defer></script><p data-on=1 class=style>on = off"
        '<script type="application/json" id="order">{}</script><link rel="stylesheet" href="/a">'
    )


@pytest.mark.parametrize("template", TEMPLATES, ids=lambda path: str(path.relative_to(ROOT)))
def test_no_template_has_a_script_or_style_inside(template: Path) -> None:
    assert inline(template.read_text()) == []


def test_a_policy_is_written_as_a_header() -> None:
    assert content_policy.header({"a": ["b", "c"], "d": ["'none'"]}) == "a b c; d 'none'"
