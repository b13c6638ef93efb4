"""Closing an advertiser or a publisher: what the page shows before, whom it tells, and the way
back."""

from datetime import timedelta

import pytest
from django.contrib.admin.models import LogEntry
from django.test import Client

from network.models import Advertiser
from publishers.models import Notice, NoticeMail, Partnership
from publishers.policy import closing
from tests.support.makers import (
    NOW,
    SetClock,
    Shopper,
    make_advertiser,
    make_partner,
    make_publisher,
    make_user,
)
from tests.support.reading import signed_in, text
from tracking.models import Click

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("at_now")]
MINUTE = timedelta(minutes=1)
REASON = {"reason": "The shop stops trading."}


@pytest.fixture
def operator() -> Client:
    return signed_in(make_user("operator", name="opal"))


@pytest.fixture
def blog(shop: Advertiser) -> Partnership:
    row = make_partner(shop, make_publisher("Blog"), "hard")
    make_user("member", row.publisher, name="bea")
    make_partner(shop, make_publisher("Gone"), status="ended")
    make_partner(shop, make_publisher("Loop"), status="applied")
    return row


def at_shop(row: Partnership, page: str = "close") -> str:
    return f"/admin/network/advertiser/{row.advertiser_id}/{page}/"


def at_publisher(row: Partnership, page: str = "close") -> str:
    return f"/admin/publishers/publisher/{row.publisher_id}/{page}/"


def test_it_is_shown_before_an_advertiser_is_closed(operator: Client, blog: Partnership) -> None:
    shopper = Shopper()
    shopper.follow(blog, NOW - MINUTE)
    shopper.buy(blog.advertiser, NOW, amount="100.00")
    page = text(operator.get(at_shop(blog)))
    assert "1 commission of £8.00 stays pending" in page
    assert "2 partners are told. Loop has nobody with an account" in page
    assert "The programme is closed, from 12 Mar 2026 14:00 UTC" in page
    blog.advertiser.refresh_from_db()
    assert blog.advertiser.status == "active"
    assert not Notice.objects.filter(facts__to__status="programme_closed").exists()


def test_partners_are_told_and_clicks_stop(
    operator: Client, blog: Partnership, at: SetClock
) -> None:
    page = text(operator.post(at_shop(blog), REASON, follow=True))
    assert "Shop is closed. 2 partners are told." in page
    told = Notice.objects.filter(facts__to__status="programme_closed").order_by("pk")
    assert [row.partnership.publisher.name for row in told] == ["Blog", "Loop"]
    assert NoticeMail.objects.get(notices=told[0]).recipient.username == "bea"
    assert LogEntry.objects.latest("pk").change_message == "Closed: The shop stops trading."
    at(NOW + MINUTE)
    click = Shopper().follow(blog, NOW + MINUTE)
    assert not Click.objects.filter(pk=click, reason="").exists()
    bea = signed_in(NoticeMail.objects.get(notices=told[0]).recipient)
    read = text(bea.get(f"/dashboard/{blog.publisher_id}/notices/"))
    assert "The programme is closed" in read
    assert "The shop stops trading." in read


def test_it_is_opened_again(operator: Client, blog: Partnership) -> None:
    operator.post(at_shop(blog), REASON)
    assert "Open again…" in text(operator.get(at_shop(blog, "change")))
    page = text(operator.post(at_shop(blog), {"reason": "It trades again."}, follow=True))
    assert "Shop is open again. 2 partners are told." in page
    blog.advertiser.refresh_from_db()
    assert blog.advertiser.status == "active"
    last = Notice.objects.filter(partnership=blog).latest("pk")
    assert (last.facts["from"]["status"], last.facts["to"]["status"]) == (
        "programme_closed",
        "approved",
    )


def test_a_publisher_is_closed_at_all_its_advertisers(operator: Client, blog: Partnership) -> None:
    make_partner(make_advertiser("Other"), blog.publisher, "soft")
    page = text(operator.get(at_publisher(blog)))
    assert "Its clicks count at no advertiser within seconds" in page
    assert "2 partners are told." in page
    operator.post(at_publisher(blog), REASON)
    blog.publisher.refresh_from_db()
    assert blog.publisher.status == "closed"
    assert Notice.objects.filter(facts__to__status="publisher_closed").count() == 2


def test_it_asks_why(operator: Client, blog: Partnership) -> None:
    answer = operator.post(at_shop(blog), {"reason": " "})
    assert list(answer.context["form"].errors) == ["reason"]
    blog.advertiser.refresh_from_db()
    assert blog.advertiser.status == "active"


def test_somebody_else_was_faster(operator: Client, blog: Partnership) -> None:
    other = make_user("operator", name="otto")
    closing.change(blog.advertiser, NOW, closes=True, made_by=other, reason="Mine.")
    answer = operator.post(at_shop(blog), {**REASON, "to": "closed"})
    assert "Shop is closed already." in text(answer)
    assert Notice.objects.filter(facts__to__status="programme_closed").count() == 2


def test_the_form_closes_nothing(operator: Client, blog: Partnership) -> None:
    for address in (at_shop(blog, "change"), at_publisher(blog, "change")):
        assert 'name="status"' not in operator.get(address).content.decode()


def test_staff_close_nothing(shop: Advertiser, blog: Partnership) -> None:
    owner = signed_in(make_user("owner", shop, name="olga"))
    assert owner.post(at_shop(blog), REASON).status_code == 403
    assert "Close…" not in text(owner.get(at_shop(blog, "change")))
