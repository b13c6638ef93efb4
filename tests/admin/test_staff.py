"""People of advertisers and teams as operators change them, on the pages of these."""

from typing import Any

import pytest
from django.test import Client

from network.models import Advertiser, StaffMembership, User
from publishers.teams import invitations
from publishers.teams.models import Invitation
from tests.support.makers import NOW, make_publisher, make_user
from tests.support.reading import signed_in, text

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("at_now")]
LAST = "There would be no owner left. Make somebody else one first."


@pytest.fixture
def operator() -> Client:
    return signed_in(make_user("operator", name="opal"))


@pytest.fixture
def olga(shop: Advertiser) -> User:
    return make_user("owner", shop, name="olga")


def save(operator: Client, shop: Advertiser, **lines: dict[str, object]) -> str:
    """The advertiser's page, saved as it is but for the lines of people with these names."""
    address = f"/admin/network/advertiser/{shop.pk}/change/"
    return text(operator.post(address, filled(operator.get(address), lines), follow=True))


def filled(page: Any, lines: dict[str, dict[str, object]]) -> dict[str, object]:
    forms = [page.context["adminform"].form]
    [inline] = page.context["inline_admin_formsets"]
    forms += [inline.formset.management_form, *inline.formset.forms]
    data = {field.html_name: field.value() for form in forms for field in form}
    for form in inline.formset.forms:
        for name, value in lines.get(form.instance.user.username, {}).items():
            data[form.add_prefix(name)] = value
    return {name: "" if value is None else value for name, value in data.items()}


@pytest.mark.parametrize("line", [{"role": "viewer"}, {"DELETE": "on"}], ids=["role", "removed"])
def test_the_last_owner_stays(
    operator: Client, shop: Advertiser, olga: User, line: dict[str, object]
) -> None:
    make_user("viewer", shop, name="vera")
    assert LAST in save(operator, shop, olga=line)
    assert olga.staff_memberships.get().role == "owner"
    assert LAST not in save(operator, shop, olga=line, vera={"role": "owner"})
    assert [row.user.username for row in StaffMembership.objects.filter(role="owner")] == ["vera"]


def test_where_there_is_no_owner_yet_others_may_change(operator: Client, shop: Advertiser) -> None:
    vera = make_user("viewer", shop, name="vera")
    assert LAST not in save(operator, shop, vera={"role": "manager"})
    assert vera.staff_memberships.get().role == "manager"


def test_the_last_owner_of_a_team_stays(operator: Client) -> None:
    blog = make_publisher("Blog")
    make_user("owner", blog, name="olga")
    address = f"/admin/publishers/team/{blog.team.pk}/change/"
    data = filled(operator.get(address), {"olga": {"DELETE": "on"}})
    assert LAST in text(operator.post(address, data))


@pytest.mark.parametrize("line", [{"role": "viewer"}, {"DELETE": "on"}], ids=["role", "removed"])
def test_with_an_owner_go_the_invitations(
    operator: Client, shop: Advertiser, olga: User, line: dict[str, object]
) -> None:
    make_user("owner", shop)
    invitations.invite(shop, "puppet@example.com", "owner", NOW, invited_by=olga)
    said = save(operator, shop, olga=line)
    assert "withdrawn, too: puppet@example.com." in said
    assert not Invitation.objects.get().is_open


def test_whoever_is_removed_has_no_way_back(operator: Client, shop: Advertiser, olga: User) -> None:
    vera = make_user(name="vera")
    invitations.invite(shop, vera.email, "viewer", NOW, invited_by=olga)
    vera.staff_memberships.create(advertiser=shop, role="manager")
    assert "withdrawn, too: vera@example.com." in save(operator, shop, vera={"DELETE": "on"})


@pytest.mark.parametrize("lost", ["is_superuser", "is_active"])
def test_with_an_operator_go_the_invitations(operator: Client, shop: Advertiser, lost: str) -> None:
    other = make_user("operator", name="otto")
    invitations.invite(shop, "puppet@example.com", "owner", NOW, invited_by=other)
    data = {"username": "otto", "email": other.email, "time_zone": "UTC"}
    data |= {name: "on" for name in ("is_superuser", "is_active") if name != lost}
    address = f"/admin/network/user/{other.pk}/change/"
    said = text(operator.post(address, data, follow=True))
    assert "withdrawn, too: puppet@example.com." in said
