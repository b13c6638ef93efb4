"""A whole network of its own for tests: real engines, and tracking, site, drain, worker and beat,
each its own process.

The test's own process joins in: while a :class:`Network` runs, its models speak to the network's
database, and :func:`network.clock.skip` moves the clock of every process.
"""

import contextlib
import json
import logging
import os
import re
import secrets
import socket
import ssl
import subprocess
import sys
import time
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from http.cookies import SimpleCookie
from pathlib import Path
from typing import TypeVar
from urllib.parse import parse_qs, urlsplit
from uuid import UUID

import httpx
import psutil
from django.conf import settings
from django.core.management import call_command
from django.db import connections
from django.test import override_settings

from network import clock
from network.local import web
from network.local.bootstrap import ROOT
from network.local.processes import Program, Supervisor, tail
from network.local.servers import APPLICATION, DATABASE, OWNER, Postgres, Valkey, serve
from tests.flows import tls
from tests.support import databases
from tracking.clicks.keys import KEYS
from tracking.models import SpoolHost
from tracking.rule import tokens

MIGRATED = "migrated"
"""A database of the network's server that stays empty, to be copied."""
WAIT_SECONDS = 180.0
LOOK_EVERY_SECONDS = 0.05
TRACKING_WORKERS = 2
NO_AUTHORITIES = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
"""Requests are plain HTTP: reading the system's authorities for each would take 17 ms."""
BROWSER = "Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0"
NAVIGATION = {
    "User-Agent": BROWSER,
    "Sec-Fetch-Mode": "navigate",
    "Sec-Fetch-Dest": "document",
    "Sec-Fetch-Site": "cross-site",
}
Answer = TypeVar("Answer")

logging.getLogger("httpx").setLevel(logging.WARNING)


def wait_until(
    ask: Callable[[], Answer | None], what: str, seconds: float = WAIT_SECONDS
) -> Answer:
    """The first true answer. Fails the test when there is none in time."""
    until = time.monotonic() + seconds
    while not (answer := ask()):
        assert time.monotonic() < until, f"not within {seconds:.0f} s: {what}"
        time.sleep(LOOK_EVERY_SECONDS)
    return answer


def free_port() -> int:
    """One that nothing takes until it is bound: the system gives away higher ones only."""
    while True:
        port = 20_000 + secrets.randbelow(10_000)
        with contextlib.suppress(OSError), socket.socket() as taken:
            taken.bind(("127.0.0.1", port))
            return port


def new_client() -> httpx.Client:
    """One for a single request. Threads that share one fail now and then: it may close a connection
    that it has just handed to another of them (encode/httpcore#1110)."""
    return httpx.Client(timeout=WAIT_SECONDS, trust_env=False, verify=NO_AUTHORITIES)


