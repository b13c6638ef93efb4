"""A partnership's cookie type over time: past, now and coming; who set it and why."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from itertools import pairwise

from django.db.models import Q, QuerySet
from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from network import dates
from network.effective import queries, timeline
from network.effective.rows import FURTHEST, EffectiveDated, Row
from network.models import User
from publishers.cookie_types import resolution as cookie_types
from publishers.cookie_types.resolution import OWN, InForce, Policy
from publishers.cookie_types.words import source_text, type_label
from publishers.models import (
    CookieTypeAssignment,
    CookieTypeChoice,
    ModelTypeCookieType,
    Notice,
    Partnership,
    PublisherModelType,
)

BEGAN = gettext_lazy("The partnership began.")


class Tense(StrEnum):
    PAST = "past"
    NOW = "now"
    COMING = "coming"


@dataclass(frozen=True, slots=True, kw_only=True)
class Change:
    """Who brought something about, and why. ``internal_note`` is never shown to the partner.
    ``assignment`` is the id where it was set for this partnership. ``is_networks`` as of an
    :class:`~network.people.access.Decision`: the built-in defaults are the network's too.
    ``decided_by`` is what the partner reads as the decider."""

    assignment: int | None = None
    made_by: User | None = None
    is_networks: bool = True
    decided_by: Notice.Decider = Notice.Decider.NETWORK
    reason: str = ""
    internal_note: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Span:
    """One cookie type from one source, in ``[starts_at, ends_at)``; without an end it goes on."""

    kind: InForce
    starts_at: datetime
    ends_at: datetime | None
    tense: Tense
    change: Change

    @property
    def is_soft(self) -> bool:
        return self.kind.cookie_type == CookieTypeChoice.SOFT

    @property
    def type_label(self) -> str:
        return type_label(self.kind)

    @property
    def source(self) -> str:
        """Such as ``set individually`` or ``Extension default``; the span says since when."""
        return source_text(self.kind, with_day=False)

    @property
    def source_for_partner(self) -> str:
        """As the partner reads it: ``decided for you`` or ``Extension default``."""
        return _("decided for you") if self.kind.source == OWN else self.source

    @property
    def decision_for_partner(self) -> str:
        """``decided for you by the advertiser``, ``Extension default, decided by the network``."""
        if self.kind.source == OWN:
            return _("decided for you by %(decider)s") % {"decider": self.decider}
        return _("%(source)s, decided by %(decider)s") % {
            "source": self.source_for_partner,
            "decider": self.decider,
        }

    @property
    def decider(self) -> str:
        """Who brought it about, as the partner reads it: ``the advertiser`` or ``the network``."""
        return str(self.change.decided_by.label).lower()


def history(partnership: Partnership, now: datetime) -> list[Span]:
    """Every span since the partnership began, in order; at least one."""
    return histories([partnership], now)[partnership.pk]


def histories(partnerships: Sequence[Partnership], now: datetime) -> dict[int, list[Span]]:
    """The history of each by its id, in a constant number of queries."""
    policies = cookie_types.policies(partnerships)
    said = _Said(partnerships)
    return {row.pk: _spans(row, policies[row.pk], said, now) for row in partnerships}


def _spans(partnership: Partnership, policy: Policy, said: "_Said", now: datetime) -> list[Span]:
    begun = partnership.created_at
    held = cookie_types.over_time(policy, begun)
    if len(held) > 1 and held[1].starts_at - begun < cookie_types.SET_UP:
        del held[0]
    return [
        Span(
            kind=one.row.kind,
            starts_at=one.row.starts_at,
            ends_at=one.ends_at,
            tense=_tense(one.row.starts_at, one.ends_at, now),
            change=said.of(partnership, one.row.kind, one.row.starts_at),
        )
        for one in timeline.segments(held)
    ]


def cancelled(partnership: Partnership) -> list[CookieTypeAssignment]:
    """The partnership's own assignments that were cancelled before they started, each with who had
    made it and who cancelled it."""
    rows = CookieTypeAssignment.all_rows.filter(partnership=partnership, cancelled_by__isnull=False)
    return list(queries.in_order(rows.select_related("made_by", "cancelled_by__made_by")))


def _tense(starts_at: datetime, ends_at: datetime | None, now: datetime) -> Tense:
    if starts_at > now:
        return Tense.COMING
    return Tense.NOW if ends_at is None or ends_at > now else Tense.PAST


class _Said:
    """What was said with each row that decides the types of these partnerships."""

    def __init__(self, partnerships: Sequence[Partnership]) -> None:
        own = CookieTypeAssignment.objects.filter(partnership__in=partnerships)
        kinds = PublisherModelType.objects.filter(
            publisher__in={row.publisher_id for row in partnerships}
        )
        defaults = ModelTypeCookieType.objects.filter(
            Q(advertiser__in={row.advertiser_id for row in partnerships})
            | Q(advertiser__isnull=True)
        )
        notices = Notice.objects.filter(
            partnership__in=partnerships, event=Notice.Event.COOKIE_TYPE
        )
        self._told = {
            (notice.partnership_id, notice.created_at, notice.made_by_id): notice.decided_by
            for notice in notices.only("partnership", "created_at", "made_by", "decided_by")
        }
        self._own = {(row.partnership_id, row.starts_at): row for row in _with_maker(own)}
        self._kinds = {(row.publisher_id, row.starts_at): row for row in _with_maker(kinds)}
        self._defaults = {
            (row.advertiser_id, row.model_type, row.starts_at): row for row in _with_maker(defaults)
        }

    def of(self, partnership: Partnership, kind: InForce, at: datetime) -> Change:
        """Where several rows start at once, by the closest to the partnership; of a type that held
        when the partnership began, by the row that it comes from."""
        is_first = at == partnership.created_at
        if is_first and kind.since is None:
            return Change(reason=str(BEGAN))
        starting_at = kind.since if is_first and kind.since else at
        row = self._starting(partnership, kind.model_type, starting_at)
        return _change(row, self._decider(partnership, row)) if row else Change()

    def _decider(self, partnership: Partnership, row: EffectiveDated) -> Notice.Decider:
        """As its notice said it, so that a person who became an operator later changes nothing."""
        told = self._told.get((partnership.pk, row.created_at, row.made_by_id))
        return Notice.Decider(told) if told else Notice.Decider.of(row.made_by)

    def _starting(
        self, partnership: Partnership, model_type: str, at: datetime
    ) -> EffectiveDated | None:
        return (
            self._own.get((partnership.pk, at))
            or self._defaults.get((partnership.advertiser_id, model_type, at))
            or self._defaults.get((None, model_type, at))
            or self._kinds.get((partnership.publisher_id, at))
        )


def _with_maker(rows: QuerySet[Row]) -> QuerySet[Row]:
    return rows.select_related("made_by")


def _change(row: EffectiveDated, decided_by: Notice.Decider) -> Change:
    own = row if isinstance(row, CookieTypeAssignment) else None
    return Change(
        assignment=own.pk if own else None,
        made_by=row.made_by,
        is_networks=row.is_networks,
        decided_by=decided_by,
        reason=row.reason,
        internal_note=own.internal_note if own else "",
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class Bar:
    """A span in the picture; ``x`` and ``width`` in per cent of it, and the middle of its label;
    None where none fits."""

    span: Span
    x: float
    width: float
    label_x: float | None

    @property
    def has_date(self) -> bool:
        return self.width >= NEEDED_FOR_DATE


@dataclass(frozen=True, slots=True, kw_only=True)
class TimeLine:
    """The picture: bars from left to right, where now is, and what it says in words."""

    bars: Sequence[Bar]
    now_x: float
    is_stretched: bool
    """Whether short spans are drawn wider than they are long."""

    @property
    def last_date(self) -> datetime | None:
        """When the last, narrow bar begins, where its date fits to the left of its start."""
        if len(self.bars) < 2 or self.bars[-1].has_date:
            return None
        fits = self.bars[-2].width >= 2 * NEEDED_FOR_DATE
        return self.bars[-1].span.starts_at if fits else None

    @property
    def now_anchor(self) -> str:
        """On which side of the line "Now" stands, so that it is not cut off."""
        return "end" if self.now_x > 90 else "start" if self.now_x < 10 else "middle"

    def __str__(self) -> str:
        told = [
            _TOLD[bar.span.tense]
            % {"type": bar.span.type_label, "day": dates.day(bar.span.starts_at)}
            for bar in self.bars
        ]
        return _("Cookie type over time: %(spans)s.") % {"spans": "; ".join(told)}


_TOLD: Mapping[Tense, Promise] = {
    Tense.PAST: gettext_lazy("%(type)s from %(day)s"),
    Tense.NOW: gettext_lazy("%(type)s from %(day)s (now)"),
    Tense.COMING: gettext_lazy("%(type)s from %(day)s (to come)"),
}
NEEDED_FOR_LABEL, NEEDED_FOR_DATE = 9.0, 28.0
"""Per cent of the picture that "Hard" and a date take on a telephone."""

LEAST_WIDTH = 11.0
"""Per cent of the picture: a period of a day among years must still be seen, and so must what has
passed of the present one, and what is left of it."""

AHEAD = 0.12
"""How much of the time so far is drawn beyond the last thing known."""


def time_line(spans: Sequence[Span], now: datetime) -> TimeLine:
    """The spans as a picture: to scale, but for very short ones, and for what starts further ahead
    than anything may."""
    first, horizon = spans[0].starts_at, now + FURTHEST
    last = max(min(spans[-1].starts_at, horizon), now)
    end = last + max((last - first) * AHEAD, timedelta(days=1))
    starts = [min(span.starts_at, last) for span in spans]
    parts = [_parts(begin, until, now) for begin, until in pairwise([*starts, end])]
    shares = [length / (end - first) for part in parts for length in part]
    widths = iter(_stretched(shares))
    bars, x, now_x = [], 0.0, 0.0
    for span, lengths in zip(spans, parts, strict=True):
        drawn = [next(widths) for _ in lengths]
        bars.append(_bar(span, x, drawn))
        if len(drawn) > 1:
            now_x = x + drawn[0]
        x += sum(drawn)
    is_stretched = len(spans) > 1 and min(shares) * 100 < LEAST_WIDTH
    return TimeLine(bars=bars, now_x=round(now_x, 2), is_stretched=is_stretched)


def _parts(begin: datetime, until: datetime, now: datetime) -> list[timedelta]:
    """What has passed of a span and what is left, of the present one; any other whole."""
    return [now - begin, until - now] if begin <= now < until else [until - begin]


def _bar(span: Span, x: float, drawn: Sequence[float]) -> Bar:
    """The label stands in the wider part, so that the line of now does not run through it."""
    widest = max(drawn)
    before = 0.0 if drawn[0] == widest else drawn[0]
    middle = round(x + before + widest / 2, 2) if widest >= NEEDED_FOR_LABEL else None
    return Bar(span=span, x=round(x, 2), width=round(sum(drawn), 2), label_x=middle)


def _stretched(shares: Sequence[float]) -> list[float]:
    """In per cent, none under the least; together 100."""
    raised = [max(share * 100, LEAST_WIDTH) for share in shares]
    return [length * 100 / sum(raised) for length in raised]
