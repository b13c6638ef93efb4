"""The demo's shop and publishers' pages."""

import json
import re

import pytest
from django.conf import settings as django_settings
from django.test import Client
from pytest_django import DjangoAssertNumQueries

from network.advertisers import signing_keys
from network.demo.pages import places
from network.demo.story import cast
from network.models import Advertiser
from tests.demo.visitor import ask
from tests.support.makers import NOW, make_advertiser
from tracking.clicks import snapshot
from tracking.evidence import signing

PAGES = (
    (places.SHOP, "/"),
    (places.SHOP, "/product/tent"),
    (places.SHOP, "/checkout?product=lamp"),
    (places.SHOP, "/thank-you/NO-1?amount=34.50"),
    (places.BLOG, "/"),
    (places.EXTENSION, "/"),
    (places.CASHBACK, "/"),
    (places.OVERLAY, "/"),
)


@pytest.mark.parametrize(("host", "path"), PAGES)
@pytest.mark.usefixtures("shop")
def test_every_page_is_there_without_a_query(
    host: str, path: str, django_assert_num_queries: DjangoAssertNumQueries
) -> None:
    with django_assert_num_queries(0):
        response = ask(host, path)
    assert response.status_code == 200
    assert not response.cookies


@pytest.mark.parametrize("path", [path for host, path in PAGES if host == places.SHOP])
def test_the_tag_is_on_every_page_of_the_shop(shop: Advertiser, path: str) -> None:
    page = ask(places.SHOP, path).content.decode()
    tag = f"{django_settings.TRACKING_URL}/t/{shop.id}/tag.js"
    assert f'<script async src="{tag}"></script>' in page


@pytest.mark.parametrize(
    "path",
    [
        "/demo/strip?order=%00",
        "/demo/strip?order=N-1%00",
        "/thank-you/%00?amount=4990",
        "/thank-you/1?amount=%00&sig=%00&call=%00",
        "/checkout?product=%00&quantity=%00",
        "/product/%00",
        "/%00",
    ],
)
@pytest.mark.usefixtures("shop")
def test_an_address_with_a_zero_byte_is_no_error(path: str) -> None:
    """PostgreSQL takes none in a text."""
    assert ask(places.SHOP, path).status_code in (200, 302, 404)


@pytest.mark.parametrize("host", places.PUBLISHERS)
@pytest.mark.usefixtures("shop")
def test_the_shops_pages_are_on_no_other_host(host: str) -> None:
    for path in ("/product/tent", "/checkout?product=tent", "/thank-you/1", "/demo/strip"):
        assert ask(host, path).status_code == 404
    for control in ("/demo/skip", "/demo/end-session", "/demo/look"):
        assert Client(headers={"host": host}).post(control).status_code == 404


def test_publishers_link_to_the_shop_by_their_own_links(shop: Advertiser) -> None:
    linking = {
        places.BLOG: cast.BLOG,
        places.EXTENSION: cast.EXTENSION,
        places.CASHBACK: cast.CASHBACK,
    }
    for host, publisher in linking.items():
        page = ask(host, "/").content.decode()
        assert f'href="{django_settings.TRACKING_URL}/t/{shop.id}/c/{publisher}"' in page


@pytest.mark.usefixtures("shop")
def test_every_order_gets_a_number_of_its_own() -> None:
    client = Client(headers={"host": places.SHOP})
    answers = [client.post("/checkout?product=stove&quantity=2") for _ in range(20)]
    found = [
        re.match(r"/thank-you/(NO-\w{8})\?amount=99\.80&sig=&", answer["Location"])
        for answer in answers
    ]
    assert len({match[1] for match in found if match}) == 20


def test_the_shop_signs_what_it_took_and_no_address(shop: Advertiser) -> None:
    key = signing_keys.make(shop, NOW, made_by=None).secret
    client = Client(headers={"host": places.SHOP})
    address = client.post("/checkout?product=stove&quantity=2")["Location"]
    number, sig = re.match(r"/thank-you/(.*)\?amount=99\.80&sig=(\w+)&", address).groups()  # type: ignore[union-attr]
    assert sig == signing.sign(f"{number}|99.80|GBP|", key)
    shown = client.get(address).content.decode()
    assert f'"sig": "{sig}"' in shown
    assert '"sku": "stove"' in shown
    assert '"quantity": 2' in shown
    invented = client.get("/thank-you/NO-1?amount=9999.00").content.decode()
    assert '"sig"' not in invented


@pytest.mark.parametrize(
    ("query", "total"),
    [
        pytest.param("product=stove", "£49.90", id="one"),
        pytest.param("product=stove&quantity=3", "£149.70", id="three"),
        pytest.param("product=stove&quantity=0", "£49.90", id="none"),
        pytest.param("product=stove&quantity=1000000", "£449.10", id="too_many"),
        pytest.param("product=stove&quantity=٣", "£49.90", id="other_digits"),
    ],
)
@pytest.mark.usefixtures("shop")
def test_the_basket_is_in_the_address(query: str, total: str) -> None:
    page = ask(places.SHOP, f"/checkout?{query}").content.decode()
    assert f'<dd class="total" id="total">{total}</dd>' in page


@pytest.mark.parametrize("path", ["/product/boat", "/checkout?product=boat", "/checkout"])
@pytest.mark.usefixtures("shop")
def test_what_the_shop_does_not_sell_is_not_found(path: str) -> None:
    assert ask(places.SHOP, path).status_code == 404


@pytest.mark.parametrize(
    ("amount", "reported"),
    [
        pytest.param("34.50", "34.50", id="as_ordered"),
        pytest.param("7", "7.00", id="whole"),
        pytest.param("NaN", "0.00", id="nan"),
        pytest.param("</script>", "0.00", id="markup"),
    ],
)
def test_the_thank_you_page_reports_the_sale(shop: Advertiser, amount: str, reported: str) -> None:
    response = ask(places.SHOP, f"/thank-you/NO-1?amount={amount}")
    page = response.content.decode()
    order = re.search(r'<script id="order" type="application/json">(.*?)</script>', page)
    assert order
    assert json.loads(order[1]) == {"order": "NO-1", "amount": reported, "currency": "GBP"}
    assert '<script defer src="/static/demo/shop.js"></script>' in page
    pixel = f"{django_settings.TRACKING_URL}/t/{shop.id}/pixel.gif"
    assert f'<noscript><img src="{pixel}?order=NO-1&amp;amount={reported}&amp;currency=GBP"' in page


def test_a_network_without_the_shop_has_no_shop(
    shop: Advertiser, monkeypatch: pytest.MonkeyPatch
) -> None:
    other = make_advertiser("Another")
    monkeypatch.setattr(cast, "SHOP", other.id)
    built = snapshot.build()
    monkeypatch.setattr(snapshot.keeper, "current", lambda: built)
    assert ask(places.SHOP, "/").status_code == 404
