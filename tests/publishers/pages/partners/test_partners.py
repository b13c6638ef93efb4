"""The admin's list of partners and a partner's page."""

import re
from datetime import datetime, timedelta
from html import unescape

import pytest
from django.conf import settings
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from network.models import Advertiser
from network.pages.figures.definitions import figure
from publishers.models import Partnership
from publishers.pages.partners.columns import COLUMNS, DAYS, FIGURES
from publishers.partnerships.suggestions import ENOUGH_SALES
from publishers.policy import assigning
from tests.support.makers import (
    NOW,
    Shopper,
    make_advertiser,
    make_partner,
    make_publisher,
    make_user,
)
from tests.support.reading import text

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("at_now")]
PARTNERS = "/admin/publishers/partnership/"
SALES = "/admin/tracking/conversion/"
DAY, HOUR, MINUTE = timedelta(days=1), timedelta(hours=1), timedelta(minutes=1)


def staff(shop: Advertiser, role: str = "owner") -> Client:
    client = Client(HTTP_HOST=settings.SITE_HOST)
    client.force_login(make_user(role, shop, name=f"{role}-of-{shop.name}"))
    return client


def operator() -> Client:
    client = Client(HTTP_HOST=settings.SITE_HOST)
    client.force_login(make_user("operator"))
    return client


def cells(client: Client, query: str = "") -> dict[str, dict[str, str]]:
    """The list as a person reads it: by partner and by column."""
    page = client.get(f"{PARTNERS}{query}").content.decode()
    rows = re.findall(r'<tr class="data-row.*?</tr>', page, flags=re.DOTALL)
    found = re.compile(r'<t[dh] class="field-(\w+)[^>]*>(.*?)</t[dh]>', flags=re.DOTALL)
    told = [{name: words(cell) for name, cell in found.findall(row)} for row in rows]
    return {row["partner"].split()[0]: row for row in told}


def number_of(column: str) -> int:
    """The column's number in the address, for staff of one advertiser."""
    return 1 + [name for name in COLUMNS if name != "advertiser"].index(column)


def words(html: str) -> str:
    return " ".join(unescape(re.sub(r"<[^>]+>", " ", html)).split())


def sell(shop: Advertiser, *clicks: tuple[Partnership, timedelta], at: datetime = NOW) -> None:
    """A sale after clicks so long before it."""
    shopper = Shopper()
    for partner, before in clicks:
        shopper.follow(partner, at - before)
    shopper.buy(shop, at)


class Market:
    """A shop that pays 8% of £49.90, with a blog and a review site, hard, and a soft overlay."""

    def __init__(self, shop: Advertiser) -> None:
        self.shop = shop
        self.blog, self.review = (
            make_partner(shop, make_publisher(name)) for name in ("Blog", "Review")
        )
        self.overlay = make_partner(shop, make_publisher("Overlay", model_type="overlay"))

    def trade(self) -> None:
        sell(self.shop, (self.blog, HOUR), (self.overlay, MINUTE))
        sell(self.shop, (self.blog, HOUR), (self.review, 2 * MINUTE))
        sell(self.shop, (self.overlay, MINUTE))


