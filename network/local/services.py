"""The processes of a network on one machine (tracking, site, worker, beat and drain), each with its
log."""

import http.client
import os
import sys
import tempfile
import time
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import NoReturn

from django.conf import settings
from django.db import connections

from network.local import web
from network.local.bootstrap import ROOT, say
from network.local.hold import try_lock
from network.local.machine import OFF_SWITCH
from network.local.processes import Ended, Program, Stopped, Supervisor, tail

KILLED_ENDS_WITHIN_SECONDS = 30.0
READY_WITHIN_SECONDS = 60.0
LOOK_EVERY_SECONDS = 0.05
LOOK_FOR_WORKERS_SECONDS = 1.0
MOST_DEATHS, WITHIN_SECONDS = 5, 60.0
"""A program that dies more often than so within so long is not started again."""
TRACKING_WORKERS, SITE_WORKERS, TASK_WORKERS = 2, 1, 2
ADDRESS = "127.0.0.1"
"""Browsers and curl take ``*.localhost`` for ::1, too, and come here when nobody answers there."""


@dataclass(frozen=True, slots=True)
class Page:
    """A page that answers once the servers are up."""

    host: str
    path: str


class Unserved(Exception):
    """The processes cannot run, or do not run any more; the message says why."""


class ProgramEnded(Unserved):
    """One of the processes ended by itself; the message has the end of its log."""

    def __init__(self, ended: Ended, log: Path) -> None:
        super().__init__(f"{ended.name} ended (status {ended.status}). {log} ends:\n{tail(log)}")


def logs() -> Path:
    return settings.DATA_DIR.absolute() / "logs"


def log_of(name: str) -> Path:
    return logs() / f"{name}.log"


def programs(site: Path) -> list[Program]:
    """What runs, besides the engines. The tracking host's server has the port, and passes on to the
    ``site``'s socket what is for another host."""
    python = sys.executable
    celery = (python, "-m", "celery", "--app", "network.celery")
    schedule = settings.DATA_DIR.absolute() / "beat-schedule"
    worker = f"--loglevel WARNING --concurrency {TASK_WORKERS} --without-gossip --without-mingle"
    beat = ("--loglevel", "WARNING", "--schedule", str(schedule))
    address = (ADDRESS, settings.PUBLIC_PORT)
    tracking = web.command(web.TRACKING, workers=TRACKING_WORKERS, address=address)
    proxies = str(settings.TRUSTED_PROXIES + 1)
    return [
        _program(
            "site",
            web.command(web.SITE, workers=SITE_WORKERS, socket=site),
            TRUSTED_PROXIES=proxies,
        ),
        _program("tracking", tracking, SITE_SOCKET=str(site)),
        _program("worker", (*celery, "worker", *worker.split())),
        _program("beat", (*celery, "beat", *beat)),
        _program("drain", (python, str(ROOT / "manage.py"), "drain")),
    ]


def serve(lock: int, pages: Iterable[Page], tell: Callable[[], object]) -> NoReturn:
    """Run everything until it is stopped, and start again what ends by itself; ``tell`` is called
    once the pages answer. Raises Stopped on a signal, Unserved where it does not come up or ends
    again and again, ProcessError."""
    with Supervisor(hold=[lock]) as supervisor:
        say("starting tracking, site, worker, beat and drain.")
        running = start(supervisor, pages)
        tell()
        sys.stdout.flush()
        connections.close_all()
        say(f"logs are in {logs()}; Ctrl-C stops everything.")
        try:
            _keep_running(supervisor, running)
        except Stopped as stopped:
            say(f"stopping ({stopped}); the data stays in {settings.DATA_DIR.absolute()}.")
            raise


def _keep_running(supervisor: Supervisor, running: Mapping[str, Program]) -> NoReturn:
    deaths: dict[str, list[float]] = {name: [] for name in running}
    workers = {name: web.WorkersLost(log_of(name)) for name in ("site", "tracking")}
    while True:
        ended = supervisor.wait(LOOK_FOR_WORKERS_SECONDS)
        for name, lost in workers.items():
            for worker in lost.since():
                say(f"{worker} of {name} ended; it is replaced. See {lost.log}")
        if ended is None:
            continue
        program, died = running[ended.name], deaths[ended.name]
        died.append(time.monotonic())
        if len(died) > MOST_DEATHS and died[-1] - died[-1 - MOST_DEATHS] < WITHIN_SECONDS:
            raise ProgramEnded(ended, program.log)
        say(f"{ended.name} ended (status {ended.status}); it is started again. See {program.log}")
        web.remove_left_behind(program.argv)
        supervisor.start(program)


