"""Invitations by mail, and what owners do about their people."""

import re
from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from django.conf import settings
from django.contrib.admin.models import LogEntry
from django.core import mail
from django.core.exceptions import ValidationError
from django.test import Client, TestCase
from kombu.exceptions import OperationalError

from network import clock
from network.celery import app
from network.models import Advertiser, StaffMembership, User
from publishers.models import Publisher
from publishers.pages.teams.invitation import AccountForm
from publishers.teams import invitations
from publishers.teams.invitations import Gone, LastOwner
from publishers.teams.models import Invitation, Invitations, TeamMembership
from tests.support.makers import NOW, SetClock, make_advertiser, make_publisher, make_user
from tests.support.reading import signed_in, text

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("at_now")]
CHOSEN = {"username": "nina", "password1": "a-long-word-7", "password2": "a-long-word-7"}
ACCOUNT = {**CHOSEN, "first_name": "Nina", "last_name": "Okafor", "time_zone": "Europe/Berlin"}


@pytest.fixture(autouse=True)
def at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    """A worker that sends each mail as soon as it hears of it."""

    def send_task(name: str, args: tuple[int, str], **options: object) -> None:
        app.loader.import_default_modules()
        app.tasks[name](*args)

    monkeypatch.setattr(app, "send_task", send_task)


@pytest.fixture
def blog() -> Publisher:
    return make_publisher("Blog")


@pytest.fixture
def owner(shop: Advertiser) -> Client:
    return signed_in(make_user("owner", shop, name="olga"))


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


# People who are there


def membership(client: Client, shop: Advertiser, do: str, username: str, **data: str) -> str:
    row = shop.staff_memberships.get(user__username=username)
    return text(post(client, f"/admin/team/{shop.pk}/", do=do, membership=row.pk, **data))


def test_an_owner_changes_a_role_at_the_next_request(owner: Client, shop: Advertiser) -> None:
    vera = signed_in(make_user("viewer", shop, name="vera"))
    terms = f"/admin/network/advertiser/{shop.pk}/terms/"
    assert vera.get(terms).status_code == 403
    assert "vera is manager now." in membership(owner, shop, "role", "vera", role="manager")
    assert vera.get(terms).status_code == 200
    assert LogEntry.objects.latest("pk").get_change_message() == "vera: Viewer is now Manager"


def test_somebody_removed_sees_nothing_more(owner: Client, shop: Advertiser) -> None:
    vera = signed_in(make_user("viewer", shop, name="vera"))
    assert vera.get("/admin/").status_code == 200
    assert "vera is removed" in membership(owner, shop, "remove", "vera")
    assert vera.get("/admin/").status_code == 302
    assert LogEntry.objects.latest("pk").get_change_message() == "Removed vera"


@pytest.mark.parametrize(
    ("do", "data"), [("role", {"role": "viewer"}), ("remove", {})], ids=["role", "remove"]
)
def test_the_last_owner_stays(
    owner: Client, shop: Advertiser, do: str, data: dict[str, str]
) -> None:
    said = membership(owner, shop, do, "olga", **data)
    assert "olga is the last owner. Make somebody else an owner first." in said
    assert shop.staff_memberships.get().role == "owner"
    make_user("owner", shop)
    membership(owner, shop, do, "olga", **data)
    assert not shop.staff_memberships.filter(user__username="olga", role="owner").exists()


def test_a_role_that_there_is_not_is_refused(owner: Client, shop: Advertiser) -> None:
    make_user("viewer", shop, name="vera")
    row = shop.staff_memberships.get(user__username="vera")
    answer = owner.post(
        f"/admin/team/{shop.pk}/", {"do": "role", "membership": row.pk, "role": "member"}
    )
    assert answer.status_code == 404


@pytest.mark.parametrize("do", ["send_again", "withdraw", "role", "remove"])
def test_another_tenants_rows_are_not_there(owner: Client, shop: Advertiser, do: str) -> None:
    other = make_advertiser("Other")
    vera = make_user("viewer", other)
    row = invitations.invite(other, "nina@example.com", "viewer", NOW, invited_by=vera)
    data = {"do": do, "invitation": row.pk, "membership": vera.staff_memberships.get().pk}
    answer = owner.post(f"/admin/team/{shop.pk}/", {**data, "role": "owner"})
    assert answer.status_code == 404
    assert owner.post(f"/admin/team/{other.pk}/", data).status_code == 404


@pytest.mark.parametrize("role", ["manager", "viewer"])
def test_other_staff_see_the_team_and_change_nothing(shop: Advertiser, role: str) -> None:
    client = signed_in(make_user(role, shop))
    page = text(client.get("/admin/team/", follow=True))
    assert "Members" in page
    assert "Invite someone" not in page
    answer = client.post(
        f"/admin/team/{shop.pk}/", {"do": "invite", "email": "n@example.com", "role": "owner"}
    )
    assert answer.status_code == 403
    assert not Invitation.objects.exists()


