"""Telling publishers that sales credited to them are declined, since nobody confirmed them."""

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta

from network.models import Advertiser
from publishers.models import Notice, Partnership
from publishers.notices.writing import address

MAILED_EVERY = timedelta(days=1)
"""A shop that confirms nothing has sales declined all day long: one mail a day, from each shop."""


@dataclass(frozen=True, slots=True, kw_only=True)
class DeclinedSale:
    """A sale whose commission is declined; the amount is the commission's."""

    publisher: int
    order: str
    amount_minor: int
    currency: str


def tell(advertiser: Advertiser, sales: Iterable[DeclinedSale], now: datetime) -> None:
    """A notice to each of the publishers, in the transaction that declines. Its page has them all;
    it is mailed if none was within :data:`MAILED_EVERY`."""
    of: dict[int, list[DeclinedSale]] = defaultdict(list)
    for sale in sales:
        of[sale.publisher].append(sale)
    if not of:
        return
    partnerships = Partnership.objects.filter(advertiser=advertiser, publisher__in=list(of))
    written = [
        _notice(advertiser, row, of[row.publisher_id], now) for row in partnerships.order_by("pk")
    ]
    lately = Notice.objects.filter(
        advertiser=advertiser,
        publisher__in=list(of),
        event=Notice.Event.DECLINED,
        created_at__gt=now - MAILED_EVERY,
        mails__isnull=False,
    )
    told = set(lately.values_list("publisher", flat=True))
    Notice.objects.bulk_create(written)
    address([notice for notice in written if notice.publisher_id not in told], now)


def _notice(
    advertiser: Advertiser, row: Partnership, sales: list[DeclinedSale], now: datetime
) -> Notice:
    return Notice(
        publisher_id=row.publisher_id,
        advertiser=advertiser,
        partnership=row,
        event=Notice.Event.DECLINED,
        created_at=now,
        takes_effect_at=now,
        decided_by=Notice.Decider.NETWORK,
        facts={
            "orders": [sale.order for sale in sales],
            "number": len(sales),
            "amount_minor": sum(sale.amount_minor for sale in sales),
            "currency": sales[0].currency,
            "confirm_days": advertiser.confirm_days,
            "cancelled": False,
        },
    )
