"""What the other tests take for granted about the browser they are given."""

from collections.abc import Callable

import pytest
from playwright.sync_api import Browser, Error, Page

from tests.browser import chromium
from tests.browser.chromium import Profile, ThirdPartyCookies
from tests.browser.hosts import TRACKING, Hosts

COOKIES = ("lasting", "session")


def bake(page: Page) -> None:
    """Give the tracking host, first party, a cookie that lasts and one that does not."""
    for name in COOKIES:
        page.context.add_cookies(
            [
                {
                    "name": name,
                    "value": "1",
                    "domain": TRACKING,
                    "path": "/",
                    "secure": True,
                    "sameSite": "None",
                    "expires": 4_000_000_000 if name == "lasting" else -1,
                }
            ]
        )


def sent_from_a_shop(page: Page, hosts: Hosts) -> list[str]:
    """The cookies that a pixel on the shop brings to the tracking host."""
    hosts.bare = True
    page.goto(hosts.url())
    page.evaluate(f"new Image().src = '{hosts.base_url}pixel.gif'")
    pairs = hosts.next_received().headers.get("cookie", "")
    return sorted(pair.partition("=")[0] for pair in pairs.split("; ") if pair)


@pytest.mark.parametrize(
    ("third_party_cookies", "sent"),
    [
        pytest.param("blocked", [], id="blocked"),
        pytest.param("allowed", ["lasting", "session"], id="allowed"),
    ],
)
def test_a_fresh_context_withholds_or_sends_third_party_cookies(
    page: Page, hosts: Hosts, sent: list[str]
) -> None:
    bake(page)
    assert sent_from_a_shop(page, hosts) == sent


@pytest.mark.parametrize(
    ("third_party_cookies", "sent"),
    [
        pytest.param("blocked", [], id="blocked"),
        pytest.param("allowed", ["lasting"], id="allowed"),
    ],
)
def test_a_reopened_profile_keeps_lasting_cookies_only(
    profile: Profile, hosts: Hosts, sent: list[str]
) -> None:
    bake(profile.page)
    assert sorted(found["name"] for found in profile.context.cookies()) == ["lasting", "session"]

    page = profile.reopen()

    assert [found["name"] for found in profile.context.cookies()] == ["lasting"]
    assert sent_from_a_shop(page, hosts) == sent


@pytest.mark.parametrize(
    ("on_ci", "outcome"),
    [
        pytest.param("true", pytest.fail.Exception, id="fails_on_ci"),
        pytest.param("", pytest.skip.Exception, id="is_skipped_elsewhere"),
    ],
)
def test_without_chromium_a_test_says_so(
    monkeypatch: pytest.MonkeyPatch, on_ci: str, outcome: type[BaseException]
) -> None:
    monkeypatch.setenv("CHROMIUM", "/nowhere/chromium")
    monkeypatch.setenv("CI", on_ci)

    with pytest.raises(outcome, match="no Chromium"):
        chromium.find()


def test_a_shared_one_that_died_is_replaced(
    shared_browser: Callable[[ThirdPartyCookies], Browser],
) -> None:
    died = shared_browser("blocked")
    with pytest.raises(Error, match="closed"):
        died.new_browser_cdp_session().send("Browser.crash")
    found = shared_browser("blocked")
    assert found.new_context().new_page().evaluate("1 + 1") == 2
    assert shared_browser("blocked") is found


def test_a_shared_one_that_has_run_for_long_is_replaced(
    shared_browser: Callable[[ThirdPartyCookies], Browser], monkeypatch: pytest.MonkeyPatch
) -> None:
    before = shared_browser("blocked")
    monkeypatch.setattr(chromium, "FRESH_SECONDS", 0)
    assert shared_browser("blocked") is not before
    assert not before.is_connected()


def test_nothing_is_rendered_but_the_pages_of_tests(page: Page) -> None:
    """A window's own pages would cost more than most of those."""
    browser = page.context.browser
    assert browser
    found = browser.new_browser_cdp_session().send("Target.getTargets", {"filter": [{}]})
    targets = found["targetInfos"]
    assert {"page"} <= {target["type"] for target in targets}
    assert [target["url"] for target in targets if target["type"] == "browser_ui"] == []
