"""The confirmation of a change of cookie type in a browser: it counts, and goes on by itself."""

from datetime import timedelta
from uuid import UUID

import pytest
from django.conf import settings
from playwright.sync_api import Page, expect
from pytest_django.live_server_helper import LiveServer

from network import clock
from network.advertisers import terms as advertisers
from publishers.models import CookieTypeAssignment, Partnership
from tests.support.makers import Shopper, make_advertiser, make_partner, make_publisher, make_user
from tracking.whatif import runs
from tracking.whatif.models import WhatIfRun

pytestmark = pytest.mark.django_db(transaction=True)
PASSWORD = "correct-horse-1"
PRESET = "Your clicks reach shoppers who are in our shop already."
MINUTE = timedelta(minutes=1)


@pytest.fixture
def extension() -> Partnership:
    """It took over from a blog an hour ago."""
    before = clock.now() - timedelta(days=9)
    shop = make_advertiser("Shop", now=before)
    blog = make_partner(shop, make_publisher("Blog", now=before), "hard", now=before)
    extension = make_partner(shop, make_publisher("Cat", now=before), "hard", now=before)
    shopper, at = Shopper(), clock.now() - timedelta(hours=1)
    shopper.follow(blog, at)
    shopper.follow(extension, at + MINUTE)
    shopper.buy(shop, at + 2 * MINUTE, order="first")
    return extension


@pytest.fixture
def staff(page: Page, live_server: LiveServer, extension: Partnership) -> str:
    """Where the site is, signed in as a manager of the shop."""
    make_user("manager", extension.advertiser, name="mina", password=PASSWORD)
    base = live_server.url.replace("localhost", settings.SITE_HOST)
    page.goto(f"{base}/sign-in/")
    page.fill("[name=login]", "mina")
    page.fill("[name=password]", PASSWORD)
    page.press("[name=password]", "Enter")
    page.wait_for_url("**/admin/**")
    return base


def test_it_goes_on_by_itself_and_keeps_what_is_typed(
    page: Page, staff: str, extension: Partnership
) -> None:
    address = f"{staff}/admin/publishers/partnership/cookie-type/"
    page.goto(f"{address}?to=soft&partners={extension.pk}")
    counting = page.locator("#what-if")
    expect(counting).to_contain_text("Waiting to be counted: 1 sale.")
    page.get_by_label("A common reason").select_option(PRESET)
    expect(page.get_by_label("Reason, shown to the partner")).to_have_value(PRESET)
    expect(page.locator("#preview")).to_contain_text(PRESET)
    page.get_by_label("Internal note").fill("Talked to them")

    WhatIfRun.objects.update(status="counting", total=4, counted=3)
    expect(counting).to_contain_text("3 of 4")
    runs.work(WhatIfRun.objects.get().pk)
    expect(counting).to_contain_text("1 of 1 sale would have been credited differently")
    expect(page.locator("#evidence").get_by_role("img")).to_be_visible()
    expect(page.get_by_label("Internal note")).to_have_value("Talked to them")

    page.get_by_role("button", name="Set 1 to soft").click()
    expect(page.get_by_text("Set Cat to soft, from").first).to_be_visible()
    made = CookieTypeAssignment.objects.latest("pk")
    assert (made.cookie_type, made.reason) == ("soft", PRESET)
    assert made.internal_note == "Talked to them"


def test_what_depends_on_the_start_follows_it(
    page: Page, staff: str, extension: Partnership
) -> None:
    advertisers.change_terms(
        extension.advertiser, {"notice_days": 14}, clock.now() - timedelta(days=1), made_by=None
    )
    runs.work(the_run_of(page, staff, extension))
    page.reload()
    concerned, preview = page.locator("#concerned"), page.locator("#preview")
    expect(concerned).to_contain_text("it starts on")
    told = page.locator("#what-if").get_by_text("hard cookies set before the change")
    soonest = told.inner_text()

    page.get_by_label("Start").fill(f"{clock.now() + timedelta(days=40):%Y-%m-%dT%H:%M}")
    page.get_by_label("Start").blur()
    expect(concerned).not_to_contain_text("it starts on")
    expect(told).not_to_have_text(soonest)

    page.get_by_label("Reason, shown to the partner").fill("Kept")
    page.get_by_label("Start").fill(f"{clock.now() + timedelta(days=3):%Y-%m-%dT%H:%M}")
    page.get_by_label("Start").blur()
    expect(preview).to_contain_text("This start will be refused.")
    expect(preview).to_contain_text("Shop gives 14 days' notice")
    expect(concerned).to_contain_text("the earliest start is")
    expect(told).to_have_text(soonest)
    expect(page.get_by_label("Reason, shown to the partner")).to_have_value("Kept")


def the_run_of(page: Page, staff: str, extension: Partnership) -> UUID:
    page.goto(f"{staff}/admin/publishers/partnership/cookie-type/?to=soft&partners={extension.pk}")
    expect(page.locator("#what-if")).to_contain_text("Waiting to be counted")
    return WhatIfRun.objects.get().pk
