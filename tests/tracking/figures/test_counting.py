"""What each thing that happens to a click or a sale adds to the rollups."""

from collections import Counter
from collections.abc import Callable
from datetime import datetime, timedelta

import pytest

from network.models import Advertiser
from publishers.models import Partnership
from tests.support.makers import (
    NOW,
    finalise,
    make_user,
    report_sale,
)
from tests.tracking.figures.test_reports import (
    HOUR,
    MINUTE,
    Network,
    Scene,
    declined,
    figures_conflict,
    journeys_conflict,
    later_click_wins,
    one_sale,
    opened_twice,
    session_ended,
)
from tracking.conversions import conflicts
from tracking.conversions.conflicts import Settlement
from tracking.models import Conversion, Rollup

pytestmark = pytest.mark.django_db


def counted(partner: Partnership | None = None) -> dict[str, int]:
    """What the rollups say, of one partner or of everybody; without what comes to nothing."""
    sums: Counter[str] = Counter()
    rows = Rollup.objects.all()
    for row in rows.filter(publisher=partner.publisher_id) if partner else rows:
        sums[row.counted] += row.count
    return {name: number for name, number in sums.items() if number}


def one_click(scene: Scene) -> None:
    scene.follow(scene.network.blog, 0)


def stood_down(scene: Scene) -> None:
    scene.follow(scene.network.blog, 0)
    scene.follow(scene.network.overlay, 1)


def without_consent(scene: Scene) -> None:
    scene.follow(scene.network.blog, 0, consent=False)


def reported_again(scene: Scene) -> None:
    one_sale(scene)
    scene.buy(5)


def moved_to_another_hour(scene: Scene) -> None:
    scene.follow(scene.network.blog, -70)
    scene.buy(5)
    scene.buy(-65)


def taken_over_long_before(scene: Scene) -> None:
    scene.follow(scene.network.blog, 0)
    scene.follow(scene.network.review, 1)
    scene.buy(1 + 24 * 60 + 1)


def taken_over_in_time(scene: Scene) -> None:
    scene.follow(scene.network.blog, 0)
    scene.follow(scene.network.review, 1)
    scene.buy(1 + 24 * 60)


def taken_over_and_lost_again(scene: Scene) -> None:
    scene.follow(scene.network.review, 0)
    scene.follow(scene.network.blog, 1)
    scene.follow(scene.network.review, 2)
    scene.buy(5)


def own_cookie_renewed(scene: Scene) -> None:
    scene.follow(scene.network.blog, 0)
    scene.follow(scene.network.blog, 1)
    scene.buy(5)


def own_soft_cookie_stays(scene: Scene) -> None:
    scene.follow(scene.network.overlay, 0)
    scene.follow(scene.network.overlay, 1)
    scene.buy(5)


def click_after_the_sale(scene: Scene) -> None:
    one_sale(scene)
    scene.follow(scene.network.review, 6)


def final(scene: Scene) -> None:
    one_sale(scene)
    assert finalise(NOW + timedelta(days=31)) == 1


def conflict_settled(scene: Scene) -> None:
    figures_conflict(scene)
    conversion = Conversion.objects.get()
    right = conversion.reports.get(figures__amount_minor=6000)
    chosen = Settlement(right.id, "The basket was changed.", make_user("operator"))
    conflicts.settle_conflict(conversion, chosen, NOW + 10 * MINUTE)


def unverified(scene: Scene) -> None:
    Advertiser.objects.update(verification="confirmed")
    one_sale(scene)


def verified(scene: Scene) -> None:
    unverified(scene)
    data = {"order": "1", "amount": "49.90"}
    report_sale(scene.network.shop, NOW + 9 * MINUTE, data, source="keyed")


