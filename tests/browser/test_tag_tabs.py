"""Several tabs of a shop, and answers of the tracking host that come late."""

import re

import pytest
from playwright.sync_api import BrowserContext, Page, Route

from tests.browser.clicks import HOUR, MINUTE, hard, soft, token_of
from tests.browser.cookies import ago, end_session, jar, slots
from tests.browser.hosts import Hosts, wait_for_tag
from tests.browser.test_tag_consent import go_on, names, say
from tracking.rule.consent import Consent


class Held:
    """A page whose questions about landings, or about this token, are held back until somebody lets
    them go."""

    def __init__(self, page: Page, token: str = "") -> None:
        self.page, self.routes = page, list[Route]()
        # A function would be asked here about every request, while the test waits for one.
        page.route(re.compile(rf"/l\?click={token}"), lambda route: self.routes.append(route))

    def land(self, address: str, count: int = 1) -> None:
        self.page.goto(address)
        wait_for_tag(self.page)
        while len(self.routes) < count:
            self.page.wait_for_timeout(10)

    def answer(self, token: str) -> None:
        [route] = [route for route in self.routes if token in route.request.url]
        with self.page.expect_request_finished(lambda request: token in request.url):
            route.continue_()
        self.page.evaluate("new Promise((done) => setTimeout(done, 50))")


@pytest.mark.parametrize("stale", ["", "a", "c", "ab", "bc"])
@pytest.mark.parametrize("kind", ["h", "s"])
def test_the_slots_are_the_same_in_whatever_order_the_answers_come(
    context: BrowserContext, hosts: Hosts, stale: str, kind: str
) -> None:
    """As if the fresh ones had landed one after the other in the order of their clicks."""
    last = hard if kind == "h" else soft
    tokens = {
        "a": token_of(hard(5, at=ago(3 * HOUR), journey=3, session=3)),
        "b": token_of(soft(6, at=ago(2 * HOUR), journey=4, session=4)),
        "c": token_of(last(7, at=ago(MINUTE), journey=5, session=5)),
    }
    hosts.stale = {tokens[tab] for tab in stale}
    fresh = [tab for tab in "abc" if tab not in stale]
    hards = [tab for tab in fresh if tab == "a" or (tab == "c" and kind == "h")]
    for order in ("acb", "cba", "bca"):
        context.clear_cookies()
        tabs = {tab: Held(context.new_page()) for tab in order}
        for tab, held in tabs.items():
            held.land(hosts.landing(tokens[tab]))
        for tab in reversed(order):
            tabs[tab].answer(tokens[tab])
        found = slots(context)
        assert found.pop("_sch", None) == (tokens[hards[-1]] if hards else None)
        assert found.pop("_scs", None) == (None if hards else tokens[fresh[0]])
        assert found.pop("_scl") == tokens[fresh[-1]]
        assert found.keys() == {"_scn"}
        for held in tabs.values():
            held.page.close()


def test_a_stale_answer_takes_nothing_that_another_tab_has_placed(
    context: BrowserContext, hosts: Hosts
) -> None:
    one, two = Held(context.new_page()), context.new_page()
    saved, followed = token_of(hard(5, at=ago(HOUR))), token_of(hard(at=ago(MINUTE), journey=9))
    hosts.stale = {saved}
    one.land(hosts.landing(saved))
    two.goto(hosts.landing(followed))
    two.wait_for_function("(token) => document.cookie.includes('_sch=' + token)", arg=followed)
    one.answer(saved)

    assert slots(context) == {"_sch": followed, "_scl": followed, "_scn": "1"}


def test_a_soft_click_that_met_a_stale_one_holds_when_that_is_gone(
    page: Page, hosts: Hosts
) -> None:
    held = Held(page)
    saved = token_of(hard(5, at=ago(HOUR)))
    overlay = token_of(soft(12, at=ago(MINUTE), journey=9, session=4))
    hosts.stale, hosts.activations = {saved}, {"12": overlay}
    held.land(hosts.landing(saved))
    page.evaluate("softclick('activate', 12)")
    page.wait_for_function("(token) => document.cookie.includes('_scl=' + token)", arg=overlay)
    held.answer(saved)

    assert slots(page.context) == {"_scs": overlay, "_scl": overlay, "_scn": "4"}