class TestFigures:
    def test_each_column_says_what_its_definition_says(self, market: Market) -> None:
        market.trade()
        told = cells(staff(market.shop))
        assert {name: [row[column] for column in FIGURES] for name, row in told.items()} == {
            "Blog": ["2", "1", "£3.99", "0% 0 of 2", "0", "1 hour"],
            "Review": ["1", "1", "£3.99", "100% 1 of 1", "£3.99 · 1", "2 minutes"],
            "Overlay": ["2", "1", "£3.99", "50% 1 of 2", "Stood down 1", "1 minute"],
        }

    def test_a_sale_of_more_than_90_days_ago_is_not_counted(self, market: Market) -> None:
        early = NOW - 91 * DAY
        shop, publisher = make_advertiser("Old", now=early), make_publisher("Old", now=early)
        partner = make_partner(shop, publisher, now=early)
        sell(shop, (partner, timedelta()), at=NOW - 90 * DAY - HOUR)
        sell(shop, (partner, timedelta()), at=NOW - 90 * DAY + HOUR)
        assert cells(staff(shop))["Old"]["touched"] == "1"

    def test_amounts_are_in_each_advertisers_currency(self, market: Market) -> None:
        market.trade()
        japan = make_advertiser("Tokyo", currency="JPY")
        partner = make_partner(japan, make_publisher("Anime"))
        shopper = Shopper()
        shopper.follow(partner, NOW - HOUR)
        shopper.buy(japan, NOW, amount="5000")
        told = cells(operator())
        assert told["Anime"]["commission"] == "JP¥400"
        assert told["Blog"]["commission"] == "£3.99"
        assert [told[name]["advertiser"] for name in ("Anime", "Blog")] == ["Tokyo", "Shop"]

    def test_one_publisher_at_two_advertisers_has_the_figures_of_each(self, market: Market) -> None:
        market.trade()
        other = make_advertiser("Other")
        make_partner(other, market.blog.publisher)
        assert cells(staff(other))["Blog"]["touched"] == "0"
        assert cells(staff(market.shop))["Blog"]["touched"] == "2"

    def test_a_partner_turned_soft_keeps_what_it_took_over_before(self, market: Market) -> None:
        market.trade()
        assigning.assign([market.review], "soft", NOW - HOUR, reason="Agreed", made_by=None)
        told = cells(staff(market.shop))["Review"]
        assert told["taken_over"] == "£3.99 · 1 Stood down 0"

    @pytest.mark.parametrize(
        ("partner", "part", "orders"),
        [
            pytest.param("Blog", "touched", 2, id="touched"),
            pytest.param("Blog", "paid", 1, id="paid"),
            pytest.param("Review", "after_other", 1, id="after_other"),
            pytest.param("Review", "taken_over", 1, id="taken_over"),
            pytest.param("Overlay", "stood_down", 1, id="stood_down"),
            pytest.param("Overlay", "touched", 2, id="soft_touched"),
        ],
    )
    def test_a_number_leads_to_as_many_sales(
        self, market: Market, partner: str, part: str, orders: int
    ) -> None:
        market.trade()
        client = staff(market.shop)
        page = client.get(PARTNERS).content.decode()
        publisher = Partnership.objects.get(publisher__name=partner).publisher_id
        query = f"advertiser={market.shop.pk}&partner={publisher}-{part}"
        assert f'href="{SALES}?{query.replace("&", "&amp;")}">{orders}</a>' in page
        assert client.get(f"{SALES}?{query}").context["cl"].result_count == orders


