"""What every page that confirms a change of cookie type shows: whom it concerns, what it would have
done in the last 90 days, what the partner is told, and whether somebody changed it meanwhile."""

from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from typing import Any
from urllib.parse import urlencode

from django.core.exceptions import ValidationError
from django.http import HttpRequest, HttpResponse
from django.utils.translation import gettext as _

from network import clock
from network.effective.rows import SPREAD
from network.pages.site.admin_site import ScopedAdmin, person
from network.pages.site.change_pages import ChangePage, respond
from network.wording import some_of
from publishers.cookie_types.resolution import InForce, Policy, PolicyRow
from publishers.cookie_types.words import lost_in_page, source_text, type_label
from publishers.models import CookieTypeChoice, Partnership
from publishers.notices import writing as notices
from publishers.notices.words import MailText
from publishers.pages.partners.forms import ReasonForm
from publishers.partnerships.standing import Standing, standings
from publishers.policy.conflicts import UNDER_WAY, Meanwhile, changed_since
from publishers.policy.effects import Effect, Start, last_hard_window
from tracking.pages.whatif.ask import run_of
from tracking.rule.attribution import CookieType
from tracking.rule.replay import Change
from tracking.whatif import runs
from tracking.whatif.answer import AnswerDescription, describe
from tracking.whatif.models import WhatIfRun
from tracking.whatif.results import Question

DAYS = 90
TEMPLATE = "admin/cookie_types/confirm.html"
MANY = 12
"""More partners than this are listed folded."""

MOST_PREVIEWS = 6
"""Kinds of notice that are shown."""

LOOK, CANCEL, COUNT = "look", "cancel", "count"
"""Buttons that make no change: see how far it is, stop counting, count again."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Proposal:
    """A change of cookie type that waits to be confirmed.

    ``of_all`` are the partners it is about, ``changing`` those for whom it is a change, and
    ``told`` those who may be told of it. ``said`` is the row that it writes, unsaved, with its
    ``start``. ``headline`` says what is proposed, the sentences of ``rest`` who stays as
    it is, and those of ``nothing`` why there is nothing to change. ``make`` makes it, at the moment
    that it is given, and returns the words for that. ``address`` leads to this page with the same
    proposal, which ``hidden`` says in the form.
    """

    of_all: Sequence[Partnership]
    changing: Sequence[Effect]
    staying: Sequence[Effect]
    told: Sequence[Partnership]
    said: PolicyRow
    start: Start
    headline: str
    rest: Sequence[str]
    button: str
    address: str
    hidden: Mapping[str, str]
    back: str
    make: Callable[[datetime], str]
    by_default: bool = False
    nothing: Sequence[str] = ()
    title: str = field(default_factory=lambda: _("Change of cookie type"))

    @property
    def policies(self) -> Mapping[int, Policy]:
        """What the partners' policies are without the change, by their ids."""
        return {one.partnership.pk: one.policy for one in (*self.changing, *self.staying)}


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
        with suppress(ValidationError):
            return self._start()
        return None

    @property
    def unreadable(self) -> str:
        """Why the start that was written is none; empty when it can be read."""
        try:
            self._start()
        except ValidationError as error:
            return " ".join(error.messages)
        return ""

    def _start(self) -> datetime | None:
        chosen: datetime | None = self.form.fields["start"].clean(self.form["start"].value())
        return chosen


def asked(
    request: HttpRequest,
    form: type[ReasonForm],
    presets: Sequence[str],
    *,
    fresh: bool = False,
) -> Asked:
    """Read the request; ``fresh``: whatever was posted, the page was not there before."""
    now = clock.now()
    if fresh or request.method != "POST":
        return Asked(form(presets=presets), "", now, now, "")
    action, run = request.POST.get("do", ""), request.POST.get("run", "")
    known = _moment(request.POST.get("seen", ""))
    if action in (LOOK, CANCEL, COUNT):
        seen = known if known and action != COUNT else now
        return Asked(_unsent(request, form, presets), action, seen, now, run)
    filled = form(request.POST, presets=presets)
    return Asked(filled, action, known, now, run)


def _unsent(request: HttpRequest, form: type[ReasonForm], presets: Sequence[str]) -> ReasonForm:
    """The form with all that is typed, and nothing to complain of."""
    return form(initial=request.POST.dict(), presets=presets)


def _moment(text: str) -> datetime | None:
    """A moment as the form wrote it; None for what is none, or has no zone."""
    with suppress(ValueError):
        at = datetime.fromisoformat(text)
        return at if at.tzinfo else None
    return None


def address_of(path: str, proposed: Mapping[str, str]) -> str:
    """Where a proposal is found again, were it after signing in anew."""
    return f"{path}?{urlencode(proposed)}"


