"""What each test costs, and the budget that it keeps (loaded by ``-p`` in pyproject.toml).

A test costs the processor time of its own process, without what fixtures of a module, package or
session take, plus each sleep of half a second or more that it asks for. Unlike the time on a clock
that says little about what else the machine does. Only the fast lane is measured.

A test that costs over :data:`LIMIT` and is not named in ``tests/budget.json`` fails with
:class:`OverBudget`, after a second try (``--only-rerun``): the first may have imported what others
use, too. On a machine that is slower than the one of the record, the limit is higher.

``python3 manage.py test --record`` writes that file and ``tests/durations.json`` for the tests that
it runs, and leaves what they say of others. Nothing is judged before all have been recorded.
"""

import json
import threading
import time
from collections import defaultdict
from collections.abc import Callable, Generator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest

from tests.support import lanes

BUDGET = Path(__file__).resolve().parents[1] / "budget.json"
LIMIT = 2.0
"""Processor seconds of a test that nobody has to know about."""
NAMED_FROM = LIMIT / 2
"""From here on the record names a test, so that none is close to the limit without a name."""
LONG_SLEEP = 0.5
"""Shorter ones wait for something, as often as a slow machine needs."""
LONG_MODULE = 5
"""Seconds of a module that the record of durations names."""
COST = "cost"


class OverBudget(AssertionError):
    """A test costs more than it may without being named."""


def yardstick() -> float:
    """Processor seconds of a fixed piece of work: how slow this machine is just now."""
    began = time.process_time()
    texts = {}
    for number in range(200_000):
        texts[number & 1023] = str(number)
    return time.process_time() - began


@dataclass(frozen=True)
class Budget:
    """``tests`` are the costly ones, by name without parameters; ``yardstick`` is what
    :func:`yardstick` took where they were recorded; ``complete`` says whether all have been."""

    yardstick: float
    tests: Mapping[str, float]
    complete: bool = True

    def allows(self, nodeid: str, cost: float, measured: float) -> bool:
        """``measured`` is the yardstick of now."""
        return name_of(nodeid) in self.tests or cost <= self.limit(measured)

    def limit(self, measured: float) -> float:
        return LIMIT * max(1.0, measured / self.yardstick)


def read() -> Budget:
    return Budget(**json.loads(BUDGET.read_text()))


def name_of(nodeid: str) -> str:
    return nodeid.partition("[")[0]


class Meter:
    """Measures the tests of this process, one after the other."""

    def __init__(
        self, budget: Budget | None, clock: Callable[[], float] = time.process_time
    ) -> None:
        self.budget = budget  # None: nothing is judged
        self.clock = clock
        self.slept = self.shared = self.began = 0.0
        self._in_shared = False

    def now(self) -> float:
        return self.clock() + self.slept - self.shared

    def count_sleeps(self) -> None:
        sleep = time.sleep

        def counted(seconds: float) -> None:
            if seconds >= LONG_SLEEP and threading.current_thread() is threading.main_thread():
                self.slept += seconds
            sleep(seconds)

        time.sleep = counted  # type: ignore[assignment]

    @pytest.hookimpl(wrapper=True)
    def pytest_fixture_setup(
        self, fixturedef: pytest.FixtureDef[Any]
    ) -> Generator[None, object, object]:
        if fixturedef.scope == "function" or self._in_shared:
            return (yield)
        began, self._in_shared = self.now(), True
        try:
            return (yield)
        finally:
            self._in_shared = False
            self.shared += self.now() - began

    @pytest.hookimpl(wrapper=True)
    def pytest_runtest_setup(self) -> Generator[None, object, object]:
        self.began = self.now()
        return (yield)

    @pytest.hookimpl(wrapper=True)
    def pytest_runtest_call(self, item: pytest.Item) -> Generator[None, object, object]:
        if any(item.get_closest_marker(lane) for lane in lanes.SLOW):
            return (yield)
        try:
            result = yield
        finally:
            cost = self.now() - self.began
            item.user_properties.append((COST, cost))
        if self.budget and cost > LIMIT:
            judge(self.budget, item.nodeid, cost)
        return result


def judge(budget: Budget, nodeid: str, cost: float) -> None:
    measured = max(yardstick() for _ in range(3))
    if not budget.allows(nodeid, cost, measured):
        raise OverBudget(
            f"{cost:.1f} s of the processor, {budget.limit(measured):.1f} s are allowed. Make it "
            f"cheaper, or name it in {BUDGET.name}: python3 manage.py test --record {nodeid}"
        )


@dataclass(eq=False)  # plugins are told apart by identity
class Record:
    """Seconds of modules and costs of tests, written when the run ends."""

    of_whole_modules: bool
    """Without it nothing is said of how long modules take."""
    of_all_tests: bool
    """Those of the fast lane."""
    seconds: dict[str, float] = field(default_factory=lambda: defaultdict(float))
    costs: dict[str, float] = field(default_factory=lambda: defaultdict(float))

    def pytest_runtest_logreport(self, report: pytest.TestReport) -> None:
        self.seconds[report.nodeid.partition("::")[0]] += report.duration
        for name, value in report.user_properties:
            if name == COST:
                assert isinstance(value, float)
                test = name_of(report.nodeid)
                self.costs[test] = max(self.costs[test], value)

    def pytest_sessionfinish(self, exitstatus: int) -> None:
        if self.of_whole_modules:
            self.write_durations()
        ended = exitstatus in (pytest.ExitCode.OK, pytest.ExitCode.TESTS_FAILED)
        self.write_budget(complete=self.of_all_tests and ended)

    def write_durations(self) -> None:
        took = {module: round(each) for module, each in self.seconds.items()}
        longest = merged(lanes.durations(), took, LONG_MODULE)
        by_length = sorted(longest.items(), key=lambda item: (-item[1], item[0]))
        _write(lanes.DURATIONS, dict(by_length))

    def write_budget(self, *, complete: bool) -> None:
        budget, costs = read(), {test: round(cost, 1) for test, cost in self.costs.items()}
        least = min(budget.yardstick, *(round(yardstick(), 4) for _ in range(5)))
        named = dict(sorted(merged(budget.tests, costs, NAMED_FROM).items()))
        complete = complete or budget.complete
        _write(BUDGET, {"yardstick": least, "complete": complete, "tests": named})


def merged(
    recorded: Mapping[str, float], measured: Mapping[str, float], least: float
) -> dict[str, float]:
    """What was measured now, and what was recorded before of that which was not measured."""
    return {
        name: number
        for name, number in {**recorded, **measured}.items()
        if number >= least and (lanes.ROOT / name.partition("::")[0]).exists()
    }


def _write(path: Path, content: object) -> None:
    path.write_text(f"{json.dumps(content, indent=1)}\n")


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption(
        "--record", action="store_true", help="record what tests cost and modules take"
    )


def pytest_configure(config: pytest.Config) -> None:
    recording, budget = config.getoption("record"), read()
    meter = Meter(budget if budget.complete and not recording else None)
    meter.count_sleeps()
    config.pluginmanager.register(meter, "costs")
    if recording and not hasattr(config, "workerinput"):
        config.pluginmanager.register(_record(config), "record-of-costs")


def _record(config: pytest.Config) -> Record:
    keyword, lane = config.option.keyword, config.option.markexpr
    in_part = keyword or lane or any("::" in argument for argument in config.args)
    everywhere = config.args_source is pytest.Config.ArgsSource.TESTPATHS
    return Record(
        of_whole_modules=not in_part,
        of_all_tests=everywhere and not keyword and lane in ("", lanes.FAST),
    )
