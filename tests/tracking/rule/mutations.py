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
        for name in ("__init__", "test_attribution", "test_attribution_properties")
    ),
)


@dataclass(frozen=True)
class Mutation:
    """A fault: ``old``, which occurs exactly once in the rule, becomes ``new``."""

    name: str
    old: str
    new: str


class MutationError(Exception):
    """The text to be replaced does not occur exactly once: the list has to follow the code."""


PLACE = (
    Mutation(
        "place: a soft click takes over from a live hard one under last",
        "if rule is SoftRule.LAST and held.is_soft and not click.stood_down:",
        "if rule is SoftRule.LAST and not click.stood_down:",
    ),
    Mutation(
        "place: last lets a soft click that stood down take over",
        "if rule is SoftRule.LAST and held.is_soft and not click.stood_down:",
        "if rule is SoftRule.LAST and held.is_soft:",
    ),
    Mutation("place: last does as first", "if rule is SoftRule.LAST and", "if False and"),
    Mutation(
        "place: sole does as last",
        "if rule is SoftRule.LAST and",
        "if rule is not SoftRule.FIRST and",
    ),
    Mutation(
        "place: the first hard click wins",
        "        if not click.is_soft:\n            return click",
        "        if not click.is_soft and held.is_soft:\n            return click",
    ),
    Mutation(
        "place: an expired claim still blocks",
        "if held and held.window_contains(click.at) and not ended(held, click):",
        "if held and not ended(held, click):",
    ),
    Mutation(
        "place: an ended session still blocks",
        "if held and held.window_contains(click.at) and not ended(held, click):",
        "if held and held.window_contains(click.at):",
    ),
    Mutation(
        "place: a click that stood down comes back",
        "return None if click.stood_down else click",
        "return click",
    ),
    Mutation(
        "place: a stood-down click leaves an expired holder in place",
        "return None if click.stood_down else click",
        "return held if click.stood_down else click",
    ),
    Mutation(
        "place: the session ends hard claims too",
        "return held.is_soft and held.journey == click.journey and",
        "return held.journey == click.journey and",
    ),
    Mutation(
        "place: sessions are compared across journeys",
        "return held.is_soft and held.journey == click.journey and",
        "return held.is_soft and",
    ),
    Mutation(
        "window: its last instant is included",
        "return self.at <= at < self.at + self.window_minutes * MINUTE_MS",
        "return self.at <= at <= self.at + self.window_minutes * MINUTE_MS",
    ),
    Mutation(
        "window: its first instant is left out",
        "return self.at <= at < self.at + self.window_minutes * MINUTE_MS",
        "return self.at < at < self.at + self.window_minutes * MINUTE_MS",
    ),
    Mutation(
        "order: by publisher",
        "return click.at, click.id.int",
        "return click.publisher, click.id.int",
    ),
    Mutation(
        "order: of arrival within a moment", "return click.at, click.id.int", "return click.at, 0"
    ),
    Mutation(
        "order: duplicates are kept",
        "return sorted({click.id: click for click in clicks}.values(), key=_order)",
        "return sorted(clicks, key=_order)",
    ),
    Mutation(
        "fold: every click under the rule first",
        "return place(held, click, click.soft_rule)",
        "return place(held, click, SoftRule.FIRST)",
    ),
)

EXPIRED_AT_CLICK = """\
    if not held.window_contains(click.at):
        return Judged(held, Verdict.EXPIRED)
"""
ENDED_AT_CLICK = """\
    if ended(held, click):
        return Judged(held, Verdict.SESSION_ENDED)
"""
AFTER_CONVERSION = """\
    if click.at > sale.at:
        return Judged(click, Verdict.AFTER_CONVERSION)
"""
NOT_PARTNER = """\
    if click.reason is ClickReason.NOT_PARTNER:
        return Judged(click, Verdict.NOT_PARTNER)
"""

