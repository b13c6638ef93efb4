"""What every page of the site host needs before its view runs."""

from collections.abc import Callable

from django.http import HttpRequest, HttpResponse
from django.utils import timezone

from network.dates import is_zone


class ReaderTimeZone:
    """Show times in the zone of whoever is signed in; UTC to everybody else."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        name = request.user.time_zone if request.user.is_authenticated else "UTC"
        with timezone.override(name if is_zone(name) else "UTC"):
            return self.get_response(request)
