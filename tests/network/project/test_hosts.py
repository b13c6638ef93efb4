"""Each host answers with its own URLs, and the tracking host answers clicks without a detour."""

import logging
from datetime import timedelta

import pytest
from django.conf import settings
from django.core.exceptions import ValidationError
from django.db import OperationalError, connection
from django.test import override_settings
from django.test.utils import CaptureQueriesContext

from network import clock
from network.hosts import proving, tracking_hosts
from network.hosts.models import ProofWay
from network.models import PolicyVersion, TrackingHost
from network.project import hosts
from publishers.models import Partnership
from tests.conftest import TrackingClient
from tests.support.makers import NOW, give_hosts, make_advertiser, make_partner, make_publisher
from tests.wire.answers import cookie_kinds, link, only_click
from tracking.clicks import snapshot
from tracking.clicks.snapshot import keeper
from tracking.clicks.visits import parameters
from tracking.wire import clicks

EVERY_RESPONSE = {
    "cache-control": "no-store",
    "referrer-policy": "strict-origin-when-cross-origin",
    "x-content-type-options": "nosniff",
}


@pytest.fixture
def partner(db: None) -> Partnership:
    since = clock.now() - timedelta(days=1)
    return make_partner(make_advertiser(now=since), make_publisher(now=since), now=since)


def test_a_click_goes_the_short_way_with_all_headers(
    tracking_client: TrackingClient, partner: Partnership
) -> None:
    answer = tracking_client.get(link(partner))
    assert answer.status_code == 302
    assert answer.content == b""
    assert answer.headers.items() >= {**EVERY_RESPONSE, "content-length": "0"}.items()


def test_browsers_are_told_to_come_by_https_to_this_host_alone() -> None:
    assert "Strict-Transport-Security" not in hosts.tracking_headers()
    with override_settings(SECURE_HSTS_SECONDS=60):
        assert hosts.tracking_headers()["Strict-Transport-Security"] == "max-age=60"


@pytest.mark.parametrize(
    ("told", "proxies", "redirects", "led"),
    [
        pytest.param("http", 1, True, True, id="by_http"),
        pytest.param("http, https", 1, True, True, id="by_http_to_the_first_of_two_proxies"),
        pytest.param("https", 1, True, False, id="by_https"),
        pytest.param("", 1, True, False, id="unknown"),
        pytest.param("http", 0, True, False, id="nobody_to_believe"),
        pytest.param("http", 1, False, False, id="not_wanted"),
    ],
)
def test_what_came_by_http_is_led_to_https(
    tracking_client: TrackingClient,
    partner: Partnership,
    told: str,
    proxies: int,
    redirects: bool,
    led: bool,
) -> None:
    here = f"https://{settings.TRACKING_HOST}"
    changed = {"TRUSTED_PROXIES": proxies, "SECURE_SSL_REDIRECT": redirects}
    with override_settings(**changed, PUBLIC_ORIGIN="https://{host}"):
        answer = tracking_client.get(
            link(partner), params={"ref": "a"}, headers={"X-Forwarded-Proto": told}
        )
    assert answer.status_code == 302
    assert (answer.headers["Location"] == f"{here}{link(partner)}?ref=a") is led
    assert ("set-cookie" in answer.headers) is not led


def test_the_long_way_where_clicks_go_straight_into_the_database_answers_alike(
    tracking_client: TrackingClient, partner: Partnership
) -> None:
    short = tracking_client.get(link(partner))
    tracking_client.cookies.clear()
    with override_settings(INTAKE="direct"):
        long = tracking_client.get(link(partner))
    assert long.status_code == short.status_code == 302
    assert sorted(long.headers) == sorted(short.headers)
    assert len(long.headers.get_list("set-cookie")) == len(short.headers.get_list("set-cookie"))


def test_a_link_with_very_many_parameters_strands_nobody(
    tracking_client: TrackingClient, partner: Partnership
) -> None:
    many = "&".join(f"p{number}=1" for number in range(3_000))
    answer = tracking_client.get(f"{link(partner)}?{many}&ref=first&ref=last")
    assert answer.status_code == 302
    assert only_click(tracking_client).references == {"ref": "last"}


