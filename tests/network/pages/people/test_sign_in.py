"""Signing in: by name or address, with limits, and never without Redis."""

from typing import Any

import pytest
from django.conf import settings
from django.core.cache import cache
from django.core.cache.backends.redis import RedisCache
from django.test import Client
from redis.exceptions import ConnectionError as RedisConnectionError

from network.models import User
from tests.support.makers import make_user
from tests.support.reading import signed_in, text

pytestmark = pytest.mark.django_db
PASSWORD = "correct-horse-1"


@pytest.fixture
def ada() -> User:
    return make_user("operator", name="Ada", password=PASSWORD)


def sign_in(login: str, password: str = PASSWORD, **headers: Any) -> Any:
    client = Client(**{"HTTP_HOST": settings.SITE_HOST, **headers})
    return client.post("/sign-in/", {"login": login, "password": password})


@pytest.mark.parametrize("login", ["Ada", "ada", "Ada@example.com", "ADA@EXAMPLE.COM", " Ada "])
def test_by_name_or_address_in_any_case(ada: User, login: str) -> None:
    assert sign_in(login).headers["Location"] == "/"


@pytest.mark.parametrize(
    ("login", "password"),
    [
        pytest.param("Ada", "wrong-horse-1", id="wrong_password"),
        pytest.param("Bob", PASSWORD, id="nobody_of_that_name"),
        pytest.param("Ada@example.com", "wrong-horse-1", id="wrong_password_by_address"),
        pytest.param("bob@example.com", PASSWORD, id="nobody_of_that_address"),
    ],
)
def test_nobody_learns_what_was_wrong(ada: User, login: str, password: str) -> None:
    answer = text(sign_in(login, password))
    assert "Wrong username, email or password." in answer


def test_the_sixth_attempt_for_somebody_is_refused_even_with_the_right_password(ada: User) -> None:
    for _ in range(5):
        sign_in("Ada", "wrong-horse-1")
    assert "Too many failed attempts. Wait five minutes, then" in text(sign_in("Ada"))
    assert sign_in(make_user(name="bob", password=PASSWORD).username).status_code == 302


@pytest.mark.parametrize(
    "logins",
    [
        pytest.param(["Ada", "ada", "ADA", "Ada@example.com", "ada@EXAMPLE.com"], id="both"),
        pytest.param(["Ada"] * 5, id="by_name"),
        pytest.param(["ada@example.com"] * 5, id="by_address"),
    ],
)
@pytest.mark.parametrize("then", ["ada", "ada@example.com"])
def test_five_attempts_for_an_account_by_name_and_by_address_together(
    ada: User, logins: list[str], then: str
) -> None:
    for number, login in enumerate(logins):
        sign_in(login, "wrong-horse-1", REMOTE_ADDR=f"192.0.2.{number}")
    page = text(sign_in(then))
    assert "wait five minutes" in page.lower()
    assert "Wrong username" in page or "Too many failed attempts" in page


def test_nobody_learns_that_a_name_and_an_address_are_one_persons(ada: User) -> None:
    """An attempt too many for an account is answered as one for nobody: the right password, too."""

    def answers(name: str, address: str) -> list[tuple[bool, bool]]:
        given = [sign_in(name, "wrong-horse-1", REMOTE_ADDR="192.0.2.1") for _ in range(6)]
        given += [sign_in(address, PASSWORD, REMOTE_ADDR="192.0.2.2") for _ in range(6)]
        pages = [text(answer) for answer in given]
        return [("Wrong username" in page, "Too many" in page) for page in pages]

    of_somebody = answers("ada", "ada@example.com")
    cache.clear()
    assert of_somebody == answers("nobody", "nobody@example.com")
    assert of_somebody == [*[(True, False)] * 5, (False, True)] * 2


def test_signing_in_leaves_no_attempt_behind(ada: User) -> None:
    for number in range(12):
        login = ("ada", "ada@example.com")[number % 2]
        assert sign_in(login, REMOTE_ADDR=f"192.0.2.{number}").headers["Location"] == "/"


