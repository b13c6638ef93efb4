"""``manage.py soak`` for a minute: a network in use while everything in it is killed in turn."""

import os
import re
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

import psutil
import pytest

from network.bench import faults
from network.bench.soak import HUNG
from network.local.bootstrap import ROOT
from network.local.processes import Program, Supervisor
from tests.flows.network import wait_until


def soak(folder: Path, *arguments: str) -> tuple[int, str]:
    """Its exit status and what it said. It ends with this process, whatever ends that."""
    log = folder / "soak.log"
    words = (sys.executable, "manage.py", "soak", *arguments)
    environment = {**os.environ, "SOFTCLICK_NO_BOOTSTRAP": "1"}
    with Supervisor() as supervisor:
        supervisor.start(Program("soak", words, log, environment, folder=ROOT, grace_seconds=55.0))
        ended = supervisor.wait()
    assert ended
    return ended.status, log.read_text()


def marked(mark: str) -> list[dict[str, Any]]:
    """What was started with this mark, however indirectly, and runs: its name, command line and
    environment, all read at once, for any of it may end at any time."""
    running = [
        process.info
        for process in psutil.process_iter(["name", "cmdline", "environ", "status"])
        if process.info["status"] != psutil.STATUS_ZOMBIE
    ]
    return [each for each in running if (each["environ"] or {}).get("SOFTCLICK_MARK") == mark]


def test_its_network_ends_with_it_when_it_is_killed(tmp_path: Path) -> None:
    mark = str(tmp_path)
    soaking = subprocess.Popen(
        [sys.executable, "manage.py", "soak"],
        cwd=ROOT,
        env={**os.environ, "SOFTCLICK_NO_BOOTSTRAP": "1", "SOFTCLICK_MARK": mark},
        stdin=subprocess.DEVNULL,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    try:
        wait_until(
            lambda: [each for each in marked(mark) if each["name"] == "postgres"],
            "the network has an engine",
        )
        demos = [each for each in marked(mark) if "demo" in (each["cmdline"] or [])]
        [folder] = {each["environ"]["SOFTCLICK_DATA"] for each in demos}
    finally:
        soaking.kill()
        soaking.wait()
    wait_until(lambda: not marked(mark), "everything has ended")
    shutil.rmtree(folder)


def test_a_minute_of_faults_loses_nothing(tmp_path: Path) -> None:
    status, said = soak(tmp_path, "--minutes", "1", "--seed", "7")
    assert status == 0, said
    assert "Nothing was lost, doubled or credited wrongly." in said
    counted = re.search(r"([\d,]+) clicks and ([\d,]+) orders acknowledged", said)
    assert counted
    clicks, orders = (int(number.replace(",", "")) for number in counted.groups())
    assert clicks > orders > 50
    inflicted = re.findall(r"^ +\d+ x (.+)$", said, re.M)
    assert len(inflicted) >= 5
    assert set(inflicted) <= {str(fault) for fault in faults.FAULTS}
    was_hung = str(HUNG) in inflicted
    assert ("While PostgreSQL was frozen and 20 pages" in said) is was_hung
    assert (" ms, 0 not answered." in said) is was_hung


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        pytest.param(("--minutes", "0"), "--minutes: between 0.1", id="minutes"),
        pytest.param(("--shoppers", "65"), "--shoppers: between 1 and 64", id="shoppers"),
    ],
)
def test_it_says_what_it_cannot_do(tmp_path: Path, arguments: tuple[str, ...], said: str) -> None:
    status, sentence = soak(tmp_path, *arguments)
    assert status == 1
    assert said in sentence
