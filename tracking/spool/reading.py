"""What a spool folder holds. Damage costs the records that it hit, and no other."""

import errno
import fcntl
import os
import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from zlib import crc32

from tracking.spool.segments import HEADER, MAX_RECORD_BYTES

_START = re.compile(rb"(?=\x00[\x00-\x10].{6}\{)", re.DOTALL)
"""Where a record may start: a length of at most 1 MiB, a checksum, then a JSON object."""


BLOCK = 4096
"""Bytes that a disk loses at once."""


@dataclass(frozen=True, slots=True)
class Entry:
    """A record in a segment, from byte ``offset`` to byte ``end``. Where it is damaged, ``payload``
    is all that the bytes up to the next whole record hold, with their header."""

    offset: int
    end: int
    payload: bytes
    is_damaged: bool = False


def segments(folder: Path) -> list[Path]:
    """The segments, oldest first."""
    return sorted(folder.glob("*.segment"))


def read(segment: Path, offset: int, limit: int) -> Iterator[Entry]:
    """Up to ``limit`` entries from ``offset`` on. It ends before bytes that no whole record follows
    yet: a record that is being written, one that was cut short, or damage up to the end."""
    data = _bytes(segment, offset)
    start = 0
    for _ in range(limit):
        end = _end_of_whole(data, start)
        entry = (
            Entry(offset + start, offset + end, data[start + HEADER.size : end])
            if end
            else _damaged(data, start, offset)
        )
        if entry is None:
            return
        yield entry
        start = entry.end - offset


def rest(segment: Path, offset: int) -> Entry | None:
    """What a segment that nobody writes to holds after the last entry that :func:`read` found: None
    if it is nothing, or the beginning of one record, which was then never accepted."""
    data = _bytes(segment, offset)
    if len(data) < HEADER.size or _length(data, 0) > len(data) - HEADER.size:
        return None
    return Entry(offset, offset + len(data), data, is_damaged=True)


def _bytes(segment: Path, offset: int) -> bytes:
    """All from ``offset`` on. What the disk cannot read (a bad sector) is zeros, block by block, so
    that it costs the records that it hit. Raises OSError for what cannot be read at all."""
    with segment.open("rb", buffering=0) as file:
        size = os.fstat(file.fileno()).st_size
        try:
            return _read(file.fileno(), offset, size)
        except OSError as error:
            if error.errno != errno.EIO:
                raise
            blocks = range(offset, size, BLOCK)
            return b"".join(_block(file.fileno(), at, min(at + BLOCK, size)) for at in blocks)


def _block(file: int, start: int, end: int) -> bytes:
    try:
        return _read(file, start, end)
    except OSError:
        return bytes(end - start)


def _read(file: int, start: int, end: int) -> bytes:
    parts = []
    while start < end and (part := os.pread(file, end - start, start)):
        parts.append(part)
        start += len(part)
    return b"".join(parts)


def is_finished(segment: Path) -> bool:
    """Whether no process will write to the segment again."""
    with segment.open("rb") as file:
        try:
            fcntl.flock(file, fcntl.LOCK_SH | fcntl.LOCK_NB)
        except BlockingIOError:
            return False
    return True


def _length(data: bytes, start: int) -> int:
    """The length that the header at ``start`` names; 0 if there is none, or it cannot be one."""
    if len(data) - start < HEADER.size:
        return 0
    length, _ = HEADER.unpack_from(data, start)
    return length if length <= MAX_RECORD_BYTES else 0


def _end_of_whole(data: bytes, start: int) -> int:
    """Where the record that starts here ends; 0 if there is none whose bytes match its checksum."""
    length = _length(data, start)
    end = start + HEADER.size + length
    if not length or end > len(data):
        return 0
    return end if _matches(data, start, end) else 0


def _matches(data: bytes, start: int, end: int) -> bool:
    _, expected = HEADER.unpack_from(data, start)
    return bool(crc32(data[start + HEADER.size : end]) == expected)


def _damaged(data: bytes, start: int, offset: int) -> Entry | None:
    """The damaged bytes from ``start`` up to the next whole record, or up to the end where the
    length still fits. If only the length is damaged, the record is whole after all."""
    end = next(
        (
            found.start()
            for found in _START.finditer(data, start + 1)
            if _end_of_whole(data, found.start())
        ),
        0,
    )
    if not end and _length(data, start) and start + HEADER.size + _length(data, start) == len(data):
        end = len(data)
    if not end:
        return None
    if end - start > HEADER.size and _matches(data, start, end):
        return Entry(offset + start, offset + end, data[start + HEADER.size : end])
    return Entry(offset + start, offset + end, data[start:end], is_damaged=True)
