"""Every number and amount of the admin that leads to a list: the list has exactly that many rows,
and exactly that sum in that currency."""

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from html import unescape
from typing import Any

import pytest
from django.test import Client
from pytest_django import DjangoDbBlocker

from tests.support.founding import made_once
from tests.support.makers import make_partner, make_publisher, make_user
from tests.support.reading import signed_in
from tests.tracking.figures.test_home import Shop, make_shop, waiting_shop

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("at_now")]
NUMBER = re.compile(r'<a [^>]*href="(/admin/[^"]+/\?[^"]+)"[^>]*>([\d,]+)</a>')
AMOUNT = re.compile(r'<a [^>]*href="(/admin/[^"]+/\?[^"]+)"[^>]*>([^<\d]{1,4}[\d,.]+)</a>')
PAGES = [
    pytest.param("", 10, 1, id="home"),
    pytest.param("?period=7", 10, 1, id="home_of_a_week"),
    pytest.param("publishers/partnership/", 4, 0, id="partners"),
    pytest.param("publishers/partnership/{partner}/change/", 2, 0, id="partner"),
    pytest.param("publishers/modeltypecookietype/", 2, 0, id="model_types"),
    pytest.param("tracking/unattributedsales/", 2, 0, id="unattributed"),
    pytest.param("performance/", 4, 0, id="performance"),
    pytest.param("performance/?by=day", 4, 0, id="performance_by_day"),
    pytest.param("performance/?by=partner&then=cookie_type", 4, 0, id="performance_by_two"),
]


@dataclass(frozen=True)
class Reader:
    """Somebody who is signed in, and the lists that figures led to."""

    client: Client
    lists: dict[str, Any] = field(default_factory=dict)

    def list_at(self, target: str) -> Any:
        """Opened once: several figures lead to it, and nothing changes."""
        if target not in self.lists:
            self.lists[target] = self.client.get(unescape(target)).context["cl"]
        return self.lists[target]


@dataclass(frozen=True)
class Lively:
    """A shop with sales in every open state, in two currencies, of two kinds of partner."""

    shop: Shop
    readers: dict[str, Reader]


def make_lively() -> Lively:
    shop = make_shop("Shop")
    waiting_shop(shop)
    other = make_shop("Rival", "EUR")
    for days_ago in (0, 1, 35):
        other.sell(other.overlay, days_ago)
    make_partner(shop.advertiser, make_publisher("New"), status="applied")
    readers = {
        "operator": Reader(signed_in(make_user("operator"))),
        "owner": Reader(signed_in(make_user("owner", shop.advertiser))),
    }
    return Lively(shop, readers)


@pytest.fixture(scope="module")
def lively(django_db_setup: None, django_db_blocker: DjangoDbBlocker) -> Iterator[Lively]:
    with made_once(django_db_blocker, make_lively) as lively:
        yield lively


@pytest.mark.parametrize("role", ["operator", "owner"])
@pytest.mark.parametrize(("address", "numbers", "amounts"), PAGES)
def test_a_figure_opens_its_rows_and_its_sum(
    lively: Lively, role: str, address: str, numbers: int, amounts: int
) -> None:
    reader = lively.readers[role]
    partner = lively.shop.blog.pk
    answer = reader.client.get(f"/admin/{address.format(partner=partner)}")
    assert answer.status_code == 200
    body = answer.content.decode()
    counted, summed = NUMBER.findall(body), AMOUNT.findall(body)
    assert len(counted) >= numbers
    assert len(summed) >= amounts
    for target, number in counted:
        rows = reader.list_at(target).result_count
        assert rows == int(number.replace(",", "")), f"{target}: {number}"
    for target, amount in summed:
        totals = reader.list_at(target).told.sums
        assert any(unescape(amount) in total.split() for total in totals), f"{target}: {amount}"
