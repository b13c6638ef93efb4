"""Clicks at a fixed rate, a worker's memory: what is counted, and what is said of it."""

import selectors
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from io import StringIO
from socket import create_server, socket
from threading import Event, Thread

import pytest
from django.core.management import CommandError, call_command

from network.bench.click import is_ok
from network.bench.load import Plan
from network.bench.serving import latency, memory, steady
from network.bench.serving.beside import Beside, is_taken
from network.bench.serving.latency import MeasuredLoad
from network.bench.serving.memory import MeasuredMemory, MemoryPoint
from network.bench.serving.steady import SteadyLoad, SteadyRound, percentile

OK = b"HTTP/1.1 200 OK\r\ncontent-length: 2\r\n\r\nok"
PLAN = Plan([b"GET / HTTP/1.1\r\n\r\n"], is_ok)
STANDS_STILL = 0.3


@contextmanager
def server(*, answer: bytes = OK, still_at: int = -1) -> Iterator[tuple[str, int]]:
    """Answers one request at a time on any number of connections, and stands still once."""
    is_over = Event()
    with create_server(("127.0.0.1", 0)) as listening:
        thread = Thread(target=serve, args=(listening, answer, still_at, is_over))
        thread.start()
        yield listening.getsockname()
        is_over.set()
        thread.join()


def serve(listening: socket, answer: bytes, still_at: int, is_over: Event) -> None:
    served = 0
    with selectors.DefaultSelector() as selector, ExitStack() as callers:
        selector.register(listening, selectors.EVENT_READ)
        while not is_over.is_set():
            for key, _ in selector.select(0.05):
                if key.fileobj is listening:
                    caller = callers.enter_context(listening.accept()[0])
                    selector.register(caller, selectors.EVENT_READ)
                    continue
                assert isinstance(key.fileobj, socket)
                if not key.fileobj.recv(1000):
                    selector.unregister(key.fileobj)
                    continue
                if served == still_at:
                    time.sleep(STANDS_STILL)
                served += 1
                key.fileobj.sendall(answer)


def test_it_asks_at_its_rate_and_every_request_is_answered() -> None:
    with server() as address:
        round_ = SteadyLoad(address).run(PLAN, per_second=100, seconds=0.2)
    assert len(round_.took) == len(round_.sent_after) == 20
    assert round_.wrong == 0


def test_a_server_that_stands_still_delays_all_that_was_due_meanwhile() -> None:
    with server(still_at=5) as address:
        round_ = SteadyLoad(address).run(PLAN, per_second=100, seconds=0.6)
    assert len(round_.took) == 60
    delayed = [took for took in round_.took if took > STANDS_STILL / 3]
    assert len(delayed) >= 15  # of the 30 that were due while it stood still


