"""Partners that guess the numbers of orders which others bring."""

from dataclasses import replace
from datetime import timedelta

import pytest
from django.db import transaction

from network.models import Advertiser
from tests.support.browsing import make_report, minutes, record
from tests.support.makers import NOW
from tests.tracking.conversions.test_believing import partner, reader_of, sale, signed
from tracking.clicks.keys import KEYS
from tracking.conversions.recording import record_judged
from tracking.conversions.reports import MOST_KEPT, MOST_OF_A_JOURNEY, judge
from tracking.evidence.joining import Role
from tracking.evidence.ranks import Rank
from tracking.lifecycle.finalisation import finalise_due
from tracking.models import Commission
from tracking.rule.reasons import ReportOutcome
from tracking.verify.checks import Broken, verify

pytestmark = pytest.mark.django_db


@pytest.mark.parametrize("kind", ["keyed", "signed"])
@pytest.mark.parametrize(
    ("clicks", "guesses"),
    [
        pytest.param(1, 1, id="one guess"),
        pytest.param(1, 99, id="many of one click"),
        pytest.param(12, 5, id="several of each of several clicks"),
    ],
)
def test_a_partner_that_guesses_numbers_does_not_get_the_orders(
    shop: Advertiser, kind: str, clicks: int, guesses: int
) -> None:
    """With its own token, before the shopper has clicked; the shop confirms the order later."""
    blog, thief = partner(shop), partner(shop)
    guessed = [
        own.report("1", NOW + minutes(1), f"{amount}.00", source="pixel")
        for own in [reader_of(shop, thief) for _ in range(clicks)]
        for amount in range(guesses)
    ]
    with transaction.atomic():
        record_judged(judge(guessed, KEYS), NOW + minutes(1))
    browser = reader_of(shop, blog, NOW + minutes(2))
    record(browser.report("1", NOW + minutes(3)))
    confirmed = make_report(shop, "1", NOW + minutes(4), "50.00", source="pixel")
    confirmed = replace(confirmed, source="keyed") if kind == "keyed" else signed(shop, confirmed)
    record(confirmed)
    assert (sale().conflict, sale().at, sale().verified) == ("", NOW + minutes(3), True)
    assert Commission.objects.get(status="pending").publisher == blog


@pytest.mark.parametrize("has_click", [False, True], ids=["by number", "with the buyer's click"])
def test_a_partner_that_crowds_out_the_buyers_report_does_not_get_the_order(
    shop: Advertiser, has_click: bool
) -> None:
    """With as many of its own clicks as reports are kept of, each older than the next; what the
    buyer's browser reports finds no room."""
    blog, thief = partner(shop), partner(shop)
    for second in range(MOST_KEPT[Rank.TOKEN] // MOST_OF_A_JOURNEY):
        at = NOW + timedelta(seconds=2 * second)
        own = reader_of(shop, thief, at)
        tried = [
            own.report("1", at + timedelta(seconds=1), f"{second}.{amount}0", source="pixel")
            for amount in range(MOST_OF_A_JOURNEY)
        ]
        with transaction.atomic():
            record_judged(judge(tried, KEYS), at + timedelta(seconds=1))
    browser = reader_of(shop, blog, NOW)
    assert record(browser.report("1", NOW + minutes(3))) == ReportOutcome.TOO_MANY
    keyed = make_report(shop, "1", NOW + minutes(4), source="keyed")
    if has_click:
        keyed = replace(keyed, tokens=((Role.SERVER, str(browser.tokens[-1])),))
    record(keyed)
    paid = Commission.objects.filter(status="pending").values_list("publisher", flat=True)
    assert list(paid) == [blog.pk] * has_click
    assert (sale().dropped_reports, sale().verified) == (1, True)
    assert [str(found) for found in verify() if isinstance(found, Broken)] == []


@pytest.mark.parametrize("kind", ["keyed", "signed"])
def test_a_partner_that_guessed_a_number_does_not_get_the_order_by_its_amount(
    shop: Advertiser, kind: str
) -> None:
    """It guesses the number before the shopper clicks, and sees later, as a script in the page may,
    what the order costs."""
    blog, thief = partner(shop), partner(shop)
    own = reader_of(shop, thief)
    record(own.report("1", NOW + minutes(1), "1.00", source="pixel"))
    browser = reader_of(shop, blog, NOW + minutes(2))
    confirmed = browser.report("1", NOW + minutes(3), "50.00", source="pixel")
    confirmed = replace(confirmed, source="keyed") if kind == "keyed" else signed(shop, confirmed)
    record(confirmed)
    record(own.report("1", NOW + minutes(4), "50.00", source="pixel"))
    assert (sale().conflict, sale().at, sale().verified) == ("", NOW + minutes(3), True)
    assert Commission.objects.get(status="pending").publisher == blog


@pytest.mark.parametrize("kind", ["keyed", "signed"])
def test_a_guess_that_pays_nobody_does_not_close_an_order_before_the_shop_confirms_it(
    shop: Advertiser, kind: str
) -> None:
    """It names a channel that does not count, so that no window keeps the sale open."""
    Advertiser.objects.filter(pk=shop.pk).update(
        uncounted_channels=["mail"], verification=Advertiser.Verification.CONFIRMED
    )
    blog, thief = partner(shop), partner(shop)
    guess = reader_of(shop, thief).report("1", NOW + minutes(1), "1.00", source="pixel")
    assert guess.sale
    guess = replace(guess, sale=replace(guess.sale, channel="mail"))
    assert record(guess) == ReportOutcome.CHANNEL_NOT_COUNTED
    finalise_due(NOW + timedelta(hours=1))
    buyer = reader_of(shop, blog, NOW + timedelta(hours=2))
    record(buyer.report("1", NOW + timedelta(hours=3)))
    confirmed = make_report(shop, "1", NOW + timedelta(hours=3), "50.00", source="pixel")
    record(replace(confirmed, source="keyed") if kind == "keyed" else signed(shop, confirmed))
    assert sale().closed_at is None
    assert Commission.objects.get(status="pending").publisher == blog
