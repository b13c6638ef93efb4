"""Invitations by mail, and what owners do about their people."""

import re
from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from django.conf import settings
from django.contrib.admin.models import LogEntry
from django.core import mail
from django.test import Client, TestCase
from kombu.exceptions import OperationalError

from network.celery import app
from network.models import Advertiser, User
from publishers.models import Publisher
from publishers.pages.teams.invitation import AccountForm
from publishers.teams import invitations
from publishers.teams.invitations import LastOwner
from publishers.teams.models import Invitation
from tests.support.makers import NOW, SetClock, make_advertiser, make_user
from tests.support.reading import signed_in, text

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("at_now")]
CHOSEN = {"username": "nina", "password1": "a-long-word-7", "password2": "a-long-word-7"}
ACCOUNT = {**CHOSEN, "first_name": "Nina", "last_name": "Okafor", "time_zone": "Europe/Berlin"}


def post(client: Client, address: str, **data: object) -> Any:
    """With what a commit does."""
    with TestCase.captureOnCommitCallbacks(execute=True):
        return client.post(address, data, follow=True)


def link() -> str:
    """The path in the last mail, whose host is the site's whatever the request's was."""
    found = re.search(
        rf"^{re.escape(settings.SITE_URL)}(/invitation/\S+)$", str(mail.outbox[-1].body), re.M
    )
    assert found
    return found[1]


def browser() -> Client:
    return Client(HTTP_HOST=settings.SITE_HOST)


def invite(client: Client, shop: Advertiser, email: str, role: str = "viewer") -> str:
    return text(post(client, f"/admin/team/{shop.pk}/", do="invite", email=email, role=role))


def test_an_owner_invites_and_somebody_new_joins(owner: Client, shop: Advertiser) -> None:
    assert "nina@example.com is invited" in invite(owner, shop, "Nina@Example.com", "manager")
    sent = mail.outbox[-1]
    assert sent.to == ["nina@example.com"]
    assert sent.subject == "olga invites you to Shop on Softclick"
    page = text(browser().get(link()))
    assert "olga invites nina@example.com to Shop" in page
    assert "Manager: everything but the team" in page
    client = browser()
    answer = client.post(link(), ACCOUNT)
    assert answer.headers["Location"] == "/"
    nina = User.objects.get(username="nina")
    assert (nina.email, nina.get_full_name()) == ("nina@example.com", "Nina Okafor")
    assert nina.time_zone == "Europe/Berlin"
    assert nina.staff_memberships.get().role == "manager"
    assert client.get("/admin/publishers/partnership/").status_code == 200
    said = [entry.get_change_message() for entry in LogEntry.objects.order_by("pk")]
    assert said == [
        "Invited nina@example.com as Manager",
        "Accepted the invitation as Manager",
    ]


def test_the_token_is_in_the_mail_alone(owner: Client, shop: Advertiser) -> None:
    invite(owner, shop, "nina@example.com")
    token = link().split("/")[-2]
    row = Invitation.objects.get()
    assert row.token_hash == invitations.hash_of(token)
    assert token not in str(vars(row))
    assert len(token) > 40
    assert row.expires_at == NOW + timedelta(days=7)


def test_somebody_with_an_account_signs_in_and_accepts(owner: Client, shop: Advertiser) -> None:
    nina = make_user(name="nina")
    invite(owner, shop, nina.email)
    page = browser().get(link())
    assert "You have an account already." in text(page)
    assert f'href="/sign-in/?next={link()}"' in page.content.decode()
    client = signed_in(nina)
    assert "You belong to Shop now." in text(client.post(link(), follow=True))
    assert nina.staff_memberships.get().role == "viewer"


def test_an_account_of_another_address_does_not_accept(owner: Client, shop: Advertiser) -> None:
    invite(owner, shop, "nina@example.com")
    bob = make_user(name="bob")
    client = signed_in(bob)
    assert "You are signed in as bob, which has another email address." in text(client.get(link()))
    client.post(link(), ACCOUNT)
    assert not bob.staff_memberships.exists()
    assert not User.objects.filter(username="nina").exists()


def test_a_forwarded_account_form_makes_the_invited_address(
    owner: Client, shop: Advertiser
) -> None:
    invite(owner, shop, "nina@example.com")
    browser().post(link(), {**ACCOUNT, "email": "evil@example.com"})
    assert User.objects.get(username="nina").email == "nina@example.com"


def test_what_was_typed_is_kept_when_something_is_wrong(owner: Client, shop: Advertiser) -> None:
    invite(owner, shop, "nina@example.com")
    page = browser().post(link(), {**ACCOUNT, "password2": "another"})
    assert "The two password fields didn" in text(page)
    assert 'value="Okafor"' in page.content.decode()
    assert Invitation.objects.get().is_open


