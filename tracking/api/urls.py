"""URLs of the API, on the site host alone: no sign-in, no session, no CSRF cookie."""

from django.db import InterfaceError, OperationalError
from django.http import HttpRequest, HttpResponse
from django.urls import path
from ninja import NinjaAPI
from ninja.errors import AuthenticationError

from tracking.api import conversions, problems, ruling
from tracking.api.problems import Refused

api = NinjaAPI(version="1", openapi_url=None, docs_url=None)
api.add_router("", conversions.router)
api.add_router("", ruling.router)
urlpatterns = [path("api/v1/", api.urls)]
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
