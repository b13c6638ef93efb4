"""What every page of the site host needs before its view runs."""

from collections.abc import Callable

from csp.middleware import CSPMiddleware, PolicyParts
from django.http import HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.utils import timezone

from network import content_policy
from network.dates import is_zone


class ContentPolicy(CSPMiddleware):
    """The site's Content-Security-Policy, wider for pages of the admin by what its theme needs."""

    def get_policy_parts(
        self, request: HttpRequest, response: HttpResponseBase, report_only: bool = False
    ) -> PolicyParts:
        parts = super().get_policy_parts(request, response, report_only)
        match = request.resolver_match
        if match is not None and match.namespaces[:1] == ["admin"]:
            parts.update = dict(content_policy.ADMIN_NEEDS)
        return parts


class ReaderTimeZone:
    """Show times in the zone of whoever is signed in; UTC to everybody else."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        name = request.user.time_zone if request.user.is_authenticated else "UTC"
        with timezone.override(name if is_zone(name) else "UTC"):
            return self.get_response(request)