@pytest.mark.parametrize(
    "name",
    [
        pytest.param("vera", id="as_it_is"),
        pytest.param("Vera", id="in_another_case"),
        pytest.param("VERA@example.com", id="address_of_somebody_else"),
    ],
)
def test_nobody_takes_anothers_name(owner: Client, shop: Advertiser, name: str) -> None:
    """Signing in by a name that two have is possible to neither."""
    make_user("owner", make_advertiser("Elsewhere"), name="vera", password="long-enough-1")
    invite(owner, shop, "nina@example.com")
    page = browser().post(link(), {**ACCOUNT, "username": name})
    assert "This name is taken." in text(page)
    assert "vera@" not in text(page)
    assert 'value="Okafor"' in page.content.decode()
    assert not User.objects.filter(email="nina@example.com").exists()
    signed = browser().post("/sign-in/", {"login": "vera", "password": "long-enough-1"})
    assert signed.headers["Location"] == "/"


def test_a_name_that_is_ones_own_address_is_fine(owner: Client, shop: Advertiser) -> None:
    invite(owner, shop, "nina@example.com")
    browser().post(link(), {**ACCOUNT, "username": "nina@example.com"})
    answer = {"login": "nina@example.com", "password": ACCOUNT["password1"]}
    assert browser().post("/sign-in/", answer).headers["Location"] == "/"


def test_a_name_that_is_taken_while_the_form_is_checked(
    owner: Client, shop: Advertiser, monkeypatch: pytest.MonkeyPatch
) -> None:
    invite(owner, shop, "nina@example.com")
    make_user(name="Nina2")
    monkeypatch.setattr(AccountForm, "is_valid", checked_before(AccountForm.is_valid))
    page = browser().post(link(), {**ACCOUNT, "username": "nina2"})
    assert "This name is taken." in text(page)
    assert Invitation.objects.get().is_open


def checked_before(is_valid: Callable[[AccountForm], bool]) -> Callable[[AccountForm], bool]:
    """As if whoever has the name had not been there yet."""

    def check(form: AccountForm) -> bool:
        with pytest.MonkeyPatch.context() as patch:
            patch.setattr(User.objects, "named", lambda name: User.objects.none())
            patch.setattr(User, "validate_constraints", lambda self, exclude=None: None)
            return is_valid(form)

    return check


def closed(client: Client, path: str) -> str:
    answer = client.get(path)
    assert answer.status_code == 410
    return text(answer)


def test_a_link_is_good_once(owner: Client, shop: Advertiser) -> None:
    invite(owner, shop, "nina@example.com")
    browser().post(link(), ACCOUNT)
    assert "This invitation has been accepted already." in closed(browser(), link())
    again = browser().post(link(), {**ACCOUNT, "username": "nina2"})
    assert again.status_code == 410
    assert not User.objects.filter(username="nina2").exists()


def test_a_link_is_good_for_seven_days(owner: Client, shop: Advertiser, at: SetClock) -> None:
    invite(owner, shop, "nina@example.com")
    path = link()
    at(NOW + timedelta(days=7))
    assert "This invitation has expired." in closed(browser(), path)
    page = text(owner.get(f"/admin/team/{shop.pk}/"))
    assert "nina@example.com Viewer Expired" in page
    assert "is invited" in invite(owner, shop, "nina@example.com")
    assert browser().get(link()).status_code == 200


def test_a_link_that_is_withdrawn_is_no_good(owner: Client, shop: Advertiser) -> None:
    invite(owner, shop, "nina@example.com")
    row = Invitation.objects.get()
    page = post(owner, f"/admin/team/{shop.pk}/", do="withdraw", invitation=row.pk)
    assert "is withdrawn" in text(page)
    assert "This invitation was withdrawn." in closed(browser(), link())
    page = post(owner, f"/admin/team/{shop.pk}/", do="withdraw", invitation=row.pk)
    assert "has accepted in the meantime, or the invitation was withdrawn." in text(page)


def test_a_made_up_link_is_no_good() -> None:
    assert "There is no such invitation." in closed(browser(), "/invitation/made-up/")


def test_sending_again_makes_the_first_link_no_good(owner: Client, shop: Advertiser) -> None:
    invite(owner, shop, "nina@example.com")
    first, row = link(), Invitation.objects.get()
    page = post(owner, f"/admin/team/{shop.pk}/", do="send_again", invitation=row.pk)
    assert "on its way to nina@example.com." in text(page)
    assert len(mail.outbox) == 2
    assert "There is no such invitation." in closed(browser(), first)
    assert browser().get(link()).status_code == 200


@pytest.mark.parametrize(
    ("email", "said"),
    [
        pytest.param("nina", "Write it as name@example.com.", id="no_address"),
        pytest.param("", "This field is required.", id="nothing"),
        pytest.param("olga@example.com", "belongs here already", id="member"),
        pytest.param("bob@example.com", "bob@example.com is invited already.", id="invited"),
    ],
)
def test_who_cannot_be_invited(owner: Client, shop: Advertiser, email: str, said: str) -> None:
    invite(owner, shop, "bob@example.com")
    assert said in invite(owner, shop, email)
    assert Invitation.objects.count() == 1


