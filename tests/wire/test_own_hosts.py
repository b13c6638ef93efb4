"""A click on the shared tracking host and one on the shop's own: two jars of cookies, one journey
once a report brings the evidence of both."""

import json

import pytest

from network.advertisers import tracking_hosts
from network.models import Advertiser
from publishers.models import Partnership
from tests.conftest import TrackingClient
from tests.wire.answers import link, token_in
from tracking.models import Commission, Conversion

OWN = "go.shop.example"


@pytest.fixture(autouse=True)
def own_host(shop: Advertiser) -> None:
    tracking_hosts.replace(shop, [OWN])


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
