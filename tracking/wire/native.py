"""The tracking host's native face. Each view reads a request, makes one domain call, and answers.

A shopper is never stranded: whatever is wrong, if the advertiser is known the answer is a redirect
to a URL of that advertiser. A pixel is always a picture.
"""

import json
import logging
from collections.abc import Mapping
from dataclasses import replace
from datetime import datetime
from pathlib import Path
from urllib.parse import urlsplit

from django.conf import settings
from django.db import DatabaseError
from django.http import HttpRequest, HttpResponse, HttpResponseBase, JsonResponse
from django.shortcuts import render
from uuid_utils.compat import uuid7

from network import clock
from tracking.clicks import cookies, pasting, visitors
from tracking.clicks.cookies import Jar
from tracking.clicks.keys import KEYS
from tracking.clicks.redirect import visit
from tracking.clicks.snapshot import AdvertiserSnapshot, keeper
from tracking.clicks.targets import as_ascii, is_allowed
from tracking.clicks.visits import Visit, pairs, parameters, visit_by_link
from tracking.conversions.recording import SaleReport
from tracking.evidence import signing
from tracking.evidence.fields import (
    MAX_ORDER,
    FieldError,
    InvalidReport,
    SaleFields,
    Terms,
    as_sent,
    read_fields,
)
from tracking.evidence.joining import Role
from tracking.landings.arriving import Lately, arrive
from tracking.remedies.wordings import Expected, Remedy
from tracking.rule import consent
from tracking.rule.reasons import ClickReason
from tracking.rule.text import printable
from tracking.rule.tokens import TokenError
from tracking.spool import intake
from tracking.spool.segments import SpoolFailed

GIF = bytes.fromhex(
    "47494638396101000100800000000000ffffff21f90401000000002c00000000010001000002024401003b"
)
MAX_BODY = 64 * 1024
PAGE_STYLE = Path(__file__).parents[1] / "static" / "tracking" / "page.css"

LANDED = Lately()

log = logging.getLogger(__name__)


def click(request: HttpRequest, advertiser: int, publisher: int) -> HttpResponseBase:
    """``GET /t/<adv>/c/<pub>``: to the shop, with the slots written and the click recorded."""
    shop = keeper.current().advertisers.get(advertiser)
    if shop is None:
        return unknown_advertiser(request)
    response, now = HttpResponse(status=302), clock.now()
    try:
        answer = visit(_visit(request, shop, publisher), shop, KEYS, clock.to_ms(now))
    except Exception:
        log.exception("A click was lost")
        response.headers["Location"] = as_ascii(shop.landing_url)
        return response
    _accept(answer.record, now)
    response.headers["Content-Length"] = "0"
    if answer.is_refused:
        response.status_code = 503
        return response
    response.headers["Location"] = answer.location
    if answer.write:
        cookies.write(response, answer.write)
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
    asked = replace(_visit(request, shop, publisher), in_page=True)
    answer = visit(asked, shop, KEYS, clock.to_ms(now))
    _accept(answer.record, now)
    if answer.is_refused:
        return JsonResponse({}, status=503)
    response = JsonResponse({"token": answer.token} if answer.token else {})
    allow_origin(request, shop, response)
    if answer.write:
        cookies.write(response, answer.write)
    return response


def landing(request: HttpRequest, advertiser: int) -> HttpResponseBase:
    """``GET /t/<adv>/l?click=<token>``: the tag asks whether a token that has landed is fresh.
    Answered for scripts in the shop's own pages; what does not verify is refused by name."""
    shop = keeper.current().advertisers.get(advertiser)
    if shop is None:
        return JsonResponse({}, status=404)
    if request.method != "GET":
        return HttpResponse(status=405, headers={"Allow": "GET"})
    if not visitors.is_script_of(request.META, shop.domains, shop.is_https):
        return JsonResponse({"fresh": False, "error": ClickReason.STUFFED.value}, status=403)
    now = clock.now()
    token = parameters(request.META.get("QUERY_STRING", "")).get("click", "")
    brought = cookies.read(_cookies(request), jar_of(request, shop), KEYS, clock.to_ms(now))
    newest = brought.slots.newest
    try:
        journey = newest.journey if newest else 0
        arrival = arrive(token, shop.id, journey, KEYS, clock.to_ms(now))
    except TokenError as error:
        response = JsonResponse({"fresh": False, "error": error.reason.value}, status=400)
    else:
        if LANDED.takes(arrival.click):
            _accept(arrival.record, now)
        response = JsonResponse({"fresh": arrival.is_fresh})
    allow_origin(request, shop, response)
    return response