@pytest.mark.parametrize(
    ("sent", "reference"),
    [
        pytest.param(b"a%20b+c", "a b c", id="blanks"),
        pytest.param(b"%C3%A4", "ä", id="percent"),
        pytest.param("ä".encode(), "ä", id="utf_8"),
        pytest.param("ä".encode("latin-1"), "ä", id="latin_1"),
    ],
)
def test_it_reads_parameters_as_user_agents_send_them(sent: bytes, reference: str) -> None:
    query = f"ref={sent.decode('latin-1')}"  # as WSGI hands bytes over
    assert parameters(query) == {"ref": reference}


@pytest.mark.parametrize("path", ["/t/999999/c/1", "/", "/t/1/c/1/", "/t/1/c/x", "/admin/"])
def test_what_is_not_there_gets_the_headers_too(tracking_client: TrackingClient, path: str) -> None:
    answer = tracking_client.get(path)
    assert answer.status_code == 404
    assert answer.headers.items() >= EVERY_RESPONSE.items()


def test_a_failure_is_logged_and_answered(
    tracking_client: TrackingClient,
    partner: Partnership,
    monkeypatch: pytest.MonkeyPatch,
    caplog: pytest.LogCaptureFixture,
) -> None:
    def fail(*_: object, **__: object) -> None:
        raise RuntimeError("no snapshot")

    monkeypatch.setattr(clicks, "answer", fail)
    with caplog.at_level(logging.ERROR):
        answer = tracking_client.get(link(partner))
    assert answer.status_code == 500
    assert "no snapshot" in caplog.text


def test_the_tag_may_be_cached(tracking_client: TrackingClient, partner: Partnership) -> None:
    answer = tracking_client.get(f"/t/{partner.advertiser_id}/tag.js")
    assert answer.headers["cache-control"] == "public, max-age=300"
    assert answer.headers["x-content-type-options"] == "nosniff"


def test_the_site_has_no_tracking_urls(
    tracking_client: TrackingClient, partner: Partnership
) -> None:
    answer = tracking_client.get(f"https://network.localhost{link(partner)}")
    assert answer.status_code == 404


# Tracking hosts of an advertiser's own

OWN = "go.shop.example"


@pytest.fixture
def own_host(partner: Partnership) -> str:
    give_hosts(partner.advertiser, OWN, "go2.shop.example")
    return OWN


def at(host: str, path: str) -> str:
    return f"https://{host}{path}"


@pytest.mark.parametrize(
    "host", [OWN, "go2.shop.example", "GO.Shop.Example", f"{OWN}:443"], ids=str
)
def test_a_click_on_an_own_host_is_answered_as_on_the_shared_one(
    tracking_client: TrackingClient, partner: Partnership, own_host: str, host: str
) -> None:
    shared = tracking_client.get(link(partner))
    own = tracking_client.get(at(own_host, link(partner)), headers={"Host": host})
    assert own.status_code == shared.status_code == 302
    assert sorted(own.headers) == sorted(shared.headers)
    kinds = {name.replace("__Secure-", "__Host-") for name in cookie_kinds(shared)}
    assert cookie_kinds(own) == kinds


@pytest.mark.parametrize("intake", ["spool", "direct"])
@pytest.mark.parametrize(
    ("path", "status"),
    [
        pytest.param("c/{publisher}", 302, id="click"),
        pytest.param("a/{publisher}", 200, id="activation"),
        pytest.param("tag.js", 200, id="tag"),
        pytest.param("debug.js", 200, id="debug"),
        pytest.param("pixel.gif?order=1&amount=1.00", 200, id="pixel"),
    ],
)
def test_everything_of_the_advertiser_is_on_its_own_host(
    tracking_client: TrackingClient,
    partner: Partnership,
    own_host: str,
    path: str,
    status: int,
    intake: str,
) -> None:
    below = path.format(publisher=partner.publisher_id)
    with override_settings(INTAKE=intake):
        answer = tracking_client.get(at(own_host, f"/t/{partner.advertiser_id}/{below}"))
    assert answer.status_code == status


