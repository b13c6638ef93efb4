"""What the tag sends, as it arrives at the tracking host."""

import json
from typing import Any

import pytest
from playwright.sync_api import BrowserContext, Page

from tests.browser.clicks import HOUR, MINUTE, hard, soft, token_of
from tests.browser.cookies import ago, end_session
from tests.browser.hosts import ADVERTISER, TRACKING, Hosts, Received, wait_for_tag
from tracking.rule.attribution import Click
from tracking.rule.consent import Consent
from tracking.wire.tag import render

MAX_BODY_BYTES = 60_000
ITEM = {"id": "1", "name": "Tea", "price": "4.95", "quantity": 2}
SALE = {
    "order": "10023",
    "amount": "49.90",
    "currency": "GBP",
    "parts": "DEFAULT:40.00|SALE:9.90",
    "voucher": "SAVE5",
    "channel": "aff",
    "customer": "new",
    "test": "1",
}


def land(page: Page, hosts: Hosts, *clicks: Click) -> None:
    hosts.visit(page, hosts.landing(*map(token_of, clicks)))


def call(page: Page, arguments: str) -> None:
    """Call ``softclick`` with arguments written in JavaScript."""
    page.evaluate(f"softclick({arguments})")


# --- a sale --------------------------------------------------------------------------------------


def test_a_sale_says_exactly_this(page: Page, hosts: Hosts) -> None:
    blog, overlay = hard(at=ago(HOUR), session=4), soft(at=ago(MINUTE), stood_down=1, session=6)
    land(page, hosts, blog)
    land(page, hosts, overlay)

    arrived = hosts.sale(page, **SALE, items=[ITEM], password="secret")

    assert (arrived.method, arrived.host, arrived.path) == ("POST", "track.localhost", "/t/7/sale")
    assert arrived.headers["content-type"] == "text/plain;charset=UTF-8"
    assert arrived.report == {
        **SALE,
        "items": [ITEM],
        "tokens": {"hard": [token_of(blog)], "soft": [], "last": [token_of(overlay)]},
        "session": "4.6",
        "unanswered": "",
    }


def test_a_sale_of_a_stranger_says_that_nothing_was_there(page: Page, hosts: Hosts) -> None:
    hosts.visit(page, hosts.url())

    assert hosts.sale(page, order=5).report == {
        "order": "5",
        "tokens": {"hard": [], "soft": [], "last": []},
        "session": "",
        "unanswered": "",
    }


def test_after_the_session_a_soft_click_is_only_the_last_one(page: Page, hosts: Hosts) -> None:
    click = soft(at=ago(HOUR))
    land(page, hosts, click)
    assert hosts.sale(page).report["tokens"]["soft"] == [token_of(click)]

    end_session(page.context)
    report = hosts.sale(page).report
    assert report["tokens"] == {"hard": [], "soft": [], "last": [token_of(click)]}
    assert report["session"] == ""


@pytest.mark.parametrize(
    ("given", "sent"),
    [
        pytest.param("'49.90'", "49.90", id="text"),
        pytest.param("49.9", "49.9", id="number"),
        pytest.param("0", "0", id="zero"),
        pytest.param("1e21", "1e+21", id="beyond_plain_digits"),
        pytest.param("NaN", "NaN", id="nan"),
        pytest.param("-1 / 0", "-Infinity", id="infinity"),
        pytest.param("0.1 + 0.2", "0.30000000000000004", id="binary_fraction"),
        pytest.param("10n ** 30n", "1" + "0" * 30, id="bigint"),
        pytest.param("''", "", id="empty"),
        pytest.param("{}", "[object Object]", id="object"),
        pytest.param("true", "1", id="true"),
        pytest.param("false", None, id="false"),
        pytest.param("null", None, id="null"),
        pytest.param("undefined", None, id="undefined"),
    ],
)
def test_a_field_goes_as_text(page: Page, hosts: Hosts, given: str, sent: str | None) -> None:
    hosts.visit(page, hosts.url())
    call(page, f"'sale', {{order: '1', amount: {given}}}")

    assert hosts.next_received().report.get("amount") == sent


def test_only_tokens_of_this_advertiser_are_sent(page: Page, hosts: Hosts) -> None:
    other = token_of(hard(at=ago(HOUR)), advertiser=8)
    for name, value in {"_sch": other, "_scs": "rubbish", "_scl": "x" * 71, "_scn": "a.1"}.items():
        page.context.add_cookies([{"name": name, "value": value, "url": hosts.url()}])
    hosts.visit(page, hosts.url())

    report = hosts.sale(page).report
    assert report["tokens"] == {"hard": [], "soft": [], "last": []}
    assert report["session"] == "1"


