"""Recording reports of sales: merging evidence, finding the journey, deciding, all stored."""

from collections.abc import Iterable, Sequence
from dataclasses import asdict, dataclass
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

import msgspec
from django.db import IntegrityError, transaction
from django.db.models import F

from network.advertisers.terms import terms_at
from network.clock import from_ms, to_ms
from network.models import Advertiser
from tracking.commissions import decisions, settling, suspended
from tracking.conversions import journeys
from tracking.conversions.evidence import MAX_TOKENS, Evidence, Joined, Presented, Role, join
from tracking.conversions.fields import FieldError, SaleFields, SaleFigures
from tracking.conversions.journeys import Journey
from tracking.conversions.locking import lock_by_order
from tracking.conversions.outcomes import mark_reports
from tracking.models import (
    Conversion,
    ConversionJourney,
    Decision,
    Report,
    UnattributedSales,
)
from tracking.rollups import writing as rollups
from tracking.rule import attribution
from tracking.rule.attribution import Outcome, Sale, SoftRule
from tracking.rule.reasons import ReportOutcome
from tracking.rule.text import printable
from tracking.rule.tokens import Keys, TokenError, accept

DECIDED = (
    "at",
    "amount_minor",
    "currency",
    "parts",
    "voucher",
    "channel",
    "customer",
    "conflict",
    "verified",
    "decision_id",
    "closes_at",
)
"""What follows from the reports and clicks of a conversion."""


@dataclass(frozen=True, slots=True, kw_only=True)
class SaleReport:
    """A report as it was received. ``sale`` is None when ``errors`` say what was wrong with it;
    ``tokens`` are pairs of role and token text; ``from_browser`` means that it came with the
    cookies of a browser, whose ``sessions`` then decide about soft claims."""

    id: UUID
    advertiser: int
    source: str
    received_at: datetime
    at: datetime
    sale: SaleFields | None
    tokens: tuple[tuple[Role, str], ...] = ()
    sessions: tuple[int, ...] = ()
    from_browser: bool = False
    errors: tuple[FieldError, ...] = ()
    order: str = ""

    @property
    def remarks(self) -> tuple[FieldError, ...]:
        """What was wrong with it, or else what was left out of it."""
        return self.errors or (self.sale.notes if self.sale else ())


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


def record(report: SaleReport, keys: Keys, now: datetime) -> ReportOutcome:
    """Record a report, once: the same report again changes nothing.

    The order's reports are joined, its journey is found, and the decision and the pending
    commission follow, in one transaction.
    """
    with transaction.atomic():
        known = Report.objects.filter(id=report.id, advertiser=report.advertiser)
        for outcome in known.values_list("outcome", flat=True):
            return ReportOutcome(outcome)
        journeys.lock(journeys_of(report, keys))
        tokens = _judge_tokens(report, keys)
        if report.sale is None:
            return _keep(report, tokens, ReportOutcome.INVALID)
        if report.sale.test:
            return _keep(report, tokens, ReportOutcome.TEST)
        return _record_sale(report, report.sale, tokens, now)


def journeys_of(report: SaleReport, keys: Keys) -> set[int]:
    """The journeys to which the report's valid tokens lead."""
    valid = (token for token in _judge_tokens(report, keys) if token["reason"] == "")
    return {journeys.click_in(token["token"]).journey for token in valid}


def reconsider(
    conversion: Conversion, now: datetime, cause: Decision.Cause = Decision.Cause.CLICK
) -> None:
    """Decide an open conversion again from all evidence by now. The row must be locked."""
    _decide(conversion, _reports_of(conversion), Stamp(now, cause))


def decide_again(conversion: Conversion, chosen: UUID | None = None) -> Resolved:
    """What would be decided from the reports and clicks that are stored, had staff ``chosen`` this
    report, or else as it stands; nothing is written."""
    reports = _reports_of(conversion)
    joined = join(map(_evidence_of, reports), chosen or conversion.settled_report_id)
    sale = _sale(conversion.advertiser, joined)
    journey = journeys.find(conversion.advertiser_id, joined, sale.at)
    return _resolve(journey, sale, joined)


def resolve_test(report: Report) -> Outcome:
    """Who would be paid, had this report of a test been one of a sale; nothing is written."""
    joined = join([_evidence_of(report)])
    sale = _sale(report.advertiser, joined)
    journey = journeys.find(report.advertiser_id, joined, sale.at)
    return attribution.resolve(journey.clicks, sale)


