"""Reports that the shop's server has signed, from the request to the rank that is kept."""

import json

import pytest

from network.advertisers import signing_keys
from network.models import Advertiser
from publishers.models import Partnership
from tests.conftest import TrackingClient
from tests.support.makers import NOW
from tests.wire.answers import link, token_in
from tracking.evidence.signing import sign
from tracking.models import Conversion, Report


@pytest.mark.parametrize("way", ["pixel", "tag"])
@pytest.mark.parametrize(
    ("signed", "rank"),
    [
        pytest.param("ü-1|10.00|GBP|", "signed", id="as_sent"),
        pytest.param("ü-1|10|GBP|", "token", id="as_read"),
    ],
)
def test_a_signature_is_verified_over_the_fields_as_sent(
    tracking_client: TrackingClient,
    shop: Advertiser,
    blog: Partnership,
    way: str,
    signed: str,
    rank: str,
) -> None:
    key = signing_keys.make(shop, NOW, made_by=None).secret
    token = token_in(tracking_client.get(link(blog)))
    tracking_client.cookies.clear()
    sale = {"order": "ü-1", "amount": "10.00", "currency": "GBP", "sig": sign(signed, key)}
    if way == "pixel":
        tracking_client.get(f"/t/{shop.id}/pixel.gif", params={**sale, "click": token})
    else:
        body = json.dumps({**sale, "tokens": {"hard": [token]}, "session": "1"})
        tracking_client.post(f"/t/{shop.id}/sale", content=body.encode())
    tracking_client.drain()

    kept = Report.objects.get()
    assert (kept.rank, Conversion.objects.get().amount_minor) == (rank, 1000)
    assert [error["field"] for error in kept.errors] == ([] if rank == "signed" else ["sig"])
