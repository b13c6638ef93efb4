"""What was decided about a sale over time, and why it changed, in words for staff."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from itertools import pairwise
from typing import Any

from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from network import dates
from tracking.commissions.decisions import clicks_of
from tracking.explain.sentences import Names
from tracking.models import Conversion, Decision, Report
from tracking.rule.attribution import Click

_SENDERS: Mapping[str, Promise] = {
    Report.Source.TAG: gettext_lazy("The tag"),
    Report.Source.PIXEL: gettext_lazy("The pixel"),
    Report.Source.SERVER: gettext_lazy("The shop's server"),
    Report.Source.KEYED: gettext_lazy("The shop's server"),
}


class Order(StrEnum):
    """When a new click was, compared with the one that was paid; unknown if none was."""

    LATER = "later"
    EARLIER = "earlier"
    UNKNOWN = "unknown"


@dataclass(frozen=True, slots=True)
class Chapter:
    """One decision: what it said, until when, and the sentences that tell what led to it."""

    at: datetime
    until: datetime | None
    credited: str
    because: str
    closes_at: datetime


@dataclass(frozen=True, slots=True)
class History:
    """The decisions, oldest first; ``change`` tells the last change of who is paid, if there was
    one."""

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
        Chapter(row.decided_at, until, _credited(row, names), cause, row.closes_at)
        for row, until, cause in zip(rows, ends, causes, strict=True)
    ]
    return History(chapters, _last_change(rows, causes, names))


def _last_change(rows: Sequence[Decision], causes: Sequence[str], names: Names) -> str:
    """``Credited to B until 13 Mar 2026 08:00. The shop's server reported A's later click.``"""
    steps = list(zip(pairwise(rows), causes[1:], strict=True))
    for (before, row), cause in reversed(steps):
        if before.paid_publisher_id != row.paid_publisher_id:
            return f"{_credited_until(before, row.decided_at, names)} {cause}"
    return ""


def _credited(row: Decision, names: Names) -> str:
    paid = _paid(row)
    if paid:
        return _("Credited to %(partner)s") % {"partner": names.of(paid)}
    if row.inputs["conflict"]:
        return _("In conflict, credited to nobody")
    return _("Credited to nobody")


def _credited_until(row: Decision, until: datetime, names: Names) -> str:
    paid, at = _paid(row), dates.moment(until)
    if paid:
        text = _("Credited to %(partner)s until %(until)s.")
        return text % {"partner": names.of(paid), "until": at}
    if row.inputs["conflict"]:
        return _("In conflict, credited to nobody until %(until)s.") % {"until": at}
    return _("Credited to nobody until %(until)s.") % {"until": at}


def _cause(
    row: Decision, before: Decision | None, reports: Mapping[str, Report], names: Names
) -> str:
    """What led to the decision, in sentences."""
    match row.cause:
        case Decision.Cause.STAFF:
            return _("Staff settled the conflict.")
        case Decision.Cause.EARLIER:
            return _("Nobody settled the conflict in time: the earlier report decides.")
        case Decision.Cause.FINAL:
            closed = _("The windows had closed, and all evidence was checked once more.")
            return " ".join(filter(None, (closed, _found_at_closing(row, before, names))))
        case Decision.Cause.CLICK:
            return _late_click(row, before, names)
        case _:
            return _reported(row, before, _sender(row, before, reports), names)


def _sender(row: Decision, before: Decision | None, reports: Mapping[str, Report]) -> str:
    """Who sent the report that led to the decision: the newest by then."""
    by_then = [report for report in reports.values() if report.received_at <= row.decided_at]
    new = [report for report in by_then if not _knew(before, report)]
    newest = max(new or by_then, key=lambda report: report.received_at, default=None)
    return str(_SENDERS[newest.source]) if newest else _("The shop")


def _knew(row: Decision | None, report: Report) -> bool:
    return row is not None and str(report.pk) in row.inputs["reports"]


def _reported(row: Decision, before: Decision | None, sender: str, names: Names) -> str:
    """What the report did."""
    if before is None:
        return _("%(sender)s reported the sale.") % {"sender": sender}
    if row.inputs["conflict"] and not before.inputs["conflict"]:
        return _("%(sender)s contradicted the report before.") % {"sender": sender}
    new = _new_clicks(row, before)
    if new:
        told, order = _main(new, row, before)
        text = {
            Order.LATER: _("%(sender)s reported %(partner)s's later click."),
            Order.EARLIER: _("%(sender)s reported %(partner)s's earlier click."),
            Order.UNKNOWN: _("%(sender)s reported %(partner)s's click."),
        }[order]
        return text % {"sender": sender, "partner": names.of(told)}
    if before.paid_publisher_id != row.paid_publisher_id:
        return _("%(sender)s reported another browser session.") % {"sender": sender}
    return _("%(sender)s reported the same again.") % {"sender": sender}


def _late_click(row: Decision, before: Decision | None, names: Names) -> str:
    new = _new_clicks(row, before)
    if not new or before is None:
        return _("The clicks of the journey were recorded.")
    told, order = _main(new, row, before)
    text = {
        Order.LATER: _("%(partner)s's later click was recorded."),
        Order.EARLIER: _("%(partner)s's earlier click was recorded."),
        Order.UNKNOWN: _("%(partner)s's click was recorded."),
    }[order]
    return text % {"partner": names.of(told)}


def _found_at_closing(row: Decision, before: Decision | None, names: Names) -> str:
    """Empty if nothing new was found."""
    new = _new_clicks(row, before) if before else []
    if not new or before is None:
        return ""
    told, order = _main(new, row, before)
    text = {
        Order.LATER: _("The evidence showed %(partner)s's later click."),
        Order.EARLIER: _("The evidence showed %(partner)s's earlier click."),
        Order.UNKNOWN: _("The evidence showed %(partner)s's click."),
    }[order]
    return text % {"partner": names.of(told)}


def _new_clicks(row: Decision, before: Decision | None) -> list[Click]:
    known = {click.id for click in clicks_of(before)} if before else set()
    return [click for click in clicks_of(row) if click.id not in known]


def _main(new: Sequence[Click], row: Decision, before: Decision) -> tuple[Click, Order]:
    """The new click to tell about: the one that is paid now, or else the last."""
    paid, was = _paid(row), _paid(before)
    told = paid if paid and any(click.id == paid.id for click in new) else new[-1]
    if was is None:
        return told, Order.UNKNOWN
    return told, Order.LATER if told.at > was.at else Order.EARLIER


def _paid(row: Decision) -> Click | None:
    return next((click for click in clicks_of(row) if click.id == row.paid_click), None)


def publishers_in(conversion: Conversion) -> set[int]:
    """Every publisher that any decision of the sale considered."""
    rows: list[dict[str, Any]] = list(conversion.decisions.values_list("inputs", flat=True))
    return {click["publisher"] for inputs in rows for click in inputs["clicks"]}
