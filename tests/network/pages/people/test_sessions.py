"""Where somebody is signed in: seen on their account's pages, and ended there."""

from datetime import timedelta
from typing import Any

import pytest
from allauth.usersessions.models import UserSession
from django.conf import settings as django_settings
from django.contrib.admin.models import LogEntry
from django.contrib.sessions.models import Session
from django.test import Client

from network import tasks
from network.models import User
from network.people import sessions
from tests.support.makers import NOW, SetClock, make_advertiser, make_user
from tests.support.reading import post, text

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("at_now")]
PAGE, OTHERS = "/account/sessions/", "/account/sessions/others/"
PASSWORD = "correct-horse-1"
LINUX = "Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0"
PHONE = "Mozilla/5.0 (iPhone; CPU iPhone OS 18_5 like Mac OS X) Version/18.5 Mobile Safari/604.1"
CHROME = "Mozilla/5.0 (Windows NT 10.0; Win64; x64) Chrome/150.0.0.0 Safari/537.36"


@pytest.fixture
def ada() -> User:
    return make_user("viewer", make_advertiser(), name="ada", password=PASSWORD)


def sign_in(user: User, user_agent: str, address: str = "192.0.2.7", **headers: Any) -> Client:
    browser = Client(
        HTTP_HOST=django_settings.SITE_HOST,
        HTTP_USER_AGENT=user_agent,
        REMOTE_ADDR=address,
        **headers,
    )
    browser.post("/sign-in/", {"login": user.username, "password": PASSWORD})
    return browser


def is_in(browser: Client) -> bool:
    return bool(browser.get("/account/").status_code == 200)


def row_of(browser: Client) -> UserSession:
    return UserSession.objects.get(session_key=browser.session.session_key)


def test_every_session_is_listed_with_browser_address_and_times(ada: User, at: SetClock) -> None:
    here = sign_in(ada, LINUX)
    sign_in(ada, PHONE, "2001:db8::9")
    page = text(here.get(PAGE))
    assert page.index("Firefox on Linux This browser") < page.index("Safari on iPhone")
    assert "Address 192.0.2.7" in page
    assert "Address 2001:db8::9 Signed in 12 Mar 2026 14:00" in page
    assert "End all others…" in page


@pytest.mark.parametrize(
    ("proxies", "forwarded", "shown"),
    [
        pytest.param(0, "198.51.100.9", "10.0.0.1", id="nobody_is_believed"),
        pytest.param(1, "198.51.100.9", "198.51.100.9", id="one_proxy"),
        pytest.param(1, "203.0.113.66, 198.51.100.9", "198.51.100.9", id="made_up_by_the_browser"),
        pytest.param(2, "198.51.100.9, 10.0.0.2", "198.51.100.9", id="two_proxies"),
        pytest.param(1, "2001:db8::9", "2001:db8::9", id="of_version_6"),
        pytest.param(1, "", "10.0.0.1", id="the_proxy_says_nothing"),
    ],
)
def test_behind_a_proxy_it_is_the_browsers_address(
    ada: User, settings: Any, proxies: int, forwarded: str, shown: str
) -> None:
    settings.ALLAUTH_TRUSTED_PROXY_COUNT = proxies
    here = sign_in(ada, LINUX, "10.0.0.1", HTTP_X_FORWARDED_FOR=forwarded)
    assert f"Address {shown} Signed in" in text(here.get(PAGE))
    assert row_of(here).ip == shown


def test_nobody_elses_are_listed_or_ended(ada: User) -> None:
    here = sign_in(ada, LINUX)
    other = sign_in(make_user("operator", name="olga", password=PASSWORD), CHROME)
    page = text(here.get(PAGE))
    assert "Chrome" not in page
    assert "You are signed in nowhere else." in page
    answer = post(here, f"{PAGE}{row_of(other).pk}/")
    assert "This session has ended already." in text(answer)
    post(here, OTHERS)
    assert is_in(other)