CASES = [
    pytest.param(one_click, {"click_took": 1}, id="click"),
    pytest.param(stood_down, {"click_took": 1, "click_stood_down": 1}, id="soft_click_stands_down"),
    pytest.param(without_consent, {"click_no_consent": 1}, id="click_without_consent"),
    pytest.param(opened_twice, {"click_took": 1, "click_repeat": 1}, id="click_repeated"),
    pytest.param(one_sale, {"click_took": 1, "sale_pending": 1, "touched": 1}, id="sale"),
    pytest.param(
        reported_again, {"click_took": 1, "sale_pending": 1, "touched": 1}, id="sale_reported_twice"
    ),
    pytest.param(
        later_click_wins,
        {"click_took": 2, "sale_pending": 1, "touched": 2, "after_other": 1, "taken_over": 1},
        id="late_click_changes_the_winner",
    ),
    pytest.param(
        moved_to_another_hour,
        {"click_took": 1, "sale_pending": 1, "touched": 1},
        id="sale_was_earlier_than_first_said",
    ),
    pytest.param(
        taken_over_in_time,
        {"click_took": 2, "sale_pending": 1, "touched": 2, "after_other": 1, "taken_over": 1},
        id="taken_over_24_hours_before",
    ),
    pytest.param(
        taken_over_long_before,
        {"click_took": 2, "sale_pending": 1, "touched": 2, "after_other": 1},
        id="taken_over_longer_before",
    ),
    pytest.param(
        taken_over_and_lost_again,
        {"click_took": 3, "sale_pending": 1, "touched": 2, "after_other": 2, "taken_over": 1},
        id="taken_over_by_the_one_that_is_paid_only",
    ),
    pytest.param(
        own_cookie_renewed,
        {"click_took": 2, "sale_pending": 1, "touched": 1},
        id="own_cookie_is_no_one_elses",
    ),
    pytest.param(
        own_soft_cookie_stays,
        {"click_took": 1, "click_stood_down": 1, "sale_pending": 1, "touched": 1},
        id="stood_down_for_its_own_cookie",
    ),
    pytest.param(
        session_ended, {"click_took": 1, "sale_nobody": 1, "touched": 1}, id="sale_pays_nobody"
    ),
    pytest.param(
        click_after_the_sale,
        {"click_took": 2, "sale_pending": 1, "touched": 1},
        id="click_after_the_sale",
    ),
    pytest.param(final, {"click_took": 1, "sale_final": 1, "touched": 1}, id="final"),
    pytest.param(
        figures_conflict, {"click_took": 1, "sale_conflict": 1, "touched": 1}, id="conflict"
    ),
    pytest.param(
        conflict_settled, {"click_took": 1, "sale_pending": 1, "touched": 1}, id="conflict_settled"
    ),
    pytest.param(
        journeys_conflict, {"click_took": 2, "sale_conflict_unpaid": 1}, id="conflict_of_journeys"
    ),
    pytest.param(
        unverified, {"click_took": 1, "sale_unverified": 1, "touched": 1}, id="unverified"
    ),
    pytest.param(verified, {"click_took": 1, "sale_pending": 1, "touched": 1}, id="verified_later"),
    pytest.param(
        declined,
        {"click_took": 2, "sale_declined": 1, "touched": 2, "after_other": 1},
        id="declined_is_not_taken_over",
    ),
]


@pytest.mark.parametrize(("happens", "expected"), CASES)
def test_what_is_counted(
    network: Network, happens: Callable[[Scene], None], expected: dict[str, int]
) -> None:
    happens(Scene(network))
    assert counted() == expected


def test_a_stood_down_sale_is_counted_for_who_stood_down(network: Network) -> None:
    scene = Scene(network)
    stood_down(scene)
    scene.buy(5)
    assert counted(network.overlay) == {
        "click_stood_down": 1,
        "touched": 1,
        "after_other": 1,
        "stood_down_sale": 1,
        "left_to_others": 1,
    }
    assert counted(network.blog) == {
        "click_took": 1,
        "sale_pending": 1,
        "touched": 1,
        "protected": 1,
    }


def test_a_sale_is_counted_in_its_own_hour_when_it_moves(network: Network) -> None:
    moved_to_another_hour(Scene(network))
    sums: Counter[datetime] = Counter()
    for row in Rollup.objects.filter(counted="sale_pending"):
        sums[row.hour] += row.count
    assert +sums == {NOW - 2 * HOUR: 1}