def test_what_a_no_has_deleted_meanwhile_does_not_come_back(
    context: BrowserContext, hosts: Hosts
) -> None:
    one, two = Held(context.new_page()), context.new_page()
    hosts.visit(two, hosts.landing(token_of(hard(3, at=ago(2 * HOUR), journey=4, session=7))))
    hosts.visit(two, hosts.url())
    saved = token_of(hard(at=ago(HOUR)))
    hosts.stale = {saved}
    one.land(hosts.landing(saved))
    say(two, False)
    say(two, True)
    one.answer(saved)

    assert names(context) == {"_sco"}


@pytest.mark.parametrize("speaks", ["yes", "sale"])
def test_nor_where_the_page_has_its_landing_wait_again(
    context: BrowserContext, hosts: Hosts, speaks: str
) -> None:
    one, two = Held(context.new_page()), context.new_page()
    hosts.visit(two, hosts.landing(token_of(hard(3, at=ago(2 * HOUR), journey=4, session=7))))
    saved = token_of(hard(at=ago(HOUR)))
    hosts.stale = {saved}
    one.land(hosts.landing(saved))
    hosts.visit(two, hosts.url())
    say(two, False)
    if speaks == "yes":
        say(one.page, True)
    else:
        say(two, True)
        assert hosts.sale(one.page).report["unanswered"] == saved
    while len(one.routes) < 2:
        one.page.wait_for_timeout(10)
    for route in one.routes:
        route.continue_()

    assert (slots(context), names(context)) == ({}, {"_sco"})


@pytest.mark.parametrize("default", [Consent.ASK, Consent.STORE])
def test_a_yes_finds_its_tabs_click_when_another_tab_said_yes_before(
    context: BrowserContext, hosts: Hosts, default: Consent
) -> None:
    hosts.consent_default = default
    one, two = context.new_page(), context.new_page()
    hosts.visit(one, hosts.url())
    say(one, False)
    click = token_of(hard(at=ago(MINUTE)))
    two.goto(hosts.landing(click))
    wait_for_tag(two)
    say(one, True)
    go_on(two, "/page")
    say(two, True)

    assert slots(context)["_sch"] == click


def test_an_answer_speaks_for_its_own_token_alone(page: Page, hosts: Hosts) -> None:
    held = Held(page)
    first, second = token_of(hard(5, at=ago(2000))), token_of(hard(at=ago(1000), journey=9))
    held.land(hosts.landing(first, second), count=2)
    assert hosts.sale(page).report["unanswered"] == f"{first}.{second}"
    held.answer(first)

    report = hosts.sale(page).report
    assert (report["tokens"]["hard"], report["unanswered"]) == ([first], second)
    held.answer(second)
    assert hosts.sale(page).report["unanswered"] == ""


def test_a_page_that_is_left_before_its_answer_leaves_the_mark(page: Page, hosts: Hosts) -> None:
    saved = token_of(hard(5, at=ago(HOUR)))
    followed = token_of(soft(at=ago(MINUTE), journey=9, session=4))
    Held(page, saved).land(hosts.landing(saved))
    page.goto(hosts.landing(followed, path="/again"))
    wait_for_tag(page)
    page.wait_for_function("(token) => !document.cookie.includes('_scu=' + token)", arg=followed)

    report = hosts.sale(page).report
    assert (report["tokens"]["last"], report["unanswered"]) == ([saved, followed], saved)


def test_no_more_tokens_are_remembered_than_a_cookie_has_room_for(page: Page, hosts: Hosts) -> None:
    hosts.block_landings = True
    tokens = [token_of(hard(at=ago((9 - number) * MINUTE), journey=number)) for number in range(8)]
    for token in tokens:
        page.goto(hosts.landing(token))
        wait_for_tag(page)
    [kept] = [found["value"] for found in jar(page.context) if found["name"] == "_scu"]

    assert kept == ".".join(tokens[-5:])


