"""Verdicts, decisions and states in words, for staff and for publishers.

Staff read names. A publisher reads everything about its own clicks, and about a rival's neither the
name nor the times: :class:`Names` decides what a click's publisher is called.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime

from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from network import dates
from network.clock import from_ms
from network.wording import counted
from tracking.evidence.ranks import Rank
from tracking.rule.attribution import Click, CookieType, Judged, Verdict
from tracking.rule.reasons import ClickReason, ReportOutcome, TargetReason, TokenReason

CLICK_REASONS: Mapping[ClickReason, Promise] = {
    ClickReason.NOT_PARTNER: gettext_lazy("the publisher was not an approved partner at that time"),
    ClickReason.BOT: gettext_lazy("it came from a known bot"),
    ClickReason.PREFETCH: gettext_lazy("the browser only fetched the link in advance of a click"),
    ClickReason.HEAD: gettext_lazy("it only checked whether the link exists"),
    ClickReason.STUFFED: gettext_lazy("no visitor opened the link as a page of its own"),
    ClickReason.INVALID_SIGNATURE: gettext_lazy("the link's signature is not valid"),
    ClickReason.NO_CONSENT: gettext_lazy("the visitor did not consent"),
    ClickReason.REPEAT: gettext_lazy("the same link was opened less than a second before"),
    ClickReason.ADVERTISER_CLOSED: gettext_lazy("the programme was closed"),
}
TARGET_REASONS: Mapping[TargetReason, Promise] = {
    TargetReason.BAD_TARGET: gettext_lazy(
        "The link's target is not on the advertiser's domains, so it led to the landing page. "
        "Link to a page on the advertiser's own domains."
    ),
    TargetReason.UNENCODED: gettext_lazy(
        "The link's target was pasted without encoding. It was followed as far as it could be "
        "told from the link. Encode your target: the link builder does it."
    ),
}
KEY_GONE = gettext_lazy("valid when it arrived; signed with a key that is no longer here")
TOKEN_REASONS: Mapping[TokenReason, Promise] = {
    TokenReason.MALFORMED: gettext_lazy("rejected: not a token of this network, or truncated"),
    TokenReason.DOUBLED: gettext_lazy("rejected: two cookies of this name that differ"),
    TokenReason.WRONG_SLOT: gettext_lazy("rejected: of the other cookie type than its cookie"),
    TokenReason.UNKNOWN_KEY: gettext_lazy("rejected: signed with a key that is not known here"),
    TokenReason.BAD_SIGNATURE: gettext_lazy("rejected: signature invalid; changed or forged"),
    TokenReason.OTHER_ADVERTISER: gettext_lazy("rejected: it belongs to another advertiser"),
    TokenReason.FROM_FUTURE: gettext_lazy("rejected: its time is in the future"),
}
REPORT_OUTCOMES: Mapping[ReportOutcome, Promise] = {
    ReportOutcome.CREATED: gettext_lazy("Recorded the sale"),
    ReportOutcome.MERGED: gettext_lazy("Confirmed the sale"),
    ReportOutcome.UNLINKED: gettext_lazy(
        "Kept apart: another browser's report of this order, or one after its approval"
    ),
    ReportOutcome.DISCREPANCY: gettext_lazy(
        "Discrepancy: other figures than a report that is trusted more; nothing changed"
    ),
    ReportOutcome.FIGURES_CONFLICT: gettext_lazy("Conflict: other figures than an earlier report"),
    ReportOutcome.JOURNEYS_CONFLICT: gettext_lazy("Conflict: reports from different browsers"),
    ReportOutcome.NO_TOKEN: gettext_lazy("Not recorded: no valid click came with it"),
    ReportOutcome.WAITING: gettext_lazy("Kept: no click has come for this order yet"),
    ReportOutcome.TOO_MANY: gettext_lazy("Not kept: too many reports of this order"),
    ReportOutcome.CHANNEL_NOT_COUNTED: gettext_lazy("Nobody is paid: its channel does not count"),
    ReportOutcome.TEST: gettext_lazy("Test: checked, not recorded"),
    ReportOutcome.INVALID: gettext_lazy("Refused: see what was wrong"),
    ReportOutcome.CORRECTED: gettext_lazy("Refused; corrected by staff, and taken in"),
    ReportOutcome.UNKNOWN_ADVERTISER: gettext_lazy("Refused: unknown advertiser"),
    ReportOutcome.LATE: gettext_lazy("Too late: the sale was closed"),
}
RANKS: Mapping[Rank, Promise] = {
    Rank.KEYED: gettext_lazy("Keyed: from the shop's server, with its key"),
    Rank.SIGNED: gettext_lazy("Signed by the shop's server"),
    Rank.TOKEN: gettext_lazy("Unsigned, with a valid click"),
    Rank.BARE: gettext_lazy("Unsigned, without a click: anybody could have sent it"),
}
VERDICT_LABELS: Mapping[Verdict, Promise] = {
    Verdict.AFTER_CONVERSION: gettext_lazy("After the sale"),
    Verdict.NOT_PARTNER: gettext_lazy("Does not count"),
    Verdict.INVALID: gettext_lazy("Does not count"),
    Verdict.STOOD_DOWN: gettext_lazy("Stood down"),
    Verdict.OVERWRITTEN: gettext_lazy("Overwritten"),
    Verdict.EXPIRED: gettext_lazy("Expired"),
    Verdict.SESSION_ENDED: gettext_lazy("Session ended"),
    Verdict.CONTESTED: gettext_lazy("Contested"),
    Verdict.HELD: gettext_lazy("Credited"),
}
COOKIE_TYPES: Mapping[CookieType, Promise] = {
    CookieType.HARD: gettext_lazy("hard"),
    CookieType.SOFT: gettext_lazy("soft"),
}


@dataclass(frozen=True, slots=True)
class Names:
    """What publishers are called, by id, for a reader. ``own`` is the publisher who reads, which
    does not learn the times of other publishers' clicks; None for staff."""

    by_id: Mapping[int, str] = field(default_factory=dict)
    own: int | None = None

    def of(self, click: Click) -> str:
        """``Blog A``, ``you`` or ``another partner``."""
        if self.is_own(click):
            return _("you")
        called = self.by_id.get(click.publisher)
        if called:
            return called
        if self.own is not None:
            return another()
        return unnamed(click.publisher)

    def is_own(self, click: Click) -> bool:
        return self.own is not None and click.publisher == self.own

    def may_know_times_of(self, click: Click) -> bool:
        return self.own is None or click.publisher == self.own

    def say(self, click: Click, *, own: str, other: str) -> str:
        """``own`` if the reader made the click, else ``other``; both may name ``partner``, ``kind``
        (hard, soft), ``at`` and ``until`` (when its window closes) of the click."""
        return (own if self.is_own(click) else other) % {
            "partner": self.of(click),
            "kind": COOKIE_TYPES[click.cookie_type],
            "at": _moment(click.at),
            "until": _moment(click.closes_at),
        }


