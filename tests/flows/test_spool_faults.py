"""A spool that holds what cannot be taken in, that was cut short, whose disk is full: the rest goes
on, and no shopper waits."""

import os
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest
from uuid_utils.compat import uuid7

from tests.flows.network import Clicked, Network, wait_until
from tests.flows.shopping import Market
from tracking.models import Click, SetAside
from tracking.spool import reading
from tracking.spool.reading import Entry
from tracking.spool.segments import SpoolWriter

REPORT = {
    "kind": "report",
    "advertiser": 2**31 - 1,
    "source": "pixel",
    "received_at": 1.0,
    "at": 1.0,
    "sale": None,
    "tokens": [],
    "sessions": [],
    "from_browser": False,
    "errors": [],
    "order": "5001",
}


def ids(market: Market) -> set[object]:
    return set(Click.objects.filter(advertiser=market.id).values_list("id", flat=True))


def entry_of(network: Network, clicked: Clicked) -> tuple[Path, Entry]:
    """Where the spool has the click."""
    for segment in reading.segments(network.spool):
        for entry in reading.read(segment, 0, 100_000):
            if clicked.id.hex.encode() in entry.payload:
                return segment, entry
    raise AssertionError("the click is in no segment")


@pytest.mark.parametrize(
    ("record", "error"),
    [
        pytest.param({"kind": "click"}, "KeyError: 'journey'", id="fields_are_missing"),
        pytest.param({"kind": "visit"}, "neither a click, a landing nor a report", id="of_no_kind"),
        pytest.param(
            REPORT | {"id": uuid7().hex}, "UnknownAdvertiser", id="of_an_advertiser_that_is_gone"
        ),
    ],
)
def test_a_record_that_cannot_be_taken_in_is_set_aside_after_three_tries(
    network: Network, market: Market, record: dict[str, object], error: str
) -> None:
    before = network.click(market.id, market.blog.publisher_id)
    writer = SpoolWriter(network.spool)
    writer.append(record)
    writer.close()
    after = network.click(market.id, market.blog.publisher_id)
    network.await_drained()

    assert ids(market) == {before.id, after.id}
    aside = SetAside.objects.latest("id")
    assert error in aside.error
    assert aside.record.startswith('{"kind":')
    assert "record at 0 set aside" in network.logged("drain")


def test_a_damaged_record_is_set_aside_and_its_neighbours_arrive(
    network: Network, market: Market
) -> None:
    network.stop("drain")
    clicks = [network.click(market.id, market.blog.publisher_id) for _ in range(9)]
    network.kill("tracking")
    segment, damaged = entry_of(network, clicks[4])
    content = bytearray(segment.read_bytes())
    content[damaged.end - 2] ^= 1
    segment.write_bytes(content)
    network.start("drain")
    network.await_drained()

    assert {clicked.id for clicked in clicks} - ids(market) == {clicks[4].id}
    aside = SetAside.objects.get(segment=segment.name, offset=damaged.offset)
    assert aside.error == "DamagedRecord: checksum mismatch"
    wait_until(lambda: not reading.segments(network.spool), "what was taken in is removed")


def test_a_record_that_was_cut_short_is_no_obstacle(network: Network, market: Market) -> None:
    network.stop("drain")
    clicks = [network.click(market.id, market.blog.publisher_id) for _ in range(9)]
    network.kill("tracking")
    segment, last = entry_of(network, clicks[-1])
    os.truncate(segment, last.end - 3)
    network.start("drain")
    network.await_drained()

    assert {clicked.id for clicked in clicks} - ids(market) == {clicks[-1].id}
    wait_until(lambda: not reading.segments(network.spool), "what was taken in is removed")
    whole = last.end - last.offset
    assert f"{whole - 3} bytes of a record that was never accepted" in network.logged("drain")


@pytest.fixture
def small_disk(tmp_path: Path) -> Iterator[Path]:
    """A disk of 512 kB."""
    if os.geteuid() != 0:
        pytest.skip("mounting a small disk takes root")
    mounted = subprocess.run(
        ["mount", "-t", "tmpfs", "-o", "size=512k", "tmpfs", str(tmp_path)],
        capture_output=True,
        text=True,
        check=False,
    )
    if mounted.returncode:
        pytest.skip(f"a small disk cannot be mounted: {mounted.stderr.strip()}")
    yield tmp_path
    subprocess.run(["umount", "--lazy", str(tmp_path)], check=True)


def fill(disk: Path) -> Path:
    """A file that leaves no byte."""
    filler = disk / "filler"
    with filler.open("wb", buffering=0) as file:
        for size in (65_536, 4_096, 1):
            try:
                while True:
                    file.write(b"x" * size)
            except OSError:
                continue
    return filler


def test_shoppers_are_led_to_the_shop_while_the_spools_disk_is_full(
    network: Network, market: Market, small_disk: Path
) -> None:
    network.stop("tracking")
    network.stop("drain")
    network.start("tracking", "drain", SPOOL_DIR=str(small_disk))
    before = network.click(market.id, market.blog.publisher_id)
    network.await_drained()

    filler = fill(small_disk)
    unrecorded = [network.click(market.id, market.blog.publisher_id) for _ in range(200)]
    assert all(clicked.is_tracked for clicked in unrecorded)
    lost = network.logged("tracking").count("A click was lost")
    assert 0 < lost <= 200

    filler.unlink()
    after = network.click(market.id, market.blog.publisher_id)
    network.await_drained()
    assert {before.id, after.id} <= ids(market)
    assert len(ids(market)) == 200 - lost + 2
    network.stop("tracking")
    network.stop("drain")


def test_a_web_process_starts_on_a_full_disk(
    network: Network, market: Market, small_disk: Path
) -> None:
    fill(small_disk)
    network.stop("tracking")
    network.start("tracking", SPOOL_DIR=str(small_disk))

    assert network.click(market.id, market.blog.publisher_id).is_tracked
    network.stop("tracking")
