"""The audit log says of a saved form what changed, from what to what."""

import pytest
from django.contrib.admin.models import LogEntry
from django.test import Client

from network.models import Advertiser
from publishers.models import Publisher
from tests.support.makers import make_publisher, make_user
from tests.support.reading import signed_in

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("at_now")]


@pytest.fixture
def operator() -> Client:
    return signed_in(make_user("operator", name="opal"))


def latest() -> str:
    return LogEntry.objects.latest("pk").get_change_message()


def save(client: Client, row: Publisher, **typed: object) -> None:
    held = {"name": row.name, "website": row.website, "team": row.team_id}
    address = f"/admin/publishers/publisher/{row.pk}/change/"
    assert client.post(address, {**held, **typed}).status_code == 302


def test_each_field_that_changed_is_named_with_both_values(operator: Client) -> None:
    row = make_publisher("Blog")
    save(operator, row, name="Big Blog", website="")
    assert latest() == f"Name: Blog → Big Blog; Website: {row.website} → —"


def test_a_row_that_is_chosen_is_named(operator: Client) -> None:
    row, other = make_publisher("Blog"), make_publisher("Loop")
    save(operator, row, team=other.team_id)
    assert latest() == f"Team: {row.team} → {other.team}"


def test_yes_and_no(operator: Client) -> None:
    nina = make_user(name="nina")
    held = {"username": "nina", "email": nina.email, "time_zone": "UTC"}
    operator.post(f"/admin/network/user/{nina.pk}/change/", held)
    assert latest() == "Active: yes → no"


def test_a_long_value_is_cut(operator: Client) -> None:
    row = make_publisher("Blog")
    save(operator, row, website=f"https://blog.example/{'x' * 200}")
    assert len(latest()) < 200
    assert latest().endswith("x…")


def test_what_was_saved_as_it_was_is_said(operator: Client) -> None:
    row = make_publisher("Blog")
    save(operator, row)
    assert latest() == "Nothing was changed."


def test_a_colleagues_role_is_told_from_to(operator: Client, shop: Advertiser) -> None:
    publisher = make_publisher("Blog")
    for name in ("olga", "nina"):
        make_user("owner", publisher, name=name)
    rows = list(publisher.team.memberships.order_by("pk"))
    data = {
        "name": "A new name",
        "memberships-TOTAL_FORMS": "2",
        "memberships-INITIAL_FORMS": "2",
    }
    for number, row in enumerate(rows):
        data |= {
            f"memberships-{number}-id": str(row.pk),
            f"memberships-{number}-team": str(row.team_id),
            f"memberships-{number}-user": str(row.user_id),
            f"memberships-{number}-role": "member" if number else "owner",
        }
    operator.post(f"/admin/publishers/team/{publisher.team_id}/change/", data)
    said = "nina: member of A new name: Role: Owner → Member"
    assert latest() == f"Name: {publisher.team} → A new name; {said}"
