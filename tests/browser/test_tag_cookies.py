"""What the tag keeps in the shop's own cookies, on real pages in a real browser."""

from time import time

import pytest
from msgspec.structs import replace
from playwright.sync_api import BrowserContext, Page

from tests.browser.clicks import DAY, HOUR, MINUTE, hard, soft, token_of
from tests.browser.cookies import ANSWER, SLOTS, ago, cookie, end_session, jar, pass_time, slots
from tests.browser.hosts import Hosts
from tracking.rule.attribution import Click
from tracking.rule.consent import Consent

SHOP, WWW = "shop.localhost", "www.shop.localhost"


def land(page: Page, hosts: Hosts, *clicks: Click, host: str = SHOP, path: str = "/") -> None:
    hosts.visit(page, hosts.landing(*map(token_of, clicks), host=host, path=path))


# --- the slots -----------------------------------------------------------------------------------


def test_a_hard_click_takes_the_hard_slot(page: Page, hosts: Hosts) -> None:
    click = hard(at=ago(10 * DAY), session=7)
    land(page, hosts, click)

    assert slots(page.context) == {
        "_sch": token_of(click),
        "_scl": token_of(click),
        "_scn": "7",
    }
    slot, last, sessions = (cookie(page.context, name) for name in ("_sch", "_scl", "_scn"))
    assert slot["expires"] == pytest.approx(click.closes_at / 1000, abs=60)
    assert last["expires"] == pytest.approx(time() + hosts.longest_window_days * 86_400, abs=60)
    assert sessions["expires"] == -1
    for each in (slot, last, sessions):
        assert (each["domain"], each["path"]) == (".shop.localhost", "/")
        assert (each["secure"], each["sameSite"], each["httpOnly"]) == (False, "Lax", False)


def test_a_soft_click_takes_the_soft_slot_for_this_session(page: Page, hosts: Hosts) -> None:
    click = soft(at=ago(HOUR), session=2**32 - 1)
    land(page, hosts, click)

    assert slots(page.context) == {
        "_scs": token_of(click),
        "_scl": token_of(click),
        "_scn": str(2**32 - 1),
    }
    assert cookie(page.context, "_scs")["expires"] == -1


def test_a_hard_click_deletes_the_soft_slot(page: Page, hosts: Hosts) -> None:
    land(page, hosts, soft(at=ago(HOUR)))
    click = hard(at=ago(MINUTE))
    land(page, hosts, click)

    assert slots(page.context) == {"_sch": token_of(click), "_scl": token_of(click), "_scn": "1"}


def test_a_soft_click_leaves_a_live_hard_slot_alone(page: Page, hosts: Hosts) -> None:
    first, second = hard(at=ago(HOUR)), soft(at=ago(MINUTE), journey=2, session=8)
    land(page, hosts, first)
    land(page, hosts, second)

    assert slots(page.context) == {
        "_sch": token_of(first),
        "_scl": token_of(second),
        "_scn": "1.8",
    }


def test_a_click_that_stood_down_takes_no_free_slot(page: Page, hosts: Hosts) -> None:
    click = soft(at=ago(MINUTE), stood_down=1)
    land(page, hosts, click)

    assert slots(page.context) == {"_scl": token_of(click), "_scn": "1"}


def test_a_click_whose_window_has_closed_only_leads_to_its_journey(
    page: Page, hosts: Hosts
) -> None:
    for click in (hard(at=ago(31 * DAY)), soft(at=ago(25 * HOUR))):
        land(page, hosts, click)
        assert slots(page.context) == {"_scl": token_of(click), "_scn": "1"}


def test_a_slot_lives_no_longer_than_its_window_when_the_clock_is_behind(
    page: Page, hosts: Hosts
) -> None:
    click = hard(at=ago(-3 * DAY))
    land(page, hosts, click)

    expires = cookie(page.context, "_sch")["expires"]
    assert expires == pytest.approx(time() + 30 * 86_400, abs=60)


def test_the_last_hard_click_of_one_address_wins(page: Page, hosts: Hosts) -> None:
    first, second = hard(1, at=ago(HOUR)), hard(2, at=ago(MINUTE))
    land(page, hosts, second, first)

    assert slots(page.context)["_sch"] == token_of(second)


# --- what has been here, or comes too late -------------------------------------------------------


