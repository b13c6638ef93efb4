"""From the spool into PostgreSQL: each accepted record exactly once, whatever is killed when."""

import logging
import time
from collections import defaultdict
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from itertools import chain
from pathlib import Path
from typing import Any

import msgspec
from django.conf import settings
from django.db import InterfaceError, OperationalError, connection, transaction
from django.db.models import F, Q

from network.clock import from_ms
from network.garbage import uncollected
from network.models import Advertiser
from tracking.clicks import rows as click_rows
from tracking.clicks.keys import KEYS
from tracking.conversions import journeys, locking, recording
from tracking.conversions import reports as sale_reports
from tracking.conversions.recording import SaleReport
from tracking.landings import rows as landing_rows
from tracking.models import SetAside, SpoolHost, SpoolPosition
from tracking.spool import losses, reading, segments
from tracking.spool.reading import Entry

BATCH = 1_000
NEVER = from_ms(0)
WATERMARK_STEP = timedelta(seconds=1)
KINDS = ("click", "landing", "report")
ATTEMPTS = 3
"""A record that cannot be taken in is set aside after so many tries."""

Record = dict[str, Any]

UNREADABLE: set[Path] = set()
"""Segments of which this process has said so."""

log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Source:
    """Where a batch came from: its position moves in the transaction that takes the batch in."""

    host: str
    segment: str


def accept(record: Record, now: datetime) -> None:
    """Accept a record: into the spool or, with ``INTAKE=direct``, straight into PostgreSQL.
    Raises SpoolFailed, or the database's errors."""
    if settings.INTAKE == "direct":
        with transaction.atomic():
            store([record], now)
    else:
        segments.writer.append(record)


def report_record(report: SaleReport) -> Record:
    """A report as the spool keeps it; :func:`report_in` reads it back."""
    data: Record = msgspec.to_builtins(report)
    data |= {"kind": "report", "id": report.id.hex, "received_at": report.received_at.timestamp()}
    return data | {"at": report.at.timestamp()}


def register(host: str, now: datetime) -> None:
    """Let finalisation wait for this host from now on: for the first time until its spool, which
    may hold anything, has been drained once."""
    spool_host, _ = SpoolHost.objects.get_or_create(
        name=host, defaults={"registered_at": now, "drained_to": NEVER}
    )
    if spool_host.removed_at:
        SpoolHost.objects.filter(name=host).update(removed_at=None, registered_at=now)


def drain(folder: Path, host: str, now: datetime) -> int:
    """Take in everything that the spool holds, and move the watermark to ``now``, which must have
    been read before; it stays while a segment holds bytes that cannot be read yet, or cannot be
    read at all. Returns how many records there were. Raises the database's errors."""
    taken = 0
    is_empty = True
    offsets = dict(SpoolPosition.objects.filter(host=host).values_list("segment", "offset"))
    for segment in reading.segments(folder):
        try:
            drained = _drain_segment(segment, host, offsets.get(segment.name, 0), now)
        except OSError:
            drained = _Drained(0, is_empty=False)
            if segment not in UNREADABLE:
                UNREADABLE.add(segment)
                log.exception("%s cannot be read, and the others go on", segment)
        taken += drained.records
        is_empty &= drained.is_empty
    _note_losses(folder, host, now)
    if is_empty:
        watermark = SpoolHost.objects.filter(name=host, drained_to__lt=now - WATERMARK_STEP)
        watermark.update(drained_to=now)
    return taken


def _note_losses(folder: Path, host: str, now: datetime) -> None:
    """Count in PostgreSQL what the host could not accept. (Killed between the two, it counts these
    twice: rather more than fewer.)"""
    lost = losses.read(folder)
    if lost.clicks or lost.reports:
        SpoolHost.objects.filter(name=host).update(
            lost_clicks=F("lost_clicks") + lost.clicks,
            lost_reports=F("lost_reports") + lost.reports,
            lost_at=now,
        )
        losses.add(folder, losses.Lost(-lost.clicks, -lost.reports))


def store(records: Sequence[Record], now: datetime) -> None:
    """Take records in, in the caller's transaction: landings and clicks, then reports, then the
    open conversions of the journeys that got clicks. Raises UnknownAdvertiser; AssertionError
    outside a transaction."""
    assert connection.in_atomic_block
    clicks = [record for record in records if record["kind"] == "click"]
    landings = [record for record in records if record["kind"] == "landing"]
    reports = [report_in(record) for record in records if record["kind"] == "report"]
    if reports:
        _require_known({report.advertiser for report in reports})
    touched: dict[int, set[int]] = defaultdict(set)
    for click in clicks:
        if click["journey"]:
            touched[click["advertiser"]].add(click["journey"])
    judged = sale_reports.judge(reports, KEYS)
    locks = chain(*touched.values(), landing_rows.locks_of(landings), recording.locks_of(judged))
    journeys.lock(locks)
    known = _known_sales(touched)
    _lock_together(known, reports)
    landing_rows.insert(landings)
    click_rows.insert(map(click_row, clicks))
    recording.record_judged(judged, now, known)


class UnknownAdvertiser(ValueError):
    """A report of an advertiser that does not exist; no constraint of the database refuses it."""


def _require_known(advertisers: Collection[int]) -> None:
    known = Advertiser.objects.filter(pk__in=advertisers).values_list("pk", flat=True)
    missing = set(advertisers).difference(known)
    if missing:
        raise UnknownAdvertiser(f"no advertiser {', '.join(map(str, sorted(missing)))}")


