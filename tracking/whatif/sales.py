"""The recorded sales that a what-if replays, page by page."""

import json
from array import array
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from itertools import starmap
from typing import NamedTuple

from django.db.models import FilteredRelation, Q, QuerySet, TextField
from django.db.models.functions import Cast

from network.clock import from_ms, to_ms
from network.models import Advertiser
from tracking.commissions import decisions, settling
from tracking.evidence.closing import lapses_at
from tracking.models import Commission, Conversion
from tracking.rule.attribution import CookieType
from tracking.rule.replay import (
    Change,
    Circumstances,
    concerns,
    is_declined,
    replay,
    would_pay,
)
from tracking.whatif.evidence import OtherCourse, courses
from tracking.whatif.results import Replayed

PAGE = 10_000
"""Sales in memory at a time."""


@dataclass(frozen=True, slots=True)
class SalesScope:
    """The sales of one advertiser in ``[since, until)``, as they stand at its end."""

    advertiser: int
    since: datetime
    until: datetime


def sales_in(scope: SalesScope) -> QuerySet[Conversion]:
    """What is replayed: every decided sale but those whose order staff refused, which earn nobody
    anything for any partner."""
    return _decided(scope).exclude(commission__decline_reason=_REFUSED)


_REFUSED = Commission.DeclineReason.BY_ADVERTISER


def _decided(scope: SalesScope) -> QuerySet[Conversion]:
    return Conversion.objects.filter(
        advertiser=scope.advertiser,
        at__gte=scope.since,
        at__lt=scope.until,
        decision__isnull=False,
    )


def pages(scope: SalesScope, after: int | None) -> Iterator[Sequence[int]]:
    """The sales by their ids, from the last recorded on; ``after``: those that follow it.

    By id, and all of them listed at first, since a sale's time moves when an earlier or a more
    trusted report of its order joins: it is neither left out nor counted twice for that.
    """
    sales = sales_in(scope)
    if after is not None:
        sales = sales.filter(id__lt=after)
    ids = array("q", sales.order_by("-id").values_list("id", flat=True).iterator())
    for start in range(0, len(ids), PAGE):
        yield ids[start : start + PAGE]


def replay_page(
    scope: SalesScope, change: Change, circumstances: Circumstances, page: Sequence[int]
) -> list[Replayed]:
    """These sales, without those that have left the scope since. Sales that the change does not
    concern end as they did; without any change all are replayed."""
    world = _World.of(scope, change, circumstances, page)
    rows = _rows(scope, page, timed=bool(circumstances.suspensions))
    replayed = [_replayed(row, world) for row in rows]
    unpriced = [one.conversion for one in replayed if one.would_pay and not one.paid]
    prices = settling.amounts(scope.advertiser, unpriced)
    paying = {one.conversion for one in replayed if one.would_pay}
    differing = [course.differing for course in world.courses.values() if course.differing]
    others = settling.amounts_of(scope.advertiser, differing) if differing else {}
    return [
        one._replace(
            commission_minor=prices.get(one.conversion, one.commission_minor),
            would_earn_minor=others.get(one.conversion) if one.conversion in paying else None,
        )
        if one.conversion in prices or one.conversion in others
        else one
        for one in replayed
    ]


@dataclass(frozen=True, slots=True)
class _World:
    """The other world: what is changed in it, and the sales of a page that went another course
    there as their reports came."""

    change: Change
    circumstances: Circumstances
    courses: Mapping[int, OtherCourse]
    shop: Advertiser
    now: datetime
    is_changed: bool

    @classmethod
    def of(
        cls, scope: SalesScope, change: Change, circumstances: Circumstances, page: Sequence[int]
    ) -> "_World":
        shop = Advertiser.objects.get(pk=scope.advertiser)
        now = scope.until
        is_changed = bool(change)
        found = courses(shop, page, change, circumstances, now) if is_changed and page else {}
        return cls(change, circumstances, found, shop, now, is_changed)

    def declines(self, closes_at: int) -> bool:
        """Whether a sale that nobody confirmed would be declined by now, had its windows closed
        then (ms)."""
        return lapses_at(from_ms(closes_at), self.shop.confirm_days) <= self.now


class _Row(NamedTuple):
    """A sale, with its decision's inputs, and its commission where it has one. Its times are read
    only where somebody was suspended: they cost a sixth of the replay."""

    conversion: int
    inputs: str
    verified: bool
    over_limit: bool
    status: str | None
    publisher: int | None
    amount_minor: int
    created_at: datetime | None = None
    closes_at: datetime | None = None

    @property
    def is_paid(self) -> bool:
        return self.status is not None and self.status != Commission.Status.DECLINED

    @property
    def in_conflict(self) -> bool:
        return bool(json.loads(self.inputs)["conflict"])

    @property
    def waits(self) -> bool:
        """Whether it stays open when its windows have closed."""
        return not self.verified or self.over_limit or self.in_conflict


