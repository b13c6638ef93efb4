"""What else a network does while clicks come in: the drain, reports of sales, the closing of sales,
what-ifs, and pages that people open, each in a process of its own."""

import http.client
import itertools
import multiprocessing
import os
import socket
import sys
import threading
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import timedelta
from itertools import cycle
from multiprocessing.connection import Connection as Pipe
from multiprocessing.pool import ThreadPool
from multiprocessing.process import BaseProcess
from pathlib import Path
from urllib.parse import urlencode

from django.conf import settings
from django.contrib.auth import get_user_model
from django.db import connection
from django.test import Client
from django.urls import reverse

from network import clock
from network.bench.browsers import get
from network.bench.load import Plan
from network.bench.serving.steady import SteadyLoad
from network.bench.stage import READY_WITHIN_SECONDS, Stage, StageError
from network.local import web
from network.local.bootstrap import ROOT
from network.local.processes import tail
from network.models import Advertiser, User
from tracking.lifecycle.finalisation import finalise_due
from tracking.models import Conversion, SpoolHost
from tracking.rule.replay import Change
from tracking.spool import intake
from tracking.whatif import runs
from tracking.whatif.models import WhatIfRun
from tracking.whatif.results import Question

REPORTS_PER_SECOND = 15
"""As many for a click as at the largest published peak: 70 sales/s and 1,400 clicks/s."""
READERS, PAGES_PER_SECOND = 2, 20
"""So many people open so many pages a second together, as far as the site keeps up."""
WHATIF_DAYS = 90
CLOSING_PAUSE_SECONDS = 1.0
DRAINED_WITHIN_SECONDS = 120.0
FORK = multiprocessing.get_context("fork")


@dataclass(slots=True)
class Beside:
    """What was done beside the clicks: ``reports`` were answered, ``recorded`` of them are sales in
    PostgreSQL. What is counted in another process is read when that has ended."""

    shops: Sequence[Advertiser]
    seconds: float = 0.0
    reports: int = 0
    recorded: int = 0
    closed: int = 0
    left_open: int = 0
    whatifs: int = 0
    replayed: int = 0
    pages: int = 0
    wrong: list[str] = field(default_factory=list)

    @property
    def missing(self) -> int:
        return self.reports - self.recorded


@dataclass(frozen=True, slots=True)
class _Ended:
    """What a process says at its end."""

    done: int
    wrong: str = ""


Work = Callable[[float], _Ended]
"""Goes on for so many seconds."""


@contextmanager
def everything(
    running: Stage, beside: Beside, seconds: float, tokens: Sequence[str]
) -> Iterator[None]:
    """All of it runs by now, and for so long; it has ended after the block. Each report of a sale
    brings a token. Raises StageError and OSError."""
    asker = get_user_model().objects.create_superuser("reader")
    site = _start_site(running)
    running.start("drain", (sys.executable, str(ROOT / "manage.py"), "drain"))
    _await_the_drain()
    closing, asked, _ = (shop.pk for shop in beside.shops)
    works: Mapping[str, Work] = {
        "reports": _reports(running, tokens),
        "pages": _pages(site, asker),
        "closing": _so_long(lambda: _close(closing)),
        "whatifs": _so_long(lambda: _ask_whatifs(asked, asker)),
    }
    started = time.perf_counter()
    with _processes(works, seconds) as ended:
        yield
        beside.seconds = time.perf_counter() - started
    beside.reports, beside.pages = ended["reports"].done, ended["pages"].done
    beside.wrong += [one.wrong for one in ended.values() if one.wrong]
    running.supervisor.stop("site")
    running.supervisor.stop("drain")


def count(beside: Beside, site: int) -> None:
    """Count what is in PostgreSQL in the end; ``site`` is the advertiser that reports came to."""
    closing = Conversion.objects.filter(advertiser=beside.shops[0])
    done = WhatIfRun.objects.filter(status=WhatIfRun.Status.DONE)
    beside.recorded = Conversion.objects.filter(advertiser=site).count()
    beside.left_open = closing.filter(closed_at=None).count()
    beside.closed = closing.count() - beside.left_open
    beside.whatifs = done.count()
    beside.replayed = sum(WhatIfRun.objects.values_list("counted", flat=True))


# --- Processes --------------------------------------------------------------------------------


@contextmanager
def _processes(works: Mapping[str, Work], seconds: float) -> Iterator[dict[str, _Ended]]:
    """Each at work for so long; what they say, once the block is over. One that says nothing has
    died."""
    connection.close()  # each has its own
    ended: dict[str, _Ended] = {}
    pipes, processes = {}, []
    for name, work in works.items():
        pipes[name], theirs = FORK.Pipe(duplex=False)
        processes.append(_begin(name, work, seconds, theirs))
        theirs.close()
    try:
        yield ended
        for name, pipe in pipes.items():
            try:
                ended[name] = pipe.recv()
            except EOFError:
                ended[name] = _Ended(0, f"{name}: the process died.")
    finally:
        for process in processes:
            process.terminate()
            process.join()


def _begin(name: str, work: Work, seconds: float, pipe: "Pipe[_Ended, _Ended]") -> BaseProcess:
    def run() -> None:
        os.setsid()  # Linux shares the processor out by sessions, and each program has its own
        try:
            pipe.send(work(seconds))
        except Exception as error:
            pipe.send(_Ended(0, f"{name}: {error!r}"))

    process = FORK.Process(target=run, daemon=True)
    process.start()
    return process


