"""What every page brings to its browser: Back and Reload send no form again, after an error the
first wrong field has the focus, the keyboard skips the menu, and Escape closes a filter."""

import pytest
from django.conf import settings
from playwright.sync_api import Page, Request, expect
from pytest_django.live_server_helper import LiveServer

from publishers.models import Partnership
from tests.support.makers import make_advertiser, make_partner, make_publisher, make_user

pytestmark = pytest.mark.django_db(transaction=True)
PASSWORD = "correct-horse-1"


@pytest.fixture
def partner() -> Partnership:
    return make_partner(make_advertiser("Shop"), make_publisher("Cat"), "hard")


@pytest.fixture
def site(page: Page, live_server: LiveServer, partner: Partnership) -> str:
    """Where the site is, signed in as a manager of the shop."""
    make_user("manager", partner.advertiser, name="mina", password=PASSWORD)
    base = live_server.url.replace("localhost", settings.SITE_HOST)
    page.goto(f"{base}/sign-in/")
    page.fill("[name=login]", "mina")
    page.fill("[name=password]", PASSWORD)
    page.press("[name=password]", "Enter")
    page.wait_for_url("**/admin/**")
    return base


def test_no_form_is_sent_twice(page: Page, site: str, partner: Partnership) -> None:
    sent: list[str] = []

    def note(request: Request) -> None:
        if request.method == "POST" and request.is_navigation_request():
            sent.append(request.url)

    page.goto(f"{site}/admin/publishers/partnership/")
    page.on("request", note)
    page.get_by_role("row", name="Cat").get_by_role("checkbox").check()
    page.get_by_role("button", name="Set soft…").click()
    page.get_by_role("button", name="Set 1 to soft").click()
    reason = page.get_by_label("Reason, shown to the partner")
    expect(page.get_by_text("Nothing was changed")).to_be_visible()
    expect(reason).to_be_focused()
    assert len(sent) == 2
    page.reload()
    expect(page.get_by_text("Nothing was changed")).to_have_count(0)
    page.go_back()
    page.go_forward()
    reason.fill("It came after others.")
    page.get_by_role("button", name="Set 1 to soft").click()
    expect(page.get_by_text("Set Cat to soft, from").first).to_be_visible()
    page.go_back()
    expect(page.get_by_role("heading", level=1)).to_have_text("Change of cookie type")
    page.reload()
    assert len(sent) == 3, "The list's, one with the reason missing, and one that was made."
    assert partner.assignments.filter(cookie_type="soft").count() == 1


def test_the_keyboard_skips_the_menu_and_closes_filters(page: Page, site: str) -> None:
    page.goto(f"{site}/admin/tracking/conversion/")
    page.keyboard.press("Tab")
    expect(page.get_by_role("link", name="Skip to content")).to_be_focused()
    page.keyboard.press("Enter")
    assert page.evaluate("document.activeElement.id") == "content"
    period = page.locator("details.filter").first
    period.locator("summary").click()
    expect(period).to_have_attribute("open", "")
    page.keyboard.press("Escape")
    expect(period).not_to_have_attribute("open", "")
    period.locator("summary").click()
    page.get_by_role("heading", level=1).click()
    expect(period).not_to_have_attribute("open", "")
