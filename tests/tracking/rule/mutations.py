"""Does the suite notice when the rule is wrong? ``python -m tests.tracking.rule.mutations`` prints
a table.

Each mutation is one small fault in ``tracking/rule/attribution.py``. It is made in a copy of the
pure modules, and the tests of the rule run against that copy: one of them has to fail. Exits 1
when a mutation survives, 2 when one cannot be made because the code it replaces is not there
exactly once.
"""

import contextlib
import io
import multiprocessing
import os
import shutil
import sys
import tempfile
from collections import deque
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from multiprocessing.connection import Connection
from pathlib import Path

import pytest
from hypothesis import Phase, settings

from tests.tracking.rule.mutation_table import MUTATIONS, Mutation

ROOT = Path(__file__).resolve().parents[3]
RULE = Path("tracking/rule/attribution.py")
FORK = multiprocessing.get_context("fork")
ROOMS = ("tracking/rule", "tracking/evidence", "tracking/remedies", "tracking/simulator")
"""Of these every module is copied, and the table."""
COPIED = (
    Path("tracking/__init__.py"),
    *(path.relative_to(ROOT) for room in ROOMS for path in sorted((ROOT / room).glob("*.py"))),
    Path("tracking/simulator/scenarios.yaml"),
    *(Path("network", f"{name}.py") for name in ("__init__", "milliseconds", "money")),
    *(Path("network/effective", f"{name}.py") for name in ("__init__", "timeline")),
    *(Path("tests", name) for name in ("__init__.py", "tracking/__init__.py")),
    *(
        Path("tests/tracking/rule", f"{name}.py")
        for name in (
            "__init__",
            "test_attribution",
            "test_attribution_properties",
            "test_browser_properties",
        )
    ),
)


class MutationError(Exception):
    """The text to be replaced does not occur exactly once: the list has to follow the code."""


UNCHANGED = Mutation("the rule as it is", "RULE_VERSION = 1", "RULE_VERSION = 1")


@dataclass(frozen=True)
class Found:
    """What the tests said to a mutation: the first test that failed, None when all passed."""

    mutation: Mutation
    failed: str | None


class _FirstFailure:
    """A pytest plugin that remembers which test failed first."""

    def __init__(self) -> None:
        self.test: str | None = None

    def pytest_runtest_logreport(self, report: pytest.TestReport) -> None:
        if report.failed and self.test is None:
            self.test = report.nodeid.partition("::")[2]


def mutated(source: str, mutation: Mutation) -> str:
    """The rule with the fault in it. Raises :class:`MutationError`."""
    occurrences = source.count(mutation.old)
    if occurrences != 1:
        raise MutationError(
            f"{mutation.name}: this occurs {occurrences} times in {RULE}, not once:\n{mutation.old}"
        )
    return source.replace(mutation.old, mutation.new)


def examine(mutations: Sequence[Mutation]) -> Iterator[Found]:
    """Run the tests of the rule against each mutation, each in a process of its own."""
    source = (ROOT / RULE).read_text(encoding="utf-8")
    running: deque[tuple[Mutation, Connection]] = deque()
    for mutation, changed in [(each, mutated(source, each)) for each in mutations]:
        running.append((mutation, _start(changed)))
        if len(running) == os.cpu_count():
            yield _found(*running.popleft())
    while running:
        yield _found(*running.popleft())


def _start(source: str) -> Connection:
    """Test this source in a forked process: pytest and hypothesis are imported once, and no module
    of the rule is left over from the mutation before."""
    ours, theirs = FORK.Pipe(duplex=False)
    FORK.Process(target=_test, args=(source, theirs)).start()
    theirs.close()
    return ours


def _found(mutation: Mutation, connection: Connection) -> Found:
    code, failed = connection.recv()
    if (code == pytest.ExitCode.OK) == bool(failed) or code > pytest.ExitCode.TESTS_FAILED:
        raise RuntimeError(f"{mutation.name}: the tests could not be run ({code!r})")
    return Found(mutation, failed)


def _test(source: str, connection: Connection) -> None:
    with tempfile.TemporaryDirectory() as folder:
        _copy(Path(folder), source)
        _make_importable(folder)
        first = _FirstFailure()
        connection.send((_run_pytest(first), first.test))


def _copy(folder: Path, source: str) -> None:
    for path in COPIED:
        (folder / path).parent.mkdir(parents=True, exist_ok=True)
        shutil.copy(ROOT / path, folder / path)
    (folder / RULE).write_text(source, encoding="utf-8")


def _make_importable(folder: str) -> None:
    """Let ``tracking`` and ``tests`` be those of the folder, in this process."""
    os.chdir(folder)
    sys.path[:] = [folder, *(each for each in sys.path if each and Path(each) != ROOT)]
    own = {"network", "tests", "tracking"}
    for name in [name for name in sys.modules if name.partition(".")[0] in own]:
        del sys.modules[name]


def _run_pytest(plugin: object) -> int:
    """Run the copied tests without a word, the same way every time, up to the first failure."""
    settings.register_profile(
        "mutations",
        max_examples=40,
        derandomize=True,
        database=None,
        phases=[Phase.explicit, Phase.generate],
    )
    settings.load_profile("mutations")
    os.environ["PYTEST_DISABLE_PLUGIN_AUTOLOAD"] = "1"
    os.environ.pop("PYTEST_ADDOPTS", None)
    options = ["-x", "--assert=plain", "--tb=no", "--capture=no", "-p", "no:cacheprovider"]
    with contextlib.redirect_stdout(io.StringIO()), contextlib.redirect_stderr(io.StringIO()):
        return pytest.main([*options, "-c", os.devnull, "--rootdir", ".", "tests"], [plugin])


def main(mutations: Sequence[Mutation] = MUTATIONS) -> int:
    """Print what became of each mutation; the exit status."""
    survived = 0
    try:
        for found in examine([UNCHANGED, *mutations]):
            if found.mutation is UNCHANGED and found.failed:
                print(f"The tests fail without any mutation: {found.failed}", file=sys.stderr)
                return 2
            if found.mutation is not UNCHANGED:
                survived += found.failed is None
                print(f"{found.mutation.name:<70} {found.failed or 'SURVIVED'}", flush=True)
    except MutationError as error:
        print(error, file=sys.stderr)
        return 2
    print(f"{len(mutations)} mutations, {survived} survived")
    return 1 if survived else 0


if __name__ == "__main__":
    sys.exit(main())
