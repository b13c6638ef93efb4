"""A thousand connections that bring nothing, or half of something, or read nothing, take no
click's place; the server ends those that do not go on."""

import resource
import socket
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from statistics import median

import pytest
from django.conf import settings

from tests.flows.network import Network
from tests.flows.shopping import Market
from tests.flows.wire import RawAnswer, connect

HELD = 1_000
CLICKS = 40
SLOWER = 20
"""How many times longer a click may take meanwhile: generous, for machines that are busy. It took
for ever."""
HOST = settings.TRACKING_HOST.encode()
HALF_HEAD = b"GET /t/1/c/1 HTTP/1.1\r\nHost: " + HOST + b"\r\nX-Slow: "
HALF_BODY = b"POST /t/1/sale HTTP/1.1\r\nHost: %s\r\nContent-Length: 60000\r\n\r\n{"
UNREAD = b"GET /t/1/tag.js HTTP/1.1\r\nHost: " + HOST + b"\r\n\r\n"
"""Nobody reads the answer."""


@pytest.fixture(autouse=True)
def many_files() -> Iterator[None]:
    """Each connection is one."""
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    wanted = HELD + 1_000
    if soft < wanted:
        resource.setrlimit(resource.RLIMIT_NOFILE, (min(wanted, hard), hard))
    yield
    resource.setrlimit(resource.RLIMIT_NOFILE, (soft, hard))


@contextmanager
def held(network: Network, *openings: bytes, count: int = HELD) -> Iterator[list[socket.socket]]:
    """So many connections, with one of these said on each in turn."""
    with ExitStack() as stack:
        callers = []
        for number in range(count):
            caller = stack.enter_context(connect(network))
            caller.sendall(openings[number % len(openings)])
            callers.append(caller)
        yield callers


def seconds_of_clicks(network: Network, market: Market) -> list[float]:
    """What each took, of a browser of its own."""
    taken = []
    for _ in range(CLICKS):
        started = time.perf_counter()
        assert network.click(market.id, market.blog.publisher_id).is_tracked
        taken.append(time.perf_counter() - started)
    return taken


@pytest.mark.parametrize(
    "openings",
    [
        pytest.param((b"",), id="idle"),
        pytest.param((HALF_HEAD,), id="half_heads"),
        pytest.param((HALF_BODY % HOST,), id="half_bodies"),
        pytest.param((HALF_BODY % settings.SITE_HOST.encode(),), id="half_bodies_for_the_site"),
        pytest.param((UNREAD,), id="slow_readers"),
        pytest.param((b"", HALF_HEAD, HALF_BODY % HOST, UNREAD), id="all_kinds"),
    ],
)
def test_clicks_are_answered_meanwhile(
    network: Network, market: Market, openings: tuple[bytes, ...]
) -> None:
    before = median(seconds_of_clicks(network, market))
    with held(network, *openings):
        meanwhile = median(seconds_of_clicks(network, market))
    assert meanwhile < SLOWER * before


def said_until_closed(caller: socket.socket) -> RawAnswer:
    received = b""
    while part := caller.recv(65_536):
        received += part
    return RawAnswer(received)


@pytest.mark.parametrize(
    ("opening", "status"),
    [
        pytest.param(b"", 0, id="idle"),
        pytest.param(HALF_HEAD, 0, id="half_head"),
        pytest.param(HALF_BODY % HOST, 408, id="half_body"),
        pytest.param(b"GET /x HTTP/1.1\r\nHost: " + HOST + b"\r\n\r\n", 404, id="kept_alive"),
    ],
)
def test_what_does_not_go_on_is_ended(network: Network, opening: bytes, status: int) -> None:
    with held(network, opening, count=1) as [caller]:
        assert said_until_closed(caller).status == status
