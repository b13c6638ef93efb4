"""What every page of the site host needs before its view runs."""

import logging
from collections.abc import Callable
from urllib.parse import urlencode

from csp.middleware import CSPMiddleware, PolicyParts
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.http.response import HttpResponseBase
from django.shortcuts import render
from django.urls import Resolver404, resolve, reverse
from django.utils import timezone
from django_htmx.http import HttpResponseClientRedirect
from kombu.exceptions import OperationalError
from redis.exceptions import RedisError

from network import clock, content_policy
from network.dates import is_zone
from network.people import second_factor, sessions

log = logging.getLogger(__name__)


class ContentPolicy(CSPMiddleware):
    """The site's Content-Security-Policy, wider for pages of the admin by what its theme needs."""

    def get_policy_parts(
        self, request: HttpRequest, response: HttpResponseBase, report_only: bool = False
    ) -> PolicyParts:
        parts = super().get_policy_parts(request, response, report_only)
        match = request.resolver_match
        is_admins = match is not None and match.namespaces[:1] == ["admin"]
        if is_admins or getattr(response, "is_framed_as_admin", False):
            parts.update = dict(content_policy.ADMIN_NEEDS)
        return parts


class SecondFactorFirst:
    """Lead operators and owners to their second factor from wherever they are, until it is there
    and this session has shown it."""

    OPEN = ("account_reauthenticate", "account_logout")
    """What one needs on the way there, and to leave."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        first = self._first(request)
        if first is None:
            return self.get_response(request)
        if "HX-Request" in request.headers:  # a part of a page cannot show it
            return HttpResponseClientRedirect(first)
        return HttpResponseRedirect(first)

    def _first(self, request: HttpRequest) -> str | None:
        first = second_factor.page_first(request)
        if first is None or _name(request.path_info) in (first, *self.OPEN):
            return None
        address = reverse(first)
        onward = urlencode({"next": request.get_full_path()}) if request.method == "GET" else ""
        return f"{address}?{onward}" if onward else address


class Refusal:
    """What needs Redis, and Redis alone, is refused while it is down: the limits of signing in."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        return self.get_response(request)

    def process_exception(self, request: HttpRequest, error: Exception) -> HttpResponse | None:
        if not isinstance(error, (RedisError, OperationalError)):
            return None
        log.error("Refused %s: %s", request.path, error)
        response = render(request, "503.html", status=503)
        response.headers["Retry-After"] = "60"
        return response


class ReaderTimeZone:
    """Show times in the signed-in person's zone; UTC to everybody else."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        name = request.user.time_zone if request.user.is_authenticated else "UTC"
        with timezone.override(name if is_zone(name) else "UTC"):
            return self.get_response(request)


class SessionInUse:
    """Note which sessions are in use, so that their people can see it and end them."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        sessions.note(request, clock.now())
        return self.get_response(request)


def _name(path: str) -> str:
    """Of the page with this address; empty where there is none."""
    try:
        return resolve(path).view_name
    except Resolver404:
        return ""
