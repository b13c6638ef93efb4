"""Every number and amount of the admin that leads to a list: the list has exactly that many rows,
and exactly that sum in that currency."""

import re
from html import unescape

import pytest
from django.test import Client

from publishers.models import Partnership
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


@pytest.fixture
def lively(shop: Shop) -> Shop:
    """Sales in every open state, in two currencies, of two kinds of partner."""
    waiting_shop(shop)
    other = make_shop("Rival", "EUR")
    for days_ago in (0, 1, 35):
        other.sell(other.overlay, days_ago)
    make_partner(shop.advertiser, make_publisher("New"), status="applied")
    return shop


@pytest.fixture
def shop() -> Shop:
    return make_shop("Shop")


@pytest.fixture(params=["operator", "owner"])
def reader(request: pytest.FixtureRequest, lively: Shop) -> Client:
    place = [lively.advertiser] if request.param == "owner" else []
    return signed_in(make_user(request.param, *place))


@pytest.mark.parametrize(("address", "numbers", "amounts"), PAGES)
def test_a_figure_opens_its_rows_and_its_sum(
    reader: Client, lively: Shop, address: str, numbers: int, amounts: int
) -> None:
    partner = Partnership.objects.get(pk=lively.blog.pk)
    answer = reader.get(f"/admin/{address.format(partner=partner.pk)}")
    assert answer.status_code == 200
    body = answer.content.decode()
    counted, summed = NUMBER.findall(body), AMOUNT.findall(body)
    assert len(counted) >= numbers
    assert len(summed) >= amounts
    for target, number in counted:
        rows = reader.get(unescape(target)).context["cl"].result_count
        assert rows == int(number.replace(",", "")), f"{target}: {number}"
    for target, amount in summed:
        totals = reader.get(unescape(target)).context["cl"].totals
        assert any(unescape(amount) in total.split() for total in totals), f"{target}: {amount}"
