"""The admin's home: each number as defined, for those who may see it, with the rows behind it."""

import re
from dataclasses import dataclass
from datetime import UTC, timedelta
from html import unescape
from typing import Any

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from pytest_django import DjangoAssertNumQueries

from network.advertisers.terms import change_terms
from network.hosts import tracking_hosts
from network.models import Advertiser
from publishers.models import Partnership
from publishers.policy import assigning
from tests.support.makers import (
    NOW,
    Shopper,
    finalise,
    make_advertiser,
    make_partner,
    make_publisher,
    make_user,
    report_sale,
)
from tests.support.reading import signed_in, text
from tracking.figures import home
from tracking.figures.queries import Period, Scope

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("at_now")]
DAY = timedelta(days=1)


@dataclass
class Shop:
    """A shop with a blog (hard) and an overlay (soft) of its own."""

    advertiser: Advertiser
    blog: Partnership
    overlay: Partnership

    def sell(self, partner: Partnership, days_ago: float, amount: str = "49.90") -> None:
        shopper, at = Shopper(), NOW - days_ago * DAY
        shopper.follow(partner, at)
        shopper.buy(self.advertiser, at, amount=amount)


def make_shop(name: str, currency: str = "GBP") -> Shop:
    shop = make_advertiser(name, currency=currency)
    blog = make_partner(shop, make_publisher(f"Blog of {name}"))
    overlay = make_publisher(f"Overlay of {name}", model_type="overlay")
    return Shop(shop, blog, make_partner(shop, overlay))


@pytest.fixture
def shop() -> Shop:
    return make_shop("Shop")


LAST = Period.up_to(NOW, timedelta(days=30))


def home_of(client: Client, query: str = "") -> Any:
    response = client.get(f"/admin/{query}")
    assert response.status_code == 200
    return response


def test_thirty_days_stand_against_the_thirty_before(shop: Shop) -> None:
    for days_ago in (1, 2, 3, 35, 36):
        shop.sell(shop.blog, days_ago)
    shop.sell(shop.overlay, 4)
    figures = home.figures_of(Scope(), LAST, LAST.before, UTC)
    assert (figures.all.now.clicks, figures.all.before.clicks) == (4, 2)
    assert (figures.all.now.sales, figures.all.before.sales) == (4, 2)
    assert figures.all.now.commission == {"GBP": 4 * 399}
    assert figures.all.before.commission == {"GBP": 2 * 399}
    assert figures.by_cookie_type["hard"].now.sales == 3
    assert figures.by_cookie_type["soft"].now.sales == 1
    page = text(home_of(signed_in(make_user("operator"))))
    assert "11 Feb 2026 to 12 Mar 2026, whole days in UTC, compared with 12 Jan 2026 to" in page
    assert "Sales 4 +100% from 2" in page
    assert "£15.96 +100% from £7.98" in page


def test_days_that_make_no_sense_are_said_and_the_usual_ones_shown(shop: Shop) -> None:
    shop.sell(shop.blog, 1)
    page = text(home_of(signed_in(make_user("operator")), "?period=dates&since=x&until=2026-03-01"))
    assert "Write the date as 2026-03-12: year, month, day." in page
    assert "11 Feb 2026 to 12 Mar 2026" in page


def test_a_month_stands_against_the_month_before(shop: Shop) -> None:
    for days_ago in (13, 14, 45):  # two in February, one in January
        shop.sell(shop.blog, days_ago)
    page = text(home_of(signed_in(make_user("operator")), "?period=last_month"))
    assert "1 Feb 2026 to 28 Feb 2026, whole days in UTC, compared with 1 Jan 2026 to 31" in page
    assert "Sales 2 +100% from 1" in page


def test_every_day_is_drawn_with_or_without_a_sale(shop: Shop) -> None:
    shop.sell(shop.blog, 1)
    shop.sell(shop.overlay, 1)
    days = {day.date: day.sales for day in home.figures_of(Scope(), LAST, LAST.before, UTC).days}
    assert len(days) == 31, "30 days that begin within a day touch 31"
    assert days[(NOW - DAY).date()] == {"hard": 1, "soft": 1}
    assert sum(sum(sold.values()) for sold in days.values()) == 2


def test_a_tile_has_its_line_from_day_to_day(shop: Shop) -> None:
    for days_ago in (1, 1, 3):
        shop.sell(shop.blog, days_ago)
    page = home_of(signed_in(make_user("operator")))
    sales = page.context["figures"]["sales"].line.split()
    assert len(sales) == 30
    assert (sales[0], sales[-1]) == ("0.0,23.0", "100.0,23.0")
    assert [at.split(",")[1] for at in sales[-4:]] == ["12.0", "23.0", "1.0", "23.0"]
    assert page.context["figures"]["commission"][0].line.split()[-2] == sales[-2]
    assert f'points="{" ".join(sales)}"' in page.content.decode()


