"""Verdicts, decisions and states in words, for staff and for publishers.

Staff read names. A publisher reads of its own clicks in full, and of a rival's neither the name nor
the times: :class:`Names` decides what a click's publisher is called.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime

from network import dates
from network.clock import from_ms
from network.wording import counted
from tracking.rule.attribution import Click, CookieType, Judged, Verdict
from tracking.rule.reasons import ClickReason, ReportOutcome, TargetReason, TokenReason

ANOTHER = "another partner"

CLICK_REASONS: Mapping[ClickReason, str] = {
    ClickReason.NOT_PARTNER: "the publisher was no approved partner at that time",
    ClickReason.BOT: "it came from a known bot",
    ClickReason.PREFETCH: "the browser only fetched the link ahead of a click",
    ClickReason.HEAD: "it only asked whether the link exists",
    ClickReason.STUFFED: "no visitor opened the link as a page of its own",
    ClickReason.INVALID_SIGNATURE: "the link's signature is not valid",
    ClickReason.NO_CONSENT: "the visitor did not consent",
    ClickReason.REPEAT: "the same link was opened less than a second before",
    ClickReason.ADVERTISER_CLOSED: "the programme was closed",
}
TARGET_REASONS: Mapping[TargetReason, str] = {
    TargetReason.BAD_TARGET: "The link led off the advertiser's domains, so it went to its landing "
    "page.",
}
TOKEN_REASONS: Mapping[TokenReason, str] = {
    TokenReason.MALFORMED: "it is none of our tokens, or was cut off",
    TokenReason.UNKNOWN_KEY: "it is signed with a key that is not known here",
    TokenReason.BAD_SIGNATURE: "its signature is not valid: it was changed or forged",
    TokenReason.OTHER_ADVERTISER: "it belongs to another advertiser",
    TokenReason.FROM_FUTURE: "it lies in the future",
}
REPORT_OUTCOMES: Mapping[ReportOutcome, str] = {
    ReportOutcome.CREATED: "Recorded the sale",
    ReportOutcome.MERGED: "Confirmed the sale",
    ReportOutcome.UNLINKED: "Kept apart: another browser's report of this order",
    ReportOutcome.FIGURES_CONFLICT: "Conflict: other figures than an earlier report",
    ReportOutcome.JOURNEYS_CONFLICT: "Conflict: reports from different browsers",
    ReportOutcome.NO_TOKEN: "Not recorded: no valid click came with it",
    ReportOutcome.CHANNEL_NOT_COUNTED: "Not recorded: the shop's channel does not count",
    ReportOutcome.TEST: "Test: checked, not recorded",
    ReportOutcome.INVALID: "Refused: see what was wrong",
    ReportOutcome.UNKNOWN_ADVERTISER: "Refused: unknown advertiser",
    ReportOutcome.LATE: "Too late: the sale was closed",
}
VERDICT_LABELS: Mapping[Verdict, str] = {
    Verdict.AFTER_CONVERSION: "After the sale",
    Verdict.NOT_PARTNER: "Does not count",
    Verdict.INVALID: "Does not count",
    Verdict.STOOD_DOWN: "Stood down",
    Verdict.OVERWRITTEN: "Overwritten",
    Verdict.EXPIRED: "Expired",
    Verdict.SESSION_ENDED: "Session ended",
    Verdict.CONTESTED: "Contested",
    Verdict.HELD: "Paid",
}


@dataclass(frozen=True, slots=True)
class Names:
    """What publishers are called, by id, to a reader. ``own`` is the publisher who reads, to whom
    the times of others' clicks are not told; None for staff."""

    by_id: Mapping[int, str] = field(default_factory=dict)
    own: int | None = None

    def of(self, click: Click) -> str:
        """``Blog A``, ``you`` or ``another partner``."""
        if self.own is not None:
            is_own = click.publisher == self.own
            return "you" if is_own else self.by_id.get(click.publisher, ANOTHER)
        return self.by_id.get(click.publisher, f"publisher {click.publisher}")

    def whose(self, click: Click) -> str:
        """``Blog A's``, ``your own`` or ``another partner's``."""
        is_own = self.own is not None and click.publisher == self.own
        return "your own" if is_own else f"{self.of(click)}'s"

    def may_know_times_of(self, click: Click) -> bool:
        return self.own is None or click.publisher == self.own


def verdict_sentence(judged: Judged, names: Names) -> str:
    """What became of one click, in a sentence."""
    click, by = judged.click, judged.by
    match judged.verdict:
        case Verdict.AFTER_CONVERSION:
            return "After the sale: it came too late to matter."
        case Verdict.NOT_PARTNER | Verdict.INVALID:
            return f"Does not count: {_uncounted(click)}."
        case Verdict.STOOD_DOWN:
            return f"Stood down: {_claim_before(by, names)}."
        case Verdict.OVERWRITTEN:
            return f"Overwritten: {_taker(by, names)} took the cookie."
        case Verdict.EXPIRED:
            return f"Expired: its window of {window(click)} closed on {_moment(click.closes_at)}."
        case Verdict.SESSION_ENDED:
            return "Session ended: its soft cookie had ended with its browser session."
        case Verdict.CONTESTED:
            return (
                f"Contested: {_contester(by, names)} was still open, and this advertiser then "
                "pays no soft cookie."
            )
        case Verdict.HELD:
            return f"Paid: it held the cookie at the sale{_how_long(click)}."


