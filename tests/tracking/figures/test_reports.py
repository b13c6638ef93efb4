"""The figures of pages: what each counts, and that they follow whatever happens to a sale."""

from dataclasses import dataclass, field
from datetime import UTC, date, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from pytest_django import DjangoAssertNumQueries

from network.models import Advertiser
from publishers.models import Partnership
from tests.support.makers import (
    NOW,
    Shopper,
    make_advertiser,
    make_partner,
    make_publisher,
)
from tracking.commissions.settling import commission_of
from tracking.figures.queries import (
    By,
    PartnerFigures,
    Period,
    Scope,
    StateTotal,
    annotate_partners,
    lines,
    partner_figures,
    reasons,
    totals,
)
from tracking.models import Commission, Conversion
from tracking.rollups import writing as rollups
from tracking.rule.reasons import ClickReason

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


@dataclass
class Scene:
    """What may happen in a case: a network, and the browser that it happens in."""

    network: Network
    shopper: Shopper = field(default_factory=Shopper)

    def follow(self, partner: Partnership, minute: float, **request: Any) -> None:
        self.shopper.follow(partner, NOW + minute * MINUTE, **request)

    def buy(self, minute: float, **sale: str) -> Conversion:
        at = NOW + minute * MINUTE
        return self.shopper.buy(self.network.shop, at, **{"order": "1", **sale})


def opened_twice(scene: Scene) -> None:
    scene.follow(scene.network.blog, 0)
    scene.follow(scene.network.blog, 0.005)


def one_sale(scene: Scene) -> None:
    scene.follow(scene.network.blog, 0)
    scene.buy(5)


def later_click_wins(scene: Scene) -> None:
    """The click's record arrives after the sale's; the sale was later."""
    one_sale(scene)
    scene.follow(scene.network.review, 4)


def session_ended(scene: Scene) -> None:
    scene.follow(scene.network.overlay, 0)
    scene.shopper.end_session()
    scene.buy(5)


def figures_conflict(scene: Scene) -> None:
    one_sale(scene)
    scene.buy(6, amount="60.00")


def journeys_conflict(scene: Scene) -> None:
    one_sale(scene)
    scene.shopper = Shopper()
    scene.follow(scene.network.review, 3)
    scene.buy(5)


def declined(scene: Scene) -> None:
    """As any function that changes a commission: within ``following``."""
    scene.follow(scene.network.blog, 0)
    scene.follow(scene.network.review, 1)
    conversion = scene.buy(5)
    with rollups.following(conversion):
        commission = commission_of(conversion)
        assert commission
        commission.status, commission.decline_reason = "declined", "by_advertiser"
        commission.save()


def test_sales_that_pay_nobody_are_no_sales_but_a_state(network: Network) -> None:
    session_ended(Scene(network))
    (line,) = totals(Scope(), PERIOD)
    assert (line.sales, line.sale_amount_minor, line.commission_minor) == (0, 0, 0)
    assert line.states == {"Nobody": StateTotal(1, 0)}


def test_declined_sales_are_a_state_and_no_sales(network: Network) -> None:
    declined(Scene(network))
    (line,) = totals(Scope(), PERIOD)
    assert (line.sales, line.commission_minor) == (0, 0)
    assert line.states == {"Declined": StateTotal(1, 399)}
    assert network.figures_of(network.review).paid_sales == 0


def test_a_conflict_of_journeys_pays_nobody_meanwhile(network: Network) -> None:
    journeys_conflict(Scene(network))
    (line,) = totals(Scope(), PERIOD)
    assert (line.sales, line.sale_amount_minor, line.commission_minor) == (0, 0, 0)
    assert line.states == {"Conflict": StateTotal(1, 0)}
    first = network.figures_of(network.blog)
    assert (first.paid_sales, first.commission_minor) == (0, 0)


def test_a_conflict_of_figures_pays_the_partner_meanwhile(network: Network) -> None:
    figures_conflict(Scene(network))
    (line,) = totals(Scope(), PERIOD)
    assert line.states == {"Conflict": StateTotal(line.sales, line.commission_minor)}
    assert (line.sales, network.figures_of(network.blog).paid_sales) == (1, 1)