def sale(request: HttpRequest, advertiser: int) -> HttpResponseBase:
    """``POST /t/<adv>/sale``: the tag's report, a text/plain body of JSON."""
    shop = keeper.current().advertisers.get(advertiser)
    if shop is None:
        return HttpResponse(status=404)
    if request.method != "POST":
        return HttpResponse(status=405, headers={"Allow": "POST"})
    data, error = _body(request)
    tokens = [
        (role, str(token))
        for role in (Role.HARD, Role.SOFT, Role.LAST)
        for token in _listed(_mapping(data.get("tokens")).get(role.value))
    ]
    sessions = [cookies.parse_session(item) for item in str(data.get("session") or "").split(".")]
    report = _report(request, shop, data, "tag", (tokens, sessions))
    report = replace(report, is_unanswered=_is_unanswered(report, data.get("unanswered")))
    if error:
        report = _with_error(report, error)
    _accept(intake.report_record(report), report.received_at)
    response = HttpResponse(status=204)
    _name_errors(response, report.remarks)
    allow_origin(request, shop, response)
    return _cross_origin(response)


def damaged_pixel(request: HttpRequest, advertiser: str, rest: str) -> HttpResponseBase:
    """A pixel with something glued to its address, which is ignored."""
    return pixel(request, int(advertiser))


def pixel(request: HttpRequest, advertiser: int) -> HttpResponseBase:
    """``GET /t/<adv>/pixel.gif``: always a picture; what was wrong is in a header. Other methods
    report nothing: ``HEAD`` comes from what checks links."""
    response = HttpResponse(GIF, "image/gif")
    shop = keeper.current().advertisers.get(advertiser)
    if shop is None:
        response.headers["X-Softclick-Error"] = f"advertiser: there is no advertiser {advertiser}"
        return _cross_origin(response)
    if request.method != "GET":
        return _cross_origin(response)
    brought = list(pairs(request.META.get("QUERY_STRING", "")))
    data: dict[str, object] = {name: value for name, value in brought if name != "click"}
    texts = [text for name, value in brought if name == "click" for text in value.split(",")]
    tokens = [(Role.SERVER, text) for text in texts if text]
    # The tag's own fallback brings the browser's session, which then decides about soft claims.
    sessions = None
    if "session" in data:
        sessions = [cookies.parse_session(item) for item in str(data["session"]).split(".")]
    report = _report(request, shop, data, "pixel", (tokens, sessions))
    report = replace(report, is_unanswered=_is_unanswered(report, data.get("unanswered")))
    _accept(intake.report_record(report), report.received_at)
    _name_errors(response, report.remarks)
    return _cross_origin(response)


def page_style(request: HttpRequest) -> HttpResponseBase:
    """``GET /t/page.css``: of the one page that this host has, :func:`unknown_advertiser`."""
    response = HttpResponse(PAGE_STYLE.read_bytes(), "text/css; charset=utf-8")
    response.headers["Cache-Control"] = "public, max-age=300"
    return response


def unknown_advertiser(request: HttpRequest) -> HttpResponseBase:
    return render(request, "tracking/unknown_advertiser.html", status=404)


def not_found(request: HttpRequest, exception: Exception) -> HttpResponseBase:
    return HttpResponse("There is nothing here.\n", "text/plain", status=404)


def failed(request: HttpRequest) -> HttpResponseBase:
    return HttpResponse("Something went wrong; it has been logged.\n", "text/plain", status=500)


def _visit(request: HttpRequest, shop: AdvertiserSnapshot, publisher: int) -> Visit:
    return visit_by_link(
        publisher,
        request.META.get("QUERY_STRING", ""),
        headers=request.META,
        cookies=_cookies(request),
        method=request.method or "GET",
        address=visitors.client_address(request.META, settings.TRUSTED_PROXIES),
        jar=jar_of(request, shop),
    )


def _cookies(request: HttpRequest) -> dict[str, str]:
    header = request.META.get("HTTP_COOKIE", "")
    return cookies.parse(header) if header else {}


def jar_of(request: HttpRequest, shop: AdvertiserSnapshot) -> Jar:
    """The shop's cookies on the host that was asked."""
    host = _host(request) if shop.own_hosts else ""
    return Jar(shop.id, host in shop.own_hosts, settings.PUBLIC_SCHEME == "https")


