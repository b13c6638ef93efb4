"""How often each click was used: where it landed, and which orders are credited to it.

Counted when it is asked for, from the rows of what happened; ``docs/figures.md`` defines the
numbers.
"""

from collections.abc import Collection, Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any, TypeAlias
from uuid import UUID

from django.db.models import Count, Exists, F, Min, OuterRef, Q, QuerySet, Subquery

from network.clock import to_ms
from tracking.landings.models import MOST_BROWSERS, MOST_ORDERS
from tracking.models import Click, Conversion, ConversionJourney, Decision, Landing, Report
from tracking.rule.tokens import lowest_id


@dataclass(frozen=True, slots=True)
class Use:
    """What is known of one click. ``landed_at``: when it was first seen in the shop, fresh;
    ``stale``: landings of a token that somebody had kept; ``apart``: fresh ones in a browser that
    was on another journey, so that the click was not followed in it."""

    landed_at: datetime | None = None
    landings: int = 0
    stale: int = 0
    apart: int = 0
    browsers: int = 0
    orders: int = 0
    journeys: int = 0

    @property
    def is_over_limit(self) -> bool:
        return self.orders > MOST_ORDERS or self.browsers > MOST_BROWSERS


_FRESH = Q(is_fresh=True)
_BROWSERS = Count("journey", filter=_FRESH & ~Q(journey=0), distinct=True) + Count(
    "id", filter=_FRESH & Q(journey=0)
)
"""The tag asks once in each browser; one that brings our cookies is known by its journey."""


_APART = Q(is_fresh=True, followed__isnull=False) & ~Q(journey=0) & ~Q(journey=F("followed"))
"""The browser says which journey it is on, and it is not that on which the link was followed."""
Advertisers: TypeAlias = int | OuterRef
"""One advertiser, or that of whichever row is asked about. What names one can be asked of a
cluster, too (docs/operations.md, Many machines)."""
EACH = OuterRef("advertiser")


def _followed(advertiser: Advertisers) -> Subquery:
    """The journey on which the click of a landing was made."""
    made = Click.objects.filter(advertiser=advertiser, id=OuterRef("click"))
    return Subquery(made.values("journey"))


def uses_of(advertiser: int, clicks: Collection[UUID]) -> Mapping[UUID, Use]:
    """The uses of these clicks; a click that was not used has none. Two queries."""
    landed = Landing.objects.filter(advertiser=advertiser, click__in=clicks)
    counted = landed.annotate(followed=_followed(EACH)).values("click")
    found = {
        row["click"]: Use(
            landed_at=row["landed_at"],
            landings=row["landings"],
            stale=row["stale"],
            apart=row["apart"],
            browsers=row["browsers"],
        )
        for row in counted.annotate(
            landed_at=Min("at", filter=_FRESH),
            landings=Count("id"),
            stale=Count("id", filter=~_FRESH),
            apart=Count("id", filter=_APART),
            browsers=_BROWSERS,
        ).order_by()
    }
    sold = ConversionJourney.objects.filter(
        advertiser=advertiser, conversion__decision__paid_click__in=clicks
    ).values("conversion__decision__paid_click")
    for row in sold.annotate(
        orders=Count("conversion", distinct=True), journeys=Count("journey", distinct=True)
    ).order_by():
        click: UUID = row["conversion__decision__paid_click"]  # type: ignore[assignment]
        found[click] = replace(
            found.get(click, Use()), orders=row["orders"], journeys=row["journeys"]
        )
    return found


def clicks_that_landed(advertiser: int, publisher: int, since: datetime) -> int:
    """How many clicks of this partner, made since then, were seen fresh in the shop. One query."""
    landed = Landing.objects.filter(
        _FRESH, advertiser=advertiser, publisher=publisher, click__gte=lowest_id(to_ms(since))
    )
    return landed.values("click").distinct().count()


def by_too_many_orders(only: Q) -> QuerySet[Decision, Any]:
    """The clicks that more orders are credited to than :data:`MOST_ORDERS`. A decision that came
    when a click had so many says so; how many there are by now is counted of these alone."""
    often = Decision.objects.filter(only, orders_of_click__gt=MOST_ORDERS)
    current = Decision.objects.filter(
        only, current_of__isnull=False, paid_click__in=often.values("paid_click")
    )
    counted = current.values("advertiser", "paid_click").annotate(orders=Count("id")).order_by()
    return counted.filter(orders__gt=MOST_ORDERS).values_list("paid_click", flat=True)


def by_too_many_browsers(only: Q) -> QuerySet[Landing, Any]:
    """The clicks that landed in more browsers than :data:`MOST_BROWSERS`: counted of those that
    landed so often at all."""
    often = Landing.objects.filter(only, number__gt=MOST_BROWSERS)
    counted = (
        Landing.objects.filter(only, click__in=often.values("click"))
        .values("advertiser", "click")
        .annotate(browsers=_BROWSERS)
        .order_by()
    )
    return counted.filter(browsers__gt=MOST_BROWSERS).values_list("click", flat=True)


def of_clicks_from_apart(of: Advertisers = EACH) -> Q:
    """Sales that are credited to a click which landed in a browser that was on another journey."""
    landed = Landing.objects.filter(advertiser=of, click=OuterRef("decision__paid_click"))
    return Q(Exists(landed.annotate(followed=_followed(of)).filter(_APART)))


def of_clicks_that_never_landed(of: Advertisers = EACH) -> Q:
    """Sales that are credited to a click which was never seen to land, while one of another journey
    was that came with the same sale. The tag keeps no click without asking about it: a script may
    have put it into the page's cookies. Not where a report says that there was no answer, nor of
    what was activated in the page, which does not land."""
    credited = Click.objects.filter(
        advertiser=of, id=OuterRef("conversion__decision__paid_click"), in_page=False
    )
    seen = Landing.objects.filter(_FRESH, advertiser=of)
    other = Click.objects.filter(
        Exists(seen.filter(click=OuterRef("id"))), advertiser=of, journey=OuterRef("journey")
    )
    beside = ConversionJourney.objects.filter(advertiser=of, conversion=OuterRef("pk")).annotate(
        credited=Subquery(credited.values("journey"))
    )
    unanswered = Report.objects.filter(advertiser=of, conversion=OuterRef("pk"), is_unanswered=True)
    return (
        Q(Exists(beside.filter(Exists(other), ~Q(journey=F("credited")), credited__isnull=False)))
        & ~Q(Exists(seen.filter(click=OuterRef("decision__paid_click"))))
        & ~Q(Exists(unanswered))
    )


def never_landed(sale: Conversion) -> bool:
    """Whether this sale is one of :func:`of_clicks_that_never_landed`. One query."""
    rows = Conversion.objects.filter(advertiser=sale.advertiser_id, pk=sale.pk)
    return rows.filter(of_clicks_that_never_landed(sale.advertiser_id)).exists()


def of_overused_clicks(advertiser: int | None = None) -> Q:
    """Sales that are credited to such a click, of one advertiser or of all."""
    only = Q() if advertiser is None else Q(advertiser=advertiser)
    overused = by_too_many_orders(only).union(by_too_many_browsers(only))
    return Q(decision__paid_click__in=overused)
