"""Sales that come in for a partner while it is suspended for fraud: declined with the suspension.

Clicks from before it keep their claims, so that the decision stays what the evidence says.
"""

from datetime import datetime

from network.effective import SPREAD
from publishers.models import PartnershipTerms
from tracking import statements
from tracking.models import Commission, Validation
from tracking.statements import MAX_REASON, Statement


def decline(commission: Commission, now: datetime) -> None:
    """Decline a pending commission whose publisher is suspended, as :func:`suspension.suspend`
    declined those that were there; unless staff have said something about it themselves."""
    if commission.status != Commission.Status.PENDING:
        return
    terms = _terms(commission, now)
    if terms is None or terms.status != PartnershipTerms.Status.SUSPENDED or terms.made_by is None:
        return
    said = Validation.objects.filter(
        conversion=commission.conversion_id, publisher=commission.publisher_id
    )
    if said.exists():
        return
    statement = Statement(
        action=Validation.Action.DECLINE,
        code=Validation.Code.FRAUD,
        reason=terms.reason[:MAX_REASON],
        made_by=terms.made_by,
    )
    statements.carry_out(statement, commission, now)


def _terms(commission: Commission, now: datetime) -> PartnershipTerms | None:
    """Those in force, or about to be: a suspension declines before it starts."""
    rows = PartnershipTerms.objects.filter(
        advertiser=commission.advertiser_id,
        publisher=commission.publisher_id,
        starts_at__lte=now + SPREAD,
    )
    return rows.select_related("made_by").order_by("-starts_at").first()