def _record_sale(
    report: SaleReport, sale: SaleFields, tokens: list[dict[str, str]], now: datetime
) -> ReportOutcome:
    conversion = lock_by_order(report.advertiser, sale.order)
    if conversion is None:
        if not any(token["reason"] == "" for token in tokens):
            return _without_token(report, tokens)
        advertiser = Advertiser.objects.get(id=report.advertiser)
        if sale.channel and sale.channel in advertiser.uncounted_channels:
            return _keep(report, tokens, ReportOutcome.CHANNEL_NOT_COUNTED)
        conversion = _create(advertiser, report, sale)
    if conversion.closed_at is not None:
        return _keep(report, tokens, ReportOutcome.LATE, conversion)
    return _join(conversion, report, tokens, now)


def _join(
    conversion: Conversion, report: SaleReport, tokens: list[dict[str, str]], now: datetime
) -> ReportOutcome:
    """Add a report to an open conversion, which is decided again."""
    earlier = _reports_of(conversion) if conversion.decision_id else []
    first_says = ReportOutcome.MERGED if earlier else ReportOutcome.CREATED
    stored = _store(report, tokens, first_says, conversion)
    _keep_journeys(conversion, _evidence_of(stored).journeys)
    _decide(conversion, [*earlier, stored], Stamp(now, Decision.Cause.REPORT))
    return ReportOutcome(stored.outcome)


def _judge_tokens(report: SaleReport, keys: Keys) -> list[dict[str, str]]:
    """Each token with its role and, when it credits nobody, the reason why."""
    judged = []
    for role, text in dict.fromkeys(report.tokens[:MAX_TOKENS]):
        try:
            accept(text, keys, report.advertiser, to_ms(report.received_at))
            reason = ""
        except TokenError as error:
            reason = error.reason.value
        judged.append({"role": role.value, "token": printable(text, 100), "reason": reason})
    return judged


def _without_token(report: SaleReport, tokens: list[dict[str, str]]) -> ReportOutcome:
    """Most orders of a shop: counted per hour, not stored; unless a token was rejected."""
    hour = report.received_at.replace(minute=0, second=0, microsecond=0)
    key = {"advertiser_id": report.advertiser, "hour": hour, "source": report.source}
    UnattributedSales.objects.bulk_create([UnattributedSales(**key)], ignore_conflicts=True)
    UnattributedSales.objects.filter(**key).update(count=F("count") + 1)
    if tokens:
        return _keep(report, tokens, ReportOutcome.NO_TOKEN)
    return ReportOutcome.NO_TOKEN


def _keep(
    report: SaleReport,
    tokens: list[dict[str, str]],
    outcome: ReportOutcome,
    conversion: Conversion | None = None,
) -> ReportOutcome:
    """Store a report that changes nothing, with what became of it."""
    _store(report, tokens, outcome, conversion)
    return outcome


def _store(
    report: SaleReport,
    tokens: list[dict[str, str]],
    outcome: ReportOutcome,
    conversion: Conversion | None,
) -> Report:
    sale = report.sale
    return Report.objects.create(
        id=report.id,
        advertiser_id=report.advertiser,
        conversion=conversion,
        source=report.source,
        outcome=outcome.value,
        order=(sale.order if sale else report.order)[:64],
        at=min(report.at, report.received_at),
        received_at=report.received_at,
        figures=sale_json(sale) if sale else {},
        tokens=tokens,
        sessions=list(report.sessions),
        from_browser=report.from_browser,
        errors=[asdict(error) for error in report.remarks],
    )


def sale_json(sale: SaleFields) -> dict[str, Any]:
    """What a report keeps of its fields, beside the order."""
    return {
        **msgspec.to_builtins(sale.figures),
        "voucher": sale.voucher,
        "channel": sale.channel,
        "customer": sale.customer,
    }


def _create(advertiser: Advertiser, report: SaleReport, sale: SaleFields) -> Conversion:
    """The order's conversion, created or, when a simultaneous report was first, found; locked."""
    try:
        with transaction.atomic():
            conversion = Conversion.objects.create(
                advertiser=advertiser,
                order=sale.order,
                at=min(report.at, report.received_at),
                created_at=report.received_at,
                amount_minor=sale.figures.amount_minor,
                currency=sale.figures.currency,
                verified=advertiser.verification == Advertiser.Verification.BROWSER,
            )
    except IntegrityError:
        earlier = lock_by_order(advertiser.id, sale.order)
        if earlier is None:
            raise
        return earlier
    settling.has_none_yet(conversion)
    return conversion


