"""Faults put into the product on purpose: the test that is named with each has to notice it.

Loaded by pytest (``-p`` in pyproject.toml). A test that is named in the table runs once as it is,
and once more with each of its faults: then it has to fail. A fault is a change of a function's
text; its code alone is exchanged, and only while the test itself runs.
"""

import importlib
import inspect
from collections import defaultdict
from collections.abc import Generator, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from types import CodeType, FunctionType
from typing import Any

import pytest


@dataclass(frozen=True)
class Fault:
    """``old``, which stands once in the ``module``, becomes ``new``; ``noticed_by`` is the test's
    id, with a ``case`` where not all of its parameters tell."""

    name: str
    module: str
    old: str
    new: str
    noticed_by: str
    case: str = ""

    @property
    def key(self) -> str:
        return self.name.replace(" ", "_")

    def is_for(self, parameters: str) -> bool:
        return self.case in parameters.replace(self.key, "")


class FaultError(Exception):
    """A fault that cannot be made: the table has to follow the code."""


def changed_code(fault: Fault) -> dict[str, CodeType]:
    """The functions' new code by their qualified names. Raises :class:`FaultError`."""
    path = importlib.import_module(fault.module).__file__
    assert path
    text = Path(path).read_text(encoding="utf-8")
    if text.count(fault.old) != 1:
        raise FaultError(f"{fault.name}: not once in {fault.module}: {fault.old}")
    before = _codes(compile(text, path, "exec"))
    after = _codes(compile(text.replace(fault.old, fault.new), path, "exec"))
    found = {name: code for name, code in after.items() if code != before.get(name)}
    if not found:
        raise FaultError(f"{fault.name}: changes no function of {fault.module}")
    return found


@contextmanager
def made(fault: Fault) -> Iterator[None]:
    """Have the product make the mistake."""
    module = importlib.import_module(fault.module)
    functions = {name: _function(module, name) for name in changed_code(fault)}
    right = {name: function.__code__ for name, function in functions.items()}
    try:
        for name, code in changed_code(fault).items():
            functions[name].__code__ = code
        yield
    finally:
        for name, function in functions.items():
            function.__code__ = right[name]


def _codes(code: CodeType) -> dict[str, CodeType]:
    """Of functions and methods; what stands inside a function belongs to it."""
    found: dict[str, CodeType] = {}
    for constant in code.co_consts:
        if not isinstance(constant, CodeType):
            continue
        if constant.co_flags & inspect.CO_OPTIMIZED:
            found[constant.co_qualname] = constant
        else:  # the body of a class
            found |= _codes(constant)
    return found


def _function(module: object, name: str) -> FunctionType:
    found: Any = module
    for part in name.split("."):
        found = inspect.getattr_static(found, part)
    if isinstance(found, property):
        found = found.fget
    elif isinstance(found, classmethod | staticmethod):
        found = found.__func__
    found = inspect.unwrap(found)
    assert isinstance(found, FunctionType)
    return found


def _by_test() -> dict[str, list[Fault]]:
    from tests.tracking.faults import FAULTS

    found: dict[str, list[Fault]] = defaultdict(list)
    for one in FAULTS:
        found[one.noticed_by].append(one)
    return found


@pytest.fixture(autouse=True)
def fault(request: pytest.FixtureRequest) -> Fault | None:
    """The fault that is made while the test runs."""
    found: Fault | None = getattr(request, "param", None)
    return found


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    faults: Sequence[Fault] = _by_test().get(metafunc.definition.nodeid, ())
    if faults:
        ids = ["right", *(one.key for one in faults)]
        metafunc.parametrize("fault", [None, *faults], ids=ids, indirect=True)


@pytest.hookimpl(wrapper=True)
def pytest_pyfunc_call(pyfuncitem: pytest.Function) -> Generator[None, object, object]:
    found = pyfuncitem.funcargs.get("fault")
    callspec = getattr(pyfuncitem, "callspec", None)
    if not isinstance(found, Fault) or callspec is None or not found.is_for(callspec.id):
        return (yield)
    with made(found):
        try:
            yield
        except Exception:
            return True
    pytest.fail(f"{pyfuncitem.name}: nobody noticed that {found.name}", pytrace=False)
