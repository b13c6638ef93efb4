"""What the demo refuses."""

import os
from pathlib import Path

import pytest
from celery import Celery
from django.conf import settings as django_settings
from django.core.management import CommandError, call_command
from django.urls import Resolver404, resolve
from pytest_django import Settings

from network.demo.story import conditions
from network.local import services as programs


def test_the_settings_of_a_demo_are_accepted(demo_settings: Settings) -> None:
    demo_settings.INTAKE = "direct"
    with pytest.raises(conditions.Unfit):
        conditions.check()
    demo_settings.INTAKE = "spool"
    assert conditions.check() is None  # type: ignore[func-returns-value]


@pytest.mark.parametrize(
    ("name", "value", "said"),
    [
        pytest.param("SITE_HOST", "network.example", "'network.example' is not", id="site"),
        pytest.param("TRACKING_HOST", "go.example", "'go.example' is not", id="tracking"),
        pytest.param("ALLOWED_HOSTS", ["*"], "'\\*' is not", id="any_host"),
        pytest.param("SITE_HOST", "localhost.example", "is not", id="localhost_in_front"),
        pytest.param("SITE_HOST", "evillocalhost", "is not", id="no_subdomain"),
        pytest.param("PUBLIC_SCHEME", "https", "http only", id="https"),
        pytest.param("INTAKE", "direct", "through the spool", id="direct_intake"),
        pytest.param("MODE", "production", "SOFTCLICK_MODE is production", id="production"),
    ],
)
def test_the_demo_refuses(demo_settings: Settings, name: str, value: object, said: str) -> None:
    setattr(demo_settings, name, value)
    with pytest.raises(conditions.Unfit, match=said):
        conditions.check()


def test_the_demo_refuses_eager_tasks(
    demo_settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    demo_settings.CELERY_TASK_ALWAYS_EAGER = True
    app = Celery("softclick", set_as_current=False)
    app.config_from_object("django.conf:settings", namespace="CELERY")
    monkeypatch.setattr(conditions, "app", app)
    with pytest.raises(conditions.Unfit, match="CELERY_TASK_ALWAYS_EAGER"):
        conditions.check()


def test_the_command_says_what_it_refuses(demo_settings: Settings) -> None:
    demo_settings.SITE_HOST = "network.example"
    with pytest.raises(CommandError, match=r"network\.example"):
        call_command("demo")


def test_fresh_does_not_touch_a_database_of_ones_own(
    demo_settings: Settings, tmp_path: Path
) -> None:
    demo_settings.DATA_DIR = tmp_path
    with pytest.raises(CommandError, match="empty that yourself"):
        call_command("demo", "--fresh")


def test_a_second_demo_on_the_same_folder_is_refused(tmp_path: Path) -> None:
    here = rf"another demo \(process {os.getpid()}\) runs"
    with (
        programs.only_one("demo", tmp_path),
        pytest.raises(programs.Unserved, match=here),
        programs.only_one("demo", tmp_path),
    ):
        pass
    with programs.only_one("demo", tmp_path):
        pass


@pytest.mark.parametrize(
    "path",
    [
        *("/t/1/demo/end-session", "/demo/skip", "/demo/end-session", "/demo/strip", "/demo/look"),
        *("/demo/", "/demo/sign-in/", "/demo/mail/", "/demo/mail/20260312-1/"),
    ],
)
@pytest.mark.parametrize("urlconf", ["network.urls", "tracking.urls"])
def test_the_demos_controls_exist_in_the_demo_alone(urlconf: str, path: str) -> None:
    assert django_settings.TRACKING_URLCONF == "tracking.urls"
    assert django_settings.DEMO_HOSTS == ()
    with pytest.raises(Resolver404):
        resolve(path, urlconf)
