"""A shop with the tag on every page, and a tracking host that only writes down what arrives.

Chromium resolves every ``*.localhost`` name to this machine and treats it as a secure context.
"""

import json
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from queue import Empty, Queue
from typing import Any
from urllib.parse import parse_qs, urlsplit

from playwright.sync_api import Page

from tracking.rule.consent import Consent
from tracking.wire.scripts import WORDS
from tracking.wire.tag import TagSettings, render, snippet

ADVERTISER = 7
TRACKING = "track.localhost"
WAIT_SECONDS = 60
ANSWERED = "() => !/_sc[uv]=/.test(document.cookie)"
"""In a page: every token that has landed was answered for."""
GIF = b"GIF89a\x01\x00\x01\x00\x80\x00\x00\x00\x00\x00\xff\xff\xff!\xf9\x04\x01\x00\x00\x00\x00,"
GIF += b"\x00\x00\x00\x00\x01\x00\x01\x00\x00\x02\x02D\x01\x00;"


@dataclass(frozen=True)
class Received:
    """A request that arrived below ``/t/``, other than for the script."""

    method: str
    host: str
    path: str
    query: dict[str, list[str]]
    headers: dict[str, str]
    body: str

    @property
    def report(self) -> dict[str, Any]:
        """The body of a sale."""
        return dict(json.loads(self.body))


@dataclass
class Hosts:
    """The stub hosts. Change ``click_parameter``, ``consent_default`` and so on before a page is
    visited; ``head`` and ``tail`` are markup before and after the snippet, which ``bare`` leaves
    out. ``own_host`` is a tracking host of the shop's own, beside the shared one. ``activations``
    gives the token for a publisher. ``refuse_sales`` drops the connection of every ``POST …/sale``.
    ``unreadable``: no page may read its answer, as on a domain that is not the advertiser's.
    ``forgotten`` are the requests to delete cookies, ``landings`` what the tag asks about landings,
    ``received`` all others. Landings are fresh but for those in ``stale``; ``block_landings`` drops
    the connection instead."""

    port: int
    click_parameter: str = "sclk"
    longest_window_days: int = 90
    consent_default: Consent = Consent.STORE
    strip_click_parameter: bool = False
    head: str = ""
    tail: str = ""
    bare: bool = False
    refuse_sales: bool = False
    unreadable: bool = False
    own_host: str = ""
    activations: dict[str, str] = field(default_factory=dict)
    stale: set[str] = field(default_factory=set)
    block_landings: bool = False
    landings: "Queue[Received]" = field(default_factory=Queue)
    received: "Queue[Received]" = field(default_factory=Queue)
    forgotten: "Queue[Received]" = field(default_factory=Queue)

    @property
    def base_url(self) -> str:
        return f"http://{self.own_host or TRACKING}:{self.port}/t/{ADVERTISER}/"

    @property
    def settings(self) -> TagSettings:
        return TagSettings(
            advertiser=ADVERTISER,
            click_parameter=self.click_parameter,
            base_url=self.base_url,
            longest_window_days=self.longest_window_days,
            consent_default=self.consent_default,
            currency="EUR",
            strip_click_parameter=self.strip_click_parameter,
            other_base_urls=(f"http://{TRACKING}:{self.port}/t/{ADVERTISER}/",)
            if self.own_host
            else (),
        )

    def url(self, path: str = "/", host: str = "shop.localhost") -> str:
        return f"http://{host}:{self.port}{path}"

    def landing(self, *clicks: str, host: str = "shop.localhost", path: str = "/") -> str:
        """The address at which a shopper arrives with these tokens."""
        query = "&".join(f"{self.click_parameter}={token}" for token in clicks)
        return self.url(f"{path}?{query}", host)

    def visit(self, page: Page, url: str) -> None:
        """Open a page of the shop, and wait until its tag has run."""
        page.goto(url)
        wait_for_tag(page)
        asks = self.consent_default is Consent.STORE and f"{self.click_parameter}=" in url
        if asks and not self.block_landings:
            page.wait_for_function(ANSWERED)

    def next_received(self) -> Received:
        """The next request to the tracking host, in order; fails when none comes."""
        try:
            return self.received.get(timeout=WAIT_SECONDS)
        except Empty:
            raise AssertionError("nothing arrived at the tracking host") from None

    def next_forgotten(self) -> Received:
        """The next request to delete cookies; fails when none comes."""
        try:
            return self.forgotten.get(timeout=WAIT_SECONDS)
        except Empty:
            raise AssertionError("no tracking host was asked to forget") from None

    def sale(self, page: Page, **details: object) -> Received:
        """Report a sale from the page, and give what arrived."""
        page.evaluate("(sale) => softclick('sale', sale)", {"order": "1", **details})
        return self.next_received()

    def markup(self) -> str:
        tag = "" if self.bare else snippet(self.settings)
        icon = '<link rel="icon" href="data:,">'
        return f"<!doctype html><title>Shop</title>{icon}{self.head}{tag}{self.tail}<p>Shop</p>"


