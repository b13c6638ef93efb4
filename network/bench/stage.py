"""A small network of its own to measure: a database and a spool that are thrown away, and a server
that runs the product beside the bare view."""

import http.client
import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import timedelta
from decimal import Decimal
from pathlib import Path
from socket import create_server
from typing import Any
from urllib.parse import urlsplit, urlunsplit

from django.conf import settings
from django.db import connection

from network import clock
from network.advertisers.terms import NewAdvertiser, create_advertiser
from network.bench import BARE_HOST
from network.bench.browsers import Site
from network.celery import app as celery
from network.database import owner
from network.local import services, web
from network.local.bootstrap import ROOT
from network.local.machine import OFF_SWITCH
from network.local.processes import Program, Supervisor, tail
from publishers.models import ModelType
from publishers.policy import deciding
from tracking.clicks import partitions

DATABASE = "softclick_bench"
DATABASE_OF_FEW = "softclick_bench_few"
"""A copy of it from when it had few rows."""
READY_WITHIN_SECONDS = 30.0
LOCAL = "127.0.0.1"
Environment = Mapping[str, str]


class StageError(Exception):
    """What is to be measured does not run; the message has the end of its log."""


@dataclass(frozen=True, slots=True)
class Stage:
    """What runs: ``server`` is the process id of the web server, whose workers are its children."""

    site: Site
    server: int
    environment: Environment
    supervisor: Supervisor

    def cpu_seconds(self) -> float:
        """The CPU time that the server has taken by now; 0 where psutil is not installed."""
        try:
            import psutil
        except ImportError:
            return 0.0
        server = psutil.Process(self.server)
        times = [process.cpu_times() for process in (server, *server.children(recursive=True))]
        return float(sum(each.user + each.system for each in times))

    def start(self, name: str, command: tuple[str, ...]) -> int:
        """Start another process of the network; its process id. Raises ProcessError."""
        return self.supervisor.start(
            Program(name, command, self.log_of(name), self.environment, folder=ROOT)
        )

    def log_of(self, name: str) -> Path:
        return Path(self.environment["SOFTCLICK_DATA"]) / f"{name}.log"

    def drain(self) -> float:
        """Stop the server, take in what its spool holds, and return the seconds that took."""
        self.supervisor.stop("tracking")
        started = time.perf_counter()
        command = [sys.executable, str(ROOT / "manage.py"), "drain", "--once"]
        subprocess.run(command, env=self.environment, check=True)  # noqa: S603
        return time.perf_counter() - started


@contextmanager
def stage(workers: int) -> Iterator[Stage]:
    """Raises StageError when the server does not start, and the database's errors."""
    with (
        tempfile.TemporaryDirectory(prefix="softclick-bench-") as folder,
        throwaway_database() as database,
        Supervisor() as supervisor,
    ):
        environment = _environment(Path(folder), database)
        with create_server((LOCAL, 0)) as taken:
            address = taken.getsockname()
        site = _seed(address)
        log = Path(folder) / "tracking.log"
        server = supervisor.start(_web(address, workers, environment, log))
        _await(address, log)
        yield Stage(site, server, environment, supervisor)


@contextmanager
def throwaway_database() -> Iterator[str]:
    """A database of its own on the same server, with the schema; this process uses it, too. Tasks
    that this process asks for from now on are dropped: a worker would look for their rows in the
    usual database."""
    celery.conf.update(broker_url="memory://localhost/")
    with owner.speaking(), alone():
        usual = str(connection.settings_dict["NAME"])
        connection.settings_dict["TEST"]["NAME"] = DATABASE
        connection.creation.create_test_db(verbosity=0, autoclobber=True, serialize=False)
        try:
            yield DATABASE
        finally:
            connection.creation.destroy_test_db(usual, verbosity=0)


@contextmanager
def alone() -> Iterator[None]:
    """Keep others from making the database meanwhile, and throw away what a benchmark has left that
    was killed, also while PostgreSQL is still busy with it. Raises StageError where one runs."""
    with postgres() as cursor:
        cursor.execute("SELECT pg_try_advisory_lock(hashtext(%s))", [DATABASE])
        if not cursor.fetchone()[0]:
            raise StageError("Another benchmark runs on this PostgreSQL. Wait until it has ended.")
        for name in (DATABASE, DATABASE_OF_FEW):
            cursor.execute(f"DROP DATABASE IF EXISTS {name} WITH (FORCE)")
        yield


@contextmanager
def postgres() -> Iterator[Any]:
    """A cursor in the database that every PostgreSQL has, from where others are made."""
    place = {**connection.get_connection_params(), "dbname": "postgres"}
    held = connection.get_new_connection(place)
    held.autocommit = True
    with held, held.cursor() as cursor:
        yield cursor


def _environment(folder: Path, database: str) -> Environment:
    url = urlsplit(os.environ.get("DATABASE_URL", "postgres:///softclick"))
    return {
        **services.environment(),
        OFF_SWITCH: "1",
        "SOFTCLICK_MODE": "test",
        "SECRET_KEY": settings.SECRET_KEY,  # a session that this process begins is known to all
        "SOFTCLICK_DATA": str(folder),
        "SPOOL_DIR": str(folder / "spool"),
        "DATABASE_URL": urlunsplit(url._replace(path=f"/{database}")),
        "INTAKE": "spool",
        "LOG_LEVEL": "WARNING",
    }


def _seed(address: tuple[str, int]) -> Site:
    """A shop with a content site and an extension, partners since yesterday."""
    since = clock.now() - timedelta(days=1)
    partitions.ensure(clock.now())
    shop = create_advertiser(
        NewAdvertiser(
            name="Shop",
            currency="GBP",
            landing_url="https://www.shop.example/",
            domains=["shop.example"],
            consent_default="store",
            percent=Decimal(8),
        ),
        since,
    )
    ids = []
    for model_type in (ModelType.CONTENT, ModelType.EXTENSION):
        publisher = deciding.create_publisher(f"A {model_type.label}", model_type, since)
        deciding.create_partnership(shop, publisher, since, made_by=None, status="approved")
        ids.append(publisher.id)
    hard, soft = ids
    return Site(address, settings.TRACKING_HOST, shop.id, hard, soft)


def _web(address: tuple[str, int], workers: int, environment: Environment, log: Path) -> Program:
    command = web.command("network.bench.asgi:application", workers=workers, address=address)
    return Program("tracking", command, log, environment, folder=ROOT)


def _await(address: tuple[str, int], log: Path) -> None:
    until = time.monotonic() + READY_WITHIN_SECONDS
    while True:
        try:
            caller = http.client.HTTPConnection(*address, timeout=10)
            caller.request("GET", "/bare", headers={"Host": BARE_HOST})
            if caller.getresponse().read() == b"ok":
                return
        except OSError:
            time.sleep(0.05)
        if time.monotonic() > until:
            raise StageError(f"the server does not answer. Its log ends:\n{tail(log)}")