def test_conflicts_of_both_kinds_are_one_state(network: Network) -> None:
    figures_conflict(Scene(network))
    shopper, thief = Shopper(), Shopper()
    shopper.follow(network.blog, NOW)
    thief.follow(network.review, NOW)
    for each in (shopper, thief):
        each.buy(network.shop, NOW + MINUTE, order="other")
    (line,) = totals(Scope(), PERIOD)
    assert line.states == {"Conflict": StateTotal(2, line.commission_minor)}
    assert [each.key[By.STATE] for each in lines(Scope(), PERIOD, [By.STATE], UTC)].count(
        "Conflict"
    ) == 1


def test_why_clicks_do_not_count(network: Network) -> None:
    scene = Scene(network)
    opened_twice(scene)
    for minute in (10, 20):
        scene.follow(network.blog, minute, consent=False)
    assert reasons(Scope(), PERIOD) == {ClickReason.NO_CONSENT: 2, ClickReason.REPEAT: 1}
    (line,) = totals(Scope(), PERIOD)
    assert (line.clicks_recorded, line.clicks_counting) == (4, 1)


def test_a_scope_shows_no_one_elses(network: Network) -> None:
    one_sale(Scene(network))
    for scope in (
        Scope(advertisers=frozenset({network.shop.pk + 1})),
        Scope(publishers=frozenset({network.review.publisher_id})),
        Scope(publishers=frozenset()),
    ):
        assert totals(scope, PERIOD) == []
        assert reasons(scope, PERIOD) == {}


def test_currencies_never_mix(network: Network) -> None:
    one_sale(Scene(network))
    yen = make_advertiser("Yen", currency="JPY")
    partner = make_partner(yen, network.blog.publisher)
    shopper = Shopper()
    shopper.follow(partner, NOW)
    shopper.buy(yen, NOW + MINUTE, amount="5000")
    found = totals(Scope(publishers=frozenset({network.blog.publisher_id})), PERIOD)
    assert [(line.currency, line.commission_minor) for line in found] == [
        ("GBP", 399),
        ("JPY", 400),
    ]


def test_partners_are_sorted_in_the_database(
    network: Network, django_assert_num_queries: DjangoAssertNumQueries
) -> None:
    later_click_wins(Scene(network))
    every = Partnership.objects.filter(advertiser=network.shop)
    for name in PartnerFigures.__dataclass_fields__:
        with django_assert_num_queries(1):
            assert len(annotate_partners(every, PERIOD).order_by(name, "pk")) == 3
    ordered = annotate_partners(every, PERIOD)
    for name in ("-taken_over_minor", "-after_other"):
        assert ordered.order_by(name).first() == network.review


def test_a_partner_without_sales_has_no_share_and_no_median(network: Network) -> None:
    found = network.figures_of(network.blog)
    assert (found.touched, found.paid_sales, found.commission_minor) == (0, 0, 0)
    assert (found.share_after_other, found.median_seconds) == (None, None)


@pytest.mark.parametrize(
    ("seconds", "median"),
    [([40], 40), ([40, 41, 90_000], 40), ([5, 40, 90_000], 40), ([0, 0, 40], 1)],
)
def test_the_median_is_right_within_a_tenth(
    network: Network, seconds: list[int], median: float
) -> None:
    for number, after in enumerate(seconds):
        shopper = Shopper()
        shopper.follow(network.blog, NOW - timedelta(seconds=after))
        shopper.buy(network.shop, NOW, order=str(number))
    assert network.figures_of(network.blog).median_seconds == pytest.approx(median, rel=0.1)


def test_a_period_is_of_whole_hours() -> None:
    period = Period.up_to(NOW + 20 * MINUTE, timedelta(days=1))
    assert period == Period(NOW - 23 * HOUR, NOW + HOUR)
    assert period.before == Period(NOW - 47 * HOUR, NOW - 23 * HOUR)


def test_a_sale_and_its_clicks(network: Network) -> None:
    Advertiser.objects.update(network_fee_percent=30)
    shopper = Shopper()
    shopper.follow(network.blog, NOW)
    shopper.follow(network.overlay, NOW + MINUTE)
    shopper.buy(network.shop, NOW + 2 * MINUTE)
    (line,) = totals(Scope(advertisers=frozenset({network.shop.pk})), PERIOD)
    assert (line.clicks_recorded, line.clicks_counting, line.clicks_stood_down) == (2, 2, 1)
    assert (line.sales, line.sale_amount_minor, line.commission_minor) == (1, 4990, 399)
    assert line.network_fee_minor == Commission.objects.get().network_fee_minor == 120
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
