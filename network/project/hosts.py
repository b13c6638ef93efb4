"""Several hosts, each with its own URLs and middleware.

The tracking host answers shoppers and merchant sites. It has no sessions, no authentication and no
CSRF cookie, and no URL of the site resolves there. So does a tracking host of an advertiser's own,
for that advertiser alone; the snapshot knows which these are.
"""

import logging
from collections.abc import Callable, Iterable, Mapping
from typing import Any
from urllib.parse import unquote

from django.conf import settings
from django.core.handlers.base import BaseHandler
from django.core.handlers.exception import convert_exception_to_response
from django.core.handlers.wsgi import WSGIHandler, WSGIRequest
from django.http import HttpRequest, HttpResponseBase

from network import content_policy
from tracking.api import problems
from tracking.clicks.snapshot import SnapshotUnavailable, keeper
from tracking.wire import canonical, clicks, native, tag

log = logging.getLogger(__name__)
TEMPORARY = "307 Temporary Redirect"
StartResponse = Callable[..., Any]
Application = Callable[[dict[str, Any], StartResponse], Iterable[bytes]]


class BareHandlerMixin(BaseHandler):
    """A Django handler with a URL configuration of its own and no middleware. Every response gets
    ``headers``, unless its view has set them."""

    urlconf: str
    headers: Mapping[str, str] = {}

    def load_middleware(self, is_async: bool = False) -> None:
        self._view_middleware: list[object] = []
        self._template_response_middleware: list[object] = []
        self._exception_middleware: list[object] = []
        respond = convert_exception_to_response(self._get_response)  # type: ignore[attr-defined]

        def with_urlconf(request: HttpRequest) -> HttpResponseBase:
            request.urlconf = self.urlconf
            response = respond(request)
            assert isinstance(response, HttpResponseBase)
            response = self.shaped(response)
            for name, value in self.own_headers().items():
                response.headers.setdefault(name, value)
            return response

        self._middleware_chain = with_urlconf

    def own_headers(self) -> Mapping[str, str]:
        return self.headers

    def shaped(self, response: HttpResponseBase) -> HttpResponseBase:
        return response


def tracking_headers() -> Mapping[str, str]:
    """Of every answer of a tracking host. What browsers are told about HTTPS is about this host
    alone: an advertiser's own lies among hosts that are not ours."""
    seconds = settings.SECURE_HSTS_SECONDS
    https = {"Strict-Transport-Security": f"max-age={seconds}"} if seconds else {}
    return {
        "Cache-Control": "no-store",
        content_policy.HEADER: content_policy.header(content_policy.TRACKING),
        "Referrer-Policy": "strict-origin-when-cross-origin",
        "X-Content-Type-Options": "nosniff",
        **https,
    }


class TrackingHandler(BareHandlerMixin, WSGIHandler):
    """Answers a click without Django's request and response, and what it does around every view for
    the sake of database connections and nested URL configurations: they take longer than the
    click."""

    urlconf = settings.TRACKING_URLCONF

    def __init__(self) -> None:
        super().__init__()
        self.headers = tracking_headers()

    # mypy: the stubs take a response for a body.
    def __call__(  # type: ignore[override]
        self, environ: dict[str, Any], start_response: StartResponse
    ) -> Iterable[bytes]:
        link = canonical.click(environ["PATH_INFO"])
        if link is None or settings.INTAKE == "direct":
            return super().__call__(environ, start_response)
        shop = keeper.current().advertisers.get(link[0])
        if shop is None:
            return super().__call__(environ, start_response)
        try:
            answer = clicks.answer(environ, shop, link[1])
        except Exception:
            log.exception("A click failed: %s", environ["PATH_INFO"])
            return self.failed(environ, start_response)
        start_response(answer.status_line, [*self.headers.items(), *answer.headers()])
        return []

    def failed(self, environ: dict[str, Any], start_response: StartResponse) -> Iterable[bytes]:
        response = native.failed(WSGIRequest(environ))
        start_response("500 Internal Server Error", [*self.headers.items(), *response.items()])
        return response

    def nothing_here(
        self, environ: dict[str, Any], start_response: StartResponse
    ) -> Iterable[bytes]:
        """Answer as for a path that does not exist."""
        return super().__call__({**environ, "PATH_INFO": "/"}, start_response)


class DemoHandler(BareHandlerMixin, WSGIHandler):
    urlconf = settings.DEMO_URLCONF

    def own_headers(self) -> Mapping[str, str]:
        own = [settings.PUBLIC_ORIGIN.format(host=host) for host in _own_hosts()]
        needs = content_policy.ShopNeeds(
            tracking=[settings.TRACKING_URL, *own],
            scripts=[settings.PUBLIC_ORIGIN.format(host=host) for host in settings.DEMO_HOSTS],
            forms=[settings.SITE_URL],
            stub_hash=tag.STUB_HASH,
        )
        return {content_policy.HEADER: content_policy.demo(needs)}


