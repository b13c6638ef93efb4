"""What is told of a whole sale: to staff, and to a publisher of its own clicks."""

from datetime import timedelta

import pytest

from tests.support.makers import (
    NOW,
    Shopper,
    finalise,
    make_advertiser,
    make_partner,
    make_publisher,
    report_sale,
)
from tracking.explain.explanations import explain, explain_to_publisher, state_of, state_of_sale
from tracking.models import Commission, Conversion

pytestmark = pytest.mark.django_db


def sold_after_blog_and_extension() -> Conversion:
    advertiser = make_advertiser("Shop")
    blog = make_partner(advertiser, make_publisher("Blog A"))
    extension = make_partner(advertiser, make_publisher("Cat", model_type="extension"))
    shopper = Shopper()
    shopper.follow(blog, NOW, ref="spring")
    shopper.follow(extension, NOW + timedelta(minutes=5))
    return shopper.buy(advertiser, NOW + timedelta(minutes=6), order="10023")


def test_it_tells_staff_the_whole_sale() -> None:
    told = explain(sold_after_blog_and_extension())
    assert str(told.headline) == (
        "Order 10023 · £49.90 · 12 Mar 2026 14:06 UTC. Credited to Blog A · hard · £3.99 · "
        "pending · final on 11 Apr 2026 14:00, when Blog A's window closes"
    )
    assert [click.partner for click in told.clicks] == ["Blog A", "Cat"]
    assert told.clicks[1].sentence == (
        "Stood down: Blog A's hard cookie was live until 11 Apr 2026 14:00."
    )


def test_it_tells_when_a_sale_was_closed() -> None:
    conversion = sold_after_blog_and_extension()
    assert conversion.closes_at
    finalise(conversion.closes_at + timedelta(minutes=1))
    conversion = Conversion.objects.get(pk=conversion.pk)
    assert str(explain(conversion).headline).endswith(
        "Credited to Blog A · hard · £3.99 · final since 11 Apr 2026 14:01"
    )
    assert str(state_of_sale(conversion)) == "Final, payable on 11 Apr 2026"


def test_it_tells_that_nobody_is_paid() -> None:
    advertiser = make_advertiser()
    extension = make_partner(advertiser, make_publisher("Cat", model_type="extension"))
    shopper = Shopper()
    shopper.follow(extension, NOW)
    shopper.end_session()
    conversion = shopper.buy(advertiser, NOW + timedelta(hours=1), order="7")
    told = explain(conversion)
    assert told.headline.paid == "Nobody is paid"
    assert told.why == "Nobody is paid: Cat's soft cookie had ended with its browser session."
    assert str(state_of_sale(conversion)) == "Pending, nobody paid"


def test_it_tells_of_a_conflict() -> None:
    conversion = sold_after_blog_and_extension()
    other = Shopper()
    partnership = conversion.advertiser.partnerships.get(publisher__name="Blog A")
    other.follow(partnership, NOW)
    other.buy(conversion.advertiser, NOW + timedelta(minutes=9), order="10023")
    conversion = Conversion.objects.get(pk=conversion.pk)
    told = explain(conversion)
    assert told.headline.paid == "Nobody is paid yet"
    assert told.why.startswith("Nobody is paid yet: reports of this order came from different")
    assert str(state_of_sale(conversion)) == "Conflict"


def test_it_tells_that_figures_differ() -> None:
    advertiser = make_advertiser()
    blog = make_partner(advertiser, make_publisher("Blog A"))
    shopper = Shopper()
    shopper.follow(blog, NOW)
    conversion = shopper.buy(advertiser, NOW + timedelta(minutes=1), order="5")
    report_sale(
        advertiser,
        NOW + timedelta(minutes=2),
        {"order": "5", "amount": "10.00"},
        from_cookies=shopper.cookies,
        source="pixel",
    )
    conversion = Conversion.objects.get(pk=conversion.pk)
    assert str(explain(conversion).headline).endswith(
        "Credited to Blog A · hard · £3.99 · in conflict until the advertiser settles it"
    )
    assert str(state_of(conversion.commission)) == "Conflict"


def test_it_tells_an_unverified_sale() -> None:
    conversion = sold_after_blog_and_extension()
    conversion.verified = False
    assert str(explain(conversion).headline).endswith(
        "£3.99 · unverified until the advertiser confirms it"
    )


def told_to_blog(conversion: Conversion) -> str:
    """Everything that the paid publisher reads about the sale, as one text."""
    commission = Commission.objects.get(conversion=conversion)
    told = explain_to_publisher(commission, NOW)
    return " ".join([str(told.headline), told.why, *(click.sentence for click in told.clicks)])


def test_it_tells_a_publisher_of_its_own_clicks_only() -> None:
    conversion = sold_after_blog_and_extension()
    commission = Commission.objects.get(conversion=conversion)
    told = explain_to_publisher(commission, NOW)
    assert [click.partner for click in told.clicks] == ["you"]
    assert told.clicks[0].references == {"ref": "spring"}
    assert "Cat" not in told_to_blog(conversion)
    assert "Credited to you · hard · £3.99" in told_to_blog(conversion)


@pytest.mark.parametrize(
    ("alike", "words"),
    [
        pytest.param(2, "another partner's hard click", id="two_alike_could_be_guessed"),
        pytest.param(3, "a voucher partner's hard click", id="three_alike_cannot"),
    ],
)
def test_it_tells_a_rivals_model_type_only_among_enough_alike(alike: int, words: str) -> None:
    advertiser = make_advertiser()
    own = make_partner(advertiser, make_publisher("Mine"))
    vouchers = [
        make_partner(advertiser, make_publisher(f"Voucher {number}", model_type="voucher"))
        for number in range(alike)
    ]
    make_partner(advertiser, make_publisher("Gone", model_type="voucher"), status="ended")
    shopper = Shopper()
    for minute, partnership in enumerate((own, vouchers[0], own)):
        shopper.follow(partnership, NOW + timedelta(minutes=minute))
    conversion = shopper.buy(advertiser, NOW + timedelta(minutes=5))
    told = told_to_blog(conversion)
    assert f"Overwritten: {words} took the cookie." in told
    assert "Voucher 0" not in told


def test_it_does_not_count_the_reader_among_those_alike() -> None:
    advertiser = make_advertiser()
    own, rival, _ = (
        make_partner(advertiser, make_publisher(f"Content {number}")) for number in range(3)
    )
    shopper = Shopper()
    for minute, partnership in enumerate((own, rival, own)):
        shopper.follow(partnership, NOW + timedelta(minutes=minute))
    told = told_to_blog(shopper.buy(advertiser, NOW + timedelta(minutes=5)))
    assert "another partner's hard click" in told
