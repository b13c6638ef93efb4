"""What ends TLS in front of an installation, with a certificate that a test's own authority signed.

Browsers treat cookies of a page over https as they do at a real shop; the processes behind speak
plain HTTP, as behind anybody's proxy.
"""

import contextlib
import socket
import ssl
import threading
from collections.abc import Iterator
from functools import cache
from socketserver import BaseRequestHandler, ThreadingTCPServer

import trustme

NAMES = ("*.localhost", "*.shop.localhost", "localhost")
CHUNK = 65_536


@cache
def server_context() -> ssl.SSLContext:
    """The certificate of every host that tests have."""
    context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    trustme.CA().issue_cert(*NAMES).configure_cert(context)
    return context


@contextlib.contextmanager
def front(port: int, target: int) -> Iterator[None]:
    """Take connections over TLS on a port of this machine, and pass them on to another."""
    server = _Front(("127.0.0.1", port), _Connection)
    server.target = target
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.05})
    thread.start()
    try:
        yield
    finally:
        server.shutdown()
        thread.join()
        server.server_close()


class _Front(ThreadingTCPServer):
    allow_reuse_address = True
    daemon_threads = True
    block_on_close = False
    target: int


class _Connection(BaseRequestHandler):
    server: _Front

    def handle(self) -> None:
        # A browser that closes a connection, or a process that is killed, is no error.
        with contextlib.suppress(OSError):
            outer = server_context().wrap_socket(self.request, server_side=True)
            with outer, socket.create_connection(("127.0.0.1", self.server.target)) as inner:
                back = threading.Thread(target=_pass_on, args=(inner, outer), daemon=True)
                back.start()
                _pass_on(outer, inner)
                back.join()


def _pass_on(source: socket.socket, target: socket.socket) -> None:
    with contextlib.suppress(OSError):
        while data := source.recv(CHUNK):
            target.sendall(data)
    with contextlib.suppress(OSError):
        target.shutdown(socket.SHUT_WR)
