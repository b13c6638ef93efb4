"""What the tag keeps and sends before an answer, after a yes, and after a no."""

from datetime import UTC, datetime
from queue import Empty
from time import time

import pytest
from playwright.sync_api import BrowserContext, Page

from tests.browser.clicks import HOUR, MINUTE, hard, soft, token_of
from tests.browser.cookies import ANSWER, ago, cookie, jar, slots
from tests.browser.hosts import TRACKING, Hosts, wait_for_tag
from tracking.rule.attribution import Click
from tracking.rule.consent import Consent
from tracking.rule.slots import FRESH_MS

OWN = "go.shop.localhost"


@pytest.fixture(params=["", OWN], ids=["shared", "own"], autouse=True)
def own_host(request: pytest.FixtureRequest, hosts: Hosts) -> str:
    hosts.own_host = request.param
    return hosts.own_host


def land(page: Page, hosts: Hosts, click: Click, path: str = "/") -> None:
    hosts.visit(page, hosts.landing(token_of(click), path=path))


def say(page: Page, answer: bool) -> None:
    page.evaluate("(answer) => softclick('consent', answer)", answer)


def names(context: BrowserContext) -> set[str]:
    return {found["name"] for found in jar(context)}


def go_on(page: Page, path: str) -> None:
    """Follow a link of the shop to another of its pages."""
    with page.expect_navigation():
        page.evaluate("(path) => { location.href = path; }", path)
    wait_for_tag(page)


# --- before an answer --------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("default", "kept"),
    [
        pytest.param(Consent.STORE, {"_sch", "_scl", "_scn"}, id="store"),
        pytest.param(Consent.ASK, set(), id="ask"),
        pytest.param(Consent.REFUSE, set(), id="refuse"),
    ],
)
def test_before_an_answer_the_setting_decides(
    page: Page, hosts: Hosts, default: Consent, kept: set[str]
) -> None:
    hosts.consent_default = default
    land(page, hosts, hard(at=ago(HOUR)))

    assert names(page.context) == kept


@pytest.mark.parametrize("default", Consent)
def test_a_yes_keeps_the_click_and_the_answer(page: Page, hosts: Hosts, default: Consent) -> None:
    hosts.consent_default = default
    click = hard(at=ago(HOUR))
    land(page, hosts, click)
    say(page, True)

    assert slots(page.context)["_sch"] == token_of(click)
    answer = cookie(page.context, ANSWER)
    assert (answer["value"], answer["domain"]) == ("1", ".shop.localhost")
    assert 179 < (answer["expires"] - time()) / 86_400 < 181


@pytest.mark.parametrize("default", Consent)
def test_a_no_leaves_the_answer_alone(page: Page, hosts: Hosts, default: Consent) -> None:
    hosts.consent_default = default
    land(page, hosts, hard(at=ago(HOUR)))
    say(page, False)

    assert [(found["name"], found["value"]) for found in jar(page.context)] == [(ANSWER, "0")]


# --- a sale --------------------------------------------------------------------------------------

FETCHES = "() => { window.sent = []; window.fetch = async (...given) => { sent.push(given); }; }"


@pytest.mark.parametrize("answer", [True, False])
def test_while_the_shop_asks_a_sale_waits_for_the_answer(
    page: Page, hosts: Hosts, answer: bool
) -> None:
    hosts.consent_default = Consent.ASK
    click = hard(at=ago(HOUR))
    land(page, hosts, click)
    page.evaluate(FETCHES)
    page.evaluate("softclick('sale', {order: '1', items: [{id: 'a'}]})")
    page.evaluate("new Promise((done) => setTimeout(done))")
    assert page.evaluate("sent") == []

    page.evaluate(
        """async (answer) => {
          softclick('consent', answer);
          await new Promise((done) => setTimeout(done));
        }""",
        answer,
    )
    reports = page.evaluate(
        """sent.filter(([url]) => url.endsWith('/sale'))
            .map(([url, options]) => [JSON.parse(options.body), options.credentials])"""
    )
    [(report, credentials)] = reports
    assert (report["order"], report["items"]) == ("1", [{"id": "a"}])
    assert credentials == ("include" if answer else "omit")
    assert report.get("consent") == (None if answer else "0")
    assert report.get("tokens", {}).get("last") == ([token_of(click)] if answer else None)


def test_a_sale_whose_page_is_left_without_an_answer_goes_without_consent(
    page: Page, hosts: Hosts
) -> None:
    hosts.consent_default = Consent.ASK
    land(page, hosts, hard(at=ago(HOUR)))
    page.evaluate("softclick('sale', {order: '1', amount: '4.95'})")
    go_on(page, "/more")

    assert hosts.next_received().report == {"order": "1", "amount": "4.95", "consent": "0"}
    assert jar(page.context) == []


