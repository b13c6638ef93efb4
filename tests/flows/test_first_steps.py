"""docs/first-steps.md as a new operator walks it: every command, address and word in it is true."""

import base64
import hmac
import re
import struct
import threading
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import partial
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest
from playwright.sync_api import Page, expect

from network.local.bootstrap import ROOT
from tests.flows.network import wait_until
from tests.flows.started import Started, copy_of_the_checkout

NAME, PASSWORD = "olga", "Quartz-lamp-9"


class Walk:
    """A reader of the document, at a browser: remembers what each step's pages said."""

    def __init__(self, started: Started, page: Page, shop: "Shop") -> None:
        self.started, self.page, self.shop = started, page, shop
        parts = re.split(r"^## ", (ROOT / "docs/first-steps.md").read_text(), flags=re.M)
        self._text = {part.partition("\n")[0]: part for part in parts[1:]}
        self.steps = [title for title in self._text if title[0].isdigit()]
        self._step, self._read = "", ""

    def begin(self, step: str) -> None:
        self._step, self._read = step, ""

    def commands(self) -> list[str]:
        return re.findall(r"^python3 manage\.py (.+)$", self._text[self._step], re.M)

    def blocks(self, language: str) -> list[str]:
        return re.findall(rf"^```{language}\n(.+?)^```", self._text[self._step], re.M | re.S)

    def address(self) -> str:
        """The one address that stands on a line of its own in this step."""
        (found,) = re.findall(r"^http://\S+$", self._text[self._step], re.M)
        return self.here(found)

    def here(self, address: str) -> str:
        return address.replace(":8000", f":{self.started.port}")

    def look(self) -> None:
        """Read the page: what is on it, and what its fields are called."""
        self._read += " ".join(self.page.locator("body").inner_text().split()) + " "

    def choose(self, name: str) -> None:
        """Follow a link of the sidebar or of the page."""
        self.look()
        self.page.get_by_role("link", name=name, exact=True).first.click()
        self.look()

    def press(self, name: str) -> None:
        self.look()
        self.page.get_by_role("button", name=name, exact=True).click()
        self.look()

    def end(self) -> None:
        """Everything that the step calls by name has been there."""
        words = re.findall(r"\*\*(.+?)\*\*", self._text[self._step].replace("\n", " "))
        assert words or self._step[0] in "15"
        missing = [word for word in words if word.lower() not in self._read.lower()]
        assert missing == [], self._step


@pytest.fixture
def shop(tmp_path: Path) -> Iterator["Shop"]:
    handler = partial(QuietHandler, directory=tmp_path)
    with ThreadingHTTPServer(("127.0.0.1", 0), handler) as server:
        thread = threading.Thread(target=server.serve_forever, daemon=True)
        thread.start()
        yield Shop(f"http://my-shop.localhost:{server.server_port}/", tmp_path)
        server.shutdown()


class QuietHandler(SimpleHTTPRequestHandler):
    def log_message(self, format: str, *args: object) -> None:
        pass


@dataclass(frozen=True)
class Shop:
    """The advertiser's landing page, and the folder that is served there."""

    address: str
    folder: Path


@pytest.fixture(scope="module")
def network(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Started]:
    folder = copy_of_the_checkout(tmp_path_factory.mktemp("first") / "softclick")
    started = Started(folder, "start")
    yield started
    if started.is_running:
        started.stop()


def test_from_nothing_to_a_first_sale(network: Started, page: Page, shop: "Shop") -> None:
    walk = Walk(network, page, shop)
    taken = [start, operator, advertiser, partner, link, sale_as_a_test, sale, tag]
    assert len(walk.steps) == len(taken)
    for title, take in zip(walk.steps, taken, strict=True):
        walk.begin(title)
        take(walk)
        walk.end()
    assert network.run("verify").returncode == 0


def start(walk: Walk) -> None:
    assert walk.commands() == ["start"]
    walk.started.start()
    assert walk.here("http://network.localhost:8000/") in walk.started.output
    assert walk.here("http://track.localhost:8000/") in walk.started.output
    assert "/first/" in walk.started.output


def operator(walk: Walk) -> None:
    page = walk.page
    (link,) = re.findall(r"http://\S+/first/\S+", walk.started.output)
    page.goto(link)
    page.get_by_label("Username, to sign in with").fill(NAME)
    page.get_by_label("Email").fill("olga@shop.example")
    page.get_by_label("Time zone").select_option("Europe/London")
    for field in page.locator("[type=password]").all():
        field.fill(PASSWORD)
    walk.press("Create account")
    expect(walk.page.locator("h1")).to_have_text("Set up your second factor")
    secret = walk.page.locator("#secret").inner_text()
    walk.page.get_by_label("Authenticator code").fill(code_of(secret))
    walk.press("Turn it on")
    walk.press("I have saved them")
    expect(walk.page).to_have_url(re.compile(r"/admin/$"))


