"""Reports of sales, and what was wrong with them, as the admin's pages show them."""

from collections.abc import Iterable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass

from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext

from network import money
from network.wording import joined
from tracking.conversions import journeys
from tracking.evidence.fields import FieldError
from tracking.evidence.ranks import Rank
from tracking.explain.explanations import names_for_staff
from tracking.explain.sentences import KEY_GONE, RANKS, REPORT_OUTCOMES, TOKEN_REASONS, Names
from tracking.models import Report
from tracking.remedies.told import told
from tracking.rule.attribution import Click
from tracking.rule.reasons import ReportOutcome, TokenReason
from tracking.rule.tokens import TokenError

ROLES: Mapping[str, Promise] = {
    "hard": gettext_lazy("Hard cookie"),
    "soft": gettext_lazy("Soft cookie"),
    "last": gettext_lazy("Last click"),
    "server": gettext_lazy("From the shop's server"),
}


@dataclass(frozen=True, slots=True)
class TokenDescription:
    """A token of a report: its role, and the click that it leads to or why it was rejected."""

    role: str
    said: str


@dataclass(frozen=True, slots=True)
class ReportDescription:
    """A report in words; ``sessions`` and ``figures`` are empty where it brought none."""

    row: Report
    outcome: str
    rank: str
    tokens: Sequence[TokenDescription]
    figures: str
    errors: Sequence[FieldError] = ()
    sessions: str = ""


def names_in(reports: Iterable[Report]) -> Names:
    """The partners in the tokens of these reports. One query."""
    return names_for_staff({click.publisher for row in reports for click in presented(row)})


def told_report(
    report: Report, clicks: Sequence[Click] = (), names: Names | None = None
) -> ReportDescription:
    """A report, with what its tokens lead to, and its sessions as the picture numbers them; a
    report that stands alone leads to its own clicks."""
    names = names or names_in([report])
    return ReportDescription(
        row=report,
        outcome=str(REPORT_OUTCOMES[ReportOutcome(report.outcome)]),
        tokens=[_told_token(token, names) for token in report.tokens],
        figures=amount_of(report),
        rank=str(RANKS[Rank(report.rank)]),
        errors=told_errors(report),
        sessions=_sessions(report, clicks),
    )


def told_errors(report: Report) -> list[FieldError]:
    """What was wrong with it, field by field, in the reader's language."""
    return [
        FieldError(
            field=error["field"],
            received=error["received"],
            expected=told(error["expected"]),
            remedy=told(error["remedy"]),
        )
        for error in report.errors
    ]


def _told_token(token: Mapping[str, str], names: Names) -> TokenDescription:
    role = str(ROLES[token["role"]])
    if token["reason"]:
        return TokenDescription(role, str(TOKEN_REASONS[TokenReason(token["reason"])]))
    try:
        click = journeys.click_in(token["token"])
    except TokenError:
        return TokenDescription(role, str(KEY_GONE))
    said = names.say(click, own="", other=_("valid: %(partner)s's %(kind)s click of %(at)s"))
    return TokenDescription(role, said)


def presented(report: Report) -> list[Click]:
    """The clicks in the valid tokens that can still be read."""
    found = []
    for token in report.tokens:
        with suppress(TokenError):
            if token["reason"] == "":
                found.append(journeys.click_in(token["token"]))
    return found


def _sessions(report: Report, clicks: Sequence[Click]) -> str:
    """In which of the journey's sessions its browser was."""
    if not report.from_browser:
        return ""
    numbers = {
        session: number
        for number, session in enumerate(
            dict.fromkeys(click.session for click in clicks if click.session), 1
        )
    }
    found = [str(numbers[item]) for item in report.sessions if item in numbers]
    if found:
        text = ngettext("Session %(numbers)s", "Sessions %(numbers)s", len(found))
        return text % {"numbers": joined(found)}
    if any(click.session in report.sessions for click in presented(report)):
        return _("The session of its clicks")
    return _("A session without a click")


def amount_of(report: Report) -> str:
    """What it says the order is worth; empty where it says nothing that can be read."""
    if not report.figures:
        return ""
    return money.display(report.figures["amount_minor"], report.figures["currency"])
