"""Which reports of an order are kept, and what becomes of each. Pure."""

from collections.abc import Collection, Iterable
from datetime import datetime
from uuid import UUID

from msgspec.structs import replace

from tracking.evidence.fields import SaleFigures
from tracking.evidence.joining import Evidence, Joined
from tracking.rule.reasons import ReportOutcome


def is_uncounted(channel: str, uncounted: Collection[str]) -> bool:
    """Whether the channel is one of those that do not count, in whatever case it is written."""
    return channel != "" and channel.casefold() in {name.casefold() for name in uncounted}


def dated(at: datetime, first_seen: datetime | None) -> datetime:
    """When a report says that the order was placed, if it was ``first_seen`` with the report's
    figures: the page that sends it may have been opened again."""
    return min(at, first_seen or at)


def kept(arrived: Iterable[Evidence]) -> list[Evidence]:
    """The reports that are kept of an order, given in the order in which they arrived. Until one
    brings a click there is no sale: what the shop confirms waits for it, and of bare reports only
    their figures and time are remembered, by which all that is kept is dated."""
    found: list[Evidence] = []
    remembered: dict[SaleFigures, datetime] = {}
    has_click = False
    for report in arrived:
        has_click = has_click or bool(report.presented)
        if has_click or report.rank.confirms:
            found.append(report)
        else:
            first = remembered.get(report.figures)
            remembered[report.figures] = dated(report.at, first)
    return [replace(item, at=dated(item.at, remembered.get(item.figures))) for item in found]


def outcomes_of(joined: Joined) -> dict[UUID, ReportOutcome]:
    """What became of each report, by its id."""
    outcomes = {report.id: ReportOutcome.UNLINKED for report in joined.unlinked}
    for index, report in enumerate(joined.linked):
        outcomes[report.id] = ReportOutcome.MERGED if index else ReportOutcome.CREATED
        if report.figures != joined.figures:
            outcomes[report.id] = ReportOutcome.DISCREPANCY
    for report in (*joined.linked, *joined.unlinked):
        if report.uncounted and joined.uncounted:
            outcomes[report.id] = ReportOutcome.CHANNEL_NOT_COUNTED
        elif report.id in joined.rivals and joined.conflict == "journeys":
            outcomes[report.id] = ReportOutcome.JOURNEYS_CONFLICT
        elif report.id in joined.rivals and report.figures != joined.figures:
            outcomes[report.id] = ReportOutcome.FIGURES_CONFLICT
    return outcomes