def test_without_sales_there_is_no_line(shop: Shop) -> None:
    assert "<polyline" not in home_of(signed_in(make_user("operator"))).content.decode()


def test_currencies_are_never_added_up() -> None:
    pounds, yen = make_shop("Shop"), make_shop("Mise", "JPY")
    pounds.sell(pounds.blog, 1)
    yen.sell(yen.blog, 1, amount="5000")
    total = home.figures_of(Scope(), LAST, LAST.before, UTC).all.now
    assert total.commission == {"GBP": 399, "JPY": 400}
    page = text(home_of(signed_in(make_user("operator"))))
    assert "£3.99" in page
    assert "¥400" in page


def test_staff_see_their_own_advertisers_only(shop: Shop) -> None:
    other = make_shop("Rival")
    shop.sell(shop.blog, 1)
    for days_ago in (1, 2, 3):
        other.sell(other.blog, days_ago)
    page = text(home_of(signed_in(make_user("viewer", shop.advertiser))))
    assert "Rival" not in page
    assert "Sales 1 no earlier data" in page
    assert "By advertiser" not in page
    assert "By advertiser" in text(home_of(signed_in(make_user("operator"))))


def waiting_shop(shop: Shop) -> None:
    """Two sales that are pending, one in conflict, one unverified."""
    shop.sell(shop.blog, 1)
    shop.sell(shop.blog, 2)
    shopper = Shopper()
    shopper.follow(shop.blog, NOW - DAY)
    shopper.buy(shop.advertiser, NOW - DAY, order="7")
    data = {"order": "7", "amount": "1.00"}
    report_sale(shop.advertiser, NOW, data, from_cookies=shopper.cookies, source="pixel")
    Advertiser.objects.update(verification="confirmed")
    shop.sell(shop.overlay, 1)


def test_what_waits_is_counted_by_state(shop: Shop) -> None:
    waiting_shop(shop)
    found = home.waiting(Scope())
    assert {state: held.number for state, held in found.items()} == {
        "Pending": 2,
        "On hold": 0,
        "Unverified": 1,
        "Conflict": 1,
    }
    assert found["Pending"].commission == {"GBP": 798}


def test_what_becomes_final_is_told_by_week(shop: Shop) -> None:
    shop.sell(shop.blog, 0)
    waiting_shop(shop)
    weeks = home.weeks(Scope(), NOW, UTC)
    closing = [(NOW + number * DAY).date() for number in (28, 29, 30)]
    mondays = sorted({day - timedelta(days=day.weekday()) for day in closing})
    assert [week.monday for week in weeks] == mondays
    assert sum(week.final.number for week in weeks) == 3, "neither the conflict nor the unverified"
    assert sum(week.final.commission["GBP"] for week in weeks) == 3 * 399


def test_what_is_due_counts_for_this_week_and_what_comes_late_is_one_line(shop: Shop) -> None:
    long = make_partner(shop.advertiser, make_publisher("Long"), hard_days=100)
    shop.sell(long, 1)
    shop.sell(shop.blog, 40)
    weeks = home.weeks(Scope(), NOW, UTC)
    assert [week.key for week in weeks] == ["2026-03-09", "later"]


def test_final_sales_wait_for_nothing(shop: Shop) -> None:
    shop.sell(shop.blog, 40)
    finalise(NOW)
    assert home.weeks(Scope(), NOW, UTC) == []
    assert home.waiting(Scope())["Conflict"].number == 0


def test_health_tells_the_last_reports_and_the_share_with_a_click(shop: Shop) -> None:
    shop.sell(shop.blog, 2)
    report_sale(shop.advertiser, NOW - DAY, {"order": "A", "amount": "5.00"}, source="pixel")
    report_sale(shop.advertiser, NOW - DAY, {"order": "B", "amount": "5.00"}, source="pixel")
    [row] = home.health(Scope(), home.figures_of(Scope(), LAST, LAST.before, UTC))
    assert (row.with_click, row.without_click) == (1, 2)
    assert row.share == pytest.approx(1 / 3)
    assert row.last == {"tag": NOW - 2 * DAY, "pixel": NOW - DAY}
    page = text(home_of(signed_in(make_user("operator"))))
    assert "Shop 10 Mar 2026 14:00 11 Mar 2026 14:00 None in these days 33% 0 0" in page


