"""Browser fixtures. A test asks for one of three:

``page``
    a tab of a fresh in-memory context (no cookies) in a Chromium that the worker's tests share;
``context``
    that context, for several tabs, cookies and a clock of its own;
``profile``
    a Chromium of its own on a profile folder, that can be closed and opened again
    (``profile.page``, ``profile.reopen()``, ``profile.context``).

Third-party cookies are withheld, as Chromium does by default. To have them sent::

    @pytest.mark.parametrize("third_party_cookies", ["allowed"])

At the end each of them fails the test when a page raised an exception or left a rejected promise
that nobody handled.

``hosts`` serves a shop on every ``*.localhost`` host and stands in for the tracking host
(``tests/browser/hosts.py``).

Chromium is found as ``chromium``, ``chromium-browser`` or ``google-chrome``, or where the variable
``CHROMIUM`` says. Without it these tests are skipped, with ``CI=true`` they fail.
"""

import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, BrowserContext, Page, Playwright, expect, sync_playwright

from tests.browser import chromium
from tests.browser.chromium import Profile, ThirdPartyCookies, collect_page_errors
from tests.browser.hosts import Hosts, serve


@pytest.fixture(scope="package")
def chromium_path() -> str:
    return chromium.find()


@pytest.fixture(scope="package")
def playwright(chromium_path: str) -> Iterator[Playwright]:
    """Playwright's synchronous face. It keeps an event loop running in this thread, which Django
    takes for asynchronous code and refuses its queries; hence the variable."""
    with pytest.MonkeyPatch.context() as patch, sync_playwright() as running:
        patch.setenv("DJANGO_ALLOW_ASYNC_UNSAFE", "true")
        expect.set_options(timeout=chromium.WITHIN_MS)
        yield running


@pytest.fixture(scope="package")
def shared_browser(
    playwright: Playwright, chromium_path: str, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Callable[[ThirdPartyCookies], Browser]]:
    """The browsers of this worker, one for each setting of third-party cookies, started when asked
    for, and anew where the last one died or has run for :data:`chromium.FRESH_SECONDS`. Ask in each
    test: it may be another by then."""
    running: dict[ThirdPartyCookies, tuple[BrowserContext, float]] = {}

    def browser(third_party_cookies: ThirdPartyCookies) -> Browser:
        context, since = running.get(third_party_cookies, (None, 0.0))
        if not context or chromium.is_stale(context, time.monotonic() - since):
            if context:
                context.close()
            folder = tmp_path_factory.mktemp("chromium")
            context = chromium.launch(playwright, chromium_path, folder, third_party_cookies)
            running[third_party_cookies] = (context, time.monotonic())
        assert context.browser
        return context.browser

    yield browser
    for context, _ in running.values():
        context.close()


@pytest.fixture
def third_party_cookies() -> ThirdPartyCookies:
    """Whether the browser sends third-party cookies: ``"blocked"`` (default) or ``"allowed"``."""
    return "blocked"


@pytest.fixture
def context(
    shared_browser: Callable[[ThirdPartyCookies], Browser], third_party_cookies: ThirdPartyCookies
) -> Iterator[BrowserContext]:
    """A fresh in-memory context."""
    errors: list[str] = []
    context = shared_browser(third_party_cookies).new_context()
    context.set_default_timeout(chromium.WITHIN_MS)
    collect_page_errors(context, errors)
    yield context
    context.close()
    assert not errors, "a page raised"


@pytest.fixture
def page(context: BrowserContext) -> Page:
    """A tab in a fresh context."""
    return context.new_page()


@pytest.fixture
def profile(
    playwright: Playwright,
    chromium_path: str,
    tmp_path: Path,
    third_party_cookies: ThirdPartyCookies,
) -> Iterator[Profile]:
    """A browser of its own, that can be closed and opened again. Takes a second to start."""
    profile = Profile(playwright, chromium_path, tmp_path / "profile", third_party_cookies)
    yield profile
    profile.context.close()
    assert not profile.page_errors, "a page raised"


@pytest.fixture
def hosts() -> Iterator[Hosts]:
    """A shop and a stand-in for the tracking host, on a port of their own."""
    with serve() as hosts:
        yield hosts
