"""How publishers sign in and out, and what they see first."""

import pytest
from django.conf import settings
from django.test import Client

from network.models import Advertiser, User
from publishers.models import Partnership, Publisher
from tests.support.makers import (
    make_publisher,
    make_user,
)
from tests.support.reading import signed_in, text
from tests.support.team import page

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("a_day_later")]
PASSWORD = "correct-horse-1"


# Sign-in


@pytest.mark.parametrize(
    ("role", "lands_on"),
    [
        pytest.param("operator", "/admin/", id="operator"),
        pytest.param("staff", "/admin/", id="advertiser_staff"),
        pytest.param("member", "/dashboard/{publisher}/", id="publisher"),
        pytest.param("both", "/admin/", id="staff_and_publisher"),
    ],
)
def test_signing_in_leads_to_what_is_ones_own(blog: Partnership, role: str, lands_on: str) -> None:
    teams: dict[str, Advertiser | Publisher] = {
        "staff": blog.advertiser,
        "member": blog.publisher,
        "both": blog.publisher,
    }
    made = {"operator": "operator", "staff": "viewer"}.get(role, "member")
    user = make_user(made, teams.get(role), name="nina", password=PASSWORD)
    if role == "both":
        user.staff_memberships.create(advertiser=blog.advertiser, role="viewer")
    client = Client(HTTP_HOST=settings.SITE_HOST)
    data = {"login": "nina", "password": PASSWORD}
    response = client.post("/sign-in/", data, follow=True)
    assert response.redirect_chain[-1][0] == lands_on.format(publisher=blog.publisher_id)
    assert response.status_code == 200


def test_signing_in_leads_back_to_where_one_was_going(blog: Partnership) -> None:
    make_user("member", blog.publisher, name="nina", password=PASSWORD)
    client = Client(HTTP_HOST=settings.SITE_HOST)
    wanted = f"/dashboard/{blog.publisher_id}/sales/"
    assert client.get(wanted).headers["Location"] == f"/sign-in/?next={wanted}"
    data = {"login": "nina", "password": PASSWORD, "next": wanted}
    assert client.post("/sign-in/", data).headers["Location"] == wanted


def test_signing_in_never_leads_to_another_site(blog: Partnership) -> None:
    make_user("member", blog.publisher, name="nina", password=PASSWORD)
    data = {"login": "nina", "password": PASSWORD, "next": "https://evil.example/"}
    response = Client(HTTP_HOST=settings.SITE_HOST).post("/sign-in/", data)
    assert response.headers["Location"] == "/"


def test_a_wrong_password_is_told(blog: Partnership) -> None:
    make_user("member", blog.publisher, name="nina", password=PASSWORD)
    data = {"login": "nina", "password": "wrong"}
    response = Client(HTTP_HOST=settings.SITE_HOST).post("/sign-in/", data)
    assert "Wrong username, email or password." in text(response)


def test_signing_out_is_by_post_only(member: Client) -> None:
    assert member.get("/sign-out/").status_code == 405
    assert member.post("/sign-out/").headers["Location"] == "/sign-in/"
    assert member.get("/").headers["Location"] == "/sign-in/?next=/"


def test_somebody_without_a_team_is_told_what_to_do() -> None:
    assert "belongs to no advertiser and no publisher yet" in text(signed_in(make_user()).get("/"))


def test_a_password_is_changed(blog: Partnership) -> None:
    user = make_user("member", blog.publisher, name="nina", password=PASSWORD)
    client = signed_in(user)
    data = {
        "oldpassword": PASSWORD,
        "password1": "other-horse-2",
        "password2": "other-horse-2",
    }
    assert "Your password has been changed." in text(client.post("/password/", data, follow=True))
    user.refresh_from_db()
    assert user.check_password("other-horse-2")


def test_a_team_switches_between_its_publishers(member: Client, blog: Partnership) -> None:
    assert '<details class="switch">' not in page(member, blog.publisher).content.decode()
    second = make_publisher("Second")
    User.objects.get(username="mia").team_memberships.create(team=second.team, role="member")
    body = page(member, blog.publisher).content.decode()
    assert f'<a href="/dashboard/{second.pk}/"><span class="name">Second</span>' in body
    assert page(member, second).status_code == 200