@contextmanager
def only_one(name: str, data: Path) -> Iterator[int]:
    """Hold the data folder against a second command of this name; gives the lock, which the
    processes keep until the last has ended. Waits for those of one that was killed. Raises
    Unserved."""
    data.mkdir(mode=0o700, parents=True, exist_ok=True)
    lock = os.open(lock_of(name, data), os.O_RDWR | os.O_CREAT, 0o600)
    try:
        until = time.monotonic() + KILLED_ENDS_WITHIN_SECONDS
        while not try_lock(lock):
            owner = int(os.pread(lock, 20, 0) or 0)
            if _runs(owner) or time.monotonic() > until:
                raise Unserved(
                    f"another {name} (process {owner}) runs on the data folder {data.absolute()}. "
                    "Stop that first, or name another folder with SOFTCLICK_DATA."
                )
            time.sleep(LOOK_EVERY_SECONDS)
        os.ftruncate(lock, 0)
        os.pwrite(lock, str(os.getpid()).encode(), 0)
        yield lock
    finally:
        os.close(lock)


def lock_of(name: str, data: Path) -> Path:
    """The file that is there once the command ran on the data folder."""
    return data / f"{name}.lock"


def start(supervisor: Supervisor, pages: Iterable[Page]) -> dict[str, Program]:
    """Start everything, with fresh logs; those of the run before are kept beside them. Returns
    what runs, by name, when the site and these pages answer. Raises Unserved."""
    folder = Path(tempfile.mkdtemp(prefix="sc-"))  # a socket's whole path must be short
    supervisor.remove_at_end(folder)
    site, tracking, *others = programs(folder / "site")
    _start(supervisor, site)
    _start(supervisor, tracking)
    _await_pages(supervisor, [Page(settings.SITE_HOST, "/"), *pages])
    for program in others:  # only now: on few cores they would keep the pages back
        _start(supervisor, program)
    return {program.name: program for program in (site, tracking, *others)}


def _start(supervisor: Supervisor, program: Program) -> None:
    if program.log.exists():
        program.log.replace(program.log.with_suffix(".previous.log"))
    supervisor.start(program)


def _await_pages(supervisor: Supervisor, waiting: list[Page]) -> None:
    until = time.monotonic() + READY_WITHIN_SECONDS
    while waiting:
        if _answers(waiting[0]):
            waiting.pop(0)
            continue
        ended = supervisor.wait(LOOK_EVERY_SECONDS)
        if ended:
            raise ProgramEnded(ended, log_of(ended.name))
        if time.monotonic() > until:
            raise Unserved(f"{waiting[0].host} does not answer; see {logs()}.")


def _program(name: str, argv: Sequence[str], **more: str) -> Program:
    own = {**environment(), **more}
    return Program(name=name, argv=tuple(argv), log=log_of(name), environment=own, folder=ROOT)


def environment() -> Mapping[str, str]:
    """This process's, with what it has found out: the processes need no way in of their own. What
    the database's owner may do is none of their business."""
    known = {name: os.environ[name] for name in os.environ if name != "MIGRATE_DATABASE_URL"}
    return known | {
        OFF_SWITCH: "1",
        "SOFTCLICK_MODE": settings.MODE,
        "SOFTCLICK_DATA": str(settings.DATA_DIR.absolute()),
        "PUBLIC_PORT": str(settings.PUBLIC_PORT),
        "PYTHONUNBUFFERED": "1",
    }


def _answers(page: Page) -> bool:
    """Whether the page is there: anything but an error of the server, or none at all."""
    caller = http.client.HTTPConnection(ADDRESS, settings.PUBLIC_PORT, timeout=10)
    try:
        caller.request("GET", page.path, headers={"Host": f"{page.host}:{settings.PUBLIC_PORT}"})
        return caller.getresponse().status < 500
    except OSError:
        return False
    finally:
        caller.close()


def _runs(process: int) -> bool:
    try:
        os.kill(process, 0)
    except ProcessLookupError:
        return False
    except PermissionError:
        return True
    return process > 0
