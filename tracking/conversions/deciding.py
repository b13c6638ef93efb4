"""Deciding a sale: from its reports and clicks to its decision and its commission, all stored."""

from collections.abc import Iterable, Sequence
from dataclasses import asdict, dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from django.db.models import prefetch_related_objects

from network.clock import from_ms, to_ms
from network.models import Advertiser
from tracking.commissions import decisions, settling, suspended
from tracking.commissions.terms import as_terms
from tracking.conversions import journeys, reports
from tracking.evidence.joining import Joined, OrderContext
from tracking.evidence.ranks import CONFIRMING
from tracking.evidence.resolving import Known, claimed, known_of, resolve
from tracking.models import Conversion, Decision, Report
from tracking.rollups import writing as rollups
from tracking.rule import attribution
from tracking.rule.attribution import Outcome
from tracking.rule.reasons import ReportOutcome

DECIDED = (
    "at",
    "amount_minor",
    "currency",
    "parts",
    "voucher",
    "channel",
    "customer",
    "conflict",
    "conflict_since",
    "contested_by_id",
    "verified",
    "over_limit",
    "decision_id",
    "closes_at",
)
"""What follows from the reports and clicks of a conversion."""


@dataclass(frozen=True, slots=True)
class Stamp:
    """When a decision is made, and what made it necessary."""

    now: datetime
    cause: Decision.Cause


@dataclass(frozen=True, slots=True)
class Resolved:
    """An outcome, with everything that it follows from as a decision keeps it."""

    inputs: dict[str, Any]
    outcome: Outcome


def reconsider(
    conversion: Conversion, now: datetime, cause: Decision.Cause = Decision.Cause.CLICK
) -> None:
    """Decide an open conversion again from all evidence by now. The row must be locked."""
    decide(conversion, reports_of(conversion), Stamp(now, cause))


def decide_again(conversion: Conversion, chosen: UUID | None = None) -> Resolved:
    """What would be decided from the reports and clicks that are stored, had staff ``chosen`` this
    report, or else as it stands; nothing is written."""
    known = _known(conversion, reports_of(conversion))
    return _resolved(known, known.joined(chosen or conversion.settled_report_id))


def resolve_test(report: Report) -> Outcome:
    """Who would be paid, had this report of a test been one of a sale; nothing is written."""
    known = _known_of(report.advertiser, [report], OrderContext())
    return _resolved(known, known.joined()).outcome


def joined_by_now(conversion: Conversion) -> Joined:
    """The conversion's reports, joined as it stands."""
    return _known(conversion, reports_of(conversion)).joined(conversion.settled_report_id)


def is_confirmed(conversion: Conversion) -> bool:
    """Whether the advertiser itself reported the sale, as it stands."""
    apart = (ReportOutcome.LATE, ReportOutcome.UNLINKED, ReportOutcome.JOURNEYS_CONFLICT)
    rows = conversion.reports.filter(rank__in=CONFIRMING).exclude(outcome__in=apart)
    return rows.exists()


def reports_of(conversion: Conversion) -> list[Report]:
    """The reports that decide about it."""
    return [row for row in conversion.reports.all() if row.outcome != ReportOutcome.LATE]


def decide(conversion: Conversion, rows: Sequence[Report], stamp: Stamp) -> None:
    """Resolve the journey and store the decision, where it differs from the last one, with the
    commission that follows from it."""
    known = _known(conversion, rows)
    joined = known.joined(conversion.settled_report_id)
    with rollups.following(conversion):
        before = _values(conversion)
        _take_figures(conversion, joined, rows)
        conversion.contested_by_id = known.contesting
        reports.mark(joined, rows)
        resolved = _resolved(known, joined)
        journeys.rebuild(conversion.advertiser_id, known.clicks.of(joined).unrecorded, stamp.now)
        _store_decision(conversion, resolved, stamp)
        commission = settling.settle(
            conversion,
            resolved.outcome.paid,
            stamp.now,
            claimed=claimed(known, joined),
            is_confirmed=joined.rank.confirms,
        )
        if commission:
            suspended.decline(commission, stamp.now)
        settling.confirm(conversion, is_confirmed=joined.rank.confirms)
        after = _values(conversion)
        changed = [name for name in DECIDED if after[name] != before[name]]
        if changed:
            conversion.save(update_fields=changed)


def _known(conversion: Conversion, rows: Iterable[Report]) -> Known:
    context = OrderContext(first_seen=conversion.first_seen_at)
    return _known_of(conversion.advertiser, rows, context)


def _known_of(advertiser: Advertiser, rows: Iterable[Report], context: OrderContext) -> Known:
    prefetch_related_objects([advertiser], "terms")
    evidence = [reports.evidence_of(row) for row in rows]
    at = min(item.at for item in evidence)
    clicks = journeys.find(
        advertiser.pk,
        [item.click for report in evidence for item in report.presented],
        to_ms(min(at, context.first_seen or at)),
    )
    terms = as_terms(advertiser.terms.all())
    return known_of(terms, evidence, context, clicks)


def _values(conversion: Conversion) -> dict[str, Any]:
    return {name: getattr(conversion, name) for name in DECIDED}


def _take_figures(conversion: Conversion, joined: Joined, rows: Sequence[Report]) -> None:
    """Let the report speak that is believed most. A field that it leaves out another one may add,
    but never one that anybody can send."""
    conversion.at = joined.at
    conversion.amount_minor = joined.figures.amount_minor
    conversion.currency = joined.figures.currency
    conversion.parts = [asdict(part) for part in joined.figures.parts]
    conversion.conflict, conversion.conflict_since = joined.conflict, joined.conflict_since
    stored = {row.id: row for row in rows}
    speaking = [stored[report.id] for report in joined.by_belief]
    for name in ("voucher", "channel", "customer"):
        values = (row.figures.get(name, "") for row in speaking)
        setattr(conversion, name, next(filter(None, values), ""))


def _resolved(known: Known, joined: Joined) -> Resolved:
    found = resolve(known, joined)
    inputs = decisions.inputs_json(
        found.journey.clicks,
        found.sale,
        [report.id for report in joined.linked],
        joined.conflict,
        found.journey.activations,
        joined.uncounted,
    )
    return Resolved(inputs, found.outcome)


def _store_decision(conversion: Conversion, resolved: Resolved, stamp: Stamp) -> None:
    """Add the decision unless the last one says the same."""
    inputs, outcome = resolved.inputs, resolved.outcome
    last = conversion.decision
    verdicts = decisions.verdicts_json(outcome)
    if last and last.inputs == inputs and last.verdicts == verdicts:
        return
    conversion.decision = Decision.objects.create(
        advertiser_id=conversion.advertiser_id,
        conversion=conversion,
        sequence=last.sequence + 1 if last else 1,
        decided_at=stamp.now,
        cause=stamp.cause,
        rule_version=attribution.RULE_VERSION,
        inputs=inputs,
        verdicts=verdicts,
        paid_click=outcome.paid.id if outcome.paid else None,
        paid_publisher_id=outcome.paid.publisher if outcome.paid else None,
        closes_at=from_ms(outcome.closes_at),
        closes_by_click=outcome.closes_by.id if outcome.closes_by else None,
    )
    conversion.closes_at = conversion.decision.closes_at
