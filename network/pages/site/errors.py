"""What the site answers where a view failed."""

import sys

from django.db import InterfaceError, OperationalError
from django.http import HttpRequest, HttpResponse
from django.template.loader import get_template
from django.views.defaults import server_error

RETRY_SECONDS = 30


def failed(request: HttpRequest) -> HttpResponse:
    """Django's ``handler500``, called while the error is handled. While PostgreSQL is away it is no
    error of ours: everybody is asked to come back. The page asks PostgreSQL nothing, so that it
    cannot know who is signed in."""
    if not isinstance(sys.exc_info()[1], (OperationalError, InterfaceError)):
        return server_error(request)
    return unavailable()


def unavailable() -> HttpResponse:
    content = get_template("unavailable.html").render()
    return HttpResponse(content, status=503, headers={"Retry-After": str(RETRY_SECONDS)})