def test_owners_of_a_team_decide_for_all_its_publishers(blog: Publisher) -> None:
    second = make_publisher("Second", team=blog.team)
    client = signed_in(make_user("owner", blog, name="olga"))
    address = f"/dashboard/{second.pk}/team/"
    said = text(post(client, address, do="invite", email="nina@example.com", role="member"))
    assert "nina@example.com is invited" in said
    assert "Blog (id" in said
    browser().post(link(), ACCOUNT)
    assert TeamMembership.objects.get(user__username="nina").team == blog.team
    row = TeamMembership.objects.get(user__username="olga")
    assert "olga is the last owner." in text(post(client, address, do="remove", membership=row.pk))


def test_a_member_sees_the_team_and_changes_nothing(blog: Publisher) -> None:
    client = signed_in(make_user("member", blog))
    address = f"/dashboard/{blog.pk}/team/"
    assert "Invite someone" not in text(client.get(address))
    data = {"do": "invite", "email": "n@example.com", "role": "owner"}
    assert client.post(address, data).status_code == 403


def test_whoever_removes_themselves_is_led_away(blog: Publisher) -> None:
    user = make_user("owner", blog)
    make_user("owner", blog)
    row = TeamMembership.objects.get(user=user)
    address = f"/dashboard/{blog.pk}/team/"
    said = text(post(signed_in(user), address, do="remove", membership=row.pk))
    assert "belongs to no advertiser and no publisher yet" in said


# Operators


@pytest.fixture
def operator() -> Client:
    return signed_in(make_user("operator", name="opal"))


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


# What an invitation is still good for


def joins(user: User) -> str:
    """By the link in the last mail."""
    return text(signed_in(user).post(link(), follow=True))


def test_accepting_never_takes_a_role_away(owner: Client, shop: Advertiser) -> None:
    nina = make_user(name="nina")
    make_user("owner", shop)
    invite(owner, shop, nina.email, "viewer")
    shop.staff_memberships.create(user=nina, role="owner")
    joins(nina)
    assert nina.staff_memberships.get().role == "owner"
    said = LogEntry.objects.latest("pk").get_change_message()
    assert said == "Accepted the invitation as Viewer, and stays Owner"


def test_accepting_raises_a_role(owner: Client, shop: Advertiser) -> None:
    nina = make_user(name="nina")
    invite(owner, shop, nina.email, "manager")
    shop.staff_memberships.create(user=nina, role="viewer")
    joins(nina)
    assert nina.staff_memberships.get().role == "manager"


@pytest.mark.parametrize(
    ("do", "data"), [("role", {"role": "manager"}), ("remove", {})], ids=["demoted", "removed"]
)
def test_whoever_decides_no_longer_leaves_no_invitation_behind(
    owner: Client, shop: Advertiser, do: str, data: dict[str, str]
) -> None:
    puppet, other = make_user(name="puppet"), make_user(name="other")
    invite(owner, shop, puppet.email, "owner")
    good = signed_in(make_user("owner", shop))
    invitations.invite(shop, other.email, "viewer", NOW, invited_by=User.objects.latest("pk"))
    said = membership(good, shop, do, "olga", **data)
    assert "withdrawn, too: puppet@example.com." in said
    assert [row.email for row in Invitation.objects.waiting()] == ["other@example.com"]
    assert "This invitation was withdrawn." in joins(puppet)
    assert not puppet.staff_memberships.exists()


def test_no_way_back_in_by_an_older_invitation(owner: Client, shop: Advertiser) -> None:
    nina = make_user(name="nina")
    invite(owner, shop, nina.email, "manager")
    shop.staff_memberships.create(user=nina, role="viewer")
    said = membership(owner, shop, "remove", "nina")
    assert "withdrawn, too: nina@example.com." in said


def test_a_higher_role_ends_no_invitation(owner: Client, shop: Advertiser) -> None:
    make_user("viewer", shop, name="vera")
    invite(owner, shop, "nina@example.com")
    assert "withdrawn" not in membership(owner, shop, "role", "vera", role="owner")
    assert Invitation.objects.get().is_open


@pytest.mark.parametrize("lost", ["is_superuser", "is_active"])
def test_an_inviter_who_decides_no_longer_lets_nobody_in(
    operator: Client, shop: Advertiser, lost: str
) -> None:
    nina = make_user(name="nina")
    post(operator, NEW, email=nina.email, role="owner", advertiser=shop.pk)
    User.objects.filter(username="opal").update(**{lost: False})
    assert "opal can no longer invite people there." in joins(nina)
    assert not nina.staff_memberships.exists()


