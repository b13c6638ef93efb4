"""Faults that tests make in engines of their own."""

from pathlib import Path

import psutil
import psycopg
import pytest
import redis

from network.local.servers import Postgres, Valkey, serve
from tests.network.local.test_embedded import none_running, ping, query
from tests.network.local.test_processes import eventually

# --- Faults that tests make -------------------------------------------------------------------


def test_a_frozen_postgresql_answers_nobody_and_goes_on(own_postgres: Postgres) -> None:
    with psycopg.connect(own_postgres.url, autocommit=True) as connection:
        own_postgres.pause()
        with pytest.raises(psycopg.OperationalError, match="timeout"):
            psycopg.connect(f"{own_postgres.url}&connect_timeout=2")
        states = {
            each.status() for each in psutil.Process(own_postgres.pid).children(recursive=True)
        }
        assert states == {psutil.STATUS_STOPPED}
        own_postgres.resume()
        assert connection.execute("SELECT 1").fetchone() == (1,)


def test_a_killed_postgresql_recovers_what_was_committed(own_postgres: Postgres) -> None:
    query(own_postgres.url, "CREATE TABLE kept ()")
    family = psutil.Process(own_postgres.pid).children(recursive=True)
    before = own_postgres.pid
    own_postgres.kill()
    eventually(lambda: none_running([before, *(each.pid for each in family)]))
    with pytest.raises(psycopg.OperationalError):
        query(own_postgres.url, "SELECT 1")
    own_postgres.restart()
    assert own_postgres.pid != before
    assert query(own_postgres.url, "SELECT to_regclass('kept')") == "kept"


def test_a_frozen_or_killed_valkey_answers_nobody_and_comes_back(own_valkey: Valkey) -> None:
    own_valkey.pause()
    with pytest.raises(redis.TimeoutError):
        ping(own_valkey.url, seconds=0.3)
    own_valkey.resume()
    assert ping(own_valkey.url)
    own_valkey.kill()
    with pytest.raises(redis.ConnectionError):
        ping(own_valkey.url)
    own_valkey.restart()
    assert ping(own_valkey.url)


def test_frozen_servers_can_be_ended(data: Path) -> None:
    with serve(data, durable=False) as servers:
        servers.await_ready()
        for server in servers.all():
            server.pause()
        pids = [server.pid for server in servers.all()]
    assert none_running(pids)
