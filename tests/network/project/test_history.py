"""A database of a release with other migrations is recognised, and said with the remedy."""

import pytest
from django.core.management import CommandError, call_command
from django.core.management.base import SystemCheckError
from django.db import connection
from django.db.migrations.recorder import MigrationRecorder

from network.management.commands import demo, start
from network.project import checks, history

pytestmark = pytest.mark.django_db


@pytest.fixture
def made_before() -> None:
    recorder = MigrationRecorder(connection)
    recorder.record_applied("network", "0010_vocabularies")
    recorder.record_applied("tracking", "0008_suspended_partners")


def test_a_database_of_this_release_has_nothing_unknown() -> None:
    assert history.unknown(connection) == []
    history.check("Start again.")


@pytest.mark.usefixtures("made_before")
def test_migrations_of_another_release_are_told_by_their_names() -> None:
    assert history.unknown(connection) == [
        "network.0010_vocabularies",
        "tracking.0008_suspended_partners",
    ]


@pytest.mark.usefixtures("made_before")
@pytest.mark.parametrize(
    ("remedy", "command"),
    [
        pytest.param(demo.REMEDY, "manage.py demo --fresh", id="demo"),
        pytest.param(start.REMEDY, "SOFTCLICK_DATA=", id="start"),
    ],
)
def test_the_remedy_is_a_command(remedy: str, command: str) -> None:
    with pytest.raises(history.MadeByAnother) as raised:
        history.check(remedy)
    assert command in str(raised.value)
    assert "tracking.0008_suspended_partners" in str(raised.value)


@pytest.mark.usefixtures("made_before")
def test_verifying_is_refused() -> None:
    with pytest.raises(CommandError, match=r"another release.*demo --fresh"):
        call_command("verify")


@pytest.mark.usefixtures("made_before")
def test_migrating_is_refused() -> None:
    assert [found.id for found in checks.same_history(["default"])] == ["softclick.E010"]
    with pytest.raises((SystemCheckError, CommandError), match=r"another release[^$]*demo --fresh"):
        call_command("migrate", skip_checks=False, verbosity=0)
