"""The way in: the port that is served, several commands at once, killed ones, and manage.py."""

import contextlib
import os
import shutil
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from network.local import machine
from network.local.bootstrap import ROOT, Environment
from network.local.machine import RefusedError
from tests.network.local.test_bootstrap import built, refusal, script
from tests.network.local.test_processes import FAR_FUTURE_SECONDS

# --- The port that is served ------------------------------------------------------------------


@pytest.mark.parametrize(
    ("words", "port"),
    [
        pytest.param("demo", 8000, id="default"),
        pytest.param("demo --port 8123", 8123, id="two_words"),
        pytest.param("demo --fresh --port=8123", 8123, id="one_word"),
        pytest.param("demo --port 1 --port 65535", 65535, id="last_wins"),
        pytest.param("start --port 8123", 8123, id="start"),
        pytest.param("demo --help --port x", None, id="help"),
        pytest.param("test --port 8123", None, id="another_command"),
        pytest.param("", None, id="no_command"),
    ],
)
def test_only_what_serves_has_a_port(words: str, port: int | None) -> None:
    assert machine.served_port(["manage.py", *words.split()]) == port


@pytest.mark.parametrize("value", ["0", "65536", "http", "-1", "8e3", "", "٨٠٠٠", "80 00"])
def test_a_port_that_is_none_is_refused(value: str) -> None:
    with pytest.raises(RefusedError, match="is not a port; it is a number from 1 to 65535"):
        machine.served_port(["manage.py", "demo", "--port", value])


def test_a_free_port_is_free() -> None:
    with socket.create_server(("127.0.0.1", 0)) as server:
        port = server.getsockname()[1]
        assert "is in use" in refusal(machine.check_port, port)
    assert refusal(machine.check_port, port) == ""


@pytest.mark.parametrize("host", ["127.0.0.1", "0.0.0.0", "::1"])
def test_a_port_in_use_is_told_with_the_remedy(host: str) -> None:
    with _listening(host) as port, pytest.raises(RefusedError) as refused:
        machine.check_port(port)
    assert f"port {port} is in use" in str(refused.value)
    assert "Choose another one: --port" in str(refused.value)


@contextlib.contextmanager
def _listening(host: str) -> Iterator[int]:
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    try:
        server = socket.create_server((host, 0), family=family)
    except OSError:
        pytest.skip(f"no {host} on this machine")
    with server:
        yield server.getsockname()[1]


# --- Several at once, and killed ones ---------------------------------------------------------

ENSURE = """
import sys
from pathlib import Path
sys.path.insert(0, sys.argv[1])
from network.local import bootstrap
bootstrap._base_python = lambda: sys.argv[3]
print(bootstrap.Environment(Path(sys.argv[2])).ensure())
"""


@pytest.fixture
def release(checkout: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """A file that the fake pip waits for."""
    hold = checkout.parent / "go on"
    monkeypatch.setenv("HOLD", str(hold))
    yield hold
    hold.touch()


def _start(checkout: Path) -> subprocess.Popen[str]:
    python = os.environ["FAKE_PYTHON"]
    return subprocess.Popen(
        [sys.executable, "-c", ENSURE, str(ROOT), str(checkout), python],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )


def _await_line(checkout: Path, word: str) -> None:
    log = checkout.parent / "log"
    until = time.monotonic() + FAR_FUTURE_SECONDS
    while not (log.exists() and word in log.read_text()):
        assert time.monotonic() < until
        time.sleep(0.01)


def test_of_two_at_once_one_builds_and_the_other_waits(checkout: Path, release: Path) -> None:
    first = _start(checkout)
    _await_line(checkout, "pip")
    second = _start(checkout)
    assert second.stderr
    assert "another command is building" in second.stderr.readline()
    release.touch()
    assert [process.communicate()[0] for process in (first, second)] == ["True\n", "False\n"]
    assert built(checkout) == ["venv", "pip"]


def test_a_killed_build_is_repaired_once_its_builder_has_ended(
    checkout: Path, release: Path
) -> None:
    first = _start(checkout)
    _await_line(checkout, "pip")
    first.send_signal(signal.SIGKILL)
    first.communicate()
    assert not Environment(checkout).is_ready()
    assert not Environment(checkout).marker.exists()
    second = _start(checkout)
    assert second.stderr
    assert "another command is building" in second.stderr.readline()  # pip runs on
    release.touch()
    assert second.communicate()[0] == "True\n"
    assert built(checkout) == ["venv", "pip", "venv", "pip"]
    assert Environment(checkout).is_ready()


# --- manage.py --------------------------------------------------------------------------------


@pytest.fixture
def copy(checkout: Path) -> Path:
    """A checkout with the way in, and an environment whose interpreter prints its arguments."""
    (checkout / "network" / "local").mkdir(parents=True)
    way_in = ("__init__.py", "local/__init__.py", "local/bootstrap.py", "local/machine.py")
    for file in ("manage.py", *(f"network/{name}" for name in way_in)):
        shutil.copy(ROOT / file, checkout / file)
    return checkout


def _manage(copy: Path, *words: str, **variables: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-X", "utf8", "manage.py", *words],
        cwd=copy,
        env={**os.environ, **variables},
        capture_output=True,
        text=True,
        check=False,
    )


def _make_ready(copy: Path, python: str) -> None:
    environment = Environment(copy)
    environment.ensure()
    environment.python.unlink()
    script(environment.python, python)
    assert environment.is_ready()


def test_a_command_runs_in_the_environment_with_its_arguments(copy: Path) -> None:
    _make_ready(copy, '#!/bin/sh\necho "$@"\nexit 3\n')
    ended = _manage(copy, "verify", "--since", "a b")
    assert (ended.stdout, ended.stderr) == ("-X utf8 manage.py verify --since a b\n", "")
    assert ended.returncode == 3


def test_a_port_in_use_is_said_before_anything_is_built(copy: Path) -> None:
    with _listening("127.0.0.1") as port:
        ended = _manage(copy, "demo", "--port", str(port))
    assert ended.returncode == 1
    assert ended.stdout == ""
    assert "--port" in ended.stderr
    assert "building" not in ended.stderr
    assert not (copy / ".venv").exists()


def test_images_turn_it_off(copy: Path) -> None:
    ended = _manage(copy, "demo", "--port", "none", SOFTCLICK_NO_BOOTSTRAP="1")
    assert "is not a port" not in ended.stderr
    assert "embedded" in ended.stderr  # it went on to the project, which is not in this copy
    assert not (copy / ".venv").exists()


def test_an_environment_that_leads_elsewhere_ends_in_a_message(copy: Path) -> None:
    outside = getattr(sys, "_base_executable", sys.executable)
    _make_ready(copy, f'#!/bin/sh\nexec {outside} "$@"\n')
    ended = _manage(copy, "version")
    assert ended.returncode == 1
    assert "does not run in" in ended.stderr
