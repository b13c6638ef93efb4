"""``Idempotency-Key``: a call that names itself is done once, however often it is sent."""

import hashlib
from collections.abc import Callable
from functools import wraps
from http import HTTPStatus
from typing import Any

from django.core.exceptions import RequestDataTooBig
from django.http import HttpResponse

from network import clock
from network.advertisers import answered_calls
from network.advertisers.answered_calls import MOST_NAME
from network.models import AnsweredCall
from tracking.api.auth import KeyedRequest
from tracking.api.problems import Refused

HEADER = "Idempotency-Key"
View = Callable[..., HttpResponse]


def once(view: View) -> View:
    """Answers a call as it was answered before, if it names itself as that one did."""

    @wraps(view)
    def call(request: KeyedRequest, *args: Any, **options: Any) -> HttpResponse:
        name = request.headers.get(HEADER)
        digest = _digest(request)
        if name is None or digest is None:
            return view(request, *args, **options)
        row = _begin(request, name, digest)
        if row.status is not None:
            headers = {"Idempotency-Replayed": "true"}
            return HttpResponse(row.answer, row.content_type, row.status, headers=headers)
        try:
            answer = view(request, *args, **options)
        except BaseException:
            answered_calls.forget(row)
            raise
        content_type = answer.headers["Content-Type"]
        answered_calls.finish(row, answer.status_code, content_type, answer.content.decode())
        return answer

    return call


def _begin(request: KeyedRequest, name: str, digest: str) -> AnsweredCall:
    """Raises Refused."""
    if not 0 < len(name) <= MOST_NAME or not (name.isascii() and name.isprintable()):
        raise Refused(
            HTTPStatus.BAD_REQUEST,
            "bad_idempotency_key",
            f"{HEADER}: expected 1 to {MOST_NAME} printable ASCII characters, such as a UUID.",
        )
    try:
        return answered_calls.begin(request.auth, name, digest, clock.now())
    except answered_calls.OtherCall:
        raise Refused(
            HTTPStatus.UNPROCESSABLE_ENTITY,
            "idempotency_key_used",
            f"This {HEADER} was sent with another call. Give each call its own; only the same "
            "call, sent again, has the same.",
        ) from None
    except answered_calls.NotAnsweredYet:
        raise Refused(
            HTTPStatus.CONFLICT,
            "in_progress",
            "The same call is being answered. Send it again after Retry-After seconds.",
            Retry_After="1",
        ) from None


def _digest(request: KeyedRequest) -> str | None:
    """None for a body that is too large, which the call itself refuses."""
    try:
        body = request.body
    except RequestDataTooBig:
        return None
    asked = f"{request.method} {request.get_full_path()}\n".encode()
    return hashlib.sha256(asked + body).hexdigest()