class TestOrder:
    """Of the figures of:

    ======= ======= ==== ===== ========== ========
    partner touched paid after taken over median
    ======= ======= ==== ===== ========== ========
    Blog    6       4    17%   1          1 hour
    Review  3       2    67%   2          2 minutes
    Overlay 4       3    25%   0          1 minute
    ======= ======= ==== ===== ========== ========
    """

    @pytest.fixture
    def busy(self, market: Market) -> Market:
        market.trade()
        shop, blog, review, overlay = market.shop, market.blog, market.review, market.overlay
        for _ in range(2):
            sell(shop, (blog, HOUR))
            sell(shop, (overlay, MINUTE))
        sell(shop, (blog, HOUR), (review, 2 * MINUTE))
        sell(shop, (review, HOUR), (blog, HOUR / 2))
        return market

    @pytest.mark.parametrize(
        ("column", "ascending"),
        [
            pytest.param("partner", ["Blog", "Overlay", "Review"], id="partner"),
            pytest.param("touched", ["Review", "Overlay", "Blog"], id="touched"),
            pytest.param("paid_sales", ["Review", "Overlay", "Blog"], id="paid_sales"),
            pytest.param("commission", ["Review", "Overlay", "Blog"], id="commission"),
            pytest.param("after_someone_else", ["Blog", "Overlay", "Review"], id="after"),
            pytest.param("taken_over", ["Overlay", "Blog", "Review"], id="taken_over"),
            pytest.param("click_to_sale", ["Overlay", "Review", "Blog"], id="click_to_sale"),
        ],
    )
    def test_every_column_sorts_both_ways(
        self, busy: Market, column: str, ascending: list[str]
    ) -> None:
        client, number = staff(busy.shop), number_of(column)
        assert list(cells(client, f"?o={number}")) == ascending
        assert list(cells(client, f"?o=-{number}")) == ascending[::-1]

    def test_the_cookie_type_sorts_too(self, market: Market) -> None:
        client, number = staff(market.shop), number_of("cookie_type")
        assert list(cells(client, f"?o={number}"))[-1] == "Overlay"
        assert next(iter(cells(client, f"?o=-{number}"))) == "Overlay"

    def test_what_was_taken_over_comes_first(self, market: Market) -> None:
        market.trade()
        assert next(iter(cells(staff(market.shop)))) == "Review"

    def test_what_is_not_known_comes_last_both_ways(self, market: Market) -> None:
        market.trade()
        make_partner(market.shop, make_publisher("Quiet"))
        client, number = staff(market.shop), number_of("click_to_sale")
        for sign in ("", "-"):
            assert list(cells(client, f"?o={sign}{number}"))[-1] == "Quiet"

    def test_amounts_are_compared_within_their_currency(self, market: Market) -> None:
        market.trade()
        japan = make_advertiser("Tokyo", currency="JPY")
        partners = [make_partner(japan, make_publisher(name)) for name in ("Anime", "Bento")]
        shopper = Shopper()
        for partner, before in zip(partners, (HOUR, MINUTE), strict=True):
            shopper.follow(partner, NOW - before)
        shopper.buy(japan, NOW, amount="5000")
        names = list(cells(operator()))
        assert names.index("Review") < names.index("Bento"), "pounds before yen, be it 399 or 400"


class TestTabs:
    def names(self, client: Client, query: str) -> set[str]:
        rows = client.get(f"{PARTNERS}{query}").context["cl"].result_list
        return {row.publisher.name for row in rows}

    @pytest.fixture
    def partners(self, shop: Advertiser) -> None:
        for name, kind in (("Blog", None), ("Cash", None), ("Cat", "soft"), ("Over", "soft")):
            make_partner(shop, make_publisher(name), kind)
        ahead = Partnership.objects.filter(publisher__name__in=["Blog", "Cat"])
        assigning.assign(ahead, "soft", NOW, start=NOW + DAY, reason="All soft", made_by=None)

    @pytest.mark.parametrize(
        ("query", "found"),
        [
            pytest.param("", {"Blog", "Cash", "Cat", "Over"}, id="all"),
            pytest.param("?cookie_type=hard", {"Blog", "Cash"}, id="hard"),
            pytest.param("?cookie_type=soft", {"Cat", "Over"}, id="soft"),
            pytest.param("?cookie_type=changing", {"Blog"}, id="changing_but_not_soft_to_soft"),
        ],
    )
    @pytest.mark.usefixtures("partners")
    def test_a_tab_shows_its_partners(self, shop: Advertiser, query: str, found: set[str]) -> None:
        assert self.names(staff(shop), query) == found

    @pytest.mark.usefixtures("partners")
    def test_a_tab_keeps_search_and_filters_but_not_the_other_tab(self, shop: Advertiser) -> None:
        page = staff(shop).get(f"{PARTNERS}?cookie_type=hard&source=default&q=a&o=1")
        tabs = {tab.title: tab for tab in page.context["cl"].tabs}
        assert [tab.title for tab in tabs.values() if tab.active] == ["Hard"]
        assert tabs["Soft"].address == "?cookie_type=soft&o=1&q=a&source=default"
        assert tabs["All"].address == "?o=1&q=a&source=default"


