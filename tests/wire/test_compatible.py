"""The compatible face: what clients of another network send, by a changed host name alone.

The shapes are those of real integrations; each names the repository, the path and the commit where
it was read. Ids, amounts and click ids are our own.
"""

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any
from urllib.parse import quote

import pytest

from network.models import Advertiser, CommissionGroup
from publishers.models import Partnership
from tests.conftest import TrackingClient
from tests.support.makers import give_hosts, make_advertiser
from tests.wire.answers import link, token_in
from tests.wire.compatible import NAMED, follow, path_of
from tracking.clicks.snapshot import keeper
from tracking.clicks.targets import MAX_LOCATION
from tracking.models import Conversion, Report, UnattributedSales
from tracking.wire import translated
from tracking.wire.native import GIF

OWN_HOST = "go.shop.example"
NUMBER = "a number such as 49.90, without sign, exponent or thousands separator"

BASKETS = json.loads(Path(__file__, "../../support/baskets.json").resolve().read_text())

PIXELS = {
    # rudderlabs/rudder-transformer's sibling for browsers, and help.awin.com's fall-back pixel
    "fall_back": "tt=ns&tv=2&merchant={shop}&amount=49.90&cr=GBP&ref=1001&parts=DEFAULT:49.90"
    "&vc=SAVE5&ch=aw&testmode=0&customeracquisition=NEW",
    # mobally/WOWCHER app/code/Awin/AdvertiserTracking/Block/Success.php
    # 6cbe0f53fa7e796014602f28483883c5c9cd6eeb, written into a page
    "escaped": "tt=ns&amp;tv=2&amp;merchant={shop}&amp;amount=49.90&amp;ch=aw&amp;cr=GBP"
    "&amp;parts=DEFAULT:49.90&amp;ref=1001&amp;testmode=0&amp;p1=magento&amp;vc=SAVE5"
    "&amp;customeracquisition=NEW",
    "other_names": "tt=ns&tv=2&merchant={shop}&amount=49.90&cr=gbp&ref=1001&parts=Default:49.90"
    "&vc=SAVE5&ch=aw&t=0&customeracquisition=new&cons=1&p1=gtmPlugin_3",
}


@pytest.mark.parametrize("query", PIXELS.values(), ids=PIXELS.keys())
def test_a_pixel_reports_what_the_browser_holds(
    tracking_client: TrackingClient, blog: Partnership, query: str
) -> None:
    tracking_client.get(link(blog))
    response = tracking_client.get(f"/sread.img?{query.format(shop=blog.advertiser_id)}")
    assert response.status_code == 302
    picture = tracking_client.get(response.headers["Location"])

    assert (picture.content, picture.headers.get("X-Softclick-Error")) == (GIF, None)
    tracking_client.drain()
    sale = Conversion.objects.get()
    assert (sale.order, sale.amount_minor, sale.voucher) == ("1001", 4990, "SAVE5")
    assert (sale.channel, sale.customer) == ("aw", "new")
    assert sale.decision
    assert sale.decision.paid_publisher_id == blog.publisher_id
    assert Report.objects.get().source == "pixel"


LONG_REPORT = "merchant={shop}&amount=49.90&ref=1001&vc=SAVE5&cons=1"
BOUGHT = "".join(f"&bd[{at}]=AW:P|1|1001|p{at}|Boots|1.00|1" for at in range(150))


def test_of_a_pixel_that_is_too_long_its_products_are_left_out(
    tracking_client: TrackingClient, blog: Partnership
) -> None:
    tracking_client.get(link(blog))
    query = LONG_REPORT.format(shop=blog.advertiser_id) + BOUGHT
    response = tracking_client.get(f"/sread.img?{query}")
    assert len(response.headers["Location"]) <= MAX_LOCATION
    tracking_client.get(response.headers["Location"])
    tracking_client.drain()

    assert Conversion.objects.get().decision.paid_publisher_id == blog.publisher_id  # type: ignore[union-attr]
    assert "items" not in Report.objects.get().figures


