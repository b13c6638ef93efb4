"""A real Chromium for the tests: where it is, how it is started, and a profile that survives it."""

import json
import os
import shutil
from pathlib import Path
from typing import Literal

import pytest
from playwright.sync_api import BrowserContext, Page, Playwright

ThirdPartyCookies = Literal["blocked", "allowed"]

WITHIN_MS = 120_000
"""How long a page may take for anything. A slow machine is no failure."""

FRESH_SECONDS = 90
"""How long tests share a browser. After two minutes it would begin with what desktops have (hints
on extensions, then a language model of its own), of which it may die."""

_NAMES = ("chromium", "chromium-browser", "google-chrome")
PUBLIC_SUFFIXES = ("co.uk", "com.au", "github.io", "myshopify.com", "kawasaki.jp")
"""Some below which shops are: names that end so lead to this machine, too."""
_ARGUMENTS = (
    "--host-resolver-rules="
    + ",".join(f"MAP *.{name} 127.0.0.1,MAP *.{name}. 127.0.0.1" for name in PUBLIC_SUFFIXES),
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--ignore-certificate-errors",  # of a test's own authority
    # A person's: the one of headless Chromium says that it is a robot, whose clicks do not count.
    "--user-agent=Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 (KHTML, like Gecko) "
    "Chrome/140.0.0.0 Safari/537.36",
)
# The one preference that decides, tried on Chromium 156, headless: 0 lets third-party cookies
# through, 1 withholds them, and without a preference they are withheld, too. It holds for the
# profile and for the in-memory contexts of its browser, and is read when the browser starts.
# `profile.block_third_party_cookies`, `--test-third-party-cookie-phaseout` and the DevTools command
# `Network.setCookieControls` change nothing there.
_COOKIE_CONTROLS_MODE: dict[ThirdPartyCookies, int] = {"allowed": 0, "blocked": 1}

# What the address bar suggests is two pages of its own, which every new window renders although
# nobody types there: as much work as most of the tests' own pages. Noted as chrome://flags does; a
# list of --disable-features would take the place of Playwright's.
_TURNED_OFF = ("webui-omnibox-popup@2", "webui-omnibox-aim-popup@2")


def find() -> str:
    """The path of Chromium: from the variable CHROMIUM, or the first known name on the PATH.

    Without one, tests are skipped; on CI they fail.
    """
    configured = os.environ.get("CHROMIUM")
    names = (configured,) if configured else _NAMES
    path = next(filter(None, map(shutil.which, names)), None)
    if path:
        return path
    missing = f"no Chromium ({' or '.join(names)}): install one, or say where it is with CHROMIUM"
    if os.environ.get("CI") in {"true", "1"}:
        pytest.fail(missing)
    pytest.skip(missing)


def launch(
    playwright: Playwright, path: str, folder: Path, third_party_cookies: ThirdPartyCookies
) -> BrowserContext:
    """Start a browser on a profile folder, which is made where it does not exist."""
    controls = _COOKIE_CONTROLS_MODE[third_party_cookies]
    _prefer(folder / "Default" / "Preferences", "profile", "cookie_controls_mode", controls)
    _prefer(folder / "Local State", "browser", "enabled_labs_experiments", _TURNED_OFF)
    as_root = hasattr(os, "geteuid") and os.geteuid() == 0
    context = playwright.chromium.launch_persistent_context(
        folder,
        executable_path=path,
        args=[*_ARGUMENTS, *(["--no-sandbox"] if as_root else [])],
    )
    context.set_default_timeout(WITHIN_MS)
    return context


def is_stale(context: BrowserContext, seconds: float) -> bool:
    """Whether a browser that was started that long ago is to be replaced by a new one."""
    return not (context.browser and context.browser.is_connected()) or seconds > FRESH_SECONDS


def _prefer(file: Path, section: str, name: str, value: object) -> None:
    """Write down a preference before the browser reads them."""
    preferences = json.loads(file.read_text()) if file.exists() else {}
    preferences.setdefault(section, {})[name] = value
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_text(json.dumps(preferences))


class Profile:
    """One person's browser, that can be closed and opened again: see the fixture ``profile``."""

    def __init__(
        self,
        playwright: Playwright,
        path: str,
        folder: Path,
        third_party_cookies: ThirdPartyCookies,
    ) -> None:
        self._playwright = playwright
        self._path = path
        self._folder = folder
        self._third_party_cookies = third_party_cookies
        self.page_errors: list[str] = []
        self.context = self._open()

    @property
    def page(self) -> Page:
        """The first tab of the running browser. Ask again after :meth:`reopen`."""
        return self.context.pages[0]

    def reopen(self) -> Page:
        """Close the browser as its user would, and open it again on the same profile.

        Session cookies are gone, cookies with an expiry are kept. Gives the new first tab.
        """
        self.context.close()
        self.context = self._open()
        return self.page

    def _open(self) -> BrowserContext:
        context = launch(self._playwright, self._path, self._folder, self._third_party_cookies)
        collect_page_errors(context, self.page_errors)
        return context


def collect_page_errors(context: BrowserContext, errors: list[str]) -> None:
    """Note every exception and rejected promise that no page of this context handled."""
    context.on("weberror", lambda raised: errors.append(str(raised.error)))
