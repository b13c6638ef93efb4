"""Pages of shops that come from Awin: what they tell ``AWIN.Tracking`` is reported by the tag."""

import json
from html import escape
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Page

from tests.browser.awin import BASKET, LINE, SALE, TELL, TOLD, script, told, warnings_of
from tests.browser.clicks import MINUTE, hard, token_of
from tests.browser.cookies import ago, slots
from tests.browser.hosts import ADVERTISER, TRACKING, Hosts

BASKETS = json.loads(Path(__file__, "../../support/baskets.json").resolve().read_text())


@pytest.fixture(autouse=True)
def bare(hosts: Hosts) -> None:
    hosts.bare = True
    hosts.click_parameter = "awc"


@pytest.mark.parametrize("how", ["defer", "async", ""])
def test_a_sale_that_the_page_tells_is_reported_once(page: Page, hosts: Hosts, how: str) -> None:
    hosts.tail = script(hosts)
    click = token_of(hard(at=ago(MINUTE)))
    hosts.visit(page, hosts.landing(click))
    assert slots(page.context)["_sch"] == click

    hosts.tail = SALE + script(hosts, how) + BASKET
    hosts.visit(page, hosts.url("/thanks"))
    page.wait_for_load_state("load")
    report = hosts.next_received().report
    assert told(report) == TOLD
    assert report["tokens"]["hard"] == [click]
    page.evaluate("AWIN.Tracking.run()")
    page.evaluate("new Promise((done) => setTimeout(done, 50))")
    assert hosts.received.empty()


def test_products_in_the_page_go_with_it(page: Page, hosts: Hosts) -> None:
    hosts.tail = SALE + BASKET + script(hosts)
    hosts.visit(page, hosts.url("/thanks"))
    first, second = hosts.next_received().report["items"]
    assert first == {
        "id": "p1",
        "name": "Red boots",
        "price": "40.00",
        "quantity": "1",
        "sku": "B-1",
        "group": "DEFAULT",
        "category": "Shoes",
    }
    assert second == {"id": "p2", "name": "Laces", "price": "9.90", "quantity": "1"}


@pytest.mark.parametrize("case", BASKETS.values(), ids=BASKETS.keys())
def test_a_basket_is_read_as_a_server_sends_it(
    page: Page, hosts: Hosts, case: dict[str, Any]
) -> None:
    hosts.tail = f'<textarea id="aw_basket">{escape(case["basket"])}</textarea>' + script(hosts)
    hosts.visit(page, hosts.url())
    page.evaluate(TELL)
    assert hosts.next_received().report.get("items", []) == case["items"]


def test_numbers_and_encoded_values_are_read(page: Page, hosts: Hosts) -> None:
    hosts.tail = script(hosts)
    hosts.visit(page, hosts.url())
    page.evaluate("""() => {
      AWIN.Tracking.Sale = {amount: 49.9, orderRef: 1001, parts: 'DEFAULT%3A49.9',
                            voucher: '50%', test: 1};
      AWIN.Tracking.run();
    }""")
    assert told(hosts.next_received().report) == {
        "order": "1001",
        "amount": "49.9",
        "parts": "DEFAULT:49.9",
        "voucher": "50%",
        "test": "1",
        "face": "compatible",
    }


def test_a_tag_manager_injects_the_script_once_more_for_each_order(
    page: Page, hosts: Hosts
) -> None:
    hosts.tail = script(hosts)
    hosts.visit(page, hosts.url())
    inject = """([order, address]) => {
      window.AWIN = {Tracking: {Sale: {amount: '1.00', orderRef: order}}};
      const script = document.createElement('script');
      script.src = address;
      document.head.append(script);
    }"""
    address = f"http://{TRACKING}:{hosts.port}/{ADVERTISER}.js"
    for order in ("1", "2"):
        page.evaluate(inject, [order, address])
        assert hosts.next_received().report["order"] == order
    with page.expect_event("requestfinished"):
        page.evaluate(inject, ["2", address])
    page.evaluate("new Promise((done) => setTimeout(done, 50))")
    assert hosts.received.empty()


@pytest.mark.parametrize("order", ["''", "null", "undefined"])
def test_a_page_without_an_order_reports_none(page: Page, hosts: Hosts, order: str) -> None:
    told_of = (
        f"<script>var AWIN = {{Tracking: {{Sale: {{amount: '1', orderRef: {order}}}}}}}</script>"
    )
    hosts.tail = told_of + script(hosts)
    hosts.visit(page, hosts.url())
    page.wait_for_load_state("load")
    page.evaluate("new Promise((done) => setTimeout(done, 50))")
    assert hosts.received.empty()


@pytest.mark.parametrize(
    "basket",
    [
        f'<div id="aw_basket">{LINE}</div>',
        f'<pre id="aw_basket"><b>{LINE}</b></pre>',
        f'<form id="aw_basket"><textarea name="value">{LINE}</textarea></form>',
        f'<script type="text/plain" id="aw_basket">{LINE}</script>',
    ],
)
def test_a_basket_may_be_another_element(page: Page, hosts: Hosts, basket: str) -> None:
    hosts.tail = SALE + script(hosts) + basket
    hosts.visit(page, hosts.url("/thanks"))
    report = hosts.next_received().report
    assert told(report) == TOLD
    assert [item["id"] for item in report["items"]] == ["p1"]