def test_a_pixel_that_no_redirect_can_hold_is_taken_and_says_what_is_wrong(
    tracking_client: TrackingClient, blog: Partnership, token: str
) -> None:
    query = f"{LONG_REPORT.format(shop=blog.advertiser_id)}&cks={token}&ch={'x' * 4_000}"
    assert tracking_client.head(f"/sread.img?{query}").status_code == 200
    response = tracking_client.get(f"/sread.img?{query}")

    assert (response.status_code, response.content) == (200, GIF)
    assert response.headers["X-Softclick-Error"].startswith("channel: received 'xxx")
    tracking_client.drain()
    sale = Conversion.objects.get()
    assert (sale.order, sale.voucher, sale.channel) == ("1001", "SAVE5", "")
    assert Report.objects.count() == 1


@pytest.mark.parametrize("merchant", ["", "x", "99"])
def test_a_pixel_without_an_advertiser_is_a_picture_that_says_so(
    tracking_client: TrackingClient, merchant: str
) -> None:
    response = tracking_client.get(f"/sread.img?merchant={merchant}&amount=1&ref=1")

    assert (response.status_code, response.content) == (200, GIF)
    assert "there is no advertiser" in response.headers["X-Softclick-Error"]


SERVER_CALLS = {
    # stape-io/awin-tag template.js 34e08ac07275be0e141e49ca024f010fd01d8471
    "tag_manager": "tt=ss&tv=2&merchant={shop}&amount=49.90&ch=aw&vc=SAVE5&cr=GBP&ref=1001"
    "&customeracquisition=NEW&testmode=0&cks={token}&parts=DEFAULT%3A49.90",
    # mobally/WOWCHER app/code/Awin/AdvertiserTracking/Observer/Checkout.php
    # 6cbe0f53fa7e796014602f28483883c5c9cd6eeb
    "magento": "tt=ss&tv=2&cks={token}&merchant={shop}&amount=49.9&ch=aw&cr=GBP"
    "&parts=DEFAULT:49.9&ref=1001&vc=SAVE5&p1=magento2Module_1.2.1&testmode=0",
    # rudderlabs/rudder-transformer src/v0/destinations/awin/utils.js
    # 885589891eda2cb63bfe48dcc1fdbe968aebe3a8
    "customer_data": "amount=49.90&ch=aw&parts=DEFAULT:49.90&cr=GBP&ref=1001&testmode=0&vc=SAVE5"
    "&cks={token}&merchant={shop}&tt=ss&tv=2&bd[0]=AW:P|{shop}|1001|p1|Boots|49.90|1|s|DEFAULT|c",
    "two_click_ids": "tt=ss&tv=2&merchant={shop}&amount=49.90&ch=aw&cr=GBP&ref=1001&vc=SAVE5"
    "&cks=1234_1577836800_0123456789abcdef,{token}",
    "no_parts": "tt=ss&tv=2&merchant={shop}&amount=49.90&cr=GBP&ref=1001&vc=SAVE5&cks={token}",
}


@pytest.fixture
def token(tracking_client: TrackingClient, blog: Partnership) -> str:
    token = token_in(tracking_client.get(link(blog)))
    tracking_client.cookies.clear()
    return token


@pytest.mark.parametrize("method", ["GET", "POST"])
@pytest.mark.parametrize("query", SERVER_CALLS.values(), ids=SERVER_CALLS.keys())
def test_a_server_reports_without_a_key(
    tracking_client: TrackingClient, blog: Partnership, token: str, query: str, method: str
) -> None:
    called = query.format(shop=blog.advertiser_id, token=token)
    response = tracking_client.request(method, f"/sread.php?{called}")

    assert response.status_code == 200
    tracking_client.drain()
    sale, report = Conversion.objects.get(), Report.objects.get()
    assert (sale.order, sale.amount_minor, sale.voucher) == ("1001", 4990, "SAVE5")
    assert sale.decision
    assert sale.decision.paid_publisher_id == blog.publisher_id
    assert (report.source, report.rank) == ("server", "token")


@pytest.mark.parametrize("case", BASKETS.values(), ids=BASKETS.keys())
def test_a_basket_is_read_as_in_a_page(case: Mapping[str, Any]) -> None:
    whole = quote(case["basket"], safe="%")
    lines = [quote(line, safe="%") for line in case["basket"].splitlines()]
    apart = "&".join(f"bd[{at}]={line}" for at, line in enumerate(lines))
    for query in (f"bd={whole}", apart):
        assert json.loads(dict(translated.report(query)).get("items", "[]")) == case["items"]


