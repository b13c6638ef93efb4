"""A load generator that costs little: prepared requests over connections that are kept."""

import select
import socket
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from itertools import cycle

GIVE_UP_SECONDS = 30.0
"""A server that says nothing for so long will not answer any more."""


@dataclass(frozen=True, slots=True)
class Plan:
    """What to send, in turn, and whether an answer (head and body) is right."""

    requests: Sequence[bytes]
    is_right: Callable[[bytes], bool]


@dataclass(slots=True)
class Round:
    """What came of it: answers, the wrong ones among them (and the first of these), wall-clock
    seconds, and the seconds of CPU time that asking and answering took."""

    answers: int = 0
    wrong: int = 0
    first_wrong: bytes = b""
    seconds: float = 0.0
    asking_seconds: float = 0.0
    answering_seconds: float = 0.0

    @property
    def per_second(self) -> float:
        return self.answers / self.seconds


@dataclass(slots=True)
class Connection:
    """A connection that is kept, and what of an answer has come over it."""

    socket: socket.socket
    received: bytes = b""

    def receive(self) -> bytes:
        """The whole answer, or nothing as long as a part is missing."""
        part = self.socket.recv(65536)
        if not part:
            raise ConnectionError("the server closed the connection")
        self.received += part
        if not is_whole(self.received):
            return b""
        answer, self.received = self.received, b""
        return answer


def connect(address: tuple[str, int]) -> Connection:
    """Raises OSError."""
    fresh = socket.create_connection(address, timeout=GIVE_UP_SECONDS)
    fresh.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    return Connection(fresh)


def is_whole(answer: bytes) -> bool:
    """Whether the body is there as far as its head says, by length or in chunks."""
    end = answer.find(b"\r\n\r\n")
    if end < 0:
        return False
    length = answer.find(b"\r\ncontent-length: ", 0, end)
    if length < 0:  # another server may write it in capitals
        length = answer[:end].lower().find(b"\r\ncontent-length: ")
    if length < 0:
        return answer.endswith(b"\r\n0\r\n\r\n")
    start = length + len(b"\r\ncontent-length: ")
    return len(answer) == end + 4 + int(answer[start : answer.index(b"\r\n", start)])


@dataclass(slots=True)
class Load:
    """Connections to one server; each asks again as soon as it was answered."""

    address: tuple[str, int]
    connections: int
    _open: dict[int, Connection] = field(default_factory=dict)

    def run(self, plan: Plan, seconds: float) -> Round:
        """Ask for so long; every request that was sent has been answered in the end. Raises
        OSError and ValueError."""
        requests = cycle(plan.requests)
        result = Round()
        self._connect()
        poll = select.poll()
        for number in self._open:
            poll.register(number, select.POLLIN)
        cpu, started = time.process_time(), time.perf_counter()
        for connection in self._open.values():
            connection.socket.sendall(next(requests))
        until, waiting = started + seconds, len(self._open)
        while waiting:
            for connection in self._readable(poll):
                answer = connection.receive()
                if not answer:
                    continue
                _count(answer, plan, result)
                if time.perf_counter() < until:
                    connection.socket.sendall(next(requests))
                else:
                    waiting -= 1
        result.seconds = time.perf_counter() - started
        result.asking_seconds = time.process_time() - cpu
        return result

    def close(self) -> None:
        for connection in self._open.values():
            connection.socket.close()
        self._open.clear()

    def _connect(self) -> None:
        while len(self._open) < self.connections:
            fresh = connect(self.address)
            self._open[fresh.socket.fileno()] = fresh

    def _readable(self, poll: select.poll) -> Iterator[Connection]:
        events = poll.poll(GIVE_UP_SECONDS * 1000)
        if not events:
            raise TimeoutError("the server does not answer any more")
        for number, _ in events:
            yield self._open[number]


def _count(answer: bytes, plan: Plan, result: Round) -> None:
    result.answers += 1
    if not plan.is_right(answer):
        result.wrong += 1
        result.first_wrong = result.first_wrong or answer
