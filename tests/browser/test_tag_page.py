"""What a page of the shop may hold or say beside the tag."""

import pytest
from playwright.sync_api import Page

from tests.browser.clicks import MINUTE, hard, token_of
from tests.browser.cookies import ago, slots
from tests.browser.hosts import Hosts
from tracking.rule.consent import Consent


@pytest.mark.parametrize("bare", [False, True], ids=["with_the_snippet", "without"])
def test_an_element_of_its_name_is_no_call(page: Page, hosts: Hosts, bare: bool) -> None:
    """What has an id is a name in the page: ``window.softclick`` is the form."""
    hosts.head = '<form id="softclick"><input name="q"></form>'
    hosts.bare = bare
    hosts.tail = f'<script src="{hosts.settings.base_url}tag.js"></script>' if bare else ""
    click = token_of(hard(at=ago(MINUTE)))
    hosts.visit(page, hosts.landing(click))

    assert slots(page.context)["_sch"] == click
    assert hosts.sale(page).report["tokens"]["hard"] == [click]


@pytest.mark.parametrize("setting", list(Consent))
def test_a_page_may_say_that_the_shopper_has_still_to_answer(
    page: Page, hosts: Hosts, setting: Consent
) -> None:
    hosts.consent_default = setting
    hosts.tail = "<script>softclick('consent', null)</script>"
    click = token_of(hard(at=ago(MINUTE)))
    page.goto(hosts.landing(click))
    page.wait_for_function("softclick.loaded")
    page.evaluate("softclick('sale', {order: '1', amount: '1.00'})")
    assert page.evaluate("document.cookie") == ""
    page.evaluate("softclick('consent', true)")

    reports = (one.report for one in iter(hosts.next_received, None) if one.path.endswith("/sale"))
    assert next(reports)["tokens"]["last"] == [click]
    assert slots(page.context)["_sch"] == click


def test_what_waits_after_an_answer_waits_for_the_next(page: Page, hosts: Hosts) -> None:
    """A page that changes its content says again that it has no answer, and reports its order."""
    click = token_of(hard(at=ago(MINUTE)))
    hosts.visit(page, hosts.landing(click))
    page.evaluate("softclick('consent', true)")
    page.evaluate("softclick('consent', null)")
    page.evaluate("softclick('sale', {order: '1', amount: '1.00'})")
    page.evaluate("softclick('sale', {order: '2', amount: '1.00'})")
    page.evaluate("softclick('consent', true)")

    reports = [hosts.next_received().report for _ in "12"]  # sent at once
    assert sorted(report["order"] for report in reports) == ["1", "2"]
    assert [report["tokens"]["hard"] for report in reports] == [[click], [click]]


def test_a_yes_of_before_waits_with_it_and_a_no_does_not(page: Page, hosts: Hosts) -> None:
    """What is kept stays."""
    click = token_of(hard(at=ago(MINUTE)))
    hosts.visit(page, hosts.landing(click))
    page.evaluate("softclick('consent', true)")
    hosts.tail = "<script>softclick('consent', null)</script>"
    page.goto(hosts.landing(token_of(hard(at=ago(1)))))
    page.wait_for_function("softclick.loaded")
    assert slots(page.context)["_sch"] == click

    page.evaluate("softclick('consent', false)")
    assert slots(page.context) == {}
    hosts.visit(page, hosts.url("/thanks"))
    assert hosts.sale(page).report["consent"] == "0"