def test_reload_history_and_another_page_change_nothing(page: Page, hosts: Hosts) -> None:
    blog, overlay = hard(at=ago(HOUR)), soft(at=ago(MINUTE), stood_down=1, session=2)
    land(page, hosts, blog)
    land(page, hosts, overlay)
    hosts.visit(page, hosts.url("/basket"))
    before = slots(page.context)

    assert before == {"_sch": token_of(blog), "_scl": token_of(overlay), "_scn": "1.2"}
    for move in (page.go_back, page.go_back, page.reload, page.go_forward):
        move()
        page.wait_for_function("() => window.softclick && softclick.loaded")
        assert slots(page.context) == before


def test_an_old_token_displaces_nothing(page: Page, hosts: Hosts) -> None:
    old_hard, old_soft = hard(1, at=ago(3 * HOUR), session=8), soft(2, at=ago(2 * HOUR), session=9)
    for newer in (soft(3, at=ago(HOUR), journey=3), hard(4, at=ago(MINUTE))):
        land(page, hosts, newer)
        before = slots(page.context)
        land(page, hosts, old_hard)
        land(page, hosts, old_soft, old_hard)
        assert slots(page.context) == before


def test_a_bookmark_does_not_bring_a_soft_claim_into_another_session(
    page: Page, hosts: Hosts
) -> None:
    click = soft(at=ago(HOUR))
    land(page, hosts, click)
    end_session(page.context)
    land(page, hosts, click)

    assert slots(page.context) == {"_scl": token_of(click)}


def test_a_bookmark_does_not_bring_back_what_lost(page: Page, hosts: Hosts) -> None:
    overwritten, winner = hard(1, at=ago(HOUR)), hard(2, at=ago(MINUTE), window_minutes=60)
    stood_down = soft(3, at=ago(0), journey=3)
    for click in (overwritten, winner, stood_down):
        land(page, hosts, click)
    pass_time(page.context, 2 * 3600)
    for click in (overwritten, winner, stood_down):
        land(page, hosts, click)

    assert slots(page.context) == {"_scl": token_of(stood_down), "_scn": "1"}


# --- sessions ------------------------------------------------------------------------------------


def test_it_knows_the_last_five_sessions_and_that_of_the_soft_holder(
    page: Page, hosts: Hosts
) -> None:
    for session in range(1, 8):
        land(page, hosts, soft(at=ago(HOUR) + session, journey=session, session=session))

    assert sorted(slots(page.context)["_scn"].split(".")) == ["1", "4", "5", "6", "7"]


def test_a_session_is_noted_once(page: Page, hosts: Hosts) -> None:
    for number, session in enumerate([4, 5, 4]):
        land(page, hosts, hard(at=ago(HOUR) + number, session=session))

    assert slots(page.context)["_scn"] == "5.4"


# --- domains, paths, duplicates ------------------------------------------------------------------


def test_a_subdomain_and_the_shop_share_the_slots(page: Page, hosts: Hosts) -> None:
    click = hard(at=ago(HOUR))
    land(page, hosts, click, host=WWW)

    assert {found["domain"] for found in jar(page.context)} == {".shop.localhost"}
    hosts.visit(page, hosts.url("/", SHOP))
    assert hosts.sale(page).report["tokens"]["hard"] == [token_of(click)]


@pytest.mark.parametrize("host", ["localhost", "127.0.0.1"])
def test_it_writes_for_the_host_only_where_no_domain_is_accepted(
    page: Page, hosts: Hosts, host: str
) -> None:
    first, second = soft(at=ago(HOUR)), hard(at=ago(MINUTE))
    land(page, hosts, first, host=host)
    land(page, hosts, second, host=host)

    assert slots(page.context) == {"_sch": token_of(second), "_scl": token_of(second), "_scn": "1"}
    assert {found["domain"] for found in jar(page.context)} == {host}


