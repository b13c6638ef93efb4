"""An order in the demo that the shop's own server reports, by the API and not past it."""

import re
from pathlib import Path
from urllib.parse import urlsplit

import httpx
import pytest
from django.test import Client
from pytest_django import Settings

from network import clock
from network.advertisers import api_keys
from network.demo.pages import places, shop_server
from network.models import Advertiser, ApiKey
from network.project import hosts
from publishers.models import Partnership
from tests.demo.visitor import FirstParty
from tests.support.calling import in_one_transaction
from tests.support.makers import NOW
from tracking.models import Conversion, Report


@pytest.fixture
def network(
    shop: Advertiser, settings: Settings, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The network that the shop's server calls, without sockets between them."""
    settings.DATA_DIR = tmp_path
    monkeypatch.setattr(clock, "now", lambda: NOW)
    monkeypatch.setattr(shop_server, "HTTPConnection", lambda *_, **__: Wired(settings.SITE_HOST))


class Wired:
    """As ``http.client`` has it, into the product's own WSGI application."""

    def __init__(self, host: str) -> None:
        self.client = httpx.Client(
            transport=httpx.WSGITransport(hosts.application()), base_url=f"http://{host}"
        )

    def request(self, method: str, path: str, body: bytes, headers: dict[str, str]) -> None:
        with in_one_transaction():
            self.answer = self.client.request(method, path, content=body, headers=headers)

    def getresponse(self) -> "Wired":
        return self

    @property
    def status(self) -> int:
        return self.answer.status_code

    def read(self) -> bytes:
        return self.answer.content

    def close(self) -> None:
        self.client.close()


def order(cookies: dict[str, str]) -> str:
    """Order a stove by the second button; where the shop leads then."""
    client = Client(headers={"host": places.SHOP})
    client.cookies.load(cookies)
    return str(client.post("/checkout?product=stove", {"by": "server"})["Location"])


def page(address: str) -> str:
    return Client(headers={"host": places.SHOP}).get(address).content.decode()


@pytest.mark.usefixtures("network")
def test_the_shops_server_calls_the_api_and_the_page_shows_it(
    shop: Advertiser, blog: Partnership
) -> None:
    shopper = FirstParty()
    shopper.follow(blog, NOW)
    address = order(shopper.jar)
    sale = Conversion.objects.get()
    assert (sale.amount_minor, sale.commission.publisher) == (4990, blog.publisher)
    kept = Report.objects.get()
    assert (kept.rank, len(kept.tokens)) == ("keyed", 1)
    shown = page(address)
    assert 'data-status="201"' in shown
    assert f"&quot;order&quot;: &quot;{sale.order}&quot;" in shown
    assert ApiKey.objects.get().prefix in shown
    assert not re.search(r"sclk_[0-9a-f]{64}", shown)
    assert 'id="order"' not in shown  # the page itself reports nothing
    assert "pixel.gif" not in shown


@pytest.mark.usefixtures("network")
def test_the_shop_keeps_its_key_until_it_is_revoked(shop: Advertiser) -> None:
    for expected in (1, 1):
        order({})
        assert ApiKey.objects.count() == expected
    api_keys.revoke(ApiKey.objects.get(), NOW, revoked_by=None)
    order({})
    assert ApiKey.objects.filter(revoked_at=None).count() == 1
    assert Report.objects.filter(outcome="waiting").count() == 3


def refuse(*_: object, **__: object) -> None:
    raise ConnectionRefusedError("Connection refused")


def test_without_an_answer_the_order_is_taken_all_the_same(
    network: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(shop_server, "HTTPConnection", refuse)
    shown = page(order({}))
    assert 'data-status="0"' in shown
    assert "Connection refused" in shown


@pytest.mark.usefixtures("network")
def test_nobody_makes_up_a_call(shop: Advertiser) -> None:
    address = urlsplit(order({}))
    forged = shop_server.ApiCall("POST", 201, "{}").dump()[:-1] + "x"
    assert "data-status" in page(f"{address.path}?{address.query}")
    assert "data-status" not in page(f"{address.path}?amount=1&call={forged}")
