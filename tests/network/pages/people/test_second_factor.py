"""The second factor: set up by an app, asked for at sign-in, required of operators and owners."""

import re
import time
from typing import Any

import pytest
from allauth.mfa.models import Authenticator
from allauth.mfa.recovery_codes.internal.auth import RecoveryCodes
from allauth.mfa.totp.internal import auth
from django.conf import settings
from django.contrib.admin.models import LogEntry
from django.core.cache import cache
from django.test import Client
from pytest_django.fixtures import Settings

from network.models import User
from tests.support.makers import make_advertiser, make_publisher, make_user
from tests.support.reading import signed_in, text

pytestmark = pytest.mark.django_db
PASSWORD = "correct-horse-1"
SET_UP, AGAIN = "/second-factor/set-up/", "/sign-in/again/code/"


def code_of(secret: str, step: int = 0) -> str:
    """What the app shows now, or ``step`` half-minutes later."""
    return str(auth.format_hotp_value(auth.hotp_value(secret, int(time.time()) // 30 + step)))


def forget_codes() -> None:
    """As if a while had gone by: a code is good once."""
    cache.clear()


def browser() -> Client:
    return Client(HTTP_HOST=settings.SITE_HOST)


def with_password(user: User, client: Client) -> Any:
    return client.post("/sign-in/", {"login": user.username, "password": PASSWORD})


def set_up(client: Client) -> str:
    """Set up a second factor, as somebody who has just signed in; its secret."""
    page = client.get(SET_UP)
    assert page.status_code == 200
    found = re.search(r'<code id="secret">(\w+)</code>', page.content.decode())
    assert found
    answer = client.post(SET_UP, {"code": code_of(found[1])})
    assert answer.headers["Location"] == "/second-factor/codes/"
    forget_codes()
    return found[1]


@pytest.fixture
def viewer() -> User:
    return make_user("viewer", make_advertiser(), name="vera", password=PASSWORD)


@pytest.fixture
def owner() -> User:
    return make_user("owner", make_advertiser(), name="olga", password=PASSWORD)


@pytest.fixture
def required(settings: Settings) -> None:
    settings.TOTP_REQUIRED = True


def test_whoever_has_one_signs_in_with_it(viewer: User) -> None:
    client = browser()
    with_password(viewer, client)
    secret = set_up(client)
    client = browser()
    assert with_password(viewer, client).headers["Location"] == "/sign-in/code/"
    assert client.get("/admin/").status_code == 302
    assert "This code is wrong" in text(client.post("/sign-in/code/", {"code": "000000"}))
    answer = client.post("/sign-in/code/", {"code": code_of(secret)})
    assert answer.headers["Location"] == "/"
    assert client.get("/admin/").status_code == 200


def test_a_code_is_good_once_in_all_its_time(viewer: User, monkeypatch: pytest.MonkeyPatch) -> None:
    client = browser()
    with_password(viewer, client)
    code = code_of(set_up(client), step=1)
    for expected in (302, 200):
        client = browser()
        with_password(viewer, client)
        answer = client.post("/sign-in/code/", {"code": code})
        assert answer.status_code == expected
        cache.delete(f"allauth.mfa.totp.used?user={viewer.pk}&code={code}")  # 30 s have gone by


def test_the_code_that_set_it_up_signs_nobody_in(viewer: User) -> None:
    client = browser()
    with_password(viewer, client)
    found = re.search(r'<code id="secret">(\w+)</code>', client.get(SET_UP).content.decode())
    assert found
    code = code_of(found[1])
    assert client.post(SET_UP, {"code": code}).status_code == 302
    other = browser()
    with_password(viewer, other)
    assert "was used before" in text(other.post("/sign-in/code/", {"code": code}))
    forget_codes()
    assert other.post("/sign-in/code/", {"code": code}).headers["Location"] == "/"


def test_a_code_is_of_the_minute(viewer: User) -> None:
    client = browser()
    with_password(viewer, client)
    secret = set_up(client)
    for step in (-3, 3):
        client = browser()
        with_password(viewer, client)
        answer = client.post("/sign-in/code/", {"code": code_of(secret, step)})
        assert "This code is wrong" in text(answer)


def test_codes_cannot_be_guessed_one_after_the_other(viewer: User) -> None:
    client = browser()
    with_password(viewer, client)
    secret = set_up(client)
    client = browser()
    with_password(viewer, client)
    for _ in range(5):
        client.post("/sign-in/code/", {"code": "000000"})
    answer = client.post("/sign-in/code/", {"code": code_of(secret)})
    assert "Too many failed attempts" in text(answer)


def test_recovery_codes_are_shown_once_and_each_signs_in_once(viewer: User) -> None:
    client = browser()
    with_password(viewer, client)
    set_up(client)
    page = client.get("/second-factor/codes/").content.decode()
    codes = re.findall(r"<li><code>(\d{8})</code>", page)
    assert len(codes) == 10
    assert f'href="data:text/plain,{codes[0]}%0A' in page
    assert codes[0] not in client.get("/second-factor/codes/").content.decode()
    for expected in (302, 200):
        client = browser()
        with_password(viewer, client)
        assert client.post("/sign-in/code/", {"code": codes[3]}).status_code == expected
    assert "9 codes left" in text(signed_in(viewer).get("/second-factor/"))


def test_new_recovery_codes_replace_the_old(viewer: User) -> None:
    client = browser()
    with_password(viewer, client)
    set_up(client)
    old = re.findall(r"<code>(\d{8})</code>", client.get("/second-factor/codes/").content.decode())
    client.post("/second-factor/codes/new/")
    new = re.findall(r"<code>(\d{8})</code>", client.get("/second-factor/codes/").content.decode())
    assert len(new) == 10
    assert not set(old) & set(new)


def test_it_is_removed_after_the_password_again(viewer: User) -> None:
    client = browser()
    with_password(viewer, client)
    set_up(client)
    later = signed_in(viewer)
    sent = later.get("/second-factor/remove/").headers["Location"]
    assert sent == "/sign-in/again/?next=%2Fsecond-factor%2Fremove%2F"
    assert "Wrong password" in text(later.post(sent, {"password": "wrong"}))
    later.post(sent, {"password": PASSWORD, "next": "/second-factor/remove/"})
    answer = later.post("/second-factor/remove/", follow=True)
    assert "Your second factor has been removed." in text(answer)
    assert with_password(viewer, browser()).headers["Location"] == "/"
    assert not Authenticator.objects.exists()


@pytest.mark.usefixtures("required")
class TestRequired:
    def test_an_owner_is_led_to_setting_it_up_from_everywhere(self, owner: User) -> None:
        client = browser()
        with_password(owner, client)
        for address in ("/", "/admin/", "/password/", "/there-is-no-such-page", "/admin/none/"):
            there = client.get(address).headers["Location"]
            assert there.startswith(f"{SET_UP}?next="), address
        assert client.post("/admin/publishers/partnership/").headers["Location"] == SET_UP
        part = client.get("/admin/", headers={"HX-Request": "true"})
        assert part.headers["HX-Redirect"].startswith(SET_UP)
        set_up(client)
        assert client.get("/admin/").status_code == 200

    def test_signing_out_is_always_possible(self, owner: User) -> None:
        client = signed_in(owner)
        assert client.post("/sign-out/").headers["Location"] == "/sign-in/"

    @pytest.mark.parametrize(
        ("role", "needs_it"),
        [("owner", True), ("manager", False), ("viewer", False)],
    )
    def test_of_advertisers_staff_owners_need_it(self, role: str, needs_it: bool) -> None:
        client = signed_in(make_user(role, make_advertiser()))
        assert (client.get("/admin/").status_code == 302) is needs_it

    @pytest.mark.parametrize(("role", "needs_it"), [("owner", True), ("member", False)])
    def test_of_a_team_owners_need_it(self, role: str, needs_it: bool) -> None:
        publisher = make_publisher()
        client = signed_in(make_user(role, publisher))
        there = client.get(f"/dashboard/{publisher.pk}/")
        assert (there.status_code == 302) is needs_it

    def test_an_operator_needs_it(self) -> None:
        assert (
            signed_in(make_user("operator")).get("/admin/").headers["Location"].startswith(SET_UP)
        )

    def test_whoever_becomes_owner_is_asked_at_the_next_request(self, viewer: User) -> None:
        client = signed_in(viewer)
        assert client.get("/admin/").status_code == 200
        viewer.staff_memberships.update(role="owner")
        assert client.get("/admin/").headers["Location"].startswith(SET_UP)

    def test_a_session_from_before_must_show_it(self, owner: User) -> None:
        """Whoever has stolen the password, and waits."""
        thief, client = browser(), browser()
        with_password(owner, thief)
        with_password(owner, client)
        secret = set_up(client)
        there = thief.get("/admin/").headers["Location"]
        assert there == f"{AGAIN}?next=%2Fadmin%2F"
        assert thief.post("/second-factor/remove/").headers["Location"] == AGAIN
        shown = thief.post(AGAIN, {"code": code_of(secret), "next": "/admin/"})
        assert shown.headers["Location"] == "/admin/"
        assert thief.get("/admin/").status_code == 200

    def test_it_cannot_be_removed(self, owner: User) -> None:
        client = browser()
        with_password(owner, client)
        set_up(client)
        answer = client.post("/second-factor/remove/")
        assert "Operators and owners must have a second factor." in text(answer)
        assert f'href="{SET_UP}"' in answer.content.decode()
        assert Authenticator.objects.filter(type="totp").exists()

    def test_somebody_who_is_no_longer_owner_may_remove_it(self, owner: User) -> None:
        client = browser()
        with_password(owner, client)
        set_up(client)
        owner.staff_memberships.update(role="manager")
        client.post("/second-factor/remove/")
        assert not Authenticator.objects.exists()


# Another app in place of the one there is


def old_session(user: User) -> Client:
    """One that showed its second factor longer ago than what is asked of for this."""
    client = signed_in(user)
    session = client.session
    session["account_authentication_methods"] = [{"method": "mfa", "at": 0}]
    session["account_authentication_methods_user"] = str(user.pk)
    session.save()
    return client


def secret_on(page: Any) -> str:
    found = re.search(r'<code id="secret">(\w+)</code>', page.content.decode())
    assert found
    return found[1]


def with_app(user: User) -> str:
    """The secret of an app, with which recovery codes came."""
    secret = str(auth.generate_totp_secret())
    auth.TOTP.activate(user, secret)
    RecoveryCodes.activate(user)
    return secret


def a_recovery_code(user: User) -> str:
    row = Authenticator.objects.get(user=user, type="recovery_codes")
    return str(RecoveryCodes(row).get_unused_codes()[0])


@pytest.mark.usefixtures("required")
@pytest.mark.parametrize("lost", [True, False], ids=["lost_phone", "new_phone"])
def test_an_owner_moves_it_to_another_app(owner: User, lost: bool) -> None:
    old, client = with_app(owner), browser()
    with_password(owner, client)
    code = a_recovery_code(owner) if lost else code_of(old)
    client.post("/sign-in/code/", {"code": code})
    assert "Move it to another app" in text(client.get("/second-factor/"))
    assert "Remove" not in text(client.get("/second-factor/"))
    page = client.get(SET_UP)
    assert "Your current app works until you confirm the new one" in text(page)
    new = secret_on(page)
    wrong = client.post(SET_UP, {"code": "000000"})
    assert "This code is wrong" in text(wrong)
    assert secret_on(wrong) == new
    assert signs_in(owner, old), "the old one is good until then"
    forget_codes()
    answer = client.post(SET_UP, {"code": code_of(new)}, follow=True)
    assert "Your new app is now your second factor." in text(answer)
    assert ("9" if lost else "10") + " codes left" in text(answer)
    assert client.get("/admin/").status_code == 200
    forget_codes()
    assert not signs_in(owner, old)
    assert signs_in(owner, new)


def signs_in(user: User, secret: str) -> bool:
    client = browser()
    with_password(user, client)
    answer = client.post("/sign-in/code/", {"code": code_of(secret, step=1)})
    return bool(answer.status_code == 302)


@pytest.mark.parametrize("by", ["app", "recovery_code"])
def test_moving_it_needs_a_code_and_no_password_will_do(owner: User, by: str) -> None:
    old = with_app(owner)
    client = old_session(owner)
    there = client.get(SET_UP).headers["Location"]
    assert there == f"{AGAIN}?next=%2Fsecond-factor%2Fset-up%2F"
    assert "password instead" not in text(client.get(there))
    client.post("/sign-in/again/", {"password": PASSWORD, "next": SET_UP})
    assert client.get(SET_UP).headers["Location"] == there
    assert client.post(SET_UP, {"code": "000000"}).headers["Location"] == there
    code = code_of(old) if by == "app" else a_recovery_code(owner)
    client.get("/second-factor/")  # leave what was suspended behind
    answer = client.post(there, {"code": code, "next": SET_UP})
    assert secret_on(client.get(SET_UP) if answer.status_code == 302 else answer)


def test_elsewhere_the_password_will_do_instead(viewer: User) -> None:
    with_app(viewer)
    there = signed_in(viewer).get(f"{AGAIN}?next=/second-factor/remove/")
    assert "Use your password instead" in text(there)


@pytest.mark.usefixtures("required")
def test_where_a_code_must_be_shown_no_password_is_offered(owner: User) -> None:
    with_app(owner)
    assert "password instead" not in text(signed_in(owner).get(f"{AGAIN}?next=/admin/"))


def test_whoever_need_not_have_one_may_remove_it_or_move_it(viewer: User) -> None:
    with_app(viewer)
    page = text(signed_in(viewer).get("/second-factor/"))
    assert "Move it to another app" in page
    assert "Remove second factor" in page


def test_an_operator_resets_it_with_a_reason(owner: User) -> None:
    client = browser()
    with_password(owner, client)
    set_up(client)
    operator = signed_in(make_user("operator"))
    page = f"/admin/network/user/{owner.pk}"
    assert "Reset second factor…" in text(operator.get(f"{page}/change/"))
    assert "This field is required." in text(operator.post(f"{page}/second-factor/", {}))
    answer = operator.post(f"{page}/second-factor/", {"reason": "Called back."}, follow=True)
    assert "The second factor of olga is off" in text(answer)
    assert not Authenticator.objects.exists()
    entry = LogEntry.objects.latest("pk")
    assert entry.get_change_message() == "Second factor reset: Called back."
    assert "Reset second factor…" not in text(operator.get(f"{page}/change/"))


def test_operators_see_who_has_one(owner: User, viewer: User) -> None:
    client = browser()
    with_password(owner, client)
    set_up(client)
    page = text(signed_in(make_user("operator")).get("/admin/network/user/?q=example.com"))
    assert re.search(r"olga olga@example.com Owner of Shop \d+ On", page)
    assert re.search(r"vera vera@example.com Viewer of Shop \d+ Off", page)