# --- size ----------------------------------------------------------------------------------------


def _sale_of_size(page: Page, hosts: Hosts, size: int) -> Received:
    """Report a sale whose whole body has this many bytes, most of them in two-byte letters."""
    empty = len(hosts.sale(page, items=[{"name": ""}]).body.encode())
    letters, odd = divmod(size - empty, 2)
    return hosts.sale(page, items=[{"name": "ü" * letters + "u" * odd}])


def test_items_are_left_out_at_60000_bytes(page: Page, hosts: Hosts) -> None:
    click = hard(at=ago(HOUR))
    land(page, hosts, click)

    below = _sale_of_size(page, hosts, MAX_BODY_BYTES - 1)
    assert (len(below.body.encode()), "items" in below.report) == (MAX_BODY_BYTES - 1, True)
    above = _sale_of_size(page, hosts, MAX_BODY_BYTES)
    assert "items" not in above.report
    assert above.report["tokens"]["hard"] == [token_of(click)]


@pytest.mark.parametrize(
    "items", ["(() => { const a = []; a.push(a); return a; })()", "[{quantity: 1n}]"]
)
def test_items_that_are_no_json_are_left_out(page: Page, hosts: Hosts, items: str) -> None:
    hosts.visit(page, hosts.url())
    call(page, f"'sale', {{order: '1', items: {items}}}")

    assert set(hosts.next_received().report) == {"order", "tokens", "session", "unanswered"}


# --- consent and cookies -------------------------------------------------------------------------


def bake(context: BrowserContext) -> None:
    """A cookie of the tracking host, as a click leaves it."""
    context.add_cookies(
        [
            {
                "name": "ours",
                "value": "1",
                "domain": TRACKING,
                "path": "/",
                "secure": True,
                "sameSite": "None",
            }
        ]
    )


@pytest.mark.parametrize(
    ("third_party_cookies", "sent"),
    [pytest.param("blocked", None, id="blocked"), pytest.param("allowed", "ours=1", id="allowed")],
)
def test_a_sale_brings_the_tracking_hosts_cookies_where_the_browser_sends_them(
    page: Page, hosts: Hosts, sent: str | None
) -> None:
    bake(page.context)
    hosts.visit(page, hosts.url())

    assert hosts.sale(page).headers.get("cookie") == sent


@pytest.mark.parametrize("third_party_cookies", ["allowed"])
@pytest.mark.parametrize("refuse_sales", [False, True], ids=["sale", "pixel"])
def test_a_sale_without_consent_names_no_click_and_brings_no_cookie(
    page: Page, hosts: Hosts, refuse_sales: bool
) -> None:
    bake(page.context)
    land(page, hosts, hard(at=ago(HOUR)))
    hosts.consent_default, hosts.refuse_sales = Consent.REFUSE, refuse_sales
    hosts.visit(page, hosts.url("/thanks"))

    arrived = hosts.sale(page, amount="4.95")
    assert "cookie" not in arrived.headers
    sent: dict[str, Any] = (
        {name: value for name, [value] in arrived.query.items()} if refuse_sales else arrived.report
    )
    assert sent == {"order": "1", "amount": "4.95", "consent": "0"}


# --- the pixel -----------------------------------------------------------------------------------


def _pixel(arrived: Received) -> dict[str, list[str]]:
    assert (arrived.method, arrived.path) == ("GET", f"/t/{ADVERTISER}/pixel.gif")
    return arrived.query


@pytest.mark.parametrize("third_party_cookies", ["allowed"])
def test_the_pixel_goes_when_the_sale_does_not(page: Page, hosts: Hosts) -> None:
    bake(page.context)
    hosts.refuse_sales = True
    blog, overlay = hard(at=ago(HOUR), session=4), soft(at=ago(MINUTE), stood_down=1, session=6)
    land(page, hosts, blog)
    land(page, hosts, overlay)

    arrived = hosts.sale(page, **{**SALE, "voucher": "50 % & ü+"}, items=[ITEM])

    assert _pixel(arrived) == {
        **{name: [value] for name, value in SALE.items()},
        "voucher": ["50 % & ü+"],
        "click": [f"{token_of(blog)},{token_of(overlay)}"],
        "session": ["4.6"],
        "unanswered": [""],
    }
    assert arrived.headers["cookie"] == "ours=1"


def test_the_pixel_says_that_the_session_has_ended(page: Page, hosts: Hosts) -> None:
    hosts.refuse_sales = True
    click = soft(at=ago(HOUR))
    land(page, hosts, click)
    end_session(page.context)

    query = _pixel(hosts.sale(page))
    assert (query["click"], query["session"]) == ([token_of(click)], [""])


