"""From a click in a real browser to the commission, through all of the network's processes."""

from playwright.sync_api import BrowserContext, Page

from tests.flows.conftest import Market
from tests.flows.network import Network, wait_until
from tests.flows.sites import Sites
from tracking.models import Commission, Conversion


def follow(page: Page, sites: Sites, host: str, market: Market) -> None:
    """Click the publisher's link on its own page, and arrive at the shop with its tag running."""
    partnership = market.blog if host == "blog" else market.extension
    page.goto(sites.link_page(host, market.id, partnership.publisher_id))
    page.click("#link")
    page.wait_for_url(f"{sites.shop(market.id, 'product')}**")
    page.wait_for_function("() => window.softclick && softclick.loaded")


def buy(page: Page, sites: Sites, market: Market, order: str) -> Conversion:
    with page.expect_request_finished(lambda request: request.url.endswith("/sale")):
        page.goto(sites.shop(market.id, "thanks", order=order, amount="49.90"))
    conversions = Conversion.objects.filter(advertiser=market.id, order=order)
    return wait_until(lambda: conversions.first(), f"the sale {order} arrives")


def test_the_blog_is_paid_and_the_extension_stands_down(
    network: Network, market: Market, sites: Sites, page: Page, context: BrowserContext
) -> None:
    follow(page, sites, "blog", market)
    print(context.cookies())
    follow(page, sites, "extension", market)
    print(context.cookies())
    sale = buy(page, sites, market, "1001")
    print(sale.decision.verdicts, Commission.objects.get(conversion=sale).__dict__)
    assert 0
