"""Requests byte by byte: what a browser, a client that means harm, or a broken one may send."""

import socket
from dataclasses import dataclass

from tests.flows.network import NAVIGATION, WAIT_SECONDS, Network


@dataclass(frozen=True)
class RawAnswer:
    """What came back on a connection until the server closed it."""

    raw: bytes

    @property
    def status(self) -> int:
        """0 for no answer at all."""
        return int(self.raw.split(b" ", 2)[1]) if self.raw.startswith(b"HTTP/1.1 ") else 0

    @property
    def answers(self) -> int:
        return self.raw.count(b"HTTP/1.1 ")

    def header(self, name: str) -> list[str]:
        """The values of a header, in the order in which they came."""
        head = self.raw.partition(b"\r\n\r\n")[0].decode("latin-1").split("\r\n")[1:]
        pairs = (line.partition(": ") for line in head)
        return [value for key, _, value in pairs if key.lower() == name]

    @property
    def body(self) -> bytes:
        return self.raw.partition(b"\r\n\r\n")[2]


def connect(network: Network) -> socket.socket:
    return socket.create_connection(("127.0.0.1", network.port), timeout=WAIT_SECONDS)


def talk(network: Network, raw: bytes, *, hang_up: bool = False) -> RawAnswer:
    """Send the bytes, and read until the server closes the connection. ``hang_up``: say that there
    are no more of them."""
    with connect(network) as caller:
        caller.sendall(raw)
        if hang_up:
            caller.shutdown(socket.SHUT_WR)
        received = b""
        while part := caller.recv(65_536):
            received += part
    return RawAnswer(received)


def request(
    target: str | bytes, host: str, *headers: bytes, method: str = "GET", body: bytes = b""
) -> bytes:
    """A browser's navigation, with more header lines as they are; the connection ends after it."""
    path = target.encode() if isinstance(target, str) else target
    usual = [f"{name}: {value}".encode() for name, value in NAVIGATION.items()]
    lines = [b"%s %s HTTP/1.1" % (method.encode(), path), b"Host: " + host.encode(), *usual]
    return b"\r\n".join([*lines, *headers, b"Connection: close", b"", b""]) + body
