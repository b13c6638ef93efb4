"""One team stands behind several publisher ids."""

import pytest
from django.db import IntegrityError, transaction
from django.test import Client

from publishers.models import Publisher
from tests.support.makers import make_publisher, make_user
from tests.support.reading import signed_in, text
from tests.support.team import page

pytestmark = pytest.mark.django_db


def test_everybody_of_a_team_sees_each_of_its_publishers_and_no_other() -> None:
    overlay = make_publisher("Overlay")
    retargeter = make_publisher("Retargeter", team=overlay.team)
    other = make_publisher("Other")
    client = signed_in(make_user("member", overlay))
    assert page(client, overlay).status_code == 200
    assert "Retargeter" in text(page(client, overlay))
    assert page(client, retargeter).status_code == 200
    assert page(client, other).status_code == 404


def test_somebody_of_a_team_without_publishers_is_told_what_to_do() -> None:
    publisher = make_publisher()
    user = make_user("member", publisher)
    publisher.team = make_publisher().team
    publisher.save()
    assert "belongs to no advertiser and no publisher yet" in text(signed_in(user).get("/"))


def test_a_new_publisher_has_a_team_of_its_own_unless_it_joins_one(operator: Client) -> None:
    address = "/admin/publishers/publisher/add/"
    operator.post(address, {"name": "Blog", "model_type": "content"})
    blog = Publisher.objects.get(name="Blog")
    assert blog.team.name == "Blog"
    operator.post(address, {"name": "Letter", "model_type": "email", "team": blog.team.pk})
    assert Publisher.objects.get(name="Letter").team == blog.team


def test_an_operator_moves_a_publisher_into_another_team(operator: Client) -> None:
    overlay, retargeter = make_publisher("Overlay"), make_publisher("Retargeter")
    member = signed_in(make_user("member", overlay))
    assert page(member, retargeter).status_code == 404
    data = {"name": "Retargeter", "website": "", "status": "active", "team": overlay.team.pk}
    answer = operator.post(
        f"/admin/publishers/publisher/{retargeter.pk}/change/", data, follow=True
    )
    assert "changed successfully" in text(answer)
    assert page(member, retargeter).status_code == 200
    listed = text(operator.get("/admin/publishers/team/?q=Retargeter"))
    assert f"Overlay ({overlay.pk}) and Retargeter ({retargeter.pk})" in listed


def test_an_operator_adds_a_member(operator: Client) -> None:
    team = make_publisher("Blog").team
    nina = make_user()
    members = {
        "memberships-TOTAL_FORMS": "1",
        "memberships-INITIAL_FORMS": "0",
        "memberships-0-user": nina.pk,
        "memberships-0-role": "member",
    }
    address = f"/admin/publishers/team/{team.pk}/change/"
    assert "changed successfully" in text(
        operator.post(address, {"name": "Blog & Co", **members}, follow=True)
    )
    assert list(team.memberships.values_list("user", "role")) == [(nina.pk, "member")]
    team.refresh_from_db()
    assert team.name == "Blog & Co"


def test_the_database_lets_no_publisher_be_without_a_team() -> None:
    publisher = make_publisher()
    with pytest.raises(IntegrityError), transaction.atomic():
        Publisher.objects.filter(pk=publisher.pk).update(team=None)
