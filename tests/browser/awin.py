"""Pages of a shop that comes from Awin."""

from typing import Any

from playwright.sync_api import Page

from tests.browser.hosts import ADVERTISER, TRACKING, Hosts

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
LINE = "AW:P|7|1001|p1|Boots|40.00|1"
TELL = """() => {
  AWIN.Tracking.Sale = {amount: '49.90', orderRef: '1001'};
  AWIN.Tracking.run();
}"""
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
    evidence = ("tokens", "session", "unanswered", "items")
    return {name: report[name] for name in report if name not in evidence}


def warnings_of(page: Page) -> list[str]:
    """What the page says on the console from now on, as warnings."""
    heard: list[str] = []
    page.on("console", lambda said: heard.append(said.text) if said.type == "warning" else None)
    return heard
