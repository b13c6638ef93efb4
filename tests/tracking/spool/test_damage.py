"""Damage to a segment costs the records that it hit, and no other."""

import errno
import os
import random
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.support.browsing import Browser
from tests.support.makers import NOW, make_advertiser, make_publisher
from tests.tracking.spool.test_intake import clicks
from tracking.models import Click, SetAside, SpoolHost
from tracking.spool import intake, reading
from tracking.spool.segments import HEADER, SpoolWriter

RECORDS = 100
Damage = Callable[[bytearray, reading.Entry], None]


def records(number: int = RECORDS) -> list[dict[str, object]]:
    return [{"kind": "click", "number": number, "filler": "x" * 240} for number in range(number)]


def written(folder: Path, *more: dict[str, object]) -> Path:
    writer = SpoolWriter(folder)
    for record in (*records(), *more):
        writer.append(record)
    writer.close()
    [segment] = reading.segments(folder)
    return segment


def all_of(segment: Path) -> list[reading.Entry]:
    found = list(reading.read(segment, 0, 10 * RECORDS))
    rest = reading.rest(segment, found[-1].end if found else 0)
    return [*found, rest] if rest else found


def length_of(value: int) -> Damage:
    def damage(content: bytearray, entry: reading.Entry) -> None:
        content[entry.offset : entry.offset + 4] = value.to_bytes(4, "big")

    return damage


def flip_a_byte(content: bytearray, entry: reading.Entry) -> None:
    content[entry.end - 9] ^= 0x40


def flip_the_checksum(content: bytearray, entry: reading.Entry) -> None:
    content[entry.offset + 5] ^= 0x40


def lengthen_by_7(content: bytearray, entry: reading.Entry) -> None:
    content[entry.offset + 3] ^= 7


def zero_the_record(content: bytearray, entry: reading.Entry) -> None:
    content[entry.offset : entry.end] = bytes(entry.end - entry.offset)


