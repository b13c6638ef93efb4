"""What every page that confirms a change of cookie type shows: whom it concerns, what it would have
done in the last 90 days, what the partner is told, and whether somebody changed it meanwhile."""

from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from django.core.exceptions import ValidationError
from django.http import HttpRequest, HttpResponse

from network import clock, dates
from network.admin_site import ScopedAdmin, person
from network.change_pages import ChangePage, respond
from network.effective import SPREAD
from publishers import notices, policy
from publishers.forms import ReasonForm
from publishers.models import CookieTypeChoice, Partnership
from publishers.notice_words import MailText
from publishers.policy_effects import Effect, Meanwhile, changed_since, last_hard_window
from publishers.standing import attach_standings, standing_of
from tracking import whatif_runs
from tracking.attribution import CookieType
from tracking.whatif import Change
from tracking.whatif_models import WhatIfRun
from tracking.whatif_page import run_of
from tracking.whatif_results import Question
from tracking.whatif_told import Told, tell

DAYS = 90
TEMPLATE = "admin/publishers/confirm_cookie_type.html"
MANY = 12
"""More partners than this are listed folded."""

LOOK, CANCEL, COUNT = "look", "cancel", "count"
"""Buttons that make no change: see how far it is, stop counting, count again."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Proposal:
    """A change of cookie type that waits to be confirmed.

    ``of_all`` are the partners it is about, ``changing`` those for whom it is a change;
    ``headline`` says so, ``rest`` who stays. ``make`` makes it and returns the words for that.
    ``start`` is when it would start; ``hidden`` are the form's fields that say what is proposed.
    """

    of_all: Sequence[Partnership]
    changing: Sequence[Effect]
    staying: Sequence[Effect]
    to: str
    start: datetime
    headline: str
    rest: str
    button: str
    address: str
    hidden: Mapping[str, str]
    back: str
    make: Callable[[], str]
    by_default: bool = False
    nothing: str = ""


@dataclass(frozen=True, slots=True)
class Asked:
    """What came with the request. ``seen`` is when the page was made that the person looked at;
    None when no page was, as with a script that posts."""

    form: ReasonForm
    action: str
    seen: datetime | None
    now: datetime
    run: str

    @property
    def start(self) -> datetime | None:
        """The start that was chosen, if one was and it can be read."""
        chosen: datetime | None = None
        if self.form.is_bound:
            self.form.is_valid()
            chosen = self.form.cleaned_data.get("start")
        else:
            with suppress(ValidationError):
                chosen = self.form.fields["start"].clean(self.form["start"].value())
        return chosen


def asked(request: HttpRequest, form: type[ReasonForm], to: str, *, fresh: bool = False) -> Asked:
    """Read the request; ``fresh``: whatever was posted, the page was not there before."""
    now = clock.now()
    if fresh or request.method != "POST":
        return Asked(form(to=to), "", now, now, "")
    action = request.POST.get("do", "")
    known = _moment(request.POST.get("seen", ""))
    if action in (LOOK, CANCEL, COUNT):
        filled = form(initial=request.POST.dict(), to=to)
        seen = known if known and action != COUNT else now
        return Asked(filled, action, seen, now, request.POST.get("run", ""))
    return Asked(form(request.POST, to=to), "", known, now, request.POST.get("run", ""))


def _moment(text: str) -> datetime | None:
    """A moment as the form wrote it; None for what is none, or has no zone."""
    with suppress(ValueError):
        at = datetime.fromisoformat(text)
        return at if at.tzinfo else None
    return None


def answer(
    request: HttpRequest, model_admin: ScopedAdmin[Any], given: Asked, proposal: Proposal
) -> HttpResponse:
    """The page, or the change made; refused where somebody changed it since the page was made."""
    meanwhile = _meanwhile(request, given, proposal)
    is_due = given.form.is_bound and given.form.is_valid() and not meanwhile
    run = _run(request, given, proposal, is_due=is_due)

    def apply() -> str:
        if not proposal.changing and not proposal.by_default:
            raise ValidationError(proposal.nothing)
        if meanwhile:
            raise ValidationError(f"{told_meanwhile(meanwhile[0], given.now)} Nothing was changed.")
        said = proposal.make()
        if run is not None:
            whatif_runs.cancel(run)
        return said

    page = ChangePage(
        title="Change of cookie type",
        form=given.form,
        button=proposal.button,
        back=proposal.back,
        apply=apply,
        template=TEMPLATE,
        context=_context(given, proposal, run, meanwhile),
    )
    return respond(request, model_admin, page)


def _meanwhile(request: HttpRequest, given: Asked, proposal: Proposal) -> list[Meanwhile]:
    """What others changed since the page was made; of a change that is to be made, as far back as
    the policy itself refuses it."""
    if given.seen is None:
        return []
    since = given.seen - policy.UNDER_WAY if given.form.is_bound else given.seen
    return changed_since(proposal.of_all, since, by_others_than=person(request))


# --- What it would have done --------------------------------------------------------------------


def question_of(effects: Sequence[Effect], now: datetime) -> Question:
    """Had these partners had the type that they get, over the last 90 days."""
    types: dict[int, dict[int, CookieType]] = {}
    for effect in effects:
        row = effect.partnership
        kind = CookieType(effect.after.cookie_type)
        types.setdefault(row.advertiser_id, {})[row.publisher_id] = kind
    changes = {advertiser: Change(types=found) for advertiser, found in types.items()}
    return Question(changes, since=now - timedelta(days=DAYS), until=now)


def _run(
    request: HttpRequest, given: Asked, proposal: Proposal, *, is_due: bool
) -> WhatIfRun | None:
    """The run that answers what is proposed: the one that the page shows, while it asks the same,
    or else a new one; but none for a change that is due to be made. None when nothing would
    change."""
    if not proposal.changing:
        return None
    question = question_of(proposal.changing, given.now)
    shown = run_of(request, given.run)
    if shown is not None and shown.question.changes == question.changes:
        if given.action == CANCEL:
            whatif_runs.cancel(shown)
            shown.refresh_from_db()
        if given.action != COUNT:
            return shown
    if is_due:
        return None
    return whatif_runs.start(question, given.now, made_by=person(request))


# --- The page -----------------------------------------------------------------------------------


def _context(
    given: Asked, proposal: Proposal, run: WhatIfRun | None, meanwhile: Sequence[Meanwhile]
) -> dict[str, Any]:
    changing = [effect.partnership for effect in proposal.changing]
    staying = [effect.partnership for effect in proposal.staying]
    attach_standings([*changing, *staying], given.now)
    return {
        "proposal": proposal,
        "changing": [(row, standing_of(row)) for row in changing],
        "staying": [(row, standing_of(row)) for row in staying],
        "starts_later": None if given.start else _later(proposal.start, given.now),
        "many": len(changing) + len(staying) > MANY,
        "seen": (given.seen or given.now).isoformat(),
        "run": run,
        "told": _told(run),
        "had": _had(proposal),
        "days": DAYS,
        "meanwhile": [told_meanwhile(change, given.now) for change in meanwhile],
        "still_win": _still_win(proposal),
        "preview": _preview(given, proposal),
        "several_advertisers": len({row.advertiser_id for row in (*changing, *staying)}) > 1,
    }


def _later(start: datetime, now: datetime) -> datetime | None:
    """A start that is later than now because of somebody's notice."""
    return start if start > now + SPREAD else None


