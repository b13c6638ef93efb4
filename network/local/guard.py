"""The process that stands over other processes, so that none of them outlives its owner.

Run by :class:`network.local.processes.Supervisor` in a session of its own, with the standard
library only. It takes orders on standard input, one JSON object a line, and reports on standard
output. The end of its input is the end of its owner, ``kill -9`` included: it then stops everything
that it started and ends. Should it be killed itself, Linux tells its children
(``PR_SET_PDEATHSIG``).
"""

import contextlib
import ctypes
import json
import os
import select
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

PR_SET_PDEATHSIG = 1  # <sys/prctl.h>
LOOK_EVERY_SECONDS = 1.0
FAMILY_SIGNALS = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP, signal.SIGQUIT, signal.SIGCHLD)


@dataclass(frozen=True)
class Child:
    """A process that was started, with what is to be known to end it."""

    name: str
    process: subprocess.Popen[bytes]
    stop_signal: int
    grace_seconds: float

    def has_ended(self) -> bool:
        """Whether it has; it is not reaped, so that its process group cannot be reused yet."""
        options = os.WEXITED | os.WNOWAIT | os.WNOHANG
        return os.waitid(os.P_PID, self.process.pid, options) is not None


class Guard:
    def __init__(self) -> None:
        self.owner = os.getppid()
        self.children: dict[str, Child] = {}
        self.remove_at_end: list[str] = []
        self.asked_to_end = False

    def run(self) -> None:
        """Serve orders until the owner has gone or a TERM arrives; leave nothing behind."""
        wake = _wake_on_signals(self._ask_to_end)
        pending = b""
        try:
            while not self.asked_to_end and os.getppid() == self.owner:
                readable, _, _ = select.select([0, wake], [], [], LOOK_EVERY_SECONDS)
                if wake in readable:
                    os.read(wake, 4096)
                if 0 in readable:
                    read = os.read(0, 65536)
                    if not read:
                        break
                    *lines, pending = (pending + read).split(b"\n")
                    for line in lines:
                        self._obey(json.loads(line))
                self._report_ended()
        finally:
            self._stop(list(self.children.values()))
            for path in self.remove_at_end:
                shutil.rmtree(path, ignore_errors=True)

    def _ask_to_end(self, *_: object) -> None:
        self.asked_to_end = True

    def _obey(self, order: dict[str, Any]) -> None:
        if order["do"] == "start":
            self._start(order["program"])
        elif order["do"] == "stop":
            child = self.children.get(order["name"])
            self._stop([child] if child else [], at_once=order["at_once"])
            _report({"stopped": order["name"]})
        elif order["do"] == "remove_at_end":
            self.remove_at_end.append(order["path"])

    def _start(self, program: dict[str, Any]) -> None:
        name = program["name"]
        try:
            with open(program["log"], "ab") as log:
                process = subprocess.Popen(
                    program["argv"],
                    env=program["environment"],
                    cwd=program["folder"],
                    stdin=subprocess.DEVNULL,
                    stdout=log,
                    stderr=log,
                    start_new_session=True,
                    preexec_fn=_birth(program["stop_signal"]),
                    **_account(program),
                )
        except (OSError, subprocess.SubprocessError) as error:
            _report({"failed": name, "error": str(error)})
            return
        self.children[name] = Child(name, process, program["stop_signal"], program["grace_seconds"])
        _report({"started": name, "pid": process.pid})

    def _report_ended(self) -> None:
        for child in list(self.children.values()):
            if child.has_ended():
                _report({"ended": child.name, "status": self._bury(child)})

    def _stop(self, children: list[Child], *, at_once: bool = False) -> None:
        """End them all at the same time: their own signal, a grace, then KILL."""
        families = {child.name: _family(child.process.pid) for child in children}
        for child in children:
            _signal_all(families[child.name], signal.SIGKILL if at_once else signal.SIGCONT)
            _signal_all([child.process.pid], child.stop_signal)
        started = time.monotonic()
        waiting = list(children)
        while waiting:
            late = time.monotonic() - started
            for child in waiting:
                if late > child.grace_seconds:
                    _signal_all(families[child.name], signal.SIGKILL)
            for child in [each for each in waiting if each.has_ended()]:
                self._bury(child)
                waiting.remove(child)
            time.sleep(0.01)

    def _bury(self, child: Child) -> int:
        """End what is left of its process group, reap it; its status as ``Popen`` gives it."""
        with contextlib.suppress(ProcessLookupError, PermissionError):
            os.killpg(child.process.pid, signal.SIGKILL)
        del self.children[child.name]
        return child.process.wait()


def _wake_on_signals(ask_to_end: Callable[..., None]) -> int:
    """A descriptor that becomes readable with every signal that is handled here."""
    wake, written = os.pipe()
    os.set_blocking(wake, False)
    os.set_blocking(written, False)
    signal.set_wakeup_fd(written, warn_on_full_buffer=False)
    signal.signal(signal.SIGTERM, ask_to_end)
    signal.signal(signal.SIGCHLD, lambda *_: None)
    # The owner decides what these mean.
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    signal.signal(signal.SIGHUP, signal.SIG_IGN)
    return wake


def _birth(stop_signal: int) -> Callable[[], None]:
    """What a child does first: it inherits no ignored signal, and will learn of our end."""
    guard = os.getpid()
    prctl = ctypes.CDLL(None).prctl if sys.platform == "linux" else None

    def born() -> None:
        for number in FAMILY_SIGNALS:
            signal.signal(number, signal.SIG_DFL)
        signal.pthread_sigmask(signal.SIG_SETMASK, ())
        if prctl:
            prctl(PR_SET_PDEATHSIG, stop_signal)
            if os.getppid() != guard:
                os._exit(1)

    return born


def _account(program: dict[str, Any]) -> dict[str, Any]:
    if program["user"] is None:
        return {}
    return {"user": program["user"], "group": program["group"], "extra_groups": []}


def _family(pid: int) -> list[int]:
    """The process and all its descendants; PostgreSQL's have process groups of their own."""
    try:
        import psutil  # not there in production, nor needed
    except ImportError:
        return [pid]
    with contextlib.suppress(psutil.Error):
        return [pid, *(each.pid for each in psutil.Process(pid).children(recursive=True))]
    return [pid]


def _signal_all(pids: list[int], number: int) -> None:
    for pid in pids:
        with contextlib.suppress(ProcessLookupError, PermissionError):
            os.kill(pid, number)


def _report(event: dict[str, Any]) -> None:
    with contextlib.suppress(BrokenPipeError):  # the owner has gone
        os.write(1, json.dumps(event).encode() + b"\n")


if __name__ == "__main__":
    Guard().run()
