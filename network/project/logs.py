"""Log lines that anybody can cause: short, and only so many of them.

What a client sends (a host, a path) is cut. Requests for hosts that are not ours leave one line and
no traceback; the same complaint is written so often within a minute, and then counted.
"""

import logging
import threading
import time
from collections.abc import Callable

LONGEST = 500
"""Characters of a message. A path of 5,000 tells no more than its beginning."""
MOST, WITHIN_SECONDS = 20, 60.0
"""Lines of one logger and level, from one place in the code, within that time."""
OF_CLIENTS = ("django.request", "django.security.DisallowedHost", "network.project.hosts")
"""Loggers whose lines a client can cause at will."""
MOST_PLACES = 1_000


class Short(logging.Formatter):
    """Cuts messages, and leaves the traceback of a foreign host out."""

    def format(self, record: logging.LogRecord) -> str:
        message = record.getMessage()
        if len(message) > LONGEST:
            left_out = len(message) - LONGEST
            record = logging.makeLogRecord(record.__dict__)
            record.msg, record.args = f"{message[:LONGEST]}… ({left_out} characters more)", ()
        if record.name == "django.security.DisallowedHost":
            record = logging.makeLogRecord({**record.__dict__, "exc_info": None, "exc_text": None})
        return super().format(record)


class NotTooMany(logging.Filter):
    """Lets so many lines of a kind pass within a minute; the next one says how many did not."""

    def __init__(self, tick: Callable[[], float] = time.monotonic) -> None:
        super().__init__()
        self.tick = tick
        self.lock = threading.Lock()
        self.seen: dict[tuple[str, int, str, int], tuple[float, int]] = {}

    def filter(self, record: logging.LogRecord) -> bool:
        if not record.name.startswith(OF_CLIENTS):
            return True
        with self.lock:
            left_out = self._count(record)
        if left_out is None:
            return False
        if left_out:
            record.msg = f"{record.getMessage()} ({left_out} more like it before)"
            record.args = ()
        return True

    def _count(self, record: logging.LogRecord) -> int | None:
        """None for one too many; else how many were left out before."""
        kind = (record.name, record.levelno, record.pathname, record.lineno)
        now = self.tick()
        began, count = self.seen.get(kind, (now, 0))
        left_out = 0
        if now - began >= WITHIN_SECONDS:
            began, left_out, count = now, max(0, count - MOST), 0
        if len(self.seen) >= MOST_PLACES:
            self.seen.clear()
        self.seen[kind] = (began, count + 1)
        return left_out if count < MOST else None
