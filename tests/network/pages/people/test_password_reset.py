"""A forgotten password: a link by mail, once, to whoever has the address."""

import re

import pytest
from django.conf import settings
from django.core import mail
from django.test import Client

from network.models import User
from tests.support.makers import make_user
from tests.support.reading import text

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("mails_at_once")]
NEW = "a-longer-word-than-before-7"


@pytest.fixture
def person() -> User:
    return make_user("operator", name="ada", password="the-old-password-9")


def ask(client: Client, address: str) -> str:
    """Ask for a link; what the page then says."""
    answer = client.post("/password/forgotten/", {"email": address}, follow=True)
    assert answer.status_code == 200
    return text(answer)


def link() -> str:
    """The path in the last mail's link, which is to the site whatever the request's host was."""
    found = re.search(
        rf"^{re.escape(settings.SITE_URL)}(/password/new/\S+)$", str(mail.outbox[-1].body), re.M
    )
    assert found
    return found[1]


def choose(client: Client, path: str, password: str) -> str:
    """Follow the link and choose a password; what the page then says."""
    form = client.get(path, follow=True)
    chosen = {"password1": password, "password2": password}
    return text(client.post(form.request["PATH_INFO"], chosen, follow=True))


def test_the_link_leads_to_a_new_password(client: Client, person: User) -> None:
    ask(client, person.email)
    assert mail.outbox[0].to == [person.email]
    assert "ada" in mail.outbox[0].body
    form = client.get(link(), follow=True)
    done = client.post(form.request["PATH_INFO"], {"password1": NEW, "password2": NEW}, follow=True)
    assert "Your password is set" in text(done)
    assert client.login(username="ada", password=NEW)
    assert not client.login(username="ada", password="the-old-password-9")


def test_the_link_is_good_once(client: Client, person: User) -> None:
    ask(client, person.email)
    path = link()
    choose(client, path, NEW)
    assert "This link no longer works" in text(Client().get(path, follow=True))


@pytest.mark.parametrize("path", ["/password/new/MQ-abc-def/", "/password/new/x-set-password/"])
def test_a_made_up_link_is_no_good(client: Client, path: str) -> None:
    assert "This link no longer works" in text(client.get(path))


def test_nobody_learns_whether_an_address_is_known(client: Client, person: User) -> None:
    known, unknown = ask(client, person.email), ask(client, "nobody@example.com")
    assert known == unknown
    assert len(mail.outbox) == 1


def test_somebody_who_may_not_sign_in_gets_no_link(client: Client, person: User) -> None:
    User.objects.filter(pk=person.pk).update(is_active=False)
    ask(client, person.email)
    assert mail.outbox == []


def test_a_weak_password_is_refused_with_the_reason(client: Client, person: User) -> None:
    ask(client, person.email)
    form = client.get(link(), follow=True)
    shown = client.post(form.request["PATH_INFO"], {"password1": "12345", "password2": "12345"})
    assert "too short" in text(shown)
    assert client.login(username="ada", password="the-old-password-9")


def test_the_sign_in_page_leads_there(client: Client) -> None:
    assert 'href="/password/forgotten/"' in client.get("/sign-in/").content.decode()
