"""Processes that end with the one that started them, whatever ends it.

>>> with stop_on_signals(), Supervisor() as supervisor:
...     supervisor.start(Program("site", (sys.executable, "-m", "granian", …), log=…))
...     supervisor.start(Program("worker", (sys.executable, "-m", "celery", …), log=…))
...     ended = supervisor.wait()  # the first that ends by itself

Leaving the block ends all of them: TERM, then KILL after a grace. So does the death of this
process, ``kill -9`` included: they belong to a guard (:mod:`network.local.guard`) that notices it.
"""

import contextlib
import json
import os
import select
import signal
import subprocess
import sys
import time
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from types import FrameType, TracebackType
from typing import Any

GUARD = Path(__file__).with_name("guard.py")
# Well above any grace of a program, so that it is the guard that decides.
GUARD_ENDS_WITHIN_SECONDS = 60.0


class ProcessError(Exception):
    """A program that could not be started, or a guard that has gone."""


class Stopped(KeyboardInterrupt):
    """INT, TERM or HUP arrived; ``status`` is what a shell reports for such an end."""

    def __init__(self, number: int) -> None:
        super().__init__(signal.Signals(number).name)
        self.number = number
        self.status = 128 + number


@dataclass(frozen=True)
class Program:
    """A program to run, and how to end it.

    ``environment`` None: this process's. Its output is appended to ``log``. ``user`` and
    ``group`` (numeric) are for root only.
    """

    name: str
    argv: tuple[str, ...]
    log: Path
    environment: Mapping[str, str] | None = None
    folder: Path = Path("/")
    stop_signal: int = signal.SIGTERM
    grace_seconds: float = 10.0
    user: int | None = None
    group: int | None = None


@dataclass(frozen=True)
class Ended:
    """A program that ended by itself; a negative ``status`` is the signal that ended it."""

    name: str
    status: int


class Supervisor:
    """Runs programs under a guard of their own; use it as a context manager, from one thread.

    ``hold``: open files (locks) that are not to be closed before the last program has ended.
    """

    def __init__(self, hold: Sequence[int] = ()) -> None:
        self._hold = tuple(hold)
        self._unread = b""
        self._ended: list[Ended] = []

    def __enter__(self) -> "Supervisor":
        orders, self._orders = os.pipe()
        self._reports, reports = os.pipe()
        # -P: beside the guard lie modules with names such as "celery".
        self._guard = subprocess.Popen(
            [sys.executable, "-P", str(GUARD)],
            stdin=orders,
            stdout=reports,
            cwd="/",
            start_new_session=True,
            pass_fds=self._hold,
        )
        os.close(orders)
        os.close(reports)
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        os.close(self._orders)
        os.close(self._reports)
        self._guard.wait(GUARD_ENDS_WITHIN_SECONDS)

    def start(self, program: Program) -> int:
        """The process id. Raises ``ProcessError`` when it cannot be started."""
        program.log.parent.mkdir(parents=True, exist_ok=True)
        described = vars(program) | {
            "log": str(program.log),
            "folder": str(program.folder),
            "environment": dict(os.environ if program.environment is None else program.environment),
        }
        self._order({"do": "start", "program": described})
        answer = self._await_answer("started", "failed")
        if "failed" in answer:
            raise ProcessError(f"{program.name} could not be started: {answer['error']}")
        return int(answer["pid"])

    def stop(self, name: str, *, at_once: bool = False) -> None:
        """End one program and wait for it; ``at_once``: with KILL, its descendants too."""
        self._order({"do": "stop", "name": name, "at_once": at_once})
        self._await_answer("stopped")

    def remove_at_end(self, folder: Path) -> None:
        """Have a folder removed when everything has ended, however that comes about."""
        self._order({"do": "remove_at_end", "path": str(folder)})

    def wait(self, seconds: float | None = None) -> Ended | None:
        """The next program that ended by itself; None when none did within ``seconds``."""
        until = None if seconds is None else time.monotonic() + seconds
        while not self._ended:
            left = None if until is None else max(0.0, until - time.monotonic())
            event = self._read(left)
            if event is None:
                return None
            self._note(event)
        return self._ended.pop(0)

    def _order(self, order: dict[str, Any]) -> None:
        line = json.dumps(order).encode() + b"\n"
        try:
            while line:
                line = line[os.write(self._orders, line) :]
        except BrokenPipeError as error:
            raise ProcessError("the guard of the processes has ended") from error

    def _await_answer(self, *kinds: str) -> dict[str, Any]:
        while True:
            event = self._read(None) or {}
            if any(kind in event for kind in kinds):
                return event
            self._note(event)

    def _note(self, event: dict[str, Any]) -> None:
        if "ended" in event:
            self._ended.append(Ended(event["ended"], event["status"]))

    def _read(self, seconds: float | None) -> dict[str, Any] | None:
        """The guard's next report; None after ``seconds`` without one."""
        while b"\n" not in self._unread:
            readable, _, _ = select.select([self._reports], [], [], seconds)
            if not readable:
                return None
            read = os.read(self._reports, 65536)
            if not read:
                raise ProcessError("the guard of the processes has ended")
            self._unread += read
        line, self._unread = self._unread.split(b"\n", 1)
        event: dict[str, Any] = json.loads(line)
        return event


@contextlib.contextmanager
def stop_on_signals() -> Iterator[None]:
    """Turn INT, TERM and HUP into ``Stopped``, for as long as the block lasts.

    INT even where it was ignored, as it is for the background jobs of a shell script; HUP not
    where it was ignored, which is what ``nohup`` asks for.
    """
    ignored = signal.getsignal(signal.SIGHUP) is signal.SIG_IGN
    numbers = [signal.SIGINT, signal.SIGTERM, *([] if ignored else [signal.SIGHUP])]
    before = {number: signal.signal(number, _stop) for number in numbers}
    try:
        yield
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)


def _stop(number: int, frame: FrameType | None) -> None:
    raise Stopped(number)


def tail(log: Path, lines: int = 20) -> str:
    """The last lines of a log, to be shown with the end of its program."""
    with contextlib.suppress(FileNotFoundError):
        return "\n".join(log.read_text(errors="replace").splitlines()[-lines:])
    return ""
