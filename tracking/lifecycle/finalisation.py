"""Closing conversions when their cookie windows have closed, with the commission made final."""

import logging
from collections.abc import Collection, Iterable
from datetime import datetime
from typing import Any

from django.db import transaction
from django.db.models import Min, Prefetch, QuerySet, prefetch_related_objects

from network.models import Advertiser
from publishers.ledger import posting
from tracking.commissions.settling import commission_of
from tracking.commissions.transitions import ChangedBy, change, may_become
from tracking.conversions.deciding import reconsider
from tracking.lifecycle.closing import BY_ITSELF
from tracking.models import Commission, Conversion, Decision, Report, SpoolHost
from tracking.rollups import writing as rollups

BATCH = 100

log = logging.getLogger(__name__)


def finalise_due(now: datetime, advertisers: Collection[int] | None = None) -> int:
    """Close every conversion (of some advertisers, where they are named) whose windows have closed;
    return how many were. Any number may run at once, and one that dies leaves nothing half done."""
    if advertisers is None:
        advertisers = Advertiser.objects.values_list("pk", flat=True)
    return sum(_finalise_of(advertiser, now) for advertiser in sorted(advertisers))


def _finalise_of(advertiser: int, now: datetime) -> int:
    done, failed = 0, set[int]()
    while True:
        closed, left = _finalise_batch(advertiser, now, failed)
        done += closed
        failed |= left
        if not closed and not left:
            return done


def horizon(now: datetime) -> datetime:
    """Up to when everything that was accepted is known to be in PostgreSQL."""
    hosts = SpoolHost.objects.filter(removed_at__isnull=True)
    return min(now, hosts.aggregate(least=Min("drained_to"))["least"] or now)


@transaction.atomic
def _finalise_batch(advertiser: int, now: datetime, failed: Iterable[int]) -> tuple[int, set[int]]:
    """Close one batch in one transaction: how many were closed or put off, and which failed."""
    known_to = horizon(now)
    due = (
        Conversion.objects.filter(advertiser=advertiser, closed_at__isnull=True)
        .filter(BY_ITSELF, closes_at__lte=known_to)
        .exclude(id__in=failed)
        .order_by("closes_at")
        .select_for_update(skip_locked=True, of=("self",))
    )
    batch = list(due[:BATCH])
    # Only now that they are locked: what is read with a lock may be older than the locked row.
    prefetch_related_objects(batch, "advertiser__terms", *_with_each(advertiser))
    closed, failing = 0, set[int]()
    for conversion in batch:
        try:
            with transaction.atomic():
                _finalise(conversion, known_to, now)
            closed += 1
        except Exception:
            log.exception("Conversion %s could not be closed", conversion.id)
            failing.add(conversion.id)
    return closed, failing


def _with_each(advertiser: int) -> list[Prefetch[Any]]:
    """What closing a conversion reads, of its advertiser only."""
    rows: dict[str, QuerySet[Any]] = {
        "decision": Decision.objects.all(),
        "commission": Commission.objects.all(),
        "reports": Report.objects.all(),
    }
    return [Prefetch(name, found.filter(advertiser=advertiser)) for name, found in rows.items()]


def _finalise(conversion: Conversion, known_to: datetime, now: datetime) -> None:
    """Close a locked, due conversion: resolve it again from all evidence by now and, unless that
    moved its closing, make the commission final with its ledger entries."""
    reconsider(conversion, now, Decision.Cause.FINAL)
    assert conversion.closes_at is not None
    if conversion.closes_at > known_to or _waits(conversion):
        return
    with rollups.following(conversion):
        _close(conversion, now)


def _waits(conversion: Conversion) -> bool:
    """Whether somebody has to say something about it by what is known now."""
    commission = commission_of(conversion)
    pays = commission is not None and commission.status != Commission.Status.DECLINED
    is_in_question = conversion.over_limit or not conversion.verified
    return bool(conversion.conflict) or (pays and is_in_question)


def _close(conversion: Conversion, now: datetime) -> None:
    conversion.closed_at = now
    conversion.save(update_fields=["closed_at"])
    commission = commission_of(conversion)
    if commission is None:
        return
    if may_become(commission.status, Commission.Status.FINAL, ChangedBy.CLOSING):
        commission.ledger_transaction = posting.post_final_commission(_posting(commission), now)
        change(commission, Commission.Status.FINAL, ChangedBy.CLOSING)
    commission.closed_at = now
    commission.save()


def _posting(commission: Commission) -> posting.FinalCommission:
    return posting.FinalCommission(
        key=f"commission:{commission.id}:final",
        advertiser=commission.advertiser_id,
        publisher=commission.publisher_id,
        currency=commission.currency,
        commission_minor=commission.amount_minor,
        network_fee_minor=commission.network_fee_minor,
    )