def code_of(secret: str) -> str:
    """What an authenticator app shows now (RFC 6238)."""
    step = struct.pack(">Q", int(time.time()) // 30)
    digest = hmac.digest(base64.b32decode(secret), step, "sha1")
    start = digest[-1] & 15
    number = struct.unpack(">I", digest[start : start + 4])[0] & 0x7FFFFFFF
    return f"{number % 10**6:06}"


def advertiser(walk: Walk) -> None:
    page = walk.page
    walk.choose("Advertisers and terms")
    walk.choose("Add advertiser")
    page.locator("[name=name]").fill("Acorn Books")
    page.locator("[name=currency]").select_option("GBP")
    page.locator("[name=landing_url]").fill(walk.shop.address)
    page.locator("[name=domains]").fill("my-shop.localhost")
    page.locator("[name=consent_default][value=store]").check()
    page.locator("[name=verification][value=browser]").check()
    page.locator("[name=largest_order]").fill("1000.00")
    page.locator("[name=percent]").fill("8")
    walk.press("Save")
    expect(page.locator("body")).to_contain_text("Acorn Books")


def partner(walk: Walk) -> None:
    page = walk.page
    walk.choose("Publishers")
    walk.choose("Add publisher")
    page.locator("[name=name]").fill("The Trail Blog")
    page.locator("[name=model_type]").select_option("content")
    walk.press("Save")
    walk.choose("Partners")
    walk.choose("Add partner")
    for field, name in (("advertiser", "Acorn Books"), ("publisher", "The Trail Blog")):
        page.locator(f".field-{field} .select2-selection").click()
        page.locator(".select2-search__field").fill(name[:5])
        page.get_by_role("option", name=name, exact=True).click()
    walk.press("Add the partner")
    expect(page.locator("body")).to_contain_text("The Trail Blog is a partner of Acorn Books.")


def link(walk: Walk) -> None:
    page = walk.page
    page.get_by_role("link", name=re.compile("The Trail Blog")).first.click()
    walk.look()
    address = walk.here("http://track.localhost:8000/t/1/c/1")
    expect(page.locator("body")).to_contain_text(address)

    def arrives_with_a_token() -> bool:
        page.goto(address)
        return page.url.startswith(f"{walk.shop.address}?sclk=")

    wait_until(arrives_with_a_token, "a click counts")


def sale_as_a_test(walk: Walk) -> None:
    visit_pixel(walk)
    walk.page.goto(walk.here("http://network.localhost:8000/admin/"))
    walk.choose("Incoming reports")
    reload_until(walk, lambda: walk.page.get_by_role("row", name=re.compile("TEST-1")).count() > 0)
    walk.page.get_by_role("row", name=re.compile("TEST-1")).get_by_role("link").first.click()
    walk.look()
    expect(walk.page.locator("body")).to_contain_text("credited to The Trail Blog")


def sale(walk: Walk) -> None:
    visit_pixel(walk)
    walk.page.goto(walk.here("http://network.localhost:8000/admin/"))
    walk.choose("Sales")
    reload_until(walk, lambda: walk.page.get_by_role("link", name="1001", exact=True).count() > 0)
    walk.choose("1001")
    expect(walk.page.locator("body")).to_contain_text("Credited to The Trail Blog")
    expect(walk.page.locator("body")).to_contain_text("£3.99")


def tag(walk: Walk) -> None:
    [page_of_shop] = walk.blocks("html")
    (walk.shop.folder / "index.html").write_text(walk.here(page_of_shop))
    walk.page.goto(walk.here("http://track.localhost:8000/t/1/c/1"))
    walk.page.wait_for_function("window.softclick && !window.softclick.q")
    walk.press("Buy")
    walk.page.goto(walk.here("http://network.localhost:8000/admin/"))
    walk.choose("Sales")
    reload_until(walk, lambda: walk.page.get_by_role("link", name="1002", exact=True).count() > 0)
    walk.choose("1002")
    expect(walk.page.locator("body")).to_contain_text("Credited to The Trail Blog")


def visit_pixel(walk: Walk) -> None:
    answer = walk.page.goto(walk.address())
    assert answer
    assert answer.status == 200
    assert "x-softclick-error" not in answer.headers


def reload_until(walk: Walk, there: Callable[[], bool]) -> None:
    """The drain takes in what was reported a moment ago."""

    def look() -> bool:
        walk.page.reload()
        return there()

    wait_until(look, "the list shows it")
    walk.look()