def test_where_the_shop_refuses_a_sale_goes_at_once(page: Page, hosts: Hosts) -> None:
    hosts.consent_default = Consent.REFUSE
    land(page, hosts, hard(at=ago(HOUR)))

    assert hosts.sale(page).report == {"order": "1", "consent": "0"}


def test_calls_before_the_script_has_loaded_are_heard_in_their_order(
    page: Page, hosts: Hosts
) -> None:
    hosts.consent_default = Consent.ASK
    hosts.tail = "<script>softclick('sale', {order: '1'}); softclick('consent', true)</script>"
    click = hard(at=ago(HOUR))
    land(page, hosts, click)

    assert hosts.next_received().report["tokens"]["last"] == [token_of(click)]


# --- later pages ---------------------------------------------------------------------------------


def test_a_yes_holds_on_later_pages_and_after_a_reload(page: Page, hosts: Hosts) -> None:
    hosts.consent_default = Consent.ASK
    first, second = hard(at=ago(HOUR)), hard(2, at=ago(MINUTE))
    land(page, hosts, first)
    say(page, True)
    page.reload()
    wait_for_tag(page)
    land(page, hosts, second, path="/other")

    assert slots(page.context)["_sch"] == token_of(second)
    assert hosts.sale(page).report["tokens"]["hard"] == [token_of(second)]


@pytest.mark.parametrize("default", Consent)
def test_a_no_holds_on_later_pages_and_after_a_reload(
    page: Page, hosts: Hosts, default: Consent
) -> None:
    hosts.consent_default = default
    land(page, hosts, hard(at=ago(HOUR)))
    say(page, False)
    page.reload()
    wait_for_tag(page)
    land(page, hosts, hard(2, at=ago(MINUTE)), path="/other")

    assert names(page.context) == {ANSWER}
    assert hosts.sale(page).report == {"order": "1", "consent": "0"}


def test_the_last_answer_of_any_tab_holds(context: BrowserContext, hosts: Hosts) -> None:
    first, second = context.new_page(), context.new_page()
    land(first, hosts, hard(at=ago(HOUR)))
    hosts.visit(second, hosts.url())
    say(second, False)

    assert hosts.sale(first).report == {"order": "1", "consent": "0"}
    assert names(context) == {ANSWER}


# --- a banner that answers late ----------------------------------------------------------------


@pytest.mark.parametrize("pages", [0, 1, 3])
def test_a_late_yes_loses_nothing_in_the_same_tab(page: Page, hosts: Hosts, pages: int) -> None:
    """The browser's own history of the tab has the address; nothing was stored for it."""
    hosts.consent_default = Consent.ASK
    click = hard(at=ago(MINUTE))
    land(page, hosts, click)
    for number in range(pages):
        go_on(page, f"/page/{number}")
    assert jar(page.context) == []
    say(page, True)

    assert slots(page.context)["_sch"] == token_of(click)
    assert hosts.sale(page).report["tokens"]["hard"] == [token_of(click)]


def test_a_late_yes_finds_all_clicks_in_their_order(page: Page, hosts: Hosts) -> None:
    hosts.consent_default = Consent.ASK
    first, second = hard(at=ago(9 * MINUTE)), soft(at=ago(MINUTE), journey=9)
    land(page, hosts, first)
    land(page, hosts, second, path="/again")
    go_on(page, "/basket")
    say(page, True)

    assert slots(page.context)["_sch"] == token_of(first)
    assert slots(page.context)["_scl"] == token_of(second)
    assert "_scs" not in slots(page.context)


NO_HISTORY = "Object.defineProperty(window, 'navigation', { value: undefined });"


@pytest.mark.parametrize("script", ["", NO_HISTORY], ids=["history", "referrer"])
@pytest.mark.parametrize("default", [Consent.ASK, Consent.REFUSE])
def test_a_first_yes_does_not_report_a_stale_link_of_an_earlier_page(
    page: Page, hosts: Hosts, default: Consent, script: str
) -> None:
    """Nobody could ask about it before, and the sale goes out before there is an answer."""
    hosts.consent_default = default
    page.add_init_script(script)
    saved = token_of(hard(at=ago(FRESH_MS + MINUTE)))
    hosts.stale = {saved}
    hosts.visit(page, hosts.landing(saved))
    go_on(page, "/thanks")
    say(page, True)

    report = hosts.sale(page).report
    assert report == {
        "order": "1",
        "tokens": {"hard": [], "soft": [], "last": []},
        "session": "",
        "unanswered": "",
    }
    assert names(page.context) == {ANSWER}
    assert hosts.landings.empty()


def test_a_stale_link_of_an_earlier_page_does_not_keep_a_fresh_one_out(
    page: Page, hosts: Hosts
) -> None:
    hosts.consent_default = Consent.ASK
    saved, followed = hard(5, at=ago(HOUR)), hard(at=ago(FRESH_MS - MINUTE), journey=9)
    hosts.stale = {token_of(saved)}
    land(page, hosts, saved)
    land(page, hosts, followed, path="/again")
    go_on(page, "/thanks")
    say(page, True)

    assert slots(page.context)["_sch"] == token_of(followed)
    assert hosts.sale(page).report["tokens"]["hard"] == [token_of(followed)]


