"""A click on the shared tracking host and one on the shop's own: two jars of cookies, one journey
once a report brings the evidence of both."""

import json

import pytest
from django.conf import settings

from network.hosts import proving, tracking_hosts
from network.models import Advertiser
from publishers.models import Partnership
from tests.conftest import TrackingClient
from tests.support.makers import NOW, give_hosts
from tests.support.other_machines import Files, Names
from tests.wire.answers import link, set_cookies, token_in
from tracking.clicks.snapshot import keeper
from tracking.models import Click, Commission, Conversion

OWN = "go.shop.example"


@pytest.fixture(autouse=True)
def own_host(shop: Advertiser) -> None:
    give_hosts(shop, OWN)


def sell(client: TrackingClient, shop: Advertiser, host: str, **more: object) -> Conversion:
    """A sale reported by the tag, at the host."""
    body = json.dumps({"order": "1", "amount": "50.00", **more})
    address = f"https://{host}/t/{shop.id}/sale"
    answer = client.post(address, content=body, headers={"Content-Type": "text/plain"})
    assert answer.status_code == 204
    client.drain()
    return Conversion.objects.get(advertiser=shop)


def paid(conversion: Conversion) -> int:
    return Commission.objects.get(conversion=conversion).publisher_id


def test_on_an_own_host_nobody_elses_script_can_set_or_shadow_the_cookies(
    tracking_client: TrackingClient, shop: Advertiser, blog: Partnership
) -> None:
    response = tracking_client.get(f"https://{OWN}{link(blog)}")
    token = token_in(response)
    written = set_cookies(response)
    assert written.keys() == {f"__Host-sc{kind}-{shop.id}" for kind in "hsln"}
    assert written[f"__Host-sch-{shop.id}"] == (
        f"{token}; HttpOnly; Max-Age=2592000; Path=/; SameSite=None; Secure"
    )
    thrown = f"__Secure-scl-{shop.id}=x; sch-{shop.id}=x"
    tracking_client.cookies.clear()
    headers = {"Cookie": f"{thrown}; __Host-sch-{shop.id}={token}"}
    tracking_client.get(f"https://{OWN}{link(blog)}", headers=headers)
    tracking_client.drain()
    assert [click.rejected_tokens for click in Click.objects.all()] == [[], []]
    assert len({click.journey for click in Click.objects.all()}) == 1


def test_a_host_that_waits_for_proof_is_no_tracking_host(
    tracking_client: TrackingClient, shop: Advertiser, blog: Partnership
) -> None:
    """No link, no cookie, no tag: it answers as a host that nobody knows."""
    tracking_hosts.replace(shop, [OWN, "new.shop.example"], NOW)
    keeper.refresh()
    for path in (link(blog), f"/t/{shop.id}/tag.js", f"/t/{shop.id}/pixel.gif?order=1"):
        answer = tracking_client.get(f"https://new.shop.example{path}")
        assert (answer.status_code, set_cookies(answer)) == (400, {})
    assert "new.shop.example" not in tracking_client.get(f"/t/{shop.id}/tag.js").text
    waiting = shop.own_hosts.get(host="new.shop.example")
    proving.check(waiting, NOW, Names({waiting.host: settings.TRACKING_HOST}), Files())
    keeper.refresh()
    assert tracking_client.get(f"https://new.shop.example{link(blog)}").status_code == 302


def test_over_plain_http_cookies_have_no_prefix_and_are_not_secure(
    tracking_client: TrackingClient,
    blog: Partnership,
    extension: Partnership,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """WebKit refuses such on a developer's machine."""
    monkeypatch.setattr(settings, "PUBLIC_SCHEME", "http")
    response = tracking_client.get(f"http://track.localhost{link(blog)}")
    shop = blog.advertiser_id
    assert set_cookies(response)[f"sch-{shop}"] == (
        f"{token_in(response)}; HttpOnly; Max-Age=2592000; Path=/t/{shop}/"
    )
    tracking_client.get(f"http://track.localhost{link(extension)}")
    tracking_client.drain()
    assert Click.objects.get(publisher=extension.publisher_id).stood_down


def test_each_host_reads_the_claims_that_were_made_on_it(
    tracking_client: TrackingClient, shop: Advertiser, blog: Partnership, extension: Partnership
) -> None:
    tracking_client.get(link(blog))
    tracking_client.get(f"https://{OWN}{link(extension)}")
    assert paid(sell(tracking_client, shop, OWN)) == extension.publisher_id


def test_the_tags_tokens_bring_both_hosts_journeys_together(
    tracking_client: TrackingClient, shop: Advertiser, blog: Partnership, extension: Partnership
) -> None:
    """The soft click on the own host knew nothing of the hard one on the shared host; the tag in
    the shop knew both."""
    hard = token_in(tracking_client.get(link(blog)))
    soft = token_in(tracking_client.get(f"https://{OWN}{link(extension)}"))
    tokens = {"hard": [hard], "soft": [], "last": [soft]}
    sale = sell(tracking_client, shop, OWN, tokens=tokens)
    assert sale.journeys.count() == 2
    assert paid(sale) == blog.publisher_id


def test_a_later_report_brings_the_other_hosts_journey(
    tracking_client: TrackingClient, shop: Advertiser, blog: Partnership, extension: Partnership
) -> None:
    hard = token_in(tracking_client.get(link(blog)))
    soft = token_in(tracking_client.get(f"https://{OWN}{link(extension)}"))
    sale = sell(tracking_client, shop, OWN)
    assert paid(sale) == extension.publisher_id
    tokens = {"hard": [hard], "soft": [], "last": [soft]}
    assert paid(sell(tracking_client, shop, OWN, tokens=tokens)) == blog.publisher_id
