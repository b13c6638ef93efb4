"""The budget of the tests: what is measured, what fails, and what a record says."""

import time
from collections.abc import Generator
from pathlib import Path
from typing import Any

import pytest

from network.local.bootstrap import ROOT
from tests.support import costs, lanes
from tests.support.costs import Budget, Meter, OverBudget

TEST = "tests/wire/test_x.py::test_it[one]"
NAMED = Budget(0.02, {"tests/wire/test_x.py::test_it": 3.5})
UNNAMED = Budget(0.02, {})


class Item:
    """A test as far as the meter looks at it."""

    nodeid = TEST

    def __init__(self, lane: str = "") -> None:
        self.lane = lane
        self.user_properties: list[tuple[str, float]] = []

    def get_closest_marker(self, name: str) -> object:
        return name == self.lane or None


class Clock:
    """The processor time, which these tests set."""

    now = 100.0

    def __call__(self) -> float:
        return self.now


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> Clock:
    """The machine is as fast as that of the record, too."""
    monkeypatch.setattr(costs, "yardstick", lambda: 0.02)
    return Clock()


def advance(hook: Generator[None, object, object]) -> None:
    with pytest.raises(StopIteration):
        hook.send(None)


def run(meter: Meter, item: Item, clock: Clock, *, setup: float, call: float) -> None:
    setting_up = meter.pytest_runtest_setup()
    next(setting_up)
    clock.now += setup
    advance(setting_up)
    calling = meter.pytest_runtest_call(item)  # type: ignore[arg-type]
    next(calling)
    clock.now += call
    advance(calling)


def test_a_test_costs_its_setting_up_and_its_call(clock: Clock) -> None:
    item = Item()
    run(Meter(UNNAMED, clock), item, clock, setup=0.5, call=1.0)
    assert item.user_properties == [("cost", 1.5)]


def test_one_over_the_limit_fails(clock: Clock) -> None:
    with pytest.raises(OverBudget, match=r"2\.5 s of the processor, 2\.0 s are allowed"):
        run(Meter(UNNAMED, clock), Item(), clock, setup=1.5, call=1.0)


@pytest.mark.parametrize("budget", [NAMED, None], ids=["named", "while_recording"])
def test_it_passes(clock: Clock, budget: Budget | None) -> None:
    item = Item()
    run(Meter(budget, clock), item, clock, setup=1.5, call=1.0)
    assert item.user_properties == [("cost", 2.5)]


@pytest.mark.parametrize("lane", ["browser", "processes"])
def test_the_slow_lanes_are_not_measured(clock: Clock, lane: str) -> None:
    item = Item(lane)
    run(Meter(UNNAMED, clock), item, clock, setup=1.5, call=100.0)
    assert item.user_properties == []


def test_what_tests_share_costs_none_of_them_anything(clock: Clock) -> None:
    meter, item = Meter(UNNAMED, clock), Item()
    setting_up = meter.pytest_runtest_setup()
    next(setting_up)
    for scope in ("module", "function"):
        fixture: Any = type("Fixture", (), {"scope": scope})
        making = meter.pytest_fixture_setup(fixture)
        next(making)
        clock.now += 0.75
        advance(making)
    advance(setting_up)
    calling = meter.pytest_runtest_call(item)  # type: ignore[arg-type]
    next(calling)
    advance(calling)
    assert item.user_properties == [("cost", 0.75)]


def test_only_a_long_sleep_counts(monkeypatch: pytest.MonkeyPatch) -> None:
    slept: list[float] = []
    monkeypatch.setattr(time, "sleep", slept.append)
    meter = Meter(UNNAMED)
    meter.count_sleeps()
    for seconds in (0.1, 3.0, 0.5):
        time.sleep(seconds)
    assert (meter.slept, slept) == (3.5, [0.1, 3.0, 0.5])


@pytest.mark.parametrize(
    ("measured", "limit"),
    [
        pytest.param(0.01, 2.0, id="faster"),
        pytest.param(0.02, 2.0, id="as_fast"),
        pytest.param(0.03, 3.0, id="slower"),
    ],
)
def test_the_limit_is_higher_where_the_machine_is_slower(measured: float, limit: float) -> None:
    assert UNNAMED.limit(measured) == pytest.approx(limit)
    assert UNNAMED.allows(TEST, limit - 0.01, measured)
    assert not UNNAMED.allows(TEST, limit + 0.01, measured)


def test_a_record_keeps_what_was_not_measured_and_still_exists() -> None:
    here, beside = "tests/repository/test_costs.py", "tests/repository/test_lanes.py"
    recorded = {f"{here}::a": 3.0, f"{here}::b": 3.0, f"{beside}::c": 3.0, "tests/gone.py::d": 3.0}
    measured = {f"{here}::a": 1.2, f"{here}::b": 0.4, f"{here}::e": 1.5}
    expected = {f"{here}::a": 1.2, f"{beside}::c": 3.0, f"{here}::e": 1.5}
    assert costs.merged(recorded, measured, 1.0) == expected


@pytest.mark.parametrize(
    ("whole", "everything", "exitstatus", "complete"),
    [
        pytest.param(True, True, 1, True, id="everything"),
        pytest.param(False, True, 0, True, id="a_lane"),
        pytest.param(True, True, 2, False, id="interrupted"),
        pytest.param(True, False, 0, False, id="a_module"),
    ],
)
def test_a_run_is_recorded(
    monkeypatch: pytest.MonkeyPatch,
    tmp_path: Path,
    whole: bool,
    everything: bool,
    exitstatus: int,
    complete: bool,
) -> None:
    budget, durations = tmp_path / "budget.json", tmp_path / "durations.json"
    budget.write_text('{"yardstick": 0.02, "complete": false, "tests": {}}')
    durations.write_text("{}")
    monkeypatch.setattr(costs, "BUDGET", budget)
    monkeypatch.setattr("tests.support.lanes.DURATIONS", durations)
    monkeypatch.setattr(costs, "yardstick", lambda: 0.03)
    record, module = costs.Record(whole, everything), "tests/repository/test_costs.py"
    for name, cost in (("slow[1]", 1.2), ("slow[2]", 1.6), ("quick", 0.1)):
        report: Any = type("Report", (), {})
        report.nodeid, report.duration = f"{module}::{name}", 4.0
        report.user_properties = [("cost", cost)]
        record.pytest_runtest_logreport(report)
    record.pytest_sessionfinish(exitstatus)
    assert costs.read() == Budget(0.02, {f"{module}::slow": 1.6}, complete)
    assert durations.read_text() == (f'{{\n "{module}": 12\n}}\n' if whole else "{}")


def test_every_test_that_the_budget_names_exists() -> None:
    gone = []
    for name in costs.read().tests:
        path, *_, function = name.split("::")
        if f"def {function}(" not in (ROOT / path).read_text():
            gone.append(name)
    assert gone == []


def test_every_module_whose_seconds_are_recorded_exists() -> None:
    assert [module for module in lanes.durations() if not (ROOT / module).is_file()] == []
