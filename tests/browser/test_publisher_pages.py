"""What scripts add to the publishers' pages, under the pages' own Content-Security-Policy."""

from datetime import timedelta

import pytest
from django.conf import settings
from playwright.sync_api import ConsoleMessage, Page, expect
from pytest_django.live_server_helper import LiveServer

from network import clock
from tests.support.makers import Shopper, make_advertiser, make_partner, make_publisher, make_user

pytestmark = pytest.mark.django_db(transaction=True)
PASSWORD = "correct-horse-1"


@pytest.fixture
def dashboard(page: Page, live_server: LiveServer) -> str:
    """The address of a publisher's dashboard at which the page is signed in: with two sales."""
    now = clock.now()
    blog = make_partner(
        make_advertiser("Shop", now=now - timedelta(days=9)), make_publisher("Blog")
    )
    for order in ("first", "second"):
        shopper = Shopper()
        shopper.follow(blog, now - timedelta(hours=1), ref=f"ref-{order}")
        shopper.buy(blog.advertiser, now, order=order)
    make_user("member", blog.publisher, name="mia", password=PASSWORD)
    base = live_server.url.replace("localhost", settings.SITE_HOST)
    page.goto(f"{base}/sign-in/")
    page.fill("[name=login]", "mia")
    page.fill("[name=password]", PASSWORD)
    page.press("[name=password]", "Enter")
    page.wait_for_url("**/dashboard/**")
    return page.url


@pytest.fixture
def refused(page: Page) -> list[str]:
    """What the browser refused to load or run."""
    found: list[str] = []

    def listen(message: ConsoleMessage) -> None:
        if "Content Security Policy" in message.text:
            found.append(message.text)

    page.on("console", listen)
    return found


def test_charts_are_drawn_from_the_tables(page: Page, dashboard: str, refused: list[str]) -> None:
    page.goto(dashboard)
    charts = page.get_by_role("img")
    expect(charts).to_have_count(2)
    expect(charts.first).to_have_attribute("aria-label", "Commission by day in GBP, by cookie type")
    box = charts.first.bounding_box()
    assert box
    assert box["height"] > 100
    assert not refused


def test_a_filter_swaps_the_list_alone(page: Page, dashboard: str, refused: list[str]) -> None:
    page.goto(f"{dashboard}sales/")
    expect(page.locator(".order")).to_have_count(2)
    page.evaluate("document.body.dataset.same = 'yes'")
    page.fill("[name=reference]", "ref-first")
    expect(page.locator(".order")).to_have_text(["first"])
    assert "reference=ref-first" in page.url
    page.fill("[name=since]", "2026-03-12")
    page.fill("[name=until]", "2026-03-11")
    expect(page.locator("#list [role=alert]")).to_contain_text("To: The end date is before")
    assert page.evaluate("document.body.dataset.same") == "yes"
    assert not refused


def test_a_link_is_tested_while_it_is_built(page: Page, dashboard: str, refused: list[str]) -> None:
    page.clock.install()
    page.goto(f"{dashboard}links/")
    page.select_option("[name=programme]", label="Shop")
    expect(page.locator("#list")).to_contain_text("Tracked.")
    page.fill("[name=target]", "https://evil.example/")
    expect(page.locator("#list")).to_contain_text("evil.example is not a domain of Shop.")
    page.fill("[name=target]", "")
    expect(page.locator("#built")).to_be_visible()
    page.clock.pause_at(clock.now() + timedelta(hours=1))  # the word goes after two seconds
    page.click("[data-copy=built]")
    expect(page.locator("[data-copy=built]")).to_have_text("Copied")
    assert not refused
