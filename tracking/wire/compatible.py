"""The tracking host's compatible face: Awin's published addresses (``docs/moving.md``).

Links and pixels are led to ours, for browsers send our cookies there alone; a report of a shop's
server is taken as it comes.
"""

from http import HTTPStatus

from django.http import HttpRequest, HttpResponse, HttpResponseBase

from tracking.clicks.snapshot import AdvertiserSnapshot, keeper
from tracking.wire import native, translated
from tracking.wire.requests import is_host_of, unknown_advertiser
from tracking.wire.scripts import tag_script


def link(request: HttpRequest, kind: str) -> HttpResponseBase:
    """``GET /cread.php``, ``/awclick.php``, ``/pclick.php``: to our link. Without consent the shop
    is told so in the target, by ``sn=1``."""
    query = request.META.get("QUERY_STRING", "")
    meant = translated.link(kind, query)
    shop = _shop(request, meant.advertiser) if meant else None
    if meant is None or shop is None:
        return unknown_advertiser(request)
    location = meant.location(shop.landing_url)
    return HttpResponse(status=HTTPStatus.FOUND, headers={"Location": location})


def script(request: HttpRequest, advertiser: str) -> HttpResponseBase:
    """``GET /<adv>.js``: the tag, that also reads what the page tells Awin's."""
    return tag_script(request, int(advertiser), reads_awin=True)


def pixel(request: HttpRequest) -> HttpResponseBase:
    """``GET /sread.img``: to our pixel. Without an advertiser it is a picture that says so. A
    report that is too long for a redirect is taken here, where the shared host gets no cookies."""
    query = request.META.get("QUERY_STRING", "")
    advertiser = translated.advertiser_of_report(query)
    shop = _shop(request, advertiser)
    if shop is None:
        return native.nobodys_pixel(advertiser)
    location = translated.pixel(advertiser, query)
    if not location:
        return native.picture(request, shop, translated.report(query))
    return HttpResponse(status=HTTPStatus.FOUND, headers={"Location": location})


def report(request: HttpRequest) -> HttpResponseBase:
    """``GET`` or ``POST /sread.php``: a report of the shop's server, without a key. All is in the
    query; a body is not read."""
    if request.method not in ("GET", "POST"):
        return HttpResponse(status=HTTPStatus.METHOD_NOT_ALLOWED, headers={"Allow": "GET, POST"})
    query = request.META.get("QUERY_STRING", "")
    advertiser = translated.advertiser_of_report(query)
    shop = _shop(request, advertiser)
    if shop is None:
        return _text(HTTPStatus.NOT_FOUND, f"merchant: there is no advertiser {advertiser}")
    taken = native.take(request, shop, translated.report(query), "server")
    said = "\n".join(f"{remark}. {remark.remedy}" for remark in taken.remarks)
    if taken.sale is None:
        return _text(HTTPStatus.BAD_REQUEST, said)
    return _text(HTTPStatus.OK, said or "OK")


def _shop(request: HttpRequest, advertiser: int) -> AdvertiserSnapshot | None:
    """The advertiser, if this is a tracking host of its."""
    shop = keeper.current().advertisers.get(advertiser)
    return shop if shop and is_host_of(request.META, shop) else None


def _text(status: HTTPStatus, said: str) -> HttpResponse:
    return HttpResponse(f"{said}\n", "text/plain; charset=utf-8", status=status)