def answer(
    request: HttpRequest, model_admin: ScopedAdmin[Any], given: Asked, proposal: Proposal
) -> HttpResponse:
    """The page, or the change made; refused where somebody changed it since the page was made."""
    meanwhile = _meanwhile(request, given, proposal)
    is_due = given.form.is_bound and given.form.is_valid()
    if is_due and meanwhile:
        presets = given.form.presets
        given = replace(given, form=_unsent(request, type(given.form), presets))
    run = _run(request, given, proposal, is_due=is_due and not meanwhile)

    def apply(now: datetime) -> str:
        if not proposal.changing and not proposal.by_default:
            raise ValidationError(" ".join(proposal.nothing))
        said = proposal.make(now)
        if run is not None:
            runs.cancel(run)
        return said

    previews = _previews(request, given, proposal)
    page = ChangePage(
        title=proposal.title,
        form=given.form,
        button=proposal.button,
        back=proposal.back,
        apply=apply,
        changes_policy=True,
        template=TEMPLATE,
        context={
            **_context(given, proposal, run),
            "previews": previews[:MOST_PREVIEWS],
            "more_previews": len(previews[MOST_PREVIEWS:]),
            "meanwhile": [change.told(given.now) for change in meanwhile],
            "refused_meanwhile": is_due and bool(meanwhile),
        },
    )
    return respond(request, model_admin, page)


def _meanwhile(request: HttpRequest, given: Asked, proposal: Proposal) -> list[Meanwhile]:
    """What others changed since the page was made; of a change that is to be made, as far back as
    the policy itself refuses it."""
    if given.seen is None:
        return []
    return changed_since(
        proposal.of_all,
        given.seen - UNDER_WAY if given.form.is_bound else given.seen,
        by_others_than=person(request),
        said=proposal.said,
        policies=proposal.policies,
    )


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
            runs.cancel(shown)
            shown.refresh_from_db()
        if given.action != COUNT:
            return shown
    if is_due:
        return None
    return runs.start(question, given.now, made_by=person(request))


# --- The page -----------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class ShownPreview:
    """What some partners are told: ``names`` says who."""

    names: str
    mail: MailText | None
    titles: Sequence[str]


@dataclass(frozen=True, slots=True)
class Line:
    """A partner in the list of those concerned: as it stands now, and at the start."""

    effect: Effect
    standing: Standing
    then: Standing
    changes: bool

    @property
    def row(self) -> Partnership:
        return self.effect.partnership

    @property
    def after(self) -> InForce:
        return self.effect.after

    @property
    def type_after(self) -> str:
        return type_label(self.after)

    @property
    def source_after(self) -> str:
        return source_text(self.after)

    @property
    def loses_in_page(self) -> bool:
        """Whether it may activate from the page, and will be hard by this change."""
        is_hard = self.changes and self.after.cookie_type == CookieTypeChoice.HARD
        return is_hard and self.then.terms is not None and self.then.terms.in_page


def _context(given: Asked, proposal: Proposal, run: WhatIfRun | None) -> dict[str, Any]:
    lines = _lines(given, proposal)
    shops = {line.row.advertiser for line in lines}
    losing = [line.row for line in lines if line.loses_in_page]
    return {
        "proposal": proposal,
        "subtitle": _("At %(shop)s") % {"shop": next(iter(shops))} if len(shops) == 1 else "",
        "lines": lines,
        "starts_later": _later(given, proposal.start),
        "refused": given.unreadable or proposal.start.refused,
        "many": len(lines) > MANY,
        "seen": (given.seen or given.now).isoformat(),
        "run": run,
        "told": _told(run),
        "days": DAYS,
        "in_page": lost_in_page(_named(losing, proposal), len(losing)) if losing else "",
        "still_win": _still_win(proposal),
        "several_advertisers": len(shops) > 1,
    }


def _lines(given: Asked, proposal: Proposal) -> list[Line]:
    """Those that change first."""
    effects = [*proposal.changing, *proposal.staying]
    rows = [effect.partnership for effect in effects]
    now = standings(rows, given.now, proposal.policies)
    then = standings(rows, proposal.start.at, proposal.policies)
    changing = {effect.partnership.pk for effect in proposal.changing}
    return [
        Line(effect, now[key], then[key], key in changing)
        for effect in effects
        for key in (effect.partnership.pk,)
    ]


def _later(given: Asked, start: Start) -> datetime | None:
    """A start that is later than now because of somebody's notice, and not because it was chosen
    so."""
    is_chosen = given.start is not None and not start.refused
    return start.at if not is_chosen and start.at > given.now + SPREAD else None


def _told(run: WhatIfRun | None) -> AnswerDescription | None:
    if run is None or run.status != WhatIfRun.Status.DONE:
        return None
    return describe(run.question, run.result, run.created_at)


def _named(rows: Sequence[Partnership], proposal: Proposal) -> str:
    """With the advertiser where the change is about partners of several."""
    if len({row.advertiser_id for row in proposal.of_all}) < 2:
        return some_of(row.publisher.name for row in rows)
    return some_of(
        _("%(partner)s at %(shop)s") % {"partner": row.publisher, "shop": row.advertiser}
        for row in rows
    )


def _still_win(proposal: Proposal) -> datetime | None:
    """Until when hard cookies of those that become soft can win, set before the change."""
    becoming = [
        effect for effect in proposal.changing if effect.after.cookie_type == CookieTypeChoice.SOFT
    ]
    return last_hard_window(becoming, proposal.start.at) if becoming else None


def _previews(request: HttpRequest, given: Asked, proposal: Proposal) -> list[ShownPreview]:
    """What partners would be told, with the reason as far as it is written."""
    found = notices.previews(
        proposal.told,
        proposal.said,
        given.now,
        policies=proposal.policies,
        made_by=person(request),
        reason=given.form.reason_so_far or _("(the reason that you give)"),
    )
    return [ShownPreview(_named(one.partnerships, proposal), one.mail, one.titles) for one in found]
