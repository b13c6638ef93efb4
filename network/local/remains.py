"""What an earlier run left behind when it was killed together with its guard."""

import contextlib
import functools
import shutil
import signal
import time
from collections.abc import Callable, Collection, Iterable
from pathlib import Path

import psutil

from network.local.account import EngineError
from network.local.hold import Owner
from network.local.servers import read_postmaster_file

ENDS_WITHIN_SECONDS = 10.0
LOOK_EVERY_SECONDS = 0.02
SAME_START_SECONDS = 0.02  # one clock tick


def clear(data: Path, owner: Owner | None) -> None:
    """End servers of this data folder that still run, and remove what would keep new ones out.

    Call it while holding the folder. Only processes that are certainly ours are ended. Raises
    ``EngineError`` where one of them cannot be ended.
    """
    if owner:
        for pid, start in owner.servers:
            _end(pid, functools.partial(_started_at, start))
        if owner.sockets and Path(owner.sockets).name.startswith("sc-"):
            shutil.rmtree(owner.sockets, ignore_errors=True)
    for place in (data, data / "elsewhere"):
        _clear_cluster(place.resolve() / "pg")


def _clear_cluster(cluster: Path) -> None:
    status = read_postmaster_file(cluster)
    if not status or not status[0].isdigit():
        return

    def is_ours(process: psutil.Process) -> bool:
        with contextlib.suppress(psutil.AccessDenied):  # somebody else's
            return bool(process.name() == "postgres" and Path(process.cwd()) == cluster)
        return False

    _end(int(status[0]), is_ours)
    for process in psutil.process_iter(["name"]):  # backends that outlived their postmaster
        if process.info["name"] == "postgres":
            _end(process.pid, is_ours)
    # Its process id may by now be somebody else's, and PostgreSQL would wait for that one.
    (cluster / "postmaster.pid").unlink(missing_ok=True)


def _started_at(start: float, process: psutil.Process) -> bool:
    return bool(abs(process.create_time() - start) < SAME_START_SECONDS)


def _end(pid: int, is_ours: Callable[[psutil.Process], bool]) -> None:
    """INT (PostgreSQL's fast shutdown), then KILL, for the process and its descendants."""
    with contextlib.suppress(psutil.NoSuchProcess, psutil.ZombieProcess):
        process = psutil.Process(pid)
        if not is_ours(process):
            return
        family = [process, *process.children(recursive=True)]
        try:
            _signal(family, signal.SIGCONT)
            process.send_signal(signal.SIGINT)
            alive = _still_alive(family)
            _signal(alive, signal.SIGKILL)
            alive = _still_alive(alive)
        except psutil.AccessDenied as error:
            raise EngineError(
                f"process {pid} of an earlier run still serves this data folder and belongs to "
                "another user; end it first."
            ) from error
        if alive:
            raise EngineError(f"process {pid} of an earlier run cannot be ended.")


def _still_alive(processes: Collection[psutil.Process]) -> list[psutil.Process]:
    """Those that have not ended after a while; one that nobody has reaped yet has ended."""
    until = time.monotonic() + ENDS_WITHIN_SECONDS
    alive = list(processes)
    while alive and time.monotonic() < until:
        time.sleep(LOOK_EVERY_SECONDS)
        alive = [process for process in alive if is_running(process)]
    return alive


def is_running(process: psutil.Process) -> bool:
    with contextlib.suppress(psutil.NoSuchProcess):
        return bool(process.is_running() and process.status() != psutil.STATUS_ZOMBIE)
    return False


def _signal(processes: Iterable[psutil.Process], number: int) -> None:
    for process in processes:
        with contextlib.suppress(psutil.NoSuchProcess):
            process.send_signal(number)