@dataclass
class Network:
    """The running network. Processes are ``tracking``, which has the port, ``site``, ``drain``,
    ``worker`` and ``beat``; others of the same kind are ``drain-2`` and so on. ``sockets`` is a
    folder with a short name. Browsers come by ``public_port``, over TLS."""

    folder: Path
    postgres: Postgres
    valkey: Valkey
    supervisor: Supervisor
    sockets: Path
    port: int = field(default_factory=free_port)
    public_port: int = field(default_factory=free_port)
    pids: dict[str, int] = field(default_factory=dict)

    @property
    def spool(self) -> Path:
        return self.folder / "spool"

    @property
    def site_socket(self) -> Path:
        return self.sockets / "site"

    def url(self, host: str) -> str:
        """Where a browser finds one of its hosts."""
        return f"https://{host}:{self.public_port}"

    @property
    def tracking_url(self) -> str:
        return self.url(settings.TRACKING_HOST)

    @property
    def site_url(self) -> str:
        return self.url(settings.SITE_HOST)

    @property
    def environment(self) -> dict[str, str]:
        """Of every process. The secrets are this process's, so that it can read tokens."""
        keys = ",".join(f"{key_id}:{key.hex()}" for key_id, key in settings.TOKEN_KEYS.items())
        own = {
            "SOFTCLICK_NO_BOOTSTRAP": "1",
            "SOFTCLICK_MODE": "test",
            "SOFTCLICK_DATA": str(self.folder / "data"),
            "SOFTCLICK_CLOCK_FILE": str(self.folder / "clock"),
            "DATABASE_URL": self.postgres.application_url,
            "REDIS_URL": self.valkey.url,
            "SECRET_KEY": settings.SECRET_KEY,
            "TOKEN_KEYS": keys,
            "TOKEN_SIGNING_KEY": str(settings.TOKEN_SIGNING_KEY),
            "PUBLIC_SCHEME": "https",
            "PUBLIC_PORT": str(self.public_port),
            "SECURE_SSL_REDIRECT": "0",
            "SPOOL_DIR": str(self.spool),
            "SPOOL_HOST": "flows",
            "FINALISE_EVERY_SECONDS": "1",
            "SITE_SOCKET": str(self.site_socket),
            "TRUSTED_PROXIES": "0",
        }
        return {**os.environ, **own}

    # --- Processes ---

    def start(self, *names: str, **environment: str) -> None:
        """Start processes; ``environment`` replaces variables. ``web`` answers afterwards."""
        started = self._tracking_workers_started()
        for name in names:
            program = self.program(name, {**self.environment, **environment})
            self.pids[name] = self.supervisor.start(program)
        if "tracking" in names:
            self._await_tracking_workers(started + TRACKING_WORKERS)

    def kill(self, name: str) -> None:
        """``kill -9``, of its children too."""
        self.supervisor.stop(name, at_once=True)
        del self.pids[name]

    def stop(self, name: str) -> None:
        """An orderly end."""
        self.supervisor.stop(name)
        del self.pids[name]

    def restore(self, names: Iterable[str]) -> None:
        """Let both engines and these processes run, and no others."""
        connections["default"].close()
        for engine in (self.postgres, self.valkey):
            if psutil.pid_exists(engine.pid):
                engine.resume()
            else:
                engine.restart()
        for name in set(self.pids) - set(names):
            self.kill(name)
        self.start(*(name for name in names if name not in self.pids))

    def program(self, name: str, environment: Mapping[str, str]) -> Program:
        python = (sys.executable, "-W", "error::RuntimeWarning")
        celery = (*python, "-m", "celery", "--app", "network.celery")
        address, socket = ("127.0.0.1", self.port), self.site_socket
        tracking = web.command(web.TRACKING, workers=TRACKING_WORKERS, address=address)
        site = web.command(web.SITE, workers=1, socket=socket)
        schedule = str(self.folder / f"{name}-schedule")
        commands: dict[str, tuple[str, ...]] = {
            "tracking": (*python, *tracking[1:]),
            "site": (*python, *site[1:]),
            "drain": (*python, "manage.py", "drain"),
            "worker": (*celery, "worker", "--concurrency", "2", "--loglevel", "INFO"),
            "beat": (*celery, "beat", "--schedule", schedule, "--loglevel", "WARNING"),
        }
        kind = name.partition("-")[0]
        if kind == "site":  # the tracking host's server is a proxy in front of it
            environment = {**environment, "TRUSTED_PROXIES": "1"}
        return Program(name, commands[kind], self.log(name), environment, folder=ROOT)

    def manage(self, *arguments: str) -> subprocess.CompletedProcess[str]:
        """Run a management command to its end, as a process of the network."""
        return subprocess.run(
            [sys.executable, "manage.py", *arguments],
            cwd=ROOT,
            env=self.environment,
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            check=False,
        )

    def tracking_workers(self) -> list[psutil.Process]:
        """The processes that answer; granian's own first process only watches them."""
        found = psutil.Process(self.pids["tracking"]).children()
        return [worker for worker in found if worker.status() != psutil.STATUS_ZOMBIE]

    def oldest_tracking_worker(self) -> psutil.Process:
        """The one to kill: granian gives up when one that it has just replaced dies again."""
        return min(self.tracking_workers(), key=lambda worker: worker.create_time())

    def kill_tracking_worker(self, worker: psutil.Process) -> None:
        """``kill -9``; another has taken its place afterwards."""
        started = self._tracking_workers_started()
        worker.kill()
        worker.wait(WAIT_SECONDS)
        self._await_tracking_workers(started + 1)

    def _tracking_workers_started(self) -> int:
        return self.logged("tracking").count("Started worker-")

    def _await_tracking_workers(self, started: int) -> None:
        wait_until(
            lambda: self._tracking_workers_started() >= started, "the web workers have started"
        )

    def log(self, name: str) -> Path:
        return self.folder / "logs" / f"{name}.log"

    def logged(self, name: str) -> str:
        """What a process has written so far."""
        return self.log(name).read_text(errors="replace") if self.log(name).exists() else ""

    def await_drained(self) -> None:
        """Return when everything that was accepted until now is in PostgreSQL."""
        now = clock.now()
        hosts = SpoolHost.objects.filter(drained_to__gt=now)
        wait_until(hosts.exists, "the spool is drained")

    def finalisers_ran(self) -> int:
        """How many of beat's tasks the worker has done so far."""
        return len(re.findall(r"finalise_due\[[\w-]+\] succeeded", self.logged("worker")))

    # --- HTTP ---

    def get(
        self, path: str, headers: Mapping[str, str] | None = None, **params: str
    ) -> httpx.Response:
        """Ask the tracking host, on a connection of its own; follows no redirect. For threads."""
        sent = {**NAVIGATION, "Host": f"{settings.TRACKING_HOST}:{self.port}", **(headers or {})}
        address = f"http://127.0.0.1:{self.port}{path}"
        with new_client() as client:
            return client.get(address, params=params or None, headers=sent)

    def click(self, advertiser: int, publisher: int, ref: str = "", cookies: str = "") -> "Clicked":
        """Follow a publisher's link, by default as a browser that was never here."""
        headers = {"Cookie": cookies} if cookies else {}
        params = {"ref": ref} if ref else {}
        return Clicked(self.get(f"/t/{advertiser}/c/{publisher}", headers, **params))

    def explain(self) -> str:
        """The ends of all logs."""
        logs = sorted((self.folder / "logs").glob("*.log"))
        return "\n".join(f"--- {log.name}\n{tail(log)}" for log in logs)