def wait_for_tag(page: Page) -> None:
    page.wait_for_function("() => window.softclick && softclick.loaded")


@contextmanager
def serve() -> Iterator[Hosts]:
    server = _Server(("127.0.0.1", 0), _Handler)
    server.hosts = Hosts(server.server_port)
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
    thread.start()
    try:
        yield server.hosts
    finally:
        server.shutdown()
        thread.join()
        server.server_close()


class _Server(ThreadingHTTPServer):
    hosts: Hosts

    def handle_error(self, request: object, client_address: object) -> None:
        """A browser that closes a connection is no error."""


class _Handler(BaseHTTPRequestHandler):
    server: _Server

    def log_message(self, format: str, *args: object) -> None:
        pass

    def do_GET(self) -> None:
        path = urlsplit(self.path).path
        if path == f"/{ADVERTISER}.js":
            script = render(replace(self.server.hosts.settings, reads_awin=True))
            self._answer("text/javascript; charset=utf-8", script.encode())
        elif not path.startswith("/t/"):
            self._answer("text/html; charset=utf-8", self.server.hosts.markup().encode())
        elif path.endswith("/tag.js"):
            script = render(self.server.hosts.settings)
            self._answer("text/javascript; charset=utf-8", script.encode())
        elif path.endswith("/debug.js"):
            own = {"Access-Control-Allow-Origin": "*"}
            self._answer("text/javascript; charset=utf-8", WORDS.read_bytes(), own)
        elif path.endswith("/l"):
            self._land()
        elif "/a/" in path:
            self._note()
            self._activate(path.rpartition("/")[2])
        else:
            self._note()
            self._answer("image/gif", GIF)

    def do_POST(self) -> None:
        if self.server.hosts.refuse_sales and self.path.endswith("/sale"):
            self.close_connection = True
            return
        self._note()
        self._answer("text/plain", b"", None if self.server.hosts.unreadable else self._readable())

    def do_OPTIONS(self) -> None:
        self._note()
        self._answer("text/plain", b"")

    def _note(self) -> None:
        hosts, arrived = self.server.hosts, self._received()
        queue = hosts.forgotten if arrived.path.endswith("/forget") else hosts.received
        queue.put(arrived)

    def _received(self) -> Received:
        parts = urlsplit(self.path)
        length = int(self.headers.get("Content-Length") or 0)
        return Received(
            method=self.command,
            host=(self.headers["Host"] or "").partition(":")[0],
            path=parts.path,
            query=parse_qs(parts.query, keep_blank_values=True),
            headers={name.lower(): value for name, value in self.headers.items()},
            body=self.rfile.read(length).decode(),
        )

    def _land(self) -> None:
        hosts, asked = self.server.hosts, self._received()
        hosts.landings.put(asked)
        if hosts.block_landings:
            self.close_connection = True
            return
        self._answer_json({"fresh": asked.query["click"][0] not in hosts.stale})

    def _activate(self, publisher: str) -> None:
        token = self.server.hosts.activations.get(publisher)
        self._answer_json({"token": token} if token else {})

    def _answer_json(self, answer: dict[str, Any]) -> None:
        self._answer("application/json", json.dumps(answer).encode(), self._readable())

    def _readable(self) -> dict[str, str]:
        origin = self.headers.get("Origin", "")
        return {"Access-Control-Allow-Origin": origin, "Access-Control-Allow-Credentials": "true"}

    def _answer(self, kind: str, body: bytes, extra: dict[str, str] | None = None) -> None:
        self.send_response(200)
        headers = {"Content-Type": kind, "Content-Length": str(len(body)), **(extra or {})}
        for name, value in headers.items():
            self.send_header(name, value)
        self.end_headers()
        self.wfile.write(body)
