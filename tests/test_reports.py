"""The figures of pages: what each counts, and that they follow whatever happens to a sale."""

from collections.abc import Iterable
from datetime import UTC, date, timedelta
from zoneinfo import ZoneInfo

import pytest
from pytest_django import DjangoAssertNumQueries

from publishers.models import Partnership
from tests.makers import NOW, Shopper, make_advertiser, make_partner, make_publisher
from tracking.models import Rollup
from tracking.reasons import Counted
from tracking.reports import (
    By,
    PartnerFigures,
    Period,
    Scope,
    StateTotal,
    annotate_partners,
    lines,
    partner_figures,
    totals,
)

pytestmark = pytest.mark.django_db

MINUTE = timedelta(minutes=1)
HOUR = timedelta(hours=1)
PERIOD = Period.up_to(NOW + 2 * HOUR, timedelta(days=90))


class Network:
    """A shop that pays 8 %, with a blog and a review site (hard) and an overlay (soft)."""

    def __init__(self) -> None:
        self.shop = make_advertiser("Shop")
        self.blog, self.review = (
            make_partner(self.shop, make_publisher(name)) for name in ("Blog", "Review")
        )
        self.overlay = make_partner(self.shop, make_publisher("Overlay", model_type="overlay"))

    def figures_of(self, partner: Partnership) -> PartnerFigures:
        found = annotate_partners(Partnership.objects.filter(pk=partner.pk), PERIOD).get()
        return partner_figures(found)


@pytest.fixture
def network() -> Network:
    return Network()


def counted(partners: Iterable[Partnership | None] = ()) -> dict[str, int]:
    """What the rollups say, summed up; without what comes to nothing."""
    sums: dict[str, int] = {}
    for row in Rollup.objects.all():
        sums[row.counted] = sums.get(row.counted, 0) + row.count
    return {name: number for name, number in sums.items() if number}


def test_a_sale_and_its_clicks(network: Network) -> None:
    shopper = Shopper()
    shopper.follow(network.blog, NOW)
    shopper.follow(network.overlay, NOW + MINUTE)
    shopper.buy(network.shop, NOW + 2 * MINUTE)
    (line,) = totals(Scope(advertisers=frozenset({network.shop.pk})), PERIOD)
    assert (line.clicks_recorded, line.clicks_counting, line.clicks_stood_down) == (2, 2, 1)
    assert (line.sales, line.sale_amount_minor, line.commission_minor) == (1, 4990, 399)
    assert line.states == {"Pending": StateTotal(1, 399)}


def test_partners(network: Network) -> None:
    shopper = Shopper()
    shopper.follow(network.blog, NOW)
    shopper.follow(network.overlay, NOW + MINUTE)
    shopper.follow(network.review, NOW + 3 * MINUTE)
    shopper.buy(network.shop, NOW + 5 * MINUTE)
    blog, overlay, review = (
        network.figures_of(partner) for partner in (network.blog, network.overlay, network.review)
    )
    assert (blog.touched, blog.after_other, blog.paid_sales) == (1, 0, 0)
    assert (overlay.touched, overlay.after_other, overlay.stood_down_sales) == (1, 1, 1)
    assert (review.taken_over_sales, review.taken_over_minor) == (1, 399)
    assert (review.share_after_other, review.commission_minor) == (1.0, 399)
    assert review.median_seconds == pytest.approx(120, rel=0.1)


def test_days_are_days_of_the_reader(
    network: Network, django_assert_num_queries: DjangoAssertNumQueries
) -> None:
    Shopper().follow(network.blog, NOW.replace(hour=23))
    Shopper().follow(network.blog, NOW.replace(hour=21))
    with django_assert_num_queries(1):
        found = lines(Scope(), Period.up_to(NOW + 12 * HOUR, timedelta(days=2)), [By.DAY], UTC)
    assert [line.key for line in found] == [{By.DAY: date(2026, 3, 12)}]
    found = lines(
        Scope(), Period.up_to(NOW + 12 * HOUR, timedelta(days=2)), [By.DAY], ZoneInfo("Europe/Rome")
    )
    assert [(line.key[By.DAY], line.clicks_recorded) for line in found] == [
        (date(2026, 3, 12), 1),
        (date(2026, 3, 13), 1),
    ]


@pytest.mark.parametrize("by", [list(By), *([item] for item in By)])
def test_lines_add_up_to_the_total(network: Network, by: list[By]) -> None:
    for partner in (network.blog, network.overlay):
        shopper = Shopper()
        shopper.follow(partner, NOW)
        shopper.buy(network.shop, NOW + MINUTE)
    (total,) = totals(Scope(), PERIOD)
    found = lines(Scope(), PERIOD, by, UTC)
    assert all(list(line.key) == by for line in found)
    assert sum(line.clicks_recorded for line in found) == total.clicks_recorded == 2
    assert sum(line.commission_minor for line in found) == total.commission_minor == 798


def test_what_is_counted_is_a_closed_list(network: Network) -> None:
    shopper = Shopper()
    shopper.follow(network.blog, NOW)
    shopper.buy(network.shop, NOW + MINUTE)
    assert set(counted()) <= set(Counted)
