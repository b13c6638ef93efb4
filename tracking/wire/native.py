"""The tracking host's native face, but for its clicks. Each view reads a request, makes one domain
call, and answers. A pixel is always a picture.
"""

import json
import logging
from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path

from django.conf import settings
from django.http import HttpRequest, HttpResponse, HttpResponseBase, JsonResponse
from uuid_utils.compat import uuid7

from network import clock
from tracking.clicks import cookies, visitors
from tracking.clicks.keys import KEYS
from tracking.clicks.snapshot import AdvertiserSnapshot, keeper
from tracking.clicks.visits import pairs, parameters
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
from tracking.landings.arriving import Lately, arrive, journey_of
from tracking.remedies.wordings import Expected, Remedy
from tracking.rule import consent
from tracking.rule.reasons import ClickReason
from tracking.rule.text import printable
from tracking.rule.tokens import TokenError
from tracking.spool import intake
from tracking.wire import canonical, clicks, translated
from tracking.wire.crowds import Crowds
from tracking.wire.requests import accept, allow_origin, cookies_of, jar_of

GIF = bytes.fromhex(
    "47494638396101000100800000000000ffffff21f90401000000002c00000000010001000002024401003b"
)
MAX_BODY = 64 * 1024
PAGE_STYLE = Path(__file__).parents[1] / "static" / "tracking" / "page.css"

LANDED = Lately()
CROWDS = Crowds()

log = logging.getLogger(__name__)


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
    said = parameters(request.META.get("QUERY_STRING", ""))
    brought = cookies.read(
        cookies_of(request.META), jar_of(request.META, shop), KEYS, clock.to_ms(now)
    )
    try:
        held = brought.slots.journey or journey_of(said.get("last", ""), shop.id, KEYS)
        arrival = arrive(said.get("click", ""), shop.id, held, KEYS, clock.to_ms(now))
    except TokenError as error:
        response = JsonResponse({"fresh": False, "error": error.reason.value}, status=400)
    else:
        if LANDED.takes(arrival.click):
            accept(arrival.record, now)
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
    sessions = cookies.parse_sessions(str(data.get("session") or ""))
    report = _report(request, shop, data, "tag", (tokens, sessions))
    report = replace(report, is_unanswered=_is_unanswered(report, data.get("unanswered")))
    if error:
        report = _with_error(report, error)
    accept(intake.report_record(report), report.received_at)
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
    shop = keeper.current().advertisers.get(advertiser)
    if shop is None:
        return nobodys_pixel(advertiser)
    return picture(request, shop, list(pairs(request.META.get("QUERY_STRING", ""))))


def picture(
    request: HttpRequest, shop: AdvertiserSnapshot, said: Sequence[tuple[str, str]]
) -> HttpResponseBase:
    """The pixel's answer to the report that these parameters are."""
    response = HttpResponse(GIF, "image/gif")
    if request.method != "GET":
        return _cross_origin(response)
    report = take(request, shop, said, "pixel")
    _name_errors(response, report.remarks)
    return _cross_origin(response)


def nobodys_pixel(advertiser: int) -> HttpResponse:
    """The picture that answers a report of an advertiser that is not there."""
    response = HttpResponse(GIF, "image/gif")
    response.headers["X-Softclick-Error"] = f"advertiser: there is no advertiser {advertiser}"
    return _cross_origin(response)


def take(
    request: HttpRequest, shop: AdvertiserSnapshot, said: Sequence[tuple[str, str]], source: str
) -> SaleReport:
    """Accept the report that these parameters are, of each name the last."""
    data: dict[str, object] = {name: value for name, value in said if name != "click"}
    if consent.parse_all(value for name, value in said if name == "consent") is False:
        data["consent"] = "0"
    clicks_said = [value for name, value in said if name == "click"]
    texts = " ".join(clicks_said).replace(",", " ").split()
    tokens = [(Role.SERVER, text) for text in texts]
    # The tag's own fallback brings the browser's session, which then decides about soft claims.
    sessions = cookies.parse_sessions(str(data["session"])) if "session" in data else None
    report = _report(request, shop, data, source, (tokens, sessions))
    report = replace(report, is_unanswered=_is_unanswered(report, data.get("unanswered")))
    accept(intake.report_record(report), report.received_at)
    return report


def page_style(request: HttpRequest) -> HttpResponseBase:
    """``GET /t/page.css``: of the one page that this host has, :func:`unknown_advertiser`."""
    response = HttpResponse(PAGE_STYLE.read_bytes(), "text/css; charset=utf-8")
    response.headers["Cache-Control"] = "public, max-age=300"
    return response


def not_found(request: HttpRequest, exception: Exception) -> HttpResponseBase:
    """Who opens a link of which only the advertiser is left is led to its landing page."""
    advertiser = canonical.advertiser_of(request.path_info)
    is_link = advertiser is not None and visitors.is_navigation(request.META)
    if is_link and advertiser in keeper.current().advertisers:
        return clicks.damaged_click(request, str(advertiser), "")
    return HttpResponse("There is nothing here.\n", "text/plain", status=404)


def failed(request: HttpRequest) -> HttpResponse:
    return HttpResponse("Something went wrong; it has been logged.\n", "text/plain", status=500)


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
    carried = {} if _is_refused(data) else cookies_of(request.META)
    tokens, sessions = ([], None) if _is_refused(data) else evidence
    brought = cookies.read(carried, jar_of(request.META, shop), KEYS, clock.to_ms(now))
    own = [(Role(role), text) for role, text in brought.tokens.items()]
    from_browser = sessions is not None or brought.any
    seen = [brought.slots.session] if brought.any else sessions or ()
    checked, errors = _checked(data, shop)
    address = visitors.client_address(request.META, settings.TRUSTED_PROXIES)
    is_crowded = CROWDS.is_crowded(shop.id, address, now)
    return SaleReport(
        id=uuid7(),
        advertiser=shop.id,
        source=source,
        received_at=now,
        at=now,
        sale=checked,
        tokens=(*own, *tokens),  # of very many the first are read: no script pushes these out
        sessions=tuple(sorted({session for session in seen if session})),
        from_browser=from_browser,
        session_by_cookie=brought.any,
        signature=signing.presented(data),
        errors=errors,
        order=printable(str(data.get("order") or ""), MAX_ORDER),
        sent=as_sent(data) if errors or is_crowded else {},
        is_crowded=is_crowded,
    )


def _is_unanswered(report: SaleReport, said: object) -> bool:
    """Whether the tag names, among others, a token of this report whose landing nobody answered
    for."""
    return any(text.lower() in str(said).lower() for _, text in report.tokens if text)


def _is_refused(data: Mapping[str, object]) -> bool:
    """Whether the report says that the shopper does not consent."""
    said = data.get("consent")
    if isinstance(said, dict | list):  # an answer for each purpose, of which none is ours
        return True
    return said is not None and consent.parse(str(said)) is False


def _checked(
    data: Mapping[str, object], shop: AdvertiserSnapshot
) -> tuple[SaleFields | None, tuple[FieldError, ...]]:
    try:
        is_lenient = data.get("face") == translated.FACE
        return read_fields(data, Terms(shop.currency, shop.groups, is_lenient)), ()
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