VERDICTS = (
    Mutation(
        "verdicts: clicks after the sale count",
        "if click.reason is None and click.at <= sale.at]",
        "if click.reason is None]",
    ),
    Mutation(
        "verdicts: a click in the moment of the sale is left out",
        "if click.reason is None and click.at <= sale.at]",
        "if click.reason is None and click.at < sale.at]",
    ),
    Mutation(
        "verdicts: clicks that do not count count",
        "if click.reason is None and click.at <= sale.at]",
        "if click.at <= sale.at]",
    ),
    Mutation(
        "verdicts: the holder is paid whatever its verdict",
        "paid = held if held and judged[held.id].verdict is Verdict.HELD else None",
        "paid = held",
    ),
    Mutation(
        "verdicts: stood down for nobody",
        "Judged(click, Verdict.STOOD_DOWN, by=new)",
        "Judged(click, Verdict.STOOD_DOWN)",
    ),
    Mutation("verdicts: overwritten although expired", EXPIRED_AT_CLICK, ""),
    Mutation("verdicts: overwritten although the session had ended", ENDED_AT_CLICK, ""),
    Mutation(
        "verdicts: session ended before expired, at a click",
        EXPIRED_AT_CLICK + ENDED_AT_CLICK,
        ENDED_AT_CLICK + EXPIRED_AT_CLICK,
    ),
    Mutation(
        "verdicts: the overwritten names itself",
        "Judged(held, Verdict.OVERWRITTEN, by=click)",
        "Judged(held, Verdict.OVERWRITTEN, by=held)",
    ),
    Mutation(
        "verdicts: an expired holder is paid",
        "    if not held.window_contains(sale.at):\n        return Judged(held, Verdict.EXPIRED)\n",
        "",
    ),
    Mutation(
        "verdicts: a soft holder outlives its session",
        "    if held.is_soft and held.session not in sale.sessions:",
        "    if False:",
    ),
    Mutation(
        "verdicts: a hard holder needs its session",
        "    if held.is_soft and held.session not in sale.sessions:",
        "    if held.session not in sale.sessions:",
    ),
    Mutation(
        "verdicts: sole contests hard holders",
        "if held.is_soft and sale.soft_rule is SoftRule.SOLE:",
        "if sale.soft_rule is SoftRule.SOLE:",
    ),
    Mutation(
        "verdicts: sole is asked at the click's time",
        "if held.is_soft and sale.soft_rule is SoftRule.SOLE:",
        "if held.is_soft and held.soft_rule is SoftRule.SOLE:",
    ),
    Mutation(
        "verdicts: a publisher contests itself",
        "if rival.publisher != held.publisher and rival.window_contains(sale.at):",
        "if rival is not held and rival.window_contains(sale.at):",
    ),
    Mutation(
        "verdicts: a closed window contests",
        "if rival.publisher != held.publisher and rival.window_contains(sale.at):",
        "if rival.publisher != held.publisher:",
    ),
    Mutation(
        "verdicts: only soft rivals contest",
        "if rival.publisher != held.publisher and rival.window_contains(sale.at):",
        "if rival.publisher != held.publisher and rival.is_soft:",
    ),
    Mutation(
        "verdicts: not_partner before after_conversion",
        AFTER_CONVERSION + NOT_PARTNER,
        NOT_PARTNER + AFTER_CONVERSION,
    ),
    Mutation(
        "verdicts: every uncounted click was no partner's",
        "    if click.reason is ClickReason.NOT_PARTNER:\n",
        "    if click.reason:\n",
    ),
)

CLOSES_AT = (
    Mutation(
        "closes_at: every window counts, open at the sale or not",
        "[click for click in counting if click.window_contains(sale.at)]",
        "[click for click in counting]",
    ),
    Mutation(
        "closes_at: only the last click's window counts",
        "[click for click in counting if click.window_contains(sale.at)]",
        "[click for click in counting[-1:] if click.window_contains(sale.at)]",
    ),
    Mutation(
        "closes_at: only hard windows count",
        "[click for click in counting if click.window_contains(sale.at)]",
        "[click for click in counting if click.window_contains(sale.at) and not click.is_soft]",
    ),
    Mutation(
        "closes_at: the first window to close", "last = max(open_clicks", "last = min(open_clicks"
    ),
    Mutation(
        "closes_at: without the validation period",
        "validated_at = sale.at + sale.validation_minutes * MINUTE_MS",
        "validated_at = sale.at",
    ),
    Mutation(
        "closes_at: the validation period in seconds",
        "validated_at = sale.at + sale.validation_minutes * MINUTE_MS",
        "validated_at = sale.at + sale.validation_minutes * 1000",
    ),
    Mutation(
        "closes_at: the validation period alone",
        "is_by_click = last is not None and last.closes_at >= validated_at",
        "is_by_click = last is not None and not sale.validation_minutes",
    ),
    Mutation(
        "closes_at: a draw names no click",
        "is_by_click = last is not None and last.closes_at >= validated_at",
        "is_by_click = last is not None and last.closes_at > validated_at",
    ),
)

MUTATIONS = (*PLACE, *VERDICTS, *CLOSES_AT)
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
