"""The numbers on a publisher's dashboard, against their definitions in docs/figures.md."""

import re
from datetime import UTC, date, timedelta

import pytest
from django.db import transaction
from django.test import Client
from django.utils.html import escape
from pytest_django import Settings

from network.models import Advertiser, User
from network.money import display_average
from publishers.models import Partnership
from tests.support.makers import (
    NOW,
    Shopper,
    finalise,
    make_advertiser,
    make_partner,
    make_user,
)
from tests.support.reading import signed_in, text
from tests.support.team import buy, page
from tracking.lifecycle import closing as coming
from tracking.models import Commission, Conversion
from tracking.rollups import writing as rollups

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("a_day_later")]


# Figures


def test_the_dashboard_counts_the_last_30_days(
    member: Client, blog: Partnership, cat: Partnership
) -> None:
    buy(blog, cat, "recent")
    Shopper().follow(blog, NOW)
    Shopper().follow(blog, NOW, consent=False)
    old = Shopper()
    old.follow(blog, NOW - timedelta(days=29))
    old.buy(blog.advertiser, NOW - timedelta(days=29), order="old")
    seen = text(page(member, blog.publisher))
    assert "12 Feb 2026 to 13 Mar 2026, in UTC" in seen
    assert "Valid clicks 2 of 3 recorded; 0 stood down" in seen
    assert "Sales 1 Sale value £49.90" in seen
    assert "Commission £3.99 Earnings per click £1.995 Conversion rate 50.0%" in seen
    assert "By state State Sales Commission Pending 1 £3.99" in seen
    assert "Shop 2 0 1 50.0% £3.99 £1.995" in seen
    assert "Earnings per click Hard 2 0 1 50.0% £3.99 £1.995" in seen
    assert "12 Mar 2026 £3.99 £0.00 £3.99 1" in seen


def test_hard_and_soft_are_told_apart(shop: Advertiser, blog: Partnership) -> None:
    other = make_partner(make_advertiser("Second"), blog.publisher, "soft")
    member = signed_in(make_user("member", blog.publisher))
    shopper = Shopper()
    shopper.follow(blog, NOW)
    shopper.follow(other, NOW)
    shopper.follow(other, NOW + timedelta(minutes=1))
    shopper.buy(other.advertiser, NOW + timedelta(minutes=2), amount="100.00")
    seen = text(page(member, blog.publisher))
    assert "Hard 1 0 0 0.0% £0.00 £0.00 Soft 2 1 1 50.0% £8.00 £4.00" in seen
    assert "12 Mar 2026 £0.00 £8.00 £8.00 1" in seen
    assert "12 Mar 2026 2 1" in seen


def test_declined_commissions_are_told_by_state_only(
    member: Client, blog: Partnership, cat: Partnership
) -> None:
    sale = buy(blog, cat)
    with transaction.atomic(), rollups.following(sale):
        sale.commission.status, sale.commission.decline_reason = "declined", "by_advertiser"
        sale.commission.save()
    seen = text(page(member, blog.publisher))
    assert "Sales 0 Sale value £0.00" in seen
    assert "Declined 1 £3.99" in seen


def test_currencies_never_mix(member: Client, blog: Partnership, cat: Partnership) -> None:
    buy(blog, cat)
    tokyo = make_advertiser("Tokyo", currency="JPY")
    there = make_partner(tokyo, blog.publisher)
    shopper = Shopper()
    shopper.follow(there, NOW)
    shopper.buy(tokyo, NOW + timedelta(minutes=1), amount="123456789")
    seen = text(page(member, blog.publisher))
    sterling, yen = seen.split("In JPY")
    assert "In GBP Valid clicks 1" in sterling
    assert "Pending 1 £3.99" in sterling
    assert "JP¥" not in sterling
    assert "Commission JP¥9,876,543 Earnings per click JP¥9,876,543" in yen
    assert "Pending 1 JP¥9,876,543" in yen


def test_an_empty_dashboard_says_what_to_do_next(member: Client, blog: Partnership) -> None:
    seen = text(page(member, blog.publisher))
    assert "No clicks or sales in these days. Build a link and place it" in seen
    assert "Nothing is waiting to become final." in seen


def test_clicks_without_a_sale_have_no_earnings(member: Client, blog: Partnership) -> None:
    Shopper().follow(blog, NOW)
    seen = text(page(member, blog.publisher))
    assert "Earnings per click £0.00 Conversion rate 0.0%" in seen
    assert "By state No sales in these days." in seen
    Shopper().follow(blog, NOW - timedelta(days=3), consent=False)
    uncounted = text(
        page(member, blog.publisher, "", "?period=dates&since=2026-03-09&until=2026-03-09")
    )
    assert "Valid clicks 0 of 1 recorded" in uncounted
    assert "Earnings per click — Conversion rate —" in uncounted