def test_a_clock_that_goes_wrong_costs_no_click_whose_page_is_still_there(
    page: Page, hosts: Hosts
) -> None:
    """Only of what landed on an earlier page the browser's clock is asked."""
    hosts.consent_default = Consent.ASK
    page.clock.set_fixed_time(datetime.fromtimestamp(ago(-HOUR) / 1000, UTC))
    click = hard(at=ago(MINUTE))
    land(page, hosts, click)
    say(page, True)

    assert slots(page.context)["_sch"] == token_of(click)


def test_without_a_history_that_scripts_may_read_the_next_page_still_finds_it(
    page: Page, hosts: Hosts
) -> None:
    hosts.consent_default = Consent.ASK
    page.add_init_script(NO_HISTORY)
    click = hard(at=ago(MINUTE))
    land(page, hosts, click)
    go_on(page, "/next")
    say(page, True)

    assert slots(page.context)["_sch"] == token_of(click)


def test_a_router_that_cleans_the_address_before_the_tag_takes_nothing_away(
    page: Page, hosts: Hosts
) -> None:
    hosts.consent_default = Consent.ASK
    hosts.head = "<script>history.replaceState(null, '', '/clean')</script>"
    click = hard(at=ago(MINUTE))
    land(page, hosts, click)
    assert page.evaluate("location.search") == ""
    say(page, True)

    assert slots(page.context)["_sch"] == token_of(click)


def test_a_yes_in_another_tab_is_too_late_for_the_landing(
    context: BrowserContext, hosts: Hosts
) -> None:
    """What a tab may find without anything stored is its own history."""
    hosts.consent_default = Consent.ASK
    first, second = context.new_page(), context.new_page()
    land(first, hosts, hard(at=ago(MINUTE)))
    hosts.visit(second, hosts.url())
    first.close()
    say(second, True)

    assert names(context) == {ANSWER}


# --- taking it back ----------------------------------------------------------------------------


def asked(hosts: Hosts, own_host: str) -> set[str]:
    """The hosts that are asked to forget, each once and by a script of the shop."""
    count = 2 if own_host else 1
    requests = [hosts.next_forgotten() for _ in range(count)]
    for request in requests:
        assert (request.method, request.path, request.body) == ("POST", "/t/7/forget", "")
        assert request.headers["origin"] == hosts.url().rstrip("/")
        assert request.headers["sec-fetch-mode"] == "cors"
    with pytest.raises(Empty):
        hosts.forgotten.get_nowait()
    return {request.host for request in requests}


@pytest.mark.parametrize("default", Consent)
def test_a_no_reaches_every_tracking_host(
    page: Page, hosts: Hosts, own_host: str, default: Consent
) -> None:
    hosts.consent_default = default
    land(page, hosts, hard(at=ago(HOUR)))
    say(page, True)
    say(page, False)

    assert asked(hosts, own_host) == {TRACKING, own_host} - {""}
    assert names(page.context) == {ANSWER}


def test_a_no_that_is_repeated_on_each_page_asks_once(
    page: Page, hosts: Hosts, own_host: str
) -> None:
    hosts.visit(page, hosts.url())
    say(page, False)
    hosts.visit(page, hosts.url("/more"))
    say(page, False)
    hosts.sale(page)

    assert asked(hosts, own_host)


def test_a_click_after_a_no_is_forgotten_again(page: Page, hosts: Hosts, own_host: str) -> None:
    """The redirect does not know what was answered in the shop."""
    hosts.visit(page, hosts.url())
    say(page, False)
    assert asked(hosts, own_host)
    land(page, hosts, hard(at=ago(MINUTE)))

    assert asked(hosts, own_host)
    assert names(page.context) == {ANSWER}


def test_a_changed_mind_keeps_the_click_after_all(page: Page, hosts: Hosts) -> None:
    hosts.consent_default = Consent.ASK
    click = hard(at=ago(MINUTE))
    land(page, hosts, click)
    say(page, False)
    go_on(page, "/settings")
    say(page, True)

    assert slots(page.context)["_sch"] == token_of(click)
    assert cookie(page.context, ANSWER)["value"] == "1"


# --- in the page ---------------------------------------------------------------------------------


def test_an_activation_waits_for_a_yes_and_says_so(page: Page, hosts: Hosts) -> None:
    hosts.consent_default = Consent.ASK
    token = token_of(soft(at=ago(MINUTE)))
    hosts.activations = {"12": token}
    hosts.visit(page, hosts.url())
    page.evaluate("softclick('activate', 12)")
    say(page, True)
    page.wait_for_function("() => document.cookie.includes('_scs=')")

    assert slots(page.context)["_scs"] == token
    assert hosts.next_received().query == {"consent": ["1"]}
