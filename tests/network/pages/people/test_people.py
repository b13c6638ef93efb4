"""One account for each person: no name and no address twice, whoever writes them."""

from typing import Any

import pytest
from django.core.management.base import CommandError
from django.db import IntegrityError, connection, transaction
from django.db.migrations.executor import MigrationExecutor
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


BEFORE = [("network", "0004_lower_case_addresses")]
AFTER = [("network", "0005_one_account_each")]


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize(
    ("other", "said", "change"),
    [
        pytest.param(
            {"username": "Vera", "email": "other@example.com"},
            r"one name, but for its case: vera \(id \d+, vera\), Vera \(id \d+, Vera\)\.",
            {"username": "vera-2"},
            id="name",
        ),
        pytest.param(
            {"username": "other", "email": "vera@example.com"},
            r"one address: vera@example\.com \(id \d+, vera\), vera@example\.com \(id \d+, other\)",
            {"email": ""},
            id="address",
        ),
    ],
)
def test_an_upgrade_finds_doubles_and_changes_none(
    other: dict[str, str], said: str, change: dict[str, str]
) -> None:
    newest = MigrationExecutor(connection).loader.graph.leaf_nodes()
    try:
        _migrate(BEFORE)
        make_user(name="vera")
        double = User.objects.create(**other)
        User.objects.create_user("without", "")
        User.objects.create_user("too", "")
        with pytest.raises(CommandError, match=said) as raised:
            _migrate(AFTER)
        assert "then migrate again" in str(raised.value)
        User.objects.filter(pk=double.pk).update(**change)
    finally:
        _migrate(newest)
    with pytest.raises(IntegrityError):
        User.objects.filter(pk=double.pk).update(**other)


def _migrate(targets: Any) -> None:
    MigrationExecutor(connection).migrate(targets)
