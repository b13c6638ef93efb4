"""One search for everything, and lists that are searched and narrowed by what is typed."""

from datetime import timedelta
from typing import Any

import pytest
from django.db.models import QuerySet
from django.test import Client
from django.utils.translation import gettext_lazy

from network.models import Advertiser, User
from publishers.models import Partnership
from tests.support.makers import (
    NOW,
    Shopper,
    make_advertiser,
    make_partner,
    make_publisher,
    make_user,
)
from tests.support.reading import signed_in, text
from tracking.models import Conversion
from tracking.pages.find import admin as find_page

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("at_now")]
FIND = "/admin/find/"
MINUTE = timedelta(minutes=1)


@pytest.fixture
def blog(shop: Advertiser) -> Partnership:
    return make_partner(shop, make_publisher("Basket Blog"), "hard")


@pytest.fixture
def owner(shop: Advertiser) -> Client:
    return signed_in(make_user("owner", shop, name="olga"))


def sell(partner: Partnership, order: str, amount: str = "50.00", **said: str) -> Conversion:
    shopper = Shopper()
    shopper.follow(partner, NOW - MINUTE, ref="Spring-7")
    return shopper.buy(partner.advertiser, NOW, order=order, amount=amount, **said)


def found(client: Client, sought: str) -> dict[str, list[str]]:
    """By kind, what the page lists."""
    answer = client.get(FIND, {"q": sought})
    assert answer.status_code == 200
    return {
        str(part.kind): [hit.name for hit in part.hits or []] for part in answer.context["found"]
    }


def test_orders_are_found_by_any_part_in_any_case(owner: Client, blog: Partnership) -> None:
    for order in ("N-11683", "N-11684"):
        sell(blog, order)
    assert found(owner, "n-116") == {"Sales": ["N-11684", "N-11683"]}
    sale = Conversion.objects.get(order="N-11684")
    page = f"/admin/tracking/conversion/{sale.pk}/change/"
    for whole in ("N-11684", "n-11684", " 11684 "):
        assert owner.get(FIND, {"q": whole}).headers["Location"] == page


def test_partners_are_found_by_part_of_the_name_and_by_id(owner: Client, blog: Partnership) -> None:
    page = f"/admin/publishers/partnership/{blog.pk}/change/"
    assert owner.get(FIND, {"q": "basket"}).headers["Location"] == page
    sell(blog, f"X-{blog.publisher_id}")
    by_id = found(owner, str(blog.publisher_id))
    assert by_id["Sales"] == [f"X-{blog.publisher_id}"]
    assert by_id["Partners"] == ["Basket Blog"]


def test_clicks_are_found_by_id_and_by_reference(owner: Client, blog: Partnership) -> None:
    click = Shopper().follow(blog, NOW, ref="Spring-7")
    page = f"/admin/tracking/click/{click}/change/"
    assert owner.get(FIND, {"q": str(click)}).headers["Location"] == page
    assert owner.get(FIND, {"q": "spring-7"}).headers["Location"] == page
    Shopper().follow(blog, NOW, ref="Spring-7")
    assert len(found(owner, "SPRING-7")["Clicks"]) == 2


def test_people_and_publishers_are_for_operators(owner: Client, blog: Partnership) -> None:
    operator = signed_in(make_user("operator", name="opal"))
    make_user("viewer", blog.advertiser, name="basketeer")
    assert found(operator, "basket") == {
        "Partners": ["Basket Blog"],
        "Publishers": ["Basket Blog"],
        "People": ["basketeer"],
    }
    assert "basketeer" not in text(owner.get(FIND, {"q": "basket"}, follow=True))


def test_others_rows_are_not_found(owner: Client) -> None:
    other = make_advertiser("Other")
    foreign = make_partner(other, make_publisher("Foreign"), "hard")
    sell(foreign, "F-1")
    for sought in ("F-1", "Foreign", "Other", "spring-7"):
        assert found(owner, sought) == {}


