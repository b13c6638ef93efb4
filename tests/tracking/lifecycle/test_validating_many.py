"""The queue of unverified sales, and approving or declining several sales at once."""

from datetime import timedelta
from typing import Any

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from network.models import Advertiser, User
from publishers.models import Partnership
from tests.support.makers import make_advertiser, make_user
from tests.support.reading import text
from tests.tracking.lifecycle.test_validation import sale_in, sell, stand
from tracking.models import Commission, Conversion, Validation

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("clean_books")]
SALES = "/admin/tracking/conversion/"
QUEUE = f"{SALES}?state=Unverified"


@pytest.fixture
def waiting(blog: Partnership) -> list[Conversion]:
    """Two orders that only a tag has reported, at a shop that pays what it confirms."""
    Advertiser.objects.update(verification="confirmed")
    return [sell(blog, "8"), sell(blog, "9")]


def ask(client: Client, action: str, sales: list[Conversion], at: str = QUEUE) -> Any:
    chosen = [str(sale.pk) for sale in sales]
    return client.post(at, {"action": action, "_selected_action": chosen})


def test_the_queue_says_who_reported_since_when_and_until_when(
    staff: Client, waiting: list[Conversion]
) -> None:
    shown = staff.get(QUEUE)
    sale = waiting[0]
    assert sale.closes_at
    declined = sale.closes_at + timedelta(days=sale.advertiser.confirm_days)
    said = text(shown)
    assert shown.context["cl"].result_count == 2
    assert "Tag, since 12 Mar 2026 14:06" in said
    assert f"{declined:%-d %b %Y %H:%M}" in said
    assert "Only browsers have reported these orders." in said
    assert "Only browsers have reported these orders." not in text(staff.get(SALES))


def test_what_is_declined_first_comes_first(staff: Client, blog: Partnership) -> None:
    Advertiser.objects.update(verification="confirmed")
    later = sell(blog, "8")
    earlier = sell(blog, "9", at=later.at - timedelta(days=3))
    rows = staff.get(QUEUE).context["cl"].result_list
    assert [row.pk for row in rows] == [earlier.pk, later.pk]


def test_several_are_approved_at_once_after_a_look(
    staff: Client, waiting: list[Conversion]
) -> None:
    asked = ask(staff, "approve", waiting)
    page = text(staff.get(asked.url))
    assert "Approve 2 orders" in page
    assert "Approving also confirms what only browsers have reported." in page
    assert "Total £7.98" in page
    assert [stand(sale)[0] for sale in waiting] == ["pending", "pending"]
    done = text(staff.post(asked.url, {"reason": "Seen in the shop"}, follow=True))
    assert "2 orders are approved." in done
    assert [stand(sale)[0] for sale in waiting] == ["approved", "approved"]
    assert Conversion.objects.filter(verified=True).count() == 2
    assert {row.reason for row in Validation.objects.all()} == {"Seen in the shop"}


def test_several_are_declined_with_a_reason(staff: Client, waiting: list[Conversion]) -> None:
    asked = ask(staff, "decline", waiting)
    assert list(staff.post(asked.url, {}).context["form"].errors) == ["code"]
    done = text(staff.post(asked.url, {"code": "fraud"}, follow=True))
    assert "2 orders are declined." in done
    assert {stand(sale)[:2] for sale in waiting} == {("declined", "by_advertiser")}


def test_what_cannot_be_approved_is_named_and_left(
    staff: Client, manager: User, blog: Partnership
) -> None:
    declined = sale_in("declined", blog, manager)
    open_one = sell(blog, "9")
    asked = ask(staff, "approve", [declined, open_one], SALES)
    page = text(staff.get(asked.url))
    assert "Approve 1 order" in page
    assert "Order 7 is declined; take that back first." in page
    assert "Total £3.99" in page
    assert "1 order is approved." in text(staff.post(asked.url, {}, follow=True))
    assert stand(declined)[0] == "declined"
    assert stand(open_one)[0] == "approved"


def test_where_nothing_can_be_said_there_is_no_form(
    staff: Client, manager: User, blog: Partnership
) -> None:
    sale = sale_in("final", blog, manager)
    page = staff.get(ask(staff, "decline", [sale], SALES).url)
    assert "None of these orders can be changed so" in text(page)
    assert b'id="asked"' not in page.content
    assert Commission.objects.get(conversion=sale).status == "final"


@pytest.mark.parametrize(
    "query",
    ["", "?to=approve", "?to=take_back&sales={pk}", "?to=approve&sales=x", "?to=&sales={pk}"],
)
def test_an_address_that_asks_for_nothing_is_not_there(
    staff: Client, waiting: list[Conversion], query: str
) -> None:
    assert staff.get(f"{SALES}rule/{query.format(pk=waiting[0].pk)}").status_code == 404


def test_viewers_and_other_shops_cannot(
    client: Client, shop: Advertiser, waiting: list[Conversion]
) -> None:
    address = f"{SALES}rule/?to=decline&sales={waiting[0].pk}"
    client.force_login(make_user("viewer", shop, name="vera"))
    assert client.post(address, {"code": "fraud"}).status_code == 403
    client.force_login(make_user("owner", make_advertiser("Rival"), name="eva"))
    assert client.post(address, {"code": "fraud"}).status_code == 404
    assert stand(waiting[0])[0] == "pending"


def test_the_queue_takes_as_many_queries_however_long_it_is(
    staff: Client, blog: Partnership, waiting: list[Conversion]
) -> None:
    def queries() -> int:
        with CaptureQueriesContext(connection) as asked:
            assert staff.get(QUEUE).status_code == 200
        return len(asked)

    few = queries()
    for number in range(10, 16):
        sell(blog, str(number))
    assert queries() == few
    assert staff.get(QUEUE).context["cl"].result_count == 8
