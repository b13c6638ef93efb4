"""A mail server of a test's own, which speaks as much SMTP as Django needs."""

import socketserver
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from email import message_from_bytes, policy
from email.message import EmailMessage
from typing import Any


@dataclass
class MailServer:
    """What it took in; addresses in ``refused`` it does not know."""

    port: int = 0
    taken: list[EmailMessage] = field(default_factory=list)
    refused: set[str] = field(default_factory=set)


class _Session(socketserver.StreamRequestHandler):
    def handle(self) -> None:
        self.say("220 here")
        for line in self.rfile:
            command = line.decode().strip()
            if command.upper().startswith("RCPT"):
                address = command.partition("<")[2].rstrip(">")
                known = address not in self.server.mails.refused  # type: ignore[attr-defined]
                self.say("250 ok" if known else "550 no such user")
            elif command.upper() == "DATA":
                self.take()
            elif command.upper() == "QUIT":
                self.say("221 bye")
                return
            else:
                self.say("250 ok")

    def take(self) -> None:
        self.say("354 go on")
        lines = []
        for line in self.rfile:
            if line == b".\r\n":
                break
            lines.append(line.removeprefix(b"."))
        message: Any = message_from_bytes(b"".join(lines), policy=policy.default)
        self.server.mails.taken.append(message)  # type: ignore[attr-defined]
        self.say("250 taken")

    def say(self, line: str) -> None:
        self.wfile.write(line.encode() + b"\r\n")


@contextmanager
def mail_server() -> Iterator[MailServer]:
    """Answers on a port of its own until the end of the block."""
    mails = MailServer()
    with socketserver.ThreadingTCPServer(("127.0.0.1", 0), _Session) as server:
        server.daemon_threads = True
        server.mails = mails  # type: ignore[attr-defined]
        mails.port = server.server_address[1]
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
        thread.start()
        try:
            yield mails
        finally:
            server.shutdown()
            thread.join()