class TestList:
    def test_it_takes_the_same_queries_however_long_it_is(self, market: Market) -> None:
        market.trade()
        client = staff(market.shop)

        def queries() -> list[str]:
            with CaptureQueriesContext(connection) as captured:
                assert client.get(PARTNERS).status_code == 200
            return [query["sql"] for query in captured]

        few = queries()
        for number in range(57):
            partner = make_partner(market.shop, make_publisher(f"More {number}"), "soft")
            sell(market.shop, (partner, MINUTE))
        many = queries()
        assert len(few) == len(many)
        assert [re.findall(r'FROM "(\w+)"', sql)[-1] for sql in many if "FROM" in sql] == [
            "django_session",
            "network_user",
            "network_staffmembership",
            "publishers_teammembership",
            "network_advertiser",  # to choose from
            "publishers_partnership",  # how many
            "publishers_partnership",  # the page, with figures and what is in force
            "publishers_cookietypeassignment",
            "publishers_publishermodeltype",
            "publishers_modeltypecookietype",
            "publishers_partnershipterms",
        ]

    def test_too_few_sales_is_what_the_definition_says(self, market: Market) -> None:
        for _ in range(ENOUGH_SALES - 1):
            sell(market.shop, (market.blog, MINUTE))
        client = staff(market.shop)
        assert "Blog" in cells(client, "?sales=few")
        sell(market.shop, (market.blog, MINUTE))
        assert "Blog" not in cells(client, "?sales=few")
        assert list(cells(client, "?sales=enough")) == ["Blog"]
        definition = figure("sales_touched").definition
        assert f"fewer than {ENOUGH_SALES} in {DAYS} days" in definition

    @pytest.mark.parametrize("query", ["sales=some", "cookie_type=x", "source=x", "status=x"])
    def test_a_filter_that_is_not_offered_leads_to_the_whole_list(
        self, shop: Advertiser, query: str
    ) -> None:
        answer = staff(shop).get(f"{PARTNERS}?{query}")
        assert (answer.status_code, answer.headers["Location"]) == (302, f"{PARTNERS}?e=1")

    @pytest.mark.parametrize(
        "value", ["0-touched", "x", "7", "-touched", "{own}-held", "{rival}-touched", "9" * 30]
    )
    def test_a_part_in_sales_that_is_not_there_leads_to_the_whole_list(
        self, market: Market, value: str
    ) -> None:
        rival = make_partner(make_advertiser("Other"), make_publisher("Rival"))
        told = value.format(own=market.blog.publisher_id, rival=rival.publisher_id)
        answer = staff(market.shop).get(f"{SALES}?partner={told}")
        assert (answer.status_code, answer.headers["Location"]) == (302, f"{SALES}?e=1")

    @pytest.mark.parametrize(
        ("query", "told"),
        [
            pytest.param("", "No partners yet.", id="none_at_all"),
            pytest.param("?cookie_type=changing", "type is going to change.", id="changing"),
            pytest.param("?cookie_type=soft", "No partner is soft.", id="soft"),
            pytest.param("?sales=few", "Every partner touched 30 sales or more", id="few"),
            pytest.param("?q=zzz", "No partner matches.", id="search"),
            pytest.param("?cookie_type=soft&status=ended", "No partner matches.", id="filters"),
        ],
    )
    def test_an_empty_list_says_what_to_do(self, shop: Advertiser, query: str, told: str) -> None:
        assert told in text(staff(shop).get(f"{PARTNERS}{query}"))

    def test_who_is_not_approved_is_marked(self, shop: Advertiser) -> None:
        make_partner(shop, make_publisher("New"), status="applied")
        assert cells(staff(shop))["New"]["partner"].endswith("Content Applied")

    def test_another_advertisers_partners_are_not_there(self, market: Market) -> None:
        other = staff(make_advertiser("Other"))
        assert cells(other) == {}
        assert other.get(f"{PARTNERS}{market.blog.pk}/change/").status_code == 404
        assert other.get(f"{PARTNERS}{market.blog.pk}/note/").status_code == 404