def test_products_are_kept_with_the_report(
    tracking_client: TrackingClient, blog: Partnership, token: str
) -> None:
    lines = ["AW:P|1|1|p1|Boots|40.00|2|B-1|DEFAULT|Shoes", "AW:P|1|1|p2|Laces|9.90|1", "none", ""]
    query = "".join(f"&bd[{at}]={quote(line)}" for at, line in enumerate(lines))
    path = f"/sread.php?merchant={blog.advertiser_id}&amount=89.90&ref=1&cks={token}{query}"
    assert tracking_client.get(path).text == "OK\n"
    tracking_client.drain()

    first, second = Report.objects.get().figures["items"]
    assert first == {
        "id": "p1",
        "name": "Boots",
        "price_minor": 4000,
        "quantity": 2,
        "sku": "B-1",
        "group": "DEFAULT",
        "category": "Shoes",
    }
    assert (second["id"], second["price_minor"]) == ("p2", 990)


def test_a_token_survives_what_shops_do_to_it(
    tracking_client: TrackingClient, blog: Partnership, token: str
) -> None:
    path = f"/sread.php?merchant={blog.advertiser_id}&amount=1&ref=1&cks={token.upper()}"
    assert tracking_client.get(path).status_code == 200
    tracking_client.drain()

    assert Conversion.objects.get().decision.paid_publisher_id == blog.publisher_id  # type: ignore[union-attr]


@pytest.mark.parametrize("cks", ["", "&cks=", "&cks=1234_1577836800_0123456789abcdef"])
def test_a_foreign_click_id_costs_nothing(
    tracking_client: TrackingClient, shop: Advertiser, cks: str
) -> None:
    path = f"/sread.php?tt=ss&tv=2&merchant={shop.id}&amount=49.90&ref=1{cks}"
    assert tracking_client.get(path).status_code == 200
    tracking_client.drain()

    assert not Conversion.objects.exists()
    assert UnattributedSales.objects.get().count == 1


@pytest.mark.parametrize(
    ("amount", "minor"), [("1,234.50", 123450), ("12,345,678", 1234567800), ("1,234", 123400)]
)
def test_separators_that_can_be_nothing_else_are_read_with_a_note(
    tracking_client: TrackingClient, shop: Advertiser, token: str, amount: str, minor: int
) -> None:
    path = f"/sread.php?merchant={shop.id}&amount={amount}&ref=1&cks={token}"
    response = tracking_client.get(path)

    assert response.status_code == 200
    plain = amount.replace(",", "")
    assert response.text == (
        f"amount: received '{amount}', expected {NUMBER}. "
        f"Send it without separators; it was read as {plain}.\n"
    )
    tracking_client.drain()
    assert Conversion.objects.get().amount_minor == minor


BAD = {
    "german": ("amount=1.234,50", f"amount: received '1.234,50', expected {NUMBER}."),
    "grouped_wrong": ("amount=12,34.50", f"amount: received '12,34.50', expected {NUMBER}."),
    "decimal_comma": ("amount=49,90", f"amount: received '49,90', expected {NUMBER}."),
    "no_amount": ("", f"amount: received '', expected {NUMBER}."),
    "unknown_group": ("amount=1&parts=HATS:1", "parts: received 'HATS', expected one of DEFAULT"),
    "other_currency": ("amount=1&cr=EUR", "currency: received 'EUR', expected GBP."),
}


def test_a_group_without_a_rate_is_named(
    tracking_client: TrackingClient, shop: Advertiser, token: str
) -> None:
    CommissionGroup.objects.create(advertiser=shop, code="BAGS")
    keeper.forget()
    path = f"/sread.php?merchant={shop.id}&ref=1&amount=1&cks={token}&parts=BAGS:1"
    response = tracking_client.get(path)

    assert response.status_code == 400
    said = "parts: received 'BAGS', expected one of DEFAULT, SHOES. Use a known code.\n"
    assert response.text == said


@pytest.mark.parametrize(("fields", "said"), BAD.values(), ids=BAD.keys())
def test_a_server_is_told_what_is_wrong(
    tracking_client: TrackingClient, shop: Advertiser, fields: str, said: str
) -> None:
    response = tracking_client.get(f"/sread.php?merchant={shop.id}&ref=1&{fields}")

    assert response.status_code == 400
    assert response.headers["Content-Type"] == "text/plain; charset=utf-8"
    assert response.text.startswith(said)


