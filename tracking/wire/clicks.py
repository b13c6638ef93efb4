"""Links and activations: the clicks of a tracking host.

A shopper is never stranded: whatever is wrong, if the advertiser is known the answer is a redirect
to a URL of that advertiser.
"""

import logging
from dataclasses import dataclass

from django.conf import settings
from django.http import HttpRequest, HttpResponse, HttpResponseBase, JsonResponse

from network import clock
from tracking.clicks import cookies, pasting, visitors
from tracking.clicks.keys import KEYS
from tracking.clicks.redirect import visit
from tracking.clicks.snapshot import AdvertiserSnapshot, keeper
from tracking.clicks.targets import as_ascii
from tracking.clicks.visits import Visit, visit_by_link
from tracking.wire.requests import (
    Headers,
    accept,
    allow_origin,
    cookies_of,
    jar_of,
    unknown_advertiser,
)

log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class ClickAnswer:
    """Where to lead the shopper, empty where nobody is led anywhere, and the cookies to write."""

    location: str
    write: cookies.ToWrite | None = None

    @property
    def status_line(self) -> str:
        return "302 Found" if self.location else "503 Service Unavailable"

    def headers(self) -> list[tuple[str, str]]:
        written = cookies.set_by(self.write) if self.write else ()
        return [*self.plain_headers(), *(("Set-Cookie", each.header) for each in written)]

    def plain_headers(self) -> list[tuple[str, str]]:
        """All but the cookies. Answers to clicks have no body."""
        location = [("Location", self.location)] if self.location else []
        return [("Content-Length", "0"), *location]


def answer(headers: Headers, shop: AdvertiserSnapshot, publisher: int) -> ClickAnswer:
    """Answer a visit of a link, and record the click."""
    now = clock.now()
    try:
        answered = visit(_visit(headers, shop, publisher), shop, KEYS, clock.to_ms(now))
    except Exception:
        log.exception("A click was lost")
        return ClickAnswer(as_ascii(shop.landing_url))
    accept(answered.record, now)
    return ClickAnswer("" if answered.is_refused else answered.location, answered.write)


def click(request: HttpRequest, advertiser: int, publisher: int) -> HttpResponseBase:
    """``GET /t/<adv>/c/<pub>``: to the shop, with the slots written and the click recorded."""
    shop = keeper.current().advertisers.get(advertiser)
    if shop is None:
        return unknown_advertiser(request)
    answered = answer(request.META, shop, publisher)
    response = HttpResponse(status=302 if answered.location else 503)
    del response.headers["Content-Type"]
    for name, value in answered.plain_headers():
        response.headers[name] = value
    if answered.write:
        cookies.write(response, answered.write)
    return response


def damaged_click(request: HttpRequest, advertiser: str, rest: str) -> HttpResponseBase:
    """A link with something glued to it on its way through mails and chats. Without a publisher's
    id it leads to the landing page."""
    link = pasting.mend(rest, request.META.get("QUERY_STRING", ""))
    request.META["QUERY_STRING"] = link.query if link.publisher is not None else ""
    return click(request, int(advertiser), link.publisher or 0)


def activate(request: HttpRequest, advertiser: int, publisher: int) -> HttpResponseBase:
    """``GET /t/<adv>/a/<pub>``: an in-page partner's activation, called by the tag."""
    shop = keeper.current().advertisers.get(advertiser)
    if shop is None:
        return JsonResponse({}, status=404)
    now = clock.now()
    asked = _visit(request.META, shop, publisher, in_page=True)
    answered = visit(asked, shop, KEYS, clock.to_ms(now))
    accept(answered.record, now)
    if answered.is_refused:
        return JsonResponse({}, status=503)
    response = JsonResponse({"token": answered.token} if answered.token else {})
    allow_origin(request, shop, response)
    if answered.write:
        cookies.write(response, answered.write)
    return response


def _visit(
    headers: Headers, shop: AdvertiserSnapshot, publisher: int, *, in_page: bool = False
) -> Visit:
    return visit_by_link(
        publisher,
        headers.get("QUERY_STRING", ""),
        headers=headers,
        cookies=cookies_of(headers),
        method=headers["REQUEST_METHOD"].upper(),
        address=visitors.client_address(headers, settings.TRUSTED_PROXIES),
        in_page=in_page,
        jar=jar_of(headers, shop),
    )
