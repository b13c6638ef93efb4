"""Everybody's own account."""

import pytest

from network.models import User
from tests.support.makers import make_advertiser, make_publisher, make_user
from tests.support.reading import signed_in, text

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("at_now")]
ACCOUNT = "/account/"


@pytest.mark.parametrize("who", ["operator", "staff", "publisher"])
def test_everybody_changes_name_and_zone(who: str) -> None:
    user = {
        "operator": lambda: make_user("operator", name="ada"),
        "staff": lambda: make_user("viewer", make_advertiser(), name="ada"),
        "publisher": lambda: make_user("member", make_publisher(), name="ada"),
    }[who]()
    client = signed_in(user)
    assert "You sign in as ada. Your email address is ada@example.com." in text(client.get(ACCOUNT))
    typed = {"first_name": "Ada", "last_name": "Lovelace", "time_zone": "Asia/Tokyo"}
    assert "Your account is saved." in text(client.post(ACCOUNT, typed, follow=True))
    user = User.objects.get(pk=user.pk)
    assert (user.get_full_name(), user.time_zone) == ("Ada Lovelace", "Asia/Tokyo")
    assert "Times in Asia/Tokyo." in text(client.get(ACCOUNT))


@pytest.mark.parametrize(
    ("typed", "field"),
    [
        pytest.param({"time_zone": "Mars/Olympus"}, "time_zone", id="no_zone"),
        pytest.param({"time_zone": ""}, "time_zone", id="nothing"),
        pytest.param({"time_zone": "UTC", "first_name": "x" * 151}, "first_name", id="long"),
    ],
)
def test_what_cannot_be_is_said_at_its_field(typed: dict[str, str], field: str) -> None:
    user = make_user("viewer", make_advertiser(), name="ada")
    answer = signed_in(user).post(ACCOUNT, typed)
    assert list(answer.context["form"].errors) == [field]
    assert User.objects.get(pk=user.pk).time_zone == "UTC"


def test_nothing_else_can_be_sent() -> None:
    user = make_user("viewer", make_advertiser(), name="ada")
    typed = {"time_zone": "UTC", "username": "root", "is_superuser": "on", "email": "x@y.example"}
    signed_in(user).post(ACCOUNT, typed)
    user = User.objects.get(pk=user.pk)
    assert (user.username, user.is_superuser, user.email) == ("ada", False, "ada@example.com")
