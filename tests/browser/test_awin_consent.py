"""What a shop's page tells ``AWIN.Tracking`` of consent."""

from typing import Any

import pytest
from playwright.sync_api import Page

from tests.browser.awin import TELL, script, warnings_of
from tests.browser.clicks import MINUTE, hard, token_of
from tests.browser.cookies import ago, slots
from tests.browser.hosts import ADVERTISER, TRACKING, Hosts, wait_for_tag
from tracking.rule.consent import Consent


@pytest.fixture(autouse=True)
def bare(hosts: Hosts) -> None:
    hosts.bare = True
    hosts.click_parameter = "awc"


def answer_of(page: Page) -> str:
    """What the tag holds the shopper's answer to be: ``1``, ``0`` or nothing."""
    found = page.evaluate("document.cookie.match(/_sco=(.)/)?.[1] || ''")
    return str(found)


def test_consent_is_told_to_it(page: Page, hosts: Hosts) -> None:
    hosts.consent_default = Consent.ASK
    hosts.tail = "<script>var AWIN = {Tracking: {AdvertiserConsent: true}}</script>" + script(hosts)
    click = token_of(hard(at=ago(MINUTE)))
    page.goto(hosts.landing(click))
    wait_for_tag(page)
    page.wait_for_function("document.cookie.includes('_sch=')")

    page.evaluate("AWIN.Tracking.Consent.setAdvertiserConsentStatus(false)")
    assert set(slots(page.context)) == set()
    page.evaluate("AWIN.Tracking.run()")
    assert "_sch" not in page.evaluate("document.cookie")
    hosts.received.queue.clear()
    page.evaluate("AWIN.Tracking.Sale = {amount: '1', orderRef: '1'}; AWIN.Tracking.run()")
    assert hosts.next_received().report["consent"] == "0"


# What help.awin.com says of it: true and false, 1 and 0, and that anything else counts as
# if no value had been given (developer.awin.com/docs/implementing-awin-consent, of 2025-02-06).
@pytest.mark.parametrize(
    ("said", "answer"),
    [
        ("true", "1"),
        ("1", "1"),
        ("'false'", ""),
        ("'denied'", ""),
        ("'0'", ""),
        ("'true'", ""),
        ("''", ""),
        ("'{{consent}}'", ""),
        ("{}", ""),
        ("[]", ""),
        ("2", ""),
        ("NaN", ""),
        ("new Boolean(false)", ""),
        ("{ad_storage: 'denied'}", ""),
        ("null", ""),
        ("undefined", ""),
    ],
)
def test_only_what_is_a_yes_is_consent(page: Page, hosts: Hosts, said: str, answer: str) -> None:
    hosts.consent_default = Consent.ASK
    heard = warnings_of(page)
    told_of = f"<script>var AWIN = {{Tracking: {{AdvertiserConsent: {said}}}}}</script>"
    hosts.tail = told_of + script(hosts)
    hosts.visit(page, hosts.landing(token_of(hard(at=ago(MINUTE)))))
    page.wait_for_load_state("load")

    assert answer_of(page) == answer
    assert bool(slots(page.context).get("_sch")) is (answer == "1")
    is_silent = answer == "1" or said in ("null", "undefined")
    assert [text for text in heard if "AdvertiserConsent" in text][1:] == []
    assert any("Set it to true or false" in text for text in heard) is not is_silent
    page.evaluate(f"AWIN.Tracking.Consent.setAdvertiserConsentStatus({said})")
    assert answer_of(page) == answer


INJECT = """([consent, address]) => new Promise((done) => {
  window.AWIN = {Tracking: {AdvertiserConsent: consent}};
  const script = document.createElement('script');
  script.src = address;
  script.onload = done;
  document.head.append(script);
})"""


@pytest.mark.parametrize(
    "refusal",
    ["softclick('consent', false)", "AWIN.Tracking.Consent.setAdvertiserConsentStatus(false)"],
)
def test_a_no_is_not_undone_by_what_the_page_said_before(
    page: Page, hosts: Hosts, refusal: str
) -> None:
    address = f"http://{TRACKING}:{hosts.port}/{ADVERTISER}.js"
    hosts.tail = "<script>var AWIN = {Tracking: {AdvertiserConsent: true}}</script>" + script(hosts)
    hosts.visit(page, hosts.landing(token_of(hard(at=ago(MINUTE)))))
    assert answer_of(page) == "1"
    page.evaluate(refusal)
    assert answer_of(page) == "0"

    page.evaluate(INJECT, [True, address])
    page.evaluate("AWIN.Tracking.run()")
    assert answer_of(page) == "0"
    assert "_sch" not in slots(page.context)
    page.evaluate("AWIN.Tracking.Consent.setAdvertiserConsentStatus(true)")
    assert answer_of(page) == "1"
    page.evaluate(INJECT, [False, address])
    assert answer_of(page) == "1"
    page.evaluate(TELL)
    page.evaluate("AWIN.Tracking.Consent.setAdvertiserConsentStatus(false)")
    assert sale_at(hosts)["consent"] == "0"


