"""The recorded sales that a what-if replays, page by page."""

from array import array
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any, NamedTuple

from django.db.models import QuerySet
from django.db.models.expressions import RawSQL

from network.clock import to_ms
from tracking.commissions import decisions, settling
from tracking.models import Commission, Conversion
from tracking.rule.replay import (
    Change,
    Circumstances,
    concerns,
    is_declined,
    replay,
    would_pay,
)
from tracking.whatif.results import Replayed

PAGE = 2_000
"""Sales in memory at a time."""


@dataclass(frozen=True, slots=True)
class SalesScope:
    """The sales of one advertiser in ``[since, until)``."""

    advertiser: int
    since: datetime
    until: datetime


def sales_in(scope: SalesScope) -> QuerySet[Conversion]:
    """What is replayed: every decided sale but those whose order staff refused, which earn nobody
    anything for any partner."""
    return Conversion.objects.filter(
        advertiser=scope.advertiser,
        at__gte=scope.since,
        at__lt=scope.until,
        decision__isnull=False,
    ).exclude(commission__decline_reason=Commission.DeclineReason.BY_ADVERTISER)


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
    rows = _rows(scope, page, timed=bool(circumstances.suspensions))
    replayed = [_replayed(row, change, circumstances) for row in rows]
    unpriced = [one.conversion for one in replayed if one.would_pay and not one.paid]
    prices = settling.amounts(scope.advertiser, unpriced)
    return [
        replace(one, commission_minor=prices[one.conversion]) if one.conversion in prices else one
        for one in replayed
    ]


class _Row(NamedTuple):
    """A sale, with its decision's inputs, and its commission where it has one. Its times are read
    only where somebody was suspended: they cost a sixth of the replay."""

    conversion: int
    inputs: Mapping[str, Any]
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
    def waits(self) -> bool:
        """Whether it stays open when its windows have closed."""
        return not self.verified or self.over_limit or bool(self.inputs["conflict"])


def _rows(scope: SalesScope, page: Sequence[int], *, timed: bool) -> Iterable[_Row]:
    """The sales of a page. One at a time: decisions that are held all at once cost the garbage
    collector more than their replay."""
    # The bounds, which say nothing new, keep the planner from reading whole tables for a page.
    listed = RawSQL("SELECT unnest(%s::bigint[])", [list(page)])  # one parameter, not thousands
    these = sales_in(scope).filter(id__in=listed, id__gte=page[-1], id__lte=page[0])
    columns = (*_COLUMNS, *_TIMES) if timed else _COLUMNS
    rows = these.order_by("-id").values_list(*columns).iterator(PAGE)
    return (_Row(*row) for row in rows)


_COLUMNS = (
    "id",
    "decision__inputs",
    "verified",
    "over_limit",
    "commission__status",
    "commission__publisher",
    "commission__amount_minor",
)
_TIMES = ("created_at", "closes_at")


def _replayed(row: _Row, change: Change, circumstances: Circumstances) -> Replayed:
    """The sale replayed; one that paid nobody has no price yet."""
    paid, earned = (row.publisher, row.amount_minor) if row.is_paid else (None, 0)
    then_paid = _would_pay(row, paid, change, circumstances)
    return Replayed(row.conversion, paid, then_paid, earned)


def _would_pay(
    row: _Row, paid: int | None, change: Change, circumstances: Circumstances
) -> int | None:
    if change and not _may_concern(change, row.inputs["clicks"]):
        return paid
    recorded = decisions.recorded_in(row.inputs)
    if change and not concerns(change, recorded):
        return paid
    credited = would_pay(recorded, change, circumstances)
    if credited is None or credited not in circumstances.suspensions:
        return credited
    closes_at = replay(recorded, change, circumstances).closes_at
    return None if _is_declined(row, credited, closes_at, circumstances) else credited


def _is_declined(row: _Row, credited: int, closes_at: int, circumstances: Circumstances) -> bool:
    """Whether the sale would be declined with a suspension of the publisher credited, closing then
    (ms). What staff have taken back they would have taken back."""
    assert row.created_at
    assert row.closes_at
    known, closed_at = to_ms(row.created_at), to_ms(row.closes_at)

    def meets(until: int) -> bool:
        return is_declined(circumstances, credited, known, None if row.waits else until)

    taken_back = row.is_paid and row.publisher == credited and meets(closed_at)
    return meets(closes_at) and not taken_back


def _may_concern(change: Change, clicks: Iterable[Mapping[str, Any]]) -> bool:
    """Whether it names a publisher of the journey, or windows or a rule of its cookie types:
    cheaper than :func:`tracking.rule.replay.concerns`, as it needs only the stored decision."""
    asks_hard = change.hard_days is not None
    asks_soft = change.soft_hours is not None or change.soft_rule is not None
    return any(
        click["publisher"] in change.types
        or click["publisher"] in change.own_hard_days
        or (asks_soft if click["cookie_type"] == "soft" else asks_hard)
        for click in clicks
    )
