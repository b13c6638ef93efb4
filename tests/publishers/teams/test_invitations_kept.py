"""What an invitation is still good for: roles that change meanwhile, older ones, limits."""

from datetime import timedelta

import pytest
from django.contrib.admin.models import LogEntry
from django.core import mail
from django.core.exceptions import ValidationError
from django.test import Client

from network import clock
from network.models import Advertiser, StaffMembership, User
from publishers.teams import invitations
from publishers.teams.invitations import Gone, LastOwner
from publishers.teams.models import Invitation, Invitations
from tests.publishers.teams.test_invitations import NEW, invite, link, post
from tests.publishers.teams.test_memberships import membership
from tests.support.makers import NOW, SetClock, make_advertiser, make_publisher, make_user
from tests.support.reading import signed_in, text

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("at_now")]


# Operators


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