@pytest.mark.parametrize(
    ("host", "domain"),
    [
        pytest.param("www.shop.co.uk", ".shop.co.uk", id="co_uk"),
        pytest.param("shop.co.uk", ".shop.co.uk", id="co_uk_itself"),
        pytest.param("www.shop.com.au", ".shop.com.au", id="com_au"),
        pytest.param("www.user.github.io", ".user.github.io", id="github_io"),
        pytest.param("shop.myshopify.com", ".shop.myshopify.com", id="myshopify_com"),
        # Below *.kawasaki.jp, but for the city's own.
        pytest.param("www.city.kawasaki.jp", ".city.kawasaki.jp", id="exception"),
        pytest.param("www.shop.other.kawasaki.jp", ".shop.other.kawasaki.jp", id="wildcard"),
        pytest.param("shop.co.uk.", "shop.co.uk.", id="trailing_dot"),
    ],
)
def test_no_cookie_is_shared_below_a_public_suffix(
    page: Page, hosts: Hosts, host: str, domain: str
) -> None:
    """The widest domain that is the shop's own: whoever else is below the suffix sees nothing."""
    first, second = soft(at=ago(HOUR)), hard(at=ago(MINUTE))
    land(page, hosts, first, host=host)
    land(page, hosts, second, host=host)

    assert slots(page.context) == {"_sch": token_of(second), "_scl": token_of(second), "_scn": "1"}
    assert {found["domain"] for found in jar(page.context)} == {domain}


def _scatter(context: BrowserContext, hosts: Hosts, name: str, values: list[str]) -> None:
    """Put a cookie at as many places as there are values, all seen from www on /a/b.html."""
    places: list[dict[str, str]] = [
        {"url": hosts.url("/a/", WWW)},
        {"domain": ".shop.localhost", "path": "/"},
        {"domain": ".shop.localhost", "path": "/a"},
        {"domain": ".www.shop.localhost", "path": "/a/b.html"},
        {"domain": ".www.shop.localhost", "path": "/a/"},
    ]
    for value, place in zip(values, places, strict=False):
        context.add_cookies([{"name": name, "value": value, **place}])  # type: ignore[typeddict-item]


def test_duplicates_are_folded_and_cleaned_up(page: Page, hosts: Hosts) -> None:
    blog, cashback = hard(1, at=ago(3 * HOUR)), hard(2, at=ago(2 * HOUR))
    overlay, extension = soft(3, at=ago(4 * HOUR)), soft(4, at=ago(HOUR), journey=4)
    _scatter(page.context, hosts, "_sch", ["rubbish", token_of(cashback), token_of(blog)])
    _scatter(page.context, hosts, "_scs", [token_of(overlay), token_of(extension)])
    _scatter(page.context, hosts, "_scl", [*map(token_of, (extension, blog, overlay, blog)), ""])
    _scatter(page.context, hosts, "_scn", ["1.2", "2.3", "x.."])
    hosts.visit(page, hosts.url("/a/b.html", WWW))

    assert slots(page.context) == {
        "_sch": token_of(cashback),
        "_scl": token_of(extension),
        "_scn": "1.2.3",
    }
    assert {found["domain"] for found in jar(page.context)} == {".shop.localhost"}
    assert {found["path"] for found in jar(page.context)} == {"/"}


def test_a_click_meets_every_duplicate(page: Page, hosts: Hosts) -> None:
    overlay, click = soft(3, at=ago(HOUR)), soft(4, at=ago(MINUTE), journey=4)
    _scatter(page.context, hosts, "_scs", ["", "", token_of(overlay)])
    land(page, hosts, click, host=WWW, path="/a/b.html")

    assert slots(page.context) == {
        "_scs": token_of(overlay),
        "_scl": token_of(click),
        "_scn": "1",
    }


def test_a_single_cookie_is_left_where_it_is(page: Page, hosts: Hosts) -> None:
    _scatter(page.context, hosts, "_sch", [token_of(hard(at=ago(HOUR)))])
    before = jar(page.context)
    hosts.visit(page, hosts.url("/a/b.html", WWW))

    assert jar(page.context) == before


# --- consent -------------------------------------------------------------------------------------

# Counts what the page's scripts do with cookies and address.
SPY = """() => {
  window.touched = [];
  const cookie = Object.getOwnPropertyDescriptor(Document.prototype, 'cookie');
  Object.defineProperty(document, 'cookie', {
    get() { touched.push('read'); return cookie.get.call(document); },
    set(value) { touched.push(value); cookie.set.call(document, value); }
  });
  const replace = history.replaceState;
  history.replaceState = (...given) => { touched.push('address'); replace.apply(history, given); };
}"""