def test_our_own_pixel_reads_no_separators(
    tracking_client: TrackingClient, shop: Advertiser, token: str
) -> None:
    path = f"/t/{shop.id}/pixel.gif?order=1&amount=1,234.50&click={token}"
    assert "amount: received" in tracking_client.get(path).headers["X-Softclick-Error"]


@pytest.mark.parametrize(
    ("method", "path", "status"),
    [
        ("PUT", "/sread.php?merchant={shop}&amount=1&ref=1", 405),
        ("HEAD", "/sread.php?merchant={shop}&amount=1&ref=1", 405),
        ("GET", "/sread.php?amount=1&ref=1", 404),
        ("GET", "/sread.php?merchant=99&amount=1&ref=1", 404),
        ("GET", "/sread.php", 404),
    ],
)
def test_a_call_of_nobody_or_by_another_method_records_nothing(
    tracking_client: TrackingClient, shop: Advertiser, method: str, path: str, status: int
) -> None:
    response = tracking_client.request(method, path.format(shop=shop.id))

    assert response.status_code == status
    tracking_client.drain()
    assert not Report.objects.exists()
    assert not UnattributedSales.objects.exists()


@pytest.mark.parametrize("path", ["/sread.img", "/sread.php", "/cread.php", "/awclick.php"])
@pytest.mark.parametrize("query", ["%00", "=&=&", "merchant=%FF&awinmid=%FF&mid=%FF", "&" * 2_000])
def test_what_nobody_can_read_is_no_error_of_ours(
    tracking_client: TrackingClient, shop: Advertiser, path: str, query: str
) -> None:
    assert tracking_client.get(f"{path}?{query}").status_code in (200, 404)


def test_the_tag_has_the_name_that_shops_know(
    tracking_client: TrackingClient, shop: Advertiser
) -> None:
    script = tracking_client.get(f"/{shop.id}.js")
    assert script.headers["Content-Type"] == "text/javascript; charset=utf-8"
    assert "AWIN" in script.text
    assert "AWIN" not in tracking_client.get(f"/t/{shop.id}/tag.js").text
    for other in ("/99999.js", "/0.js", "/x.js"):
        assert tracking_client.get(other).status_code == 404


def test_a_closed_shop_answers_as_its_own_addresses_do(
    tracking_client: TrackingClient, shop: Advertiser, blog: Partnership, token: str
) -> None:
    """What was clicked before may still be bought; no click is new."""
    Advertiser.objects.filter(id=shop.id).update(status=Advertiser.Status.CLOSED)
    keeper.forget()
    landed = follow(tracking_client, path_of(f"/cread.php?{NAMED}&ued={{shoes}}", blog))
    assert landed.headers["Location"] == "https://shop.example/welcome"
    own = tracking_client.get(f"/t/{shop.id}/tag.js")
    theirs = tracking_client.get(f"/{shop.id}.js")
    assert theirs.status_code == 200
    assert own.text.strip() in theirs.text

    answers = [
        tracking_client.get(f"/t/{shop.id}/pixel.gif?order=1&amount=1&click={token}"),
        tracking_client.get(f"/sread.php?merchant={shop.id}&ref=2&amount=1&cks={token}"),
    ]
    assert [answer.headers.get("X-Softclick-Error") for answer in answers] == [None, None]
    tracking_client.drain()
    assert sorted(Conversion.objects.values_list("order", flat=True)) == ["1", "2"]


def test_an_own_host_answers_for_its_shop_alone(
    tracking_client: TrackingClient, shop: Advertiser, blog: Partnership
) -> None:
    give_hosts(shop, OWN_HOST)
    own = f"https://{OWN_HOST}"
    query = path_of("awinmid={shop}&awinaffid={blog}&merchant={shop}&amount=1&ref=1", blog)

    landed = tracking_client.get(f"{own}/cread.php?{query}")
    assert landed.headers["Location"].startswith(f"/t/{shop.id}/c/{blog.publisher_id}")
    assert tracking_client.get(f"{own}/sread.php?{query}").text == "OK\n"
    others = "awinmid=99&awinaffid=1&merchant=99&amount=1&ref=1"
    assert tracking_client.get(f"{own}/cread.php?{others}").status_code == 404
    assert tracking_client.get(f"{own}/{shop.id}.js").status_code == 200
    stranger = make_advertiser()
    keeper.forget()
    assert tracking_client.get(f"{own}/{stranger.id}.js").status_code == 404
    assert tracking_client.get(f"{own}/sread.php?{others}").status_code == 404
