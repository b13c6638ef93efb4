"""Partners that guess the numbers of orders which others bring."""

from dataclasses import replace

import pytest
from django.db import transaction

from network.models import Advertiser
from tests.support.browsing import make_report, minutes, record
from tests.support.makers import NOW
from tests.tracking.conversions.test_believing import partner, reader_of, sale, signed
from tracking.clicks.keys import KEYS
from tracking.conversions.recording import record_judged
from tracking.conversions.reports import judge
from tracking.models import Commission

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
