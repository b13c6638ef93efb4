"""Which tests need a browser, which ones start processes, and in which order the suite runs.

The lanes are markers. While working on something that needs neither::

    python3 manage.py test -m "not browser and not processes"
"""

import json
from collections.abc import Iterable, Mapping
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
DURATIONS = ROOT / "tests" / "durations.json"
SLOW = ("browser", "processes")
FAST = "not browser and not processes"
BROWSER_FIXTURE = "chromium_path"
PROCESS_FIXTURES = {"own_postgres", "own_valkey"}
FLUSHING_FIXTURES = {"transactional_db", "live_server"}
PROCESS_PATHS = (
    "tests/flows",
    "tests/network/bench",
    "tests/network/local",
    "tests/tracking/rule/test_mutations.py",
)
TOGETHER = (
    "tests/demo/test_demo_seeding.py",
    "tests/flows/test_demo_start.py",
    "tests/flows/test_image.py",
    "tests/network/bench",
    "tests/network/database/test_roles.py",
    "tests/pages/test_pages.py",
)
"""Modules whose tests one process runs, one after the other: each has a demo, an image or a server
of its own, which takes long to make. And the folder of the benchmarks, of which a PostgreSQL takes
one at a time: a second process would wait for the first."""


SHARING = ("tests/browser", "tests/flows", "tests/pages")
"""Folders whose tests share what takes long to make: a network of processes, a browser. A process
throws it away at the first test from elsewhere, so that those of a folder run one after the
other."""


def durations() -> dict[str, int]:
    """The modules that take longest, in seconds, as ``--record`` wrote them (see ``costs``). Only
    their order matters."""
    return dict(json.loads(DURATIONS.read_text()))


def lanes_of(path: str, fixtures: Iterable[str]) -> set[str]:
    """The markers of a test in this file with these fixtures."""
    used, lanes = set(fixtures), set()
    if BROWSER_FIXTURE in used:
        lanes.add("browser")
    if used & PROCESS_FIXTURES or any(_is_in(path, place) for place in PROCESS_PATHS):
        lanes.add("processes")
    return lanes


def mark(items: Iterable[pytest.Item]) -> None:
    for item in items:
        for lane in sorted(lanes_of(_path(item), getattr(item, "fixturenames", ()))):
            item.add_marker(lane)


def unit_of(nodeid: str) -> str:
    """What one process runs as a whole: a test, or all those of a module or a folder."""
    module = nodeid.partition("::")[0]
    return next((place for place in TOGETHER if _is_in(module, place)), nodeid)


def put_the_longest_first(items: list[pytest.Item], longest: Mapping[str, int]) -> None:
    """So that no process is left with a long one in the end. The rest stays in its order, and what
    flushes the database is last: all others rely on the rows of migrations. A folder that shares
    things, or stays together, counts as one, of as many seconds as all its modules."""

    def place(item: pytest.Item) -> tuple[bool, int, str, int]:
        path = _path(item)
        folder = next((each for each in (*SHARING, *TOGETHER) if _is_in(path, each)), "")
        seconds = longest.get(path, 0)
        whole = sum(each for module, each in longest.items() if _is_in(module, folder))
        return _flushes(item), -(whole if folder else seconds), folder, -seconds

    items.sort(key=place)


def _flushes(item: pytest.Item) -> bool:
    if FLUSHING_FIXTURES & set(getattr(item, "fixturenames", ())):
        return True
    marks = item.iter_markers("django_db")
    return any(mark.kwargs.get("transaction") for mark in marks)


def _path(item: pytest.Item) -> str:
    return item.nodeid.partition("::")[0]


def _is_in(path: str, place: str) -> bool:
    return path == place or path.startswith(f"{place}/")
