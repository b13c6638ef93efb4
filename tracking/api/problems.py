"""What the API answers where it refuses: problem documents (RFC 9457)."""

import json
import logging
from collections.abc import Mapping
from http import HTTPStatus
from typing import Any

from django.http import HttpRequest, HttpResponse, JsonResponse
from django.http.response import HttpResponseBase

log = logging.getLogger(__name__)

PREFIXES = ("/api/", "/s2s/")
CONTENT_TYPE = "application/problem+json"
HEADERS: Mapping[str, str] = {
    "Cache-Control": "no-store",
    "Content-Security-Policy": "default-src 'none'; frame-ancestors 'none'",
    "X-Content-Type-Options": "nosniff",
}
"""Of every answer of the API."""
RETRY_SECONDS = 30
_MORE: Mapping[HTTPStatus, str] = {
    HTTPStatus.METHOD_NOT_ALLOWED: "This address is called with another method; Allow names it.",
}


class Refused(Exception):
    """A call that is refused as a whole."""

    def __init__(self, status: HTTPStatus, code: str, detail: str, **headers: str) -> None:
        super().__init__(detail)
        self.status, self.code, self.headers = status, code, headers

    def response(self) -> HttpResponse:
        response = problem(self.status, str(self), code=self.code)
        for name, value in self.headers.items():
            response.headers[name.replace("_", "-")] = value
        return response


class ForeignAnswer(JsonResponse):
    """An answer in the form of another network's API, its refusals too."""


def is_api(path: str) -> bool:
    """Whether a path of the site host is the API's."""
    return path.startswith(PREFIXES)


def document(status: HTTPStatus, detail: str, **more: Any) -> bytes:
    """``code`` in ``more`` names for programs what is wrong; the other members tell the rest."""
    said = {"type": "about:blank", "title": status.phrase, "status": status, "detail": detail}
    return json.dumps({**said, **more}).encode()


def problem(status: HTTPStatus, detail: str, **more: Any) -> HttpResponse:
    return HttpResponse(document(status, detail, **more), CONTENT_TYPE, status=status)


def unknown_key() -> HttpResponse:
    response = problem(
        HTTPStatus.UNAUTHORIZED,
        "Send Authorization: Bearer with a key of the advertiser that is not revoked. Keys are "
        "made on its page in the admin.",
        code="unknown_key",
    )
    response.headers["WWW-Authenticate"] = 'Bearer realm="Softclick"'
    return response


def unavailable() -> HttpResponse:
    """While PostgreSQL is away: nothing of the call counts as acknowledged."""
    return away().response()


def away() -> Refused:
    """What is said then."""
    return Refused(
        HTTPStatus.SERVICE_UNAVAILABLE,
        "unavailable",
        "The database does not answer. Send the same again later; what was stored already is not "
        "counted twice.",
        Retry_After=str(RETRY_SECONDS),
    )


def not_found(request: HttpRequest, exception: Exception) -> HttpResponse:
    return problem(
        HTTPStatus.NOT_FOUND, "There is nothing at this address; docs/wire.md says what there is."
    )


def failed(request: HttpRequest) -> HttpResponse:
    return problem(
        HTTPStatus.INTERNAL_SERVER_ERROR, "Something went wrong; it has been logged. Send it again."
    )


def shaped(response: HttpResponseBase) -> HttpResponseBase:
    """The response or, for a refusal that is no problem document yet, one with its status."""
    is_whole = isinstance(response, ForeignAnswer) or response.status_code < 400
    if is_whole or response.headers.get("Content-Type") == CONTENT_TYPE:
        return response
    status = HTTPStatus(response.status_code)
    made = problem(status, _MORE.get(status, "The request cannot be read."))
    if "Allow" in response.headers:
        made.headers["Allow"] = response.headers["Allow"]
    return made