def window(click: Click) -> str:
    """``30 days`` or ``24 hours``."""
    minutes = click.window_minutes
    if minutes > 24 * 60 and minutes % (24 * 60) == 0:
        return counted(minutes // (24 * 60), "day")
    if minutes % 60 == 0:
        return counted(minutes // 60, "hour")
    return counted(minutes, "minute")


def uncounted_text(reason: str) -> str:
    """Why a recorded click does not count."""
    return f"Does not count: {CLICK_REASONS[ClickReason(reason)]}."


def _uncounted(click: Click) -> str:
    return CLICK_REASONS[click.reason] if click.reason else "it is not valid"


def _claim_before(by: Click | None, names: Names) -> str:
    if by is None:
        return "a cookie was live in the browser already; its click is not known here"
    said = f"{names.whose(by)} {by.cookie_type.value} cookie was live"
    if not names.may_know_times_of(by):
        return said
    until = f" until {_moment(by.closes_at)}"
    return f"{said}{until}" + (", or the end of its browser session" if by.is_soft else "")


def _taker(by: Click | None, names: Names) -> str:
    if by is None:
        return "a later click"
    said = f"{names.whose(by)} {by.cookie_type.value} click"
    return f"{said} of {_moment(by.at)}" if names.may_know_times_of(by) else said


def _contester(by: Click | None, names: Names) -> str:
    return f"the window of {names.whose(by)} click" if by else "another partner's window"


def _how_long(click: Click) -> str:
    if click.is_soft:
        return ", which came in the same browser session"
    return f"; its window runs until {_moment(click.closes_at)}"


def _moment(milliseconds: int) -> str:
    return dates.moment(from_ms(milliseconds))


@dataclass(frozen=True, slots=True)
class Decided:
    """A decision as it is told: its verdicts in the order of the journey, and what closes it."""

    verdicts: Sequence[Judged]
    closes_by: Click | None
    conflict: str = ""

    @property
    def held(self) -> Click | None:
        """The click that is paid; None: nobody is."""
        for judged in self.verdicts:
            if judged.verdict is Verdict.HELD:
                return judged.click
        return None


def why(decided: Decided, names: Names) -> str:
    """Why this click is paid, or why nobody is, in one sentence."""
    held = decided.held
    if decided.conflict == "journeys":
        return (
            "Nobody is paid yet: reports of this order came from different browsers, and the "
            "advertiser has to say which one counts."
        )
    if held:
        return f"{_why_paid(held, decided, names)}{_by_figures(decided)}"
    return f"Nobody is paid: {_why_nobody(decided, names)}."


def _why_paid(held: Click, decided: Decided, names: Names) -> str:
    who = "Your" if names.own == held.publisher else f"{names.of(held)}'s"
    if held.cookie_type is CookieType.HARD:
        return (
            f"{who} hard click of {_moment(held.at)} was the last one to take the cookie, and its "
            "window was still open."
        )
    took_over = any(item.by is held for item in decided.verdicts if item.click is not held)
    found = "took the cookie over from another soft one" if took_over else "found no live cookie"
    return (
        f"{who} soft click of {_moment(held.at)} {found}, and the sale counts as made in the same "
        "browser session."
    )


def _by_figures(decided: Decided) -> str:
    if decided.conflict != "figures":
        return ""
    return " Reports of this order give different figures, which the advertiser has to settle."


def _why_nobody(decided: Decided, names: Names) -> str:
    """By the click that came nearest to it: the last one that held the cookie."""
    last = next((item for item in reversed(decided.verdicts) if item.verdict in _ONCE_HELD), None)
    if last is None:
        return "no click that counts came before the sale"
    whose, kind = names.whose(last.click), last.click.cookie_type.value
    if last.verdict is Verdict.EXPIRED:
        said = f"{whose} {kind} cookie had expired"
        if names.may_know_times_of(last.click):
            return f"{said} on {_moment(last.click.closes_at)}"
        return said
    if last.verdict is Verdict.SESSION_ENDED:
        return f"{whose} soft cookie had ended with its browser session"
    return f"{whose} soft cookie was contested, as {_contester(last.by, names)} was still open"


_ONCE_HELD = frozenset({Verdict.EXPIRED, Verdict.SESSION_ENDED, Verdict.CONTESTED})


@dataclass(frozen=True, slots=True, kw_only=True)
class State:
    """What a commission's state follows from."""

    status: str
    closes_at: datetime
    closed_at: datetime | None = None
    decline_reason: str = ""
    conflict: str = ""
    verified: bool = True


def state_label(state: State) -> str:
    """The state in the words that every page uses; ``tracking.figures.queries`` groups by the
    same."""
    if state.status == "final":
        return f"Final, payable on {dates.day(state.closed_at or state.closes_at)}"
    if state.conflict and not state.closed_at:
        return "Conflict"
    if state.status == "declined":
        return f"Declined: {state.decline_reason}"
    if not state.verified:
        return "Unverified"
    if state.status == "approved":
        return f"Approved, final on {dates.day(state.closes_at)}"
    return "Pending"


def final_on(closes_at: datetime, closes_by: Click | None, names: Names) -> str:
    """When an open sale closes, and what it waits for where that is a window. It never closes
    earlier than was said once, so that the window of ``closes_by`` may end before."""
    said = f"final on {dates.moment(closes_at)}"
    if closes_by is None or from_ms(closes_by.closes_at) != closes_at:
        return said
    whose = "your" if names.own == closes_by.publisher else f"{names.of(closes_by)}'s"
    return f"{said}, when {whose} window closes"
