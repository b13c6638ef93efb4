"""Firefox and WebKit beside Chromium, each by the WebDriver protocol that it speaks itself.

Debian has them as ``firefox-esr`` (WebDriver BiDi, without a program in between) and
``webkit2gtk-driver``, which needs a display: Xvfb's. Both take the certificates of a test's own
authority.
"""

import contextlib
import itertools
import json
import os
import re
import shutil
import subprocess
import warnings
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any, Protocol

import pytest
import websocket
from selenium.common.exceptions import WebDriverException
from selenium.webdriver import WebKitGTK
from selenium.webdriver.webkitgtk.options import Options
from selenium.webdriver.webkitgtk.service import Service

WITHIN_SECONDS = 120.0
Cookie = dict[str, Any]


class OrderRefused(Exception):
    """Firefox answered with an error."""


class PageLeft(Exception):
    """The page was left before it could answer."""


class OtherBrowser(Protocol):
    """A browser with one page. ``cookies`` are those that it would send to the address, with
    ``name``, ``value``, ``domain``, ``path``, ``secure``, ``httpOnly``, and ``expiry`` unless they
    end with the session."""

    def open(self, address: str) -> None: ...

    def ask(self, expression: str) -> Any:
        """What JavaScript's expression has for a value, as JSON carries it; a promise's, when it is
        there. Raises PageLeft while one page goes and the next comes."""

    def cookies(self, address: str) -> list[Cookie]: ...


def holds(browser: OtherBrowser, expression: str) -> bool:
    """Whether it is true of the page that is there; False between two pages."""
    with contextlib.suppress(PageLeft):
        return bool(browser.ask(expression))
    return False


def click(browser: OtherBrowser, text: str, within: str = "body") -> bool:
    """Click the link or button that says this; False where there is none yet, or the page still
    hides it: its script may not listen by then. It happens after the answer, so that the page that
    it leads to does not come in between."""
    return holds(
        browser,
        f"""(() => {{
          const parts = [...document.querySelectorAll({json.dumps(within)})];
          const shadows = parts.flatMap((part) => [...part.querySelectorAll('*')])
            .map((one) => one.shadowRoot).filter(Boolean);
          const every = [...parts, ...shadows]
            .flatMap((part) => [...part.querySelectorAll('a, button')]);
          const found = every.find((one) =>
            one.textContent.includes({json.dumps(text)}) && !one.closest('[hidden]'));
          if (found) setTimeout(() => found.click());
          return Boolean(found);
        }})()""",
    )


class Firefox:
    def __init__(self, socket: websocket.WebSocket) -> None:
        self._socket = socket
        self._numbers = itertools.count(1)
        self._order("session.new", capabilities={"alwaysMatch": {"acceptInsecureCerts": True}})
        [tab] = self._order("browsingContext.getTree")["contexts"]
        self._tab: str = tab["context"]

    def open(self, address: str) -> None:
        self._order("browsingContext.navigate", context=self._tab, url=address, wait="complete")

    def ask(self, expression: str) -> Any:
        try:
            answer = self._order(
                "script.evaluate",
                expression=f"(async () => JSON.stringify(await ({expression})))()",
                target={"context": self._tab},
                awaitPromise=True,
            )
        except OrderRefused as error:
            raise PageLeft from error
        assert answer["type"] == "success", answer
        return json.loads(answer["result"].get("value", "null"))

    def cookies(self, address: str) -> list[Cookie]:
        self.open(address)
        host, path = self.ask("[location.hostname, location.pathname]")
        found = self._order("storage.getCookies")["cookies"]
        return [
            {**cookie, "value": cookie["value"]["value"]}
            for cookie in found
            if cookie["domain"].lstrip(".") in (host, host.partition(".")[2])
            and path.startswith(cookie["path"])
        ]

    def _order(self, method: str, **params: object) -> dict[str, Any]:
        number = next(self._numbers)
        self._socket.send(json.dumps({"id": number, "method": method, "params": params}))
        while True:
            answer: dict[str, Any] = json.loads(self._socket.recv())
            if answer.get("id") == number:
                if answer["type"] == "error":
                    raise OrderRefused(answer)
                result: dict[str, Any] = answer["result"]
                return result


