"""The life that is multiplied: shoppers of some shops, their clicks and orders over 90 days.

The product itself makes all of it, from clicks and reports. Everything happens in the first third
of an hour, so that a copy can be moved on by up to :data:`MOVED_BY` and is counted in the same
hours.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from decimal import Decimal
from itertools import cycle, islice
from random import Random

from django.db import transaction

from network.advertisers.terms import NewAdvertiser, create_advertiser
from network.demo.story.shoppers import Browser
from network.demo.story.stories import Follow
from network.models import Advertiser
from publishers.models import ModelType
from publishers.policy import deciding
from tracking.clicks import partitions, snapshot
from tracking.clicks.snapshot import AdvertiserSnapshot
from tracking.spool import intake

DAYS = 95
SHOPS, PUBLISHERS = 4, 24
SALES = 200
"""Sales that the product makes; each order is copied with the clicks before it."""
MOST_CLICKS = 10
CLICKS_A_SALE = 10
"""On the average: those of the buyer, 1 to 10, and of a visitor who buys nothing."""
JOURNEY_DAYS = 12
WITHIN = timedelta(minutes=20)
MOVED_BY = timedelta(minutes=39)
_HOUR = timedelta(hours=1)


@dataclass(frozen=True, slots=True)
class Lived:
    """An order, at which shop, and the ids of the clicks that are copied with it."""

    advertiser: int
    order: str
    clicks: tuple[str, ...]


def live(now: datetime) -> list[Lived]:
    """Shops, their partners, and what the product makes of their shoppers up to now."""
    begin = (now - timedelta(days=DAYS)).replace(minute=0, second=0, microsecond=0)
    for months in range(DAYS // 28 + 1):
        partitions.ensure(begin + months * timedelta(days=28))
    shops, publishers = _settle(begin - timedelta(days=2))
    known = snapshot.build().advertisers
    random = Random(1)  # noqa: S311 - a story, no secret
    ends = now - _HOUR - MOVED_BY
    first = begin + timedelta(days=JOURNEY_DAYS)
    apart = (ends - first) / SALES
    return [
        _order(number, known[shop], first + number * apart, publishers, random)
        for number, shop in enumerate(islice(cycle(shops), SALES))
    ]


def _settle(since: datetime) -> tuple[list[int], list[int]]:
    """The ids of the shops, and of the publishers that are partners of all of them."""
    kinds = cycle(list(ModelType))
    publishers = [
        deciding.create_publisher(f"{kind.label} {number}", kind, since)
        for number, kind in enumerate(islice(kinds, PUBLISHERS), 1)
    ]
    shops = [_shop(number, since) for number in range(1, SHOPS + 1)]
    for shop in shops:
        for publisher in publishers:
            deciding.create_partnership(shop, publisher, since, made_by=None, status="approved")
    return [shop.pk for shop in shops], [publisher.pk for publisher in publishers]


def _shop(number: int, since: datetime) -> Advertiser:
    return create_advertiser(
        NewAdvertiser(
            name=f"Shop {number}",
            currency="GBP",
            landing_url=f"https://shop{number}.example/",
            domains=[f"shop{number}.example"],
            consent_default="store",
            percent=Decimal(6 + number),
            network_fee_percent=Decimal(10),
            verification=Advertiser.Verification.BROWSER,
        ),
        since,
    )


def _order(
    number: int, shop: AdvertiserSnapshot, at: datetime, publishers: Sequence[int], random: Random
) -> Lived:
    """A journey that ends in an order, and a visitor at the same time who buys nothing."""
    buyer, visitor = Browser(2 * number, shop), Browser(2 * number + 1, shop)
    count = 1 + number % MOST_CLICKS
    records = []
    for browser, clicks in ((buyer, count), (visitor, CLICKS_A_SALE - 5 - count % 2)):
        for clicked in _moments(random, at, clicks):
            follow = Follow(random.choice(publishers))
            records.append(browser.follow(follow, clicked))
    order = f"LIFE-{number}"
    bought = _within(random, at)
    report = buyer.buy(order, "tag", bought, voucher=False, comma=False)
    reports = [intake.report_record(report)]
    if number % 5 == 0 and (confirmed := buyer.confirm("pixel", bought + timedelta(seconds=2))):
        reports.append(intake.report_record(confirmed))
    with transaction.atomic():
        intake.store(records, at)
        intake.store(reports, bought)
    return Lived(shop.id, order, tuple(record["id"] for record in records))


def _moments(random: Random, at: datetime, count: int) -> Iterator[datetime]:
    """So many moments in the days before, in order, in different hours."""
    hours = sorted(random.sample(range(1, JOURNEY_DAYS * 24), count), reverse=True)
    return (_within(random, at - hour * _HOUR) for hour in hours)


def _within(random: Random, at: datetime) -> datetime:
    begin = at.replace(minute=0, second=0, microsecond=0)
    return begin + timedelta(milliseconds=random.randrange(int(WITHIN.total_seconds()) * 1000))