@pytest.mark.parametrize(
    "path",
    [
        pytest.param("/", id="root"),
        pytest.param("/admin/", id="admin"),
        pytest.param("/sign-in/", id="sign_in"),
        pytest.param("/static/network/site.css", id="static_files"),
        pytest.param("/t/{other}/c/{publisher}", id="click_of_another"),
        pytest.param("/t/{other}/tag.js", id="tag_of_another"),
        pytest.param("/t/0{other}/tag.js", id="tag_of_another_in_another_spelling"),
        pytest.param("/t/{other}", id="nothing_of_another"),
    ],
)
def test_nothing_else_is_there(
    tracking_client: TrackingClient, partner: Partnership, own_host: str, path: str
) -> None:
    other = make_partner(make_advertiser(), partner.publisher)
    own, publisher = partner.advertiser_id, partner.publisher_id
    path = path.format(own=own, other=other.advertiser_id, publisher=publisher)
    answer = tracking_client.get(at(own_host, path))
    assert answer.status_code == 404
    assert answer.headers.items() >= EVERY_RESPONSE.items()
    assert "set-cookie" not in answer.headers


def test_the_site_answers_on_no_host_but_its_own(
    tracking_client: TrackingClient, own_host: str
) -> None:
    assert tracking_client.get(at("stranger.example", "/sign-in/")).status_code == 400
    assert tracking_client.get(at(settings.SITE_HOST, "/sign-in/")).status_code == 200


def test_a_host_of_the_network_stays_the_networks(
    tracking_client: TrackingClient, partner: Partnership
) -> None:
    give_hosts(partner.advertiser, settings.SITE_HOST, settings.TRACKING_HOST)
    assert tracking_client.get(at(settings.SITE_HOST, "/sign-in/")).status_code == 200
    other = make_partner(make_advertiser(), partner.publisher)
    keeper.forget()
    assert tracking_client.get(link(other)).status_code == 302


def test_a_host_that_is_taken_away_answers_no_longer(
    tracking_client: TrackingClient, partner: Partnership, own_host: str
) -> None:
    assert tracking_client.get(at(own_host, link(partner))).status_code == 302
    give_hosts(partner.advertiser)
    keeper.refresh()
    assert tracking_client.get(at(own_host, link(partner))).status_code == 400


def test_a_click_on_an_own_host_asks_no_query(
    tracking_client: TrackingClient, partner: Partnership, own_host: str
) -> None:
    tracking_client.get(at(own_host, link(partner)))
    with CaptureQueriesContext(connection) as queries:
        tracking_client.get(at(own_host, link(partner)))
        tracking_client.get(at("stranger.example", link(partner)))
    assert [query["sql"] for query in queries.captured_queries] == []


