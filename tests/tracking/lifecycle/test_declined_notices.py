"""What publishers are told when sales of theirs are declined because nobody confirmed them."""

from datetime import timedelta

import pytest
from django.db.models import QuerySet
from django.test import Client

from network.models import Advertiser
from publishers.models import Notice, NoticeMail, Publisher
from publishers.notices import states
from publishers.notices.words import mail_text, words
from tests.support.browsing import Browser, make_report, minutes, record
from tests.support.makers import NOW, make_advertiser, make_partner, make_publisher, make_user
from tracking.lifecycle.overdue import end_waiting
from tracking.models import Commission

pytestmark = pytest.mark.django_db
DAY = timedelta(days=1)
OVERDUE = NOW + 91 * DAY


@pytest.fixture
def shop() -> Advertiser:
    return make_advertiser("Nimbus", verification=Advertiser.Verification.CONFIRMED)


def declined() -> QuerySet[Notice]:
    return Notice.objects.filter(event=Notice.Event.DECLINED)


def mails() -> QuerySet[NoticeMail]:
    return NoticeMail.objects.filter(notices__event=Notice.Event.DECLINED).order_by("pk")


def partner(shop: Advertiser, name: str) -> Publisher:
    publisher = make_publisher(name)
    make_partner(shop, publisher, "hard")
    make_user("owner", publisher)
    return publisher


def sell(shop: Advertiser, publisher: Publisher, order: str, amount: str = "50.00") -> None:
    browser = Browser(shop)
    browser.click(publisher, NOW)
    browser.buy(order, NOW + minutes(5), amount)


def test_each_publisher_is_told_once_of_all_its_sales(shop: Advertiser) -> None:
    blog, other = partner(shop, "Blog"), partner(shop, "Other")
    sell(shop, blog, "A1")
    sell(shop, blog, "A2", "25.00")
    sell(shop, other, "B1")
    assert end_waiting(NOW + 89 * DAY) == 0
    assert not declined().exists()
    assert end_waiting(OVERDUE) == 3
    end_waiting(OVERDUE + minutes(1))
    told = {notice.publisher: notice for notice in declined()}
    assert set(told) == {blog, other}
    assert declined().count() == 2
    notice = told[blog]
    assert (notice.event, notice.advertiser) == ("commission.declined", shop)
    assert sorted(notice.facts["orders"]) == ["A1", "A2"]
    assert (notice.facts["amount_minor"], notice.facts["currency"]) == (600, "GBP")
    assert mails().filter(publisher=blog).count() == 1
    assert states.states(list(told.values()), OVERDUE)[notice.pk] is states.State.TOLD


def test_in_words(shop: Advertiser) -> None:
    blog = partner(shop, "Blog")
    sell(shop, blog, "A1")
    end_waiting(OVERDUE)
    notice = declined().get()
    said = words(notice)
    assert said.title == "1 sale is declined: it was not confirmed in time"
    assert said.meaning == (
        "Your commission of £4.00 for order A1 is not paid.",
        "The advertiser has to confirm a sale within 60 days after its cookie windows have "
        "closed. One that it confirms later is pending again.",
    )
    text = mail_text(blog, [notice])
    assert text.subject == f"Nimbus: {said.title}"


def test_a_sale_that_is_confirmed_or_declined_otherwise_tells_nothing(shop: Advertiser) -> None:
    blog = partner(shop, "Blog")
    sell(shop, blog, "A1")
    record(make_report(shop, "A1", NOW + DAY, "50.00", source="keyed"))
    sell(shop, blog, "A2")
    Commission.objects.filter(conversion__order="A2", advertiser=shop).update(
        status="declined", decline_reason="by_advertiser"
    )
    end_waiting(OVERDUE)
    assert not declined().exists()


def test_mails_come_once_a_day_and_the_page_has_all(shop: Advertiser) -> None:
    blog = partner(shop, "Blog")
    for number, at in enumerate((OVERDUE, OVERDUE + minutes(1), OVERDUE + DAY + minutes(2))):
        sell(shop, blog, f"A{number}")
        end_waiting(at)
    assert declined().count() == 3
    found = [list(mail.notices.values_list("facts__orders", flat=True)) for mail in mails()]
    assert found == [[["A0"]], [["A2"]]]


def test_the_page_of_notices_shows_it(shop: Advertiser, client: Client) -> None:
    blog = partner(shop, "Blog")
    sell(shop, blog, "A1")
    end_waiting(OVERDUE)
    client.force_login(blog.team.memberships.get().user)
    for query in ("", "?about=commission.declined", "?about=coming"):
        shown = client.get(f"/dashboard/{blog.pk}/notices/{query}").content.decode()
        assert ("for order A1" in shown) == (query != "?about=coming")
