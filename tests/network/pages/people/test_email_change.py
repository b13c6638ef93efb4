"""Changing one's own email: asked for with the password, confirmed from the new address."""

import re
from datetime import timedelta

import pytest
from django.conf import settings
from django.core import mail
from django.test import Client

from network.models import User
from tests.support.makers import NOW, SetClock, make_advertiser, make_user
from tests.support.reading import signed_in, text

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("at_now", "mails_at_once")]
PASSWORD = "correct-horse-1"
PAGE, NEW = "/account/email/", "ada@new.example"


@pytest.fixture
def ada() -> User:
    return make_user("viewer", make_advertiser(), name="ada", password=PASSWORD)


@pytest.fixture
def client(ada: User) -> Client:
    """As somebody who has just signed in with their password."""
    client = Client(HTTP_HOST=settings.SITE_HOST)
    client.post("/sign-in/", {"login": "ada", "password": PASSWORD})
    return client


def ask(client: Client, address: str = NEW) -> str:
    """Ask for the change; the path in the email's link."""
    assert f"A link is on its way to {address}" in text(
        client.post(PAGE, {"email": address}, follow=True)
    )
    found = re.search(rf"^{re.escape(settings.SITE_URL)}(/\S+)$", str(mail.outbox[-1].body), re.M)
    assert found
    return found[1]


def test_the_address_changes_when_the_new_one_confirms_it(client: Client, ada: User) -> None:
    link = ask(client)
    assert mail.outbox[-1].to == [NEW]
    client.get(link)  # as a mail program may
    ada.refresh_from_db()
    assert ada.email == "ada@example.com"
    assert f"Your email is now {NEW}." in text(client.post(link, follow=True))
    ada.refresh_from_db()
    assert ada.email == NEW
    assert mail.outbox[-1].to == ["ada@example.com"]
    assert NEW in mail.outbox[-1].body


def test_it_is_asked_for_with_the_password(ada: User) -> None:
    answer = signed_in(ada).post(PAGE, {"email": NEW})
    assert answer.headers["Location"].startswith("/sign-in/again/")
    assert mail.outbox == []


@pytest.mark.parametrize("address", ["", "no address", "a@b"])
def test_what_is_no_address_is_not_written_to(client: Client, address: str) -> None:
    answer = client.post(PAGE, {"email": address})
    assert list(answer.context["form"].errors) == ["email"]
    assert mail.outbox == []


def refused(client: Client, link: str, ada: User) -> bool:
    assert client.get(link).status_code == 410
    assert client.post(link).status_code == 410
    before = ada.email
    ada.refresh_from_db()
    return ada.email == before


def test_a_link_is_good_for_a_day(client: Client, ada: User, at: SetClock) -> None:
    link = ask(client)
    at(NOW + timedelta(hours=24, seconds=1))
    assert refused(client, link, ada)


def test_a_link_is_good_once_and_not_after_another_change(client: Client, ada: User) -> None:
    first, second = ask(client), ask(client, "ada@other.example")
    client.post(second)
    ada.refresh_from_db()
    assert refused(client, first, ada)
    assert refused(client, second, ada)


def test_a_link_is_nobody_elses(client: Client, ada: User) -> None:
    link = ask(client)
    eve = make_user("viewer", make_advertiser(), name="eve")
    assert refused(signed_in(eve), link, eve)


@pytest.mark.parametrize("link", ["/account/email/x/", "/account/email/WzFd:1abc:forged/"])
def test_a_link_that_nobody_signed_changes_nothing(client: Client, ada: User, link: str) -> None:
    assert refused(client, link, ada)


def test_an_address_of_somebody_else_is_found_out_at_the_address(client: Client, ada: User) -> None:
    """Whoever asks is told the same, so that nobody learns who has an account."""
    link = ask(client)
    User.objects.create_user("eve", NEW)
    assert refused(client, link, ada)
