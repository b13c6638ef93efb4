"""Processes under a guard: none of them outlives its owner."""

import contextlib
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

import psutil
import pytest

from network.local.bootstrap import ROOT
from network.local.processes import (
    Ended,
    ProcessError,
    Program,
    Stopped,
    Supervisor,
    stop_on_signals,
    tail,
)

FAR_FUTURE_SECONDS = 180.0
STUBBORN = "trap '' TERM; echo ready; while :; do sleep 0.05; done"

# Starts a program with a child of its own, prints all process ids, and waits to be killed.
OWNER = """
import os, sys, time
from pathlib import Path
from network.local.processes import Program, Supervisor
script = "sleep 1000 & echo $! > {0}/child.tmp; mv {0}/child.tmp {0}/child; exec sleep 1000"
with Supervisor() as supervisor:
    folder = Path(sys.argv[1])
    argv = ("/bin/sh", "-c", script.format(folder))
    pid = supervisor.start(Program("web", argv, folder / "web.log"))
    while not (folder / "child").exists():
        time.sleep(0.01)
    print(os.getpid(), supervisor._guard.pid, pid, (folder / "child").read_text(), flush=True)
    time.sleep(1000)
"""


def eventually(holds: Callable[[], bool]) -> None:
    until = time.monotonic() + FAR_FUTURE_SECONDS
    while not holds():
        assert time.monotonic() < until
        time.sleep(0.01)


def is_running(pid: int) -> bool:
    with contextlib.suppress(psutil.NoSuchProcess):
        return bool(psutil.Process(pid).status() != psutil.STATUS_ZOMBIE)
    return False


def shell(name: str, script: str, tmp_path: Path, **options: float) -> Program:
    return Program(name, ("/bin/sh", "-c", script), tmp_path / f"{name}.log", **options)  # type: ignore[arg-type]


def test_the_first_to_end_is_reported_and_the_rest_are_ended(tmp_path: Path) -> None:
    with Supervisor() as supervisor:
        web = supervisor.start(shell("web", "exec sleep 1000", tmp_path))
        supervisor.start(shell("worker", "echo broken; exit 3", tmp_path))
        assert supervisor.wait(FAR_FUTURE_SECONDS) == Ended("worker", 3)
        assert supervisor.wait(0.01) is None
        assert is_running(web)
    assert not is_running(web)
    assert tail(tmp_path / "worker.log") == "broken"


def test_an_end_by_a_signal_is_reported_as_such(tmp_path: Path) -> None:
    with Supervisor() as supervisor:
        os.kill(supervisor.start(shell("web", "exec sleep 1000", tmp_path)), signal.SIGKILL)
        assert supervisor.wait(FAR_FUTURE_SECONDS) == Ended("web", -signal.SIGKILL)


def test_one_that_ignores_term_is_killed_after_its_grace(tmp_path: Path) -> None:
    with Supervisor() as supervisor:
        web = supervisor.start(shell("web", STUBBORN, tmp_path, grace_seconds=0.1))
        eventually(lambda: tail(tmp_path / "web.log") == "ready")
    assert not is_running(web)


def test_one_is_given_its_grace(tmp_path: Path) -> None:
    script = "trap 'sleep 0.3; echo done; exit' TERM; echo ready; while :; do sleep 0.01; done"
    with Supervisor() as supervisor:
        supervisor.start(shell("worker", script, tmp_path))
        eventually(lambda: tail(tmp_path / "worker.log") == "ready")
        supervisor.stop("worker")
        assert tail(tmp_path / "worker.log") == "ready\ndone"


def test_one_can_be_started_again(tmp_path: Path) -> None:
    with Supervisor() as supervisor:
        first = supervisor.start(shell("web", "exec sleep 1000", tmp_path))
        supervisor.stop("web", at_once=True)
        assert not is_running(first)
        second = supervisor.start(shell("web", "exec sleep 1000", tmp_path))
        assert is_running(second)
        assert supervisor.wait(0.01) is None  # what was asked to end is not reported


