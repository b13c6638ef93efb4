"""Sales that come in for a partner while it is suspended for fraud: declined with the suspension.

Clicks from before it keep their claims, so that the decision stays what the evidence says.
"""

from datetime import datetime

from network.effective import queries
from network.effective.rows import SPREAD
from publishers.models import PartnershipTerms
from publishers.partnerships.standing import decided_by
from tracking.commissions import rulings
from tracking.commissions.rulings import MAX_REASON, Statement
from tracking.models import Commission, Validation


def decline(commission: Commission, now: datetime) -> None:
    """Decline a pending commission whose publisher is suspended, as :func:`suspension.suspend`
    declined those that were there; unless staff have taken that back."""
    if commission.status != Commission.Status.PENDING:
        return
    suspension = _suspension(commission, now)
    if suspension is None or suspension.made_by is None or _is_excused(commission, suspension):
        return
    statement = Statement(
        action=Validation.Action.DECLINE,
        code=Validation.Code.FRAUD,
        reason=suspension.reason[:MAX_REASON],
        made_by=suspension.made_by,
        decline_reason=Commission.DeclineReason.SUSPENDED,
    )
    rulings.carry_out(statement, commission, now)


def _suspension(commission: Commission, now: datetime) -> PartnershipTerms | None:
    """The terms that began the suspension in force, or about to be (one declines before it starts);
    other terms may have changed since."""
    rows = PartnershipTerms.objects.filter(
        advertiser=commission.advertiser_id, publisher=commission.publisher_id
    )
    begun = queries.begun(rows.select_related("made_by"), now + SPREAD)
    decided = decided_by(queries.in_order(begun))
    is_suspended = decided is not None and decided.status == PartnershipTerms.Status.SUSPENDED
    return decided if is_suspended else None


def _is_excused(commission: Commission, suspension: PartnershipTerms) -> bool:
    """Whether what was said last about it, since the suspension, is not that it is declined. It may
    have been declined with it before, and then have been another's for a while."""
    said = Validation.objects.filter(
        advertiser=commission.advertiser_id,
        conversion=commission.conversion_id,
        publisher=commission.publisher_id,
        at__gte=suspension.created_at,
    )
    last = said.order_by("at", "pk").last()
    return last is not None and last.action != Validation.Action.DECLINE