@pytest.mark.parametrize("hit", [0, RECORDS // 2, RECORDS - 1])
@pytest.mark.parametrize(
    ("damage", "recovered"),
    [
        pytest.param(flip_a_byte, False, id="payload"),
        pytest.param(flip_the_checksum, False, id="checksum"),
        pytest.param(zero_the_record, False, id="all_zeros"),
        pytest.param(lengthen_by_7, True, id="length_a_little_off"),
        pytest.param(length_of(0), True, id="length_of_nothing"),
        pytest.param(length_of(0xFFFFFFFF), True, id="length_beyond_any_record"),
        pytest.param(length_of(900_000), True, id="length_beyond_the_segment"),
    ],
)
def test_one_damaged_record_costs_no_other(
    tmp_path: Path, hit: int, damage: Damage, recovered: bool
) -> None:
    segment = written(tmp_path, {"kind": "report"})
    content = bytearray(segment.read_bytes())
    entries = all_of(segment)
    damage(content, entries[hit])
    segment.write_bytes(content)

    after = all_of(segment)

    whole = [entry for entry in after if not entry.is_damaged]
    if recovered:
        assert [entry.payload for entry in whole] == [entry.payload for entry in entries]
    else:
        assert [entry for entry in entries if entry not in whole] == [entries[hit]]
        [damaged] = [entry for entry in after if entry.is_damaged]
        assert (damaged.offset, damaged.end) == (entries[hit].offset, entries[hit].end)
        assert damaged.payload == bytes(content[damaged.offset : damaged.end])


def test_a_lost_page_costs_the_records_that_it_held(tmp_path: Path) -> None:
    segment = written(tmp_path)
    entries = all_of(segment)
    content = bytearray(segment.read_bytes())
    content[8192:12288] = bytes(4096)
    segment.write_bytes(content)

    hit = {entry for entry in entries if entry.end > 8192 and entry.offset < 12288}
    whole = {entry for entry in all_of(segment) if not entry.is_damaged}

    assert 9 < len(hit) < 20
    assert whole == set(entries) - hit


def test_damage_anywhere_costs_the_records_that_it_hit(tmp_path: Path) -> None:
    segment = written(tmp_path)
    entries = all_of(segment)
    clean = segment.read_bytes()
    dice = random.Random(5)
    for _ in range(60):
        at, size = dice.randrange(len(clean)), dice.choice((1, 4, 40, 700))
        content = bytearray(clean)
        content[at : at + size] = dice.randbytes(len(content[at : at + size]))
        segment.write_bytes(content)
        whole = {entry for entry in all_of(segment) if not entry.is_damaged}
        untouched = {entry for entry in entries if entry.end <= at or entry.offset >= at + size}
        assert untouched <= whole


def test_only_the_beginning_of_one_record_was_never_accepted(tmp_path: Path) -> None:
    segment = written(tmp_path)
    last = all_of(segment)[-1]
    content = segment.read_bytes()
    for cut in (last.end - 1, last.offset + HEADER.size, last.offset + 3, last.offset):
        segment.write_bytes(content[:cut])
        assert not [entry for entry in all_of(segment) if entry.is_damaged]
    segment.write_bytes(content[: last.offset] + bytes(300))
    assert all_of(segment)[-1].payload == bytes(300)


@pytest.mark.django_db
def test_the_watermark_waits_for_bytes_that_cannot_be_read_yet(tmp_path: Path) -> None:
    intake.register("here", NOW)
    first, second = clicks(Browser(make_advertiser()), 2)
    writer = SpoolWriter(tmp_path)
    writer.append(first)
    [segment] = reading.segments(tmp_path)
    content = bytearray(segment.read_bytes())
    content[:4] = b"\xff\xff\xff\xff"
    segment.write_bytes(content)

    intake.drain(tmp_path, "here", NOW)
    assert (SpoolHost.objects.get().drained_to < NOW, Click.objects.count()) == (True, 0)

    writer.append(second)
    intake.drain(tmp_path, "here", NOW)
    assert (SpoolHost.objects.get().drained_to, Click.objects.count()) == (NOW, 2)
    writer.close()


@pytest.mark.django_db
def test_damage_up_to_the_end_is_set_aside_when_its_process_has_ended(tmp_path: Path) -> None:
    intake.register("here", NOW)
    [first] = clicks(Browser(make_advertiser()), 1)
    writer = SpoolWriter(tmp_path)
    writer.append(first)
    writer.close()
    [segment] = reading.segments(tmp_path)
    with segment.open("ab") as file:
        file.write(b"\x00" * 50)

    intake.drain(tmp_path, "here", NOW)

    assert (Click.objects.count(), reading.segments(tmp_path)) == (1, [])
    aside = SetAside.objects.get()
    assert (aside.error, aside.record) == ("DamagedRecord: checksum mismatch", "\\0" * 50)


def test_a_bad_sector_costs_the_records_that_it_held(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The disk says of its block that it cannot be read."""
    segment = written(tmp_path)
    bad, real = 3 * reading.BLOCK, os.pread

    def pread(file: int, length: int, start: int) -> bytes:
        if start < bad + reading.BLOCK and start + length > bad:
            raise OSError(errno.EIO, "Input/output error")
        return real(file, length, start)

    whole = {entry.payload for entry in all_of(segment)}
    monkeypatch.setattr(os, "pread", pread)
    found = all_of(segment)
    kept = {entry.payload for entry in found if not entry.is_damaged}
    assert kept < whole
    hit = reading.BLOCK // (len(next(iter(whole))) + HEADER.size) + 2
    assert len(whole) - len(kept) <= hit
    assert [entry.is_damaged for entry in found].count(True) == 1


@pytest.mark.django_db
def test_a_segment_that_cannot_be_opened_stops_no_other(
    tmp_path: Path, caplog: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(intake, "UNREADABLE", set())
    intake.register("host", NOW)
    before = SpoolHost.objects.get().drained_to
    (tmp_path / "0.segment").mkdir()
    browser = Browser(make_advertiser())
    with_a_click = SpoolWriter(tmp_path)
    with_a_click.append(browser.click(make_publisher(), NOW, lost=True).record)
    with_a_click.close()
    for _ in range(3):
        intake.drain(tmp_path, "host", NOW)
    assert Click.objects.count() == 1
    assert SpoolHost.objects.get().drained_to == before
    assert [record.message.count("cannot be read") for record in caplog.records] == [1]

    (tmp_path / "0.segment").rmdir()
    intake.drain(tmp_path, "host", NOW)
    assert SpoolHost.objects.get().drained_to == NOW
