"""What people changed lately, from the append-only rows themselves: who, when, why."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import datetime
from itertools import islice
from typing import Any

from django.db.models import Model, QuerySet

from network.models import AttributionTerms, CommissionRate, User
from network.people import access
from publishers.models import (
    CookieTypeAssignment,
    ModelTypeCookieType,
    PartnershipTerms,
    PublisherModelType,
)
from tracking.figures.queries import Scope

MOST = 12
_OF_PARTNER = ("partnership__publisher", "partnership__advertiser")


@dataclass(frozen=True, slots=True, kw_only=True)
class RecentChange:
    """One change; ``row`` is what it is about."""

    created_at: datetime
    starts_at: datetime
    what: str
    row: Model
    made_by: User | None
    is_networks: bool
    reason: str


def recent(scope: Scope) -> list[RecentChange]:
    """The newest changes, newest first. Six queries."""
    found = sorted(_all(scope), key=lambda change: change.created_at, reverse=True)
    return list(islice(found, MOST))


def _all(scope: Scope) -> Iterator[RecentChange]:
    for row in _newest(scope, CookieTypeAssignment.all_rows.all(), *_OF_PARTNER):
        said = f"Cookie type of {row.partnership}: {row.get_cookie_type_display()}"
        yield _change(row, said, row.partnership)
    for row in _newest(scope, _asked_for(PartnershipTerms.all_rows.all()), *_OF_PARTNER):
        yield _change(row, f"{row.partnership}: {row.get_status_display()}", row.partnership)
    for row in _newest(scope, ModelTypeCookieType.all_rows.all(), "advertiser", "cancels"):
        whose = row.advertiser or "the network"
        said = f"{row.get_model_type_display()} default of {whose}: {row.get_cookie_type_display()}"
        yield _change(row, said, row.cancels or row)
    for row in _newest(scope, _asked_for(AttributionTerms.all_rows.all()), "advertiser"):
        said = f"Terms of {row.advertiser}: {row.soft_rule}, {row.hard_days} days"
        yield _change(row, said, row.advertiser)
    for row in _newest(scope, CommissionRate.all_rows.all(), "advertiser"):
        yield _change(row, f"Commission of {row.advertiser}: {row}", row.advertiser)
    kinds = PublisherModelType.all_rows.all()
    if scope.advertisers is not None:
        theirs = {"publisher__partnerships__advertiser__in": scope.advertisers}
        kinds = kinds.filter(**theirs).distinct()
    for row in _newest(Scope(), kinds, "publisher"):
        said = f"Model type of {row.publisher}: {row.get_model_type_display()}"
        yield _change(row, said, row.publisher)


def _asked_for(rows: QuerySet[Any]) -> QuerySet[Any]:
    """Without what was written again because of another change: nobody changed that."""
    return rows.filter(rewrites=None, cancels__rewritten_by=None)


def _newest(scope: Scope, rows: QuerySet[Any], *related: str) -> Iterable[Any]:
    if scope.advertisers is not None:
        rows = access.of_advertisers(rows, scope.advertisers)
    return rows.select_related("made_by", *related).order_by("-created_at", "-id")[:MOST]


def _change(row: Any, what: str, about: Model) -> RecentChange:
    if row.cancels_id is not None:
        what = f"{what}: cancelled before it started"
    return RecentChange(
        created_at=row.created_at,
        starts_at=row.starts_at,
        what=what,
        row=about,
        made_by=row.made_by,
        is_networks=row.is_networks,
        reason=row.reason,
    )