@pytest.mark.parametrize(
    ("basket", "said"),
    [
        ('<div id="aw_basket"><input value="x">Boots</div>', "aw_basket: has no products. Put"),
        ('<textarea id="aw_basket">Boots, 40.00</textarea>', "aw_basket: has no products. Put"),
        (
            """<div id="aw_basket"></div><script>
            Object.defineProperty(aw_basket, 'textContent', {get() { throw Error('gone') }})
            </script>""",
            "aw_basket: could not be read. Put its lines into a textarea",
        ),
    ],
)
def test_a_basket_that_cannot_be_read_costs_no_sale(
    page: Page, hosts: Hosts, basket: str, said: str
) -> None:
    heard = warnings_of(page)
    hosts.tail = SALE + script(hosts) + basket
    hosts.visit(page, hosts.url("/thanks"))
    report = hosts.next_received().report
    assert told(report) == TOLD
    assert "items" not in report
    assert len([text for text in heard if said in text]) == 1


@pytest.mark.parametrize(
    ("page_holds", "missing"),
    [
        ("Object.freeze(AWIN.Tracking); Object.freeze(AWIN);", ()),
        ("Object.defineProperty(AWIN, 'Tracking', {value: AWIN.Tracking});", ()),
        (
            "Object.defineProperty(AWIN.Tracking, 'AdvertiserConsent', {get() { throw 1 }});",
            (),
        ),
        (
            "Object.defineProperty(AWIN.Tracking.Sale, 'voucher', {get() { throw 1 }});",
            ("voucher",),
        ),
        ("AWIN.Tracking.Sale.voucher = Symbol('x');", ("voucher",)),
        ("AWIN.Tracking.Sale.channel = Object.create(null);", ("channel",)),
        ("AWIN.Tracking.Sale = new Proxy(AWIN.Tracking.Sale, {});", ()),
        ("console.warn = undefined; AWIN.Tracking.Sale.voucher = Symbol('x');", ("voucher",)),
    ],
)
def test_nothing_that_the_page_holds_costs_the_sale(
    page: Page, hosts: Hosts, page_holds: str, missing: tuple[str, ...]
) -> None:
    hosts.tail = SALE + f"<script>{page_holds}</script>" + script(hosts)
    hosts.visit(page, hosts.url("/thanks"))
    expected = {name: value for name, value in TOLD.items() if name not in missing}
    assert told(hosts.next_received().report) == expected


@pytest.mark.parametrize("holds", ["1", "true", "'x'", "null", "{Tracking: null}", "{Tracking: 1}"])
def test_what_is_no_object_is_made_one(page: Page, hosts: Hosts, holds: str) -> None:
    hosts.tail = f"<script>var AWIN = {holds}</script>" + script(hosts)
    hosts.visit(page, hosts.url())
    page.wait_for_load_state("load")
    page.evaluate(TELL)
    assert hosts.next_received().report["order"] == "1001"


@pytest.mark.parametrize("order", ["constructor", "toString", "__proto__", "valueOf"])
def test_an_order_may_have_any_name(page: Page, hosts: Hosts, order: str) -> None:
    hosts.tail = script(hosts)
    hosts.visit(page, hosts.url())
    tell = """(order) => {
      AWIN.Tracking.Sale = {amount: '1.00', orderRef: order};
      AWIN.Tracking.run();
      AWIN.Tracking.run();
    }"""
    page.evaluate(tell, order)
    assert hosts.next_received().report["order"] == order
    page.evaluate(tell, "next")
    assert hosts.next_received().report["order"] == "next"


@pytest.mark.parametrize("amount", ["undefined", "''", "null", "NaN", "'undefined'"])
def test_a_sale_waits_for_its_amount(page: Page, hosts: Hosts, amount: str) -> None:
    heard = warnings_of(page)
    sale = (
        f"<script>var AWIN = {{Tracking: {{Sale: {{orderRef: '1', amount: {amount}}}}}}}</script>"
    )
    hosts.tail = sale + script(hosts)
    hosts.visit(page, hosts.url())
    page.wait_for_load_state("load")
    page.wait_for_function("softclick.warned['AWIN.Tracking.Sale.amount']")
    page.evaluate("AWIN.Tracking.run()")
    assert [text for text in heard if "amount: is missing" in text][1:] == []

    page.evaluate("AWIN.Tracking.Sale.amount = '7.00'; AWIN.Tracking.run()")
    report = hosts.next_received().report
    assert (report["order"], report["amount"]) == ("1", "7.00")
    page.evaluate("AWIN.Tracking.run()")
    page.evaluate("AWIN.Tracking.Sale.orderRef = '2'; AWIN.Tracking.run()")
    assert hosts.next_received().report["order"] == "2"


def test_a_sale_whose_amount_never_comes_is_reported_when_the_page_is_left(
    page: Page, hosts: Hosts
) -> None:
    """The tracking host refuses it, keeps it, and tells the shop's staff."""
    hosts.tail = "<script>var AWIN = {Tracking: {Sale: {orderRef: '1'}}}</script>" + script(hosts)
    hosts.visit(page, hosts.url())
    page.wait_for_load_state("load")
    assert hosts.received.empty()
    hosts.tail = ""
    page.goto(hosts.url("/left"))
    report = hosts.next_received().report
    assert (report["order"], "amount" in report) == ("1", False)


def test_an_order_is_told_once_it_was_reported(page: Page, hosts: Hosts) -> None:
    """Its amount stands behind the script in the page."""
    first = "<script>var AWIN = {Tracking: {Sale: {orderRef: '1'}}}</script>"
    hosts.tail = first + script(hosts, "") + "<script>AWIN.Tracking.Sale.amount = '7.00'</script>"
    hosts.visit(page, hosts.url())
    page.wait_for_load_state("load")
    assert told(hosts.next_received().report) == {
        "order": "1",
        "amount": "7.00",
        "face": "compatible",
    }
    assert hosts.received.empty()
