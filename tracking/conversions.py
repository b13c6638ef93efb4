"""Recording reports of sales: merging evidence, finding the journey, deciding, all stored."""

from collections.abc import Iterable
from dataclasses import asdict, dataclass
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from django.db import transaction
from django.db.models import F, Q

from network.clock import from_ms, to_ms
from network.models import Advertiser, User, terms_at
from tracking import attribution, commissions, decisions, journeys, rollups
from tracking.attribution import Click, Outcome, Sale, SoftRule
from tracking.evidence import (
    MAX_TOKENS,
    Evidence,
    FieldError,
    Figures,
    Joined,
    Presented,
    Role,
    SaleFields,
    join,
)
from tracking.models import (
    Conversion,
    ConversionJourney,
    Decision,
    Report,
    UnattributedSales,
)
from tracking.reasons import ReportOutcome
from tracking.text import printable
from tracking.tokens import Keys, TokenError, accept


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
        known = Report.objects.filter(id=report.id).first()
        if known:
            return ReportOutcome(known.outcome)
        journeys.lock(journeys_of(report, keys))
        tokens = _judge_tokens(report, keys)
        if report.sale is None:
            return _store(report, tokens, ReportOutcome.INVALID)
        if report.sale.test:
            return _store(report, tokens, ReportOutcome.TEST)
        return _record_sale(report, report.sale, tokens, now)


def journeys_of(report: SaleReport, keys: Keys) -> set[int]:
    """The journeys to which the report's valid tokens lead."""
    valid = (token for token in _judge_tokens(report, keys) if token["reason"] == "")
    return {journeys.click_in(token["token"]).journey for token in valid}


def reconsider(
    conversion: Conversion, now: datetime, cause: Decision.Cause = Decision.Cause.CLICK
) -> None:
    """Decide an open conversion again from all evidence by now. The row must be locked."""
    joined = join(_evidence(conversion), conversion.settled_report_id)
    with rollups.following(conversion):
        _take_figures(conversion, joined)
        _keep_journeys(conversion, joined)
        _mark_reports(conversion, joined)
        decide(conversion, joined, now, cause)


def decide(conversion: Conversion, joined: Joined, now: datetime, cause: Decision.Cause) -> Outcome:
    """Resolve the journey and store the decision, where it differs from the last one, with the
    commission that follows from it."""
    sale = _sale(conversion.advertiser, joined)
    journey = journeys.find(conversion.advertiser_id, joined, sale.at)
    journeys.rebuild(conversion.advertiser_id, journey.unrecorded, now)
    resolved = _resolve(journey.clicks, sale, joined)
    _store_decision(conversion, resolved, (now, cause))
    commissions.settle(conversion, resolved.outcome, now)
    return resolved.outcome


def decide_again(conversion: Conversion) -> Resolved:
    """What would be decided from the reports and clicks that are stored; nothing is written."""
    joined = join(_evidence(conversion), conversion.settled_report_id)
    sale = _sale(conversion.advertiser, joined)
    journey = journeys.find(conversion.advertiser_id, joined, sale.at)
    return _resolve(journey.clicks, sale, joined)


def resolve_test(report: Report) -> Outcome:
    """Who would be paid, had this report of a test been one of a sale; nothing is written."""
    joined = join([_evidence_of(report)])
    sale = _sale(report.advertiser, joined)
    journey = journeys.find(report.advertiser_id, joined, sale.at)
    return attribution.resolve(journey.clicks, sale)


class NotInConflict(ValueError):
    """There is nothing to settle, or the report chosen is not one of the order's."""


@dataclass(frozen=True, slots=True)
class Settlement:
    """Staff's choice between reports in conflict: the report that is right, and why."""

    report: UUID
    reason: str
    made_by: User


@transaction.atomic
def settle_conflict(conversion_id: int, choice: Settlement, now: datetime) -> Conversion:
    """Let the chosen report's figures and journey decide. Raises NotInConflict."""
    conversion = lock(conversion_id)
    if conversion.closed_at is not None or not conversion.conflict:
        raise NotInConflict(f"Order {conversion.order} is not in conflict; nothing was changed.")
    if not conversion.reports.filter(id=choice.report).exists():
        raise NotInConflict("Choose one of the order's own reports.")
    if not choice.reason.strip():
        raise NotInConflict("Give the reason; it is kept with the decision.")
    conversion.settled_report_id = choice.report
    conversion.settled_by, conversion.settled_at = choice.made_by, now
    conversion.settled_reason = choice.reason.strip()
    reconsider(conversion, now, Decision.Cause.STAFF)
    return conversion


