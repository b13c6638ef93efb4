"""An HTTPS server on this machine that sends the bytes it is given."""

import socket
import ssl
import threading
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field

import trustme

from network.outside.web import Fetcher

HOST = "go.shop.example"


class AtHome:
    """A resolver to which every host is at these addresses."""

    def __init__(self, *addresses: str) -> None:
        self._addresses = addresses

    def cname(self, name: str) -> str | None:
        return None

    def txt(self, name: str) -> Sequence[str]:
        return []

    def addresses(self, name: str) -> Sequence[str]:
        return self._addresses


@dataclass
class Served:
    """``heads`` are the requests that came."""

    fetcher: Fetcher
    heads: list[bytes] = field(default_factory=list)


@contextmanager
def serving(*pieces: bytes, host: str = HOST, within_seconds: float = 5) -> Iterator[Served]:
    """A fetcher that reaches the server. It sends each piece, then waits until the caller is gone
    if the last piece is empty; else it ends the connection."""
    authority = trustme.CA()
    here = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    authority.issue_cert(host).configure_cert(here)
    there = ssl.create_default_context()
    authority.configure_trust(there)
    with socket.create_server(("127.0.0.1", 0)) as server:
        served = Served(
            Fetcher(
                AtHome("127.0.0.1"),
                port=server.getsockname()[1],
                tls=there,
                may_reach=lambda address: True,
                within_seconds=within_seconds,
            )
        )
        thread = threading.Thread(target=_serve, args=(server, here, pieces, served.heads))
        thread.start()
        try:
            yield served
        finally:
            _end(server)
            thread.join()


def _end(server: socket.socket) -> None:
    """A caller that says nothing ends it."""
    with socket.create_connection(server.getsockname()):
        pass


def _serve(
    server: socket.socket, tls: ssl.SSLContext, pieces: Sequence[bytes], heads: list[bytes]
) -> None:
    while True:
        plain, _ = server.accept()
        with plain:
            if not plain.recv(1, socket.MSG_PEEK):
                return
            _answer(plain, tls, pieces, heads.append)


def _answer(
    plain: socket.socket,
    tls: ssl.SSLContext,
    pieces: Sequence[bytes],
    note: Callable[[bytes], None],
) -> None:
    try:
        with tls.wrap_socket(plain, server_side=True) as connection:
            note(connection.recv(4096))
            for piece in pieces:
                connection.sendall(piece)
            if not pieces[-1]:
                connection.recv(1)
    except OSError:
        return  # it did not trust this server, or had enough
