"""One PostgreSQL, one Valkey: real servers from wheels, on unix sockets, under a supervisor.

Tests freeze, kill and restart them; see :mod:`network.local.embedded` for what commands use.
"""

import contextlib
import shutil
import signal
import socket
import tempfile
import time
from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import quote

import psutil
import psycopg

from network.database import grants
from network.local.account import (
    Account,
    EngineError,
    choose_account,
    make_data_folder,
    make_socket_folder,
    place_for,
    postgres_programs,
    postgres_version,
    valkey_program,
)
from network.local.processes import Program, Supervisor, tail

DATABASE = OWNER = "softclick"
APPLICATION = "softclick_app"
"""The role of everything that does not migrate; it owns nothing (``network.database.grants``)."""
READY_WITHIN_SECONDS = 120.0  # a recovery after a crash may take its time
LOOK_EVERY_SECONDS = 0.02


class Server:
    """A server process; ``pid`` is that of its first process, the postmaster's for PostgreSQL."""

    name: str
    pid: int

    def __init__(self, supervisor: Supervisor, sockets: Path, logs: Path) -> None:
        self.supervisor = supervisor
        self.sockets = sockets
        self.log = logs / f"{self.name}.log"

    def program(self) -> Program:
        raise NotImplementedError

    def is_ready(self) -> bool:
        raise NotImplementedError

    def start(self) -> None:
        """Start it. Raises ``ProcessError``; :meth:`await_ready` says when it can be used."""
        self.pid = self.supervisor.start(self.program())

    def await_ready(self) -> None:
        """Return when it takes connections. Raises ``EngineError`` when it ends instead."""
        until = time.monotonic() + READY_WITHIN_SECONDS
        while not self.is_ready():
            ended = self.supervisor.wait(LOOK_EVERY_SECONDS)
            if ended is not None and ended.name == self.name:
                raise EngineError(
                    f"{self.name} ended while starting (status {ended.status}). {self.log} ends:\n"
                    f"{tail(self.log)}"
                )
            if time.monotonic() > until:
                raise EngineError(f"{self.name} is not ready after {READY_WITHIN_SECONDS:.0f} s.")

    def stop(self) -> None:
        """An orderly end."""
        self.supervisor.stop(self.name)

    def kill(self) -> None:
        """A crash: KILL for the server and every process of it."""
        self.supervisor.stop(self.name, at_once=True)

    def restart(self) -> None:
        """Start it again on the same socket, after :meth:`stop` or :meth:`kill` or running."""
        self.stop()
        self.start()
        self.await_ready()

    def pause(self) -> None:
        """Freeze it with STOP: connections are accepted by the kernel and never answered."""
        psutil.Process(self.pid).suspend()  # first, so that it cannot fork in the meantime
        for each in psutil.Process(self.pid).children(recursive=True):
            with contextlib.suppress(psutil.NoSuchProcess):
                each.suspend()

    def resume(self) -> None:
        main = psutil.Process(self.pid)
        for each in (*main.children(recursive=True), main):
            with contextlib.suppress(psutil.NoSuchProcess):
                each.resume()


class Postgres(Server):
    """``place``: where its programs can be put if need be; its cluster is ``place/pg``."""

    name = "postgres"

    def __init__(
        self,
        supervisor: Supervisor,
        sockets: Path,
        logs: Path,
        *,
        place: Path,
        account: Account,
        durable: bool,
    ) -> None:
        super().__init__(supervisor, sockets, logs)
        self.cluster = place / "pg"
        self.account = account
        self.durable = durable
        self.programs = postgres_programs(place, account)

    @property
    def url(self) -> str:
        """Of the database for its owner, a superuser, as libpq reads it and settings do.

        The folder of the socket is a parameter: as the URL's host it would lose its capitals.
        """
        return self._url(OWNER)

    @property
    def application_url(self) -> str:
        """As ``url``, for the application's role."""
        return self._url(APPLICATION)

    def _url(self, role: str) -> str:
        return f"postgres://{role}@/{DATABASE}?host={quote(str(self.sockets))}"

    def await_ready(self) -> None:
        super().await_ready()
        with psycopg.connect(self.url, autocommit=True) as connection:
            grants.ensure_role(connection, APPLICATION)

    def ensure_cluster(self) -> None:
        """Make the cluster once; it gets its name when it is complete. Raises ``EngineError``."""
        for unfinished in self.cluster.parent.glob("pg.new-*"):
            shutil.rmtree(unfinished, ignore_errors=True)
        if self.cluster.is_dir():
            self.account.own(self.cluster)
            self._check_version()
            return
        made = Path(tempfile.mkdtemp(prefix="pg.new-", dir=self.cluster.parent))
        self.account.own(made)
        self._run("initdb", "-D", str(made), *self._initdb_options())
        self._run(
            *("postgres", "--single", "-D", str(made), "-c", "fsync=off", "postgres"),
            sql=f"CREATE DATABASE {DATABASE}",
        )
        if self.durable:
            self._run("initdb", "--sync-only", "-D", str(made))
        made.rename(self.cluster)

    def _initdb_options(self) -> tuple[str, ...]:
        return (
            f"--username={OWNER}",
            "--auth-local=trust",  # the sockets' folder is private
            "--auth-host=reject",
            "--encoding=UTF8",
            "--locale=C",
            # Sorts by code point as C does, and knows the upper and lower case of all letters.
            "--locale-provider=builtin",
            "--builtin-locale=C.UTF-8",
            "--no-sync",
            "--no-instructions",
        )

    def _run(self, program: str, *arguments: str, sql: str = "") -> None:
        command: tuple[str | Path, ...] = (self.programs / program, *arguments)
        if sql:
            command = ("/bin/sh", "-c", 'sql=$1; shift; echo "$sql" | "$@"', "sh", sql, *command)
        ended = self.account.run(*command)
        if ended.returncode:
            raise EngineError(
                f"{program} failed (status {ended.returncode}):\n{ended.stdout.strip()}\n"
                "SOFTCLICK_DATA can name another data folder."
            )

    def _check_version(self) -> None:
        made_by = (self.cluster / "PG_VERSION").read_text().strip()
        installed = postgres_version().split(".")[0]
        if made_by != installed:
            raise EngineError(
                f"{self.cluster} was made by PostgreSQL {made_by}, and {installed} is installed. "
                "Start with another data folder (SOFTCLICK_DATA), or remove this one."
            )

    def program(self) -> Program:
        on_crash = "on" if self.durable else "off"
        settings = {
            "listen_addresses": "",
            "unix_socket_directories": str(self.sockets),
            "unix_socket_permissions": "0700",
            "max_connections": "200",
            "timezone": "UTC",
            "log_timezone": "UTC",
            "fsync": on_crash,
            "synchronous_commit": on_crash,
            "full_page_writes": on_crash,
        }
        options = [word for name in settings for word in ("-c", f"{name}={settings[name]}")]
        return Program(
            name=self.name,
            argv=(
                *self.account.prefix,
                str(self.programs / "postgres"),
                *("-D", str(self.cluster), *options),
            ),
            log=self.log,
            # INT is PostgreSQL's fast shutdown, QUIT its immediate one.
            stop_signal=signal.SIGINT if self.durable else signal.SIGQUIT,
            grace_seconds=20.0,
            user=self.account.user,
            group=self.account.group,
        )

    def is_ready(self) -> bool:
        """As ``pg_ctl`` does: by what the server writes into its own file."""
        status = read_postmaster_file(self.cluster)
        return len(status) > 7 and status[0] == str(self.pid) and status[7].strip() == "ready"


