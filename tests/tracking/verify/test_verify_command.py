"""``manage.py verify``: what it prints, and how it ends."""

from collections.abc import Iterator
from io import StringIO

import pytest
from django.core.management import CommandError, call_command
from django.db import InternalError, transaction

from tests.tracking.verify.breaking import break_by, commission, make_world
from tracking.models import Conversion
from tracking.verify.checks import Checked, Finding


@pytest.mark.django_db(transaction=True)
def test_the_command_says_what_it_looked_at() -> None:
    make_world()
    output = StringIO()
    call_command("verify", stdout=output)
    checked, end = output.getvalue().splitlines()
    assert checked.startswith("Checked: 5 conversions, 4 commissions, ")
    assert end == "Nothing is broken."


@pytest.mark.django_db(transaction=True)
def test_the_command_prints_what_is_broken_and_fails() -> None:
    make_world()
    with transaction.atomic():
        break_by(commission("amount_minor = 400", "open"), commission("amount_minor = 1", "final"))
    output = StringIO()
    with pytest.raises(CommandError, match=r"^7 broken\.$"):
        call_command("verify", stdout=output)
    *lines, checked = output.getvalue().splitlines()
    assert [line.split()[0] for line in lines] == ["I2", "I2", "I3", "I5", "I5", "R", "R"]
    assert checked.startswith("Checked: ")


@pytest.mark.django_db(transaction=True)
def test_the_command_writes_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    def meddle() -> Iterator[Finding]:
        yield Checked("conversions", Conversion.objects.update(order="mine"))

    make_world()
    monkeypatch.setattr("tracking.management.commands.verify.verify", meddle)
    with pytest.raises(InternalError, match="read-only transaction"):
        call_command("verify", stdout=StringIO())


@pytest.mark.django_db(transaction=True)
def test_an_empty_run_is_visible() -> None:
    output = StringIO()
    call_command("verify", stdout=output)
    assert output.getvalue().startswith("Checked: 0 conversions, 0 commissions, ")
