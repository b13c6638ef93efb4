"""PostgreSQL and Valkey for a machine that has neither: for the demo, the tests, any command.

``manage.py`` runs every command through :func:`run_command`. Where ``DATABASE_URL`` or
``REDIS_URL`` is not set and the command needs it, real servers are started for as long as the
command runs, or those of a command that runs already on the same data folder are used.
"""

import contextlib
import os
import secrets
import shutil
import sys
import time
from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING

from network.local import hold as engine_hold
from network.local.account import EngineError, choose_account, make_data_folder, temporary_base
from network.local.bootstrap import ROOT, say
from network.local.hold import Hold, InUseError, Owner
from network.local.machine import RefusedError, served_port
from network.local.processes import ProcessError, Stopped, stop_on_signals

if TYPE_CHECKING:
    from network.local.servers import Servers

URLS = {"postgres": "DATABASE_URL", "valkey": "REDIS_URL"}
# These neither read nor write a database.
NEED_NO_ENGINES = frozenset(
    {
        *("help", "version", "check", "diffsettings", "simulate", "lock"),
        "soak",  # it starts a demo, which brings its own
        *("makemigrations", "makemessages", "compilemessages", "collectstatic", "findstatic"),
        *("startapp", "startproject"),
    }
)
TEMPORARY = "softclick-test-"
SOAK = "softclick-soak-"
LEFT_BEHIND_AFTER_SECONDS = 60.0


@dataclass(frozen=True)
class Engines:
    """Addresses of running engines, as settings read them; None for one that was not asked for.

    ``database_url`` is for the database's owner, ``application_url`` for all else; ``mode``: the
    SOFTCLICK_MODE of the command that runs them.
    """

    database_url: str | None
    application_url: str | None
    redis_url: str | None
    mode: str

    @classmethod
    def of(cls, owner: Owner) -> "Engines":
        urls = (owner.database_url, owner.application_url or owner.database_url, owner.redis_url)
        return cls(*urls, owner.mode)

    def variables(self, command: str) -> dict[str, str | None]:
        """What settings read. Tests make databases, and are the owner."""
        database, owner = self.application_url, self.database_url
        if command == "test":
            database, owner = owner, None
        return {
            "DATABASE_URL": database,
            "MIGRATE_DATABASE_URL": owner,
            "REDIS_URL": self.redis_url,
        }


# --- Commands ---------------------------------------------------------------------------------


def run_command(argv: Sequence[str]) -> None:
    """Run a management command, with engines where it needs them; ends the process on failure."""
    from django.core.management import execute_from_command_line
    from django.db import DatabaseError

    try:
        with for_command(argv):
            execute_from_command_line(list(argv))
    except DatabaseError as error:
        sentence = _unready(error)
        if not sentence:
            raise
        say(sentence)
        sys.exit(1)
    except (EngineError, ProcessError, RefusedError) as error:
        say(str(error))
        sys.exit(1)
    except Stopped as stopped:
        sys.exit(stopped.status)


def _unready(error: Exception) -> str:
    """What a command says whose installation is not there or not migrated; empty of other errors
    of a database."""
    import psycopg
    from psycopg.errors import UndefinedColumn, UndefinedTable

    if isinstance(error.__cause__, (UndefinedTable, UndefinedColumn)):
        return (
            "The database has not been set up for this release. Bring it up to date first: "
            "python3 manage.py migrate"
        )
    cause = error.__cause__
    if isinstance(cause, psycopg.OperationalError) and cause.sqlstate is None:  # no connection
        why = str(error).strip().splitlines()[0]
        return f"PostgreSQL cannot be used: {why}. Start it, or name the right one in DATABASE_URL."
    return ""


@contextlib.contextmanager
def for_command(argv: Sequence[str]) -> Iterator[None]:
    """Set the variables that settings read; engines are behind them while the block lasts.

    Raises ``EngineError`` and ``ProcessError``, and ``Stopped`` on INT, TERM and HUP while it has
    engines of its own.
    """
    command = argv[1] if len(argv) > 1 else "help"
    if command in ("demo", "test"):
        os.environ["SOFTCLICK_MODE"] = command
    if command == "soak":
        _use_a_throwaway_folder()
    port = served_port(argv)
    if port:
        os.environ["PUBLIC_PORT"] = str(port)
    missing = [name for name, variable in URLS.items() if not os.environ.get(variable)]
    if not missing or not needs_engines(argv):
        yield
        return
    with stop_on_signals(), _engines_for(argv, missing) as started:
        for variable, url in started.variables(argv[1]).items():
            if url:
                os.environ[variable] = url
        os.environ.setdefault("SOFTCLICK_MODE", started.mode)
        yield


def _use_a_throwaway_folder() -> None:
    """Whatever this process and those that it starts do, they do it on engines and data of their
    own."""
    for variable in (*URLS.values(), "SPOOL_DIR"):
        os.environ.pop(variable, None)
    os.environ |= {"SOFTCLICK_MODE": "demo", "SOFTCLICK_DATA": str(temporary_folder(SOAK))}


def needs_engines(argv: Sequence[str]) -> bool:
    """Whether the command reads or writes a database."""
    if len(argv) < 2 or {"-h", "--help", "--version"} & set(argv):
        return False
    if argv[1] == "check":
        return any(word.startswith("--database") for word in argv)
    return argv[1] not in NEED_NO_ENGINES


def data_folder() -> Path:
    return Path(os.environ.get("SOFTCLICK_DATA") or ROOT / ".data").absolute()