def test_several_are_invited_at_once(owner: Client, shop: Advertiser) -> None:
    typed = "nina@example.com, bob@example.com\n\n Carl@Example.com;nina@example.com"
    said = invite(owner, shop, typed, "manager")
    assert "nina@example.com, bob@example.com and carl@example.com are invited" in said
    rows = Invitation.objects.order_by("email").values_list("email", "role")
    assert list(rows) == [(f"{name}@example.com", "manager") for name in ("bob", "carl", "nina")]
    assert len(mail.outbox) == 3


@pytest.mark.parametrize(
    ("other", "said"),
    [
        pytest.param("nina", "“nina” is not an email address. Nobody was invited.", id="none"),
        pytest.param("olga@example.com", "olga@example.com: ", id="member"),
        pytest.param(
            " ".join(f"x{number}@example.com" for number in range(20)),
            "Invite 20 addresses at most at once. These are 21.",
            id="too_many",
        ),
    ],
)
def test_of_several_all_are_invited_or_none(
    owner: Client, shop: Advertiser, other: str, said: str
) -> None:
    assert said in invite(owner, shop, f"bob@example.com {other}")
    assert not Invitation.objects.exists()
    assert not mail.outbox


def test_a_mail_that_fails_is_shown_with_what_to_do(
    owner: Client, shop: Advertiser, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(*args: object, **kwargs: object) -> None:
        raise ConnectionRefusedError("the mail server is down")

    with monkeypatch.context() as patch:
        patch.setattr(mail, "send_mail", refuse)
        invite(owner, shop, "nina@example.com")
    page = text(owner.get(f"/admin/team/{shop.pk}/"))
    assert "Email failed The mail server could not be reached: the mail server is down" in page
    assert "Send again" in page
    post(owner, f"/admin/team/{shop.pk}/", do="send_again", invitation=Invitation.objects.get().pk)
    assert "nina@example.com Viewer Invited" in text(owner.get(f"/admin/team/{shop.pk}/"))


def test_a_queue_that_is_down_loses_nothing_silently(
    owner: Client, shop: Advertiser, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(*args: object, **kwargs: object) -> None:
        raise OperationalError("no broker")

    monkeypatch.setattr(app, "send_task", refuse)
    invite(owner, shop, "nina@example.com")
    assert "Email failed The worker could not be reached to send it: no broker" in text(
        owner.get(f"/admin/team/{shop.pk}/")
    )


def test_a_mail_on_its_way_says_so(
    owner: Client, shop: Advertiser, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(app, "send_task", lambda *args, **options: None)
    invite(owner, shop, "nina@example.com")
    assert "Viewer Email on its way" in text(owner.get(f"/admin/team/{shop.pk}/"))


# Operators


NEW = "/admin/publishers/invitation/add/"


def test_an_operator_invites_another(operator: Client) -> None:
    said = text(post(operator, NEW, email="nina@example.com", role="operator"))
    assert "nina@example.com is invited to the operators of the network" in said
    client = browser()
    client.post(link(), ACCOUNT)
    assert User.objects.get(username="nina").is_superuser
    assert client.get("/admin/network/user/").status_code == 200


def test_an_operator_invites_the_first_owner(operator: Client, shop: Advertiser) -> None:
    post(operator, NEW, email="nina@example.com", role="owner", advertiser=shop.pk)
    browser().post(link(), ACCOUNT)
    assert shop.staff_memberships.get().role == "owner"


@pytest.mark.parametrize(
    ("role", "at_shop", "in_team", "wrong"),
    [
        pytest.param("owner", False, False, "advertiser", id="owner_of_nothing"),
        pytest.param("owner", True, True, "team", id="owner_of_both"),
        pytest.param("manager", False, True, "advertiser", id="manager_of_a_team"),
        pytest.param("member", True, False, "team", id="member_of_an_advertiser"),
        pytest.param("operator", True, False, "role", id="operator_of_an_advertiser"),
    ],
)
def test_a_role_must_fit_its_place(
    operator: Client, shop: Advertiser, blog: Publisher, role: str, at_shop: bool, in_team: bool,
    wrong: str,
) -> None:  # fmt: skip
    data = {"email": "nina@example.com", "role": role}
    data |= {"advertiser": str(shop.pk)} if at_shop else {}
    data |= {"team": str(blog.team.pk)} if in_team else {}
    assert list(operator.post(NEW, data).context["form"].errors) == [wrong]


def test_an_operator_sends_again_and_withdraws(operator: Client, shop: Advertiser) -> None:
    post(operator, NEW, email="nina@example.com", role="owner", advertiser=shop.pk)
    row = Invitation.objects.get()
    do = f"/admin/publishers/invitation/{row.pk}/do/"
    assert "Another email is on its way" in text(post(operator, do, do="send_again"))
    assert len(mail.outbox) == 2
    assert "the link no longer works" in text(post(operator, do, do="withdraw"))
    assert "Withdrawn" in text(operator.get("/admin/publishers/invitation/"))
    assert "or the invitation was withdrawn" in text(post(operator, do, do="withdraw"))


def test_owners_are_kept_by_the_domain_too(shop: Advertiser) -> None:
    olga = make_user("owner", shop)
    with pytest.raises(LastOwner):
        invitations.remove(olga.staff_memberships.get(), NOW, removed_by=olga)
