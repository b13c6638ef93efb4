"""A shop whose server calls the API, with a key, through the product's own WSGI application."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import httpx
import pytest
from django.conf import settings

from network.advertisers import api_keys
from network.models import Advertiser
from network.project import hosts
from publishers.models import Publisher
from tests.support.browsing import Browser
from tests.support.calling import in_one_transaction
from tests.support.makers import NOW, make_advertiser, make_partner, make_publisher

PATH = "/api/v1/conversions"


@dataclass
class Server:
    """The shop's server. ``report`` sends fields as one conversion; an order costs 49.90 and has
    the reference ``1`` unless they say otherwise."""

    client: httpx.Client
    key: str

    def post(self, data: Any, **headers: str) -> httpx.Response:
        bearer = {"Authorization": f"Bearer {self.key}"}
        return self.client.post(PATH, json=data, headers={**bearer, **headers})

    def report(self, **fields: Any) -> httpx.Response:
        return self.post({"order": "1", "amount": "49.90", **fields})


@pytest.fixture
def client() -> Iterator[httpx.Client]:
    transport, address = httpx.WSGITransport(hosts.application()), f"http://{settings.SITE_HOST}"
    with in_one_transaction(), httpx.Client(transport=transport, base_url=address) as client:
        yield client


@pytest.fixture
def shop(db: None, at_now: None) -> Advertiser:
    return make_advertiser(verification=Advertiser.Verification.CONFIRMED)


@pytest.fixture
def blog(shop: Advertiser) -> Publisher:
    publisher = make_publisher()
    make_partner(shop, publisher, "hard")
    return publisher


@pytest.fixture
def server(client: httpx.Client, shop: Advertiser) -> Server:
    return Server(client, api_keys.make(shop, "Shop", NOW, made_by=None, may_decide=True).key)


def click(shop: Advertiser, publisher: Publisher, browser: Browser | None = None) -> str:
    """The click id that the shop's server got with a visit, shortly before NOW."""
    browser = browser or Browser(shop)
    browser.click(publisher, NOW)
    token = browser.tokens[-1]
    assert token
    return token