def lock(conversion_id: int) -> Conversion:
    """The conversion, locked until the end of the transaction."""
    return Conversion.objects.select_for_update(of=("self",)).get(id=conversion_id)


def open_conversions_of(advertiser: int, journey_ids: Iterable[int]) -> list[int]:
    """The ids of conversions that are not closed and were joined to one of the journeys."""
    rows = ConversionJourney.objects.filter(
        advertiser=advertiser, journey__in=list(journey_ids), conversion__closed_at__isnull=True
    )
    return sorted(set(rows.values_list("conversion_id", flat=True)))


def _record_sale(
    report: SaleReport, sale: SaleFields, tokens: list[dict[str, str]], now: datetime
) -> ReportOutcome:
    conversion = _lock_by_order(report.advertiser, sale.order)
    if conversion is None:
        if not any(token["reason"] == "" for token in tokens):
            return _without_token(report, tokens)
        advertiser = Advertiser.objects.get(id=report.advertiser)
        if sale.channel and sale.channel in advertiser.uncounted_channels:
            return _store(report, tokens, ReportOutcome.CHANNEL_NOT_COUNTED)
        conversion = _create(advertiser, report, sale)
    if conversion.closed_at is not None:
        return _store(report, tokens, ReportOutcome.LATE, conversion)
    _store(report, tokens, ReportOutcome.MERGED, conversion)
    reconsider(conversion, now, Decision.Cause.REPORT)
    return ReportOutcome(Report.objects.get(id=report.id).outcome)


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
        return _store(report, tokens, ReportOutcome.NO_TOKEN)
    return ReportOutcome.NO_TOKEN


def _store(
    report: SaleReport,
    tokens: list[dict[str, str]],
    outcome: ReportOutcome,
    conversion: Conversion | None = None,
) -> ReportOutcome:
    sale = report.sale
    Report.objects.create(
        id=report.id,
        advertiser_id=report.advertiser,
        conversion=conversion,
        source=report.source,
        outcome=outcome.value,
        order=(sale.order if sale else report.order)[:64],
        at=min(report.at, report.received_at),
        received_at=report.received_at,
        figures=_sale_json(sale) if sale else {},
        tokens=tokens,
        sessions=list(report.sessions),
        from_browser=report.from_browser,
        errors=[asdict(error) for error in report.errors],
    )
    return outcome


def _sale_json(sale: SaleFields) -> dict[str, Any]:
    return {
        **sale.figures.as_json(),
        "voucher": sale.voucher,
        "channel": sale.channel,
        "customer": sale.customer,
    }


def _lock_by_order(advertiser: int, order: str) -> Conversion | None:
    rows = Conversion.objects.select_for_update(of=("self",))
    return rows.filter(advertiser=advertiser, order=order).first()


def _create(advertiser: Advertiser, report: SaleReport, sale: SaleFields) -> Conversion:
    """The order's conversion, created or, when a simultaneous report was first, found; locked."""
    Conversion.objects.bulk_create(
        [
            Conversion(
                advertiser=advertiser,
                order=sale.order,
                at=min(report.at, report.received_at),
                created_at=report.received_at,
                amount_minor=sale.figures.amount_minor,
                currency=sale.figures.currency,
                verified=advertiser.verification == Advertiser.Verification.BROWSER,
            )
        ],
        ignore_conflicts=True,
    )
    conversion = _lock_by_order(advertiser.id, sale.order)
    assert conversion is not None
    return conversion


def _evidence(conversion: Conversion) -> list[Evidence]:
    reports = Report.objects.filter(conversion=conversion).exclude(outcome=ReportOutcome.LATE)
    return [_evidence_of(report) for report in reports]


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
        figures=Figures.from_json(report.figures),
        presented=presented,
        sessions=frozenset(report.sessions),
        from_browser=report.from_browser,
    )