def _host(request: HttpRequest) -> str:
    """As the snapshot has it. Not ``get_host()``: own hosts are none of ALLOWED_HOSTS."""
    return str(request.META.get("HTTP_HOST", "")).partition(":")[0].rstrip(".").lower()


def _accept(record: dict[str, object], now: datetime) -> None:
    """Accept the record; a loss is counted in the log, and never refuses the shopper."""
    try:
        intake.accept(record, now)
    except (SpoolFailed, DatabaseError) as error:
        log.critical("A %s was lost: %s", record["kind"], error)


def _report(
    request: HttpRequest,
    shop: AdvertiserSnapshot,
    data: Mapping[str, object],
    source: str,
    evidence: tuple[list[tuple[Role, str]], list[int] | None],
) -> SaleReport:
    """The report with the evidence that the request and the browser's own cookies bring; without
    any if it says that the shopper does not consent."""
    now = clock.now()
    carried = {} if _is_refused(data) else _cookies(request)
    tokens, sessions = ([], None) if _is_refused(data) else evidence
    brought = cookies.read(carried, jar_of(request, shop), KEYS, clock.to_ms(now))
    own = [(Role(role), text) for role, text in brought.tokens.items()]
    from_browser = sessions is not None or brought.any
    seen = [brought.slots.session] if brought.any else sessions or ()
    checked, errors = _checked(data, shop)
    return SaleReport(
        id=uuid7(),
        advertiser=shop.id,
        source=source,
        received_at=now,
        at=now,
        sale=checked,
        tokens=(*tokens, *own),
        sessions=tuple(sorted({session for session in seen if session})),
        from_browser=from_browser,
        session_by_cookie=brought.any,
        signature=signing.presented(data),
        errors=errors,
        order=printable(str(data.get("order") or ""), MAX_ORDER),
        sent=as_sent(data) if errors else {},
    )


def _is_unanswered(report: SaleReport, said: object) -> bool:
    """Whether the tag names a token of this report whose landing nobody answered for."""
    return any(str(said).lower() == text.lower() for _, text in report.tokens)


def _is_refused(data: Mapping[str, object]) -> bool:
    """Whether the report says that the shopper does not consent."""
    said = data.get("consent")
    return said is not None and consent.parse(str(said)) is False


def _checked(
    data: Mapping[str, object], shop: AdvertiserSnapshot
) -> tuple[SaleFields | None, tuple[FieldError, ...]]:
    try:
        return read_fields(data, Terms(shop.currency, shop.groups)), ()
    except InvalidReport as error:
        return None, error.errors


def _with_error(report: SaleReport, error: FieldError) -> SaleReport:
    return replace(report, sale=None, errors=(error,))


def _body(request: HttpRequest) -> tuple[dict[str, object], FieldError | None]:
    """The JSON object in the body; empty, with the error, for anything else."""
    length = request.META.get("CONTENT_LENGTH") or "0"
    raw = request.body if length.isdecimal() and int(length) <= MAX_BODY else b""
    try:
        data = json.loads(raw)
    except (ValueError, RecursionError):
        data = None
    if isinstance(data, dict):
        return data, None
    received = printable(raw[:80].decode(errors="replace"), 80)
    return {}, FieldError("body", received, Expected.BODY.of(most=MAX_BODY), Remedy.TAG.of())


def _mapping(value: object) -> Mapping[str, object]:
    return value if isinstance(value, dict) else {}


def _listed(value: object) -> list[object]:
    return value if isinstance(value, list) else []


def _name_errors(response: HttpResponse, errors: tuple[FieldError, ...]) -> None:
    if errors:
        said = {"Error": map(str, errors), "Remedy": (error.remedy for error in errors)}
        for name, texts in said.items():
            text = "; ".join(texts).encode("ascii", "replace").decode()[:500]
            response.headers[f"X-Softclick-{name}"] = text


def _cross_origin(response: HttpResponse) -> HttpResponse:
    response.headers["Cross-Origin-Resource-Policy"] = "cross-origin"
    return response


def allow_origin(
    request: HttpRequest, shop: AdvertiserSnapshot, response: HttpResponseBase
) -> None:
    """Let the shop's own pages read the answer."""
    origin = request.headers.get("Origin", "")
    if urlsplit(origin).netloc and is_allowed(origin, shop.domains):
        response.headers["Access-Control-Allow-Origin"] = origin
        response.headers["Access-Control-Allow-Credentials"] = "true"
        response.headers["Access-Control-Expose-Headers"] = "X-Softclick-Error, X-Softclick-Remedy"
        response.headers["Vary"] = "Origin"
