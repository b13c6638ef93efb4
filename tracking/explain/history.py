"""What was decided about a sale over time, and why it changed, in words for staff."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from itertools import pairwise
from typing import Any

from django.utils.text import capfirst

from network import dates
from tracking.commissions.decisions import clicks_of
from tracking.explain.sentences import Names
from tracking.models import Conversion, Decision, Report
from tracking.rule.attribution import Click

_SENDERS: Mapping[str, str] = {
    Report.Source.TAG: "a report of the tag",
    Report.Source.PIXEL: "a report of the pixel",
    Report.Source.SERVER: "a server report",
    Report.Source.KEYED: "a server report",
}


@dataclass(frozen=True, slots=True)
class Chapter:
    """One decision: what it said, until when, and what led to it."""

    at: datetime
    until: datetime | None
    credited: str
    because: str
    closes_at: datetime


@dataclass(frozen=True, slots=True)
class History:
    """The decisions, oldest first; ``change`` is a sentence where the last change of who is paid is
    worth one."""

    chapters: Sequence[Chapter]
    change: str = ""


def history(conversion: Conversion, names: Names) -> History:
    """The history of a sale."""
    rows = list(conversion.decisions.order_by("sequence"))
    reports: dict[str, Report] = {str(row.pk): row for row in conversion.reports.all()}
    befores = [None, *rows[:-1]]
    causes = [
        _cause(row, before, reports, names) for row, before in zip(rows, befores, strict=True)
    ]
    ends = [*(row.decided_at for row in rows[1:]), None]
    chapters = [
        Chapter(row.decided_at, until, _credited(row, names), capfirst(cause), row.closes_at)
        for row, until, cause in zip(rows, ends, causes, strict=True)
    ]
    return History(chapters, _last_change(rows, causes, names))


def _last_change(rows: Sequence[Decision], causes: Sequence[str], names: Names) -> str:
    """``Credited to B until 13 Mar 2026 08:00; a server report then showed A's later click.``"""
    steps = list(zip(pairwise(rows), causes[1:], strict=True))
    for (before, row), cause in reversed(steps):
        if before.paid_publisher_id != row.paid_publisher_id:
            until = dates.moment(row.decided_at)
            return f"{_credited(before, names)} until {until}; then {cause}."
    return ""


def _credited(row: Decision, names: Names) -> str:
    paid = _paid(row)
    if paid:
        return f"Credited to {names.of(paid)}"
    return "In conflict, credited to nobody" if row.inputs["conflict"] else "Credited to nobody"


def _cause(
    row: Decision, before: Decision | None, reports: Mapping[str, Report], names: Names
) -> str:
    """What led to the decision, as the end of a sentence."""
    match row.cause:
        case Decision.Cause.STAFF:
            return "staff settled the conflict"
        case Decision.Cause.FINAL:
            said = "the windows had closed, and all evidence was looked at once more"
            return f"{said}{_news(row, before, names)}"
        case Decision.Cause.CLICK:
            return _late_click(row, before, names)
        case _:
            return f"{_sender(row, before, reports)} {_shown(row, before, names)}"


def _sender(row: Decision, before: Decision | None, reports: Mapping[str, Report]) -> str:
    """Which report it was: the newest by then."""
    by_then = [report for report in reports.values() if report.received_at <= row.decided_at]
    new = [report for report in by_then if not _knew(before, report)]
    newest = max(new or by_then, key=lambda report: report.received_at, default=None)
    return _SENDERS[newest.source] if newest else "a report"


def _knew(row: Decision | None, report: Report) -> bool:
    return row is not None and str(report.pk) in row.inputs["reports"]


def _shown(row: Decision, before: Decision | None, names: Names) -> str:
    """What the report did."""
    if before is None:
        return "told of the sale"
    if row.inputs["conflict"] and not before.inputs["conflict"]:
        return "told something else than the one before"
    new = _new_clicks(row, before)
    if new:
        return f"showed {_clicks_named(new, row, before, names)}"
    if before.paid_publisher_id != row.paid_publisher_id:
        return "told of another browser session"
    return "told the same"


def _late_click(row: Decision, before: Decision | None, names: Names) -> str:
    new = _new_clicks(row, before)
    if not new or before is None:
        return "the clicks of the journey were taken in"
    return f"{_clicks_named(new, row, before, names)} was taken in"


def _news(row: Decision, before: Decision | None, names: Names) -> str:
    new = _new_clicks(row, before) if before else []
    return f"; it showed {_clicks_named(new, row, before, names)}" if new and before else ""


def _new_clicks(row: Decision, before: Decision | None) -> list[Click]:
    known = {click.id for click in clicks_of(before)} if before else set()
    return [click for click in clicks_of(row) if click.id not in known]


def _clicks_named(new: Sequence[Click], row: Decision, before: Decision, names: Names) -> str:
    """``A's later click``: the one that is paid now, or else the last of them."""
    paid, was = _paid(row), _paid(before)
    told = paid if paid and any(click.id == paid.id for click in new) else new[-1]
    order = ""
    if was:
        order = "later " if told.at > was.at else "earlier "
    return f"{names.whose(told)} {order}click"


def _paid(row: Decision) -> Click | None:
    return next((click for click in clicks_of(row) if click.id == row.paid_click), None)


def publishers_in(conversion: Conversion) -> set[int]:
    """Every publisher that any decision of the sale considered."""
    rows: list[dict[str, Any]] = list(conversion.decisions.values_list("inputs", flat=True))
    return {click["publisher"] for inputs in rows for click in inputs["clicks"]}
