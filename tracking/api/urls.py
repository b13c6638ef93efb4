"""URLs of the API, on the site host alone: no sign-in, no session, no CSRF cookie."""

from collections.abc import Callable
from functools import wraps
from typing import Any

from django.db import InterfaceError, OperationalError
from django.http import HttpRequest, HttpResponse
from django.urls import path
from ninja.errors import AuthenticationError

from network import content_policy
from tracking.api import conversions, orders, problems, ruling
from tracking.api.described import ABOUT, NAME, DescribedAPI, DescribedPage
from tracking.api.problems import Refused

View = Callable[..., HttpResponse]


def _readable(view: View) -> View:
    """The document is a program's, its page a person's, with the site's own policy."""

    @wraps(view)
    def shown(request: HttpRequest, *args: Any, **options: Any) -> HttpResponse:
        response = view(request, *args, **options)
        if response.headers["Content-Type"].startswith("text/html"):
            response.headers[content_policy.HEADER] = content_policy.header(content_policy.SITE)
        return response

    return shown


api = DescribedAPI(
    title=NAME,
    version="1",
    description=ABOUT,
    docs_decorator=_readable,
    docs=DescribedPage(),
)
api.add_router("", conversions.router)
api.add_router("", ruling.router)
urlpatterns = [
    path("api/v1/", api.urls),
    path("s2s/advertiser/<int:advertiser>/orders", orders.report_orders, name="compatible_orders"),
]
handler404 = problems.not_found
handler500 = problems.failed


@api.exception_handler(Refused)
def refused(request: HttpRequest, error: Refused) -> HttpResponse:
    return error.response()


@api.exception_handler(AuthenticationError)
def unknown_key(request: HttpRequest, error: AuthenticationError) -> HttpResponse:
    return problems.unknown_key()


@api.exception_handler(OperationalError)
@api.exception_handler(InterfaceError)
def unavailable(request: HttpRequest, error: Exception) -> HttpResponse:
    problems.log.error("Refused %s: %s", request.path, error)
    return problems.unavailable()