@pytest.mark.parametrize(
    "fetch",
    [
        pytest.param("undefined", id="missing"),
        pytest.param("() => { throw new Error('blocked'); }", id="throws"),
        pytest.param("() => Promise.reject(new Error('blocked'))", id="rejects"),
    ],
)
def test_the_pixel_goes_when_the_page_has_no_working_fetch(
    page: Page, hosts: Hosts, fetch: str
) -> None:
    hosts.visit(page, hosts.url())
    page.evaluate(f"void (window.fetch = {fetch})")

    assert _pixel(hosts.sale(page))["order"] == ["1"]


# --- never in the page's way ---------------------------------------------------------------------


@pytest.mark.parametrize(
    "arguments",
    [
        "",
        "'nonsense'",
        "'constructor', 1",
        "'sale'",
        "'sale', null",
        "'sale', {order: Object.create(null)}",
        "'sale', {order: '\\ud800'}",
        "'activate'",
        "'activate', {toString() { throw new Error('no'); }}",
        "'consent'",
        "{toString() { throw new Error('no'); }}",
    ],
)
def test_a_wrong_call_does_not_reach_the_page(page: Page, hosts: Hosts, arguments: str) -> None:
    """The fixture fails on exceptions and on rejected promises that nobody handled."""
    hosts.visit(page, hosts.url())
    page.evaluate("void (window.fetch = () => Promise.reject(new Error('blocked')))")
    call(page, arguments)
    page.evaluate("new Promise((done) => setTimeout(done))")

    assert _last_order(page, hosts, "after") == "after"


def _last_order(page: Page, hosts: Hosts, order: str) -> str:
    """Report one more sale, and read what arrives until it does."""
    call(page, f"'sale', {{order: '{order}'}}")
    while (found := hosts.next_received().query.get("order", [""])[0]) != order:
        pass
    return found


def test_a_sale_outlives_its_page_and_needs_no_preflight(page: Page, hosts: Hosts) -> None:
    hosts.visit(page, hosts.url())
    page.evaluate("void (window.fetch = async (...given) => { window.given = given; })")
    call(page, "'sale', {order: '1', amount: '4.95'}")

    address, options = page.evaluate("given")
    body = options.pop("body")
    assert address == f"{hosts.base_url}sale"
    assert options == {
        "method": "POST",
        "mode": "no-cors",
        "keepalive": True,
        "credentials": "include",
    }
    assert json.loads(body)["order"] == "1"


def test_a_sandboxed_frame_reports_without_cookies(page: Page, hosts: Hosts) -> None:
    hosts.visit(page, hosts.url())
    inner = f"{hosts.markup()}<script>softclick('sale', {{order: '9'}})</script>"
    page.evaluate(
        """(markup) => {
          const frame = document.createElement('iframe');
          frame.sandbox = 'allow-scripts';
          frame.srcdoc = markup;
          document.body.append(frame);
        }""",
        inner,
    )

    assert hosts.next_received().report["order"] == "9"


def test_calls_made_before_the_tag_has_loaded_wait_in_order(page: Page, hosts: Hosts) -> None:
    hosts.tail = "<script>softclick('sale', {order: '1'}); softclick('sale', {order: '2'})</script>"
    click = hard(at=ago(HOUR))
    land(page, hosts, click)

    reports = [hosts.next_received().report for _ in range(2)]
    assert sorted(report["order"] for report in reports) == ["1", "2"]
    for report in reports:
        assert report["tokens"]["last"] == [report["unanswered"]] == [token_of(click)]


# --- where it reports to -------------------------------------------------------------------------


def test_it_reports_to_the_host_that_it_was_loaded_from(page: Page, hosts: Hosts) -> None:
    hosts.bare = True
    own = hosts.url(f"/t/{ADVERTISER}/", "track.shop.localhost")
    hosts.tail = f'<script async src="{own}tag.js?v=2"></script>'
    hosts.visit(page, hosts.url())

    assert hosts.sale(page).host == "track.shop.localhost"


@pytest.mark.parametrize("path", ["/t/8/tag.js", "/assets/tag.js", ""])
def test_from_elsewhere_it_reports_to_the_tracking_host(
    page: Page, hosts: Hosts, path: str
) -> None:
    """A copy of the script under another address, or inline, has only its settings."""
    script = render(hosts.settings)
    hosts.bare = True
    page.route("**/*tag.js", lambda route: route.fulfill(body=script))
    source = f'<script src="{path}"></script>' if path else f"<script>{script}</script>"
    hosts.tail = source
    page.goto(hosts.url())
    wait_for_tag(page)

    assert hosts.sale(page).host == "track.localhost"
