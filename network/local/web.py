"""How the server in front of Django is started: granian, by its ASGI interface (decision 17)."""

import contextlib
import re
import sys
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path

TRACKING = "network.project.serve_tracking:application"
SITE = "network.project.serve_site:application"
HEAD_MS = 10_000
"""A connection that has not brought a whole request head by then is closed; so is an idle one."""
CONNECTIONS = 16_384
"""In each worker. It is a limit of connections, not of requests; at it nobody is let in."""
BACKLOG = 2_048
RESPAWN_SECONDS = 0.1
"""After which a worker that died is replaced."""
_LOST = re.compile(rb"Unexpected exit from (worker-[0-9]+)")
GRACE_SECONDS = 5
"""A worker that is told to end while it is still starting does not hear it."""


def command(
    application: str,
    *,
    workers: int,
    address: tuple[str, int] | None = None,
    socket: Path | None = None,
) -> tuple[str, ...]:
    """The server's command line, on an address (host and port) or a unix socket."""
    options = {
        "interface": "asginl",
        "http": "1",
        "workers": workers,
        "http1-header-read-timeout": HEAD_MS,
        "backpressure": CONNECTIONS,
        "backlog": BACKLOG,
        "workers-kill-timeout": GRACE_SECONDS,
        "respawn-interval": RESPAWN_SECONDS,
    }
    if address:
        options |= {"host": address[0], "port": address[1]}
    elif socket:
        options |= {"uds": socket, "uds-permissions": "600"}
    words = [word for name in options for word in (f"--{name}", str(options[name]))]
    switches = ("--no-ws", "--respawn-failed-workers")
    return (sys.executable, "-m", "granian", *words, *switches, application)


@dataclass(slots=True)
class WorkersLost:
    """What a server's log says of its workers that ended by themselves, as far as it was read. The
    server itself goes on, and nobody else is told."""

    log: Path
    read_to: int = 0

    def since(self) -> list[str]:
        """Those that ended since it was asked last, such as ``worker-1``."""
        with contextlib.suppress(FileNotFoundError), self.log.open("rb") as log:
            log.seek(self.read_to)
            written = log.read().rpartition(b"\n")[0]
            self.read_to += len(written)
            return [name.decode() for name in _LOST.findall(written)]
        return []


def remove_left_behind(command: Sequence[str]) -> None:
    """Remove the unix socket of a server that was killed: the next one with this command line would
    not start."""
    for option, value in pairwise(command):
        if option == "--uds":
            Path(value).unlink(missing_ok=True)
