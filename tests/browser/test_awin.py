"""Pages of shops that come from Awin: what they tell ``AWIN.Tracking`` is reported by the tag."""

from typing import Any

import pytest
from playwright.sync_api import Page

from tests.browser.clicks import MINUTE, hard, token_of
from tests.browser.cookies import ago, slots
from tests.browser.hosts import ADVERTISER, TRACKING, Hosts, wait_for_tag
from tracking.rule.consent import Consent

# The conversion tag of help.awin.com, as shops have it.
SALE = """<script>
var AWIN = AWIN || {}; AWIN.Tracking = AWIN.Tracking || {}; AWIN.Tracking.Sale = {};
AWIN.Tracking.Sale.amount = "49.90"; AWIN.Tracking.Sale.orderRef = "1001";
AWIN.Tracking.Sale.parts = "Default:49.90"; AWIN.Tracking.Sale.voucher = "SAVE5";
AWIN.Tracking.Sale.currency = "EUR"; AWIN.Tracking.Sale.channel = "aw";
AWIN.Tracking.Sale.customerAcquisition = "NEW";
</script>"""
BASKET = """<form style="display:none" name="aw_basket_form"><textarea id="aw_basket">

AW:P|7|1001|p1|Red%20boots|40.00|1|B-1|DEFAULT|Shoes\r
\tAW:P|7|1001|p2|Laces|9.90|1|||
not a product
</textarea></form>"""
TOLD = {
    "order": "1001",
    "amount": "49.90",
    "currency": "EUR",
    "parts": "Default:49.90",
    "voucher": "SAVE5",
    "channel": "aw",
    "customer": "NEW",
    "face": "compatible",
}


def script(hosts: Hosts, how: str = "defer") -> str:
    return f'<script {how} src="http://{TRACKING}:{hosts.port}/{ADVERTISER}.js"></script>'


def told(report: dict[str, Any]) -> dict[str, Any]:
    return {name: report[name] for name in report if name not in ("tokens", "session", "items")}


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
    assert (second["id"], second["sku"], second["category"]) == ("p2", "", "")


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


def test_consent_is_told_to_it(page: Page, hosts: Hosts) -> None:
    hosts.consent_default = Consent.ASK
    hosts.tail = "<script>var AWIN = {Tracking: {AdvertiserConsent: true}}</script>" + script(hosts)
    click = token_of(hard(at=ago(MINUTE)))
    page.goto(hosts.landing(click))
    wait_for_tag(page)
    page.wait_for_function("document.cookie.includes('_sch=')")

    page.evaluate("AWIN.Tracking.Consent.setAdvertiserConsentStatus(false)")
    assert set(slots(page.context)) == set()
    page.evaluate("AWIN.Tracking.run()")
    assert "_sch" not in page.evaluate("document.cookie")
    hosts.received.queue.clear()
    page.evaluate("AWIN.Tracking.Sale = {amount: '1', orderRef: '1'}; AWIN.Tracking.run()")
    assert hosts.next_received().report["consent"] == "0"
