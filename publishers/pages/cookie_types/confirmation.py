"""What every page that confirms a change of cookie type shows: which partners it concerns, what
it would have done in the last 90 days, what they will read, and what others changed."""

from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, ClassVar
from urllib.parse import urlencode

from django import forms
from django.core.exceptions import ValidationError
from django.http import QueryDict
from django.urls import reverse
from django.utils.functional import cached_property
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from network import dates
from network.effective.rows import SPREAD
from network.pages.site.admin_site import person
from network.pages.site.change_pages import LOOK, About, ChangeForm, ChangeView, Effects
from network.wording import some_of
from publishers.cookie_types.resolution import InForce, PolicyRow
from publishers.cookie_types.words import lost_in_page, source_text, type_label
from publishers.models import CookieTypeChoice, Partnership
from publishers.notices import writing as notices
from publishers.pages.notices import preview
from publishers.pages.partners.forms import REASON_SHOWN
from publishers.partnerships.reading import Reading
from publishers.partnerships.standing import Standing, standing
from publishers.policy.conflicts import UNDER_WAY, changed_since
from publishers.policy.effects import Effect, Start, last_hard_window
from tracking.rule.attribution import CookieType
from tracking.rule.replay import Change
from tracking.whatif import runs
from tracking.whatif.answer import AnswerDescription, describe
from tracking.whatif.models import WhatIfRun
from tracking.whatif.results import Question

DAYS = 90
MANY = 12
"""More partners than this are listed folded."""

MOST_PREVIEWS = 6
"""Kinds of notice that are shown."""

CANCEL, COUNT = "cancel", "count"
"""Buttons that make no change, beside ``look``: stop counting, count again."""


class ReasonForm(ChangeForm):
    """Why and from when, as a partner reads it."""

    preset = forms.ChoiceField(
        label=gettext_lazy("A common reason"),
        required=False,
        widget=forms.Select({"data-fills": "id_reason"}),
        help_text=gettext_lazy("Used unless you write your own."),
    )
    reason = forms.CharField(
        label=REASON_SHOWN,
        max_length=500,
        widget=forms.Textarea({"rows": 3}),
    )

    def __init__(
        self, data: QueryDict | None = None, *, presets: Sequence[str], **kwargs: Any
    ) -> None:
        if data is not None and not data.get("reason", "").strip():
            data = data.copy()
            data["reason"] = data.get("preset", "")
        super().__init__(data, **kwargs)
        self.presets = presets
        preset = self.fields["preset"]
        assert isinstance(preset, forms.ChoiceField)
        offered = [(text, text) for text in presets]
        preset.choices = [("", _("Choose one, or write your own")), *offered]

    @property
    def reason_so_far(self) -> str:
        """What is typed or chosen, valid or not."""
        written = str(self["reason"].value() or "").strip()
        return written or str(self["preset"].value() or "")


@dataclass(frozen=True, slots=True, kw_only=True)
class Proposal:
    """A change of cookie type that waits to be confirmed.

    ``of_all`` are the partners it is about, ``reading`` what decides about them now, ``changing``
    those that it changes, and ``told`` those that may get a notice. ``said`` is the row that it
    writes, unsaved, with its ``start``. ``headline`` says what is proposed, the sentences of
    ``rest`` who stays as it is, and those of ``nothing`` why there is nothing to change;
    ``by_default`` when it can be made though no partner changes.
    """

    of_all: Sequence[Partnership]
    reading: Reading
    changing: Sequence[Effect]
    staying: Sequence[Effect]
    told: Sequence[Partnership]
    said: PolicyRow
    start: Start
    headline: str
    rest: Sequence[str]
    button: str
    by_default: bool = False
    nothing: Sequence[str] = ()

    @property
    def is_possible(self) -> bool:
        return bool(self.changing) or self.by_default


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


