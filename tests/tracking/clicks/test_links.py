"""The deep-link builder: what it builds, what it refuses, and what it says a link would do now."""

import re
from html import unescape
from urllib.parse import quote, urlencode

import pytest
from django.conf import settings
from django.test import Client

from network import clock
from network.models import Advertiser
from publishers.models import Partnership
from tests.conftest import TrackingClient
from tests.support.makers import make_advertiser, make_partner, make_publisher, make_user
from tests.support.reading import signed_in, text
from tests.support.team import page
from tracking.clicks import snapshot
from tracking.clicks.keys import KEYS
from tracking.clicks.links import Link, try_out
from tracking.models import Click
from tracking.rule.reasons import ClickReason, TargetReason

pytestmark = [
    pytest.mark.django_db,
    pytest.mark.usefixtures("a_day_later", "tracking_client"),
]


@pytest.fixture
def blog() -> Partnership:
    shop = make_advertiser("Shop")
    Advertiser.objects.filter(pk=shop.pk).update(domains=["Shop.example"])
    return make_partner(shop, make_publisher("Blog"))


@pytest.fixture
def member(blog: Partnership) -> Client:
    return signed_in(make_user("member", blog.publisher, name="mia"))


def built(response: object) -> str:
    body = response.content.decode()  # type: ignore[attr-defined]
    found = re.search(r'<textarea id="built"[^>]*>([^<]*)</textarea>', body)
    return unescape(found[1]) if found else ""


def test_a_link_is_built_and_works(
    member: Client, blog: Partnership, tracking_client: TrackingClient
) -> None:
    target = "https://www.shop.example/boots?size=42&to=1#top"
    query = {
        "programme": blog.advertiser_id,
        "target": target,
        "ref": "spring & summer",
        "ref6": "ü",
        "campaign": "50% off",
    }
    response = page(member, blog.publisher, "links/", f"?{urlencode(query)}")
    link = built(response)
    base = f"{settings.TRACKING_URL}/t/{blog.advertiser_id}/c/{blog.publisher_id}"
    others = "&ref=spring+%26+summer&ref6=%C3%BC&campaign=50%25+off"
    assert link == f"{base}?to={quote(target, '')}{others}"
    seen = text(response)
    assert "Tracked. A visitor who follows it now makes a hard click for you." in seen
    assert f"It leads to {target} , with the id of the click added" in seen
    assert "sclk=" not in seen
    answer = tracking_client.get(link.removeprefix(settings.TRACKING_URL))
    assert answer.headers["Location"].startswith(
        "https://www.shop.example/boots?size=42&to=1&sclk="
    )
    tracking_client.drain()
    click = Click.objects.get()
    assert click.references == {"ref": "spring & summer", "ref6": "ü"}
    assert (click.campaign, click.reason, click.target_reason) == ("50% off", "", "")


def test_a_test_records_no_click_and_hands_out_no_token(
    member: Client, blog: Partnership, tracking_client: TrackingClient
) -> None:
    response = page(member, blog.publisher, "links/", f"?programme={blog.advertiser_id}")
    assert "No click was recorded by this test." in text(response)
    assert not list(tracking_client.spool.glob("*"))
    assert not re.search(r"[a-z2-7]{85}", response.content.decode())
    assert set(response.cookies) == {"csrftoken"}


def test_without_a_target_it_leads_to_the_landing_page(member: Client, blog: Partnership) -> None:
    response = page(member, blog.publisher, "links/", f"?programme={blog.advertiser_id}")
    assert built(response).endswith(f"/t/{blog.advertiser_id}/c/{blog.publisher_id}")
    assert f"It leads to {blog.advertiser.landing_url}" in text(response)


@pytest.mark.parametrize(
    ("target", "words"),
    [
        pytest.param(
            "https://evil.example/",
            "Page to lead to: evil.example is not a domain of Shop. Use a page on one",
            id="other_domain",
        ),
        pytest.param("https://shop.example.evil.example/", "is not a domain of Shop", id="suffix"),
        pytest.param("www.shop.example/boots", "Start the address with https://", id="no_scheme"),
        pytest.param("javascript:alert(1)", "Start the address with https://", id="script"),
        pytest.param("https://a@shop.example/", "must have no backslashes", id="user_name"),
        pytest.param("https://shop.example/a\\b", "must have no backslashes", id="backslash"),
        pytest.param("https://[shop.example/", "must have no backslashes", id="no_url"),
        pytest.param(
            "https://shop.example/" + "x" * 1980, "has 2001 characters. Shorten it", id="too_long"
        ),
    ],
)
def test_a_target_that_nobody_is_led_to_is_refused(
    member: Client, blog: Partnership, target: str, words: str
) -> None:
    query = urlencode({"programme": blog.advertiser_id, "target": target})
    response = page(member, blog.publisher, "links/", f"?{query}")
    assert response.status_code == 400
    assert words in text(response)
    assert built(response) == ""


