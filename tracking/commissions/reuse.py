"""How many orders a click is credited with: told with each decision, so that the clicks that have
more than usual are found without a look at all the others."""

from collections import Counter
from collections.abc import Sequence
from uuid import UUID

from django.db.models import Count

from tracking.models import Decision

MOST_TOLD = 30_000
"""What the column holds; far beyond what is looked at."""


def number(decisions: Sequence[Decision]) -> None:
    """Tell each of an advertiser's new decisions how many orders its click is credited with by
    then, this one included, or rather more: a sale that is decided again may count twice. One
    query; none where nobody is paid. The orders' journeys must be locked."""
    paying = [(one, one.paid_click) for one in decisions if one.paid_click]
    if not paying:
        return
    before = _orders(paying[0][0].advertiser_id, {click for _, click in paying})
    for decision, click in paying:
        before[click] += 1
        decision.orders_of_click = min(before[click], MOST_TOLD)


def _orders(advertiser: int, clicks: set[UUID]) -> Counter[UUID]:
    """By click, the orders that were ever credited to it."""
    decided = Decision.objects.filter(advertiser=advertiser, paid_click__in=sorted(clicks))
    counted = decided.order_by().values_list("paid_click")
    return Counter(dict(counted.annotate(Count("conversion", distinct=True))))