class ApiHandler(BareHandlerMixin, WSGIHandler):
    """What machines call on the site host: no session, no cookies, no CSRF, and every refusal is a
    problem document."""

    urlconf = "tracking.api.urls"
    headers: Mapping[str, str] = problems.HEADERS

    def shaped(self, response: HttpResponseBase) -> HttpResponseBase:
        return problems.shaped(response)


class TrackingHosts:
    """What answers on the tracking hosts, the shared one and those of advertisers' own."""

    def __init__(self) -> None:
        self.handler = TrackingHandler()
        self.of_others = {settings.SITE_HOST, *settings.DEMO_HOSTS}

    def find(self, environ: Mapping[str, Any]) -> Application | None:
        """None where the request is for another host. Aliases of a host or of an address are led to
        the one that browsers send our cookies to."""
        host = host_of(environ)
        shared = host == settings.TRACKING_HOST
        owner = None if shared or host in self.of_others else _own_hosts().get(host)
        if not shared and owner is None:
            return None
        sent = _path_sent(environ)
        if _came_without_tls(environ):
            return self._lead(settings.PUBLIC_ORIGIN.format(host=host) + sent, environ)
        if owner is not None and not _is_of(sent, owner):
            return self.handler.nothing_here
        path = canonical.path_of(sent)
        port = environ["HTTP_HOST"].lower().removeprefix(host)
        if port.startswith("."):
            return self._lead(f"//{host}{_port(port)}{path or sent}", environ)
        return self._lead(path, environ) if path else self.handler

    def _lead(self, location: str, environ: Mapping[str, Any]) -> Application:
        """A redirect that nothing keeps; what is no GET stays what it is, with its body."""
        query = environ.get("QUERY_STRING")
        status = "302 Found" if environ["REQUEST_METHOD"] in ("GET", "HEAD") else TEMPORARY
        headers = [*self.handler.headers.items(), ("Content-Length", "0")]
        headers.append(("Location", f"{location}?{query}" if query else location))

        def respond(environ: dict[str, Any], start_response: StartResponse) -> Iterable[bytes]:
            start_response(status, headers)
            return []

        return respond


def _came_without_tls(environ: Mapping[str, Any]) -> bool:
    """Only a proxy can tell. Where none is trusted, nobody is led in a circle."""
    if not (settings.SECURE_SSL_REDIRECT and settings.TRUSTED_PROXIES):
        return False
    told: str = environ.get("HTTP_X_FORWARDED_PROTO", "")
    return told.partition(",")[0].strip() == "http"


def _path_sent(environ: Mapping[str, Any]) -> str:
    """The path as the server got it, with its escapes, where it tells."""
    uri: str = environ.get("REQUEST_URI") or environ["PATH_INFO"]
    return uri.partition("?")[0]


def _is_of(path: str, advertiser: int) -> bool:
    if canonical.is_of_all(path):
        return True
    meant = canonical.parse(unquote(path))
    if meant is None:
        return canonical.advertiser_of(unquote(path)) == advertiser
    return meant.advertiser == str(advertiser)


def _port(after_name: str) -> str:
    """The port behind a host's name, with its colon; empty for none."""
    digits = after_name.rpartition(":")[2]
    return f":{digits}" if digits.isascii() and digits.isdecimal() else ""


def site_application() -> Application:
    """The site with its API and, in the demo, the pages of its shop and partners. Unknown hosts get
    the site's own answer to them."""
    site, api = WSGIHandler(), ApiHandler()
    demo = dict.fromkeys(settings.DEMO_HOSTS, DemoHandler()) if settings.DEMO_HOSTS else {}

    def respond(environ: dict[str, Any], start_response: StartResponse) -> Iterable[bytes]:
        host = host_of(environ)
        if host == settings.SITE_HOST and problems.is_api(environ["PATH_INFO"]):
            return api(environ, start_response)
        return demo.get(host, site)(environ, start_response)

    return respond


def application() -> Application:
    """Everything in one process, each request for its host's handler."""
    tracking, site = TrackingHosts(), site_application()

    def respond(environ: dict[str, Any], start_response: StartResponse) -> Iterable[bytes]:
        return (tracking.find(environ) or site)(environ, start_response)

    return respond


def host_of(environ: Mapping[str, Any]) -> str:
    """The host that was asked, in lower case, without port and final dots."""
    host: str = environ.get("HTTP_HOST", "")
    return host.partition(":")[0].rstrip(".").lower()


def _own_hosts() -> Mapping[str, int]:
    """Of advertisers, by host; none while nothing is known of them."""
    try:
        return keeper.current().by_own_host
    except SnapshotUnavailable:
        return {}
