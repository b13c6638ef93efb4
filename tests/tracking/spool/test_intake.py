"""From the spool into PostgreSQL: each accepted record once, damaged ones set aside."""

import os
from datetime import timedelta
from pathlib import Path
from threading import Event, Thread

import pytest
from django.db import connection, transaction

from network.clock import from_ms
from tests.flows.network import wait_until
from tests.support.browsing import Browser, minutes
from tests.support.makers import NOW, make_advertiser, make_partner, make_publisher
from tracking.conversions import recording
from tracking.lifecycle.finalisation import horizon
from tracking.models import Click, Conversion, SetAside, SpoolHost, SpoolPosition
from tracking.spool import intake, losses, reading, segments
from tracking.spool.segments import SpoolFailed, SpoolWriter

pytestmark = pytest.mark.django_db


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    intake.register("here", NOW)
    return tmp_path / "spool"


@pytest.fixture
def browser() -> Browser:
    shop = make_advertiser()
    return Browser(shop)


def drain(folder: Path, at: object = NOW + timedelta(hours=1)) -> int:
    return intake.drain(folder, "here", at)  # type: ignore[arg-type]


def clicks(browser: Browser, number: int) -> list[dict[str, object]]:
    publisher = make_publisher()
    make_partner(browser.advertiser, publisher, "hard")
    return [
        browser.click(publisher, NOW + minutes(index), lost=True).record for index in range(number)
    ]


def test_what_is_accepted_arrives_once(folder: Path, browser: Browser) -> None:
    writer = SpoolWriter(folder)
    for record in clicks(browser, 3):
        writer.append(record)
    assert [drain(folder), drain(folder)] == [3, 0]
    assert Click.objects.count() == 3
    assert SpoolPosition.objects.get().offset == reading.segments(folder)[0].stat().st_size


def test_clicks_and_the_sale_that_follows_arrive_together(folder: Path, browser: Browser) -> None:
    writer = SpoolWriter(folder)
    for record in clicks(browser, 2):
        writer.append(record)
    writer.append(intake.report_record(browser.report("1", NOW + minutes(9))))
    assert drain(folder) == 3
    assert [item["verdict"] for item in Conversion.objects.get().decision.verdicts] == [  # type: ignore[union-attr]
        "overwritten",
        "held",
    ]


def test_a_segment_is_removed_when_its_process_has_ended(folder: Path, browser: Browser) -> None:
    writer = SpoolWriter(folder)
    writer.append(clicks(browser, 1)[0])
    drain(folder)
    assert len(reading.segments(folder)) == 1
    writer.close()
    drain(folder)
    assert (reading.segments(folder), SpoolPosition.objects.count()) == ([], 0)
    assert Click.objects.count() == 1


def test_it_goes_on_where_the_last_drain_committed(folder: Path, browser: Browser) -> None:
    writer = SpoolWriter(folder)
    records = clicks(browser, 4)
    for record in records[:2]:
        writer.append(record)
    drain(folder)
    Click.objects.all().delete()
    for record in records[2:]:
        writer.append(record)
    assert drain(folder) == 2
    assert Click.objects.count() == 2


def test_a_record_cut_short_by_a_kill_was_never_accepted(folder: Path, browser: Browser) -> None:
    writer = SpoolWriter(folder)
    for record in clicks(browser, 2):
        writer.append(record)
    segment = reading.segments(folder)[0]
    writer.close()
    os.truncate(segment, segment.stat().st_size - 5)
    assert drain(folder) == 1
    assert (Click.objects.count(), reading.segments(folder)) == (1, [])


def test_damaged_and_poisonous_records_are_set_aside_and_the_rest_goes_on(
    folder: Path, browser: Browser
) -> None:
    writer = SpoolWriter(folder)
    good = clicks(browser, 2)
    writer.append(good[0])
    writer.append({**good[1], "id": "no uuid"})
    writer.append({"kind": "nonsense"})
    report = intake.report_record(browser.report("1", NOW + minutes(9)))
    writer.append({**report, "advertiser": 999_999})
    writer.append(good[1])
    segment = reading.segments(folder)[0]
    writer.close()
    with segment.open("r+b") as file:
        file.seek(20)
        file.write(b"\x00")
    assert drain(folder) == 5
    assert Click.objects.count() == 1
    errors = [row.error.partition(":")[0] for row in SetAside.objects.order_by("offset")]
    assert errors == ["DamagedRecord", "ValueError", "DamagedRecord", "UnknownAdvertiser"]


