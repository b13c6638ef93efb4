"""Firefox and WebKit, over https: cookies, the tag, activation, consent, and a sale."""

from collections.abc import Callable, Iterator

import pytest

from tests.flows import sites as other_sites
from tests.flows.network import Network, wait_until
from tests.flows.shopping import AMOUNT, Market, await_sale, verdicts
from tests.flows.sites import Sites
from tests.support.other_browsers import OTHERS, OtherBrowser, click, holds

HOSTS: dict[str, Callable[[Network, Market], str]] = {
    "shared": lambda network, market: network.tracking_url,
    "own": lambda network, market: network.url(market.own_host),
}
TAG_RUNS = "window.softclick && softclick.loaded"
KNOWN_TO_BE_FRESH = "!/_sc[uv]=/.test(document.cookie)"


@pytest.fixture(params=sorted(OTHERS))
def browser(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[OtherBrowser]:
    with OTHERS[request.param](tmp_path_factory.mktemp("browser")) as started:
        yield started


@pytest.fixture(params=sorted(HOSTS))
def host(request: pytest.FixtureRequest, network: Network, market: Market) -> str:
    """The tracking host: the shared one, or the advertiser's own below the shop's domain."""
    return HOSTS[request.param](network, market)


@pytest.fixture
def sites(host: str) -> Iterator[Sites]:
    with other_sites.serve(host) as served:
        yield served


def follow(browser: OtherBrowser, sites: Sites, market: Market, publisher: int) -> None:
    """Click a partner's link, and arrive with the tag running."""
    browser.open(sites.link_page("blog", market.id, publisher))
    wait_until(lambda: click(browser, "To the shop"), "the link is there")
    shop = sites.shop(market.id, "product")
    await_true(browser, f"location.href.startsWith('{shop}')")
    await_true(browser, TAG_RUNS)
    await_true(browser, KNOWN_TO_BE_FRESH)


def await_true(browser: OtherBrowser, expression: str) -> None:
    wait_until(lambda: holds(browser, expression), expression)


def cookies(browser: OtherBrowser, address: str, prefix: str) -> dict[str, tuple[bool, bool]]:
    """Those with names of this kind at the address: whether each is Secure, and HttpOnly."""
    return {
        cookie["name"].removeprefix(prefix): (cookie["secure"], cookie["httpOnly"])
        for cookie in browser.cookies(address)
        if cookie["name"].startswith(prefix)
    }


def on_tracking_host(
    browser: OtherBrowser, sites: Sites, market: Market
) -> dict[str, tuple[bool, bool]]:
    prefix = "__Host-sc" if market.own_host in sites.tracking_url else "__Secure-sc"
    return cookies(browser, f"{sites.tracking_url}/t/{market.id}/tag.js", prefix)


def on_shop(browser: OtherBrowser, sites: Sites, market: Market) -> dict[str, tuple[bool, bool]]:
    return cookies(browser, sites.shop(market.id), "_sc")


def test_a_soft_partner_stands_down_and_the_blog_is_paid(
    browser: OtherBrowser, sites: Sites, market: Market
) -> None:
    follow(browser, sites, market, market.blog.publisher_id)
    kinds = [f"{kind}-{market.id}" for kind in "hln"]
    assert on_tracking_host(browser, sites, market) == dict.fromkeys(kinds, (True, True))
    assert on_shop(browser, sites, market) == dict.fromkeys("hln", (True, False))

    follow(browser, sites, market, market.extension.publisher_id)
    browser.open(sites.shop(market.id, "thanks", order="1001", amount=AMOUNT))

    assert verdicts(await_sale(market, "1001")) == [
        (market.blog.publisher_id, "held"),
        (market.extension.publisher_id, "stood_down"),
    ]


def test_a_partner_in_the_page_is_activated_and_paid(
    browser: OtherBrowser, sites: Sites, market: Market
) -> None:
    browser.open(sites.shop(market.id, "product"))
    await_true(browser, TAG_RUNS)
    browser.ask(f"softclick('activate', {market.extension.publisher_id})")
    await_true(browser, "document.cookie.includes('_scs=')")
    browser.open(sites.shop(market.id, "thanks", order="1002", amount=AMOUNT))

    assert verdicts(await_sale(market, "1002")) == [(market.extension.publisher_id, "held")]


def test_a_withdrawal_deletes_what_the_browser_lets_it(
    browser: OtherBrowser, sites: Sites, market: Market, request: pytest.FixtureRequest
) -> None:
    """docs/browsers.md: which browsers let a page's request delete a tracking host's cookies."""
    follow(browser, sites, market, market.blog.publisher_id)
    browser.ask("softclick('consent', false)")
    await_true(browser, "document.cookie.includes('_sco=')")
    assert on_shop(browser, sites, market) == {"o": (True, False)}

    is_let = request.node.callspec.id == "firefox-own"
    if is_let:
        wait_until(lambda: not on_tracking_host(browser, sites, market), "they are deleted")

    browser.open(sites.shop(market.id, "thanks", order="1003", amount=AMOUNT))
    await_true(browser, TAG_RUNS)
    assert on_shop(browser, sites, market) == {"o": (True, False)}
