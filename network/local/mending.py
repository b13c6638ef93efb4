"""Engines that ended by themselves are started again, for as long as a command uses them."""

import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager

from network.local.bootstrap import say
from network.local.processes import ProcessError
from network.local.servers import Servers

LOOK_EVERY_SECONDS = 0.25
PAUSE_SECONDS = 0.5
"""Between two attempts: what is left of a killed PostgreSQL takes a moment to end."""


@contextmanager
def mended(running: Servers, announce: Callable[[], object]) -> Iterator[None]:
    """Watch them in a thread of its own, which alone uses their supervisor while the block lasts.
    ``announce`` is called when one was started again."""
    over = threading.Event()
    thread = threading.Thread(target=_watch, args=(running, announce, over), name="engines")
    thread.start()
    try:
        yield
    finally:
        over.set()
        thread.join()


def _watch(running: Servers, announce: Callable[[], object], over: threading.Event) -> None:
    by_name = {server.name: server for server in running.all()}
    told: set[str] = set()
    try:
        while not over.is_set():
            ended = running.supervisor.wait(LOOK_EVERY_SECONDS)
            if ended is None:
                told.clear()
                continue
            server = by_name[ended.name]
            if ended.name not in told:
                said = f"{ended.name} ended (status {ended.status}); it is started again."
                say(f"{said} See {server.log}")
            told.add(ended.name)
            over.wait(PAUSE_SECONDS)
            server.start()
            announce()
    except ProcessError as error:
        say(f"the engines are watched no longer: {error}")
