"""Closing conversions when their cookie windows have closed, with the commission made final."""

import logging
from collections.abc import Collection, Sequence
from datetime import datetime

from django.db import InterfaceError, OperationalError, connection, transaction
from django.db.models import Min, Q

from network.garbage import uncollected
from network.models import Advertiser
from publishers.ledger import posting
from tracking.commissions.settling import commission_of
from tracking.commissions.transitions import ChangedBy, change, may_become
from tracking.conversions.deciding import Stamp, cases_of, decide_all
from tracking.distribution import sets
from tracking.lifecycle.closing import due, ends_at
from tracking.models import Commission, Conversion, Decision, SpoolHost
from tracking.rollups import writing as rollups

BATCH = 1000
"""Sales that are closed in one transaction. More are hardly faster, and are locked for longer."""

log = logging.getLogger(__name__)


def finalise_due(now: datetime, advertisers: Collection[int] | None = None) -> int:
    """Close every conversion (of some advertisers, where they are named) whose windows have closed;
    return how many were. Any number may run at once, and one that dies leaves nothing half done.
    After a deadlock or a time-out the advertisers after it have their turn before it is raised."""
    if advertisers is None:
        advertisers = list(Advertiser.objects.values_list("pk", flat=True))
    done, failed = 0, list[OperationalError]()
    for advertiser in _with_due(advertisers, horizon(now)):
        try:
            done += _Run(advertiser, now).finalise()
        except OperationalError as error:
            if not connection.is_usable():
                raise
            log.exception("Advertiser %s is put aside until the next run", advertiser)
            failed.append(error)
    if failed:
        raise failed[0]
    return done


def _with_due(advertisers: Collection[int], known_to: datetime) -> list[int]:
    """Those with a sale whose windows have closed, in order. One statement, however many there
    are: at most runs nothing is due."""
    due = Conversion.objects.filter(
        advertiser__in=advertisers,
        closed_at__isnull=True,
        lapsed=False,
        closes_at__lte=known_to,
        conflict="",
    )
    return sorted(due.values_list("advertiser", flat=True).distinct())


def horizon(now: datetime) -> datetime:
    """Up to when everything that was accepted is known to be in PostgreSQL."""
    hosts = SpoolHost.objects.filter(removed_at__isnull=True)
    return min(now, hosts.aggregate(least=Min("drained_to"))["least"] or now)


class _Run:
    """The closing of what is due of one advertiser."""

    def __init__(self, advertiser: int, now: datetime) -> None:
        self._advertiser, self._now = advertiser, now
        self._failed: set[int] = set()

    def finalise(self) -> int:
        """Close all of it, batch by batch; how many were closed or put off."""
        done, among = 0, Q()
        while taken := self._take(among):
            done += len(taken)
            # What lies before is closed, or another's: it need not be passed over again.
            among = Q(closes_at__gte=max(taken.values()))
        return done - len(self._failed)

    def _take(self, among: Q) -> dict[int, datetime]:
        """Close the next batch of these, in one transaction; when each of it was due. If it fails,
        each half by itself: in the end one that cannot be closed is put aside alone."""
        taken: dict[int, datetime] = {}
        try:
            with uncollected(), transaction.atomic():
                known_to = horizon(self._now)
                batch = self._locked(among, known_to)
                taken |= {row.pk: row.closes_at for row in batch if row.closes_at}
                if batch:
                    self._close(batch, known_to)
        except (OperationalError, InterfaceError):
            raise
        except Exception as error:
            if not taken:
                raise
            self._take_apart(list(taken), error)
        return taken

    def _take_apart(self, taken: Sequence[int], error: Exception) -> None:
        if len(taken) == 1:
            self._put_aside(taken[0], error)
        else:
            middle = len(taken) // 2
            for half in (taken[:middle], taken[middle:]):
                self._take(Q(pk__in=half))

    def _put_aside(self, conversion: int, error: Exception) -> None:
        log.error("Conversion %s could not be closed", conversion, exc_info=error)
        self._failed.add(conversion)

    def _locked(self, among: Q, known_to: datetime) -> list[Conversion]:
        shop = Advertiser.objects.get(pk=self._advertiser)
        rows = (
            Conversion.objects.filter(among, advertiser=self._advertiser, closed_at__isnull=True)
            .filter(due(shop, known_to))
            .exclude(id__in=self._failed)
            .order_by("closes_at")
            .select_for_update(skip_locked=True, of=("self",))
        )
        locked = list(rows.values_list("pk", flat=True)[:BATCH])
        # Only now that they are locked: what is read with a lock may be older than the locked row.
        held = Conversion.objects.filter(advertiser=self._advertiser, pk__in=locked)
        return list(held.select_related("decision", "commission").order_by("closes_at"))

    def _close(self, batch: Sequence[Conversion], known_to: datetime) -> None:
        """Close locked, due conversions: resolve them again from all evidence by now and, unless
        that moved their closing, make their commissions final with their ledger entries."""
        shop = Advertiser.objects.get(pk=self._advertiser)
        followed = rollups.Followed()
        decided = decide_all(
            cases_of(shop, batch),
            Stamp(self._now, Decision.Cause.FINAL),
            followed,
            lambda conversion, error: self._put_aside(conversion.pk, error),
        )
        _close([row for row in decided if _is_over(row, known_to)], self._now)
        followed.add()


def _is_over(conversion: Conversion, known_to: datetime) -> bool:
    """Whether it is :func:`due` by what is known now: its windows have closed, and nobody has to
    say anything about it, or can."""
    commission = commission_of(conversion)
    pays = commission is not None and commission.status != Commission.Status.DECLINED
    is_in_question = conversion.over_limit or not conversion.verified
    waits = bool(conversion.conflict) or (pays and is_in_question)
    return ends_at(conversion) <= known_to and not waits


def _close(conversions: Sequence[Conversion], now: datetime) -> None:
    for conversion in conversions:
        conversion.closed_at = now
    sets.update(conversions, ["closed_at"])
    commissions = [row for row in map(commission_of, conversions) if row is not None]
    final = {
        f"commission:{row.pk}:final": row
        for row in commissions
        if may_become(row.status, Commission.Status.FINAL, ChangedBy.CLOSING)
    }
    posted = posting.post_final_commissions(map(_posting, final, final.values()), now)
    for key, commission in final.items():
        commission.ledger_transaction_id = posted[key]
        change(commission, Commission.Status.FINAL, ChangedBy.CLOSING)
    for commission in commissions:
        commission.closed_at = now
    sets.update(commissions, ["status", "ledger_transaction", "closed_at"])


def _posting(key: str, commission: Commission) -> posting.FinalCommission:
    return posting.FinalCommission(
        key=key,
        advertiser=commission.advertiser_id,
        publisher=commission.publisher_id,
        currency=commission.currency,
        commission_minor=commission.amount_minor,
        network_fee_minor=commission.network_fee_minor,
    )
