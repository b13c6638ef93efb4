"""A shop in which nothing has been sold."""

import pytest
from django.test import Client

from network.models import Advertiser
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
from tests.tracking.pages.performance.asking import DAY, MINUTE, PAGE, lines, sell, workbook

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("at_now")]


@pytest.fixture
def shop() -> Advertiser:
    return make_advertiser("Shop")


@pytest.fixture
def owner(shop: Advertiser) -> Client:
    return signed_in(make_user("owner", shop))


def test_nothing_is_said_of_an_empty_time(owner: Client) -> None:
    assert "Nothing happened in these days." in text(owner.get(PAGE))
    assert lines(owner) == {}


@pytest.mark.parametrize("kind", ["csv", "xlsx"])
def test_of_an_empty_time_there_is_a_heading(owner: Client, kind: str) -> None:
    answer = owner.get(f"{PAGE}?format={kind}")
    assert answer.status_code == 200
    assert f".{kind}" in answer.headers["Content-Disposition"]


def test_clicks_with_made_up_ids_are_one_line_that_leads_nowhere_else(
    owner: Client, shop: Advertiser
) -> None:
    """Anybody can make up as many as they like."""
    for number in (10**6, 10**6 + 1, 2**31 - 1):
        Shopper().follow(Partnership(advertiser=shop, publisher_id=number), NOW - MINUTE)
    found = lines(owner)
    assert list(found) == ["Ids of no publisher", "total"]
    page = owner.get(PAGE)
    assert "publisher=1000000" not in page.content.decode()
    assert "partner=1000000" not in page.content.decode()


def test_a_currency_without_decimals_has_none() -> None:
    operator = signed_in(make_user("operator"))
    yen = make_advertiser("Yen", currency="JPY")
    sell(make_partner(yen, make_publisher("P"), "hard"), NOW - DAY, "1200")
    found, _about, _sheet = workbook(operator, "")
    assert found[1][:3] == ["P", "JPY", "1200"]
