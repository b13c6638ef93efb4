"""In-page partners: the tag activates them under the same rule."""

import json

import pytest
from playwright.sync_api import Page, Route

from tests.browser.clicks import HOUR, hard, soft, token_of
from tests.browser.cookies import ANSWER, ago, jar, slots
from tests.browser.hosts import Hosts
from tests.browser.test_tag_reports import bake, call
from tracking.rule.consent import Consent

# --- in-page partners ----------------------------------------------------------------------------


@pytest.mark.parametrize("third_party_cookies", ["allowed"])
def test_an_activation_is_placed_under_the_same_rule(page: Page, hosts: Hosts) -> None:
    bake(page.context)
    overlay, blog, late = soft(at=ago(3)), hard(at=ago(2)), soft(at=ago(1), journey=4)
    hosts.activations = {"12": token_of(overlay), "13": token_of(blog), "14": token_of(late)}
    hosts.visit(page, hosts.url())

    expected = [
        {"_scs": token_of(overlay), "_scl": token_of(overlay), "_scn": "1"},
        {"_sch": token_of(blog), "_scl": token_of(blog), "_scn": "1"},
        {"_sch": token_of(blog), "_scl": token_of(late), "_scn": "1"},
    ]
    for publisher, left in zip(hosts.activations, expected, strict=True):
        with page.expect_request_finished():
            call(page, f"'activate', {publisher}")
        page.wait_for_function(
            "(last) => document.cookie.includes(last)", arg=f"_scl={left['_scl']}"
        )
        assert slots(page.context) == left
        arrived = hosts.next_received()
        assert (arrived.path, arrived.headers["cookie"]) == (f"/t/7/a/{publisher}", "ours=1")


@pytest.mark.parametrize(
    "answer",
    [
        pytest.param({}, id="nothing"),
        pytest.param({"token": "rubbish"}, id="rubbish"),
        pytest.param({"token": token_of(hard(), advertiser=8)}, id="of_another_advertiser"),
        pytest.param(None, id="null"),
        pytest.param("<p>down", id="no_json"),
    ],
)
def test_an_activation_without_a_token_changes_nothing(
    page: Page, hosts: Hosts, answer: object
) -> None:
    hosts.visit(page, hosts.url())
    body = answer if isinstance(answer, str) else json.dumps(answer)
    cors = {"Access-Control-Allow-Origin": hosts.url().rstrip("/")}
    cors["Access-Control-Allow-Credentials"] = "true"
    page.route("**/a/12", lambda route: route.fulfill(body=body, headers=cors))
    with page.expect_request_finished():
        call(page, "'activate', 12")
    page.evaluate("new Promise((done) => setTimeout(done))")

    assert jar(page.context) == []


def test_consent_taken_back_meanwhile_stops_an_activation(page: Page, hosts: Hosts) -> None:
    token = token_of(hard(at=ago(HOUR)))
    hosts.visit(page, hosts.url())
    page.evaluate(
        """async (token) => {
          let answer;
          window.fetch = () => new Promise((resolve) => { answer = resolve; });
          softclick('activate', 12);
          softclick('consent', false);
          answer({ json: () => Promise.resolve({ token }) });
          await new Promise((done) => setTimeout(done));
        }""",
        token,
    )

    assert slots(page.context) == {}


@pytest.mark.parametrize("answer", [False, None], ids=["no", "asked_again"])
def test_an_activation_that_is_answered_after_a_no_is_forgotten_again(
    page: Page, hosts: Hosts, answer: bool | None
) -> None:
    """The answer sets the tracking host's cookies. A question deletes nothing."""
    hosts.activations = {"12": token_of(soft(at=ago(HOUR)))}
    hosts.visit(page, hosts.url())
    held: list[Route] = []
    page.route("**/a/12*", lambda route: held.append(route))
    with page.expect_request("**/a/12*"):
        call(page, "'activate', 12")
    page.evaluate("(answer) => softclick('consent', answer)", answer)
    assert answer is None or hosts.next_forgotten()
    with page.expect_response("**/a/12*") as answered:
        held[0].continue_()
    answered.value.finished()
    page.evaluate("fetch('/').then(() => 1)")  # what the tag has asked for is on its way

    assert hosts.forgotten.empty() if answer is None else hosts.next_forgotten()
    assert {found["name"] for found in jar(page.context)} <= {ANSWER}


def test_without_consent_nothing_is_activated(page: Page, hosts: Hosts) -> None:
    hosts.consent_default = Consent.REFUSE
    hosts.activations = {"12": token_of(soft(at=ago(HOUR)))}
    hosts.visit(page, hosts.url())
    call(page, "'activate', 12")

    assert hosts.sale(page).path == "/t/7/sale"