def test_one_is_ended_after_a_question(ada: User) -> None:
    here, phone, third = sign_in(ada, LINUX), sign_in(ada, PHONE), sign_in(ada, CHROME)
    address = f"{PAGE}{row_of(phone).pk}/"
    page = text(here.get(address))
    assert "End this session?" in page
    assert "Safari on iPhone , 192.0.2.7, last seen" in page
    assert is_in(phone)
    assert "1 session is ended." in text(post(here, address))
    assert [is_in(browser) for browser in (here, phone, third)] == [True, False, True]
    assert "Safari" not in text(here.get(PAGE))
    assert "This session has ended already." in text(post(here, address))


def test_all_others_are_ended_at_once(ada: User) -> None:
    here, phone, third = sign_in(ada, LINUX), sign_in(ada, PHONE), sign_in(ada, CHROME)
    assert "End 2 sessions?" in text(here.get(OTHERS))
    assert "2 sessions are ended." in text(post(here, OTHERS))
    assert [is_in(browser) for browser in (here, phone, third)] == [True, False, False]


def test_the_one_in_use_is_not_ended_here(ada: User) -> None:
    here = sign_in(ada, LINUX)
    post(here, f"{PAGE}{row_of(here).pk}/")
    assert is_in(here)


def test_ending_is_in_the_audit_log(ada: User) -> None:
    here = sign_in(ada, LINUX)
    sign_in(ada, PHONE)
    post(here, OTHERS)
    entry = LogEntry.objects.get()
    assert (entry.user, entry.object_id) == (ada, str(ada.pk))
    assert entry.change_message == "Ended a session: Safari on iPhone, 192.0.2.7"


def test_signing_out_ends_the_session(ada: User) -> None:
    here, phone = sign_in(ada, LINUX), sign_in(ada, PHONE)
    phone.post("/sign-out/")
    assert "You are signed in nowhere else." in text(here.get(PAGE))


def test_when_it_was_last_seen_is_known_to_five_minutes(ada: User, at: SetClock) -> None:
    here = sign_in(ada, LINUX)
    UserSession.objects.update(last_seen_at=NOW)
    at(NOW + timedelta(minutes=4))
    here.get("/account/")
    assert row_of(here).last_seen_at == NOW
    at(NOW + timedelta(minutes=5))
    here.get("/account/", REMOTE_ADDR="198.51.100.4")
    row = row_of(here)
    assert (row.last_seen_at, row.ip) == (NOW + timedelta(minutes=5), "198.51.100.4")
    assert row.created_at == NOW


def test_noting_it_makes_no_session_last_longer(ada: User, at: SetClock) -> None:
    here = sign_in(ada, LINUX)
    before = Session.objects.get().expire_date
    at(NOW + timedelta(hours=1))
    here.get("/account/")
    assert Session.objects.get().expire_date == before


def test_what_is_over_is_forgotten(ada: User) -> None:
    here, phone = sign_in(ada, LINUX), sign_in(ada, PHONE)
    Session.objects.filter(session_key=phone.session.session_key).update(expire_date=NOW)
    Session.objects.filter(session_key=here.session.session_key).update(
        expire_date=NOW + timedelta(days=3650)
    )
    tasks.forget_sessions()
    assert [row.session_key for row in UserSession.objects.all()] == [here.session.session_key]
    assert Session.objects.count() == 1


@pytest.mark.parametrize(
    ("user_agent", "words"),
    [
        pytest.param(LINUX, "Firefox on Linux", id="firefox"),
        pytest.param(CHROME, "Chrome on Windows", id="chrome"),
        pytest.param(PHONE, "Safari on iPhone", id="phone"),
        pytest.param("curl/8.5.0", "Unknown browser", id="none"),
        pytest.param("", "Unknown browser", id="nothing"),
        pytest.param("Lynx (Linux)", "Linux", id="system_only"),
    ],
)
def test_a_browser_is_called_by_its_name(user_agent: str, words: str) -> None:
    assert sessions.browser(user_agent) == words
