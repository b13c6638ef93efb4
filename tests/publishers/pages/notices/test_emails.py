"""Which notices somebody also gets by email: they choose, but not about everything."""

from typing import Any

import pytest
from django.core import mail
from django.test import Client

from network.models import User
from publishers.models import EmailOff, Notice, NoticeMail
from publishers.notices.sending import send_due
from publishers.policy import assigning, closing, deciding
from tests.publishers.pages.notices.test_notice_pages import Cast
from tests.support.makers import NOW, make_user
from tests.support.reading import signed_in, text

pytestmark = pytest.mark.django_db
PAGE = "/account/emails/"
KINDS = [row[0] for row in Notice.Event.choices]
TYPE, TERMS = Notice.Event.COOKIE_TYPE, Notice.Event.TERMS


@pytest.fixture
def client(cast: Cast) -> Client:
    return signed_in(cast.member)


ALL_BUT_TYPE = [kind for kind in KINDS if kind != TYPE]
ALL_BUT_TERMS = [kind for kind in KINDS if kind != TERMS]


def choose(client: Client, *mailed: str) -> Any:
    return client.post(PAGE, {"mailed": mailed}, follow=True)


def set_soft(cast: Cast) -> None:
    assigning.assign([cast.partner], "soft", NOW, reason="Spring.", made_by=None)


def sent_to(user: User) -> list[str]:
    send_due(NOW)
    return [str(message.subject) for message in mail.outbox if message.to == [user.email]]


def test_all_kinds_are_mailed_until_somebody_chooses(cast: Cast, client: Client) -> None:
    assert client.get(PAGE).context["form"]["mailed"].initial == KINDS
    set_soft(cast)
    assert len(sent_to(cast.member)) == 1


def test_what_is_switched_off_is_not_mailed_but_on_the_page(cast: Cast, client: Client) -> None:
    assert "Your choice is saved." in text(choose(client, *ALL_BUT_TYPE))
    set_soft(cast)
    assert sent_to(cast.member) == []
    kept = NoticeMail.objects.get()
    assert (kept.state, kept.last_error) == ("skipped", "Switched off by the recipient.")
    page = text(client.get(f"/dashboard/{cast.partner.publisher_id}/notices/"))
    assert "New notices" in page
    assert "Your clicks are soft" in page


def test_only_the_kind_and_only_the_person_that_chose(cast: Cast, client: Client) -> None:
    colleague = make_user("member", cast.partner.publisher)
    choose(client, *ALL_BUT_TYPE)
    set_soft(cast)
    deciding.change_terms(cast.partner, {"hard_days": 7}, NOW, made_by=None, reason="Shorter.")
    assert len(sent_to(colleague)) == 2
    assert len(sent_to(cast.member)) == 1
    assert "Cookie period" in f"{mail.outbox[-1].body} {mail.outbox[-2].body}"


@pytest.mark.parametrize("status", ["suspended", "ended"])
def test_that_clicks_stop_counting_is_always_mailed(
    cast: Cast, client: Client, status: str
) -> None:
    choose(client)
    deciding.decide(cast.partner, status, NOW, made_by=None, reason="Brand bidding.")
    [subject] = sent_to(cast.member)
    assert status in subject.lower()


def test_a_closed_programme_is_always_mailed(cast: Cast, client: Client) -> None:
    choose(client)
    operator = make_user("operator")
    closing.change(cast.shop, NOW, closes=True, made_by=operator, reason="Sold.")
    assert len(sent_to(cast.member)) == 1


def test_other_news_of_the_partnership_may_be_switched_off(cast: Cast, client: Client) -> None:
    choose(client)
    deciding.change_terms(cast.partner, {"in_page": True}, NOW, made_by=None, reason="Asked.")
    assert sent_to(cast.member) == []


def test_a_choice_is_changed_back(cast: Cast, client: Client) -> None:
    choose(client)
    assert EmailOff.objects.count() == len(KINDS)
    choose(client, *KINDS)
    set_soft(cast)
    assert len(sent_to(cast.member)) == 1


def test_a_kind_that_there_is_not_is_refused(cast: Cast, client: Client) -> None:
    page = text(choose(client, "weather.changed"))
    assert "weather.changed is not one of the available choices" in page
    assert not EmailOff.objects.exists()


def test_the_page_says_what_is_always_sent(cast: Cast, client: Client) -> None:
    page = text(client.get(PAGE))
    assert "These cannot be switched off: your clicks stop counting" in page
    staff = text(signed_in(cast.staff).get(PAGE))
    assert "your clicks stop counting" not in staff
    assert "your email address was changed" in staff
    assert "Email me at once about" not in staff


def test_staff_read_before_that_nobody_gets_an_email(cast: Cast, client: Client) -> None:
    staff = signed_in(cast.staff)
    address = f"/admin/publishers/partnership/cookie-type/?to=soft&partners={cast.partner.pk}"
    said = "Pennyback switched off emails about this."
    choose(client, *ALL_BUT_TERMS)
    assert said not in text(staff.get(address))
    choose(client, *ALL_BUT_TYPE)
    assert said in text(staff.get(address))
    make_user("member", cast.partner.publisher)
    assert said not in text(staff.get(address))
