"""What people changed lately, from the append-only rows themselves: who, when, why."""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from itertools import islice
from typing import Any

from django.db.models import Model, OuterRef, QuerySet, Subquery
from django.db.models.functions import JSONObject
from django.utils.translation import gettext as _

from network.advertisers.words import rate_text
from network.effective import rebasing
from network.effective.rows import WholeTerms
from network.effective.words import changed_in_words, in_words
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
_FORMER: Mapping[type[Model], tuple[tuple[str, ...], tuple[str, ...]]] = {
    CookieTypeAssignment: (("partnership",), ("cookie_type",)),
    PartnershipTerms: (("partnership",), PartnershipTerms.carried),
    ModelTypeCookieType: (("advertiser", "model_type"), ("cookie_type",)),
    AttributionTerms: (("advertiser",), AttributionTerms.carried),
    CommissionRate: (("advertiser", "group"), ("percent", "fixed_minor")),
    PublisherModelType: (("publisher",), ("model_type",)),
}
"""By what rows follow on each other, and what is told of the one before. (Of the network's own
defaults, which have no advertiser to be found by, none is told.)"""
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
    yield from _of_partners(scope)
    yield from _of_shops(scope)
    yield from _of_publishers(scope)


def _of_partners(scope: Scope) -> Iterator[RecentChange]:
    for row in _newest(scope, CookieTypeAssignment.all_rows.all(), *_OF_PARTNER):
        before = _before(row)
        said = _("Cookie type of %(partner)s: %(cookie_type)s") % {
            "partner": row.partnership,
            "cookie_type": _arrow(
                before and before.get_cookie_type_display(), row.get_cookie_type_display()
            ),
        }
        yield _change(row, said, row.partnership)
    for row in _newest(scope, _asked_for(PartnershipTerms.all_rows.all()), *_OF_PARTNER):
        before = _before(row)
        said = row.get_status_display() if before is None else _step(before, row)
        yield _change(row, f"{row.partnership}: {said}", row.partnership)


def _of_shops(scope: Scope) -> Iterator[RecentChange]:
    for row in _newest(scope, ModelTypeCookieType.all_rows.all(), "advertiser", "cancels"):
        yield _change(row, _default(row, _before(row)), row.cancels or row)
    for row in _newest(scope, _asked_for(AttributionTerms.all_rows.all()), "advertiser"):
        before = _before(row)
        held = in_words(AttributionTerms, rebasing.values_of(row))
        said = _("Terms of %(advertiser)s: %(terms)s") % {
            "advertiser": row.advertiser,
            "terms": held if before is None else _step(before, row),
        }
        yield _change(row, said, row.advertiser)
    for row in _newest(scope, CommissionRate.all_rows.all(), "advertiser"):
        before = _before(row)
        rate = rate_text(row, row.advertiser)
        said = _("Commission of %(advertiser)s: %(rate)s") % {
            "advertiser": row.advertiser,
            "rate": _arrow(before and rate_text(before, row.advertiser), rate),
        }
        yield _change(row, said, row.advertiser)


def _of_publishers(scope: Scope) -> Iterator[RecentChange]:
    kinds = PublisherModelType.all_rows.all()
    if scope.advertisers is not None:
        theirs = {"publisher__partnerships__advertiser__in": scope.advertisers}
        kinds = kinds.filter(**theirs).distinct()
    for row in _newest(Scope(), kinds, "publisher"):
        before = _before(row)
        said = _("Model type of %(publisher)s: %(model_type)s") % {
            "publisher": row.publisher,
            "model_type": _arrow(
                before and before.get_model_type_display(), row.get_model_type_display()
            ),
        }
        yield _change(row, said, row.publisher)


def _step(before: WholeTerms, row: WholeTerms) -> str:
    return changed_in_words(type(row), rebasing.values_of(before), rebasing.values_of(row))


def _before(row: Any) -> Any:
    """What the row took the place of, as far as it is told; None for the first."""
    if row.former is None:
        return None
    held = {
        name: Decimal(str(value)) if isinstance(value, float) else value
        for name, value in row.former.items()
    }
    return type(row)(**held)


def _arrow(before: Any, after: str) -> str:
    return f"{before} → {after}" if before else after


def _default(row: ModelTypeCookieType, before: ModelTypeCookieType | None) -> str:
    """Without an advertiser it is the network's."""
    known = {
        "model_type": row.get_model_type_display(),
        "advertiser": row.advertiser,
        "cookie_type": _arrow(
            before and before.get_cookie_type_display(), row.get_cookie_type_display()
        ),
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
    of, told = _FORMER[rows.model]
    earlier = rows.model.objects.filter(
        **{name: OuterRef(name) for name in of}, starts_at__lt=OuterRef("starts_at")
    ).order_by("-starts_at")
    values = JSONObject(**{name: name for name in told})
    former = Subquery(earlier.values(former_values=values)[:1])
    found = rows.select_related("made_by", *related).annotate(former=former)
    newest: QuerySet[Any] = found.order_by("-created_at", "-id")[:MOST]
    return newest


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