def _told(run: WhatIfRun | None) -> Told | None:
    if run is None or run.status != WhatIfRun.Status.DONE:
        return None
    return tell(run.question, run.result, run.created_at)


def _had(proposal: Proposal) -> str:
    """``Had they been soft``."""
    subject = "it" if len(proposal.changing) == 1 else "they"
    kinds = {effect.after.cookie_type for effect in proposal.changing}
    if len(kinds) == 1:
        return f"Had {subject} been {kinds.pop()}"
    return f"Had {subject} been so"


def _still_win(proposal: Proposal) -> datetime | None:
    """Until when hard cookies of those that become soft can win, set before the change."""
    becoming = [
        effect.partnership
        for effect in proposal.changing
        if effect.after.cookie_type == CookieTypeChoice.SOFT
    ]
    return last_hard_window(becoming, proposal.start) if becoming else None


def _preview(given: Asked, proposal: Proposal) -> MailText | None:
    """The mail that a partner would get, with the reason as far as it is written."""
    if not proposal.changing:
        return None
    reason = given.form.reason_so_far or "(the reason that you give)"
    partners = [effect.partnership for effect in proposal.changing]
    return notices.preview(
        partners, proposal.to, proposal.start, reason, by_default=proposal.by_default
    )


def told_meanwhile(change: Meanwhile, now: datetime) -> str:
    """``CouponCat was set to soft 2 minutes ago.``"""
    starts = f" from {dates.zoned(change.starts_at)}" if change.starts_at else ""
    return f"{change.what}{starts} {dates.about(now - change.made_at)} ago."