def test_a_record_that_failed_for_a_moment_is_tried_again(
    folder: Path, browser: Browser, monkeypatch: pytest.MonkeyPatch
) -> None:
    writer = SpoolWriter(folder)
    writer.append(intake.report_record(browser.report("1", NOW)))
    calls: list[int] = []

    def flaky(*args: object) -> None:
        calls.append(1)
        if len(calls) < 3:
            raise RuntimeError("for a moment")

    monkeypatch.setattr(recording, "record_judged", flaky)
    drain(folder)
    assert (len(calls), SetAside.objects.count()) == (3, 0)


def test_the_watermark_says_how_far_the_spool_is_empty(folder: Path) -> None:
    drain(folder, NOW + minutes(5))
    assert SpoolHost.objects.get().drained_to == NOW + minutes(5)
    drain(folder, NOW + minutes(4))
    assert SpoolHost.objects.get().drained_to == NOW + minutes(5)


def test_a_new_host_is_waited_for_until_it_was_drained_once(folder: Path) -> None:
    drain(folder, NOW)
    intake.register("new", NOW)
    assert horizon(NOW) == from_ms(0)
    intake.drain(folder, "new", NOW)
    assert horizon(NOW) == NOW


def test_a_host_that_comes_back_is_waited_for_again(folder: Path) -> None:
    SpoolHost.objects.update(removed_at=NOW)
    intake.register("here", NOW + minutes(1))
    assert SpoolHost.objects.get().removed_at is None


def test_segments_are_rotated(
    folder: Path, browser: Browser, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(segments, "MAX_SEGMENT_BYTES", 100)
    writer = SpoolWriter(folder)
    for record in clicks(browser, 3):
        writer.append(record)
    _, second, third = reading.segments(folder)
    wait_until(lambda: reading.is_finished(second), "two segments have ended")
    assert not reading.is_finished(third)
    assert drain(folder) == 3
    assert reading.segments(folder) == [third]


def test_a_full_disk_is_told_and_leaves_whole_records(
    folder: Path, browser: Browser, monkeypatch: pytest.MonkeyPatch
) -> None:
    writer = SpoolWriter(folder)
    records = clicks(browser, 3)
    writer.append(records[0])
    whole = os.write
    monkeypatch.setattr(os, "write", lambda descriptor, data: whole(descriptor, data[:10]))
    report: dict[str, object] = {"kind": "report"}
    for record in (records[1], report, records[1]):
        with pytest.raises(SpoolFailed, match="full"):
            writer.append(record)
    monkeypatch.undo()
    assert len(reading.segments(folder)) == 2, "one with the record, one for the next"
    writer.append(records[2])
    assert drain(folder) == 2
    host = SpoolHost.objects.get()
    assert (host.lost_clicks, host.lost_reports) == (2, 1)
    assert losses.read(folder) == losses.Lost(0, 0)


def test_a_full_disk_is_freed_of_what_has_been_taken_in(
    folder: Path, browser: Browser, monkeypatch: pytest.MonkeyPatch
) -> None:
    writer = SpoolWriter(folder)
    first, second = clicks(browser, 2)
    writer.append(first)
    [segment] = reading.segments(folder)
    whole = os.write
    monkeypatch.setattr(os, "write", lambda descriptor, data: whole(descriptor, data[:10]))
    with pytest.raises(SpoolFailed):
        writer.append(second)
    wait_until(lambda: reading.is_finished(segment), "the segment has ended")
    assert drain(folder) == 1
    assert not segment.exists()


def test_direct_intake_needs_no_spool(
    browser: Browser, settings: object, monkeypatch: pytest.MonkeyPatch
) -> None:
    settings.INTAKE = "direct"  # type: ignore[attr-defined]
    intake.accept(clicks(browser, 1)[0], NOW)
    assert Click.objects.count() == 1


@pytest.mark.django_db(transaction=True)
def test_a_click_and_a_report_that_two_drains_take_in_at_once_see_each_other(
    browser: Browser,
) -> None:
    first, second = clicks(browser, 2)
    report = browser.report("1", NOW + minutes(9))
    stored, reported, commit = Event(), Event(), Event()

    def take_in_the_clicks() -> None:
        with transaction.atomic():
            intake.store([first, second], NOW + minutes(10))
            stored.set()
            commit.wait(30)
        connection.close()

    def take_in_the_report() -> None:
        stored.wait(30)
        with transaction.atomic():
            intake.store([intake.report_record(report)], NOW + minutes(10))
        reported.set()
        connection.close()

    threads = [Thread(target=take_in_the_clicks), Thread(target=take_in_the_report)]
    for thread in threads:
        thread.start()
    stored.wait(30)
    assert not reported.wait(1), "the report did not wait for the clicks of its journey"
    commit.set()
    for thread in threads:
        thread.join()
    decision = Conversion.objects.get().decision
    assert decision
    assert [item["verdict"] for item in decision.verdicts] == ["overwritten", "held"]
    assert not Click.objects.filter(rebuilt=True).exists()
