"""What became of each report of an order, as its page says it."""

from collections.abc import Iterable
from uuid import UUID

from tracking.conversions.evidence import Joined
from tracking.models import Conversion, Report
from tracking.rule.reasons import ReportOutcome


def mark_reports(joined: Joined, reports: Iterable[Report]) -> None:
    """Let each report say what became of it by now."""
    outcomes = _outcomes(joined)
    for report in reports:
        if report.outcome != outcomes[report.id]:
            report.outcome = outcomes[report.id]
            report.save(update_fields=["outcome"])


def _outcomes(joined: Joined) -> dict[UUID, ReportOutcome]:
    """What became of each report, by its id."""
    is_conflict = joined.conflict == Conversion.Conflict.JOURNEYS
    apart = ReportOutcome.JOURNEYS_CONFLICT if is_conflict else ReportOutcome.UNLINKED
    outcomes = {report.id: apart for report in joined.unlinked}
    for index, report in enumerate(joined.linked):
        if report.figures != joined.figures:
            outcomes[report.id] = ReportOutcome.FIGURES_CONFLICT
        else:
            outcomes[report.id] = ReportOutcome.MERGED if index else ReportOutcome.CREATED
    return outcomes