def _engines_for(
    argv: Sequence[str], names: Collection[str]
) -> contextlib.AbstractContextManager[Engines]:
    if argv[1] == "test":
        return temporary_engines(names)
    if argv[1] == "demo":
        return engines(data_folder(), names=names, mode="demo", fresh="--fresh" in argv)
    return shared_engines(data_folder(), names=names)


# --- Engines ----------------------------------------------------------------------------------


@contextlib.contextmanager
def engines(
    data: Path,
    *,
    durable: bool = True,
    names: Collection[str] = tuple(URLS),
    mode: str = "development",
    fresh: bool = False,
    keep: bool = True,
) -> Iterator[Engines]:
    """Run engines on a data folder as its only owner, while the block lasts.

    ``durable=False`` for data that will be thrown away; ``fresh`` throws away what is there,
    ``keep=False`` the whole folder at the end. Raises ``InUseError`` (an ``EngineError``) when
    another command runs them.
    """
    with contextlib.ExitStack() as stack:
        try:
            make_data_folder(data, choose_account())
            held = stack.enter_context(engine_hold.hold(data))
            _clear(data, fresh=fresh)
            owner = engine_hold.this_command(mode)
            serving = _serve(held, owner, names, durable=durable, keep=keep)
            started = stack.enter_context(serving)
        except PermissionError as error:
            raise EngineError(f"the data folder {data} belongs to another: {error}") from error
        except ModuleNotFoundError as error:
            raise EngineError(
                f"{error.name} is not installed (dependency group 'engines'). Set DATABASE_URL "
                "and REDIS_URL to servers of your own."
            ) from error
        yield started


def _clear(data: Path, *, fresh: bool) -> None:
    from network.local import remains as engine_remains  # needs the group "engines"

    engine_remains.clear(data, engine_hold.read_owner(data))
    if fresh:
        for place in (data, data / "elsewhere"):
            shutil.rmtree(place.resolve() / "pg", ignore_errors=True)
        # What browsers kept of the network that is gone must not speak in the new one.
        (data / "secret-tokens").unlink(missing_ok=True)


@contextlib.contextmanager
def _serve(
    held: Hold, owner: Owner, names: Collection[str], *, durable: bool, keep: bool
) -> Iterator[Engines]:
    from network.local import mending, servers  # need the group "engines"

    held.announce(owner)
    try:
        starting = servers.serve(held.data, names, durable=durable, keep=keep, hold=[held.lock])
        with starting as running:
            owner = replace(
                owner,
                database_url=running.postgres.url if running.postgres else None,
                application_url=running.postgres.application_url if running.postgres else None,
                redis_url=running.valkey.url if running.valkey else None,
                sockets=str(running.sockets),
                servers=running.identities(),
            )
            held.announce(owner)
            running.await_ready()
            held.announce(_now(owner, running))
            try:
                with mending.mended(running, lambda: held.announce(_now(owner, running))):
                    yield Engines.of(owner)
                if owner.mode == "development":
                    held.end_when_unused(owner)
            finally:
                held.announce(replace(owner, state="ending"))
    finally:
        held.retract()


def _now(owner: Owner, running: "Servers") -> Owner:
    return replace(owner, state="ready", servers=running.identities())


@contextlib.contextmanager
def shared_engines(data: Path, *, names: Collection[str] = tuple(URLS)) -> Iterator[Engines]:
    """The engines that another command runs on a data folder; where none does, as ``engines``."""
    with contextlib.ExitStack() as stack:
        yield _join_or_start(stack, data, names)


def _join_or_start(stack: contextlib.ExitStack, data: Path, names: Collection[str]) -> Engines:
    while True:
        try:
            return stack.enter_context(engines(data, names=names))
        except InUseError as error:
            if error.owner is None:
                raise
            owner = error.owner
        with contextlib.ExitStack() as attempt:
            found = attempt.enter_context(engine_hold.use(data, owner))
            if found:
                _check_has(found, names)
                stack.push(attempt.pop_all())
                return Engines.of(found)


def _check_has(owner: Owner, names: Collection[str]) -> None:
    urls = {"postgres": owner.database_url, "valkey": owner.redis_url}
    for name in names:
        if not urls[name]:
            raise EngineError(
                f"{owner} runs without a built-in {name}; set {URLS[name]} as for that command."
            )


# --- Tests ------------------------------------------------------------------------------------


@contextlib.contextmanager
def temporary_engines(names: Collection[str] = tuple(URLS)) -> Iterator[Engines]:
    """Fast engines on a folder of their own, which is removed; sets SOFTCLICK_DATA to a part of it.

    They need no other command's data and disturb none.
    """
    folder = temporary_folder()
    _remove_left_behind(folder.parent)
    with engines(folder, durable=False, names=names, mode="test", keep=False) as started:
        os.environ["SOFTCLICK_DATA"] = str(folder / "data")
        yield started


def temporary_folder(prefix: str = TEMPORARY) -> Path:
    """A name for a data folder that every account can reach; the folder is not made."""
    base = temporary_base(choose_account())
    return base / f"{prefix}{os.getpid()}-{secrets.token_hex(4)}"


def _remove_left_behind(base: Path) -> None:
    """The folders of test runs that were killed."""
    for folder in base.glob(f"{TEMPORARY}*"):
        with contextlib.suppress(OSError, EngineError):
            status = folder.stat()
            old = time.time() - status.st_mtime > LEFT_BEHIND_AFTER_SECONDS
            if old and status.st_uid == os.geteuid() and engine_hold.is_free(folder):
                _clear(folder, fresh=True)
                shutil.rmtree(folder, ignore_errors=True)
