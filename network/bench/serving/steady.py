"""Requests at a fixed rate, whether the server keeps up or not.

A request is due at its time, and what it takes is counted from then: a server that stands still for
a second delays every request of that second, not the one that it was answering.
"""

import select
import time
from collections.abc import Iterator
from dataclasses import dataclass, field
from itertools import cycle

from network.bench.load import GIVE_UP_SECONDS, Connection, Plan, connect
from network.garbage import uncollected

IDLE_SECONDS = 5.0
"""A connection that nobody has used for so long is given up: the server would soon close it."""
MOST_CONNECTIONS = 500


@dataclass(slots=True)
class SteadyRound:
    """Seconds from when each request was due to its answer, and to when it was sent; the wrong
    answers among them, and the first of these."""

    took: list[float] = field(default_factory=list)
    sent_after: list[float] = field(default_factory=list)
    wrong: int = 0
    first_wrong: bytes = b""

    def percentile(self, percent: float) -> float:
        """Seconds within which so many of the requests were answered."""
        return percentile(self.took, percent)


def percentile(values: list[float], percent: float) -> float:
    """The smallest of the values that so many percent of them do not exceed."""
    ordered = sorted(values)
    return ordered[max(0, -int(-len(ordered) * percent // 100) - 1)]


class SteadyLoad:
    """Asks one server over as many connections as it takes."""

    def __init__(self, address: tuple[str, int]) -> None:
        self._address = address
        self._poll = select.poll()
        self._free: list[tuple[float, Connection]] = []
        self._asked: dict[int, tuple[Connection, float]] = {}

    def run(self, plan: Plan, per_second: float, seconds: float) -> SteadyRound:
        """Ask so often for so long; return when everything is answered. Raises OSError."""
        with uncollected():
            try:
                return self._run(plan, per_second, seconds)
            finally:
                for connection in self._all():
                    connection.socket.close()

    def _run(self, plan: Plan, per_second: float, seconds: float) -> SteadyRound:
        round_, requests = SteadyRound(), cycle(plan.requests)
        started, sent, wanted = time.perf_counter(), 0, round(per_second * seconds)
        while sent < wanted or self._asked:
            due = started + sent / per_second
            while sent < wanted and due <= time.perf_counter():
                if len(self._asked) >= MOST_CONNECTIONS:
                    break  # it is late, and stays due
                self._send(next(requests), due, round_)
                sent += 1
                due = started + sent / per_second
            wait = due - time.perf_counter() if sent < wanted else GIVE_UP_SECONDS
            self._receive(plan, round_, max(0.0, wait), is_over=sent >= wanted)
        return round_

    def _send(self, request: bytes, due: float, round_: SteadyRound) -> None:
        connection = self._connection()
        connection.socket.sendall(request)
        self._asked[connection.socket.fileno()] = connection, due
        round_.sent_after.append(time.perf_counter() - due)

    def _connection(self) -> Connection:
        now = time.perf_counter()
        while self._free and now - self._free[0][0] > IDLE_SECONDS:
            self._give_up(self._free.pop(0)[1])
        if self._free:
            return self._free.pop()[1]
        fresh = connect(self._address)
        self._poll.register(fresh.socket.fileno(), select.POLLIN)
        return fresh

    def _receive(self, plan: Plan, round_: SteadyRound, wait: float, *, is_over: bool) -> None:
        events = self._poll.poll(wait * 1000)
        if not events and is_over:
            raise TimeoutError("the server does not answer any more")
        for number, _ in events:
            if number not in self._asked:
                self._drop_idle(number)
                continue
            connection, due = self._asked[number]
            answer = connection.receive()
            if not answer:
                continue
            now = time.perf_counter()
            round_.took.append(now - due)
            if not plan.is_right(answer):
                round_.wrong += 1
                round_.first_wrong = round_.first_wrong or answer
            del self._asked[number]
            self._free.append((now, connection))

    def _drop_idle(self, number: int) -> None:
        """The server has closed a connection on which nothing was asked."""
        for one in list(self._free):
            if one[1].socket.fileno() == number:
                self._free.remove(one)
                self._give_up(one[1])

    def _give_up(self, connection: Connection) -> None:
        self._poll.unregister(connection.socket.fileno())
        connection.socket.close()

    def _all(self) -> Iterator[Connection]:
        yield from (connection for _, connection in self._free)
        yield from (connection for connection, _ in self._asked.values())
