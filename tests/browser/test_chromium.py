"""The browser that tests share."""

from collections.abc import Callable

import pytest
from playwright.sync_api import Browser, Error

from tests.browser import chromium
from tests.browser.chromium import ThirdPartyCookies


def test_one_that_died_is_replaced(
    shared_browser: Callable[[ThirdPartyCookies], Browser],
) -> None:
    died = shared_browser("blocked")
    with pytest.raises(Error, match="closed"):
        died.new_browser_cdp_session().send("Browser.crash")
    found = shared_browser("blocked")
    assert found.new_context().new_page().evaluate("1 + 1") == 2
    assert shared_browser("blocked") is found


def test_one_that_has_run_for_long_is_replaced(
    shared_browser: Callable[[ThirdPartyCookies], Browser], monkeypatch: pytest.MonkeyPatch
) -> None:
    before = shared_browser("blocked")
    monkeypatch.setattr(chromium, "FRESH_SECONDS", 0)
    assert shared_browser("blocked") is not before
    assert not before.is_connected()
