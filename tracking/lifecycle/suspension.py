"""Suspending a partner for fraud: what it has pending is declined with it, and can be restored
when the suspension is lifted.

Commissions that are final or paid stay as they are; they are corrected in the ledger.
"""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from functools import partial

from django.db import transaction
from django.db.models import Count, OuterRef, Q, QuerySet, Subquery, Sum
from django.db.models.functions import Coalesce

from network.effective import lock as policy_lock
from network.models import User
from publishers.models import Partnership, PartnershipTerms
from publishers.policy import deciding
from tracking.commissions.rulings import Statement
from tracking.commissions.transitions import ChangedBy, sources
from tracking.conversions import locking
from tracking.lifecycle import validation
from tracking.models import Commission, Validation


@dataclass(frozen=True, slots=True)
class Pending:
    """What a suspension would decline, or lifting it restore, in the advertiser's currency."""

    commissions: int
    amount_minor: int


def pending_of(partnership: Partnership) -> QuerySet[Commission]:
    """The partner's commissions that are not final yet, in whatever state."""
    return Commission.objects.filter(
        advertiser=partnership.advertiser_id,
        publisher=partnership.publisher_id,
        status__in=sources(Commission.Status.DECLINED, ChangedBy.SUSPENSION),
        closed_at=None,
    )


def pending(partnership: Partnership) -> Pending:
    """One query."""
    return _sum_of(pending_of(partnership))


def declined_of(partnership: Partnership, by: User) -> QuerySet[Commission]:
    """The partner's commissions that were declined because of its suspension, whose sales are
    still open, and which this person may restore: what has closed since stays declined, and so
    does what an earlier suspension by operators declined, for everybody else."""
    declined = Commission.objects.filter(
        advertiser=partnership.advertiser_id,
        publisher=partnership.publisher_id,
        status=Commission.Status.DECLINED,
        decline_reason=Commission.DeclineReason.SUSPENDED,
        conversion__decision__paid_publisher=partnership.publisher_id,
        closed_at=None,
    )
    if by.is_superuser:
        return declined
    said = Validation.objects.filter(
        advertiser=partnership.advertiser_id,
        conversion=OuterRef("conversion"),
        publisher=partnership.publisher_id,
        action=Validation.Action.DECLINE,
    )
    last = said.order_by("-at", "-pk").values("made_by__is_superuser")[:1]
    return declined.annotate(is_operators=Coalesce(Subquery(last), False)).filter(
        is_operators=False
    )


def restorable(partnership: Partnership, by: User) -> Pending:
    """What this person would restore. One query."""
    return _sum_of(declined_of(partnership, by))


def _sum_of(rows: QuerySet[Commission]) -> Pending:
    found = rows.aggregate(amount=Sum("amount_minor", default=0), sales=Count("pk"))
    return Pending(found["sales"], found["amount"])


@transaction.atomic
def suspend(
    partnership: Partnership,
    now: datetime,
    *,
    reason: str,
    made_by: User,
    read_clock: Callable[[], datetime] | None = None,
) -> Pending:
    """Suspend the partner for fraud, and decline what it has pending: all or nothing. The partner
    reads the ``reason`` with the suspension and with every decline. What was declined is returned.
    Declining takes its time, during which nobody else's change has to wait: it is done first, and
    ``read_clock`` says what time it is then. Raises Busy, NotDecidable, ValidationError,
    ValidationRefused."""
    statement = Statement(
        action=Validation.Action.DECLINE,
        code=Validation.Code.FRAUD,
        reason=reason,
        made_by=made_by,
        decline_reason=Commission.DeclineReason.SUSPENDED,
    )
    declined = [
        validation.validate(partnership.advertiser_id, conversion, statement, now)
        for conversion in _locked(partnership, pending_of)
    ]
    with policy_lock.held():
        deciding.decide(
            partnership,
            PartnershipTerms.Status.SUSPENDED,
            read_clock() if read_clock else now,
            made_by=made_by,
            reason=reason,
        )
    return Pending(len(declined), sum(said.commission_minor for said in declined))


@transaction.atomic
def lift(
    partnership: Partnership,
    now: datetime,
    *,
    reason: str,
    made_by: User,
    restores: bool,
    known: int | None = None,
    read_clock: Callable[[], datetime] | None = None,
) -> Pending:
    """Approve a suspended partner again, and where it ``restores``, take back the declines that
    came with the suspension: all or nothing. What was restored is returned. Raises as
    :func:`suspend`, NotDecidable also where :func:`deciding.may_lift` says no."""
    deciding.refuse_lifting(partnership, now, made_by)
    statement = Statement(action=Validation.Action.TAKE_BACK, reason=reason, made_by=made_by)
    theirs = partial(declined_of, by=made_by)
    restored = [
        validation.validate(partnership.advertiser_id, conversion, statement, now)
        for conversion in (_locked(partnership, theirs) if restores else [])
    ]
    with policy_lock.held():
        deciding.decide(
            partnership,
            PartnershipTerms.Status.APPROVED,
            read_clock() if read_clock else now,
            made_by=made_by,
            reason=reason,
            known=known,
        )
    return Pending(len(restored), sum(said.commission_minor for said in restored))


def _locked(
    partnership: Partnership, wanted_of: Callable[[Partnership], QuerySet[Commission]]
) -> list[int]:
    """The sales to change, all locked, in the order of :func:`conversions.lock_all`, before the
    first of them is changed."""
    wanted = Q(pk__in=wanted_of(partnership).values("conversion"))
    locked = locking.lock_all(partnership.advertiser_id, wanted)
    # Only now that they are locked: the drain may have credited others with some by now.
    still = wanted_of(partnership).filter(conversion__in=locked)
    return list(still.order_by("conversion").values_list("conversion", flat=True))
