"""``manage.py start``: when it refuses, and what it prints."""

from pathlib import Path

import pytest
from django.conf import settings as django_settings
from django.core.management import CommandError, call_command
from django.test import Client
from pytest_django import Settings

from network.local import services as programs
from network.management.commands import start
from tests.support.makers import make_user
from tests.support.reading import text


@pytest.mark.parametrize("mode", ["production", "demo", "test"])
def test_it_is_for_one_machine_and_no_demo(settings: Settings, tmp_path: Path, mode: str) -> None:
    settings.MODE, settings.DATA_DIR = mode, tmp_path
    with pytest.raises(CommandError, match=f"SOFTCLICK_MODE is {mode}"):
        call_command("start")


def test_it_does_not_open_the_demos_network(settings: Settings, tmp_path: Path) -> None:
    settings.MODE, settings.DATA_DIR = "development", tmp_path
    with programs.only_one("demo", tmp_path):
        pass
    with pytest.raises(CommandError, match=r"SOFTCLICK_DATA=\.data-own python3 manage\.py start"):
        call_command("start")


@pytest.mark.django_db
def test_it_says_how_to_get_the_first_operator_until_there_is_one() -> None:
    assert f"{django_settings.SITE_URL}/first/" in "\n".join(start.table())
    make_user("operator", name="otto")
    told = "\n".join(start.table())
    assert "/first/" not in told
    assert f"{django_settings.SITE_URL}/" in told


@pytest.mark.django_db
def test_the_sign_in_page_of_an_empty_network_says_so_too() -> None:
    client = Client(HTTP_HOST=django_settings.SITE_HOST)
    assert "python3 manage.py first_operator" in text(client.get("/sign-in/"))
    make_user(name="anybody")
    assert "first_operator" not in text(client.get("/sign-in/"))