# --- The works --------------------------------------------------------------------------------


def _so_long(work: Callable[[], object]) -> Work:
    """Work that is left, wherever it stands, when its time is over: PostgreSQL takes back what is
    half done."""

    def run(seconds: float) -> _Ended:
        failed: list[str] = []

        def try_it() -> None:
            try:
                work()
            except Exception as error:
                failed.append(repr(error))

        thread = threading.Thread(target=try_it, daemon=True)
        thread.start()
        thread.join(seconds)
        return _Ended(0, *failed)

    return run


def _close(advertiser: int) -> None:
    """As beat has it done, only more often."""
    while True:
        finalise_due(clock.now(), [advertiser])
        time.sleep(CLOSING_PAUSE_SECONDS)


def _ask_whatifs(advertiser: int, asker: User) -> None:
    for number in itertools.count():
        now = clock.now()
        since = now - timedelta(days=WHATIF_DAYS, seconds=number)  # else the last is the answer
        question = Question({advertiser: Change(hard_days=7, soft_hours=1)}, since, now)
        runs.work(runs.start(question, now, made_by=asker).pk)


def _reports(running: Stage, tokens: Sequence[str]) -> Work:
    requests = [_report(running, token, order) for order, token in enumerate(tokens)]
    plan = Plan(requests, is_taken)

    def report(seconds: float) -> _Ended:
        seconds = min(seconds, len(requests) / REPORTS_PER_SECOND)
        round_ = SteadyLoad(running.site.address).run(plan, REPORTS_PER_SECOND, seconds)
        wrong = f"a report was answered: {round_.first_wrong!r}" if round_.wrong else ""
        return _Ended(len(round_.took), wrong)

    return report


def _report(running: Stage, token: str, order: int) -> bytes:
    query = urlencode({"order": f"bench-{order}", "amount": "49.90", "click": token})
    return get(running.site.host, f"/t/{running.site.advertiser}/pixel.gif?{query}", {})


def is_taken(answer: bytes) -> bool:
    """The picture, without a word about anything that was wrong."""
    return answer.startswith(b"HTTP/1.1 200 ") and b"x-softclick-error" not in answer.lower()


def _pages(site: Path, reader: User) -> Work:
    client = Client()
    client.force_login(reader)
    cookie = f"{settings.SESSION_COOKIE_NAME}={client.cookies[settings.SESSION_COOKIE_NAME].value}"

    def read(seconds: float) -> _Ended:
        with ThreadPool(READERS) as threads:
            readers = threads.map(lambda _: _read(site, cookie, seconds), range(READERS))
        wrong = [one.wrong for one in readers if one.wrong]
        return _Ended(sum(one.done for one in readers), " ".join(wrong))

    return read


def _read(site: Path, cookie: str, seconds: float) -> _Ended:
    until, done = time.monotonic() + seconds, 0
    caller = _OverSocket(site)
    for path in cycle(_paths()):
        begun = time.monotonic()
        if begun >= until:
            break
        caller.request("GET", path, headers={"Host": settings.SITE_HOST, "Cookie": cookie})
        response = caller.getresponse()
        response.read()
        if response.status != 200:
            return _Ended(done, f"{path} was answered {response.status}.")
        done += 1
        time.sleep(max(0.0, begun + READERS / PAGES_PER_SECOND - time.monotonic()))
    caller.close()
    return _Ended(done)


def _paths() -> Sequence[str]:
    """The home page, lists of sales and of partners."""
    names = ("index", "tracking_conversion_changelist", "publishers_partnership_changelist")
    return [reverse(f"admin:{name}") for name in names]


# --- The site ---------------------------------------------------------------------------------


class _OverSocket(http.client.HTTPConnection):
    """A connection to a server on a unix socket."""

    def __init__(self, path: Path) -> None:
        super().__init__("localhost", timeout=READY_WITHIN_SECONDS)
        self._path = path

    def connect(self) -> None:
        self.sock = socket.socket(socket.AF_UNIX)
        self.sock.settimeout(self.timeout)
        self.sock.connect(str(self._path))


def _start_site(running: Stage) -> Path:
    """The site's server, by its socket, once it answers."""
    path = Path(running.environment["SOFTCLICK_DATA"]) / "site"
    running.start("site", web.command(web.SITE, workers=1, socket=path))
    until = time.monotonic() + READY_WITHIN_SECONDS
    while not _answers(path):
        if time.monotonic() > until:
            log = tail(running.log_of("site"))
            raise StageError(f"the site does not answer. Its log ends:\n{log}")
        time.sleep(0.05)
    return path


def _await_the_drain() -> None:
    """Nothing is closed before a spool has been drained once."""
    until = time.monotonic() + DRAINED_WITHIN_SECONDS
    while not SpoolHost.objects.filter(drained_to__gt=intake.NEVER).exists():
        if time.monotonic() > until:
            raise StageError("the drain does not come to the end of the spool.")
        time.sleep(0.1)


def _answers(path: Path) -> bool:
    caller = _OverSocket(path)
    try:
        caller.request("GET", reverse("account_login"), headers={"Host": settings.SITE_HOST})
        return caller.getresponse().status == 200
    except OSError:
        return False
    finally:
        caller.close()
