"""What a soak does to a network's processes: it kills them, and freezes them for a while."""

import contextlib
import random
import time
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import TypeVar

import psutil

T = TypeVar("T")

PROGRAMS: Mapping[str, str] = {
    "tracking": "serve_tracking",
    "site": "serve_site",
    "worker": "celery --app network.celery worker",
    "beat": "network.celery beat",
    "drain": "manage.py drain",
    "valkey": "valkey-server",
    "postgres": "postgres -D",
}
"""What a network on one machine runs, with a part of each one's command line."""
FROZEN_SECONDS = 3.0
BACK_WITHIN_SECONDS = 60.0
LOOK_EVERY_SECONDS = 0.05


class NotBack(Exception):
    """What was killed has not been started again."""


@dataclass(frozen=True, slots=True)
class Fault:
    """``kill`` ends a program's first process with KILL, ``worker`` one of its children, ``freeze``
    stops all of them for a while."""

    program: str
    kind: str = "kill"

    def __str__(self) -> str:
        return {
            "kill": f"{self.program} killed",
            "worker": f"a worker of {self.program} killed",
            "freeze": f"{self.program} frozen for {FROZEN_SECONDS:.0f} s",
        }[self.kind]


FAULTS = (
    *(Fault(program) for program in PROGRAMS),
    *(Fault(program, "worker") for program in ("tracking", "site", "worker")),
    *(Fault(program, "freeze") for program in ("postgres", "valkey", "drain")),
)


def in_turn(chance: random.Random) -> Iterator[Fault]:
    """Every fault once, in an order by chance, then again: what dies too often within a minute is
    given up by the network itself."""
    while True:
        yield from chance.sample(FAULTS, len(FAULTS))


@dataclass(frozen=True, slots=True)
class Processes:
    """Those of the network on a data folder: they have its name in their environment."""

    data: Path

    def first(self, program: str) -> psutil.Process:
        """The one whose children the others are. Raises NotBack where it does not run."""
        found = {each.pid: each for each in self._running(PROGRAMS[program])}
        for process in found.values():
            with contextlib.suppress(psutil.Error):
                if process.ppid() not in found:
                    return process
        raise NotBack(f"{program} does not run.")

    def all(self) -> set[str]:
        """The programs that run."""
        return {name for name, part in PROGRAMS.items() if any(self._running(part))}

    def inflict(self, fault: Fault) -> float:
        """Do it, and return after how many seconds everything is back. Raises NotBack."""
        first = _await(partial(self.first, fault.program))
        started = time.monotonic()
        if fault.kind == "freeze":
            _freeze(first)
            return time.monotonic() - started
        if fault.kind == "kill":
            first.kill()
            _await(partial(self._another, fault.program, first))
        else:
            known = set(_await(partial(self._workers, fault.program)))
            started = time.monotonic()
            _eldest(known).kill()
            _await(partial(self._replaced, fault.program, known))
        return time.monotonic() - started

    def _another(self, program: str, before: psutil.Process) -> psutil.Process:
        now = self.first(program)
        if now == before:
            raise NotBack(f"{program} was killed and is not there again.")
        return now

    def _workers(self, program: str) -> list[psutil.Process]:
        """A program that has just been started has none yet."""
        with contextlib.suppress(psutil.NoSuchProcess):
            workers: list[psutil.Process] = self.first(program).children()
            if workers:
                return workers
        raise NotBack(f"{program} has no workers.")

    def _replaced(self, program: str, known: set[psutil.Process]) -> psutil.Process:
        """The program itself may have given up and been started again in the meantime."""
        for child in self._workers(program):
            if child not in known:
                return child
        raise NotBack(f"a worker of {program} was killed and none has taken its place.")

    def _running(self, part: str) -> Iterator[psutil.Process]:
        for process in psutil.process_iter():
            with contextlib.suppress(psutil.Error):
                if (
                    process.environ().get("SOFTCLICK_DATA") == str(self.data)
                    and part in " ".join(process.cmdline())
                    and process.status() != psutil.STATUS_ZOMBIE
                ):
                    yield process


def _await(ask: Callable[[], T]) -> T:
    until = time.monotonic() + BACK_WITHIN_SECONDS
    while True:
        try:
            return ask()
        except NotBack:
            if time.monotonic() > until:
                raise
        time.sleep(LOOK_EVERY_SECONDS)


def _eldest(workers: Iterable[psutil.Process]) -> psutil.Process:
    """The server gives up when a worker that it has just replaced dies again."""
    return min(workers, key=lambda child: float(child.create_time()))


def _freeze(first: psutil.Process) -> None:
    first.suspend()  # first, so that it cannot fork in the meantime
    children = first.children(recursive=True)
    for child in children:
        with contextlib.suppress(psutil.NoSuchProcess):
            child.suspend()
    time.sleep(FROZEN_SECONDS)
    for child in (*children, first):
        with contextlib.suppress(psutil.NoSuchProcess):
            child.resume()