def _take_figures(conversion: Conversion, joined: Joined) -> None:
    """Let the most trusted report speak; a keyed one confirms the sale."""
    assert joined.figures is not None
    conversion.at = joined.at
    conversion.amount_minor = joined.figures.amount_minor
    conversion.currency = joined.figures.currency
    conversion.parts = joined.figures.as_json()["parts"]
    conversion.conflict = joined.conflict
    if any(report.source == "keyed" for report in joined.linked):
        conversion.verified = True
    best = Report.objects.filter(id__in=[report.id for report in joined.linked]).order_by(
        "received_at"
    )
    for name in ("voucher", "channel", "customer"):
        values = [report.figures.get(name, "") for report in best]
        setattr(conversion, name, next(filter(None, values), ""))
    conversion.save()


def _keep_journeys(conversion: Conversion, joined: Joined) -> None:
    """Remember the journeys, so that clicks that arrive late find the conversion."""
    every = {*joined.journeys, *(item for report in joined.unlinked for item in report.journeys)}
    ConversionJourney.objects.bulk_create(
        [
            ConversionJourney(
                advertiser_id=conversion.advertiser_id, conversion=conversion, journey=journey
            )
            for journey in sorted(every)
        ],
        ignore_conflicts=True,
    )


def _mark_reports(conversion: Conversion, joined: Joined) -> None:
    """Let each report say what became of it by now."""
    linked = [report.id for report in joined.linked]
    unlinked = [report.id for report in joined.unlinked]
    apart = (
        ReportOutcome.JOURNEYS_CONFLICT
        if joined.conflict == Conversion.Conflict.JOURNEYS
        else ReportOutcome.UNLINKED
    )
    Report.objects.filter(id__in=unlinked).exclude(outcome=apart).update(outcome=apart)
    for index, report in enumerate(joined.linked):
        if report.figures != joined.figures:
            outcome = ReportOutcome.FIGURES_CONFLICT
        else:
            outcome = ReportOutcome.MERGED if index else ReportOutcome.CREATED
        Report.objects.filter(~Q(outcome=outcome), id=linked[index]).update(outcome=outcome)


def _sale(advertiser: Advertiser, joined: Joined) -> Sale:
    terms = terms_at(advertiser, joined.at)
    return Sale(
        at=to_ms(joined.at),
        sessions=joined.sessions,
        soft_rule=SoftRule(terms.soft_rule),
        validation_minutes=int(timedelta(days=terms.validation_days) / timedelta(minutes=1)),
    )


def _resolve(clicks: list[Click], sale: Sale, joined: Joined) -> Resolved:
    reports = [report.id for report in joined.linked]
    inputs = decisions.inputs_json(clicks, sale, reports, joined.conflict)
    return Resolved(inputs, attribution.resolve(clicks, sale))


def _store_decision(
    conversion: Conversion,
    resolved: Resolved,
    stamp: tuple[datetime, Decision.Cause],
) -> None:
    """Add the decision unless the last one says the same; ``closes_at`` only ever gets later."""
    inputs, outcome = resolved.inputs, resolved.outcome
    last = conversion.decision
    verdicts = decisions.verdicts_json(outcome)
    closes_at = from_ms(outcome.closes_at)
    if last and last.closes_at > closes_at:
        closes_at = last.closes_at
    if last and last.inputs == inputs and last.verdicts == verdicts:
        return
    decided_at, cause = stamp
    conversion.decision = Decision.objects.create(
        advertiser_id=conversion.advertiser_id,
        conversion=conversion,
        sequence=last.sequence + 1 if last else 1,
        decided_at=decided_at,
        cause=cause,
        rule_version=attribution.RULE_VERSION,
        inputs=inputs,
        verdicts=verdicts,
        paid_click=outcome.paid.id if outcome.paid else None,
        paid_publisher_id=outcome.paid.publisher if outcome.paid else None,
        closes_at=closes_at,
        closes_by_click=outcome.closes_by.id if outcome.closes_by else None,
    )
    conversion.closes_at = closes_at
    conversion.save(update_fields=["decision", "closes_at"])