def test_it_touches_nothing_before_consent(page: Page, hosts: Hosts) -> None:
    hosts.consent_default, hosts.strip_click_parameter = Consent.REFUSE, True
    page.add_init_script(f"({SPY})()")
    click = hard(at=ago(HOUR))
    land(page, hosts, click)
    page.evaluate("softclick('sale', {order: '1'}); softclick('activate', 1)")
    hosts.next_received()

    assert set(page.evaluate("touched")) == {"read"}
    page.evaluate("softclick('consent', true)")
    assert slots(page.context) == {"_sch": token_of(click), "_scl": token_of(click), "_scn": "1"}
    assert page.evaluate("location.search") == ""


def test_a_no_that_waits_in_the_queue_comes_before_the_landing(page: Page, hosts: Hosts) -> None:
    hosts.tail = "<script>softclick('consent', false)</script>"
    page.add_init_script(f"({SPY})()")
    land(page, hosts, hard(at=ago(HOUR)))

    written = {said.partition("=")[0] for said in page.evaluate("touched")} - {"read"}
    assert written == {"_sco", "_sct"}
    assert slots(page.context) == {}


def test_a_yes_that_waits_in_the_queue_is_heard(page: Page, hosts: Hosts) -> None:
    hosts.consent_default = Consent.REFUSE
    hosts.tail = "<script>softclick('consent', true)</script>"
    land(page, hosts, hard(at=ago(HOUR)))

    assert set(slots(page.context)) == {"_sch", "_scl", "_scn"}


def test_consent_taken_back_deletes_everything_and_may_come_again(page: Page, hosts: Hosts) -> None:
    for name in SLOTS:
        _scatter(page.context, hosts, name, [token_of(hard(at=ago(2 * HOUR)))] * 5)
    page.context.add_cookies([{"name": "shop", "value": "1", "url": hosts.url("/", WWW)}])
    hosts.consent_default = Consent.REFUSE
    click = hard(at=ago(HOUR))
    land(page, hosts, click, host=WWW, path="/a/b.html")
    page.evaluate("softclick('consent', false)")

    assert {found["name"] for found in jar(page.context)} == {"shop", ANSWER}
    page.evaluate("softclick('consent', true)")
    assert cookie(page.context, "_sch")["value"] == token_of(click)


def test_a_click_after_a_no_is_forgotten_where_the_answer_is_there_twice(
    page: Page, hosts: Hosts
) -> None:
    hosts.visit(page, hosts.url("/deep/x"))
    page.evaluate("softclick('consent', false)")
    hosts.next_forgotten()
    page.evaluate("document.cookie = '_sco=0; path=/deep'")
    land(page, hosts, soft(at=ago(MINUTE)), path="/deep/x")

    hosts.next_forgotten()
    assert slots(page.context) == {}


@pytest.mark.parametrize("answer", ["'true'", "'yes'", "1", "undefined", "{}"])
def test_only_true_is_a_yes(page: Page, hosts: Hosts, answer: str) -> None:
    land(page, hosts, hard(at=ago(HOUR)))
    page.evaluate(f"softclick('consent', {answer})")

    assert slots(page.context) == {}


# --- on the page ---------------------------------------------------------------------------------


def test_twice_on_a_page_is_once(page: Page, hosts: Hosts) -> None:
    hosts.tail = hosts.markup() + "<script>softclick('sale', {order: '1'})</script>"
    click = hard(at=ago(HOUR))
    land(page, hosts, click)
    page.wait_for_load_state("load")

    assert slots(page.context) == {"_sch": token_of(click), "_scl": token_of(click), "_scn": "1"}
    assert hosts.next_received().report["order"] == "1"
    assert hosts.sale(page, order="2").report["order"] == "2"


def test_a_tag_that_loads_later_changes_no_answer(page: Page, hosts: Hosts) -> None:
    hosts.visit(page, hosts.url())
    page.evaluate("softclick('consent', false)")
    page.evaluate(
        "history.pushState(null, '', location.href + '?sclk=' + arguments[0])".replace(
            "arguments[0]", f"'{token_of(hard(at=ago(HOUR)))}'"
        )
    )
    page.add_script_tag(url=f"{hosts.base_url}tag.js")

    assert slots(page.context) == {}


def test_the_click_of_another_tab_is_seen(context: BrowserContext, hosts: Hosts) -> None:
    first, second = context.new_page(), context.new_page()
    click = hard(at=ago(HOUR))
    hosts.visit(first, hosts.url())
    land(second, hosts, click)
    land(second, hosts, replace(soft(at=ago(MINUTE)), stood_down=True))

    assert hosts.sale(first).report["tokens"]["hard"] == [token_of(click)]