def test_figures_lead_to_their_rows(member: Client, blog: Partnership, cat: Partnership) -> None:
    buy(blog, cat)
    body = page(member, blog.publisher, "", "?period=7").content.decode()
    days = "since=2026-03-07&until=2026-03-13"
    base = f"/dashboard/{blog.publisher_id}"
    for address in (
        f"{base}/clicks/?{days}",
        f"{base}/sales/?{days}",
        f"{base}/sales/?{days}&state=Pending",
        f"{base}/sales/?{days}&programme={blog.advertiser_id}",
    ):
        assert f'href="{escape(address)}"' in body
        found = text(member.get(address))
        assert "10023" in found or "spring" in found


def test_a_day_is_a_day_of_the_networks(
    member: Client, blog: Partnership, cat: Partnership, settings: Settings
) -> None:
    buy(blog, cat)  # at 14:06 UTC
    User.objects.filter(username="mia").update(time_zone="Asia/Tokyo")
    settings.NETWORK_TIME_ZONE = "Pacific/Auckland"
    seen = text(page(member, blog.publisher))
    assert "to 14 Mar 2026, in Pacific/Auckland" in seen
    assert "13 Mar 2026 £3.99 £0.00 £3.99 1" in seen


@pytest.mark.parametrize(
    ("minor", "number", "currency", "shown"),
    [
        pytest.param(4990, 121, "GBP", "£0.412", id="one_decimal_more"),
        pytest.param(1, 20, "GBP", "£0.001", id="half_up"),
        pytest.param(100, 3, "JPY", "JP¥33.3", id="yen"),
        pytest.param(10**13, 1, "EUR", "€100,000,000,000.00", id="huge"),
    ],
)
def test_an_average_is_told_with_a_decimal_more(
    minor: int, number: int, currency: str, shown: str
) -> None:
    assert display_average(minor, number, currency) == shown


# Periods


@pytest.mark.parametrize(
    ("query", "words"),
    [
        pytest.param("period=5", "Period: There is no such period.", id="no_period"),
        pytest.param("period=dates", "From: Give this date", id="no_dates"),
        pytest.param("period=dates&since=2026-03-01", "To: Give this date", id="no_end"),
        pytest.param(
            "period=dates&since=2026-02-30&until=2026-03-01",
            "From: Write the date as 2026-03-12: year, month, day.",
            id="no_such_day",
        ),
        pytest.param(
            "period=dates&since=2026-03-02&until=2026-03-01",
            "From: The start date is after the end date.",
            id="reverse",
        ),
        pytest.param(
            "period=dates&since=2026-03-01&until=2026-03-14",
            "To: This day has not begun. Today is 2026-03-13.",
            id="tomorrow",
        ),
        pytest.param(
            "period=dates&since=2025-02-06&until=2026-03-13",
            "From: Choose 400 days at most.",
            id="too_long",
        ),
    ],
)
def test_a_period_that_makes_no_sense_is_told(
    member: Client, blog: Partnership, query: str, words: str
) -> None:
    response = page(member, blog.publisher, "", f"?{query}")
    assert response.status_code == 400
    assert words in text(response)


# What becomes final


def test_what_becomes_final_is_told_by_week_and_one_by_one(
    member: Client, blog: Partnership, cat: Partnership
) -> None:
    for number in range(11):
        buy(blog, cat, f"order-{number}")
    soft = make_partner(make_advertiser("Second"), blog.publisher, "soft")
    shopper = Shopper()
    shopper.follow(soft, NOW)
    shopper.buy(soft.advertiser, NOW + timedelta(minutes=1), order="soon", amount="100.00")
    response = page(member, blog.publisher)
    seen = text(response)
    assert "9 Mar 2026 1 £8.00" in seen
    assert "6 Apr 2026 11 £43.89" in seen
    listed = re.findall(r'class="order"[^>]*>([^<]+)', response.content.decode())
    assert listed == ["soon", *(f"order-{number}" for number in range(9))]


def test_what_does_not_close_by_itself_is_not_among_them(
    blog: Partnership, cat: Partnership
) -> None:
    closed = buy(blog, cat, "final")
    assert closed.closes_at
    finalise(closed.closes_at)
    for order in ("conflict", "unverified", "declined", "pending"):
        buy(blog, cat, order)
    Conversion.objects.filter(order="unverified").update(verified=False)
    Conversion.objects.filter(order="conflict").update(conflict="figures", conflict_since=NOW)
    Commission.objects.filter(conversion__order="declined").update(
        status="declined", decline_reason="by_advertiser"
    )
    found = coming.becoming_final(Commission.objects.all())
    assert [item.conversion.order for item in found] == ["pending"]


def test_what_is_due_already_counts_for_this_week(blog: Partnership, cat: Partnership) -> None:
    buy(blog, cat)
    much_later = NOW + timedelta(days=60)
    [week] = coming.by_week(Commission.objects.all(), much_later, UTC)
    assert week.monday == date(2026, 5, 11)
