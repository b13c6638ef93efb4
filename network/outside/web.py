"""Reading a small file from somebody else's web server.

The host is what a user typed, so that it could lead to this machine or to one beside it. Its
address is looked up once, has to be public, and is the one that is connected to. Redirects are not
followed.
"""

import io
import socket
import ssl
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from enum import StrEnum
from http.client import HTTPException, HTTPResponse
from ipaddress import IPv6Address, IPv6Network, ip_address
from typing import Protocol

from network.outside.dns import Resolver

WITHIN_SECONDS = 5.0
"""From connecting to the last byte, however slowly the bytes come."""
MOST_BYTES = 64 * 1024
"""Of an answer, its head included."""
_ASSIGNED = IPv6Network("2000::/3")
"""Outside are the ways to write an IPv4 address as an IPv6 one that translators understand."""


class FetchProblem(StrEnum):
    """Why no answer came."""

    NO_ADDRESS = "no_address"
    NOT_PUBLIC = "not_public"
    UNREACHABLE = "unreachable"
    NO_TLS = "no_tls"
    """There is no certificate for the host that this machine trusts."""
    NO_HTTP = "no_http"
    TOO_LONG = "too_long"


class NotFetched(Exception):
    """No answer came."""

    def __init__(self, problem: FetchProblem) -> None:
        super().__init__(problem.value)
        self.problem = problem


@dataclass(frozen=True, slots=True)
class WebAnswer:
    """What a web server answered, a redirect included."""

    status: int
    body: bytes


def is_public(address: str) -> bool:
    """Whether the address is anybody's on the internet, and leads to no other one in disguise."""
    known = ip_address(address)
    if isinstance(known, IPv6Address) and (
        known not in _ASSIGNED or known.sixtofour or known.teredo
    ):
        return False
    return known.is_global and not known.is_multicast


class Web(Protocol):
    def get(self, host: str, path: str) -> WebAnswer:
        """What ``https://host/path`` answers. Raises NotFetched, and NoDnsAnswer of DNS."""


@dataclass(frozen=True, slots=True)
class Fetcher:
    """Asks over HTTPS, and checks the certificate. Tests pass in what differs for a server of their
    own."""

    resolver: Resolver
    port: int = 443
    tls: ssl.SSLContext = field(default_factory=ssl.create_default_context)
    may_reach: Callable[[str], bool] = is_public
    within_seconds: float = WITHIN_SECONDS

    def get(self, host: str, path: str) -> WebAnswer:
        addresses = self.resolver.addresses(host)
        if not addresses:
            raise NotFetched(FetchProblem.NO_ADDRESS)
        allowed = [address for address in addresses if self.may_reach(address)]
        if not allowed:
            raise NotFetched(FetchProblem.NOT_PUBLIC)
        return _parsed(self._ask(allowed[0], host, path))

    def _ask(self, address: str, host: str, path: str) -> bytes:
        until = time.monotonic() + self.within_seconds
        try:
            with (
                socket.create_connection((address, self.port), timeout=_left(until)) as plain,
                self.tls.wrap_socket(plain, server_hostname=host) as connection,
            ):
                connection.settimeout(_left(until))
                connection.sendall(_request(host, path))
                return _all_of(connection, until)
        except ssl.SSLError as error:
            raise NotFetched(FetchProblem.NO_TLS) from error
        except OSError as error:
            raise NotFetched(FetchProblem.UNREACHABLE) from error


def _left(until: float) -> float:
    """Seconds. Raises TimeoutError when there are none."""
    left = until - time.monotonic()
    if left <= 0:
        raise TimeoutError
    return left


def _request(host: str, path: str) -> bytes:
    """HTTP/1.0: the server says where the answer ends by ending the connection."""
    lines = (f"GET {path} HTTP/1.0", f"Host: {host}", "User-Agent: Softclick", "Accept: text/plain")
    return "".join(f"{line}\r\n" for line in (*lines, "")).encode("ascii")


def _all_of(connection: socket.socket, until: float) -> bytes:
    got = bytearray()
    while len(got) <= MOST_BYTES:
        connection.settimeout(_left(until))
        piece = connection.recv(MOST_BYTES)
        if not piece:
            return bytes(got)
        got += piece
    raise NotFetched(FetchProblem.TOO_LONG)


class _Received:
    """Bytes that are here, where the standard library wants a socket to parse from."""

    def __init__(self, received: bytes) -> None:
        self._received = received

    def makefile(self, mode: str) -> io.BytesIO:
        return io.BytesIO(self._received)


def _parsed(received: bytes) -> WebAnswer:
    response = HTTPResponse(_Received(received))  # type: ignore[arg-type] # it reads a file alone
    try:
        response.begin()
        return WebAnswer(response.status, response.read())
    except (HTTPException, ValueError) as error:
        raise NotFetched(FetchProblem.NO_HTTP) from error
