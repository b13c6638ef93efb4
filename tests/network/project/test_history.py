"""A database of a release with other migrations is recognised, and said with the remedy."""

import signal
from collections.abc import Iterator, Sequence
from pathlib import Path

import pytest
from django.core.management import CommandError, call_command
from django.core.management.base import SystemCheckError
from django.db import connection
from django.db.migrations.recorder import MigrationRecorder
from pytest_django import Settings

from network.management.commands import demo, start
from network.project import checks, history

pytestmark = pytest.mark.django_db
WHOLE = (("verify",), ("recount",), ("whatif",))
"""The commands that read whole tables."""
STOPPING = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)


@pytest.fixture
def made_before() -> None:
    recorder = MigrationRecorder(connection)
    recorder.record_applied("network", "0010_vocabularies")
    recorder.record_applied("tracking", "0008_suspended_partners")


@pytest.fixture
def signals_as_before() -> Iterator[None]:
    """The drain has handlers of its own."""
    before = {number: signal.getsignal(number) for number in STOPPING}
    yield
    for number, handler in before.items():
        signal.signal(number, handler)


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


@pytest.mark.usefixtures("made_before", "signals_as_before")
@pytest.mark.parametrize("command", [*WHOLE, ("drain", "--once")], ids=lambda words: words[0])
def test_commands_refuse_a_database_of_another_release(
    command: Sequence[str], settings: Settings, tmp_path: Path
) -> None:
    settings.SPOOL_DIR = tmp_path / "spool"
    with pytest.raises(CommandError, match=r"another release.*demo --fresh"):
        call_command(*command)


@pytest.mark.parametrize("command", WHOLE, ids=lambda words: words[0])
def test_commands_refuse_a_database_that_lacks_migrations(command: Sequence[str]) -> None:
    last = MigrationRecorder(connection).migration_qs.filter(app="tracking").latest("id")
    last.delete()
    with pytest.raises(CommandError, match=rf"tracking\.{last.name}.*manage\.py migrate"):
        call_command(*command)


@pytest.mark.usefixtures("made_before")
def test_migrating_is_refused() -> None:
    assert [found.id for found in checks.same_history(["default"])] == ["softclick.E010"]
    with pytest.raises((SystemCheckError, CommandError), match=r"another release[^$]*demo --fresh"):
        call_command("migrate", skip_checks=False, verbosity=0)
