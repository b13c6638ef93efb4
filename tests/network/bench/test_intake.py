"""``bench`` measures how fast what was accepted is taken in. Nothing here depends on speed."""

from collections.abc import Callable
from io import StringIO
from typing import Any

import pytest
from django.core.management import CommandError, call_command

from network.bench.intake import draining, late, recording, repeated
from network.bench.intake.draining import MeasuredDrain
from network.bench.intake.late import MeasuredLate
from network.bench.intake.recording import MeasuredRecording
from network.bench.intake.repeated import MeasuredRepeats


@pytest.mark.parametrize(("seconds", "met"), [(2.0, True), (2.01, False)])
def test_recording_has_a_target(seconds: float, met: bool) -> None:
    [result] = recording.results(MeasuredRecording(1_400, 7_700, seconds, 1.0))
    assert (result.met, str(result).startswith("recording: ")) == (met, True)


@pytest.mark.parametrize(
    ("clicks", "reports", "met"),
    [(1.5, 1.9, [True, True]), (1.6, 1.9, [False, True]), (1.5, 2.0, [True, False])],
)
def test_what_is_late_has_a_target_each(clicks: float, reports: float, met: list[bool]) -> None:
    measured = MeasuredLate(1_000, 800, clicks, reports)
    assert [result.met for result in late.results(measured)] == met


@pytest.mark.parametrize(("many", "met"), [(12.5, True), (12.6, False)])
def test_a_report_of_many_costs_what_one_of_a_few_does(many: float, met: bool) -> None:
    [result] = repeated.results(MeasuredRepeats(10_000, 1.0, many))
    assert result.met is met


def test_draining_is_measured_by_its_middle_round() -> None:
    measured = MeasuredDrain(100, [(10.0, 1.0), (10.0, 3.0), (10.0, 9.0)])
    [result] = draining.results(measured)
    assert (result.value, result.met) == (0.3, True)
    assert "each round 0.10, 0.30, 0.90" in next(iter(draining.describe(measured)))


@pytest.mark.parametrize(
    ("name", "measurement", "failure"),
    [
        ("recording", recording, recording.NotRecorded),
        ("late", late, late.NotDecidedAgain),
        ("repeated", repeated, repeated.ReportsLost),
        ("drain", draining, draining.NotDrained),
    ],
)
def test_what_is_lost_fails_it(
    name: str,
    measurement: Any,
    failure: Callable[[str], Exception],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    def measure(number: int) -> None:
        raise failure("1 of 10 is lost.")

    monkeypatch.setattr(measurement, "measure", measure)
    with pytest.raises(CommandError, match="1 of 10 is lost"):
        call_command("bench", "--only", name, stdout=StringIO())


@pytest.mark.parametrize("reports", ["9", "1000001"])
def test_reports_are_bounded(reports: str) -> None:
    with pytest.raises(CommandError, match="--reports"):
        call_command("bench", "--reports", reports)
