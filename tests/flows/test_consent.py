"""Consent in a browser, over https, with the tracking host's own cookies: asked for in the shop,
and taken back."""

from collections.abc import Iterator

import pytest
from playwright.sync_api import BrowserContext, Page

from tests.browser.test_tag_consent import say
from tests.flows import sites as other_sites
from tests.flows.network import Network, wait_until
from tests.flows.shopping import AMOUNT, Market, await_sale, buy, commission_of, follow, verdicts
from tests.flows.sites import Sites
from tracking.models import Conversion, UnattributedSales

ANSWER = {"_sco"}
TRACKED = ("sch", "scl", "scn")


def names(context: BrowserContext) -> set[str]:
    """Of every cookie on every host."""
    return {cookie["name"] for cookie in context.cookies()}


def await_only_the_answer(context: BrowserContext) -> None:
    wait_until(lambda: names(context) == ANSWER, "all cookies but the answer are deleted")


def is_unattributed(market: Market) -> bool:
    """Whether one sale arrived without a token, and none with one."""
    if Conversion.objects.filter(advertiser=market.id).exists():
        return False
    return UnattributedSales.objects.filter(advertiser=market.id, count=1).exists()


@pytest.fixture
def asking(network: Network, asking_markets: Iterator[Market]) -> Market:
    """An advertiser whose shop asks, for this test alone."""
    return next(asking_markets)


@pytest.mark.parametrize("third_party_cookies", ["blocked", "allowed"])
def test_a_shop_that_asks_stores_nothing_before_a_yes_and_credits_after_it(
    network: Network, asking: Market, sites: Sites, page: Page, context: BrowserContext
) -> None:
    follow(page, sites, asking.blog)
    page.goto(sites.shop(asking.id, "product/2"))
    page.wait_for_function("() => window.softclick && softclick.loaded")
    assert names(context) == set()
    say(page, True)
    kept = {"_sch", "_scl", "_scn"} | ANSWER
    wait_until(lambda: names(context) == kept, "the click is kept, and known to be fresh")

    sale = buy(page, sites, asking, "3001")

    assert verdicts(sale) == [(asking.blog.publisher_id, "held")]
    assert commission_of(sale).publisher_id == asking.blog.publisher_id


def test_a_sale_waits_for_the_banner_on_its_own_page(
    network: Network, asking: Market, sites: Sites, page: Page
) -> None:
    follow(page, sites, asking.blog)
    page.goto(sites.shop(asking.id, "thanks", order="3002", amount=AMOUNT))
    page.wait_for_function("() => window.softclick && softclick.loaded")
    say(page, True)

    assert verdicts(await_sale(asking, "3002")) == [(asking.blog.publisher_id, "held")]


def test_after_a_no_a_sale_is_reported_without_its_click(
    network: Network, asking: Market, sites: Sites, page: Page, context: BrowserContext
) -> None:
    follow(page, sites, asking.blog)
    say(page, False)
    page.goto(sites.shop(asking.id, "thanks", order="3003", amount=AMOUNT))

    wait_until(lambda: is_unattributed(asking), "the sale arrives without a click")
    assert names(context) == ANSWER


@pytest.mark.parametrize("third_party_cookies", ["allowed"])
def test_taken_back_nothing_is_left_in_the_shop_and_on_the_shared_host(
    network: Network, market: Market, sites: Sites, page: Page, context: BrowserContext
) -> None:
    follow(page, sites, market.blog)
    assert f"__Secure-sch-{market.id}" in names(context)
    say(page, False)

    await_only_the_answer(context)


@pytest.mark.parametrize("third_party_cookies", ["blocked", "allowed"])
def test_taken_back_nothing_is_left_on_a_tracking_host_of_the_shops_own(
    network: Network, market: Market, page: Page, context: BrowserContext
) -> None:
    with other_sites.serve(network.url(market.own_host)) as own_sites:
        follow(page, own_sites, market.blog)
        assert f"__Host-sch-{market.id}" in names(context)
        say(page, False)

        await_only_the_answer(context)


@pytest.mark.parametrize("third_party_cookies", ["blocked"])
def test_what_the_browser_lets_nobody_delete_on_the_shared_host_reports_nothing(
    network: Network, market: Market, sites: Sites, page: Page, context: BrowserContext
) -> None:
    """A browser that withholds the shared host's cookies in the shop does not let them be deleted
    from there, either."""
    follow(page, sites, market.blog)
    say(page, False)
    page.goto(sites.shop(market.id, "thanks", order="3006", amount=AMOUNT))

    wait_until(lambda: is_unattributed(market), "the sale arrives without a click")
    assert names(context) == ANSWER | {f"__Secure-{kind}-{market.id}" for kind in TRACKED}
