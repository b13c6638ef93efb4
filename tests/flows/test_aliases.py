"""A browser at a link that is written in another way: it is led to the one address that it sends
our cookies to, so that what it brings counts."""

import pytest
from django.conf import settings
from playwright.sync_api import BrowserContext, Page

from tests.flows import sites as other_sites
from tests.flows.network import Network, wait_until
from tests.flows.shopping import Market, cookies_of, follow
from tracking.models import Click


@pytest.mark.parametrize("third_party_cookies", ["blocked"])
@pytest.mark.parametrize(
    ("host", "path"),
    [
        pytest.param("{host}", "/t/00{market}/c/{publisher}", id="zeros"),
        pytest.param("{host}", "/%74/{market}/c/{publisher}", id="escape"),
        pytest.param("{host}", "//t/{market}/c/{publisher}", id="slashes"),
        pytest.param("{host}", "/T/{market}/C/{publisher}", id="capitals"),
        pytest.param("{host}.", "/t/{market}/c/{publisher}", id="final_dot"),
    ],
)
@pytest.mark.parametrize("own", [False, True], ids=["shared_host", "own_host"])
def test_a_soft_link_by_an_alias_stands_down(
    network: Network,
    market: Market,
    page: Page,
    context: BrowserContext,
    own: bool,
    host: str,
    path: str,
) -> None:
    name = market.own_host if own else settings.TRACKING_HOST
    soft = market.extension
    written = path.format(market=market.id, publisher=soft.publisher_id)
    alias = f"http://{host.format(host=name)}:{network.port}{written}"
    with other_sites.serve(f"http://{name}:{network.port}") as sites:
        hard = follow(page, sites, market.blog)
        page.goto(sites.link_page("extension", market.id, soft.publisher_id))
        page.evaluate(
            """alias => {
                const link = document.querySelector("#link");
                link.href = alias + new URL(link.href).search;
            }""",
            alias,
        )
        page.click("#link")
        page.wait_for_url(f"{sites.shop(market.id, 'product')}**")

    clicks = Click.objects.filter(advertiser=market.id, publisher=soft.publisher_id)
    click = wait_until(lambda: clicks.first(), "the click is recorded")
    assert (click.stood_down, click.reason, click.journey) == (True, "", hard.journey)
    kinds = {cookie.split("-")[1] for cookie in cookies_of(context, name)}
    assert kinds == {"sch", "scl", "scn"}