def _known_sales(touched: Mapping[int, set[int]]) -> dict[int, list[int]]:
    """The open conversions of these journeys, by advertiser, which are locked: no other transaction
    adds one. Those that reports bring now see the clicks, which are taken in before."""
    found = {
        advertiser: locking.open_conversions_of(advertiser, journey_ids)
        for advertiser, journey_ids in sorted(touched.items())
    }
    return {advertiser: sales for advertiser, sales in found.items() if sales}


def _lock_together(known: Mapping[int, Sequence[int]], reports: Sequence[SaleReport]) -> None:
    """Lock what is there of the known conversions and those reported."""
    reported: dict[int, set[str]] = defaultdict(set)
    for advertiser, order in map(_order, reports):
        reported[advertiser].add(order)
    for advertiser in sorted(known.keys() | reported.keys()):
        wanted = Q(pk__in=known.get(advertiser, ())) | Q(order__in=reported.get(advertiser, ()))
        locking.lock_all(advertiser, wanted)


def _order(report: SaleReport) -> tuple[int, str]:
    return report.advertiser, report.sale.order if report.sale else report.order


@dataclass(frozen=True, slots=True)
class _Drained:
    """How many records of a segment were taken in, and whether that was all it held."""

    records: int
    is_empty: bool


def _drain_segment(segment: Path, host: str, offset: int, now: datetime) -> _Drained:
    finished = reading.is_finished(segment)
    size = segment.stat().st_size
    source = Source(host, segment.name)
    taken = 0
    while batch := list(reading.read(segment, offset, BATCH)):
        _take(batch, source, now)
        offset = batch[-1].end
        taken += len(batch)
    if finished:
        _remove(segment, offset, source, now)
    return _Drained(taken, is_empty=finished or offset >= size)


def _remove(segment: Path, offset: int, source: Source, now: datetime) -> None:
    """Remove a segment that nobody writes to and that has been taken in."""
    if damaged := reading.rest(segment, offset):
        _take_one(damaged, source, now)
    elif left := segment.stat().st_size - offset:
        log.warning("%s: %s bytes of a record that was never accepted", segment.name, left)
    segment.unlink()
    SpoolPosition.objects.filter(host=source.host, segment=source.segment).delete()


def _take(batch: Sequence[Entry], source: Source, now: datetime) -> None:
    """Take in a batch whole; if something in it cannot be, each half by itself: in the end one
    record that cannot be is set aside alone."""
    if len(batch) == 1:
        _take_one(batch[0], source, now)
        return
    try:
        _take_whole(batch, source, now)
    except (OperationalError, InterfaceError):
        raise
    except Exception:
        log.exception("%s: %s records failed, taking half of them", source.segment, len(batch))
        middle = len(batch) // 2
        for half in (batch[:middle], batch[middle:]):
            _take(half, source, now)


def _take_whole(batch: Sequence[Entry], source: Source, now: datetime) -> None:
    with uncollected(), transaction.atomic():
        store([_record(entry) for entry in batch], now)
        _move(source, batch[-1].end)


def _take_one(entry: Entry, source: Source, now: datetime) -> None:
    for attempt in range(1, ATTEMPTS + 1):
        try:
            _take_whole([entry], source, now)
        except (OperationalError, InterfaceError):
            raise
        except Exception as error:
            if attempt == ATTEMPTS:
                _set_aside(entry, source, error, now)
            else:
                time.sleep(0.05 * attempt)
        else:
            return


@transaction.atomic
def _set_aside(entry: Entry, source: Source, error: Exception, now: datetime) -> None:
    log.error("%s: record at %s set aside: %s", source.segment, entry.offset, error)
    text = entry.payload.decode(errors="backslashreplace").replace("\x00", "\\0")
    SetAside.objects.create(
        host=source.host,
        segment=source.segment,
        offset=entry.offset,
        record=text,
        error=f"{type(error).__name__}: {error}"[:2000].replace("\x00", "\\0"),
        set_aside_at=now,
    )
    _move(source, entry.end)


def _move(source: Source, offset: int) -> None:
    SpoolPosition.objects.bulk_create(
        [SpoolPosition(host_id=source.host, segment=source.segment, offset=offset)],
        update_conflicts=True,
        unique_fields=["host", "segment"],
        update_fields=["offset"],
    )


class DamagedRecord(ValueError):
    """The bytes of a record do not match their checksum."""


def _record(entry: Entry) -> Record:
    if entry.is_damaged:
        raise DamagedRecord("checksum mismatch")
    record = segments.from_json(entry.payload)
    if not isinstance(record, dict) or record.get("kind") not in KINDS:
        raise DamagedRecord("neither a click, a landing nor a report")
    return record


def click_row(click: Record) -> click_rows.Row:
    """A click as the spool keeps it, as a row."""
    return (
        bytes.fromhex(click["id"]),
        click["advertiser"],
        click["publisher"],
        click["at"] * 1000,
        click["received_at"] * 1000,
        click["window_minutes"],
        click["journey"],
        click["session"],
        click["stood_down"],
        click["strictly_necessary"],
        click["in_page"],
        False,
        click["cookie_type"],
        click["soft_rule"],
        click["reason"],
        click["target_reason"],
        click["campaign"],
        click["target"],
        click["ip_prefix"],
        click["user_agent"],
        segments.as_json(click["rejected_tokens"]),
        segments.as_json(click["references"]),
    )


def report_in(record: Record) -> SaleReport:
    times = {name: from_ms(round(record[name] * 1000)) for name in ("received_at", "at")}
    return msgspec.convert({**record, **times}, SaleReport)