def test_what_changed_says_who_and_why(shop: Shop) -> None:
    owner = make_user("owner", shop.advertiser, name="olga")
    assigning.assign([shop.blog], "soft", NOW, reason="Agreed", made_by=owner)
    later: dict[str, int | str] = {
        "hard_days": 7,
        "soft_rule": "first",
        "soft_hours": 24,
        "validation_days": 0,
    }
    change_terms(shop.advertiser, later, NOW, made_by=owner, reason="Spring", start=NOW + 9 * DAY)
    rival = make_shop("Rival")
    assigning.assign([rival.blog], "soft", NOW, reason="Secret", made_by=None)
    page = text(home_of(signed_in(owner)))
    assert "Cookie type of Blog of Shop at Shop: Soft olga Agreed" in page
    assert (
        "Terms of Shop: cookie period: 30 days → 7 days from 21 Mar 2026 14:00 olga Spring" in page
    )
    assert "Secret" not in page


def test_the_network_has_not_applied(shop: Shop) -> None:
    partner = make_partner(shop.advertiser, make_publisher("New"), status="applied", now=NOW)
    client = signed_in(make_user("viewer", shop.advertiser))
    assert "New at Shop: Applied — —" in text(home_of(client))
    shown = text(client.get(f"/admin/publishers/partnership/{partner.pk}/change/"))
    assert "12 Mar 2026 14:00 Now Applied — No No — —" in shown


def test_staff_see_what_the_network_decided_and_no_operators_name(shop: Shop) -> None:
    """A default of the network and a publisher's model type hold at every advertiser."""
    operator = make_user("operator", name="otto")
    assigning.set_default(None, "content", "soft", NOW, reason="For all", made_by=operator)
    publisher = shop.blog.publisher
    assigning.change_model_type(publisher, "email", NOW, made_by=operator, reason="It is a letter")
    make_shop("Rival")
    other = make_publisher("Nobody's")
    assigning.change_model_type(other, "email", NOW, made_by=operator, reason="Of no concern")
    shown = text(home_of(signed_in(make_user("viewer", shop.advertiser))))
    assert "Content default of the network: Soft The network For all" in shown
    assert "Model type of Blog of Shop: Content → Email The network It is a letter" in shown
    assert "otto" not in shown
    assert "Of no concern" not in shown
    to_operators = text(home_of(signed_in(operator)))
    assert "Content default of the network: Soft otto For all" in to_operators


LINKED = re.compile(r'<a href="(/admin/[^"]+\?[^"]+)">([\d,]+)</a>')


@pytest.mark.parametrize("query", ["", "?period=7", "?period=last_month", "?period=year"])
def test_every_number_leads_to_as_many_rows(shop: Shop, query: str) -> None:
    waiting_shop(shop)
    other = make_shop("Rival", "EUR")
    for days_ago in (0, 1, 35):
        other.sell(other.overlay, days_ago)
    make_partner(shop.advertiser, make_publisher("New"), status="applied")
    client = signed_in(make_user("operator"))
    links = LINKED.findall(home_of(client, query).content.decode())
    assert len(links) > 15
    for address, number in links:
        found = client.get(unescape(address)).context["cl"].result_count
        assert found == int(number), address


def test_it_takes_the_same_queries_whatever_there_is(shop: Shop) -> None:
    client = signed_in(make_user("operator"))

    def queries() -> int:
        with CaptureQueriesContext(connection) as captured:
            home_of(client)
        return len(captured)

    shop.sell(shop.blog, 1)
    one = queries()
    for number in range(4):
        more = make_shop(f"Shop {number}", "EUR")
        waiting_shop(more)
    assert queries() == one
    assert one <= 28


def test_an_empty_network_says_the_next_step() -> None:
    operator = signed_in(make_user("operator"))
    page = text(home_of(operator))
    assert "There is no advertiser yet." in page
    assert "Create an advertiser" in page
    shop = make_advertiser("Shop")
    viewer = signed_in(make_user("viewer", shop))
    for client, button in ((operator, True), (viewer, False)):
        page = text(home_of(client))
        assert "There is no partner yet." in page
        assert ("Add a partner" in page) == button
    make_partner(shop, make_publisher())
    assert "Nothing has been tracked in these days." in text(home_of(viewer))


def test_hosts_that_wait_for_proof_come_with_their_shops(
    django_assert_num_queries: DjangoAssertNumQueries,
) -> None:
    """The page names each host's shop: however many there are, by one query."""
    for name in ("One", "Two", "Three"):
        tracking_hosts.replace(make_advertiser(name), [f"go.{name.lower()}.example"], NOW)
    with django_assert_num_queries(1):
        found = [(row.host, row.advertiser.name) for row in home.hosts_to_prove(Scope())]
    assert found == [
        ("go.one.example", "One"),
        ("go.three.example", "Three"),
        ("go.two.example", "Two"),
    ]