@dataclass(frozen=True)
class Clicked:
    """The answer to a click."""

    response: httpx.Response

    @property
    def token(self) -> str:
        """The token that was handed out; empty for none."""
        query = parse_qs(urlsplit(self.response.headers["Location"]).query)
        return query.get("sclk", [""])[0]

    @property
    def id(self) -> UUID:
        """Of the click, from its token."""
        return tokens.decode(self.token, KEYS).click.id

    @property
    def kind(self) -> str:
        """``hard`` or ``soft``, from its token."""
        return tokens.decode(self.token, KEYS).click.cookie_type.value

    @property
    def cookies(self) -> dict[str, str]:
        """The cookies that were written, by name; deleted ones are left out."""
        found = SimpleCookie()
        for header in self.response.headers.get_list("Set-Cookie"):
            found.load(header)
        return {name: morsel.value for name, morsel in found.items() if morsel.value}

    @property
    def is_tracked(self) -> bool:
        """Whether it was answered as it should: a redirect with a token and cookies."""
        names = {name.rpartition("-")[0] for name in self.cookies}
        whole = {"__Secure-scl", "__Secure-scn"} <= names and len(names) == 3
        return self.response.status_code == 302 and bool(self.token) and whole


@contextlib.contextmanager
def run(folder: Path) -> Iterator[Network]:
    """A network with its engines and an empty database, its processes not yet started; this
    process's models speak to it while the block lasts."""
    with contextlib.ExitStack() as stack:
        servers = stack.enter_context(serve(folder, durable=False))
        supervisor = stack.enter_context(Supervisor())
        assert servers.postgres
        assert servers.valkey
        servers.await_ready()
        network = Network(folder, servers.postgres, servers.valkey, supervisor, servers.sockets)
        stack.enter_context(database(str(servers.sockets)))
        stack.enter_context(override_settings(CLOCK_FILE=folder / "clock"))
        with override_settings(APPLICATION_ROLE=APPLICATION):
            call_command("migrate", verbosity=0)
        connections.close_all()  # nobody may be in a database that is copied
        databases.copy(DATABASE, MIGRATED)
        refuse_shortcuts(network.environment)
        stack.enter_context(tls.front(network.public_port, network.port))
        yield network


def database(host: str, name: str = DATABASE) -> contextlib.AbstractContextManager[None]:
    """Let this process's models speak to another database, as its owner."""
    return databases.speaking_to(HOST=host, NAME=name, USER=OWNER, PASSWORD="", PORT="")


class ShortcutError(AssertionError):
    """Something that a flow must show would not be shown."""


def refuse_shortcuts(environment: Mapping[str, str]) -> None:
    """Fail unless processes with this environment work as an installation does: clicks go through
    the spool, tasks through the broker."""
    look = "from django.conf import settings as s; import json; from network.celery import app;"
    look += "print(json.dumps([s.INTAKE, app.conf.task_always_eager]))"
    asked = subprocess.run(
        [sys.executable, "-c", look],
        cwd=ROOT,
        env=dict(environment),
        stdout=subprocess.PIPE,
        text=True,
        check=True,
    )
    intake, eager = json.loads(asked.stdout)
    if intake != "spool":
        raise ShortcutError(f"INTAKE is {intake}: clicks would not go through the spool")
    if eager:
        raise ShortcutError("Celery is eager: tasks would not go through the broker")
