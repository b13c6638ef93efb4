"""The recorded sales that a what-if replays, page by page."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any, NamedTuple

from django.db.models import Q, QuerySet

from tracking import commissions, decisions
from tracking.models import Commission, Conversion
from tracking.whatif import (
    Change,
    Circumstances,
    concerns,
    would_pay,
)
from tracking.whatif_results import Replayed

PAGE = 2_000
"""Sales in memory at a time."""


@dataclass(frozen=True, slots=True)
class Scope:
    """The sales of one advertiser in ``[since, until)``."""

    advertiser: int
    since: datetime
    until: datetime


def sales_in(scope: Scope) -> QuerySet[Conversion]:
    """What is replayed: every decided sale but those that staff declined, which earn nobody
    anything whoever brought them."""
    return Conversion.objects.filter(
        advertiser=scope.advertiser,
        at__gte=scope.since,
        at__lt=scope.until,
        decision__isnull=False,
    ).exclude(commission__decline_reason=Commission.DeclineReason.BY_ADVERTISER)


def replay_page(
    scope: Scope, change: Change, circumstances: Circumstances, after: int | None
) -> tuple[list[Replayed], int | None]:
    """The next sales after a conversion (None: from the newest on), and the last of them; None at
    the end. Sales that the change does not concern end as they did; without any change all are
    replayed."""
    replayed = [_replayed(row, change, circumstances) for row in _rows(scope, after)]
    unpriced = [one.conversion for one in replayed if one.would_pay and not one.paid]
    prices = commissions.amounts(unpriced)
    priced = [
        replace(one, commission_minor=prices[one.conversion]) if one.conversion in prices else one
        for one in replayed
    ]
    return priced, priced[-1].conversion if len(priced) == PAGE else None


class _Row(NamedTuple):
    """A sale, with its decision's inputs, and its commission where it has one."""

    conversion: int
    inputs: Mapping[str, Any]
    status: str | None
    publisher: int | None
    amount_minor: int

    @property
    def is_paid(self) -> bool:
        return self.status is not None and self.status != Commission.Status.DECLINED


def _rows(scope: Scope, after: int | None) -> Iterable[_Row]:
    """A page of sales, from the newest on. One at a time: decisions that are held all at once cost
    the garbage collector more than their replay."""
    sales = sales_in(scope)
    if after is not None:
        at = Conversion.objects.values_list("at", flat=True).get(id=after)
        sales = sales.filter(Q(at__lt=at) | Q(at=at, id__lt=after), at__lte=at)
    columns = ("id", "decision__inputs", *(f"commission__{name}" for name in _OF_COMMISSION))
    page = sales.order_by("-at", "-id").values_list(*columns)[:PAGE]
    return map(_Row._make, page.iterator(PAGE))


_OF_COMMISSION = ("status", "publisher", "amount_minor")


def _replayed(row: _Row, change: Change, circumstances: Circumstances) -> Replayed:
    """The sale replayed; one that paid nobody has no price yet."""
    paid, earned = (row.publisher, row.amount_minor) if row.is_paid else (None, 0)
    then_paid = _would_pay(row.inputs, paid, change, circumstances)
    return Replayed(row.conversion, paid, then_paid, earned)


def _would_pay(
    inputs: Mapping[str, Any], paid: int | None, change: Change, circumstances: Circumstances
) -> int | None:
    if change and not _may_concern(change, inputs["clicks"]):
        return paid
    recorded = decisions.recorded_in(inputs)
    if change and not concerns(change, recorded):
        return paid
    return would_pay(recorded, change, circumstances)


def _may_concern(change: Change, clicks: Iterable[Mapping[str, Any]]) -> bool:
    """Whether it names a publisher of the journey, or windows or a rule of its cookie types: told
    sooner than by :func:`tracking.whatif.concerns`, from the decision as it is stored."""
    asks_hard = change.hard_days is not None
    asks_soft = change.soft_hours is not None or change.soft_rule is not None
    return any(
        click["publisher"] in change.types
        or click["publisher"] in change.own_hard_days
        or (asks_soft if click["cookie_type"] == "soft" else asks_hard)
        for click in clicks
    )