class CookieTypeChange(ChangeView[About]):
    """A change of who is hard and who is soft: which partners it concerns, what it would have done,
    what they will read. What decides about them is read for the :class:`Proposal`, and passed on
    with it."""

    template = "admin/cookie_types/confirm.html"
    form_class: type[ReasonForm] = ReasonForm
    changes_policy = True
    looks = frozenset({LOOK, CANCEL, COUNT})
    path_name: ClassVar[str]
    """The name of the page's address, without what is proposed."""

    # --- What a subclass says -----------------------------------------------------------------

    @property
    def title(self) -> str:
        return _("Change of cookie type")

    @cached_property
    def presets(self) -> Sequence[str]:
        """Common reasons."""
        raise NotImplementedError

    @cached_property
    def hidden(self) -> Mapping[str, str]:
        """What is proposed, as the address and the form say it."""
        raise NotImplementedError

    @cached_property
    def proposal(self) -> Proposal:
        raise NotImplementedError

    def write(self, now: datetime, **said: Any) -> str:
        """Call the writer; ``said`` has its ``reason``, ``made_by``, ``start`` and ``known_until``.
        What was done, in words."""
        raise NotImplementedError

    # --- The page -----------------------------------------------------------------------------

    @property
    def address(self) -> str:
        path = [self.about.pk] if self.about is not None and self.about.pk else []
        return f"{reverse(self.path_name, args=path)}?{urlencode(self.hidden)}"

    def build_form(self, data: QueryDict | None, **given: Any) -> ReasonForm:
        return self.form_class(data, presets=self.presets, **given)

    @cached_property
    def seen(self) -> datetime | None:
        """As of every change; who counts again has seen the page that is made now."""
        return self.now if self.action == COUNT else super().seen

    def meanwhile(self) -> Sequence[str]:
        """As far back as the policy itself refuses a change that is to be made."""
        is_made_now = self.seen == self.now and not self.is_sent
        if self.seen is None or is_made_now:
            return ()
        found = changed_since(
            self.proposal.of_all,
            self.seen - UNDER_WAY if self.is_sent else self.seen,
            by_others_than=person(self.request),
            said=self.proposal.said,
            policies=self.proposal.reading.policies,
        )
        return [change.told(self.now) for change in found]

    def effects(self) -> Effects:
        proposal = self.proposal
        if not proposal.is_possible:
            return Effects(nothing=proposal.nothing)
        notes = [self._later(), self._in_page()]
        return Effects(
            headline=proposal.headline,
            sentences=proposal.rest,
            notes=[note for note in notes if note],
        )

    def make(self, now: datetime) -> str:
        if not self.proposal.is_possible:
            raise ValidationError(" ".join(self.proposal.nothing))
        said = self.write(
            now,
            reason=self.form.cleaned_data["reason"],
            made_by=person(self.request),
            start=self.form.start_at,
            known_until=self.seen,
        )
        if self.run is not None:
            runs.cancel(self.run)
        return said

    # --- What it would have done --------------------------------------------------------------

    @cached_property
    def run(self) -> WhatIfRun | None:
        """The run that answers what is proposed: the one that the page shows, while it asks the
        same, or else a new one; but none for a change that is due to be made. None when nothing
        would change."""
        if not self.proposal.changing:
            return None
        question = question_of(self.proposal.changing, self.now)
        shown = runs.find(self.request.POST.get("run", ""), person(self.request))
        if shown is not None and shown.question.changes == question.changes:
            if self.action == CANCEL:
                runs.cancel(shown)
                shown.refresh_from_db()
            if self.action != COUNT:
                return shown
        if self.is_sent and self.form.is_bound and self.form.is_valid():
            return None
        return runs.start(question, self.now, made_by=person(self.request))

    def _told(self) -> AnswerDescription | None:
        run = self.run
        if run is None or run.status != WhatIfRun.Status.DONE:
            return None
        return describe(run.question, run.result, run.created_at)

    # --- What the page shows ------------------------------------------------------------------

    def context(self) -> Mapping[str, Any]:
        proposal, lines, found = self.proposal, self._lines, self._previews()
        previews = preview.shown(found, self._named)
        shops = {line.row.advertiser for line in lines}
        return {
            "button": proposal.button,
            "proposal": proposal,
            "hidden": self.hidden,
            "counts_again": True,
            "subtitle": _("At %(shop)s") % {"shop": next(iter(shops))} if len(shops) == 1 else "",
            "lines": lines,
            "refused": self._unreadable or proposal.start.refused,
            "many": len(lines) > MANY,
            "run": self.run,
            "told": self._told(),
            "days": DAYS,
            "still_win": self._still_win(),
            "several_advertisers": len(shops) > 1,
            "previews": previews[:MOST_PREVIEWS],
            "more_previews": len(previews[MOST_PREVIEWS:]),
            "several_told": len(proposal.told) > 1,
            "reach": preview.reach(found, self._named),
        }

    @property
    def start(self) -> datetime | None:
        """The start that was chosen, if one was and it can be read."""
        with suppress(ValidationError):
            return self._chosen_start()
        return None

    @property
    def _unreadable(self) -> str:
        """Why the start cannot be read; empty when it can be read."""
        try:
            self._chosen_start()
        except ValidationError as error:
            return " ".join(error.messages)
        return ""

    def _chosen_start(self) -> datetime | None:
        chosen: datetime | None = self.form.fields["start"].clean(self.form["start"].value())
        return chosen

    @cached_property
    def _lines(self) -> list[Line]:
        """The partners that it is about, those that change first."""
        proposal = self.proposal
        marked = [(effect, True) for effect in proposal.changing]
        marked += [(effect, False) for effect in proposal.staying]
        return [
            Line(
                effect,
                self._standing(effect.partnership, self.now),
                self._standing(effect.partnership, proposal.start.at),
                changes,
            )
            for effect, changes in marked
        ]

    def _standing(self, row: Partnership, at: datetime) -> Standing:
        reading = self.proposal.reading
        return standing(reading.policies[row.pk], reading.own[row.pk].held, at)

    def _later(self) -> str:
        """That it starts later because of somebody's notice, and not because it was chosen so."""
        start = self.proposal.start
        is_chosen = self.start is not None and not start.refused
        if is_chosen or start.at <= self.now + SPREAD:
            return ""
        said = (
            _(
                "Because of the notice period before a hard partner becomes soft, the earliest "
                "start is %(start)s."
            )
            if start.refused or self._unreadable
            else _(
                "Because of the notice period before a hard partner becomes soft, it starts on "
                "%(start)s."
            )
        )
        return said % {"start": dates.zoned(start.at)}

    def _in_page(self) -> str:
        losing = [line.row for line in self._lines if line.loses_in_page]
        return lost_in_page(self._named(losing), len(losing)) if losing else ""

    def _named(self, rows: Sequence[Partnership]) -> str:
        """With the advertiser where the change is about partners of several."""
        if len({row.advertiser_id for row in self.proposal.of_all}) < 2:
            return some_of(row.publisher.name for row in rows)
        return some_of(
            _("%(partner)s at %(shop)s") % {"partner": row.publisher, "shop": row.advertiser}
            for row in rows
        )

    def _still_win(self) -> datetime | None:
        """Until when hard cookies of those that become soft can win, set before the change."""
        becoming = [
            effect.partnership
            for effect in self.proposal.changing
            if effect.after.cookie_type == CookieTypeChoice.SOFT
        ]
        return last_hard_window(becoming, self.proposal.reading, self.proposal.start.at)

    def _previews(self) -> list[notices.Preview]:
        """What partners would read, with the reason as far as it is written."""
        return notices.previews(
            self.proposal.told,
            self.proposal.said,
            self.now,
            reading=self.proposal.reading,
            made_by=person(self.request),
            reason=preview.reason_so_far(self.form.reason_so_far),
        )


def question_of(effects: Sequence[Effect], now: datetime) -> Question:
    """Had these partners had the type that they get, over the last 90 days."""
    types: dict[int, dict[int, CookieType]] = {}
    for effect in effects:
        row = effect.partnership
        kind = CookieType(effect.after.cookie_type)
        types.setdefault(row.advertiser_id, {})[row.publisher_id] = kind
    changes = {advertiser: Change(types=found) for advertiser, found in types.items()}
    return Question(changes, since=now - timedelta(days=DAYS), until=now)