def test_an_own_host_is_there_while_postgresql_is_not(
    tracking_client: TrackingClient,
    partner: Partnership,
    own_host: str,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    keeper.current()

    def down() -> snapshot.Snapshot:
        raise OperationalError("down")

    monkeypatch.setattr(snapshot, "build", down)
    keeper.forget()
    assert tracking_client.get(at(own_host, link(partner))).status_code == 302


def test_without_a_snapshot_a_strange_host_is_nobodys(
    tracking_client: TrackingClient, monkeypatch: pytest.MonkeyPatch, own_host: str
) -> None:
    def unavailable() -> snapshot.Snapshot:
        raise snapshot.SnapshotUnavailable("down")

    monkeypatch.setattr(keeper, "current", unavailable)
    assert tracking_client.get(at(own_host, "/")).status_code == 400
    assert tracking_client.get(at(settings.SITE_HOST, "/sign-in/")).status_code == 200


def test_cookies_of_both_hosts_live_side_by_side(
    tracking_client: TrackingClient, partner: Partnership, own_host: str
) -> None:
    tracking_client.get(link(partner))
    tracking_client.get(at(own_host, link(partner)))
    domains = {cookie.domain for cookie in tracking_client.cookies.jar}
    assert domains == {settings.TRACKING_HOST, own_host}
    journeys = {
        cookie.value
        for cookie in tracking_client.cookies.jar
        if cookie.name.startswith(("__Secure-scl-", "__Host-scl-"))
    }
    assert len(journeys) == 2


def test_links_and_tag_use_the_first_own_host(
    tracking_client: TrackingClient, partner: Partnership
) -> None:
    shop = partner.advertiser
    shared = f"{settings.TRACKING_URL}/t/{shop.id}/"
    assert tracking_hosts.base_urls([shop.id]) == {shop.id: shared}
    assert shared in tracking_client.get(f"/t/{shop.id}/tag.js").text
    give_hosts(shop, "b.shop.example", "a.shop.example")
    keeper.refresh()
    own = settings.PUBLIC_ORIGIN.format(host="b.shop.example") + f"/t/{shop.id}/"
    assert tracking_hosts.base_urls([shop.id]) == {shop.id: own}
    assert keeper.current().advertisers[shop.id].base_url == own
    assert own in tracking_client.get(f"/t/{shop.id}/tag.js").text


def test_replacing_hosts_tells_every_process_and_the_same_ones_nobody(
    partner: Partnership,
) -> None:
    give_hosts(partner.advertiser, OWN)
    before = PolicyVersion.objects.get().version
    give_hosts(partner.advertiser, OWN)
    assert PolicyVersion.objects.get().version == before
    give_hosts(partner.advertiser)
    assert PolicyVersion.objects.get().version > before


def test_a_host_belongs_to_one_advertiser_alone(
    partner: Partnership, own_host: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    other = make_advertiser()
    give_hosts(other, "go.other.example")
    with pytest.raises(tracking_hosts.HostTaken, match="Another advertiser"):
        tracking_hosts.replace(other, ["go.another.example", OWN], NOW)
    assert list(other.own_hosts.values_list("host", flat=True)) == ["go.other.example"]
    monkeypatch.setattr(tracking_hosts, "refuse_taken", lambda *_: None)  # both looked at once
    [waiting] = tracking_hosts.replace(other, [OWN], NOW)
    assert not proving.prove(waiting, ProofWay.CNAME, NOW)
    assert TrackingHost.objects.proven().get(host=OWN).advertiser == partner.advertiser


def test_it_reads_one_host_a_line() -> None:
    lines = "\n  Go.Shop.Example. \r\n\ntrack.shop.localhost\ngo.shop.example\ngö.shop.example\n"
    found = ["go.shop.example", "track.shop.localhost", "xn--g-1ga.shop.example"]
    assert tracking_hosts.parse(lines) == found
    assert tracking_hosts.parse("") == []


@pytest.mark.parametrize(
    "line",
    [
        "https://go.shop.example",
        "go.shop.example/",
        "go.shop.example:8000",
        "localhost",
        "10.0.0.1",
        "10.0.0.11",
        "go..shop.example",
        "go shop.example",
        "go_shop.example",
        "-go.shop.example",
        "*.shop.example",
        "a.example, b.example",
        f"{'a' * 64}.example",
        ".".join(["a" * 60] * 5),
        ".".join(["a" * 61] * 4) + ".example",
    ],
)
def test_what_is_no_host_name_is_refused_with_the_remedy(line: str) -> None:
    with pytest.raises(ValidationError, match=r"is not a valid host name\. Write it like go\.shop"):
        tracking_hosts.parse(f"fine.shop.example\n{line}")


@pytest.mark.parametrize("host", ["network.localhost", "TRACK.localhost"])
def test_a_host_of_the_network_is_no_advertisers(host: str) -> None:
    with pytest.raises(ValidationError, match="a host of this network itself"):
        tracking_hosts.parse(host)
