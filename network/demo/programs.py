"""The processes of a running demo: web, worker, beat and drain, each with a log of its own."""

import http.client
import os
import sys
import time
from collections.abc import Mapping, Sequence
from pathlib import Path

from django.conf import settings

from network.bootstrap import OFF_SWITCH, ROOT
from network.demo import cast, places
from network.processes import Ended, Program, Supervisor, tail

READY_WITHIN_SECONDS = 60.0
LOOK_EVERY_SECONDS = 0.05
WEB_WORKERS, TASK_WORKERS = 2, 2
WEB_THREADS = 32
"""In each web worker. A thread may hold a connection, and PostgreSQL takes 200 of them."""
WEB_GRACE_SECONDS = 3
"""A web worker that is told to end while it is still starting does not hear it."""
ADDRESS = "127.0.0.1"
"""Browsers and curl take ``*.localhost`` for ::1, too, and come here when nobody answers there."""


class ProgramEnded(Exception):
    """One of the demo's processes ended by itself; the message has the end of its log."""

    def __init__(self, ended: Ended, log: Path) -> None:
        super().__init__(f"{ended.name} ended (status {ended.status}). {log} ends:\n{tail(log)}")


def logs() -> Path:
    return settings.DATA_DIR.absolute() / "logs"


def log_of(name: str) -> Path:
    return logs() / f"{name}.log"


def programs() -> list[Program]:
    """What runs, besides the engines."""
    python = sys.executable
    celery = (python, "-m", "celery", "--app", "network.celery")
    schedule = settings.DATA_DIR.absolute() / "beat-schedule"
    web = f"--interface wsgi --no-ws --host {ADDRESS} --port {settings.PUBLIC_PORT}"
    web += f" --workers {WEB_WORKERS} --backpressure {WEB_THREADS} --respawn-failed-workers"
    web += f" --workers-kill-timeout {WEB_GRACE_SECONDS}"
    worker = f"--loglevel WARNING --concurrency {TASK_WORKERS} --without-gossip --without-mingle"
    beat = ("--loglevel", "WARNING", "--schedule", str(schedule))
    return [
        _program("web", (python, "-m", "granian", *web.split(), "network.wsgi:application")),
        _program("worker", (*celery, "worker", *worker.split())),
        _program("beat", (*celery, "beat", *beat)),
        _program("drain", (python, str(ROOT / "manage.py"), "drain")),
    ]


def start(supervisor: Supervisor) -> None:
    """Start everything, with fresh logs; those of the run before are kept beside them. Returns
    when every page that the demo prints answers. Raises ProgramEnded, TimeoutError."""
    web, *others = programs()
    _start(supervisor, web)
    _await_web(supervisor)
    for program in others:  # only now: on few cores they would keep the pages back
        _start(supervisor, program)


def _start(supervisor: Supervisor, program: Program) -> None:
    if program.log.exists():
        program.log.replace(program.log.with_suffix(".previous.log"))
    supervisor.start(program)


def _await_web(supervisor: Supervisor) -> None:
    until = time.monotonic() + READY_WITHIN_SECONDS
    waiting = [
        (settings.SITE_HOST, "/"),
        (settings.TRACKING_HOST, f"/t/{cast.SHOP}/tag.js"),
        (places.SHOP, "/"),
    ]
    while waiting:
        if _answers(*waiting[0]):
            waiting.pop(0)
            continue
        ended = supervisor.wait(LOOK_EVERY_SECONDS)
        if ended:
            raise ProgramEnded(ended, log_of(ended.name))
        if time.monotonic() > until:
            raise TimeoutError(f"{waiting[0][0]} does not answer; see {log_of('web')}.")


def _program(name: str, argv: Sequence[str]) -> Program:
    return Program(
        name=name, argv=tuple(argv), log=log_of(name), environment=_environment(), folder=ROOT
    )


def _environment() -> Mapping[str, str]:
    """This process's, with what it has found out: the processes need no way in of their own."""
    return os.environ | {
        OFF_SWITCH: "1",
        "SOFTCLICK_MODE": settings.MODE,
        "SOFTCLICK_DATA": str(settings.DATA_DIR.absolute()),
        "PUBLIC_PORT": str(settings.PUBLIC_PORT),
        "PYTHONUNBUFFERED": "1",
    }


def _answers(host: str, path: str) -> bool:
    """Whether the page is there: anything but an error of the server, or none at all."""
    caller = http.client.HTTPConnection(ADDRESS, settings.PUBLIC_PORT, timeout=10)
    try:
        caller.request("GET", path, headers={"Host": f"{host}:{settings.PUBLIC_PORT}"})
        return caller.getresponse().status < 500
    except OSError:
        return False
    finally:
        caller.close()
