"""``manage.py drain``: take what this host's spool holds into PostgreSQL, until it is stopped."""

import fcntl
import logging
import signal
import threading
from pathlib import Path
from typing import Any, TextIO

from django.conf import settings
from django.core.exceptions import ImproperlyConfigured
from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.db import DatabaseError, InterfaceError, close_old_connections, connection

from network import clock
from network.project import history
from network.project.checks import stop_unsafe_start
from tracking.clicks import partitions
from tracking.spool import intake

IDLE_SECONDS = 0.1
RETRY_SECONDS = 1.0

log = logging.getLogger(__name__)


class Command(BaseCommand):
    help = "Take the records that this host's spool holds into PostgreSQL."
    requires_system_checks = []  # those of pages and models would load them; see handle

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--once", action="store_true", help="Stop when the spool is empty.")

    def handle(self, *args: Any, **options: Any) -> None:
        try:
            stop_unsafe_start()
        except ImproperlyConfigured as error:
            raise CommandError(str(error)) from error
        stop = threading.Event()
        for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
            signal.signal(number, lambda *_: stop.set())
        folder = Path(settings.SPOOL_DIR)
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        with (folder / "drain.lock").open("w") as lock:
            if not _wait_for(lock, stop):
                return
            self._drain(folder, stop, once=options["once"])

    def _drain(self, folder: Path, stop: threading.Event, once: bool) -> None:
        registered = False
        while not stop.is_set():
            try:
                if not registered:
                    history.check()  # what is only missing may be on its way: tried again
                    partitions.ensure(clock.now())
                    intake.register(settings.SPOOL_HOST, clock.now())
                    registered = True
                close_old_connections()
                taken = intake.drain(folder, settings.SPOOL_HOST, clock.now())
            except (DatabaseError, InterfaceError) as error:
                log.warning("PostgreSQL does not take records, trying again: %s", error)
                connection.close()
                stop.wait(RETRY_SECONDS)
                continue
            if not taken:
                if once:
                    return
                stop.wait(IDLE_SECONDS)


def _wait_for(lock: TextIO, stop: threading.Event) -> bool:
    """Hold the spool's lock: one drain per host, a second one stands by. False: stopped."""
    waiting = False
    while not stop.is_set():
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            if not waiting:
                log.info("Another drain empties this spool; standing by.")
            waiting = True
            stop.wait(IDLE_SECONDS)
        else:
            return True
    return False
