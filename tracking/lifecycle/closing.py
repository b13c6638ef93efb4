"""What becomes final when: open commissions by the time at which their sales close."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta, tzinfo

from django.db.models import Count, Exists, OuterRef, Q, QuerySet, Sum, Value
from django.db.models.functions import Greatest, TruncWeek

from network.models import Advertiser
from tracking.commissions.settling import commission_of
from tracking.commissions.transitions import OPEN
from tracking.evidence.closing import lapses_at
from tracking.models import Commission, Conversion


@dataclass(frozen=True, slots=True, kw_only=True)
class Week:
    """What becomes final in a week, in one currency; ``monday`` is its first day."""

    monday: date
    currency: str
    commissions: int
    commission_minor: int


RULED = ("by_advertiser", "suspended")
"""Why a commission was declined of which there is nothing to confirm."""

_MAY_CLOSE = Q(conflict="", lapsed=False)
"""What was declined unconfirmed stays open."""

_SETTLED = (
    Q(verified=True, over_limit=False)
    | Q(verified=True, decision__paid_publisher__isnull=True)
    | Q(commission__decline_reason__in=RULED)
)

BY_ITSELF = _MAY_CLOSE & _SETTLED
"""Sales that close when their windows have: those that nobody has to settle, to confirm or to look
at first, and those that pay nobody in any case."""


def due(shop: Advertiser, known_to: datetime) -> Q:
    """The shop's sales that close by now. What pays nobody and nobody has confirmed is open to a
    confirmation for the shop's ``confirm_days``, as what pays somebody
    (:attr:`tracking.evidence.closing.Standing.ends_at`)."""
    unconfirmed = Q(
        verified=False,
        decision__paid_publisher__isnull=True,
        closes_at__lte=known_to - timedelta(days=shop.confirm_days),
    )
    return _MAY_CLOSE & Q(closes_at__lte=known_to) & (_SETTLED | unconfirmed)


def ends_at(conversion: Conversion) -> datetime:
    """When one of them closes (:func:`due`), if nobody has to say anything about it."""
    assert conversion.closes_at is not None
    commission = commission_of(conversion)
    is_declined = commission is not None and commission.status == Commission.Status.DECLINED
    is_settled = is_declined and commission is not None and commission.decline_reason in RULED
    pays = commission is not None and not is_declined
    if pays or is_settled or conversion.verified:
        return conversion.closes_at
    return lapses_at(conversion.closes_at, conversion.advertiser.confirm_days)


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
