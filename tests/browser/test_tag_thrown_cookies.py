"""A script in the shop's page throws the cookies away: what the page has seen still counts."""

import pytest
from playwright.sync_api import Page

from tests.browser.clicks import HOUR, MINUTE, hard, soft, token_of
from tests.browser.cookies import ago, slots
from tests.browser.hosts import Hosts
from tests.browser.test_tag_reports import call, land

FLOOD = """() => {
  for (let number = 0; number < 400; number += 1) {
    document.cookie = `flood${number}=1; Domain=.shop.localhost; Path=/`;
  }
}"""
THROW = """() => {
  for (const name of ['_sch', '_scs', '_scl', '_scn']) {
    document.cookie = `${name}=; Domain=.shop.localhost; Path=/; Max-Age=0`;
  }
}"""


def throw(page: Page, *, flood: bool) -> None:
    if flood:
        page.evaluate(FLOOD)
    page.evaluate(THROW)
    assert "_sch" not in page.evaluate("document.cookie")


@pytest.mark.parametrize("flood", [False, True], ids=["deleted", "flooded"])
@pytest.mark.parametrize("arrives", ["on_this_page", "before"])
def test_an_overlay_that_throws_them_away_takes_nothing(
    page: Page, hosts: Hosts, arrives: str, flood: bool
) -> None:
    blog, overlay = hard(at=ago(HOUR)), soft(at=ago(MINUTE), journey=9, session=5)
    hosts.activations = {"12": token_of(overlay)}
    land(page, hosts, blog)
    if arrives == "before":
        hosts.visit(page, hosts.url("/basket"))
    throw(page, flood=flood)
    call(page, "'activate', 12")
    assert hosts.next_received().path.endswith("/a/12")
    page.wait_for_function("(last) => document.cookie.includes(last)", arg=token_of(overlay))

    report = hosts.sale(page).report
    assert report["tokens"]["hard"] == [token_of(blog)]
    assert report["tokens"]["soft"] == []
    assert report["tokens"]["last"][-1] == token_of(overlay)


def test_what_was_thrown_away_is_sent_with_the_sale(page: Page, hosts: Hosts) -> None:
    blog = hard(at=ago(HOUR))
    land(page, hosts, blog)
    hosts.visit(page, hosts.url("/basket"))
    throw(page, flood=False)
    sent = hosts.sale(page).report["tokens"]
    assert sent == {"hard": [token_of(blog)], "soft": [], "last": [token_of(blog)]}


def test_another_tab_s_click_is_not_forgotten(page: Page, hosts: Hosts) -> None:
    """This page has seen the older one alone."""
    blog, cashback = hard(at=ago(HOUR)), hard(publisher=5, at=ago(MINUTE))
    land(page, hosts, blog)
    other = page.context.new_page()
    hosts.visit(other, hosts.landing(token_of(cashback)))
    assert hosts.sale(page).report["tokens"]["hard"] == [token_of(blog), token_of(cashback)]
    assert slots(page.context)["_sch"] == token_of(cashback)


@pytest.mark.parametrize("again", [False, True], ids=["no", "no_and_yes"])
def test_a_no_in_another_tab_is_complete(page: Page, hosts: Hosts, again: bool) -> None:
    land(page, hosts, hard(at=ago(HOUR)))
    call(page, "'consent', true")
    hosts.visit(page, hosts.url("/basket"))
    other = page.context.new_page()
    hosts.visit(other, hosts.url("/settings"))
    call(other, "'consent', false")
    if again:
        call(other, "'consent', true")
        other.wait_for_function("/_sco=[1-9]/.test(document.cookie)")
    report = hosts.sale(page).report
    assert report.get("tokens", {"hard": [], "soft": [], "last": []}) == {
        "hard": [],
        "soft": [],
        "last": [],
    }
    assert report.get("consent") == (None if again else "0")
