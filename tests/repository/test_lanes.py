"""The lanes of the suite, and what runs first."""

import os
from collections.abc import Mapping, Sequence
from types import SimpleNamespace
from typing import Any

import pytest

from network.local.bootstrap import ROOT
from network.management.commands.test import processes
from tests.support import lanes


def test_every_path_that_is_named_exists() -> None:
    named = {*lanes.PROCESS_PATHS, *lanes.TOGETHER, *lanes.SHARING}
    assert {path for path in named if not (ROOT / path).exists()} == set()


@pytest.mark.parametrize(
    ("path", "fixtures", "expected"),
    [
        pytest.param("tests/pages/test_pages.py", ["chromium_path"], {"browser"}, id="browser"),
        pytest.param("tests/flows/test_x.py", [], {"processes"}, id="processes"),
        pytest.param(
            "tests/flows/test_x.py", ["page", "chromium_path"], {"browser", "processes"}, id="both"
        ),
        pytest.param("tests/wire/test_x.py", ["own_valkey"], {"processes"}, id="own_engine"),
        pytest.param("tests/tracking/rule/test_slots.py", ["db"], set(), id="rest"),
        pytest.param("tests/flowstate/test_x.py", [], set(), id="similar_name"),
    ],
)
def test_a_test_is_in_its_lanes(path: str, fixtures: list[str], expected: set[str]) -> None:
    assert lanes.lanes_of(path, fixtures) == expected


@pytest.mark.parametrize(
    ("arguments", "number"),
    [
        pytest.param([], "5", id="all"),
        pytest.param(["-k", "cookie"], "5", id="all_with_a_name"),
        pytest.param(["-m", lanes.FAST], "4", id="fast_lane"),
        pytest.param(["tests/wire", "-x"], "4", id="folder"),
        pytest.param(["tests/repository/test_lanes.py::test_it"], "4", id="test"),
    ],
)
def test_one_more_process_than_cores_works_while_others_wait(
    monkeypatch: pytest.MonkeyPatch, arguments: list[str], number: str
) -> None:
    monkeypatch.setattr(os, "cpu_count", lambda: 4)
    assert processes(arguments) == ["-n", number]


@pytest.mark.parametrize("argument", ["-n", "-n0", "--numprocesses=3", "--pdb"])
def test_who_says_how_many_processes_gets_as_many(argument: str) -> None:
    assert processes(["-x", argument]) == []


def test_one_process_runs_what_stays_together() -> None:
    pages, slots = "tests/pages/test_pages.py", "tests/tracking/rule/test_slots.py"
    assert lanes.unit_of(f"{pages}::test_a_page[x::y]") == pages
    assert lanes.unit_of(f"{slots}::test_it") == f"{slots}::test_it"
    bench = "tests/network/bench"
    assert lanes.unit_of(f"{bench}/test_bench.py::test_it") == bench
    assert lanes.unit_of(f"{bench}mark/test_it.py::test_it") == f"{bench}mark/test_it.py::test_it"


def test_the_longest_run_first_and_the_rest_as_it_was() -> None:
    paths = ["b/test_1.py", "a/test_2.py", "c/test_3.py", "a/test_4.py", "b/test_5.py"]
    assert ordered(paths, {"a/test_4.py": 9, "c/test_3.py": 5}) == [
        *("a/test_4.py", "c/test_3.py", "b/test_1.py", "a/test_2.py", "b/test_5.py")
    ]


def test_what_shares_things_runs_one_after_the_other() -> None:
    """By the length of the whole folder, and in it the longest first."""
    flow, other, short = (f"tests/flows/test_{name}.py" for name in ("flow", "other", "short"))
    longest = {flow: 9, "a/test_1.py": 12, "tests/pages/test_pages.py": 11, other: 5}
    paths = ["a/test_1.py", short, "tests/flowstate/test_x.py", other, *longest]
    assert list(dict.fromkeys(ordered(paths, longest))) == [
        *(flow, other, short, "a/test_1.py", "tests/pages/test_pages.py"),
        "tests/flowstate/test_x.py",
    ]


def ordered(paths: Sequence[str], longest: Mapping[str, int]) -> list[str]:
    items = [item_of(path) for path in paths]
    lanes.put_the_longest_first(items, longest)
    return [item.nodeid.partition("::")[0] for item in items]


@pytest.mark.parametrize(
    "flushing",
    [
        pytest.param({"marks": [pytest.mark.django_db(transaction=True).mark]}, id="mark"),
        pytest.param({"fixtures": ["transactional_db"]}, id="fixture"),
    ],
)
def test_what_flushes_the_database_is_last(flushing: dict[str, Any]) -> None:
    plain = pytest.mark.django_db.mark
    items = [item_of("a/test_1.py", **flushing), item_of("b/test_2.py", marks=[plain])]
    lanes.put_the_longest_first(items, {"a/test_1.py": 9})
    assert [item.nodeid for item in items] == ["b/test_2.py::test", "a/test_1.py::test"]


def item_of(path: str, marks: Sequence[pytest.Mark] = (), fixtures: Sequence[str] = ()) -> Any:
    return SimpleNamespace(
        nodeid=f"{path}::test",
        fixturenames=fixtures,
        iter_markers=lambda name: iter([mark for mark in marks if mark.name == name]),
    )