def test_a_frozen_one_is_woken_for_its_end(tmp_path: Path) -> None:
    script = "trap 'echo done; exit' TERM; echo ready; while :; do sleep 0.01; done"
    with Supervisor() as supervisor:
        web = supervisor.start(shell("web", script, tmp_path, grace_seconds=FAR_FUTURE_SECONDS))
        eventually(lambda: tail(tmp_path / "web.log") == "ready")
        os.kill(web, signal.SIGSTOP)
        supervisor.stop("web")
    assert tail(tmp_path / "web.log") == "ready\ndone"


def test_one_that_is_not_there_is_told(tmp_path: Path) -> None:
    with Supervisor() as supervisor, pytest.raises(ProcessError, match=r"web could not .* No such"):
        supervisor.start(Program("web", ("/no/such/program",), tmp_path / "log"))


def test_a_folder_is_removed_at_the_end(tmp_path: Path) -> None:
    folder = tmp_path / "sockets"
    folder.mkdir()
    (folder / "socket").touch()
    with Supervisor() as supervisor:
        supervisor.remove_at_end(folder)
    assert not folder.exists()


def test_a_program_inherits_no_ignored_signal(tmp_path: Path) -> None:
    before = signal.signal(signal.SIGINT, signal.SIG_IGN)
    try:
        with Supervisor() as supervisor:
            web = supervisor.start(shell("web", "exec sleep 1000", tmp_path))
            eventually(lambda: psutil.Process(web).name() == "sleep")
            os.kill(web, signal.SIGINT)
            assert supervisor.wait(FAR_FUTURE_SECONDS) == Ended("web", -signal.SIGINT)
    finally:
        signal.signal(signal.SIGINT, before)


@pytest.mark.parametrize("killed", ["owner", "guard", "both"])
def test_none_outlives_a_kill(tmp_path: Path, killed: str) -> None:
    if killed != "owner" and sys.platform != "linux":
        pytest.skip("only Linux tells the children of a killed guard")
    owner = subprocess.Popen(
        [sys.executable, "-c", OWNER, str(tmp_path)],
        stdout=subprocess.PIPE,
        text=True,
        env={**os.environ, "PYTHONPATH": str(ROOT)},
    )
    assert owner.stdout
    pids = [int(word) for word in owner.stdout.readline().split()]
    for pid in {"owner": pids[:1], "guard": pids[1:2], "both": pids[:2]}[killed]:
        os.kill(pid, signal.SIGKILL)
    # The child of a program ends with it when the guard lives to see to it.
    gone = pids[:4] if killed == "owner" else pids[1:3]
    eventually(lambda: not any(is_running(pid) for pid in gone))
    for pid in pids[3:]:
        with contextlib.suppress(ProcessLookupError):
            os.kill(pid, signal.SIGKILL)
    owner.kill()
    owner.communicate()


def test_a_guard_that_was_killed_is_noticed(tmp_path: Path) -> None:
    with Supervisor() as supervisor:
        web = supervisor.start(shell("web", "exec sleep 1000", tmp_path))
        supervisor._guard.kill()
        with pytest.raises(ProcessError, match="guard of the processes has ended"):
            supervisor.wait(FAR_FUTURE_SECONDS)
        with contextlib.suppress(ProcessLookupError):
            os.kill(web, signal.SIGKILL)


@pytest.mark.parametrize(
    ("number", "status"),
    [(signal.SIGINT, 130), (signal.SIGTERM, 143), (signal.SIGHUP, 129)],
)
def test_signals_stop_the_block(number: signal.Signals, status: int) -> None:
    before = signal.getsignal(number)
    with pytest.raises(Stopped) as stopped, stop_on_signals():
        signal.raise_signal(number)
    assert stopped.value.status == status
    assert signal.getsignal(number) is before


@pytest.mark.parametrize(
    ("number", "stops"),
    [
        pytest.param(signal.SIGINT, True, id="background_job"),
        pytest.param(signal.SIGHUP, False, id="nohup"),
    ],
)
def test_of_ignored_signals_only_hup_stays_ignored(number: signal.Signals, stops: bool) -> None:
    before = signal.signal(number, signal.SIG_IGN)
    try:
        with stop_on_signals():
            assert (signal.getsignal(number) is not signal.SIG_IGN) is stops
    finally:
        signal.signal(number, before)
