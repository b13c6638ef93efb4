"""The scripts that the tracking host has for a shop's pages."""

from pathlib import Path

from django.http import HttpRequest, HttpResponse, HttpResponseBase

from tracking.clicks.snapshot import keeper
from tracking.wire import tag
from tracking.wire.requests import is_host_of

WORDS = Path(__file__).parents[1] / "static" / "tracking" / "debug.js"


def tag_script(
    request: HttpRequest, advertiser: int, *, reads_awin: bool = False
) -> HttpResponseBase:
    """``GET /t/<adv>/tag.js``: the merchant's tag, with this advertiser's settings. ``reads_awin``:
    with what reads a page's ``AWIN.Tracking``."""
    shop = keeper.current().advertisers.get(advertiser)
    if shop is None or (reads_awin and not is_host_of(request.META, shop)):
        return HttpResponse("// No such advertiser.", "text/javascript", status=404)
    wanted = tag.TagSettings(
        advertiser=shop.id,
        click_parameter=shop.click_parameter,
        base_url=shop.base_url,
        consent_default=shop.consent_default,
        strip_click_parameter=shop.strip_click_parameter,
        longest_window_days=shop.longest_window_days,
        other_base_urls=shop.other_base_urls,
        currency=shop.currency,
        reads_awin=reads_awin,
    )
    packed = "gzip" in request.headers.get("Accept-Encoding", "")
    content = tag.compressed(wanted) if packed else tag.render(wanted)
    response = HttpResponse(content, "text/javascript; charset=utf-8")
    if packed:
        response.headers["Content-Encoding"] = "gzip"
    response.headers["Vary"] = "Accept-Encoding"
    response.headers["Cache-Control"] = "public, max-age=300"
    response.headers["Cross-Origin-Resource-Policy"] = "cross-origin"
    return response


def debug_script(request: HttpRequest, advertiser: int) -> HttpResponseBase:
    """``GET /t/<adv>/debug.js``: what the tag says on the console. The tag imports it as a module,
    which browsers allow only to whom the answer names."""
    if advertiser not in keeper.current().advertisers:
        return HttpResponse("// No such advertiser.", "text/javascript", status=404)
    response = HttpResponse(WORDS.read_bytes(), "text/javascript; charset=utf-8")
    response.headers["Access-Control-Allow-Origin"] = "*"
    response.headers["Cache-Control"] = "public, max-age=300"
    response.headers["Cross-Origin-Resource-Policy"] = "cross-origin"
    return response
