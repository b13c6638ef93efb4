"""``manage.py demo``: a whole network on this machine, to click through by hand."""

import fcntl
import os
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from django.conf import settings
from django.core.management import call_command
from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.db import connections

from network import clock
from network.bootstrap import DEFAULT_PORT, say
from network.demo import cast, conditions, places, programs, seed
from network.models import User
from network.processes import ProcessError, Stopped, Supervisor, stop_on_signals

KILLED_ENDS_WITHIN_SECONDS = 30.0
LOOK_EVERY_SECONDS = 0.1


class Command(BaseCommand):
    help = (
        "Run a network of one's own: network site, tracking host, a shop, a blog and a browser "
        "extension's page, with a worker, beat and drain, on PostgreSQL and Valkey that come "
        "along. Fills it with some life when it is empty. Ctrl-C stops everything; the data stays."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument(
            "--port", type=int, default=DEFAULT_PORT, help=f"default: {DEFAULT_PORT}"
        )
        parser.add_argument("--fresh", action="store_true", help="throw away the data, start anew")

    def handle(self, *args: Any, **options: Any) -> None:
        try:
            conditions.check()
            if options["fresh"]:
                conditions.check_fresh()
            with stop_on_signals(), only_one(settings.DATA_DIR) as lock:
                _prepare()
                self._run(lock)
        except (conditions.Unfit, programs.ProgramEnded, ProcessError, TimeoutError) as error:
            raise CommandError(str(error)) from error

    def _run(self, lock: int) -> None:
        with Supervisor(hold=[lock]) as supervisor:
            say("starting web, worker, beat and drain.")
            programs.start(supervisor)
            self.stdout.write("\n".join(table()))
            self.stdout.flush()
            connections.close_all()
            say(f"logs are in {programs.logs()}; Ctrl-C stops everything.")
            try:
                ended = supervisor.wait()
            except Stopped as stopped:
                say(f"stopping ({stopped}); the data stays in {settings.DATA_DIR.absolute()}.")
                raise
        assert ended is not None
        raise programs.ProgramEnded(ended, programs.log_of(ended.name))


def table() -> list[str]:
    """Where everything is, and how to sign in."""
    addresses = (
        ("Network", f"{settings.SITE_URL}/"),
        ("Admin", f"{settings.SITE_URL}/admin/"),
        ("Publisher", f"{settings.SITE_URL}/dashboard/{cast.BLOG}/"),
        ("Shop", places.url(places.SHOP)),
        ("Blog", places.url(places.BLOG)),
        ("Extension", places.url(places.EXTENSION)),
        ("A link", places.tracking_link(cast.SHOP, cast.BLOG)),
    )
    people = set(User.objects.values_list("username", flat=True))
    return [
        "",
        *(f"  {name:<11}{address}" for name, address in addresses),
        "",
        "  Sign in as  with password",
        *(
            f"  {person.username:<12}{cast.PASSWORD:<10}{person.role}"
            for person in cast.PEOPLE
            if person.username in people
        ),
        "",
    ]


@contextmanager
def only_one(data: Path) -> Iterator[int]:
    """Hold the data folder against a second demo; gives the lock, which the demo's processes keep
    until the last has ended. Waits for those of one that was killed. Raises Unfit."""
    data.mkdir(mode=0o700, parents=True, exist_ok=True)
    lock = os.open(data / "demo.lock", os.O_RDWR | os.O_CREAT, 0o600)
    try:
        until = time.monotonic() + KILLED_ENDS_WITHIN_SECONDS
        while not _try_lock(lock):
            owner = int(os.pread(lock, 20, 0) or 0)
            if _runs(owner) or time.monotonic() > until:
                raise conditions.Unfit(
                    f"another demo (process {owner}) runs on the data folder {data.absolute()}. "
                    "Stop that first, or name another folder with SOFTCLICK_DATA."
                )
            time.sleep(LOOK_EVERY_SECONDS)
        os.ftruncate(lock, 0)
        os.pwrite(lock, str(os.getpid()).encode(), 0)
        yield lock
    finally:
        os.close(lock)


def _try_lock(lock: int) -> bool:
    try:
        fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    return True


def _runs(process: int) -> bool:
    try:
        os.kill(process, 0)
    except ProcessLookupError:
        return False
    except PermissionError:
        return True
    return process > 0


def _prepare() -> None:
    """Bring the database up to date, and fill an empty one."""
    call_command("migrate", verbosity=0, interactive=False)
    if seed.is_empty():
        say("filling the network with ten days of life.")
        seed.clear_leftovers()
        seed.seed(clock.now())
    seed.follow_port()