class Valkey(Server):
    """Keeps nothing: what it holds may be lost."""

    name = "valkey"

    @property
    def path(self) -> Path:
        return self.sockets / "valkey.sock"

    @property
    def url(self) -> str:
        """As redis-py reads it."""
        return f"unix://{self.path}?db=0"

    def start(self) -> None:
        self.path.unlink(missing_ok=True)
        super().start()

    def program(self) -> Program:
        options = {
            "port": "0",
            "unixsocket": str(self.path),
            "unixsocketperm": "700",
            "databases": "64",  # one for each of the processes of a test run
            "save": "",
            "appendonly": "no",
            "maxmemory-policy": "noeviction",
            "dir": str(self.sockets),
            "set-proc-title": "no",
        }
        words = [word for name in options for word in (f"--{name}", options[name])]
        return Program(self.name, (str(valkey_program()), *words), self.log, grace_seconds=5.0)

    def is_ready(self) -> bool:
        with socket.socket(socket.AF_UNIX) as caller, contextlib.suppress(OSError):
            caller.settimeout(1)
            caller.connect(str(self.path))
            caller.sendall(b"PING\r\n")
            return caller.recv(16).startswith(b"+PONG")
        return False


def read_postmaster_file(cluster: Path) -> list[str]:
    """The lines of ``postmaster.pid``, its first the process id; empty when there is none."""
    try:
        return (cluster / "postmaster.pid").read_text().splitlines()
    except (FileNotFoundError, NotADirectoryError):
        return []


# --- Both together ----------------------------------------------------------------------------


@dataclass(frozen=True)
class Servers:
    """Running servers; None for one that was not asked for."""

    supervisor: Supervisor
    sockets: Path
    postgres: Postgres | None
    valkey: Valkey | None

    def all(self) -> list[Server]:
        return [server for server in (self.postgres, self.valkey) if server]

    def await_ready(self) -> None:
        for server in self.all():
            server.await_ready()

    def identities(self) -> tuple[tuple[int, float], ...]:
        """(process id, start in seconds since 1970) of each: together they are never reused."""
        found = []
        for server in self.all():
            with contextlib.suppress(psutil.NoSuchProcess):  # it has ended already
                found.append((server.pid, psutil.Process(server.pid).create_time()))
        return tuple(found)


@contextlib.contextmanager
def serve(
    data: Path,
    names: Collection[str] = ("postgres", "valkey"),
    *,
    durable: bool = True,
    keep: bool = True,
    hold: Sequence[int] = (),
) -> Iterator[Servers]:
    """Start the named servers on a data folder, not yet ready; they end with the block.

    ``keep=False``: the folder is removed when they have ended, even after a ``kill -9`` of this
    process. Nothing keeps a second caller off the folder: :func:`network.local.embedded.engines`
    does. Raises ``EngineError`` and ``ProcessError``.
    """
    account = choose_account()
    make_data_folder(data, account)
    with Supervisor(hold) as supervisor:
        sockets = make_socket_folder(account)
        for folder in (sockets,) if keep else (sockets, data):
            supervisor.remove_at_end(folder)
        logs = data / "logs"
        postgres = valkey = None
        if "valkey" in names:
            valkey = Valkey(supervisor, sockets, logs)
            valkey.start()
        if "postgres" in names:
            place = place_for(data, account)
            postgres = Postgres(
                supervisor, sockets, logs, place=place, account=account, durable=durable
            )
            postgres.ensure_cluster()
            postgres.start()
        yield Servers(supervisor, sockets, postgres, valkey)
