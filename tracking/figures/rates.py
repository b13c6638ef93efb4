"""What an advertiser's sales would have paid by another commission."""

from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal

from django.db.models import Count, DecimalField, F, Sum
from django.db.models.functions import Cast, Round

from network.models import Advertiser
from tracking.models import Commission


@dataclass(frozen=True, slots=True)
class PaidBy:
    """Credited sales of a period, in minor units: what they sold, what they paid, and what they
    would have paid."""

    sales: int
    sold_minor: int
    paid_minor: int
    would_pay_minor: int


def paid_by(
    advertiser: Advertiser, since: datetime, percent: Decimal | None, fixed_minor: int | None
) -> PaidBy:
    """Of commissions that are not declined, by one rate for all of them, each rounded by itself.
    One query."""
    rows = Commission.objects.filter(advertiser=advertiser, sold_at__gte=since)
    exact = Cast(F("sale_amount_minor"), DecimalField(max_digits=24, decimal_places=6))
    share = Round(exact * (percent or Decimal(0)) / Decimal(100))
    found = rows.exclude(status=Commission.Status.DECLINED).aggregate(
        sales=Count("pk"),
        sold=Sum("sale_amount_minor", default=0),
        paid=Sum("amount_minor", default=0),
        by_percent=Sum(share, default=Decimal(0)),
    )
    would = found["sales"] * fixed_minor if fixed_minor is not None else int(found["by_percent"])
    return PaidBy(found["sales"], found["sold"], found["paid"], would)
