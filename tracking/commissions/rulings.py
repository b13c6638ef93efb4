"""What is said about a sale's commission, by staff, the shop's server or a suspension: kept, and
carried out."""

from dataclasses import dataclass
from datetime import datetime

from network.models import ApiKey, User
from tracking.commissions.transitions import LEADS_TO, ChangedBy, change
from tracking.models import Commission, Validation

Status = Commission.Status
MAX_REASON = 300
_RULED = ("status", "decline_reason", "decline_text", "approval_suspended")


@dataclass(frozen=True, slots=True, kw_only=True)
class Statement:
    """What staff, or the shop's server with a key, say about a sale. A decline has a ``code``, and
    for ``other`` a ``reason`` in words, which the publisher reads; taking it back has a ``reason``,
    too. By its ``decline_reason`` a decline is about the order, or about the publisher that is
    suspended. ``amount_minor`` is what the order costs, where whoever speaks knows; ``seen`` is
    the :func:`~tracking.commissions.standing.standing` that they were shown, if any."""

    action: Validation.Action
    made_by: User | ApiKey
    reason: str = ""
    code: str = ""
    amount_minor: int | None = None
    decline_reason: str = Commission.DeclineReason.BY_ADVERTISER
    seen: str = ""


def becomes(commission: Commission, action: str) -> Commission.Status:
    """What the commission is when this has been said about it. A suspension takes no approval
    away: when its decline is taken back, the approval holds again."""
    is_restored = action == Validation.Action.TAKE_BACK and commission.approval_suspended
    return Status.APPROVED if is_restored else LEADS_TO[action]


def carry_out(statement: Statement, commission: Commission, now: datetime) -> Validation:
    """Keep who said it, when, why, and for which commission; and let the commission follow. The
    caller has made sure that it may be said, and holds the sale's lock."""
    said = apply(statement, commission, now)
    said.save(force_insert=True)
    commission.save(update_fields=_RULED)
    return said


def apply(statement: Statement, commission: Commission, now: datetime) -> Validation:
    """As :func:`carry_out`, without storing anything."""
    said = Validation(
        advertiser_id=commission.advertiser_id,
        conversion_id=commission.conversion_id,
        at=now,
        made_by=statement.made_by if isinstance(statement.made_by, User) else None,
        key=statement.made_by if isinstance(statement.made_by, ApiKey) else None,
        action=statement.action,
        code=statement.code,
        reason=statement.reason.strip(),
        publisher_id=commission.publisher_id,
        commission_minor=commission.amount_minor,
        currency=commission.currency,
    )
    is_suspension = statement.decline_reason == Commission.DeclineReason.SUSPENDED
    by = ChangedBy.SUSPENSION if is_suspension else ChangedBy.STAFF
    after = becomes(commission, statement.action)
    commission.approval_suspended = is_suspension and commission.status == Status.APPROVED
    change(commission, after, by)
    commission.decline_reason, commission.decline_text = "", ""
    if commission.status == Status.DECLINED:
        commission.decline_reason = statement.decline_reason
        commission.decline_text = said.because
    return said
