"""Suspending a partner for fraud: what it has pending is declined with it.

Commissions that are final or paid stay as they are; they are corrected in the ledger.
"""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime

from django.db import transaction
from django.db.models import Count, Q, QuerySet, Sum

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
    """What a suspension would decline, in the advertiser's currency."""

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
    rows = pending_of(partnership)
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
        for conversion in _locked(partnership)
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


def _locked(partnership: Partnership) -> list[int]:
    """The sales to decline, all locked, in the order of :func:`conversions.lock_all`, before the
    first of them is changed."""
    wanted = Q(pk__in=pending_of(partnership).values("conversion"))
    locked = locking.lock_all(partnership.advertiser_id, wanted)
    # Only now that they are locked: the drain may have credited others with some by now.
    still = pending_of(partnership).filter(conversion__in=locked)
    return list(still.order_by("conversion").values_list("conversion", flat=True))
