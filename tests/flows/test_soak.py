"""``manage.py soak`` for a minute: a network in use while everything in it is killed in turn."""

import os
import re
import subprocess
import sys

import pytest

from network.bench import faults
from network.bench.soak import HUNG
from network.local.bootstrap import ROOT


def soak(*arguments: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "manage.py", "soak", *arguments],
        cwd=ROOT,
        env={**os.environ, "SOFTCLICK_NO_BOOTSTRAP": "1"},
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        check=False,
    )


def test_a_minute_of_faults_loses_nothing() -> None:
    done = soak("--minutes", "1", "--seed", "7")
    assert done.returncode == 0, done.stdout + done.stderr
    assert "Nothing was lost, doubled or credited wrongly." in done.stdout
    said = re.search(r"([\d,]+) clicks and ([\d,]+) orders acknowledged", done.stdout)
    assert said
    clicks, orders = (int(number.replace(",", "")) for number in said.groups())
    assert clicks > orders > 50
    inflicted = re.findall(r"^ +\d+ x (.+)$", done.stdout, re.M)
    assert len(inflicted) >= 5
    assert set(inflicted) <= {str(fault) for fault in faults.FAULTS}
    was_hung = str(HUNG) in inflicted
    assert ("While PostgreSQL was frozen and 20 pages" in done.stdout) is was_hung
    assert (" ms, 0 not answered." in done.stdout) is was_hung


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        pytest.param(("--minutes", "0"), "--minutes: between 0.1", id="minutes"),
        pytest.param(("--shoppers", "65"), "--shoppers: between 1 and 64", id="shoppers"),
    ],
)
def test_it_says_what_it_cannot_do(arguments: tuple[str, ...], said: str) -> None:
    refused = soak(*arguments)
    assert refused.returncode == 1
    assert said in refused.stderr
