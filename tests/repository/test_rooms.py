"""The house stays one in which things can be found: small rooms, modules, functions; plain names.

What is wrong is named, with where it stands. Read from the files: no Django is needed.
"""

import ast
import tomllib
from collections import defaultdict
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from network.local.bootstrap import ROOT

APPS = ("network", "publishers", "tracking")
TESTS = "tests"
MOST_MODULES, MOST_LINES, LONGEST_FUNCTION = 12, 400, 40
FOUND_BY_NAME = {
    *("__init__", "admin", "apps", "celery", "models", "settings", "site_urls", "tasks", "urls"),
}
"""Django and Celery look for these at the root of an app; no room can take them in."""
NO_DOMAIN = {
    *("api", "bench", "demo", "local", "management", "migrations", "pages", "project"),
    *("templatetags", "wire"),
}
"""What delivers, and what sets up a machine or a process."""
MAY_SHARE = {
    "Command": "Django finds a command by its module",
    "Click": "the row, and the click as the rule sees it, which knows no row",
}


def modules_of(app: str) -> Iterator[Path]:
    for path in sorted((ROOT / app).rglob("*.py")):
        if "migrations" not in path.relative_to(ROOT).parts:
            yield path


def crowded_rooms(app: str) -> list[str]:
    rooms = defaultdict(list)
    for path in modules_of(app):
        is_root = path.parent == ROOT / app
        if path.stem not in (FOUND_BY_NAME if is_root else {"__init__"}):
            rooms[path.parent].append(path.stem)
    return [
        f"{room.relative_to(ROOT)} has {len(names)} modules, at most {MOST_MODULES}: two nouns?"
        for room, names in rooms.items()
        if len(names) > MOST_MODULES
    ]


def long_modules(app: str) -> list[str]:
    lines = {path: path.read_text().count("\n") for path in modules_of(app)}
    return [
        f"{path.relative_to(ROOT)} has {count} lines, at most {MOST_LINES}: split it in its room"
        for path, count in lines.items()
        if count > MOST_LINES
    ]


def long_functions(app: str) -> list[str]:
    return [
        f"{path.relative_to(ROOT)}:{node.lineno} {node.name} has {length} lines, "
        f"at most {LONGEST_FUNCTION}"
        for path in modules_of(app)
        for node in ast.walk(ast.parse(path.read_text()))
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef)
        and (length := (node.end_lineno or node.lineno) - node.lineno + 1) > LONGEST_FUNCTION
    ]


def shared_names(app: str) -> list[str]:
    classes = defaultdict(list)
    for path in modules_of(app):
        for node in ast.parse(path.read_text()).body:
            if isinstance(node, ast.ClassDef) and not node.name.startswith("_"):
                classes[node.name].append(str(path.relative_to(ROOT)))
    return [
        f"class {name} stands in {' and '.join(places)}: which one is meant?"
        for name, places in sorted(classes.items())
        if len(places) > 1 and name not in MAY_SHARE
    ]


def rooms_of_the_domain() -> list[str]:
    return [
        f"{app}.{room.name}"
        for app in APPS
        for room in sorted((ROOT / app).iterdir())
        if (room / "__init__.py").exists() and room.name not in NO_DOMAIN
    ]


def test_every_room_is_kept_from_what_delivers_it() -> None:
    contracts = tomllib.loads((ROOT / "pyproject.toml").read_text())["tool"]["importlinter"]
    named = [one for one in contracts["contracts"] if "delivers" in one["name"]]
    assert [sorted(one["source_modules"]) for one in named] == [sorted(rooms_of_the_domain())]


def test_every_room_stands_in_the_architecture() -> None:
    text = (ROOT / "docs/architecture.md").read_text()
    rooms = [room.replace(".", "/") for room in rooms_of_the_domain()]
    assert len(rooms) > 20
    assert [room for room in rooms if f"`{room}`" not in text] == []


def test_no_module_of_the_tests_is_too_long() -> None:
    assert len(list(modules_of(TESTS))) > 200
    wrong = long_modules(TESTS)
    assert not wrong, "\n".join(wrong)


@pytest.mark.parametrize("app", APPS)
@pytest.mark.parametrize("rule", [crowded_rooms, long_modules, long_functions, shared_names])
def test_the_house_is_in_order(rule: Callable[[str], list[str]], app: str) -> None:
    assert len(list(modules_of(app))) > 30
    wrong = rule(app)
    assert not wrong, "\n".join(wrong)