def test_what_waits_longer_than_its_session_claims_nothing_in_a_later_one(
    page: Page, hosts: Hosts
) -> None:
    """As when the last token leads to its journey."""
    hosts.block_landings = True
    led = token_of(hard(5, at=ago(2 * MINUTE), session=3, window_minutes=1))
    overlay = token_of(soft(12, at=ago(MINUTE), journey=9, session=4))
    for token in (led, overlay):
        hosts.visit(page, hosts.landing(token))
    report = hosts.sale(page).report
    assert (report["tokens"]["last"], report["session"]) == ([led, overlay], "3.4")
    end_session(page.context)
    hosts.visit(page, page.url)  # as a browser does that opens its tabs again

    report = hosts.sale(page).report
    assert report["tokens"] == {"hard": [], "soft": [], "last": [led, overlay]}
    assert (report["session"], report["unanswered"]) == ("", f"{led}.{overlay}")


def test_a_hard_click_that_is_placed_ends_the_waiting_of_older_ones(
    page: Page, hosts: Hosts
) -> None:
    """They would be named in every report of this browser from now on."""
    hosts.block_landings = True
    for token in (hard(5, at=ago(3 * HOUR)), soft(6, at=ago(2 * HOUR), session=1)):
        hosts.visit(page, hosts.landing(token_of(token)))
    hosts.block_landings = False
    followed = token_of(hard(at=ago(MINUTE)))
    hosts.visit(page, hosts.landing(followed))

    report = hosts.sale(page).report
    assert report["tokens"] == {"hard": [followed], "soft": [], "last": [followed]}
    assert report["unanswered"] == ""


def test_the_pixel_brings_what_holds_when_the_first_request_has_failed(
    context: BrowserContext, hosts: Hosts
) -> None:
    """Another tab's token that has landed meanwhile is named, and after a no nothing is brought."""
    one, two = context.new_page(), Held(context.new_page())
    saved = token_of(hard(5, at=ago(HOUR)))
    failing = list[Route]()
    hosts.visit(one, hosts.url())
    one.route(re.compile(r"/sale$"), lambda route: failing.append(route))

    def sell() -> Route:
        one.evaluate("softclick('sale', {order: '1', amount: '1.00'})")
        while not failing:
            one.wait_for_timeout(10)
        return failing.pop()

    first = sell()
    two.land(hosts.landing(saved))
    first.abort()
    query = hosts.next_received().query
    assert (query["click"], query["unanswered"]) == ([saved], [saved])

    second = sell()
    say(one, False)
    second.abort()
    assert hosts.next_received().query == {"order": ["1"], "amount": ["1.00"], "consent": ["0"]}


def test_an_answer_ends_no_session_in_which_another_token_waits(
    context: BrowserContext, hosts: Hosts
) -> None:
    led = token_of(hard(5, at=ago(15 * MINUTE), session=4))
    overlay = token_of(soft(6, at=ago(MINUTE), session=4))
    hosts.stale = {led}
    Held(context.new_page(), overlay).land(hosts.landing(overlay))
    page = context.new_page()
    page.goto(hosts.landing(led))
    page.wait_for_function("(token) => !document.cookie.includes(token)", arg=led)

    report = hosts.sale(page).report
    assert (report["session"], report["unanswered"]) == ("4", overlay)


def test_soft_clicks_push_no_hard_one_out_that_waits(page: Page, hosts: Hosts) -> None:
    held = Held(page)
    led = token_of(hard(5, at=ago(5 * MINUTE)))
    overlays = [token_of(soft(6, at=ago(MINUTE) + number)) for number in range(5)]
    held.land(hosts.landing(led))
    hosts.stale = set(overlays)
    two = page.context.new_page()
    two.goto(hosts.landing(*overlays))
    two.wait_for_function("(token) => !document.cookie.includes(token)", arg=overlays[-1])
    held.answer(led)

    assert slots(page.context)["_sch"] == led