# developer.awin.com/docs/implementing-awin-consent: a page says false before the shopper has
# answered, and then calls.
@pytest.mark.parametrize("said", ["false", "0"])
@pytest.mark.parametrize("setting", list(Consent))
@pytest.mark.parametrize("answer", [True, False])
def test_false_in_the_page_waits_for_the_call(
    page: Page, hosts: Hosts, said: str, setting: Consent, answer: bool
) -> None:
    hosts.consent_default = setting
    heard = warnings_of(page)
    hosts.tail = waiting(hosts, said)
    hosts.visit(page, hosts.landing(token_of(hard(at=ago(MINUTE)))))
    page.wait_for_load_state("load")
    page.evaluate(TELL)
    assert page.evaluate("document.cookie") == ""

    page.evaluate(f"AWIN.Tracking.Consent.setAdvertiserConsentStatus({str(answer).lower()})")
    report = sale_at(hosts)
    assert ("consent" in report) is not answer
    assert bool(slots(page.context).get("_sch")) is answer
    assert answer_of(page) == str(int(answer))
    assert heard == []


def test_a_yes_by_the_call_on_every_page_keeps_what_is_kept(page: Page, hosts: Hosts) -> None:
    hosts.tail = waiting(hosts)
    click = token_of(hard(at=ago(MINUTE)))
    hosts.visit(page, hosts.landing(click))
    page.evaluate("AWIN.Tracking.Consent.setAdvertiserConsentStatus(true)")
    kept = slots(page.context)
    hosts.visit(page, hosts.landing(path="/thanks"))
    page.evaluate(TELL)
    assert slots(page.context) == kept
    page.evaluate("AWIN.Tracking.Consent.setAdvertiserConsentStatus(true)")
    assert sale_at(hosts)["tokens"]["hard"] == [click]


def test_a_sale_goes_without_its_click_where_the_page_gets_no_answer(
    page: Page, hosts: Hosts
) -> None:
    hosts.tail = script(hosts)
    hosts.visit(page, hosts.landing(token_of(hard(at=ago(MINUTE)))))
    hosts.tail = waiting(hosts)
    hosts.visit(page, hosts.landing(path="/thanks"))
    page.evaluate(TELL)
    page.goto("about:blank")
    report = sale_at(hosts)
    assert (report["order"], report["consent"]) == ("1001", "0")
    assert "tokens" not in report


def test_a_no_by_the_call_holds_on_later_pages_that_say_yes(page: Page, hosts: Hosts) -> None:
    said = "<script>var AWIN = {Tracking: {AdvertiserConsent: true}}</script>"
    hosts.tail = said + script(hosts)
    hosts.visit(page, hosts.landing(token_of(hard(at=ago(MINUTE)))))
    page.evaluate("AWIN.Tracking.Consent.setAdvertiserConsentStatus(false)")
    click = token_of(hard(at=ago(1)))
    hosts.visit(page, hosts.landing(click))
    assert answer_of(page) == "0"
    assert slots(page.context) == {}
    page.evaluate("AWIN.Tracking.Consent.setAdvertiserConsentStatus(true)")
    assert slots(page.context)["_sch"] == click


def test_a_yes_in_the_page_holds_after_a_page_that_waited(page: Page, hosts: Hosts) -> None:
    hosts.tail = waiting(hosts)
    hosts.visit(page, hosts.landing(token_of(hard(at=ago(MINUTE)))))
    said = "<script>var AWIN = {Tracking: {AdvertiserConsent: true}}</script>"
    hosts.tail = said + script(hosts)
    click = token_of(hard(at=ago(1)))
    hosts.visit(page, hosts.landing(click))
    assert slots(page.context)["_sch"] == click


def sale_at(hosts: Hosts) -> dict[str, Any]:
    """The next report of a sale."""
    return next(one.report for one in iter(hosts.next_received, None) if one.path.endswith("/sale"))


def waiting(hosts: Hosts, said: str = "false") -> str:
    told = f"<script>var AWIN = {{Tracking: {{AdvertiserConsent: {said}}}}}</script>"
    return told + script(hosts)
