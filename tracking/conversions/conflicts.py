"""Reports of one order that contradict each other: staff choose the one that is right."""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from django.db import transaction
from django.utils.translation import gettext as _

from network.models import User
from tracking.commissions.settling import commission_of
from tracking.commissions.standing import Outdated, standing
from tracking.conversions import reports
from tracking.conversions.deciding import Become, ByEach, decide_by_each, reconsider
from tracking.conversions.locking import lock
from tracking.evidence.joining import differs
from tracking.models import Conversion, Decision


class NotInConflict(ValueError):
    """There is nothing to settle, the report chosen is not one of the order's, or it cannot be
    decided again."""


@dataclass(frozen=True, slots=True)
class Settlement:
    """Staff's choice between reports in conflict: the report that is right, and why; no report
    where the order is declined anyway. ``seen`` is its :func:`standing_in_conflict` as they were
    shown it, if anything."""

    report: UUID | None
    reason: str
    made_by: User
    seen: str = ""


@dataclass(frozen=True, slots=True)
class Contest:
    """A conflict that can be settled: the report that decides it if nobody else does, the last that
    contradicts it, and what the sale becomes by each of those that contradict each other."""

    earlier: UUID
    later: UUID
    becomes: Mapping[UUID, Become]

    @property
    def declinable(self) -> UUID:
        """The first report that credits somebody, so that a decline holds for whom else later
        evidence may credit; the earlier without one."""
        order = sorted(self.becomes, key=lambda key: key != self.earlier)
        return next((key for key in order if self.becomes[key].paid), self.earlier)


def contests(conversions: Sequence[Conversion], now: datetime) -> dict[int, Contest]:
    """Of these sales, by their ids, those whose conflict can be settled (:func:`refusal`). For each
    advertiser as many queries, however many its sales are, if their reports have been read."""
    by_shop: dict[int, list[Conversion]] = defaultdict(list)
    for conversion in conversions:
        if not refusal(conversion):
            by_shop[conversion.advertiser_id].append(conversion)
    return {
        row.pk: _contest(found)
        for rows in by_shop.values()
        for row, found in zip(rows, decide_by_each(rows, now), strict=True)
    }


def _contest(found: ByEach) -> Contest:
    joined = found.joined
    assert joined.claimant is not None
    first = joined.claimant
    others = [
        report
        for report in (*joined.linked, *joined.unlinked)
        if report.id in joined.rivals and differs(report, first, joined.conflict)
    ]
    last = max(others, key=lambda report: report.received)
    return Contest(first.id, last.id, found.becomes)


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


def standing_in_conflict(conversion: Conversion, contest: Contest | None) -> str:
    """The sale's :func:`~tracking.commissions.standing.standing`, and what it becomes by each of
    the reports that contradict each other, if that can be said: which click is paid what, and
    whether that is declined. A click that comes late, or a suspension, changes that and nothing
    else of a sale in conflict."""
    facts = [standing(conversion)]
    for become in contest.becomes.values() if contest else ():
        paid, earned = become.paid, commission_of(become.conversion)
        facts.append(str(paid.id) if paid else "-")
        if paid and earned:
            facts += [str(earned.amount_minor), earned.status, earned.decline_reason or "-"]
    return " ".join(facts)


def refuse_other(conversion: Conversion, contest: Contest | None, seen: str) -> None:
    """``seen`` is the :func:`standing_in_conflict` that was shown, empty where nothing was. The
    caller holds the sale's lock. Raises Outdated."""
    if seen and seen != standing_in_conflict(conversion, contest):
        raise Outdated(conversion)


@transaction.atomic
def settle_conflict(sale: Conversion, choice: Settlement, now: datetime) -> Conversion:
    """Let the chosen report's figures and journey decide; the sale as it is then. Raises
    NotInConflict, and Outdated where the sale is not what was seen."""
    conversion = lock(sale.advertiser_id, sale.pk)
    report = choice.report
    if choice.seen or report is None:
        contest = contests([conversion], now).get(conversion.pk)
        refuse_other(conversion, contest, choice.seen)
        if report is None and contest:
            report = contest.declinable
    if said := refusal(conversion):
        raise NotInConflict(said)
    if report is None or not conversion.reports.filter(id=report).exists():
        raise NotInConflict(_("Choose one of the order's own reports."))
    if not choice.reason.strip():
        raise NotInConflict(_("Give the reason; it is kept with the decision."))
    conversion.settled_report_id = report
    conversion.settled_by, conversion.settled_at = choice.made_by, now
    conversion.settled_reason = choice.reason.strip()
    conversion.save(update_fields=["settled_report", "settled_by", "settled_at", "settled_reason"])
    reconsider(conversion, now, Decision.Cause.STAFF)
    return conversion
