"""A pixel on the shop's page brings the tracking host's cookies only if the browser lets it; the
tag needs none of them."""

import pytest
from playwright.sync_api import BrowserContext, Page

from tests.flows import sites as other_sites
from tests.flows.network import Network
from tests.flows.shopping import (
    AMOUNT,
    Market,
    await_report,
    await_sale,
    buy,
    commission_of,
    cookies_of,
    follow,
    verdicts,
)
from tests.flows.sites import Sites
from tracking.models import Conversion, Report, UnattributedSales


def buy_with_a_pixel(page: Page, sites: Sites, market: Market, order: str) -> None:
    """Buy at a shop that has no tag on its thank-you page."""
    page.goto(sites.shop(market.id, "pixel", order=order, amount=AMOUNT))
    page.wait_for_function("() => document.querySelector('#pixel').complete")


@pytest.mark.parametrize("third_party_cookies", ["allowed"])
def test_the_pixel_brings_the_cookies_where_they_are_allowed(
    network: Network, market: Market, sites: Sites, page: Page
) -> None:
    follow(page, sites, market.extension)
    blog = follow(page, sites, market.blog)
    buy_with_a_pixel(page, sites, market, "2001")

    sale = await_sale(market, "2001")

    report = await_report(market, "2001")
    assert (report.source, report.from_browser) == ("pixel", True)
    assert [(token["role"], token["reason"]) for token in report.tokens] == [
        ("hard", ""),
        ("last", ""),
    ]
    assert report.sessions == [blog.session]
    assert verdicts(sale) == [
        (market.extension.publisher_id, "overwritten"),
        (blog.publisher_id, "held"),
    ]
    assert commission_of(sale).amount_minor == 399


@pytest.mark.parametrize("third_party_cookies", ["blocked"])
def test_the_pixel_brings_none_where_they_are_blocked(
    network: Network, market: Market, sites: Sites, page: Page
) -> None:
    follow(page, sites, market.blog)
    buy_with_a_pixel(page, sites, market, "2002")
    network.await_drained()

    assert not Conversion.objects.filter(advertiser=market.id).exists()
    assert not Report.objects.filter(advertiser=market.id).exists()
    assert UnattributedSales.objects.get(advertiser=market.id).count == 1


@pytest.mark.parametrize("third_party_cookies", ["blocked"])
def test_the_pixel_brings_them_all_the_same_on_a_tracking_host_of_the_shops_own(
    network: Network, market: Market, page: Page, context: BrowserContext
) -> None:
    with other_sites.serve(network.url(market.own_host)) as own_sites:
        blog = follow(page, own_sites, market.blog)
        assert set(cookies_of(context, market.own_host)) == {
            f"__Host-{kind}-{market.id}" for kind in ("sch", "scl", "scn")
        }
        buy_with_a_pixel(page, own_sites, market, "2005")

    sale = await_sale(market, "2005")

    report = await_report(market, "2005")
    assert (report.source, report.from_browser) == ("pixel", True)
    assert report.sessions == [blog.session]
    assert {token["role"] for token in report.tokens} == {"hard", "last"}
    assert verdicts(sale) == [(blog.publisher_id, "held")]
    assert commission_of(sale).publisher_id == blog.publisher_id


@pytest.mark.parametrize("third_party_cookies", ["blocked", "allowed"])
def test_the_tag_works_either_way(
    network: Network, market: Market, sites: Sites, page: Page
) -> None:
    extension = follow(page, sites, market.extension)

    sale = buy(page, sites, market, "2003")

    assert verdicts(sale) == [(extension.publisher_id, "held")]
    report = await_report(market, "2003")
    assert (report.source, report.from_browser) == ("tag", True)
    assert report.sessions == [extension.session]
    assert {token["role"] for token in report.tokens} == {"soft", "last"}
    assert commission_of(sale).publisher_id == extension.publisher_id


@pytest.mark.parametrize("third_party_cookies", ["allowed"])
def test_the_tag_brings_the_tracking_hosts_cookies_when_the_shops_are_lost(
    network: Network, market: Market, sites: Sites, page: Page, context: BrowserContext
) -> None:
    extension = follow(page, sites, market.extension)
    context.clear_cookies(domain=".shop.localhost")
    assert cookies_of(context, "shop.localhost") == {}

    sale = buy(page, sites, market, "2004")

    assert verdicts(sale) == [(extension.publisher_id, "held")]
    assert await_report(market, "2004").sessions == [extension.session]
