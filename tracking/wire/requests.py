"""What the views of a tracking host read of a request, and what they do with their records."""

import logging
from collections.abc import Mapping
from datetime import datetime
from typing import Any

from django.conf import settings
from django.db import DatabaseError
from django.http import HttpRequest, HttpResponseBase
from django.shortcuts import render

from tracking.clicks import cookies
from tracking.clicks.cookies import Jar
from tracking.clicks.snapshot import AdvertiserSnapshot, keeper
from tracking.clicks.targets import is_allowed
from tracking.spool import intake
from tracking.spool.segments import SpoolFailed

Headers = Mapping[str, Any]
"""``request.META``, or the environment that it is."""

log = logging.getLogger(__name__)


def cookies_of(headers: Headers) -> dict[str, str]:
    header = headers.get("HTTP_COOKIE", "")
    return cookies.parse(header) if header else {}


def jar_of(headers: Headers, shop: AdvertiserSnapshot) -> Jar:
    """The shop's cookies on the host that was asked."""
    host = _host(headers) if shop.own_hosts else ""
    return Jar(shop.id, host in shop.own_hosts, settings.PUBLIC_SCHEME == "https")


def is_host_of(headers: Headers, shop: AdvertiserSnapshot) -> bool:
    """Whether the host that was asked is the shared one, or one of the shop's own."""
    host = _host(headers)
    return host in shop.own_hosts or host not in keeper.current().by_own_host


def _host(headers: Headers) -> str:
    """As the snapshot has it. Not ``get_host()``: own hosts are none of ALLOWED_HOSTS."""
    return str(headers.get("HTTP_HOST", "")).partition(":")[0].rstrip(".").lower()


def accept(record: dict[str, object], now: datetime) -> None:
    """Accept the record; a loss is counted in the log, and never refuses the shopper."""
    try:
        intake.accept(record, now)
    except (SpoolFailed, DatabaseError) as error:
        log.critical("A %s was lost: %s", record["kind"], error)


def allow_origin(
    request: HttpRequest, shop: AdvertiserSnapshot, response: HttpResponseBase
) -> None:
    """Let the shop's own pages read the answer."""
    origin = request.headers.get("Origin", "")
    if is_allowed(origin, shop.domains):
        response.headers["Access-Control-Allow-Origin"] = origin
        response.headers["Access-Control-Allow-Credentials"] = "true"
        response.headers["Access-Control-Expose-Headers"] = "X-Softclick-Error, X-Softclick-Remedy"
        response.headers["Vary"] = "Origin"


def unknown_advertiser(request: HttpRequest) -> HttpResponseBase:
    return render(request, "tracking/unknown_advertiser.html", status=404)