class WebKit:
    def __init__(self, driver: WebKitGTK) -> None:
        self._driver = driver
        driver.set_script_timeout(WITHIN_SECONDS)
        driver.set_page_load_timeout(WITHIN_SECONDS)

    def open(self, address: str) -> None:
        self._driver.get(address)

    def ask(self, expression: str) -> Any:
        script = f"""
          const done = arguments[0];
          Promise.resolve().then(() => ({expression}))
            .then((value) => done(JSON.stringify(value)), (error) => done('!' + error));
        """
        try:
            answer = self._driver.execute_async_script(script)
        except WebDriverException as error:
            raise PageLeft from error
        assert not (answer or "").startswith("!"), answer
        return json.loads(answer or "null")

    def cookies(self, address: str) -> list[Cookie]:
        self.open(address)
        return list(self._driver.get_cookies())


@contextlib.contextmanager
def firefox(folder: Path) -> Iterator[OtherBrowser]:
    command = [program("firefox-esr", "firefox"), "--headless", "--no-remote"]
    command += ["--profile", str(folder), "--remote-debugging-port", "0"]
    with _running(command, stderr=subprocess.PIPE, text=True) as process:
        assert process.stderr
        said = (re.search(r"BiDi listening on (ws://\S+)", line) for line in process.stderr)
        address = next(filter(None, said))[1]
        socket = websocket.create_connection(
            f"{address}/session", timeout=WITHIN_SECONDS, suppress_origin=True
        )
        with contextlib.closing(socket):
            yield Firefox(socket)


@contextlib.contextmanager
def webkit(folder: Path) -> Iterator[OtherBrowser]:
    driver, mini_browser = program("WebKitWebDriver"), _mini_browser()
    with _display() as display, pytest.MonkeyPatch.context() as patch:
        patch.setenv("DISPLAY", display)
        patch.setenv("XDG_DATA_HOME", str(folder))
        patch.setenv("WEBKIT_DISABLE_SANDBOX_THIS_IS_DANGEROUS", "1")  # pages are the tests' own
        options = Options()
        options.binary_location = mini_browser
        options.add_argument("--automation")
        options.set_capability("acceptInsecureCerts", True)
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", DeprecationWarning)  # Selenium's, of itself
            running = WebKitGTK(options=options, service=Service(driver))
        try:
            yield WebKit(running)
        finally:
            running.quit()


Start = Callable[[Path], contextlib.AbstractContextManager[OtherBrowser]]
OTHERS: dict[str, Start] = {"firefox": firefox, "webkit": webkit}


def program(*names: str) -> str:
    """The first of these on the PATH. Without one, tests are skipped; on CI they fail."""
    path = next(filter(None, map(shutil.which, names)), None)
    return path or _miss(" or ".join(names))


def _mini_browser() -> str:
    found = sorted(Path("/usr/lib").glob("**/webkit2gtk-4.*/MiniBrowser"))
    return str(found[-1]) if found else _miss("MiniBrowser of WebKitGTK")


def _miss(what: str) -> str:
    missing = f"no {what}: install firefox-esr, webkit2gtk-driver and xvfb"
    if os.environ.get("CI") in {"true", "1"}:
        pytest.fail(missing)
    pytest.skip(missing)


@contextlib.contextmanager
def _display() -> Iterator[str]:
    """A screen that nobody sees."""
    command = [program("Xvfb"), "-displayfd", "1", "-screen", "0", "1440x900x24"]
    quiet = {"stderr": subprocess.DEVNULL, "text": True}
    with _running(command, stdout=subprocess.PIPE, **quiet) as server:
        assert server.stdout
        yield f":{server.stdout.readline().strip()}"


@contextlib.contextmanager
def _running(command: list[str], **options: Any) -> Iterator[subprocess.Popen[str]]:
    process = subprocess.Popen(command, stdin=subprocess.DEVNULL, **options)
    try:
        yield process
    finally:
        process.terminate()
        process.wait(WITHIN_SECONDS)
        for pipe in (process.stdout, process.stderr):
            if pipe:
                pipe.close()
