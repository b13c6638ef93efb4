"""A token lands: the tag asks whether it is fresh, and takes a stale one out again."""

import pytest
from playwright.sync_api import Page

from tests.browser.clicks import DAY, HOUR, hard, soft, token_of
from tests.browser.cookies import ago, jar, slots
from tests.browser.hosts import Hosts, wait_for_tag
from tests.browser.test_tag_reports import call, land
from tracking.rule.consent import Consent

ROUTER = "<script>history.replaceState(null, '', location.pathname)</script>"


def asked(hosts: Hosts) -> list[str]:
    """The tokens that the tracking host was asked about so far."""
    found = []
    while not hosts.landings.empty():
        found += hosts.landings.get().query["click"]
    return found


def test_a_fresh_token_stays_and_is_asked_about_once(page: Page, hosts: Hosts) -> None:
    token = token_of(hard(at=ago(HOUR)))
    for _ in range(2):
        hosts.visit(page, hosts.landing(token))
    assert slots(page.context) == {"_sch": token, "_scl": token, "_scn": "1"}
    assert asked(hosts) == [token]
    assert hosts.sale(page).report["unanswered"] == ""


def test_it_says_which_click_was_held_before(page: Page, hosts: Hosts) -> None:
    """By that a token is seen that was not followed in this browser."""
    first, second = hard(at=ago(2 * HOUR)), hard(publisher=5, at=ago(HOUR), journey=8)
    land(page, hosts, first)
    assert hosts.landings.get().query["last"] == [""]
    land(page, hosts, second)
    asked_with = hosts.landings.get().query
    assert (asked_with["click"], asked_with["last"]) == ([token_of(second)], [token_of(first)])


def test_a_stale_token_leaves_nothing(page: Page, hosts: Hosts) -> None:
    token = token_of(hard(at=ago(DAY)))
    hosts.stale = {token}
    hosts.visit(page, hosts.landing(token))
    assert jar(page.context) == []
    assert hosts.sale(page).report["tokens"] == {"hard": [], "soft": [], "last": []}
    hosts.visit(page, hosts.landing(token))
    assert (jar(page.context), asked(hosts)) == ([], [token, token])


@pytest.mark.parametrize("default", [Consent.STORE, Consent.ASK])
def test_a_yes_on_every_page_brings_no_stale_token_back(
    page: Page, hosts: Hosts, default: Consent
) -> None:
    """It is in the tab's history, and a sale that is reported at once would go out with it."""
    hosts.consent_default = default
    hosts.visit(page, hosts.url())
    call(page, "'consent', true")
    token = token_of(hard(at=ago(DAY)))
    hosts.stale = {token}
    hosts.visit(page, hosts.landing(token))
    page.wait_for_function("!document.cookie.includes('_sch')")
    hosts.visit(page, hosts.url("/thanks"))
    call(page, "'consent', true")
    report = hosts.sale(page).report
    assert report["tokens"] == {"hard": [], "soft": [], "last": []}
    assert report["unanswered"] == ""
    assert asked(hosts) == [token]


def test_what_was_held_before_a_stale_token_is_held_again(page: Page, hosts: Hosts) -> None:
    overlay = soft(at=ago(3 * HOUR), session=2, journey=4)
    kept = hard(publisher=5, at=ago(HOUR), session=9, journey=8)
    land(page, hosts, overlay)
    before = slots(page.context)
    hosts.stale = {token_of(kept)}
    land(page, hosts, kept)
    assert (
        slots(page.context)
        == before
        == {
            "_scs": token_of(overlay),
            "_scl": token_of(overlay),
            "_scn": "2",
        }
    )


def test_of_two_tokens_in_one_address_the_stale_one_goes(page: Page, hosts: Hosts) -> None:
    kept, followed = hard(publisher=5, at=ago(2 * HOUR)), soft(at=ago(HOUR), journey=4, session=3)
    hosts.stale = {token_of(kept)}
    land(page, hosts, kept, followed)
    page.wait_for_function("(token) => !document.cookie.includes(token)", arg=token_of(kept))
    page.wait_for_function(
        "(token) => document.cookie.includes('_scs=' + token)", arg=token_of(followed)
    )
    assert slots(page.context)["_scl"] == token_of(followed)


