"""The page on which the first operator is made, by a link that works once."""

from datetime import timedelta
from typing import Any

import pytest
from django.conf import settings as django_settings
from django.core.management import CommandError, call_command
from django.test import Client

from network.models import User
from network.people import first_operator
from tests.support.makers import NOW, SetClock, make_user
from tests.support.reading import text

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("at_now")]
PASSWORD = "Quartz-lamp-9"
GIVEN = {
    "username": "olga",
    "email": "Olga@Shop.example",
    "time_zone": "Asia/Tokyo",
    "password1": PASSWORD,
    "password2": PASSWORD,
}


@pytest.fixture
def visitor() -> Client:
    return Client(HTTP_HOST=django_settings.SITE_HOST)


def address() -> str:
    return first_operator.link(NOW).removeprefix(django_settings.SITE_URL)


def send(client: Client, to: str, **other: str) -> Any:
    return client.post(to, {**GIVEN, **other})


def test_it_makes_an_operator_with_a_time_zone_and_signs_them_in(visitor: Client) -> None:
    assert "Create the first operator" in text(visitor.get(address()))
    answer = send(visitor, address())
    olga = User.objects.get()
    assert (olga.is_superuser, olga.email, olga.time_zone) == (
        True,
        "olga@shop.example",
        "Asia/Tokyo",
    )
    assert answer.status_code == 302
    assert visitor.session["_auth_user_id"] == str(olga.pk)


def test_the_link_works_once(visitor: Client) -> None:
    link = address()
    send(visitor, link)
    other = Client(HTTP_HOST=django_settings.SITE_HOST)
    assert other.get(link).status_code == 410
    assert send(other, link, username="mallory", email="m@example.com").status_code == 410
    assert User.objects.count() == 1


def test_staff_are_no_operators_so_one_can_still_be_made(visitor: Client) -> None:
    make_user("viewer", None)
    assert visitor.get(address()).status_code == 200
    make_user("operator")
    assert visitor.get(address()).status_code == 410


def test_an_old_link_is_of_no_use_once_all_operators_are_deactivated(visitor: Client) -> None:
    link = address()
    send(visitor, link)
    User.objects.update(is_active=False)
    mallory = Client(HTTP_HOST=django_settings.SITE_HOST)
    assert "This link is no longer valid." in text(mallory.get(link))
    assert send(mallory, link, username="mallory", email="m@example.com").status_code == 410
    assert User.objects.count() == 1
    assert mallory.get(address()).status_code == 200


@pytest.mark.parametrize("token", ["x", "MTc3MzMyNDAwMDAwMA:1abc:forged"])
def test_a_link_that_nobody_signed_makes_nothing(visitor: Client, token: str) -> None:
    answer = send(visitor, f"/first/{token}/")
    assert answer.status_code == 410
    assert "python3 manage.py first_operator" in text(answer)
    assert not User.objects.exists()


def test_a_link_is_good_for_a_day(visitor: Client, at: SetClock) -> None:
    link = address()
    at(NOW + timedelta(hours=24))
    assert visitor.get(link).status_code == 200
    at(NOW + timedelta(hours=24, seconds=1))
    assert visitor.get(link).status_code == 410


@pytest.mark.parametrize(
    "wrong",
    [{"email": ""}, {"password2": "other"}, {"time_zone": "Mars/Base"}, {"username": ""}],
    ids=["no_email", "passwords_differ", "no_such_zone", "no_name"],
)
def test_what_is_wrong_is_said_at_its_field(visitor: Client, wrong: dict[str, str]) -> None:
    answer = send(visitor, address(), **wrong)
    assert list(answer.context["form"].errors) == list(wrong)
    assert not User.objects.exists()


def test_the_command_prints_a_link_until_there_is_an_operator(
    capsys: pytest.CaptureFixture[str], visitor: Client
) -> None:
    call_command("first_operator", "--port", "8001")
    link = capsys.readouterr().out.strip()
    assert ":8001/first/" in link
    assert visitor.get(link[link.index("/first/") :]).status_code == 200
    make_user("operator")
    with pytest.raises(CommandError, match="There is an operator already"):
        call_command("first_operator")


def test_it_names_the_data_folder_in_force(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SOFTCLICK_DATA", ".data own")
    expected = "SOFTCLICK_DATA='.data own' python3 manage.py first_operator"
    assert first_operator.command_line() == expected
    monkeypatch.delenv("SOFTCLICK_DATA")
    assert first_operator.command_line() == "python3 manage.py first_operator"
