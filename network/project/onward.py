"""One port for both servers: what is not for a tracking host is passed on to the site's.

For one machine without a proxy in front. It costs the server that passes it on no thread, however
long the site takes.
"""

import asyncio
from collections.abc import Iterator
from pathlib import Path

from network.project.bridge import Answer, RefusedRequest, Scope

CONNECT_SECONDS = 2.0
ANSWER_SECONDS = 120.0
OWN = {
    *(b"connection", b"keep-alive", b"proxy-connection", b"te", b"trailer", b"upgrade", b"expect"),
    *(b"transfer-encoding", b"content-length"),
}
"""Headers that are about one connection, and those that describe how the body is sent."""
FORWARDED = b"x-forwarded-"


async def pass_on(scope: Scope, body: bytes, socket: Path, *, behind_proxy: bool) -> Answer:
    """The site's answer. Raises RefusedRequest while the site does not answer."""
    try:
        async with asyncio.timeout(ANSWER_SECONDS):
            raw = await _ask(socket, b"".join(_request(scope, body, behind_proxy)))
    except (OSError, TimeoutError) as error:
        raise RefusedRequest(503, "The site does not answer. Try again in a minute.") from error
    head, _, content = raw.partition(b"\r\n\r\n")
    status, *lines = head.split(b"\r\n")
    is_head = scope["method"] == "HEAD"
    return Answer(int(status.split()[1]), list(_headers(lines, is_head)), content)


async def _ask(socket: Path, request: bytes) -> bytes:
    """Everything until the site closes the connection, as HTTP/1.0 has it."""
    async with asyncio.timeout(CONNECT_SECONDS):
        reader, writer = await asyncio.open_unix_connection(socket)
    try:
        writer.write(request)
        raw = await reader.read()
    finally:
        writer.close()
    if not raw.startswith(b"HTTP/1."):
        raise ConnectionError("the site closed the connection without an answer")
    return raw


def _request(scope: Scope, body: bytes, behind_proxy: bool) -> Iterator[bytes]:
    query = scope["query_string"]
    target = scope["raw_path"] + (b"?" + query if query else b"")
    yield b"%s %s HTTP/1.0\r\n" % (scope["method"].encode(), target)
    came_by = [(scope.get("client") or ("",))[0].encode()]
    for name, value in scope["headers"]:
        if name == b"x-forwarded-for" and behind_proxy:
            came_by.insert(-1, value)
        elif name not in OWN and (behind_proxy or not name.startswith(FORWARDED)):
            yield b"%s: %s\r\n" % (name, value)
    yield b"x-forwarded-for: %s\r\n" % b", ".join(came_by)
    yield b"content-length: %d\r\n\r\n" % len(body)
    yield body


def _headers(lines: list[bytes], is_head: bool) -> Iterator[tuple[bytes, bytes]]:
    """The answer to a HEAD has no body; how long it would be only the site knows."""
    for line in lines:
        name, _, value = line.partition(b":")
        is_own = name.lower() in OWN
        if not is_own or (is_head and name.lower() == b"content-length"):
            yield name.lower(), value.strip()