def test_without_an_answer_it_stays_and_the_sale_says_so(page: Page, hosts: Hosts) -> None:
    """A plug-in that blocks must not cost the partner its sale."""
    hosts.block_landings = True
    click = hard(at=ago(HOUR))
    land(page, hosts, click)
    hosts.visit(page, hosts.url("/thanks"))
    report = hosts.sale(page).report
    assert report["tokens"]["last"] == [report["unanswered"]] == [token_of(click)]

    hosts.refuse_sales = True
    assert hosts.sale(page).query["unanswered"] == [token_of(click)]


@pytest.mark.parametrize("answer", ["null", "{}", "[]", "<p>blocked", ""])
def test_what_says_nothing_is_no_answer(page: Page, hosts: Hosts, answer: str) -> None:
    cors = {"Access-Control-Allow-Origin": hosts.url().rstrip("/")}
    cors["Access-Control-Allow-Credentials"] = "true"
    page.route("**/l?click=*", lambda route: route.fulfill(body=answer, headers=cors))
    token = token_of(hard(at=ago(HOUR)))
    with page.expect_request_finished(lambda request: "/l?" in request.url):
        page.goto(hosts.landing(token))
    wait_for_tag(page)
    page.evaluate("new Promise((done) => setTimeout(done))")
    report = hosts.sale(page).report
    assert (report["tokens"]["last"], report["unanswered"]) == ([token], token)


def test_without_consent_nothing_is_asked(page: Page, hosts: Hosts) -> None:
    hosts.consent_default = Consent.REFUSE
    token = token_of(hard(at=ago(HOUR)))
    hosts.visit(page, hosts.landing(token))
    assert hosts.sale(page).report == {"order": "1", "consent": "0"}
    assert asked(hosts) == []
    call(page, "'consent', true")
    page.wait_for_function("() => document.cookie.includes('_sch=')")
    hosts.sale(page)
    assert asked(hosts) == [token]


def test_consent_taken_back_before_the_answer_leaves_nothing(page: Page, hosts: Hosts) -> None:
    land(page, hosts, soft(at=ago(HOUR)))
    kept = token_of(hard(at=ago(1)))
    hosts.stale = {kept}
    page.add_init_script(
        """window.softclick = window.softclick || function () {
          (softclick.q = softclick.q || []).push(arguments);
        };
        const real = window.fetch;
        window.fetch = (...given) => {
          softclick('consent', false);
          return real(...given);
        };"""
    )
    with page.expect_request_finished(lambda request: "/l?" in request.url):
        page.goto(hosts.landing(kept))
    page.evaluate("new Promise((done) => setTimeout(done))")
    assert {found["name"] for found in jar(page.context)} == {"_sco"}


def test_a_router_that_strips_the_address_first_loses_no_click(page: Page, hosts: Hosts) -> None:
    hosts.tail = ROUTER
    token = token_of(hard(at=ago(HOUR)))
    hosts.visit(page, hosts.landing(token))
    assert page.url == hosts.url()
    assert slots(page.context)["_sch"] == token


def test_the_snippet_twice_on_a_page_notes_the_first_address(page: Page, hosts: Hosts) -> None:
    plain = hosts.markup()
    hosts.tail = ROUTER + plain[plain.index("<script>") : plain.rindex("<p>")]
    token = token_of(hard(at=ago(HOUR)))
    hosts.visit(page, hosts.landing(token))
    assert slots(page.context)["_sch"] == token
    assert asked(hosts) == [token]


def test_pages_of_an_app_ask_nothing_again(page: Page, hosts: Hosts) -> None:
    token = token_of(hard(at=ago(HOUR)))
    hosts.visit(page, hosts.landing(token))
    page.evaluate("history.pushState(null, '', '/basket')")
    page.evaluate("history.pushState(null, '', '/thanks')")
    assert hosts.sale(page).report["tokens"]["hard"] == [token]
    assert asked(hosts) == [token]