@pytest.mark.parametrize(
    ("query", "words"),
    [
        pytest.param("programme=", "Programme: Choose the programme", id="no_programme"),
        pytest.param("programme=x", "Programme: This is not one of your programmes.", id="no_id"),
        pytest.param("programme={other}", "Programme: This is not one of your", id="not_ones_own"),
        pytest.param(
            "programme={own}&ref2=" + "x" * 256,
            "Reference ref2: Shorten it to 255 characters; it has 256.",
            id="reference_too_long",
        ),
        pytest.param(
            "programme={own}&campaign=" + "x" * 101,
            "Campaign: Shorten it to 100 characters; it has 101.",
            id="campaign_too_long",
        ),
    ],
)
def test_what_is_wrong_is_told_by_its_field(
    member: Client, blog: Partnership, query: str, words: str
) -> None:
    filled = query.format(own=blog.advertiser_id, other=make_advertiser("Other").pk)
    response = page(member, blog.publisher, "links/", f"?{filled}")
    assert response.status_code == 400
    assert f"No link yet. {words}" in text(response)


@pytest.mark.parametrize(
    ("status", "shop_changes", "words"),
    [
        pytest.param(
            "applied",
            {},
            "Its clicks count once the advertiser has approved you.",
            id="applied",
        ),
        pytest.param(
            "approved",
            {"consent_default": "refuse"},
            "Not tracked: the visitor did not consent. This advertiser stores nothing unless",
            id="no_consent",
        ),
        pytest.param(
            "approved", {"status": "closed"}, "Not tracked: the programme was closed.", id="closed"
        ),
    ],
)
def test_a_link_that_is_not_tracked_says_why(
    status: str, shop_changes: dict[str, object], words: str
) -> None:
    partnership = make_partner(make_advertiser("Shop"), make_publisher(), status=status)
    Advertiser.objects.filter(pk=partnership.advertiser_id).update(**shop_changes)
    member = signed_in(make_user("member", partnership.publisher))
    query = f"?programme={partnership.advertiser_id}"
    assert words in text(page(member, partnership.publisher, "links/", query))


def test_a_soft_partner_reads_that_its_click_is_soft() -> None:
    partnership = make_partner(make_advertiser("Shop"), make_publisher(), "soft")
    member = signed_in(make_user("member", partnership.publisher))
    query = f"?programme={partnership.advertiser_id}"
    assert "makes a soft click for you" in text(
        page(member, partnership.publisher, "links/", query)
    )


@pytest.mark.parametrize("kind", ["hard", "soft"])
def test_where_the_shop_asks_its_banner_decides(kind: str) -> None:
    partnership = make_partner(make_advertiser("Shop"), make_publisher(), kind)
    Advertiser.objects.filter(pk=partnership.advertiser_id).update(consent_default="ask")
    member = signed_in(make_user("member", partnership.publisher))
    query = f"?programme={partnership.advertiser_id}"
    said = text(page(member, partnership.publisher, "links/", query))
    assert "Tracked if the visitor agrees." in said
    assert f"its banner decides whether a {kind} click is kept for you" in said


def test_a_link_from_elsewhere_is_tried_as_it_stands(blog: Partnership) -> None:
    shop = snapshot.build().advertisers[blog.advertiser_id]
    away = Link("https://track.example/t/1/c/1", target="https://evil.example/").url
    tried = try_out(away, blog.publisher_id, shop, KEYS, clock.now_ms())
    assert (tried.leads_to, tried.target_reason) == (shop.landing_url, TargetReason.BAD_TARGET)
    refused = try_out(f"{away}&consent=0", blog.publisher_id, shop, KEYS, clock.now_ms())
    assert (refused.is_tracked, refused.reason) == (False, ClickReason.NO_CONSENT)


def test_a_programme_that_the_tracking_host_does_not_know_yet_is_told(
    member: Client, blog: Partnership
) -> None:
    page(member, blog.publisher, "links/", f"?programme={blog.advertiser_id}")
    newer = make_partner(make_advertiser("Newer"), blog.publisher)
    seen = text(page(member, blog.publisher, "links/", f"?programme={newer.advertiser_id}"))
    assert "The tracking host does not know this programme yet. Try again in a few seconds." in seen


def test_a_publisher_without_programmes_is_sent_to_find_some() -> None:
    publisher = make_publisher()
    member = signed_in(make_user("member", publisher))
    assert "You have no programme to link to yet." in text(page(member, publisher, "links/"))
