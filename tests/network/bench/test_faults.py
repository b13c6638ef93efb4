"""What a soak does to processes, tried on ones that are started for it."""

import os
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import psutil
import pytest

from network.bench.faults import Fault, Processes

SERVER = """
import subprocess, sys, time
if not sys.stdin.readline():
    sys.exit()
while True:
    subprocess.run([sys.executable, "-c", "import time; time.sleep(600)"])
"""
"""A server with one worker, which it starts when it is told to, and again whenever it ends."""


@contextmanager
def server(data: Path) -> Iterator[subprocess.Popen[str]]:
    process = subprocess.Popen(
        [sys.executable, "-c", SERVER, "serve_tracking"],
        env={**os.environ, "SOFTCLICK_DATA": str(data)},
        stdin=subprocess.PIPE,
        text=True,
    )
    try:
        yield process
    finally:
        for each in psutil.Process(process.pid).children():
            each.kill()
        process.kill()
        process.communicate()


def test_a_worker_is_killed_once_there_is_one_and_another_takes_its_place(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with server(tmp_path) as process:
        looked: list[int] = []

        def start_after_three_looks(_: float) -> None:
            looked.append(len(psutil.Process(process.pid).children()))
            if len(looked) == 3:
                assert process.stdin
                process.stdin.write("\n")
                process.stdin.flush()

        monkeypatch.setattr("network.bench.faults.time.sleep", start_after_three_looks)
        Processes(tmp_path).inflict(Fault("tracking", "worker"))
        assert looked[:3] == [0, 0, 0]
        assert len(psutil.Process(process.pid).children()) == 1
