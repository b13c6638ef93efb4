"""Other people's sites: a shop with the real tag, a blog and an extension with real links.

- ``https://shop.localhost:PORT/<advertiser>/``: any page of the shop
- ``…/<advertiser>/thanks?order=…&amount=…``: a sale reported by the tag
- ``…/<advertiser>/pixel?order=…&amount=…``: a sale reported by the pixel alone
- ``https://<anybody>.localhost:PORT/<advertiser>/link/<publisher>``: a link to the shop
- ``…/<advertiser>/ahead-<way>/<publisher>``: the same, and the page lets the browser fetch it ahead
- ``…/<advertiser>/<cloak>/<publisher>``: an address of the site's own that leads to the link; with
  ``?to=<cloak>`` the pages above link to that
"""

import json
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from http import HTTPStatus
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from urllib.parse import parse_qsl, urlencode, urlsplit

from django.utils.html import escape

from tests.flows import tls
from tracking.rule.consent import Consent
from tracking.wire.tag import TagSettings, snippet

CLOAKS = {"go": 302, "moved": 301, "script": 200}
"""How a site of somebody hides a link behind an address of its own, by the status it answers."""
ICON = '<link rel="icon" href="data:,">'


@dataclass(frozen=True)
class Sites:
    """Where the sites are, and the tracking host that they work with."""

    port: int
    tracking_url: str

    def shop(self, advertiser: int, page: str = "", **query: str) -> str:
        address = f"https://shop.localhost:{self.port}/{advertiser}/{page}"
        return f"{address}?{urlencode(query)}" if query else address

    def ahead(self, host: str, way: str, cloak: str, advertiser: int, publisher: int) -> str:
        """A page that lets the browser fetch its link ahead, by ``prefetch`` or ``prerender`` of
        speculation rules or by ``link``; with a ``cloak`` the link is the site's own."""
        page = f"https://{host}.localhost:{self.port}/{advertiser}/ahead-{way}/{publisher}"
        return f"{page}?to={cloak}" if cloak else page

    def link_page(self, host: str, advertiser: int, publisher: int) -> str:
        """A page of ``blog`` or ``extension`` with a publisher's link to the shop."""
        return f"https://{host}.localhost:{self.port}/{advertiser}/link/{publisher}"


def tracking_link(sites: Sites, advertiser: int, publisher: int) -> str:
    target = urlencode({"to": sites.shop(advertiser, "product")})
    return f"{sites.tracking_url}/t/{advertiser}/c/{publisher}?{target}"


def link(address: str) -> str:
    return f'<h1>A page of somebody</h1><a id="link" href="{escape(address)}">To the shop</a>'


def hint(way: str, address: str) -> str:
    """What lets a browser fetch the link before anybody clicks it."""
    if way == "link":
        return f'<link rel="prefetch" href="{escape(address)}">'
    rules = {way: [{"source": "list", "urls": [address], "eagerness": "immediate"}]}
    return f'<script type="speculationrules">{json.dumps(rules)}</script>'


def shop_page(sites: Sites, advertiser: int, page: str, query: dict[str, str]) -> str:
    settings = TagSettings(
        advertiser=advertiser,
        click_parameter="sclk",
        base_url=f"{sites.tracking_url}/t/{advertiser}/",
        longest_window_days=30,
        consent_default=Consent.STORE,
        currency="GBP",
    )
    if page == "pixel":
        address = f"{settings.base_url}pixel.gif?{urlencode(query)}"
        return f'<h1>Thank you</h1><img id="pixel" src="{escape(address)}">'
    sale = f"<script>softclick('sale', {json.dumps(query)})</script>" if page == "thanks" else ""
    return f"<h1>Shop {advertiser}</h1>{snippet(settings)}{sale}"


@contextmanager
def serve(tracking_url: str) -> Iterator[Sites]:
    server = _Server(("127.0.0.1", 0), _Handler)
    server.socket = tls.server_context().wrap_socket(
        server.socket, server_side=True, do_handshake_on_connect=False
    )
    server.sites = Sites(server.server_port, tracking_url)
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.05})
    thread.start()
    try:
        yield server.sites
    finally:
        server.shutdown()
        thread.join()
        server.server_close()


class _Server(ThreadingHTTPServer):
    sites: Sites

    def handle_error(self, request: object, client_address: object) -> None:
        """A browser that closes a connection is no error."""


class _Handler(BaseHTTPRequestHandler):
    server: _Server

    def log_message(self, format: str, *args: object) -> None:
        pass

    def do_GET(self) -> None:
        parts = urlsplit(self.path)
        advertiser, _, page = parts.path.strip("/").partition("/")
        kind, _, publisher = page.partition("/")
        query = dict(parse_qsl(parts.query))
        if not (kind in {"link", *CLOAKS} or kind.startswith("ahead-")):
            self._answer(shop_page(self.server.sites, int(advertiser), page, query))
            return
        address = tracking_link(self.server.sites, int(advertiser), int(publisher))
        if kind in CLOAKS:
            self._lead_to(address, CLOAKS[kind])
            return
        address = f"/{advertiser}/{query['to']}/{publisher}" if "to" in query else address
        _, _, way = kind.partition("-")
        self._answer((hint(way, address) if way else "") + link(address))

    def _lead_to(self, address: str, status: int) -> None:
        if status == HTTPStatus.OK:
            self._answer(f"<script>location.replace({json.dumps(address)})</script>")
            return
        self.send_response(status)
        self.send_header("Location", address)
        self.send_header("Content-Length", "0")
        if status == HTTPStatus.MOVED_PERMANENTLY:
            self.send_header("Cache-Control", "max-age=3600")
        self.end_headers()

    def _answer(self, body: str) -> None:
        answer = f"<!doctype html><title>Page</title>{ICON}{body}".encode()
        self.send_response(200)
        self.send_header("Content-Type", "text/html; charset=utf-8")
        self.send_header("Content-Length", str(len(answer)))
        self.end_headers()
        self.wfile.write(answer)
