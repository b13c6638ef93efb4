"""Chromium fetches links before anybody clicks them: by speculation rules, by ``rel=prefetch``, and
through a publisher's own address that hides the link. It is refused, and the click that follows
counts."""

from collections.abc import Callable, Iterator

import pytest
from playwright.sync_api import Page, Response

from tests.flows import sites as other_sites
from tests.flows.network import Network, wait_until
from tests.flows.shopping import Market, buy, verdicts
from tests.flows.sites import Sites
from tracking.models import Click

WHERE: dict[str, Callable[[Network, Market], str]] = {
    "cross-site": lambda network, market: network.tracking_url,
    "same-site": lambda network, market: network.url(market.own_host),
}
PUBLISHERS = {"cross-site": "blog", "same-site": "blog.shop"}
"""The page with the link: on another site than the tracking host, or on the same."""


@pytest.fixture(params=sorted(WHERE))
def where(request: pytest.FixtureRequest) -> str:
    return str(request.param)


@pytest.fixture
def linked(where: str, network: Network, market: Market) -> Iterator[Sites]:
    with other_sites.serve(WHERE[where](network, market)) as served:
        yield served


@pytest.mark.parametrize("way", ["prefetch", "prerender", "link"])
@pytest.mark.parametrize("cloak", ["", "go"])
def test_a_link_that_is_fetched_ahead_is_refused_and_the_click_counts(
    linked: Sites, market: Market, page: Page, where: str, way: str, cloak: str
) -> None:
    publisher = market.blog.publisher_id
    look = linked.ahead(PUBLISHERS[where], way, cloak, market.id, publisher)
    assert fetched_ahead(page, look) == 503
    click_counts(linked, market, page)


@pytest.mark.parametrize("way", ["prefetch", "link"])
def test_so_is_one_behind_a_redirect_that_the_browser_keeps(
    linked: Sites, market: Market, page: Page, where: str, way: str
) -> None:
    publisher = market.blog.publisher_id
    look = linked.ahead(PUBLISHERS[where], way, "moved", market.id, publisher)
    assert fetched_ahead(page, look) == 503
    click_counts(linked, market, page)


def test_a_page_that_leads_on_by_a_script_loses_no_click_either(
    sites: Sites, market: Market, page: Page
) -> None:
    """Chromium prerenders the publisher's page, and leaves off where its script goes elsewhere."""
    publisher = market.blog.publisher_id
    look = sites.ahead("blog", "prerender", "script", market.id, publisher)
    with page.expect_event("response", lambda response: "/script/" in response.url):
        page.goto(look)
    page.click("#link")
    arrived(sites, market, page)
    sale = buy(page, sites, market, "3001")
    assert verdicts(sale) == [(publisher, "held")]


def fetched_ahead(page: Page, look: str) -> int:
    """Look at a page; the answer's status where the browser asked the tracking host ahead."""

    def is_ahead(response: Response) -> bool:
        return "/c/" in response.url

    with page.expect_event("response", is_ahead) as found:
        page.goto(look)
    status: int = found.value.status
    return status


def click_counts(sites: Sites, market: Market, page: Page) -> None:
    """What was fetched ahead is recorded as such and is of no journey; the person's click after it
    reaches the shop with a token, and holds the cookie of the sale."""
    clicks = Click.objects.filter(advertiser=market.id)
    ahead = wait_until(lambda: clicks.first(), "it is recorded what was fetched ahead")
    assert (ahead.reason, ahead.journey, ahead.session) == ("prefetch", 0, 0)
    assert page.context.cookies() == []
    page.click("#link")
    arrived(sites, market, page)
    assert "sclk=" in page.url
    sale = buy(page, sites, market, "3001")
    assert verdicts(sale) == [(market.blog.publisher_id, "held")]
    assert clicks.exclude(id=ahead.id).get().reason == ""


def arrived(sites: Sites, market: Market, page: Page) -> None:
    page.wait_for_url(f"{sites.shop(market.id, 'product')}**")
    page.wait_for_function("() => window.softclick && softclick.loaded")
