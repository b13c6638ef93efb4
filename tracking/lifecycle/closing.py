"""What becomes final when: open commissions by the time at which their sales close."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, tzinfo

from django.db.models import Count, Exists, OuterRef, Q, QuerySet, Sum, Value
from django.db.models.functions import Greatest, TruncWeek

from tracking.commissions.transitions import OPEN
from tracking.models import Commission, Conversion


@dataclass(frozen=True, slots=True, kw_only=True)
class Week:
    """What becomes final in a week, in one currency; ``monday`` is its first day."""

    monday: date
    currency: str
    commissions: int
    commission_minor: int


BY_ITSELF = Q(conflict="", lapsed=False) & (
    Q(verified=True, over_limit=False)
    | Q(decision__paid_publisher__isnull=True)
    | Q(commission__decline_reason__in=("by_advertiser", "suspended"))
)
"""Sales that time alone closes: those that nobody has to settle, to confirm or to look at first,
and those that pay nobody in any case. What was declined unconfirmed stays open."""


_WAITS = (
    (Q(conflict_since__isnull=False) & ~Q(conflict="")) | Q(verified=False) | Q(over_limit=True)
)
"""Sales that somebody has to say something about; few, and found by indexes."""


def becoming_final(commissions: QuerySet[Commission]) -> QuerySet[Commission]:
    """Those that close by themselves: not in conflict, in want of a confirmation, or on hold."""
    waits = Conversion.objects.filter(
        _WAITS,
        advertiser=OuterRef("advertiser"),
        pk=OuterRef("conversion"),
        closed_at__isnull=True,
        lapsed=False,
    )
    return commissions.filter(~Exists(waits), status__in=OPEN, closed_at__isnull=True)


def by_week(commissions: QuerySet[Commission], now: datetime, zone: tzinfo) -> Sequence[Week]:
    """The weeks in which something becomes final, in order, a line for each currency; what is due
    already counts for this week. One query."""
    closing = Greatest("closes_at", Value(now))
    rows = (
        becoming_final(commissions)
        .annotate(week=TruncWeek(closing, tzinfo=zone))
        .values("week", "currency")
        .annotate(commissions=Count("id"), minor=Sum("amount_minor"))
        .order_by("week", "currency")
    )
    return [
        Week(
            monday=row["week"].date(),
            currency=row["currency"],
            commissions=row["commissions"],
            commission_minor=row["minor"],
        )
        for row in rows
    ]
