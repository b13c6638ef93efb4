"""What people changed lately, from the append-only rows themselves: who, when, why."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import datetime
from itertools import islice
from typing import Any

from django.db.models import Model, QuerySet
from django.utils.translation import gettext as _

from network.models import AttributionTerms, CommissionRate, User
from network.people import access
from network.wording import counted
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
        said = _("Cookie type of %(partner)s: %(cookie_type)s") % {
            "partner": row.partnership,
            "cookie_type": row.get_cookie_type_display(),
        }
        yield _change(row, said, row.partnership)
    for row in _newest(scope, _asked_for(PartnershipTerms.all_rows.all()), *_OF_PARTNER):
        yield _change(row, f"{row.partnership}: {row.get_status_display()}", row.partnership)
    for row in _newest(scope, ModelTypeCookieType.all_rows.all(), "advertiser", "cancels"):
        yield _change(row, _default(row), row.cancels or row)
    for row in _newest(scope, _asked_for(AttributionTerms.all_rows.all()), "advertiser"):
        said = _("Terms of %(advertiser)s: %(soft_rule)s, %(days)s") % {
            "advertiser": row.advertiser,
            "soft_rule": row.soft_rule,
            "days": counted(row.hard_days, "day"),
        }
        yield _change(row, said, row.advertiser)
    for row in _newest(scope, CommissionRate.all_rows.all(), "advertiser"):
        said = _("Commission of %(advertiser)s: %(rate)s") % {
            "advertiser": row.advertiser,
            "rate": row,
        }
        yield _change(row, said, row.advertiser)
    kinds = PublisherModelType.all_rows.all()
    if scope.advertisers is not None:
        theirs = {"publisher__partnerships__advertiser__in": scope.advertisers}
        kinds = kinds.filter(**theirs).distinct()
    for row in _newest(Scope(), kinds, "publisher"):
        said = _("Model type of %(publisher)s: %(model_type)s") % {
            "publisher": row.publisher,
            "model_type": row.get_model_type_display(),
        }
        yield _change(row, said, row.publisher)


def _default(row: ModelTypeCookieType) -> str:
    """Without an advertiser it is the network's."""
    known = {
        "model_type": row.get_model_type_display(),
        "advertiser": row.advertiser,
        "cookie_type": row.get_cookie_type_display(),
    }
    if row.advertiser is None:
        return _("%(model_type)s default of the network: %(cookie_type)s") % known
    return _("%(model_type)s default of %(advertiser)s: %(cookie_type)s") % known


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
