"""Reports of one order that contradict each other: staff choose the one that is right."""

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from django.db import transaction
from django.utils.translation import gettext as _

from network.models import User
from tracking.commissions.standing import Outdated, standing
from tracking.conversions import reports
from tracking.conversions.deciding import decide_by_each, joined_by_now, reconsider
from tracking.conversions.locking import lock
from tracking.evidence.joining import differs
from tracking.models import Conversion, Decision


class NotInConflict(ValueError):
    """There is nothing to settle, the report chosen is not one of the order's, or it cannot be
    decided again."""


@dataclass(frozen=True, slots=True)
class Settlement:
    """Staff's choice between reports in conflict: the report that is right, and why. ``seen`` is
    its :func:`standing_in_conflict` as they were shown it, if anything."""

    report: UUID
    reason: str
    made_by: User
    seen: str = ""


@dataclass(frozen=True, slots=True)
class Sides:
    """The report that decides a conflict if nobody else does, and the last that contradicts it."""

    earlier: UUID
    later: UUID


def sides(conversion: Conversion) -> Sides | None:
    """The two sides of a conversion's conflict; None without one."""
    joined = joined_by_now(conversion)
    if joined.claimant is None:
        return None
    first = joined.claimant
    others = [
        report
        for report in (*joined.linked, *joined.unlinked)
        if report.id in joined.rivals and differs(report, first, joined.conflict)
    ]
    return Sides(first.id, max(others, key=lambda report: report.received).id)


def refusal(conversion: Conversion) -> str:
    """Why its conflict cannot be settled; empty where it can."""
    order = {"order": conversion.order}
    if conversion.closed_at is not None or not conversion.conflict:
        return _("Order %(order)s is not in conflict; nothing was changed.") % order
    if reports.is_key_gone(conversion.reports.all()):
        return (
            _(
                "Order %(order)s has a click id that was signed with a key that is no longer here. "
                "Put the key back into TOKEN_KEYS to settle it."
            )
            % order
        )
    return ""


def standing_in_conflict(conversion: Conversion) -> str:
    """The sale's :func:`~tracking.commissions.standing.standing`, and which click is paid by each
    of the reports that contradict each other: a click that comes late changes that, and nothing
    else of a sale in conflict."""
    stands = standing(conversion)
    if refusal(conversion):
        return stands
    rivals = sorted(joined_by_now(conversion).rivals)
    decided = decide_by_each(conversion, rivals)
    paid = (one.outcome.paid.id if one.outcome.paid else "-" for one in decided)
    return " ".join((stands, *map(str, paid)))


@transaction.atomic
def settle_conflict(sale: Conversion, choice: Settlement, now: datetime) -> Conversion:
    """Let the chosen report's figures and journey decide; the sale as it is then. Raises
    NotInConflict, and Outdated where the sale is not what was seen."""
    conversion = lock(sale.advertiser_id, sale.pk)
    if choice.seen and choice.seen != standing_in_conflict(conversion):
        raise Outdated(conversion)
    if said := refusal(conversion):
        raise NotInConflict(said)
    if not conversion.reports.filter(id=choice.report).exists():
        raise NotInConflict(_("Choose one of the order's own reports."))
    if not choice.reason.strip():
        raise NotInConflict(_("Give the reason; it is kept with the decision."))
    conversion.settled_report_id = choice.report
    conversion.settled_by, conversion.settled_at = choice.made_by, now
    conversion.settled_reason = choice.reason.strip()
    conversion.save(update_fields=["settled_report", "settled_by", "settled_at", "settled_reason"])
    reconsider(conversion, now, Decision.Cause.STAFF)
    return conversion
