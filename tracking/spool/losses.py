"""What a host could not accept, because its disk was full or broken: counted where operators look.

The counts are kept in a file of the spool folder that has its place on the disk before the disk is
full; the drain takes them to PostgreSQL.
"""

import fcntl
import logging
import os
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from struct import Struct

_COUNTS = Struct(">QQ")
_FILE = "lost"

log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Lost:
    """How many clicks and reports of sales could not be accepted."""

    clicks: int
    reports: int


def make_room(folder: Path) -> None:
    """Take the counts' place on the disk. Raises OSError."""
    with _held(folder) as file:
        if len(os.pread(file, _COUNTS.size, 0)) < _COUNTS.size:
            os.pwrite(file, _COUNTS.pack(0, 0), 0)


def add(folder: Path, lost: Lost) -> None:
    """Count what was lost, or with negative numbers what has been taken to PostgreSQL. A disk that
    refuses even this is logged: the loss itself has been, too."""
    try:
        with _held(folder) as file:
            known = _read(file)
            counts = _COUNTS.pack(known.clicks + lost.clicks, known.reports + lost.reports)
            os.pwrite(file, counts, 0)
    except OSError as error:
        log.critical("What was lost could not be counted: %s", error)


def read(folder: Path) -> Lost:
    """What has been lost and not been taken to PostgreSQL yet."""
    if not (folder / _FILE).exists():
        return Lost(0, 0)
    with _held(folder) as file:
        return _read(file)


def _read(file: int) -> Lost:
    counts = os.pread(file, _COUNTS.size, 0)
    return Lost(*_COUNTS.unpack(counts)) if len(counts) == _COUNTS.size else Lost(0, 0)


@contextmanager
def _held(folder: Path) -> Iterator[int]:
    file = os.open(folder / _FILE, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
    try:
        fcntl.flock(file, fcntl.LOCK_EX)
        yield file
    finally:
        os.close(file)
