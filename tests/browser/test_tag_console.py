"""What a shop's developer reads on the console: what was wrong with a call, and the remedy."""

from collections.abc import Callable

import pytest
from playwright.sync_api import ConsoleMessage, Page, Route

from tests.browser.hosts import Hosts
from tests.browser.test_tag_reports import call
from tracking.rule.consent import Consent

RIGHT = "'sale', {order: '1', amount: '1.00', currency: 'EUR'}"
WITH_PARTS = "'sale', {order: '1', amount: '1.00', parts: 'SHOES:1.00'}"
WRONG = {
    "X-Softclick-Error": "parts: received 'SHOES', expected one of DEFAULT",
    "X-Softclick-Remedy": "Use a known code.",
}


def is_ours(message: ConsoleMessage) -> bool:
    """Chromium says something itself where an answer cannot be read."""
    return message.text.startswith("softclick")


def answering(hosts: Hosts, headers: dict[str, str]) -> Callable[[Route], None]:
    """The tracking host's answer to a sale from a page of the shop's own."""
    readable = {
        "Access-Control-Allow-Origin": hosts.url().rstrip("/"),
        "Access-Control-Allow-Credentials": "true",
        "Access-Control-Expose-Headers": "X-Softclick-Error, X-Softclick-Remedy",
    }
    return lambda route: route.fulfill(status=204, headers={**readable, **headers})


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        pytest.param("'sale', {amount: '1.00'}", "Fill in the order's own number", id="no_order"),
        pytest.param(
            "'sale', {order: 'undefined', amount: '1'}", "order: expected", id="placeholder"
        ),
        pytest.param(
            "'sale', {order: '1', amount: '1,234.50'}",
            "Send the total after discounts, without tax and shipping.",
            id="separator",
        ),
        pytest.param("'sale', {order: '1'}", "amount: expected", id="no_amount"),
        pytest.param("'sell', {}", "Use one of consent, sale, activate, debug.", id="no_command"),
        pytest.param("'sale', null", "Call softclick('sale', {order:", id="nothing"),
        pytest.param("'consent', 'yes'", "Call softclick('consent', true)", id="no_answer"),
        pytest.param("'activate', 9", "has to be approved", id="partner_that_may_not"),
        pytest.param(WITH_PARTS, "advertiser's domains", id="answer_that_cannot_be_read"),
    ],
)
def test_a_refused_call_says_what_was_wrong_and_the_remedy(
    page: Page, hosts: Hosts, arguments: str, said: str
) -> None:
    hosts.unreadable = True
    hosts.visit(page, hosts.url())
    with page.expect_console_message(is_ours) as message:
        call(page, arguments)
    assert message.value.text.startswith(f"softclick({arguments.partition(',')[0]}): ")
    assert said in message.value.text


def test_what_the_tracking_host_refuses_is_read_without_debugging(page: Page, hosts: Hosts) -> None:
    hosts.visit(page, hosts.url())
    page.route("**/sale", answering(hosts, WRONG))
    with page.expect_console_message(is_ours) as message:
        call(page, WITH_PARTS)
    assert "expected one of DEFAULT. Remedy: Use a known code." in message.value.text


@pytest.mark.parametrize("sale", [RIGHT, WITH_PARTS])
def test_a_right_sale_says_nothing_and_loads_no_words(page: Page, hosts: Hosts, sale: str) -> None:
    said: list[str] = []
    loaded: list[str] = []
    hosts.visit(page, hosts.url())
    page.route("**/sale", answering(hosts, {}))
    page.on("console", lambda message: said.append(message.text))
    page.on("request", lambda request: loaded.append(request.url.rpartition("/")[2]))
    with page.expect_request_finished(lambda request: request.url.endswith("/sale")):
        call(page, sale)
    page.evaluate("new Promise((done) => setTimeout(() => { console.log('end'); done() }))")
    assert (said, loaded) == (["end"], ["sale"])


def test_only_a_sale_that_may_be_refused_asks_for_a_readable_answer(
    page: Page, hosts: Hosts
) -> None:
    hosts.visit(page, hosts.url())
    modes = []
    for sale in (RIGHT, WITH_PARTS):
        call(page, sale)
        modes.append(hosts.next_received().headers["sec-fetch-mode"])
    assert modes == ["no-cors", "cors"]


@pytest.mark.parametrize(
    ("headers", "said"),
    [
        pytest.param(WRONG, "Remedy: Use a known code.", id="refused"),
        pytest.param({}, "The tracking host found nothing wrong.", id="accepted"),
    ],
)
def test_debugging_reads_the_answer_of_every_sale(
    page: Page, hosts: Hosts, headers: dict[str, str], said: str
) -> None:
    hosts.visit(page, hosts.url())
    page.route("**/sale", answering(hosts, headers))
    call(page, "'debug', true")
    with page.expect_console_message(is_ours) as message:
        call(page, RIGHT)
    assert said in message.value.text
    assert "amount: 1.00" in message.value.text


def test_where_the_words_do_not_load_it_is_said_in_short(page: Page, hosts: Hosts) -> None:
    hosts.consent_default = Consent.REFUSE
    hosts.visit(page, hosts.url())
    page.route("**/debug.js", lambda route: route.abort())
    with page.expect_console_message(is_ours) as message:
        call(page, "'sell', {}")
    assert message.value.text.startswith("softclick: call sell TypeError")
