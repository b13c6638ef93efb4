"""One account for each person: no name and no address twice, whoever writes them."""

import pytest
from django.db import IntegrityError, transaction
from django.test import Client

from network.models import User
from tests.support.makers import make_user
from tests.support.reading import signed_in

pytestmark = pytest.mark.django_db


@pytest.fixture
def operator() -> Client:
    return signed_in(make_user("operator", name="Opal"))


@pytest.mark.parametrize("name", ["vera", "VERA"])
def test_the_database_keeps_names_apart_in_any_case(name: str) -> None:
    make_user(name="Vera")
    with pytest.raises(IntegrityError, match="user_name_once"), transaction.atomic():
        User.objects.create_user(name, "another@example.com")


def test_the_database_keeps_addresses_apart_but_for_none() -> None:
    make_user(name="vera")
    with pytest.raises(IntegrityError, match="user_address_once"), transaction.atomic():
        User.objects.create_user("another", "Vera@example.com")
    for name in ("without", "too"):
        User.objects.create_user(name, "")


TAKEN = [
    pytest.param({"username": "VERA"}, "username", "This name is taken.", id="name"),
    pytest.param({"username": "vera@example.com"}, "username", "This name is taken.", id="as_name"),
    pytest.param({"email": "Vera@example.com"}, "email", "Another account has", id="address"),
]


@pytest.mark.parametrize(("given", "field", "said"), TAKEN)
def test_an_operator_makes_no_second_one(
    operator: Client, given: dict[str, str], field: str, said: str
) -> None:
    make_user(name="vera")
    data = {"username": "nina", "email": "nina@example.com", "time_zone": "UTC"}
    data |= {"usable_password": "false"} | given
    errors = operator.post("/admin/network/user/add/", data).context["adminform"].form.errors
    assert list(errors) == [field]
    assert said in errors[field][0]


@pytest.mark.parametrize(("given", "field", "said"), TAKEN)
def test_an_operator_makes_nobody_a_second_one(
    operator: Client, given: dict[str, str], field: str, said: str
) -> None:
    make_user(name="vera")
    nina = make_user(name="nina")
    data = {"username": "nina", "email": "nina@example.com", "time_zone": "UTC"} | given
    address = f"/admin/network/user/{nina.pk}/change/"
    errors = operator.post(address, data).context["adminform"].form.errors
    assert list(errors) == [field]
    assert said in errors[field][0]


def test_whoever_is_there_keeps_their_own(operator: Client) -> None:
    nina = make_user(name="nina")
    data = {"username": "Nina", "email": "NINA@example.com", "time_zone": "UTC", "is_active": "on"}
    answer = operator.post(f"/admin/network/user/{nina.pk}/change/", data)
    assert answer.status_code == 302
    nina.refresh_from_db()
    assert (nina.username, nina.email) == ("Nina", "nina@example.com")
