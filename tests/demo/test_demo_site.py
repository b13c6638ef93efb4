"""What the demo adds to the site: a sign-in by one click, and a mailbox."""

import importlib
import re
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from typing import NoReturn

import pytest
import time_machine
from django.conf import settings as django_settings
from django.core import mail
from django.core.mail.backends.filebased import EmailBackend
from django.db import OperationalError
from django.test import Client, RequestFactory
from django.urls import get_resolver
from pytest_django import DjangoDbBlocker, Settings

from network.demo.pages import places, site_urls
from network.demo.story import cast, conditions, seed
from network.demo.story.life import Span
from network.models import User
from tests.support.founding import made_once
from tests.support.makers import NOW, make_user
from tests.support.reading import text

pytestmark = pytest.mark.django_db


@pytest.fixture
def site(settings: Settings, tmp_path: Path) -> Client:
    """A client of the demo's site; the demo keeps mails in a folder."""
    settings.ROOT_URLCONF = "network.demo.pages.site_urls"
    settings.DEMO_HOSTS = (places.SHOP, *places.PUBLISHERS)
    settings.EMAIL_BACKEND = "django.core.mail.backends.filebased.EmailBackend"
    settings.EMAIL_FILE_PATH = str(tmp_path / "mail")
    return Client(headers={"host": settings.SITE_HOST})


@pytest.fixture(scope="module")
def everybody(django_db_setup: None, django_db_blocker: DjangoDbBlocker) -> Iterator[None]:
    """The whole cast, in a network in which nothing has happened yet."""
    with made_once(django_db_blocker, lambda: seed.seed(Span(NOW, 0))):
        yield


def signed_in_as(client: Client) -> str:
    key = client.session.get("_auth_user_id")
    return User.objects.get(pk=key).username if key else ""


def starting_up() -> NoReturn:
    raise OperationalError("the database system is starting up")


@pytest.mark.parametrize(
    "urls", ["network.urls", "network.demo.pages.site_urls", "network.demo.pages.urls"]
)
def test_while_postgresql_is_away_everybody_is_asked_to_come_back(urls: str) -> None:
    answer_to_errors = get_resolver(urls).resolve_error_handler(500)
    try:
        starting_up()
    except OperationalError:
        answer = answer_to_errors(RequestFactory().get("/"))

    assert (answer.status_code, answer.headers["Retry-After"]) == (503, "30")


# --- Sign-in by one click ---------------------------------------------------------------------


@pytest.mark.usefixtures("everybody")
@pytest.mark.parametrize("person", cast.PEOPLE, ids=lambda person: person.username)
def test_everybody_signs_in_by_one_click(site: Client, person: cast.Person) -> None:
    page = site.get("/demo/").content.decode()
    assert f'name="person" value="{person.username}"' in page
    answer = site.post("/demo/sign-in/", {"person": person.username})
    assert (answer.status_code, answer["Location"]) == (303, "/")
    assert signed_in_as(site) == person.username
    assert site.get("/", follow=True).status_code == 200


@pytest.mark.usefixtures("everybody")
def test_the_sign_in_page_offers_them_and_leads_on(site: Client) -> None:
    page = site.get("/sign-in/?next=/dashboard/1/").content.decode()
    assert page.count('name="person"') == len(cast.PEOPLE)
    answer = site.post("/demo/sign-in/", {"person": "blog", "next": "/dashboard/1/"})
    assert answer["Location"] == "/dashboard/1/"


@pytest.mark.usefixtures("everybody")
@pytest.mark.parametrize("onward", ["http://evil.example/", "//evil.example/", "/\\evil.example"])
def test_a_sign_in_leads_nowhere_else(site: Client, onward: str) -> None:
    answer = site.post("/demo/sign-in/", {"person": "blog", "next": onward})
    assert answer["Location"] == "/"


@pytest.mark.usefixtures("everybody")
@pytest.mark.parametrize(
    ("origin", "status"),
    [
        pytest.param(django_settings.SITE_URL, 303, id="site"),
        pytest.param("http://shop.localhost:8000", 303, id="shop"),
        pytest.param("null", 303, id="redirected_by_the_shop"),
        pytest.param("http://evil.example", 403, id="elsewhere"),
        pytest.param("http://evil.localhost:8000", 403, id="another_localhost"),
    ],
)
def test_only_pages_of_the_demo_may_ask(site: Client, origin: str, status: int) -> None:
    answer = site.post("/demo/sign-in/", {"person": "blog"}, headers={"origin": origin})
    assert answer.status_code == status
    assert signed_in_as(site) == ("blog" if status == 303 else "")


@pytest.mark.usefixtures("everybody")
def test_nobody_is_signed_in_by_a_link_or_outside_the_cast(site: Client) -> None:
    make_user("operator", name="real-operator")
    assert site.get("/demo/sign-in/?person=operator").status_code == 405
    assert site.post("/demo/sign-in/", {"person": "real-operator"}).status_code == 404
    assert site.post("/demo/sign-in/", {"person": ""}).status_code == 404
    User.objects.filter(username="blog").update(is_active=False)
    assert site.post("/demo/sign-in/", {"person": "blog"}).status_code == 404
    assert signed_in_as(site) == ""


@pytest.mark.parametrize("name", ["SITE_HOST", "TRACKING_HOST"])
def test_the_routes_cannot_be_loaded_where_others_may_come(settings: Settings, name: str) -> None:
    setattr(settings, name, "network.example")
    with pytest.raises(conditions.Unfit, match=r"network\.example"):
        importlib.reload(site_urls)


# --- Mailbox ----------------------------------------------------------------------------------


def test_an_empty_mailbox_says_what_to_do(site: Client) -> None:
    page = site.get("/demo/mail/").content.decode()
    assert "No email yet" in page
    assert 'href="/password/forgotten/"' in page


def test_the_newest_mail_comes_first_and_opens(site: Client) -> None:
    for number in (1, 2):
        with time_machine.travel(NOW + timedelta(minutes=number)):
            send(f"Mail {number}", f"Grüße {number} from http://network.localhost:8000/x?a=b&c=d")
    page = site.get("/demo/mail/").content.decode()
    assert re.findall(r"Mail \d", page) == ["Mail 2", "Mail 1"]
    address = re.search(r'href="(/demo/mail/[^"]+/)"', page)
    assert address
    opened = site.get(address[1])
    assert "Grüße 2 from" in text(opened)
    assert 'href="http://network.localhost:8000/x?a=b&amp;c=d"' in opened.content.decode()


def test_a_mail_of_a_stranger_stays_text(site: Client) -> None:
    send("<script>alert(1)</script>", "<img src=x onerror=alert(1)>")
    page = site.get("/demo/mail/").content.decode()
    address = re.search(r'href="(/demo/mail/[^"]+/)"', page)
    assert address
    for shown in (page, site.get(address[1]).content.decode()):
        assert "<script>alert" not in shown
        assert "<img src=x" not in shown


@pytest.mark.parametrize("name", ["none", "..", "..%2Fsecret-django"])
def test_a_mail_that_is_not_there_is_not_found(site: Client, name: str) -> None:
    assert site.get(f"/demo/mail/{name}/").status_code == 404


def send(subject: str, body: str) -> None:
    """By the backend that the demo has; tests as such keep mails in memory."""
    backend = EmailBackend()
    mail.EmailMessage(subject, body, to=["blog@example.com"], connection=backend).send()