def test_what_is_sent_late_counts_from_when_it_was_due(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(steady, "MOST_CONNECTIONS", 1)
    with server(still_at=5) as address:
        round_ = SteadyLoad(address).run(PLAN, per_second=100, seconds=0.6)
    assert len([took for took in round_.took if took > STANDS_STILL / 3]) >= 15


def test_wrong_answers_are_counted_and_the_first_is_kept() -> None:
    with server(answer=OK.replace(b"200 OK", b"500 Oh")) as address:
        round_ = SteadyLoad(address).run(PLAN, per_second=50, seconds=0.1)
    assert round_.wrong == 5
    assert round_.first_wrong.startswith(b"HTTP/1.1 500")


@pytest.mark.parametrize(
    ("percent", "value"),
    [
        pytest.param(50, 5, id="half"),
        pytest.param(90, 9, id="nine_of_ten"),
        pytest.param(91, 10, id="more_than_nine"),
        pytest.param(100, 10, id="all"),
    ],
)
def test_so_many_percent_do_not_exceed_it(percent: float, value: float) -> None:
    assert percentile([float(one) for one in range(10, 0, -1)], percent) == value


def load(*, slow_ms: float = 49.0, recorded: int = 200, sales: int = 15) -> MeasuredLoad:
    """A hundred clicks of which the two slowest took so long."""
    together = SteadyRound(took=[0.001] * 98 + [slow_ms / 1000] * 2, sent_after=[0.0] * 100)
    others = Beside(shops=[], seconds=1.0, reports=15, recorded=sales, closed=7, pages=20)
    return MeasuredLoad(together, together, others, 200, recorded, 0.5, 3.0)


@pytest.mark.parametrize(
    ("measured", "met"),
    [
        pytest.param(load(), [True, True, True], id="all"),
        pytest.param(load(slow_ms=50.0), [False, True, True], id="too_slow"),
        pytest.param(load(recorded=199), [True, False, True], id="a_click_is_lost"),
        pytest.param(load(sales=14), [True, True, False], id="a_sale_is_lost"),
    ],
)
def test_a_click_while_all_else_runs_has_three_targets(
    measured: MeasuredLoad, met: list[bool]
) -> None:
    assert [result.met for result in latency.results(measured)] == met


@pytest.mark.parametrize(
    ("measured", "said"),
    [
        pytest.param(load(recorded=199), "200 clicks were answered, 199", id="click"),
        pytest.param(load(sales=14), "15 sales were reported, 14", id="sale"),
    ],
)
def test_what_is_lost_while_all_else_runs_fails_it(
    measured: MeasuredLoad, said: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(latency, "measure", lambda rate, seconds, sales: measured)
    output = StringIO()
    with pytest.raises(CommandError, match=said):
        call_command("bench", "--only", "load", stdout=output)
    assert "p99 49.0" in output.getvalue()
    assert "15 sales reported, 7 closed" in output.getvalue()


def test_a_picture_with_something_wrong_about_the_report_is_no_right_answer() -> None:
    right = b"HTTP/1.1 200 OK\r\ncontent-length: 0\r\n\r\n"
    assert is_taken(right)
    assert not is_taken(right.replace(b"content", b"X-Softclick-Error: amount\r\ncontent"))
    assert not is_taken(right.replace(b"200", b"503"))


def grown(*megabytes: float, recorded: int = 1_000) -> MeasuredMemory:
    points = [
        MemoryPoint(number * 100_000, int(one * memory.MEGABYTE))
        for number, one in enumerate(megabytes)
    ]
    return MeasuredMemory(points, 1_000, recorded)


@pytest.mark.parametrize(
    ("measured", "met"),
    [
        pytest.param(grown(90, 100, 100, 100), [True, True, True], id="flat"),
        pytest.param(grown(90, 100, 101, 102), [True, False, True], id="it_grows"),
        pytest.param(grown(100, 150, 150, 150), [False, True, True], id="too_much"),
        pytest.param(grown(90, 100, 100, 100, recorded=999), [True, True, False], id="a_loss"),
    ],
)
def test_memory_is_small_and_flat(measured: MeasuredMemory, met: list[bool]) -> None:
    assert [result.met for result in memory.results(measured)] == met


def test_growth_is_told_for_a_million_requests() -> None:
    assert grown(50, 100, 101, 102).growth == pytest.approx(10)


def test_a_click_that_is_lost_among_many_fails_it(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(memory, "measure", lambda requests: grown(90, 100, 100, recorded=999))
    output = StringIO()
    with pytest.raises(CommandError, match="1,000 clicks were answered, 999"):
        call_command("bench", "--only", "memory", stdout=output)
    assert "after 100,000 clicks: 100.0 MB" in output.getvalue()
    assert "+10.00, +0.00 MB" in output.getvalue()


@pytest.mark.parametrize(
    ("option", "value"),
    [("--rate", "0"), ("--load-seconds", "0.5"), ("--load-seconds", "nan"), ("--requests", "999")],
)
def test_both_are_bounded(option: str, value: str) -> None:
    with pytest.raises(CommandError, match=option):
        call_command("bench", option, value)
