"""``bench`` measures what it says, on a stage of its own. Nothing here depends on speed."""

import contextlib
import json
import os
import subprocess
import sys
from io import StringIO
from socket import create_server, socket
from threading import Thread

import psycopg
import pytest
from django.conf import settings
from django.core.management import CommandError, call_command
from django.db import connection
from redis import Redis

from network.bench import click, stage, whatif
from network.bench.click import MeasuredClicks, is_click, is_ok
from network.bench.load import Load, Plan, Round, is_whole
from network.bench.sales import closing
from network.bench.sales.closing import MeasuredClosing
from network.bench.seeding import filling
from network.bench.seeding.filling import MeasuredFilling
from network.local.bootstrap import ROOT
from network.local.machine import OFF_SWITCH
from network.management.commands import bench

BARE = b"HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n2\r\nok\r\n0\r\n\r\n"
CLICK = (
    b"HTTP/1.1 302 Found\r\nlocation: https://www.shop.example/?sclk=T\r\ncontent-length: 0\r\n"
    b"set-cookie: scl-1=T\r\nset-cookie: scn-1=5\r\n\r\n"
)


@pytest.mark.parametrize(
    ("answer", "whole"),
    [
        pytest.param(BARE, True, id="chunked"),
        pytest.param(BARE[:-1], False, id="chunked_with_its_end_missing"),
        pytest.param(CLICK, True, id="without_a_body"),
        pytest.param(CLICK[:-2], False, id="head_incomplete"),
        pytest.param(b"HTTP/1.1 200 OK\r\ncontent-length: 2\r\n\r\nok", True, id="with_length"),
        pytest.param(b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok", True, id="in_capitals"),
        pytest.param(b"HTTP/1.1 200 OK\r\ncontent-length: 2\r\n\r\no", False, id="body_incomplete"),
    ],
)
def test_it_knows_when_an_answer_is_whole(answer: bytes, whole: bool) -> None:
    assert is_whole(answer) is whole


def test_it_knows_a_bare_answer() -> None:
    assert is_ok(BARE)
    assert not is_ok(BARE.replace(b"200 OK", b"404 Not Found"))


@pytest.mark.parametrize(
    ("right", "wrong"),
    [
        pytest.param(b"302 Found", b"200 OK", id="no_redirect"),
        pytest.param(b"https://www.shop", b"https://www.evil", id="elsewhere"),
        pytest.param(b"sclk=", b"x=", id="no_token"),
        pytest.param(b"scl-", b"x", id="no_last_token"),
        pytest.param(b"scn-", b"x", id="no_session"),
    ],
)
def test_it_knows_a_right_click_from_a_wrong_one(right: bytes, wrong: bytes) -> None:
    assert is_click(CLICK)
    assert not is_click(CLICK.replace(right, wrong))


def measured(**changes: int) -> MeasuredClicks:
    bare, slower = Round(answers=1000, seconds=0.5), Round(answers=500, seconds=0.5)
    values = {"clicks": 500, "recorded": 500, **changes}
    return MeasuredClicks(pairs=[(bare, slower)] * 3, drain_seconds=1.0, **values)


def test_it_prints_results_as_json(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(click, "measure", lambda seconds, workers: measured())
    output = StringIO()
    call_command("bench", "--only", "click", "--json", stdout=output)
    assert json.loads(output.getvalue()) == {
        "results": [
            {"name": "click", "value": 0.5, "unit": "of a bare view", "target": 0.7, "met": False},
            {
                "name": "click, the worst round",
                "value": 0.5,
                "unit": "of a bare view",
                "target": 0.6,
                "met": False,
            },
            {
                "name": "clicks not recorded",
                "value": 0,
                "unit": "clicks",
                "target": 0,
                "met": True,
            },
        ]
    }


def test_one_slow_round_does_not_hide_behind_the_median() -> None:
    fast = (Round(answers=1000, seconds=1.0), Round(answers=750, seconds=1.0))
    slow = (Round(answers=1000, seconds=1.0), Round(answers=590, seconds=1.0))
    uneven = MeasuredClicks([fast, slow, fast], clicks=1, recorded=1, drain_seconds=1.0)
    told = {result.name: result for result in click.results(uneven)}
    assert (told["click"].value, told["click"].met) == (0.75, True)
    worst = told["click, the worst round"]
    assert (worst.value, worst.met) == (0.59, False)


def test_a_lost_click_fails_it(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(click, "measure", lambda seconds, workers: measured(recorded=499))
    with pytest.raises(CommandError, match="500 clicks were answered, 499 were recorded"):
        call_command("bench", "--only", "click", stdout=StringIO())


@pytest.mark.parametrize("seconds", ["0", "601", "nan"])
def test_it_is_bounded(seconds: str) -> None:
    with pytest.raises(CommandError, match="--seconds"):
        call_command("bench", "--seconds", seconds)


def test_all_measurements_are_printed_together(monkeypatch: pytest.MonkeyPatch) -> None:
    one = whatif.MeasuredReplay("one partner soft", sales=1_000, differing=70, seconds=0.25)
    monkeypatch.setattr(click, "measure", lambda seconds, workers: measured())
    monkeypatch.setattr(whatif, "measure", lambda sales, days: [one])
    monkeypatch.setattr(
        closing, "measure", lambda sales: MeasuredClosing(1_000, 2, 1, 0.5, 40, 0.2, 0.3)
    )
    for name in ("load", "memory", "recording", "late", "repeated", "drain"):
        monkeypatch.setitem(bench.MEASUREMENTS, name, lambda options: bench.Report([], []))
    filled = MeasuredFilling(clicks=20_000, sales=2_000, seconds=1.6, verified=True)
    monkeypatch.setattr(filling, "measure", lambda clicks: filled)
    output = StringIO()
    call_command("bench", stdout=output)
    assert "seeding: 12500 clicks/s (target 10000: met)" in output.getvalue()
    assert "20,000 clicks and 2,000 sales with all that belongs to them" in output.getvalue()
    assert "click: 0.5 of a bare view" in output.getvalue()
    said = "whatif, one partner soft: 0.25 s for 1,000 sales (target 3: met)"
    assert said in output.getvalue()
    assert "one partner soft: 70 sales differ, 250 µs for a sale" in output.getvalue()
    assert "finalising: 0.25 of SQL alone (target 0.2: met)" in output.getvalue()
    assert "2.00 ms and 0.04 statements for a sale; SQL alone 2,000 sales/s" in output.getvalue()


def test_a_what_if_over_three_seconds_is_not_met() -> None:
    slow = whatif.MeasuredReplay("one partner soft", sales=100_000, differing=70, seconds=3.01)
    assert [result.met for result in whatif.results([slow])] == [False]


@pytest.mark.parametrize(
    ("one", "two", "sql", "met"),
    [
        pytest.param(2.0, 1.25, 0.4, [True, True, True], id="all"),
        pytest.param(2.0, 1.25, 0.39, [False, True, True], id="far_from_sql"),
        pytest.param(2.01, 1.0, 0.5, [True, False, True], id="too_few_a_second"),
        pytest.param(2.0, 1.26, 0.5, [True, True, False], id="two_are_hardly_faster"),
    ],
)
def test_closing_has_three_targets(one: float, two: float, sql: float, met: list[bool]) -> None:
    measured = MeasuredClosing(1_000, one, two, sql, 40, 0.2, 0.3)
    assert [result.met for result in closing.results(measured)] == met


def test_a_sale_that_is_not_closed_fails_it(monkeypatch: pytest.MonkeyPatch) -> None:
    def measure(sales: int) -> None:
        raise closing.NotClosed("1 of 600 due sales were not closed.")

    monkeypatch.setattr(closing, "measure", measure)
    with pytest.raises(CommandError, match="1 of 600"):
        call_command("bench", "--only", "finalising", stdout=StringIO())


@pytest.mark.parametrize("due", ["199", "10000001"])
def test_sales_that_are_due_are_bounded(due: str) -> None:
    with pytest.raises(CommandError, match="--due"):
        call_command("bench", "--due", due)


@pytest.mark.django_db
def test_it_runs_for_real_and_leaves_nothing_behind() -> None:
    clicks, sales = ("--seconds", "0.5", "--workers", "1"), ("--days", "2", "--sales", "500")
    due = ("--due", "250", "--seed", "6000")
    load = ("--rate", "50", "--load-seconds", "2", "--requests", "1000", "--reports", "30")
    ended = subprocess.run(
        [sys.executable, "manage.py", "bench", *clicks, *sales, *due, *load, "--json"],
        cwd=ROOT,
        env=os.environ | {OFF_SWITCH: "1"},
        capture_output=True,
        text=True,
        check=False,
        timeout=600,
    )
    assert ended.returncode == 0, ended.stderr
    results = {result["name"]: result for result in json.loads(ended.stdout)["results"]}
    assert results["click"]["value"] > 0
    assert results["clicks not recorded"]["value"] == 0
    assert results["seeding"]["value"] > 0
    for name in ("clicks", "sales"):
        assert results[f"{name} not recorded, all else running"]["value"] == 0
    assert results["clicks not recorded, many requests"]["value"] == 0
    for name in ("click, all else running: p99", "web worker, memory"):
        assert results[name]["value"] > 0
    for name in ("finalising", "finalising, one worker", "finalising, two workers"):
        assert results[name]["value"] > 0
    for name in ("recording", "late click", "late report", "draining clicks"):
        assert results[name]["value"] > 0
    assert results["one order reported again and again"]["value"] > 0
    for name in whatif.ASKED:
        result = results[f"whatif, {name}"]
        assert result["value"] > 0
        assert int(result["unit"].split()[2].replace(",", "")) >= 500
    with connection.cursor() as cursor:
        cursor.execute("SELECT datname FROM pg_database WHERE datname = 'softclick_bench'")
        assert cursor.fetchall() == []
    with Redis.from_url(settings.REDIS_URL) as redis:
        assert redis.keys() == []


def test_a_server_that_hangs_up_is_an_error() -> None:
    with create_server(("127.0.0.1", 0)) as server:
        Thread(target=hang_up, args=(server,), daemon=True).start()
        load = Load(server.getsockname(), connections=1)
        with pytest.raises(ConnectionError, match="closed the connection"):
            load.run(Plan([b"GET / HTTP/1.1\r\n\r\n"], is_ok), seconds=1)
        load.close()


def hang_up(server: socket) -> None:
    caller, _ = server.accept()
    caller.recv(100)
    caller.close()


@pytest.mark.django_db
def test_what_a_killed_benchmark_left_is_thrown_away() -> None:
    """Also where PostgreSQL has not noticed yet that nobody is there any more."""
    params = connection.get_connection_params()
    with psycopg.connect(**{**params, "dbname": "postgres"}, autocommit=True) as other:
        with contextlib.suppress(psycopg.errors.DuplicateDatabase):
            other.execute(f"CREATE DATABASE {stage.DATABASE}")
        left = psycopg.connect(**{**params, "dbname": stage.DATABASE})
        with stage.alone():
            named = "SELECT count(*) FROM pg_database WHERE datname = %s"
            assert other.execute(named, [stage.DATABASE]).fetchone() == (0,)
        with pytest.raises(psycopg.OperationalError):
            left.execute("SELECT 1")


@pytest.mark.django_db
def test_a_second_benchmark_at_once_is_refused() -> None:
    refused = pytest.raises(stage.StageError, match="Another benchmark")
    with stage.alone(), refused, stage.alone():
        pass
    with stage.alone():
        pass
