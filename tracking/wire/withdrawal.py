"""Consent taken back: what a click left on a tracking host is deleted there."""

from django.http import HttpRequest, HttpResponse, HttpResponseBase, HttpResponseNotAllowed

from tracking.clicks import cookies, visitors
from tracking.clicks.snapshot import keeper
from tracking.wire.requests import allow_origin, jar_of, unknown_advertiser


def forget(request: HttpRequest, advertiser: int) -> HttpResponseBase:
    """``POST /t/<adv>/forget``, called by the tag: delete the advertiser's cookies on the host that
    was asked. Only a script in one of the shop's own pages may, or anybody's page could make
    browsers forget who holds the cookie."""
    shop = keeper.current().advertisers.get(advertiser)
    if shop is None:
        return unknown_advertiser(request)
    if request.method != "POST":
        return HttpResponseNotAllowed(["POST"])
    if not visitors.is_script_of(request.META, shop.domains, shop.is_https):
        return HttpResponse(status=403)
    response = HttpResponse(status=204)
    cookies.delete(response, jar_of(request.META, shop))
    allow_origin(request, shop, response)
    return response