def unnamed(publisher: int) -> str:
    """A publisher whose name is not known."""
    return _("publisher %(id)s") % {"id": publisher}


def another() -> str:
    """A rival of which a publisher may know nothing."""
    return _("another partner")


def verdict_sentence(judged: Judged, names: Names) -> str:
    """What became of one click, in a sentence."""
    click, by = judged.click, judged.by
    match judged.verdict:
        case Verdict.AFTER_CONVERSION:
            return _("After the sale: it came too late to matter.")
        case Verdict.NOT_PARTNER | Verdict.INVALID:
            return uncounted_text(click.reason) if click.reason else _("Does not count: invalid.")
        case Verdict.STOOD_DOWN:
            return _stood_down(by, names)
        case Verdict.OVERWRITTEN:
            return _overwritten(by, names)
        case Verdict.EXPIRED:
            text = _("Expired: its window of %(window)s closed on %(at)s.")
            return text % {"window": window(click), "at": _moment(click.closes_at)}
        case Verdict.SESSION_ENDED:
            return _("Session ended: its soft cookie had ended with its browser session.")
        case Verdict.CONTESTED:
            return _contested(by, names)
        case Verdict.HELD:
            return _held(click)


def window(click: Click) -> str:
    """``30 days`` or ``24 hours``."""
    minutes = click.window_minutes
    if minutes > 24 * 60 and minutes % (24 * 60) == 0:
        return counted(minutes // (24 * 60), "day")
    if minutes % 60 == 0:
        return counted(minutes // 60, "hour")
    return counted(minutes, "minute")


def target_text(reason: str) -> str:
    """What was wrong with a link's target, and the remedy; empty when nothing was."""
    return str(TARGET_REASONS[TargetReason(reason)]) if reason else ""


def uncounted_text(reason: str) -> str:
    """Why a recorded click does not count."""
    return _("Does not count: %(reason)s.") % {"reason": CLICK_REASONS[ClickReason(reason)]}


def _stood_down(by: Click | None, names: Names) -> str:
    """``by``: the click whose cookie was live; None if it is not known."""
    if by is None:
        return _(
            "Stood down: a cookie was live in the browser already; its click is not known here."
        )
    if not names.may_know_times_of(by):
        return names.say(by, own="", other=_("Stood down: %(partner)s's %(kind)s cookie was live."))
    if by.is_soft:
        return names.say(
            by,
            own=_(
                "Stood down: your own soft cookie was live until %(until)s, or the end of its "
                "browser session."
            ),
            other=_(
                "Stood down: %(partner)s's soft cookie was live until %(until)s, or the end of its "
                "browser session."
            ),
        )
    return names.say(
        by,
        own=_("Stood down: your own hard cookie was live until %(until)s."),
        other=_("Stood down: %(partner)s's hard cookie was live until %(until)s."),
    )


def _overwritten(by: Click | None, names: Names) -> str:
    """``by``: the click that took the cookie; None if the reader may not know which."""
    if by is None:
        return _("Overwritten: a later click took the cookie.")
    if not names.may_know_times_of(by):
        return names.say(
            by, own="", other=_("Overwritten: %(partner)s's %(kind)s click took the cookie.")
        )
    return names.say(
        by,
        own=_("Overwritten: your own %(kind)s click of %(at)s took the cookie."),
        other=_("Overwritten: %(partner)s's %(kind)s click of %(at)s took the cookie."),
    )


def _contested(by: Click | None, names: Names) -> str:
    """``by``: the click whose window was open; None if the reader may not know which."""
    if by is None:
        return _(
            "Contested: another partner's window was still open, and this advertiser then pays no "
            "soft cookie."
        )
    return names.say(
        by,
        own=_(
            "Contested: the window of your own click was still open, and this advertiser then pays "
            "no soft cookie."
        ),
        other=_(
            "Contested: the window of %(partner)s's click was still open, and this advertiser then "
            "pays no soft cookie."
        ),
    )


def _held(click: Click) -> str:
    if click.is_soft:
        return _(
            "Credited: it held the cookie at the sale, which came in the same browser session."
        )
    text = _("Credited: it held the cookie at the sale; its window runs until %(until)s.")
    return text % {"until": _moment(click.closes_at)}


def _moment(milliseconds: int) -> str:
    return dates.moment(from_ms(milliseconds))


@dataclass(frozen=True, slots=True)
class Decided:
    """A decision as it is shown: its verdicts in the order of the journey, and what closes it."""

    verdicts: Sequence[Judged]
    closes_by: Click | None
    conflict: str = ""
    uncounted: str = ""
    """The channel for which nobody is paid."""

    @property
    def held(self) -> Click | None:
        """The click that is paid; None: nobody is."""
        for judged in self.verdicts:
            if judged.verdict is Verdict.HELD:
                return judged.click
        return None


def why(decided: Decided, names: Names) -> str:
    """Why this click is paid, or why nobody is; with a conflict of figures, two sentences."""
    held = decided.held
    if decided.conflict == "journeys":
        return _(
            "Nobody is paid yet: reports of this order came from different browsers, and the "
            "advertiser has to say which one counts."
        )
    if decided.uncounted:
        text = _("Nobody is paid: sales of the shop's own channel “%(name)s” do not count.")
        return text % {"name": decided.uncounted}
    if held is None:
        return _why_nobody(decided, names)
    told = _why_paid(held, decided, names)
    if decided.conflict != "figures":
        return told
    figures = _("Reports of this order give different figures, which the advertiser has to settle.")
    return f"{told} {figures}"


def _why_paid(held: Click, decided: Decided, names: Names) -> str:
    if held.cookie_type is CookieType.HARD:
        return names.say(
            held,
            own=_(
                "Your hard click of %(at)s was the last one to take the cookie, and its window was "
                "still open."
            ),
            other=_(
                "%(partner)s's hard click of %(at)s was the last one to take the cookie, and its "
                "window was still open."
            ),
        )
    if any(item.by is held for item in decided.verdicts if item.click is not held):
        return names.say(
            held,
            own=_(
                "Your soft click of %(at)s took the cookie over from another soft one, and the "
                "sale counts as made in the same browser session."
            ),
            other=_(
                "%(partner)s's soft click of %(at)s took the cookie over from another soft one, "
                "and the sale counts as made in the same browser session."
            ),
        )
    return names.say(
        held,
        own=_(
            "Your soft click of %(at)s found no live cookie, and the sale counts as made in the "
            "same browser session."
        ),
        other=_(
            "%(partner)s's soft click of %(at)s found no live cookie, and the sale counts as made "
            "in the same browser session."
        ),
    )


def _why_nobody(decided: Decided, names: Names) -> str:
    """By the last click that held the cookie: it came closest to being paid."""
    last = next((item for item in reversed(decided.verdicts) if item.verdict in _ONCE_HELD), None)
    if last is None:
        return _("Nobody is paid: no click that counts came before the sale.")
    if last.verdict is Verdict.EXPIRED:
        return _nobody_expired(last.click, names)
    if last.verdict is Verdict.SESSION_ENDED:
        return names.say(
            last.click,
            own=_("Nobody is paid: your own soft cookie had ended with its browser session."),
            other=_(
                "Nobody is paid: %(partner)s's soft cookie had ended with its browser session."
            ),
        )
    return _nobody_contested(last.click, last.by, names)


def _nobody_expired(click: Click, names: Names) -> str:
    if not names.may_know_times_of(click):
        return names.say(
            click, own="", other=_("Nobody is paid: %(partner)s's %(kind)s cookie had expired.")
        )
    return names.say(
        click,
        own=_("Nobody is paid: your own %(kind)s cookie had expired on %(until)s."),
        other=_("Nobody is paid: %(partner)s's %(kind)s cookie had expired on %(until)s."),
    )


def _nobody_contested(click: Click, by: Click | None, names: Names) -> str:
    """A soft click of which another partner's window was open at the sale."""
    told = names.say(
        click,
        own=_("Nobody is paid: your own soft cookie was contested."),
        other=_("Nobody is paid: %(partner)s's soft cookie was contested."),
    )
    if by is None:
        return " ".join((told, _("Another partner's window was still open.")))
    window = names.say(
        by,
        own=_("The window of your own click was still open."),
        other=_("The window of %(partner)s's click was still open."),
    )
    return f"{told} {window}"


_ONCE_HELD = frozenset({Verdict.EXPIRED, Verdict.SESSION_ENDED, Verdict.CONTESTED})


def final_on(closes_at: datetime, closes_by: Click | None, names: Names) -> str:
    """When an open sale closes, and whose window it waits for, if it does. A sale never closes
    earlier than was once announced, so the window of ``closes_by`` may end before it."""
    if closes_by is None or from_ms(closes_by.closes_at) != closes_at:
        return _("final on %(until)s") % {"until": dates.moment(closes_at)}
    return names.say(
        closes_by,
        own=_("final on %(until)s, when your window closes"),
        other=_("final on %(until)s, when %(partner)s's window closes"),
    )
