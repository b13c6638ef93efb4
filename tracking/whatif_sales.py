"""The recorded sales that a what-if replays, and the circumstances that their clicks do not say."""

from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from django.db.models import Q, QuerySet

from network.clock import to_ms
from network.models import AttributionTerms
from publishers.models import PartnershipTerms
from tracking import commissions, decisions, models
from tracking.attribution import CookieType
from tracking.journeys import LOOK_BACK, lowest_id
from tracking.models import Commission, Conversion
from tracking.whatif import (
    Change,
    Circumstances,
    OwnPeriod,
    Recorded,
    ShopTerms,
    concerns,
    replay,
)
from tracking.whatif_results import Replayed

PAGE = 2_000
"""Sales in memory at a time."""


@dataclass(frozen=True, slots=True)
class Position:
    """The sale that was replayed last; they are gone through from the newest on."""

    at: datetime
    conversion: int


@dataclass(frozen=True, slots=True)
class Scope:
    """The sales of one advertiser in ``[since, until)``."""

    advertiser: int
    since: datetime
    until: datetime


@dataclass(frozen=True, slots=True)
class _Sold:
    """A sale as it was decided; without a ``price`` it earned nobody anything, and without what was
    ``recorded`` the change names none of its publishers."""

    position: Position
    recorded: Recorded | None
    paid: int | None
    price: int | None


def sales_in(scope: Scope) -> QuerySet[Conversion]:
    """What is replayed: every decided sale but those that staff declined, which earn nobody
    anything whoever brought them."""
    return Conversion.objects.filter(
        advertiser=scope.advertiser,
        at__gte=scope.since,
        at__lt=scope.until,
        decision__isnull=False,
    ).exclude(commission__decline_reason=Commission.DeclineReason.BY_ADVERTISER)


def circumstances_of(scope: Scope, change: Change) -> Circumstances:
    """The terms over time at the advertiser, and the activations from the page of those who would
    be hard, as far back as a journey of the period can reach. At most three queries."""
    own: dict[int, list[OwnPeriod]] = {}
    periods = PartnershipTerms.objects.filter(advertiser=scope.advertiser).order_by("starts_at")
    for publisher, starts_at, days in periods.values_list("publisher", "starts_at", "hard_days"):
        own.setdefault(publisher, []).append(OwnPeriod(to_ms(starts_at), days))
    terms = AttributionTerms.objects.filter(advertiser=scope.advertiser).order_by("starts_at")
    return Circumstances(
        terms=[ShopTerms(to_ms(row.starts_at), row.hard_days, row.soft_hours) for row in terms],
        own_periods=own,
        activations=_activations(scope, change),
    )


def replay_page(
    scope: Scope, change: Change, circumstances: Circumstances, after: Position | None
) -> tuple[list[Replayed], Position | None]:
    """The next sales from a position (None: the newest) on, and how far that is; None at the end.
    Sales that the change does not concern end as they did; without any change all are replayed."""
    sold = list(_page(scope, change, after))
    would_pay = [_would_pay(sale, change, circumstances) for sale in sold]
    unpriced = [
        sale.position.conversion
        for sale, publisher in zip(sold, would_pay, strict=True)
        if publisher is not None and sale.price is None
    ]
    prices = commissions.amounts(unpriced)
    replayed = [
        Replayed(
            conversion=sale.position.conversion,
            paid=sale.paid,
            would_pay=publisher,
            commission_minor=sale.price or prices.get(sale.position.conversion, 0),
        )
        for sale, publisher in zip(sold, would_pay, strict=True)
    ]
    return replayed, sold[-1].position if len(sold) == PAGE else None


def _would_pay(sale: _Sold, change: Change, circumstances: Circumstances) -> int | None:
    recorded = sale.recorded
    if recorded is None or (change and not concerns(change, recorded)):
        return sale.paid
    paid = replay(recorded, change, circumstances).paid
    return paid.publisher if paid else None


def _page(scope: Scope, change: Change, after: Position | None) -> Iterator[_Sold]:
    sales = sales_in(scope)
    if after:
        same_time = Q(at=after.at, id__lt=after.conversion)
        sales = sales.filter(Q(at__lt=after.at) | same_time, at__lte=after.at)
    rows = sales.order_by("-at", "-id").values_list(
        "id",
        "at",
        "decision__inputs",
        "commission__status",
        "commission__publisher",
        "commission__amount_minor",
    )
    named = change.named_alone
    for key, at, inputs, status, publisher, amount in rows[:PAGE]:
        is_paid = status is not None and status != Commission.Status.DECLINED
        yield _Sold(
            position=Position(at, key),
            recorded=_recorded(inputs, named),
            paid=publisher if is_paid else None,
            price=amount if is_paid else None,
        )


def _recorded(inputs: Mapping[str, Any], named: Collection[int] | None) -> Recorded | None:
    """The sale and its clicks; None, sooner, where none of the publishers ``named`` has one."""
    if named is not None and not any(click["publisher"] in named for click in inputs["clicks"]):
        return None
    return Recorded(decisions.clicks_in(inputs), decisions.sale_in(inputs))


def _activations(scope: Scope, change: Change) -> frozenset[UUID]:
    hard = [key for key, kind in change.types.items() if kind is CookieType.HARD]
    if not hard:
        return frozenset()
    clicks = models.Click.objects.filter(
        advertiser=scope.advertiser,
        publisher__in=hard,
        in_page=True,
        id__gte=lowest_id(to_ms(scope.since - LOOK_BACK)),
    )
    return frozenset(clicks.values_list("id", flat=True))