def test_another_port_in_the_hosts_name_gives_no_more_attempts(ada: User) -> None:
    for port in range(8001, 8006):
        sign_in("Ada", "wrong-horse-1", HTTP_HOST=f"{settings.SITE_HOST}:{port}")
    answer = sign_in("Ada", HTTP_HOST=f"{settings.SITE_HOST}:8006")
    assert "Too many failed attempts" in text(answer)


def test_an_address_that_tries_many_accounts_is_refused(ada: User) -> None:
    for number in range(10):
        sign_in(f"guess-{number}")
    assert "Too many failed attempts" in text(sign_in("Ada"))
    assert sign_in("Ada", REMOTE_ADDR="192.0.2.7").status_code == 302


def test_somebody_deactivated_is_told_so_with_the_right_password_only(ada: User) -> None:
    User.objects.filter(pk=ada.pk).update(is_active=False)
    assert sign_in("Ada").headers["Location"] == "/sign-in/inactive/"
    assert "Wrong username, email or password" in text(sign_in("Ada", "wrong-horse-1"))


def test_nobody_signs_up() -> None:
    client = Client(HTTP_HOST=settings.SITE_HOST)
    assert client.get("/sign-up/").status_code == 404


@pytest.mark.parametrize(
    "onward",
    [
        pytest.param("https://evil.example/", id="elsewhere"),
        pytest.param("//evil.example/", id="without_a_scheme"),
        pytest.param(f"http://{settings.TRACKING_HOST}/t/1/c/1", id="tracking_host"),
    ],
)
def test_signing_in_leads_nowhere_else(ada: User, onward: str) -> None:
    client = Client(HTTP_HOST=settings.SITE_HOST)
    data = {"login": "Ada", "password": PASSWORD, "next": onward}
    assert client.post("/sign-in/", data).headers["Location"] == "/"


def test_a_changed_password_ends_every_other_session(ada: User) -> None:
    here, there = signed_in(ada), signed_in(ada)
    data = {"oldpassword": PASSWORD, "password1": "other-horse-2", "password2": "other-horse-2"}
    assert here.post("/password/", data).headers["Location"] == "/"
    assert here.get("/admin/").status_code == 200
    assert there.get("/").headers["Location"] == "/sign-in/?next=/"


def test_somebody_without_a_password_chooses_one() -> None:
    user = make_user()
    client = signed_in(user)
    assert client.get("/password/").headers["Location"] == "/password/first/"
    data = {"password1": "other-horse-2", "password2": "other-horse-2"}
    client.post("/password/first/", data)
    user.refresh_from_db()
    assert user.check_password("other-horse-2")


@pytest.fixture
def redis_is_down(monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(*args: object, **kwargs: object) -> None:
        raise RedisConnectionError("Connection refused.")

    for name in ("get", "add", "set", "delete"):
        monkeypatch.setattr(RedisCache, name, refuse)


@pytest.mark.usefixtures("redis_is_down")
class TestWithoutRedis:
    def test_nobody_signs_in(self, ada: User) -> None:
        answer = sign_in("Ada")
        assert answer.status_code == 503
        assert answer.headers["Retry-After"] == "60"
        assert "Not available right now" in text(answer)
        assert "sessionid" not in answer.cookies

    def test_no_password_is_asked_for_or_changed(self, ada: User) -> None:
        client = signed_in(ada)
        assert client.post("/password/forgotten/", {"email": ada.email}).status_code == 503
        data = {"oldpassword": PASSWORD, "password1": "other-9", "password2": "other-9"}
        assert client.post("/password/", data).status_code == 503

    def test_whoever_is_signed_in_goes_on(self, ada: User) -> None:
        assert signed_in(ada).get("/admin/").status_code == 200
        assert Client(HTTP_HOST=settings.SITE_HOST).get("/sign-in/").status_code == 200


def test_a_redis_that_hangs_is_one_that_is_down() -> None:
    options = cache._cache._pool_options  # type: ignore[attr-defined]
    assert options["socket_timeout"] == options["socket_connect_timeout"] == 2
    assert options["retry"]._retries == 0
