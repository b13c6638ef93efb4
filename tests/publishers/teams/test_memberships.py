"""People who are there: an owner changes their role, or removes them."""

import pytest
from django.contrib.admin.models import LogEntry
from django.test import Client

from network.models import Advertiser
from publishers.models import Publisher
from publishers.teams import invitations
from publishers.teams.models import Invitation, TeamMembership
from tests.publishers.teams.test_invitations import ACCOUNT, browser, link, post
from tests.support.makers import NOW, make_advertiser, make_publisher, make_user
from tests.support.reading import signed_in, text

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("at_now")]


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


def test_a_removal_is_asked_about_first(owner: Client, shop: Advertiser) -> None:
    vera = make_user("owner", shop, name="vera")
    invitations.invite(shop, "paul@example.com", "viewer", NOW, invited_by=vera)
    where, row = f"/admin/team/{shop.pk}/", shop.staff_memberships.get(user=vera)
    page = owner.get(where, {"ask": "remove", "membership": str(row.pk)})
    assert "Remove vera from Shop? vera loses access to Shop at once." in text(page)
    assert "Invitations they sent are withdrawn, too: paul@example.com." in text(page)
    assert shop.staff_memberships.filter(user=vera).exists()
    asked = page.context["asked"]
    assert "vera is removed" in text(post(owner, where, do=asked.do, membership=row.pk))


def test_a_role_is_asked_about_first(owner: Client, shop: Advertiser) -> None:
    row = make_user("viewer", shop, name="vera").staff_memberships.get()
    ask = {"ask": "role", "membership": str(row.pk), "role": "owner"}
    page = text(owner.get(f"/admin/team/{shop.pk}/", ask))
    assert "Now: Viewer: reads, and changes nothing." in page
    assert "Then, at once: Owner: everything, and who else gets in." in page
    row.refresh_from_db()
    assert row.role == "viewer"


@pytest.mark.parametrize(
    "query",
    [
        pytest.param({"ask": "remove", "membership": "999999"}, id="nobody"),
        pytest.param({"ask": "remove", "membership": "x"}, id="no_number"),
        pytest.param({"ask": "role", "role": "king"}, id="no_role"),
        pytest.param({"ask": "sing"}, id="no_such_thing"),
    ],
)
def test_what_cannot_be_asked_is_not_there(
    owner: Client, shop: Advertiser, query: dict[str, str]
) -> None:
    row = make_user("viewer", shop, name="vera").staff_memberships.get()
    where = f"/admin/team/{shop.pk}/"
    assert owner.get(where, {"membership": str(row.pk), **query}).status_code == 404


def test_the_same_role_is_no_change(owner: Client, shop: Advertiser) -> None:
    make_user("viewer", shop, name="vera")
    said = membership(owner, shop, "role", "vera", role="viewer")
    assert "vera is viewer already; nothing was changed." in said
    assert not LogEntry.objects.filter(change_message__contains="vera").exists()


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
