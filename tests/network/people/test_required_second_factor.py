"""Who must have a second factor finds nothing else before it is set up."""

import pytest
from allauth.mfa.totp.internal.auth import TOTP
from django.test import Client
from pytest_django.fixtures import Settings

from network.models import User
from tests.network.people.rules import RULES, SIGNED_IN, urls_of
from tests.network.people.test_access import World, is_answered, is_hidden

pytestmark = pytest.mark.django_db
MUST_HAVE_ONE = ["operator", "owner_a", "owner_b", "owner_p"]
ON_THE_WAY = {"account_reauthenticate", "account_logout", "mfa_activate_totp"}


@pytest.mark.parametrize("role", MUST_HAVE_ONE)
def test_without_a_second_factor_there_is_nothing_but_its_set_up(
    world: World, role: str, settings: Settings
) -> None:
    settings.TOTP_REQUIRED = True
    client = world.client(role)
    wrong = []
    for url in urls_of(settings.ROOT_URLCONF):
        for method in ("get", "post"):
            answer = getattr(client, method)(world.address(url))
            led = answer.headers.get("Location", "").startswith("/second-factor/set-up/")
            if led is (url.key in ON_THE_WAY):
                wrong.append(f"{method} {world.address(url)}: {answer.status_code}")
            if url.key == "account_logout":
                client = world.client(role)
    assert wrong == []


@pytest.mark.parametrize("role", MUST_HAVE_ONE)
def test_with_a_second_factor_everything_is_as_the_role_says(
    world: World, role: str, settings: Settings
) -> None:
    settings.TOTP_REQUIRED = True
    client = world.client(role)
    show_second_factor(client, world.users[role])
    wrong = []
    for url in urls_of(settings.ROOT_URLCONF):
        if url.key.startswith("mfa_"):
            continue
        rule, address = RULES[url.key], world.address(url)
        response = client.get(address)
        fine = is_answered(response, rule) if role in rule.read else is_hidden(response)
        if not fine:
            wrong.append(f"{address}: {response.status_code}")
    assert wrong == []


@pytest.mark.parametrize("role", sorted(SIGNED_IN - set(MUST_HAVE_ONE)))
def test_nobody_else_must_have_a_second_factor(world: World, role: str, settings: Settings) -> None:
    settings.TOTP_REQUIRED = True
    there = world.client(role).get("/", follow=True)
    assert there.status_code == 200
    assert "/second-factor/" not in there.request["PATH_INFO"]


def show_second_factor(client: Client, user: User) -> None:
    """Give somebody one, which this session has shown."""
    TOTP.activate(user, "JBSWY3DPEHPK3PXP")
    session = client.session
    session["account_authentication_methods"] = [{"method": "mfa", "at": 0}]
    session["account_authentication_methods_user"] = str(user.pk)
    session.save()
