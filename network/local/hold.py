"""One owner for the engines of a data folder, known to every other command.

``engines.lock`` is locked for as long as any process of the engines runs: the owner's guard
inherits the lock, so that it outlasts ``kill -9`` of the owner until the servers have ended.
``engines.json`` says who the owner is and where its engines are; ``engines.users`` is locked by
the commands that use engines of another.
"""

import contextlib
import fcntl
import json
import os
import shlex
import sys
import time
from collections.abc import Iterator
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import Literal

from network.local.account import EngineError

OTHER_ENDS_WITHIN_SECONDS = 60.0
LOOK_EVERY_SECONDS = 0.05


@dataclass(frozen=True)
class Owner:
    """The command that runs the engines of a data folder, as ``engines.json`` tells.

    ``mode`` is its SOFTCLICK_MODE; ``servers`` are (process id, start in seconds since 1970).
    ``database_url`` is for the database's owner.
    """

    pid: int
    command: str
    mode: str
    state: Literal["starting", "ready", "ending"] = "starting"
    database_url: str | None = None
    application_url: str | None = None
    redis_url: str | None = None
    sockets: str | None = None
    servers: tuple[tuple[int, float], ...] = ()

    def is_alive(self) -> bool:
        import psutil  # needs the group "engines"

        with contextlib.suppress(psutil.NoSuchProcess):
            return bool(psutil.Process(self.pid).status() != psutil.STATUS_ZOMBIE)
        return False

    def __str__(self) -> str:
        return f"'{self.command}' (process {self.pid})"


class InUseError(EngineError):
    """Another command runs the engines of this data folder."""

    def __init__(self, data: Path, owner: Owner | None) -> None:
        who = str(owner) if owner else "another command"
        super().__init__(
            f"the data folder {data} is in use by {who}. Stop that first, or name another folder "
            "with SOFTCLICK_DATA."
        )
        self.owner = owner


class Hold:
    """The lock on a data folder's engines; ``lock`` is its descriptor."""

    def __init__(self, data: Path, lock: int) -> None:
        self.data = data
        self.lock = lock

    def announce(self, owner: Owner) -> None:
        path = self.data / "engines.json"
        written = path.with_suffix(".new")
        with open(os.open(written, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "w") as file:
            json.dump(asdict(owner), file)
        written.replace(path)

    def retract(self) -> None:
        (self.data / "engines.json").unlink(missing_ok=True)

    def end_when_unused(self, owner: Owner) -> None:
        """Let nobody join any more, and wait for those who use the engines."""
        self.announce(replace(owner, state="ending"))
        with _locked(self.data / "engines.users", fcntl.LOCK_EX):
            pass


@contextlib.contextmanager
def hold(data: Path) -> Iterator[Hold]:
    """Be the only owner. Raises ``InUseError``; waits for an owner that is about to end."""
    lock = _open(data / "engines.lock")
    try:
        until = time.monotonic() + OTHER_ENDS_WITHIN_SECONDS
        while not try_lock(lock):
            owner = read_owner(data)
            if owner and owner.state != "ending" and owner.is_alive():
                raise InUseError(data, owner)
            if time.monotonic() > until:
                raise InUseError(data, owner)
            time.sleep(LOOK_EVERY_SECONDS)
        yield Hold(data, lock)
    finally:
        os.close(lock)


@contextlib.contextmanager
def use(data: Path, owner: Owner) -> Iterator[Owner | None]:
    """Keep the engines of another from ending; None when they have ended or never got ready."""
    with _locked(data / "engines.users", fcntl.LOCK_SH):
        found: Owner | None = owner
        while found and found.pid == owner.pid and found.state == "starting" and found.is_alive():
            time.sleep(LOOK_EVERY_SECONDS)
            found = read_owner(data)
        yield found if found and found.state == "ready" and found.is_alive() else None


def this_command(mode: str) -> Owner:
    return Owner(os.getpid(), shlex.join(["manage.py", *sys.argv[1:]]), mode)


def read_owner(data: Path) -> Owner | None:
    """Who runs the engines, or ran them and ended without a word."""
    try:
        told = json.loads((data / "engines.json").read_text())
        servers = tuple((int(pid), float(start)) for pid, start in told.pop("servers"))
        return Owner(**told, servers=servers)
    except (OSError, ValueError, TypeError, KeyError):
        return None


def is_free(data: Path) -> bool:
    """Whether no process of the engines of this folder is left."""
    with contextlib.closing(os.fdopen(_open(data / "engines.lock"))) as lock:
        return try_lock(lock.fileno())


def _open(path: Path) -> int:
    return os.open(path, os.O_RDWR | os.O_CREAT, 0o600)


def try_lock(lock: int) -> bool:
    """Whether the open file could be locked at once."""
    try:
        fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    return True


@contextlib.contextmanager
def _locked(path: Path, kind: int) -> Iterator[None]:
    lock = _open(path)
    try:
        fcntl.flock(lock, kind)
        yield
    finally:
        os.close(lock)
