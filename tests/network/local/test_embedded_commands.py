"""The engines that a command finds, or starts, in its surroundings."""

import os
from pathlib import Path

import pytest

from network.local import embedded
from network.local import hold as engine_hold
from network.local.account import EngineError
from network.local.embedded import engines
from tests.network.local.test_embedded import (
    data_made,
    none_running,
    owner_process,
    ping,
    query,
    servers_of,
)

# --- Commands ---------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("words", "needs"),
    [
        pytest.param("verify", True, id="verify"),
        pytest.param("demo", True, id="demo"),
        pytest.param("test -k x", True, id="test"),
        pytest.param("check --database default", True, id="check_database"),
        pytest.param("check", False, id="check"),
        pytest.param("simulate -", False, id="simulate"),
        pytest.param("makemigrations --check", False, id="makemigrations"),
        pytest.param("verify --help", False, id="help_of_a_command"),
        pytest.param("help verify", False, id="help"),
        pytest.param("--version", False, id="version"),
        pytest.param("", False, id="nothing"),
    ],
)
def test_commands_without_a_database_start_nothing(words: str, needs: bool) -> None:
    assert embedded.needs_engines(["manage.py", *words.split()]) is needs


@pytest.fixture
def surroundings(data: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """No URLs, no mode, and a data folder of the test's own."""
    for name in (
        "DATABASE_URL",
        "MIGRATE_DATABASE_URL",
        "REDIS_URL",
        "SOFTCLICK_MODE",
        "PUBLIC_PORT",
    ):
        monkeypatch.setenv(name, "set, so that it is put back")
        monkeypatch.delenv(name)
    monkeypatch.setenv("SOFTCLICK_DATA", str(data))
    return data


def test_a_command_finds_urls_and_mode_in_its_environment(surroundings: Path) -> None:
    with embedded.for_command(["manage.py", "verify"]):
        assert query(os.environ["DATABASE_URL"], "SELECT current_user") == "softclick_app"
        assert query(os.environ["MIGRATE_DATABASE_URL"], "SELECT current_user") == "softclick"
        assert ping(os.environ["REDIS_URL"])
        assert os.environ["SOFTCLICK_MODE"] == "development"
        pids = servers_of(surroundings)
    assert none_running(pids)


def test_only_what_is_missing_is_started(
    surroundings: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("DATABASE_URL", "postgres://elsewhere/softclick")
    with embedded.for_command(["manage.py", "demo", "--port", "8123"]):
        assert os.environ["DATABASE_URL"] == "postgres://elsewhere/softclick"
        assert ping(os.environ["REDIS_URL"])
        assert len(servers_of(surroundings)) == 1
        assert (os.environ["SOFTCLICK_MODE"], os.environ["PUBLIC_PORT"]) == ("demo", "8123")


def test_nothing_is_started_where_both_urls_are_set(
    surroundings: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("DATABASE_URL", "postgres://elsewhere/softclick")
    monkeypatch.setenv("REDIS_URL", "redis://elsewhere")
    with embedded.for_command(["manage.py", "verify"]):
        assert not surroundings.exists()
        assert "SOFTCLICK_MODE" not in os.environ


def test_tests_have_engines_and_data_of_their_own(surroundings: Path) -> None:
    with owner_process(surroundings):
        with embedded.for_command(["manage.py", "test"]):
            assert query(os.environ["DATABASE_URL"], "SHOW fsync") == "off"
            assert query(os.environ["DATABASE_URL"], "SHOW is_superuser") == "on"
            assert "MIGRATE_DATABASE_URL" not in os.environ
            data = Path(os.environ["SOFTCLICK_DATA"])
            assert data != surroundings
            assert os.environ["SOFTCLICK_MODE"] == "test"
        assert not data.parent.exists()


def test_folders_of_killed_test_runs_are_removed(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    names = [f"{embedded.TEMPORARY}{name}" for name in ("killed", "running", "just_made")]
    killed, running, just_made = (data_made(tmp_path / name) for name in names)
    with engine_hold.hold(running):
        for folder in (killed, running):
            (folder / "engines.lock").touch()
            os.utime(folder, (0, 0))
        embedded._remove_left_behind(tmp_path)
    assert [folder.exists() for folder in (killed, running, just_made)] == [False, True, True]


def test_missing_wheels_ask_for_the_urls(monkeypatch: pytest.MonkeyPatch, data: Path) -> None:
    monkeypatch.setattr("importlib.util.find_spec", lambda name: None)
    with pytest.raises(EngineError, match="Set DATABASE_URL and REDIS_URL"):
        engines(data).__enter__()
