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
from pathlib import Path
from struct import Struct
from typing import Any
from zlib import crc32

import msgspec
from django.conf import settings

from tracking.spool import losses

FLUSH_SECONDS = 0.05
MAX_SEGMENT_BYTES = 2**20
"""What a drain has taken in is freed with its segment: a small disk takes small segments."""
MAX_RECORD_BYTES = 2**20
HEADER = Struct(">II")

log = logging.getLogger(__name__)


class SpoolFailed(OSError):
    """A record could not be accepted: the disk is full or broken."""


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
        self._ended: list[int] = []  # flushed and closed by the flusher: no click waits for it

    def append(self, record: dict[str, object]) -> None:
        """Accept a record. Raises SpoolFailed: the record is lost, and counted as such. The segment
        then ends before it, so that a drain can free the disk of what was accepted."""
        try:
            self._append(record)
        except OSError as error:
            is_click = record["kind"] == "click"
            losses.add(self._folder, losses.Lost(int(is_click), int(not is_click)))
            raise SpoolFailed(str(error)) from error

    def _append(self, record: dict[str, object]) -> None:
        payload = as_json(record)
        if len(payload) > MAX_RECORD_BYTES:
            raise OSError(errno.EFBIG, f"a record of {len(payload)} bytes")
        data = HEADER.pack(len(payload), crc32(payload)) + payload
        with self._lock:
            if self._pid != os.getpid() or self._size >= MAX_SEGMENT_BYTES:
                self._open()
            try:
                self._write(data)
            except OSError:
                if self._size:  # an empty one is kept: a full disk gets no heap of empty segments
                    self._ended.append(self._descriptor)
                    self._pid = 0
                    self._dirty.set()
                raise
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
        losses.make_room(self._folder)
        name = f"{time.time_ns():020d}-{os.getpid()}-{secrets.token_hex(3)}"
        fresh = self._folder / f"{name}.opening"
        flags = os.O_WRONLY | os.O_APPEND | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC
        descriptor = os.open(fresh, flags, 0o600)
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        fresh.rename(self._folder / f"{name}.segment")  # a drain only ever sees it locked
        if self._pid == os.getpid():
            self._ended.append(self._descriptor)
        self._descriptor, self._size, self._pid = descriptor, 0, os.getpid()
        if self._flusher != self._pid:
            self._flusher = self._pid
            self._ended = []
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
                descriptors, self._ended = self._ended, []
                if self._pid == os.getpid():
                    descriptors.append(os.dup(self._descriptor))
            for descriptor in descriptors:
                _flush(descriptor)
                os.close(descriptor)


def as_json(record: object) -> bytes:
    """By msgspec, which is several times as fast. What somebody sent may hold a lone surrogate,
    which only ``json`` writes, as an escape, and reads."""
    try:
        return msgspec.json.encode(record)
    except UnicodeEncodeError:
        return json.dumps(record, separators=(",", ":")).encode()


def from_json(payload: bytes) -> Any:
    """Raises ValueError."""
    try:
        return msgspec.json.decode(payload)
    except msgspec.DecodeError:
        return json.loads(payload)


def _flush(descriptor: int) -> None:
    """Flush to disk. When the disk refuses, accepting goes on."""
    try:
        os.fdatasync(descriptor)
    except OSError as error:
        log.critical("The spool could not be flushed to disk: %s", error)


writer = SpoolWriter(settings.SPOOL_DIR)
