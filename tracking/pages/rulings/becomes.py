"""What an order in conflict becomes by each of its reports, in words."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from django.utils.translation import gettext as _

from network import money
from tracking.commissions.settling import commission_of
from tracking.conversions.conflicts import Contest
from tracking.conversions.deciding import Become
from tracking.models import Commission


@dataclass(frozen=True, slots=True)
class Becomes:
    """What an order becomes by one report: who is credited with what, empty for nobody, for which
    amount, why that is declined, if it is, and when it can be final at the earliest."""

    partner: str
    commission: str
    amount: str
    closes_at: datetime
    declined: str = ""
    is_suspended: bool = False

    def __str__(self) -> str:
        facts = {
            "amount": self.amount,
            "partner": self.partner,
            "commission": self.commission,
            "why": self.declined,
        }
        if not self.partner:
            said = _("%(amount)s, nobody is credited")
        elif self.is_suspended:
            said = _(
                "%(amount)s, %(partner)s is credited with %(commission)s, which is declined with "
                "the partner's suspension: %(why)s"
            )
        elif self.declined:
            said = _(
                "%(amount)s, %(partner)s is credited with %(commission)s, which stays declined: "
                "%(why)s"
            )
        else:
            said = _("%(amount)s, %(partner)s is credited with %(commission)s")
        return said % facts


def said_of(contest: Contest) -> Mapping[UUID, Becomes]:
    """By the report that would be chosen."""
    return {key: _said(become) for key, become in contest.becomes.items()}


def _said(become: Become) -> Becomes:
    sale, commission = become.conversion, commission_of(become.conversion)
    assert sale.closes_at is not None
    amount = money.display(sale.amount_minor, sale.currency)
    if become.paid is None or commission is None:
        return Becomes("", "", amount, sale.closes_at)
    is_declined = commission.status == Commission.Status.DECLINED
    return Becomes(
        partner=str(commission.publisher),
        commission=money.display(commission.amount_minor, commission.currency),
        amount=amount,
        closes_at=sale.closes_at,
        declined=str(commission.declined_because) if is_declined else "",
        is_suspended=commission.decline_reason == Commission.DeclineReason.SUSPENDED,
    )
