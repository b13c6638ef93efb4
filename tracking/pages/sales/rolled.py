"""What the lists of sales and commissions come to, where the rollups know it exactly.

The rollups know each sale under its state, with who is credited. What they do not tell apart is
counted from its rows: whoever was credited before nobody was paid, and what a commission would be
that waits for a conflict. There are few of these.
"""

from collections import Counter
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

from django.contrib.admin.views.main import ChangeList
from django.db.models import Q, QuerySet
from django.http import HttpRequest

from network.models import Advertiser
from network.pages.site.admin_site import AdvertiserFilter
from network.pages.site.totals import ListTotal
from network.people import access
from tracking.commissions.states import NOBODY_PAID, SaleState
from tracking.figures.lists import Added, add_up
from tracking.figures.queries import EARNING, Scope
from tracking.models import Commission
from tracking.pages.sales.entered import EnteredFilter
from tracking.pages.sales.filters import (
    CookieTypeFilter,
    CurrencyFilter,
    PeriodFilter,
    PublisherFilter,
    SaleStateFilter,
    StateFilter,
    days_until_now,
)
from tracking.rollups.contributions import STATES
from tracking.rule.reasons import Counted

APART = 1_000
"""Rows that the rollups do not tell apart are counted no further."""
_OF_STATE = {
    state.value: {counted for counted, each in STATES.items() if each is state}
    for state in SaleState
}
_CREDITED = {*STATES} - {Counted.SALE_NOBODY, Counted.SALE_CONFLICT_UNPAID}
_OPEN = set(EARNING) - {Counted.SALE_FINAL}
_DECLINED = Q(status=Commission.Status.DECLINED)
_NOBODY_PAID = Q(decline_reason=NOBODY_PAID)
_IN_CONFLICT = Q(conversion__conflict_since__isnull=False, conversion__closed_at=None) & ~Q(
    conversion__conflict=""
)


@dataclass(frozen=True, slots=True)
class _Asked:
    """What a list is narrowed by, as far as the rollups know it."""

    scope: Scope
    since: datetime | None = None
    until: datetime | None = None
    state: str = ""

    def within(self, since: datetime | None, until: datetime | None) -> "_Asked":
        later = max(filter(None, (self.since, since)), default=None)
        return replace(
            self, since=later, until=min(filter(None, (self.until, until)), default=None)
        )

    def of(self, **scope: Any) -> "_Asked":
        return replace(self, scope=replace(self.scope, **scope))

    def shops(self, shops: Collection[int]) -> "_Asked":
        held = self.scope.advertisers
        return self.of(advertisers=frozenset(shops) if held is None else held & frozenset(shops))


def of_sales(request: HttpRequest, found: ChangeList) -> ListTotal | None:
    asked = _asked(request, found)
    if asked is None or asked.state == "open":
        return None
    is_of_partner = bool(asked.scope.cookie_type or asked.scope.publishers)
    if is_of_partner and asked.state == SaleState.NOBODY:
        return None
    counted = _OF_STATE[asked.state] if asked.state else set(STATES)
    apart = []
    if asked.state == SaleState.NOBODY:
        in_conflict = Q(conflict_since__isnull=False, closed_at=None) & ~Q(conflict="")
        apart = [Q(pays_nobody=True) & in_conflict]
    elif is_of_partner and asked.state in ("", SaleState.CONFLICT):
        apart = [Q(commission__decline_reason=NOBODY_PAID)]
    return _added_up(
        add_up(asked.scope, asked.since, asked.until, counted),
        set(EARNING),
        (_rows(found, each, "amount_minor") for each in apart),
    )


