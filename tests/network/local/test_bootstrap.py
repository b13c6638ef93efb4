"""The way in on a fresh machine: what is refused, what is built, and when."""

import ast
import json
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from network.local import machine
from network.local.bootstrap import ROOT, Environment
from network.local.machine import RefusedError, check_platform

# Stands for "python -m venv" and for the pip in the environment that it makes. Counts what it is
# asked for in $LOG; $HOLD is a file that it waits for, $FAIL a word that it fails on.
FAKE_PYTHON = """#!/bin/sh
echo "$*" >> "$LOG"
case "$*" in *"$FAIL"*) echo "no index here"; exit 7;; esac
if [ "$2" = venv ]; then
    mkdir -p "$3/bin"
    cp "$0" "$3/bin/python"
else
    while [ -n "$HOLD" ] && [ ! -e "$HOLD" ]; do sleep 0.02; done
fi
"""
FAKE_UV = """#!/bin/sh
echo "uv $*" >> "$LOG"
case "$*" in *"$FAIL"*) exit 2;; esac
mkdir -p "$UV_PROJECT_ENVIRONMENT/bin"
ln -sf "$FAKE_PYTHON" "$UV_PROJECT_ENVIRONMENT/bin/python"
"""


@pytest.fixture
def uv(checkout: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    script(checkout.parent / "tools" / "uv", FAKE_UV)
    monkeypatch.setenv("PATH", f"{checkout.parent / 'tools'}:/usr/bin:/bin")


def script(path: Path, text: str) -> Path:
    path.parent.mkdir(exist_ok=True)
    path.write_text(text)
    path.chmod(0o755)
    return path


def built(checkout: Path) -> list[str]:
    """What the builders were asked for since the last look: "venv", "pip" or "uv"."""
    log = checkout.parent / "log"
    lines = log.read_text().splitlines() if log.exists() else []
    log.unlink(missing_ok=True)
    return ["uv" if line.startswith("uv") else line.split()[1] for line in lines]


def refusal(check: Callable[..., None], *arguments: object) -> str:
    """What the check said; empty when nothing stands in the way."""
    try:
        check(*arguments)
    except RefusedError as refused:
        return str(refused)
    return ""


# --- What is refused --------------------------------------------------------------------------


@pytest.mark.parametrize(
    "version",
    [
        pytest.param((2, 7, 18), id="python_2"),
        pytest.param((3, 6, 15), id="oldest_that_reads_it"),
        pytest.param((3, 10, 13), id="one_too_old"),
    ],
)
def test_an_old_python_is_told_so(version: tuple[int, ...]) -> None:
    with pytest.raises(RefusedError, match=r"Python 3\.11 or later is needed; this is Python"):
        machine.check_python(version)


def test_python_from_3_11_on_is_welcome() -> None:
    versions = [(3, 10, 99), (3, 11, 0), (4, 0, 0)]
    refused = [version for version in versions if refusal(machine.check_python, version)]
    assert refused == [(3, 10, 99)]


@pytest.mark.parametrize(
    ("system", "machine", "libc", "said"),
    [
        pytest.param("Windows", "AMD64", None, "this is Windows", id="windows"),
        pytest.param("Linux", "x86_64", None, "another C library", id="musl"),
        pytest.param("Linux", "x86_64", "glibc 2.27", "this is glibc 2.27", id="old_glibc"),
        pytest.param("Linux", "riscv64", "glibc 2.39", "this machine is riscv64", id="machine"),
    ],
)
def test_a_machine_without_wheels_is_asked_for_the_two_urls(
    system: str, machine: str, libc: str | None, said: str
) -> None:
    with pytest.raises(RefusedError, match="DATABASE_URL and REDIS_URL") as refused:
        check_platform(system, machine, libc)
    assert said in str(refused.value)


@pytest.mark.parametrize(
    ("system", "machine", "libc"),
    [
        pytest.param("Linux", "x86_64", "glibc 2.28", id="oldest_glibc"),
        pytest.param("Linux", "aarch64", "glibc 2.100", id="numbers_not_text"),
        pytest.param("Darwin", "arm64", None, id="macos"),
    ],
)
def test_a_machine_with_wheels_is_welcome(system: str, machine: str, libc: str | None) -> None:
    assert refusal(check_platform, system, machine, libc) == ""


@pytest.mark.parametrize(
    "file",
    [
        "manage.py",
        "network/__init__.py",
        "network/local/__init__.py",
        "network/local/bootstrap.py",
        "network/local/machine.py",
    ],
)
def test_an_old_python_can_read_what_tells_it_so(file: str) -> None:
    tree = ast.parse((ROOT / file).read_text(), feature_version=(3, 6))
    annotations = [
        annotation
        for node in ast.walk(tree)
        if isinstance(node, ast.FunctionDef)
        for annotation in (node.returns, *(argument.annotation for argument in node.args.args))
        if isinstance(annotation, (ast.Subscript, ast.BinOp))
    ]
    assert annotations == []  # those that Python 3.6 cannot evaluate are in quotes


def test_the_way_in_needs_no_dependency() -> None:
    code = "import sys; sys.path.insert(0, sys.argv[1]); from network.local import bootstrap"
    subprocess.run([sys.executable, "-I", "-S", "-c", code, str(ROOT)], check=True)


def test_a_python_without_ensurepip_gets_the_debian_hint(
    checkout: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(
        "importlib.util.find_spec", lambda name: None if name == "ensurepip" else object()
    )
    with pytest.raises(RefusedError, match="apt install python3-venv"):
        Environment(checkout).ensure()
    assert built(checkout) == []


# --- What is built ----------------------------------------------------------------------------


def test_pip_builds_where_there_is_no_uv(checkout: Path) -> None:
    assert Environment(checkout).ensure() is True
    assert built(checkout) == ["venv", "pip"]
    assert Environment(checkout).ensure() is False
    assert built(checkout) == []


@pytest.mark.usefixtures("uv")
def test_uv_builds_where_it_is_on_the_path(checkout: Path) -> None:
    assert Environment(checkout).ensure() is True
    assert built(checkout) == ["uv"]
    assert Environment(checkout).ensure() is False


@pytest.mark.usefixtures("uv")
def test_pip_builds_where_uv_cannot(checkout: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("FAIL", "sync")
    assert Environment(checkout).ensure() is True
    assert built(checkout) == ["uv", "venv", "pip"]


def _change_lock(checkout: Path) -> None:
    (checkout / "uv.lock").write_text("locked again\n")


def _change_pip_lock(checkout: Path) -> None:
    (checkout / "requirements.lock").write_text("django==5.3\n")


def _change_python(checkout: Path) -> None:
    _edit_marker(checkout, python="cpython-39-x86_64")


def _move(checkout: Path) -> None:
    _edit_marker(checkout, path="/somewhere/else/.venv")


def _edit_marker(checkout: Path, **changes: str) -> None:
    marker = Environment(checkout).marker
    marker.write_text(json.dumps(json.loads(marker.read_text()) | changes))


def _cut_marker(checkout: Path) -> None:
    marker = Environment(checkout).marker
    marker.write_text(marker.read_text()[:20])


def _remove_marker(checkout: Path) -> None:
    Environment(checkout).marker.unlink()


def _remove_python(checkout: Path) -> None:
    Environment(checkout).python.unlink()


def _interrupt(checkout: Path) -> None:
    Environment(checkout).unfinished.mkdir()


CHANGES = [
    pytest.param(_change_lock, id="lock_changed"),
    pytest.param(_change_pip_lock, id="requirements_changed"),
    pytest.param(_change_python, id="another_python"),
    pytest.param(_move, id="checkout_moved"),
    pytest.param(_cut_marker, id="marker_cut"),
    pytest.param(_remove_marker, id="marker_missing"),
    pytest.param(_remove_python, id="interpreter_gone"),
    pytest.param(_interrupt, id="interrupted"),
]


@pytest.mark.parametrize("change", CHANGES)
def test_a_stale_environment_is_built_anew(checkout: Path, change: Callable[[Path], None]) -> None:
    environment = Environment(checkout)
    environment.ensure()
    (environment.path / "left over").touch()
    change(checkout)
    built(checkout)
    assert environment.ensure() is True
    assert built(checkout) == ["venv", "pip"]
    assert not (environment.path / "left over").exists()
    assert environment.ensure() is False


@pytest.mark.usefixtures("uv")
@pytest.mark.parametrize("change", CHANGES)
def test_uv_changes_in_place_only_what_was_complete(
    checkout: Path, change: Callable[[Path], None]
) -> None:
    environment = Environment(checkout)
    environment.ensure()
    (environment.path / "left over").touch()
    change(checkout)
    assert environment.ensure() is True
    in_place = change in (_change_lock, _change_pip_lock, _remove_python)
    assert (environment.path / "left over").exists() is in_place
    assert environment.ensure() is False


def test_an_environment_that_somebody_made_as_locked_is_taken_over(checkout: Path) -> None:
    environment = Environment(checkout)
    environment.ensure()
    built(checkout)
    environment.marker.unlink()
    _install(environment, "Django", "5.2")
    assert environment.ensure() is False
    assert built(checkout) == []
    assert environment.is_ready()


@pytest.mark.parametrize(
    ("name", "version"),
    [
        pytest.param("django", "5.1", id="another_version"),
        pytest.param("flask", "5.2", id="not_installed"),
    ],
)
def test_one_that_differs_from_the_lock_is_not(checkout: Path, name: str, version: str) -> None:
    environment = Environment(checkout)
    environment.ensure()
    environment.marker.unlink()
    _install(environment, name, version)
    assert environment.ensure() is True


def _install(environment: Environment, name: str, version: str) -> None:
    packages = f"lib/python{sys.version_info[0]}.{sys.version_info[1]}/site-packages"
    info = environment.path / packages / f"{name}-{version}.dist-info"
    info.mkdir(parents=True)
    (info / "METADATA").write_text(f"Metadata-Version: 2.1\nName: {name}\nVersion: {version}\n")


def test_a_package_that_only_some_pythons_need_may_be_missing(checkout: Path) -> None:
    lock = checkout / "requirements.lock"
    lock.write_text(f"{lock.read_text()}timeout==1 ; python_full_version < '3.11.3' \\\n")
    environment = Environment(checkout)
    environment.ensure()
    environment.marker.unlink()
    _install(environment, "django", "5.2")
    assert environment.ensure() is False


@pytest.mark.parametrize(
    ("word", "said"),
    [
        pytest.param("-m pip", "Is a package index reachable", id="pip"),
        pytest.param("-m venv", "could not make", id="venv"),
    ],
)
def test_a_build_that_fails_says_why_and_is_repaired(
    checkout: Path,
    monkeypatch: pytest.MonkeyPatch,
    capfd: pytest.CaptureFixture[str],
    word: str,
    said: str,
) -> None:
    monkeypatch.setenv("FAIL", word)
    with pytest.raises(RefusedError, match=said):
        Environment(checkout).ensure()
    printed = capfd.readouterr()
    assert printed.out == ""
    assert "no index here" in printed.err
    assert not Environment(checkout).is_ready()
    monkeypatch.setenv("FAIL", "never")
    assert Environment(checkout).ensure() is True
    assert Environment(checkout).is_ready()


def test_a_folder_that_cannot_be_written_is_told(
    checkout: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(*_: object) -> None:
        raise PermissionError("not yours")

    monkeypatch.setattr(Environment, "_start_anew", refuse)
    with pytest.raises(RefusedError, match="could not be built: not yours"):
        Environment(checkout).ensure()