def test_whoever_sends_again_is_who_invites(operator: Client, shop: Advertiser) -> None:
    nina, olga = make_user(name="nina"), make_user("owner", shop, name="olga")
    post(operator, NEW, email=nina.email, role="viewer", advertiser=shop.pk)
    row = Invitation.objects.get()
    post(signed_in(olga), f"/admin/team/{shop.pk}/", do="send_again", invitation=row.pk)
    User.objects.filter(username="opal").update(is_superuser=False)
    assert "olga invites nina@example.com" in text(signed_in(nina).get(link()))
    joins(nina)
    assert nina.staff_memberships.get().role == "viewer"


def test_the_role_in_the_database_counts_not_that_of_the_page(shop: Advertiser) -> None:
    olga, nina = make_user("owner", shop, name="olga"), make_user("viewer", shop, name="nina")
    seen = StaffMembership.objects.get(user=nina)
    invitations.change_role(nina.staff_memberships.get(), "owner", NOW, changed_by=olga)
    invitations.remove(olga.staff_memberships.get(), NOW, removed_by=nina)
    with pytest.raises(LastOwner):
        invitations.remove(seen, NOW, removed_by=olga)
    with pytest.raises(LastOwner):
        invitations.change_role(seen, "viewer", NOW, changed_by=olga)


def test_whoever_was_removed_meanwhile_is_gone(shop: Advertiser) -> None:
    olga, nina = make_user("owner", shop, name="olga"), make_user("viewer", shop, name="nina")
    seen = StaffMembership.objects.get(user=nina)
    invitations.remove(nina.staff_memberships.get(), NOW, removed_by=olga)
    with pytest.raises(Gone, match="nina was removed in the meantime"):
        invitations.remove(seen, NOW, removed_by=olga)


def test_two_who_invite_the_same_address_at_once(
    owner: Client, shop: Advertiser, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(Invitation, "full_clean", lambda self: None)
    monkeypatch.setattr(invitations, "_check", lambda *args: None)
    invite(owner, shop, "nina@example.com")
    monkeypatch.setattr(Invitations, "update", lambda self, **changes: 0)  # the other one's is new
    assert "nina@example.com is invited already." in invite(owner, shop, "nina@example.com")
    assert Invitation.objects.count() == 1


def test_a_person_sends_so_many_within_an_hour(
    owner: Client, shop: Advertiser, at: SetClock
) -> None:
    """Sending again counts, and another place is no way round."""
    olga = User.objects.get(username="olga")
    for number in range(invitations.MOST_BY_PERSON - 1):
        at(NOW + timedelta(minutes=number))
        assert f"n{number}@example.com is invited" in invite(owner, shop, f"n{number}@example.com")
    row = Invitation.objects.get(email="n0@example.com")
    post(owner, f"/admin/team/{shop.pk}/", do="send_again", invitation=row.pk)
    sent = len(mail.outbox)
    assert sent == invitations.MOST_BY_PERSON
    assert "Try again in 42 minutes" in invite(owner, shop, "more@example.com")
    wait = text(post(owner, f"/admin/team/{shop.pk}/", do="send_again", invitation=row.pk))
    assert "Try again in 42 minutes" in wait
    team = make_publisher("Own").team
    with pytest.raises(ValidationError, match="Try again in 42 minutes"):
        invitations.invite(team, "more@example.com", "owner", clock.now(), invited_by=olga)
    assert len(mail.outbox) == sent
    at(NOW + timedelta(hours=1))
    assert "more@example.com is invited" in invite(owner, shop, "more@example.com")


def test_a_place_gets_so_many_within_an_hour(shop: Advertiser) -> None:
    people = [make_user("owner", shop) for _ in range(3)]
    for number in range(invitations.MOST_TO_PLACE):
        by = people[number % len(people)]
        invitations.invite(shop, f"n{number}@example.com", "viewer", NOW, invited_by=by)
    with pytest.raises(ValidationError, match="40 invitations were sent within an hour"):
        invitations.invite(shop, "more@example.com", "viewer", NOW, invited_by=people[0])
    elsewhere = make_advertiser()
    assert invitations.invite(elsewhere, "more@example.com", "owner", NOW, invited_by=people[0])


def test_names_in_the_mail_stay_on_their_line(owner: Client, shop: Advertiser) -> None:
    """Also those from before names were asked."""
    User.objects.filter(username="olga").update(first_name="Security alert!\n\nVisit evil")
    invite(owner, shop, "nina@example.com")
    body = str(mail.outbox[-1].body)
    assert "Security alert! Visit evil invites you to Shop on Softclick" in body