def _reports_of(conversion: Conversion) -> list[Report]:
    """The reports that decide about it."""
    return [row for row in conversion.reports.all() if row.outcome != ReportOutcome.LATE]


def _decide(conversion: Conversion, reports: Sequence[Report], stamp: Stamp) -> None:
    """Resolve the journey and store the decision, where it differs from the last one, with the
    commission that follows from it."""
    joined = join(map(_evidence_of, reports), conversion.settled_report_id)
    with rollups.following(conversion):
        before = _values(conversion)
        _take_figures(conversion, joined, reports)
        mark_reports(joined, reports)
        sale = _sale(conversion.advertiser, joined)
        journey = journeys.find(conversion.advertiser_id, joined, sale.at)
        journeys.rebuild(conversion.advertiser_id, journey.unrecorded, stamp.now)
        resolved = _resolve(journey, sale, joined)
        _store_decision(conversion, resolved, stamp)
        commission = settling.settle(conversion, resolved.outcome, stamp.now)
        if commission:
            suspended.decline(commission, stamp.now)
        after = _values(conversion)
        changed = [name for name in DECIDED if after[name] != before[name]]
        if changed:
            conversion.save(update_fields=changed)


def _values(conversion: Conversion) -> dict[str, Any]:
    return {name: getattr(conversion, name) for name in DECIDED}


def _evidence_of(report: Report) -> Evidence:
    presented = tuple(
        Presented(Role(token["role"]), journeys.click_in(token["token"]))
        for token in report.tokens
        if token["reason"] == ""
    )
    return Evidence(
        id=report.id,
        source=report.source,
        received_at=report.received_at,
        at=report.at,
        figures=msgspec.convert(report.figures, SaleFigures),
        presented=presented,
        sessions=frozenset(report.sessions),
        from_browser=report.from_browser,
    )


def _take_figures(conversion: Conversion, joined: Joined, reports: Sequence[Report]) -> None:
    """Let the most trusted report speak; a keyed one confirms the sale."""
    assert joined.figures is not None
    conversion.at = joined.at
    conversion.amount_minor = joined.figures.amount_minor
    conversion.currency = joined.figures.currency
    conversion.parts = [asdict(part) for part in joined.figures.parts]
    conversion.conflict = joined.conflict
    if any(report.source == "keyed" for report in joined.linked):
        conversion.verified = True
    stored = {report.id: report for report in reports}
    for name in ("voucher", "channel", "customer"):
        values = [stored[report.id].figures.get(name, "") for report in joined.linked]
        setattr(conversion, name, next(filter(None, values), ""))


def _keep_journeys(conversion: Conversion, found: Iterable[int]) -> None:
    """Remember the journeys of a report, so that clicks that arrive late find the conversion."""
    ConversionJourney.objects.bulk_create(
        [
            ConversionJourney(
                advertiser_id=conversion.advertiser_id, conversion=conversion, journey=journey
            )
            for journey in sorted(found)
        ],
        ignore_conflicts=True,
    )


def _sale(advertiser: Advertiser, joined: Joined) -> Sale:
    terms = terms_at(advertiser, joined.at)
    return Sale(
        at=to_ms(joined.at),
        sessions=joined.sessions,
        soft_rule=SoftRule(terms.soft_rule),
        validation_minutes=int(timedelta(days=terms.validation_days) / timedelta(minutes=1)),
    )


def _resolve(journey: Journey, sale: Sale, joined: Joined) -> Resolved:
    clicks, reports = journey.clicks, [report.id for report in joined.linked]
    inputs = decisions.inputs_json(clicks, sale, reports, joined.conflict, journey.activations)
    return Resolved(inputs, attribution.resolve(clicks, sale))


def _store_decision(conversion: Conversion, resolved: Resolved, stamp: Stamp) -> None:
    """Add the decision unless the last one says the same; ``closes_at`` only ever gets later."""
    inputs, outcome = resolved.inputs, resolved.outcome
    last = conversion.decision
    verdicts = decisions.verdicts_json(outcome)
    closes_at = from_ms(outcome.closes_at)
    if last and last.closes_at > closes_at:
        closes_at = last.closes_at
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
        closes_at=closes_at,
        closes_by_click=outcome.closes_by.id if outcome.closes_by else None,
    )
    conversion.closes_at = closes_at