def of_commissions(request: HttpRequest, found: ChangeList) -> ListTotal | None:
    asked = _asked(request, found)
    if asked is None or asked.state == SaleState.NOBODY:
        return None
    named: Mapping[str, Collection[Counted]] = {
        "": _CREDITED,
        "open": _OPEN,
        "earning": EARNING,
        SaleState.CONFLICT: {Counted.SALE_CONFLICT},
    }
    counted = named[asked.state] if asked.state in named else _OF_STATE[asked.state]
    apart = []
    if asked.state in ("", SaleState.CONFLICT):
        apart = [_DECLINED & _IN_CONFLICT & ~_NOBODY_PAID, _NOBODY_PAID]
    return _added_up(
        add_up(asked.scope, asked.since, asked.until, counted),
        set(STATES),
        (_rows(found, each, "sale_amount_minor", "amount_minor") for each in apart),
    )


def _rows(found: ChangeList, apart: Q, *amounts: str) -> list[tuple[Any, ...]]:
    rows: QuerySet[Any] = found.queryset.filter(apart).order_by()
    return list(rows.values_list("currency", *amounts)[: APART + 1])


def _added_up(
    added: Iterable[Added] | None,
    earning: Collection[Counted],
    apart: Iterable[list[tuple[Any, ...]]],
) -> ListTotal | None:
    """``earning``: of what the commission is told."""
    if added is None:
        return None
    number: Counter[str] = Counter()
    amounts: Counter[str] = Counter()
    commissions: Counter[str] = Counter()
    for one in added:
        number[one.currency] += one.number
        amounts[one.currency] += one.sale_amount_minor
        if one.counted in earning:
            commissions[one.currency] += one.commission_minor
    for rows in apart:
        if len(rows) > APART:
            return None
        for currency, amount, *commission in rows:
            number[currency] += 1
            amounts[currency] += amount
            commissions[currency] += sum(commission)
    known = sorted(currency for currency, rows_of in number.items() if rows_of)
    sums = {currency: (amounts[currency], commissions[currency]) for currency in known}
    return ListTotal(number.total(), sums)


def _asked(request: HttpRequest, found: ChangeList) -> _Asked | None:
    """None where the list is narrowed by something that the rollups do not know."""
    known = access.access_of(request.user)
    asked: _Asked | None = _Asked(
        Scope(advertisers=None if known.operator else frozenset(known.staff_roles))
    )
    read: set[str | None] = {AdvertiserFilter.parameter_name}  # offered to nobody who has one alone
    for spec in found.filter_specs:
        read |= set(spec.expected_parameters())
        asked = asked and _narrowed(asked, spec)
    if found.query or not read.issuperset(found.get_filters_params()):
        return None
    return asked


def _narrowed(asked: _Asked, spec: Any) -> _Asked | None:
    """By one of the list's filters, in which something may be chosen."""
    if isinstance(spec, EnteredFilter):
        return _entered(asked, spec)
    chosen = spec.value() if hasattr(spec, "value") else _of_column(spec)
    if chosen is None:
        return asked
    match spec:
        case AdvertiserFilter():
            return asked.shops([int(chosen)])
        case CurrencyFilter():
            shops = Advertiser.objects.filter(currency=chosen).order_by()
            return asked.shops(shops.values_list("pk", flat=True))
        case PublisherFilter():
            return asked.of(publishers=frozenset([int(chosen)]))
        case PeriodFilter():
            days = days_until_now(chosen)
            return asked.within(days.since, days.until)
        case StateFilter() | SaleStateFilter():
            return replace(asked, state=chosen)
        case CookieTypeFilter():
            return asked.of(cookie_type=chosen)
    if list(spec.used_parameters) == [CookieTypeFilter.parameter_name]:
        return asked.of(cookie_type=chosen)
    return None


def _of_column(spec: Any) -> str | None:
    """What is chosen of a column's choices."""
    used = spec.used_parameters
    if not used:
        return None
    (values, *others) = used.values()
    is_one = not others and isinstance(values, list) and len(values) == 1
    return str(values[0]) if is_one else ""


def _entered(asked: _Asked, spec: EnteredFilter) -> _Asked | None:
    if not spec.used_parameters or not spec.form.is_valid():
        return asked
    data = spec.form.cleaned_data
    if any(data[name] not in (None, "") for name in ("who", "least", "most", "voucher")):
        return None
    return asked.within(spec.form.since_at, spec.form.until_at)