def _rows(scope: SalesScope, page: Sequence[int], *, timed: bool) -> Iterator[_Row]:
    """The sales of a page. Their decisions are read one at a time, from text: those that are held
    all at once cost the garbage collector more than their replay."""
    # Decisions and commissions follow from the sales; named for themselves, PostgreSQL reads a
    # range of them for each page, not all. Not all sales have a commission.
    of_page = Q(commission__conversion__gte=page[-1], commission__conversion__lte=page[0])
    these = (
        _decided(scope)
        .filter(
            id__gte=page[-1],
            id__lte=page[0],
            decision__conversion__gte=page[-1],
            decision__conversion__lte=page[0],
        )
        .annotate(earned=FilteredRelation("commission", condition=of_page))
        .exclude(earned__decline_reason=_REFUSED)
    )
    columns = (*_COLUMNS, *_TIMES) if timed else _COLUMNS
    rows = starmap(_Row, these.order_by("-id").values_list(*columns))
    listed = set(page)
    return (row for row in rows if row.conversion in listed)


_COLUMNS = (
    "id",
    Cast("decision__inputs", TextField()),
    "verified",
    "over_limit",
    "earned__status",
    "earned__publisher",
    "earned__amount_minor",
)
_TIMES = ("created_at", "closes_at")


def _replayed(row: _Row, world: _World) -> Replayed:
    """The sale replayed; one that paid nobody has no price yet."""
    paid, earned = (row.publisher, row.amount_minor) if row.is_paid else (None, 0)
    then_paid = _would_pay(row, paid, world)
    return Replayed(row.conversion, paid, then_paid, earned)


def _would_pay(row: _Row, paid: int | None, world: _World) -> int | None:
    change, circumstances = world.change, world.circumstances
    if row.conversion in world.courses:
        return _pays(row, _ending_of(world.courses[row.conversion]), world)
    if world.is_changed and not _may_concern(change, decisions.mentions_in_text(row.inputs)):
        return paid
    recorded = decisions.recorded_in_text(row.inputs)
    if world.is_changed and not concerns(change, recorded):
        return paid
    credited = would_pay(recorded, change, circumstances)
    if credited is None or (credited not in circumstances.suspensions and row.verified):
        return credited
    ending = _Ending(
        credited,
        closes_at=replay(recorded, change, circumstances).closes_at,
        waits=row.waits,
        is_unconfirmed=not row.verified and not row.in_conflict,
    )
    return _pays(row, ending, world)


@dataclass(frozen=True, slots=True)
class _Ending:
    """Who would be credited, and until when (ms) the sale would be open, or for longer if it
    ``waits``; ``is_unconfirmed`` if only for the advertiser's word."""

    credited: int | None
    closes_at: int
    waits: bool
    is_unconfirmed: bool


def _ending_of(course: OtherCourse) -> _Ending:
    standing = course.standing
    return _Ending(
        course.credited,
        closes_at=standing.resolution.outcome.closes_at,
        waits=standing.waits,
        is_unconfirmed=not standing.is_verified and not standing.joined.conflict,
    )


def _pays(row: _Row, ending: _Ending, world: _World) -> int | None:
    """The publisher credited, unless the commission would be declined."""
    if ending.credited is None:
        return None
    is_as_it_was = not world.is_changed and row.is_paid
    if ending.is_unconfirmed and world.declines(ending.closes_at) and not is_as_it_was:
        return None
    suspensions = world.circumstances.suspensions
    if ending.credited in suspensions and _is_declined(row, ending, world.circumstances):
        return None
    return ending.credited


def _is_declined(row: _Row, ending: _Ending, circumstances: Circumstances) -> bool:
    """Whether the sale would be declined with a suspension of the publisher credited. What staff
    have taken back they would have taken back."""
    assert row.created_at
    assert row.closes_at
    assert ending.credited is not None
    publisher, known = ending.credited, to_ms(row.created_at)

    def meets(until: int, waits: bool) -> bool:
        return is_declined(circumstances, publisher, known, None if waits else until)

    closed_at = to_ms(row.closes_at)
    taken_back = row.is_paid and row.publisher == publisher and meets(closed_at, row.waits)
    return meets(ending.closes_at, ending.waits) and not taken_back


def _may_concern(change: Change, clicks: Iterable[decisions.Mention]) -> bool:
    """Whether it names a publisher of the journey, or windows or a rule of its cookie types:
    cheaper than :func:`tracking.rule.replay.concerns`, as it needs less of the stored decision."""
    asks_hard = change.hard_days is not None
    asks_soft = change.soft_hours is not None or change.soft_rule is not None
    if asks_hard and asks_soft:
        return True
    return any(
        click.publisher in change.types
        or click.publisher in change.own_hard_days
        or (asks_soft if click.cookie_type is CookieType.SOFT else asks_hard)
        for click in clicks
    )
