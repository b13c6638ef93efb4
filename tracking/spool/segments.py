"""The local spool: what was accepted and is not yet in PostgreSQL.

A folder of append-only segments, each written by one process, which holds a lock on it for as long
as it lives. A record is accepted when ``append`` returns: it then survives ``kill -9`` of every
process; a flush to disk follows within 50 ms. Each record is its length and CRC-32, then JSON.
"""

import errno
import fcntl
import json
import logging
import os
import secrets
import threading
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from struct import Struct
from zlib import crc32

from django.conf import settings

FLUSH_SECONDS = 0.05
MAX_SEGMENT_BYTES = 8 * 2**20
MAX_RECORD_BYTES = 2**20
_HEADER = Struct(">II")
_to_json = json.JSONEncoder(separators=(",", ":")).encode

log = logging.getLogger(__name__)


class SpoolFailed(OSError):
    """A record could not be accepted: the disk is full or broken."""


@dataclass(frozen=True, slots=True)
class Entry:
    """A record in a segment, from byte ``offset`` to byte ``end``; ``payload`` is None where the
    bytes do not match their checksum."""

    offset: int
    end: int
    payload: bytes | None


class SpoolWriter:
    """Appends records to this process's own segment. Safe for threads and across forks."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._lock = threading.Lock()
        self._dirty = threading.Event()
        self._descriptor = -1
        self._size = 0
        self._pid = 0
        self._flusher = 0

    def append(self, record: dict[str, object]) -> None:
        """Accept a record. Raises SpoolFailed; the segment then ends before the record."""
        payload = _to_json(record).encode()
        if len(payload) > MAX_RECORD_BYTES:
            raise SpoolFailed(f"a record of {len(payload)} bytes")
        data = _HEADER.pack(len(payload), crc32(payload)) + payload
        try:
            with self._lock:
                if self._pid != os.getpid() or self._size >= MAX_SEGMENT_BYTES:
                    self._open()
                self._write(data)
        except OSError as error:
            raise SpoolFailed(str(error)) from error
        if not self._dirty.is_set():
            self._dirty.set()

    def close(self) -> None:
        """End the segment, so that a drain may remove it when it has taken it in."""
        with self._lock:
            if self._pid == os.getpid():
                os.close(self._descriptor)
            self._pid = 0

    def _open(self) -> None:
        self._folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        name = f"{time.time_ns():020d}-{os.getpid()}-{secrets.token_hex(3)}"
        fresh = self._folder / f"{name}.opening"
        flags = os.O_WRONLY | os.O_APPEND | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC
        descriptor = os.open(fresh, flags, 0o600)
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        fresh.rename(self._folder / f"{name}.segment")  # a drain only ever sees it locked
        if self._pid == os.getpid():
            _flush(self._descriptor)
            os.close(self._descriptor)
        self._descriptor, self._size, self._pid = descriptor, 0, os.getpid()
        if self._flusher != self._pid:
            self._flusher = self._pid
            threading.Thread(target=self._flush_forever, daemon=True, name="spool-flush").start()

    def _write(self, data: bytes) -> None:
        written = os.write(self._descriptor, data)
        if written != len(data):
            os.ftruncate(self._descriptor, self._size)
            raise OSError(errno.ENOSPC, "the disk is full")
        self._size += written

    def _flush_forever(self) -> None:
        while True:
            self._dirty.wait()
            time.sleep(FLUSH_SECONDS)
            self._dirty.clear()
            with self._lock:
                descriptor = os.dup(self._descriptor) if self._pid == os.getpid() else -1
            if descriptor >= 0:
                _flush(descriptor)
                os.close(descriptor)


def _flush(descriptor: int) -> None:
    """Flush to disk. A disk that refuses is no reason to stop accepting."""
    try:
        os.fdatasync(descriptor)
    except OSError as error:
        log.critical("The spool could not be flushed to disk: %s", error)


def segments(folder: Path) -> list[Path]:
    """The segments, oldest first."""
    return sorted(folder.glob("*.segment"))


def read(segment: Path, offset: int, limit: int) -> Iterator[Entry]:
    """Up to ``limit`` records from ``offset`` on that were written whole."""
    with segment.open("rb") as file:
        file.seek(offset)
        for _ in range(limit):
            header = file.read(_HEADER.size)
            if len(header) < _HEADER.size:
                return
            length, checksum = _HEADER.unpack(header)
            if not 0 < length <= MAX_RECORD_BYTES:
                return
            payload = file.read(length)
            if len(payload) < length:
                return
            end = offset + _HEADER.size + length
            yield Entry(offset, end, payload if crc32(payload) == checksum else None)
            offset = end


def is_finished(segment: Path) -> bool:
    """Whether no process will write to the segment again."""
    with segment.open("rb") as file:
        try:
            fcntl.flock(file, fcntl.LOCK_SH | fcntl.LOCK_NB)
        except BlockingIOError:
            return False
    return True


writer = SpoolWriter(settings.SPOOL_DIR)
