"""Start-up checks: each finds its mistake, and says what to do about it."""

import os
import runpy
import secrets
import subprocess
import sys
from dataclasses import dataclass
from typing import Any

import pytest
from django.core.checks import CheckMessage
from django.core.exceptions import ImproperlyConfigured
from pytest_django.fixtures import Settings

import network.settings
from network.project import checks

SOUND = {
    "PRODUCTION": True,
    "MODE": "production",
    "DEBUG": False,
    "SITE_HOST": "network.example",
    "TRACKING_HOST": "track.example",
    "PUBLIC_SCHEME": "https",
    "TRUSTED_PROXIES": 1,
    "INTAKE": "direct",
    "CELERY_TASK_ALWAYS_EAGER": False,
    "TOTP_REQUIRED": True,
}


def found() -> list[CheckMessage]:
    return [
        *checks.hosts(),
        *checks.transport(),
        *checks.real_ways(),
        *checks.second_factor(),
    ]


def apply(settings: Settings, changes: dict[str, Any]) -> None:
    for name, value in {**SOUND, **changes}.items():
        setattr(settings, name, value)


@pytest.mark.parametrize(
    ("changes", "numbers"),
    [
        pytest.param({}, [], id="sound"),
        pytest.param({"SITE_HOST": "track.example"}, ["E001"], id="one_host_for_both"),
        pytest.param({"TOTP_REQUIRED": False}, ["W001"], id="no_second_factor"),
        pytest.param({"SITE_HOST": "network.localhost"}, ["E002"], id="site_on_this_machine"),
        pytest.param({"TRACKING_HOST": "localhost"}, ["E002"], id="tracking_on_this_machine"),
        pytest.param({"SITE_HOST": "127.0.0.1"}, ["E002"], id="address_of_this_machine"),
        pytest.param({"TRACKING_HOST": "0.0.0.0"}, ["E002"], id="every_address"),
        pytest.param({"SITE_HOST": "*"}, ["E011"], id="every_host"),
        pytest.param({"SITE_HOST": ".example"}, ["E011"], id="every_host_below"),
        pytest.param({"SITE_HOST": "https://network.example"}, ["E011"], id="address"),
        pytest.param({"TRACKING_HOST": "track.example:8000"}, ["E011"], id="port"),
        pytest.param({"TRACKING_HOST": "Track.example"}, ["E011"], id="capitals"),
        pytest.param({"TRACKING_HOST": ""}, ["E011"], id="empty"),
        pytest.param({"PUBLIC_SCHEME": "http"}, ["E003"], id="no_https"),
        pytest.param({"DEBUG": True}, ["E004"], id="debug"),
        pytest.param({"TRUSTED_PROXIES": -1}, ["E005"], id="proxies"),
        pytest.param({"CELERY_TASK_ALWAYS_EAGER": True}, ["E006"], id="eager_tasks"),
        pytest.param({"MODE": "test", "PRODUCTION": False}, ["E007"], id="direct_in_tests"),
        pytest.param({"MODE": "demo", "PRODUCTION": False}, ["E007"], id="direct_in_the_demo"),
        pytest.param(
            {"MODE": "development", "PRODUCTION": False, "SITE_HOST": "network.localhost"},
            [],
            id="development_on_this_machine",
        ),
    ],
)
def test_it_finds_the_mistake(
    settings: Settings, changes: dict[str, Any], numbers: list[str]
) -> None:
    apply(settings, changes)
    assert [message.id for message in found()] == [f"softclick.{number}" for number in numbers]
    assert all(message.hint for message in found())


def test_a_server_does_not_start_with_a_mistake(settings: Settings) -> None:
    apply(settings, {})
    checks.stop_unsafe_start()
    apply(settings, {"DEBUG": True, "SITE_HOST": "network.localhost"})
    with pytest.raises(ImproperlyConfigured) as stopped:
        checks.stop_unsafe_start()
    assert ["E002" in str(stopped.value), "Unset DEBUG." in str(stopped.value)] == [True, True]


def test_the_server_asks_before_it_answers() -> None:
    """The module that servers load stops in production with DEBUG."""
    started = subprocess.run(
        [sys.executable, "-c", "import network.project.serve_tracking"],
        env={**os.environ, **production(), "DEBUG": "1"},
        capture_output=True,
        text=True,
        check=False,
    )
    assert started.returncode == 1
    assert "softclick.E004" in started.stderr


def production() -> dict[str, str]:
    """What a production start finds in its environment."""
    return {
        "SOFTCLICK_MODE": "production",
        "SITE_HOST": "network.example",
        "TRACKING_HOST": "track.example",
        "SECRET_KEY": secrets.token_hex(32),
        "TOKEN_KEYS": f"0:{secrets.token_hex(32)}",
    }


@pytest.mark.parametrize("host", ["NETWORK.example", "network.example.", "Network.Example"])
def test_one_host_for_both_is_one_however_it_is_written(
    settings: Settings, monkeypatch: pytest.MonkeyPatch, host: str
) -> None:
    for name, value in {**production(), "TRACKING_HOST": host}.items():
        monkeypatch.setenv(name, value)
    read = runpy.run_path(network.settings.__file__)
    assert read["PRODUCTION"]
    apply(settings, {name: read[name] for name in ("SITE_HOST", "TRACKING_HOST")})
    assert [message.id for message in found()] == ["softclick.E001"]


@pytest.mark.parametrize(
    ("version", "numbers"),
    [
        pytest.param(140_011, ["softclick.E009"], id="14"),
        pytest.param(150_000, [], id="15"),
    ],
)
def test_it_asks_for_postgresql_15(
    monkeypatch: pytest.MonkeyPatch, version: int, numbers: list[str]
) -> None:
    monkeypatch.setattr(checks, "connections", {"default": Connection(version)})
    assert [message.id for message in checks.postgresql(["default"])] == numbers
    assert checks.postgresql(None) == []


def test_it_asks_for_postgresql(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(checks, "connections", {"default": Connection(0, "sqlite")})
    assert [message.id for message in checks.postgresql(["default"])] == ["softclick.E008"]


@dataclass
class Connection:
    pg_version: int
    vendor: str = "postgresql"
    display_name: str = "SQLite"