def test_nothing_and_nonsense_are_answered(owner: Client) -> None:
    assert "Nothing has “zzz” in it." in text(owner.get(FIND, {"q": "zzz"}))
    for sought in ("", "  ", "\x00", "%", "'", "9" * 300, "ü" * 400):
        assert owner.get(FIND, {"q": sought}).status_code == 200


def test_a_search_that_takes_too_long_is_given_up(
    owner: Client, blog: Partnership, monkeypatch: pytest.MonkeyPatch
) -> None:
    def slow(sought: str, user: User) -> QuerySet[Any]:
        return Conversion.objects.extra(where=["pg_sleep(5) IS NULL"])

    sell(blog, "N-1")
    kinds = [
        find_page.SearchedKind(gettext_lazy("Sales"), slow, find_page.KINDS[0].hit),
        find_page.KINDS[0],
    ]
    monkeypatch.setattr(find_page, "KINDS", kinds)
    monkeypatch.setattr(find_page, "SECONDS", "0.05")
    page = text(owner.get(FIND, {"q": "N-1"}))
    assert "This took too long" in page
    assert "N-1" in page


LISTS = "/admin/tracking/conversion/"


def listed(client: Client, query: dict[str, str], where: str = LISTS) -> list[str]:
    rows = client.get(where, query).context["cl"].result_list
    return sorted(str(getattr(row, "order", "") or row.conversion.order) for row in rows)


@pytest.mark.parametrize(
    ("query", "orders"),
    [
        pytest.param({"q": "n-1"}, ["N-1", "N-12"], id="part_of_the_order"),
        pytest.param({"q": "basket"}, ["N-1", "N-12"], id="partner"),
        pytest.param({"who": "BASKET"}, ["N-1", "N-12"], id="partner_typed"),
        pytest.param({"least": "60"}, ["N-12", "Z-9"], id="least"),
        pytest.param({"least": "50.01", "most": "70"}, ["N-12"], id="between"),
        pytest.param({"voucher": "summer"}, ["Z-9"], id="voucher"),
        pytest.param({"since": "2026-03-12"}, ["N-1", "N-12", "Z-9"], id="that_day"),
        pytest.param({"until": "2026-03-11"}, [], id="until_before"),
        pytest.param({"since": "2026-03-13"}, [], id="day_after"),
        pytest.param({"who": "loop", "q": "n-"}, [], id="together"),
    ],
)
def test_lists_are_narrowed(
    owner: Client, blog: Partnership, query: dict[str, str], orders: list[str]
) -> None:
    sell(blog, "N-1")
    sell(blog, "N-12", "60.00")
    loop = make_partner(blog.advertiser, make_publisher("Loop"), "hard")
    sell(loop, "Z-9", "80.00", voucher="SUMMER")
    assert listed(owner, query) == orders
    assert listed(owner, query, "/admin/tracking/commission/") == orders


@pytest.mark.parametrize(
    ("query", "field", "said"),
    [
        pytest.param({"since": "soon"}, "since", "Write the date as", id="no_date"),
        pytest.param(
            {"since": "2026-03-02", "until": "2026-03-01"}, "until", "before the start", id="order"
        ),
        pytest.param({"until": "9999-12-31"}, "until", "in 2099 or earlier", id="end_of_calendar"),
        pytest.param({"least": "-1"}, "least", "greater than or equal to 0", id="negative"),
        pytest.param({"least": "9", "most": "1"}, "most", "Exchange the two", id="amounts"),
        pytest.param({"most": "much"}, "most", "Enter a number.", id="no_number"),
    ],
)
def test_what_cannot_be_read_is_said_at_its_field(
    owner: Client, blog: Partnership, query: dict[str, str], field: str, said: str
) -> None:
    sell(blog, "N-1")
    answer = owner.get(LISTS, query)
    assert said in text(answer)
    assert 'class="filter" name="filter" open' in answer.content.decode()
    assert listed(owner, query) == ["N-1"]
