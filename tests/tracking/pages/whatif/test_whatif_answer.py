"""The answer to a what-if, and where it leads."""

from datetime import timedelta
from decimal import Decimal

import pytest
from django.test import Client

from publishers.models import CookieTypeAssignment
from publishers.policy import deciding
from tests.support.makers import (
    NOW,
    Shopper,
    make_advertiser,
    make_partner,
    make_publisher,
    make_user,
)
from tests.support.reading import signed_in, text
from tests.support.what_ifs import DAY, MINUS, Market, counted, the_run
from tests.tracking.pages.whatif.asking import PAGE, answered, ask, sent_rows, table
from tracking.rule.attribution import CookieType
from tracking.rule.replay import Change
from tracking.whatif import runs
from tracking.whatif.models import WhatIfRun
from tracking.whatif.results import Question

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("founded", "at_now")]


def test_the_answer_is_reckoned_right(client: Client, market: Market) -> None:
    page = text(answered(client, market, **{"partner-1": "Cat of Shop", "type-1": "soft"}))
    assert (
        "From 12 Dec 2025 to 12 Mar 2026, 2 of 4 sales would have been credited differently "
        "with this change. £10.00 would have gone to 1 other partner." in page
    )
    assert "Asked by olga, 12 Mar 2026 14:00 UTC: Shop, the sales of 90 days." in page
    assert f"Cat of Shop asked about 3 1 {MINUS}2 £15.00 £5.00 {MINUS}£10.00" in page
    assert "Blog of Shop 1 3 +2 £5.00 £15.00 +£10.00" in page
    assert "Longer windows reach as far as journeys are known." in page


def test_a_partner_without_sales_has_its_row(client: Client, market: Market) -> None:
    make_partner(market.shop, make_publisher("Radar"))
    page = text(answered(client, market, **{"partner-1": "Radar", "type-1": "soft"}))
    assert "none of 4 sales would have been credited differently" in page
    assert "Radar asked about 0 0 0 £0.00 £0.00 £0.00 2 others, unchanged 4 4 0" in page
    assert "Radar" in [row[3] for row in table(client, "partners")]


def test_many_partners_without_sales_share_one(client: Client, market: Market) -> None:
    for number in range(13):
        make_partner(market.shop, make_publisher(f"New {number}", model_type="cashback"))
    page = text(answered(client, market, **{"kind-cashback": "soft"}))
    assert "13 more asked about, without sales 0 0 0 £0.00 £0.00 £0.00 2 others" in page
    assert len(table(client, "partners")) == 16


def test_at_several_advertisers_it_counts_partnerships(market: Market) -> None:
    """The same two publishers work for both: of each is told at each advertiser."""
    second = make_advertiser("Second", percent=Decimal(10))
    blog = make_partner(second, market.blog.publisher, "hard")
    extension = make_partner(second, market.extension.publisher, "hard")
    shopper = Shopper()
    shopper.follow(blog, NOW - 2 * DAY)
    shopper.follow(extension, NOW - DAY)
    shopper.buy(second, NOW - DAY + timedelta(minutes=1), amount="50.00")
    operator, soft = make_user("operator"), Change({extension.publisher_id: CookieType.SOFT})
    question = Question({market.shop.pk: soft, second.pk: soft}, NOW - 90 * DAY, NOW)
    run = counted(runs.start(question, NOW, made_by=operator))
    page = text(signed_in(operator).get(f"{PAGE}{run.pk}/"))
    assert "Cat of Shop: soft" in page
    assert "£15.00 would have gone to 2 other partnerships." in page


def test_a_window_that_would_have_closed_pays_nobody(client: Client, market: Market) -> None:
    """With nobody asked about, those who gain are just partners."""
    late = Shopper()
    late.follow(market.blog, NOW - 10 * DAY)
    late.buy(market.shop, NOW - 5 * DAY, amount="50.00")
    page = text(answered(client, market, hard_days=2))
    assert "Cookie period: 2 days" in page
    assert "1 of 5 sales" in page
    assert "£5.00 would have gone to nobody." in page


def test_it_leads_to_the_confirmation_with_these_partners(client: Client, market: Market) -> None:
    page = answered(
        client,
        market,
        **{
            "partner-1": "Cat of Shop",
            "type-1": "soft",
            "partner-2": "Blog of Shop",
            "type-2": "soft",
        },
    ).content.decode()
    both = f"{market.blog.pk},{market.extension.pk}"
    assert "Set these 2 partners to soft…" in page
    address = f"/admin/publishers/partnership/cookie-type/?to=soft&amp;partners={both}"
    assert address in page
    assert client.get(address.replace("&amp;", "&")).status_code == 200


@pytest.mark.parametrize(("kind", "is_told"), [("hard", True), ("soft", False)])
def test_why_who_activates_from_the_page_loses_it_when_hard(
    client: Client, market: Market, kind: str, is_told: bool
) -> None:
    deciding.change_terms(market.extension, {"in_page": True}, NOW - DAY, made_by=None)
    page = text(answered(client, market, **{"partner-1": "Cat of Shop", "type-1": kind}))
    note = (
        "Cat of Shop may activate from the page. While it is hard, its activations from the page "
        "do not count."
    )
    assert (note in page) is is_told


def test_windows_lead_to_the_terms(client: Client, market: Market) -> None:
    page = answered(
        client, market, hard_days=7, **{"partner-1": "Cat of Shop", "days-1": 3}
    ).content.decode()
    assert f"/admin/network/advertiser/{market.shop.pk}/terms/" in page
    assert f"/admin/publishers/partnership/{market.extension.pk}/terms/" in page


def test_a_viewer_asks_and_is_led_nowhere(market: Market) -> None:
    viewer = signed_in(make_user("viewer", market.shop))
    page = answered(viewer, market, **{"partner-1": "Cat of Shop", "type-1": "soft"})
    assert "2 of 4 sales" in text(page)
    assert "cookie-type" not in page.content.decode()
    assert CookieTypeAssignment.objects.count() == 2, "those that were there before"


@pytest.mark.parametrize(
    ("status", "said"),
    [
        pytest.param(
            "waiting", "Waiting to be counted: 4 sales. Stop counting Refresh", id="waiting"
        ),
        pytest.param("counting", "3 of 4 Stop counting Refresh", id="counting"),
        pytest.param("cancelled", "Counting was cancelled. Count again", id="cancelled"),
        pytest.param("failed", "This could not be counted", id="failed"),
    ],
)
def test_each_state_is_told(client: Client, market: Market, status: str, said: str) -> None:
    address = ask(client, market, hard_days=7).url
    WhatIfRun.objects.update(status=status, counted=3, error="KeyError: secret")
    page = text(client.get(address))
    assert said in page
    assert "secret" not in page


def test_over_no_data_it_says_what_to_do(client: Client) -> None:
    shop = make_advertiser()
    make_partner(shop, make_publisher("New"))
    client = signed_in(make_user("owner", shop))
    response = client.post(
        PAGE,
        {
            "advertiser": shop.pk,
            **sent_rows(1),
            "days": 7,
            "partner-1": "New",
            "type-1": "soft",
        },
    )
    counted(the_run())
    page = text(client.get(response["Location"]))
    assert "No sales in 7 days: nothing to replay. Choose more days" in page
