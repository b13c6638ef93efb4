"""Between the server, which speaks ASGI, and Django's WSGI handlers.

ASGI hands over a request as it came: the path with its escapes, and every header's bytes. The
server's own WSGI interface does neither. See decision 17.
"""

import asyncio
import io
import logging
import re
import sys
from collections.abc import Awaitable, Callable, Iterable, MutableMapping
from dataclasses import dataclass
from http import HTTPStatus
from typing import Any

from network.project.hosts import Application
from tracking.api import problems

Scope = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[MutableMapping[str, Any]]]
Send = Callable[[MutableMapping[str, Any]], Awaitable[None]]
Server = Callable[[Scope, Receive, Send], Awaitable[None]]
Headers = list[tuple[bytes, bytes]]

WITHOUT_A_BODY = ("GET", "HEAD")
MOST_NAMES = 1_000
"""Names of headers that are remembered; clients make up what they like."""

_HOST = re.compile(rb"(?:[A-Za-z0-9._-]*|\[[0-9A-Fa-f:.]+\])(?::[0-9]*)?")
"""A proxy in front may have read the other of two hosts (RFC 9112, section 3.2)."""

log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Answer:
    """A whole response; names of headers are in lower case."""

    status: int
    headers: Headers
    body: bytes = b""


class RefusedRequest(Exception):
    """A request whose body cannot be read."""

    def __init__(self, status: int, why: str) -> None:
        super().__init__(why)
        self.status = status


def refusal(status: int, why: str, path: str) -> Answer:
    """A line of text or, to what calls the API, a problem document; the connection is closed."""
    kind, body = "text/plain; charset=utf-8", f"{why}\n".encode()
    if problems.is_api(path):
        kind, body = problems.CONTENT_TYPE, problems.document(HTTPStatus(status), why)
    headers = [(b"content-type", kind.encode()), (b"connection", b"close")]
    return Answer(status, headers, body)


@dataclass(frozen=True, slots=True)
class Limits:
    """Of a request's body: its bytes, and the seconds until all of it must be there."""

    body_bytes: int
    body_seconds: float


async def read_body(receive: Receive, limits: Limits) -> bytes:
    """Raises RefusedRequest for a body that is too long, too slow or not whole."""
    try:
        async with asyncio.timeout(limits.body_seconds):
            return await _read(receive, limits.body_bytes)
    except TimeoutError:
        raise RefusedRequest(408, "The request's body did not come to its end in time.") from None


async def _read(receive: Receive, most: int) -> bytes:
    parts, length, more = [], 0, True
    while more:
        message = await receive()
        if message["type"] != "http.request":  # the client has gone, or its chunks are none
            raise RefusedRequest(400, "The request's body is not whole.")
        part = message.get("body", b"")
        more = message.get("more_body", False)
        length += len(part)
        if length > most:
            raise RefusedRequest(413, f"The request's body has more than {most} bytes.")
        parts.append(part)
    return b"".join(parts)


def environ_of(scope: Scope) -> dict[str, Any]:
    """What WSGI calls the environment, still without a body; ``REQUEST_URI`` is path and query as
    they were sent. Raises RefusedRequest where it is not clear which host is asked."""
    query = scope["query_string"].decode("latin-1")
    raw = scope["raw_path"].decode("latin-1")
    server, client = scope.get("server") or ("", None), scope.get("client") or ("", None)
    environ: dict[str, Any] = {
        "REQUEST_METHOD": scope["method"],
        "REQUEST_URI": f"{raw}?{query}" if query else raw,
        "SCRIPT_NAME": "",
        "PATH_INFO": scope["path"].encode().decode("latin-1"),
        "QUERY_STRING": query,
        "SERVER_NAME": server[0],
        "SERVER_PORT": str(server[1] or ""),
        "SERVER_PROTOCOL": f"HTTP/{scope['http_version']}",
        "REMOTE_ADDR": client[0],
        "wsgi.version": (1, 0),
        "wsgi.url_scheme": scope["scheme"],
        "wsgi.input": io.BytesIO(),
        "wsgi.errors": sys.stderr,
        "wsgi.multithread": True,
        "wsgi.multiprocess": True,
        "wsgi.run_once": False,
    }
    for name, value in scope["headers"]:
        if name == b"host" and ("HTTP_HOST" in environ or not _HOST.fullmatch(value)):
            raise RefusedRequest(400, "A request names one host, and no more than its port.")
        _add(environ, _key(name), value.decode("latin-1"))
    return environ


async def take_body(
    environ: dict[str, Any], scope: Scope, receive: Receive, limits: Limits
) -> None:
    """Read the whole body, sent with its length or in chunks, into the environment. Raises
    RefusedRequest."""
    if scope["method"] in WITHOUT_A_BODY:
        return
    body = await read_body(receive, limits)
    environ["wsgi.input"], environ["CONTENT_LENGTH"] = io.BytesIO(body), str(len(body))


_KEYS: dict[bytes, str] = {}


def _key(name: bytes) -> str:
    """Under which WSGI has a header; empty where it is left out. With an underscore in its name it
    would stand in the place of one with a hyphen, which a proxy may have set."""
    key = _KEYS.get(name)
    if key is None:
        upper = name.decode("latin-1").upper().replace("-", "_")
        key = "" if b"_" in name else f"HTTP_{upper}"
        if upper in ("CONTENT_TYPE", "CONTENT_LENGTH") and key:
            key = upper
        if len(_KEYS) < MOST_NAMES:
            _KEYS[name] = key
    return key


def _add(environ: dict[str, Any], key: str, value: str) -> None:
    if not key:
        return
    before = environ.get(key)
    if before is not None:
        value = f"{before}{'; ' if key == 'HTTP_COOKIE' else ','}{value}"
    environ[key] = value


def respond(application: Application, environ: dict[str, Any]) -> Answer:
    """What the application answers, all of it: a client that reads slowly keeps nobody here."""
    started: list[tuple[int, Headers]] = []

    def start_response(status: str, headers: Iterable[tuple[str, str]], *_: object) -> None:
        lower = ((name.lower().encode("latin-1"), text.encode("latin-1")) for name, text in headers)
        started.append((int(status[:3]), list(lower)))

    content = application(environ, start_response)
    try:
        body = b"".join(content)
    finally:
        if hasattr(content, "close"):
            content.close()
    return Answer(*started[-1], body)


async def answer(send: Send, given: Answer) -> None:
    headers = given.headers
    if not any(name == b"content-length" for name, _ in headers):
        headers = [*headers, (b"content-length", b"%d" % len(given.body))]
    await send({"type": "http.response.start", "status": given.status, "headers": headers})
    await send({"type": "http.response.body", "body": given.body})


def served(ask: Callable[[Scope, Receive], Awaitable[Answer]]) -> Server:
    """An ASGI application that sends what ``ask`` answers or raises as RefusedRequest."""

    async def serve(scope: Scope, receive: Receive, send: Send) -> None:
        try:
            given = await ask(scope, receive)
        except RefusedRequest as refused:
            given = refusal(refused.status, str(refused), scope["path"])
        except Exception:
            log.exception("No answer to %s %s", scope["method"], scope["path"])
            given = refusal(500, "Something went wrong; it has been logged.", scope["path"])
        await answer(send, given)

    return serve
