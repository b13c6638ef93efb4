"""The table of faults: each can be made, is undone, and is noticed by a test that there is."""

import importlib
import inspect

import pytest

from tests.support.faults import Fault, FaultError, changed_code, made
from tests.tracking.faults import FAULTS
from tracking.evidence.ranks import Rank

REVERSED = FAULTS[0]


@pytest.mark.parametrize("one", [pytest.param(each, id=each.name) for each in FAULTS])
def test_a_fault_can_be_made_and_names_a_test(one: Fault) -> None:
    assert changed_code(one)
    path, _, name = one.noticed_by.partition("::")
    module = importlib.import_module(path.removesuffix(".py").replace("/", "."))
    assert inspect.isfunction(getattr(module, name))


def test_a_fault_is_there_for_a_while() -> None:
    with made(REVERSED):
        assert Rank.SIGNED.place == -1
    assert Rank.SIGNED.place == 1


@pytest.mark.parametrize(
    ("old", "new"),
    [
        pytest.param("no such text", "", id="nowhere"),
        pytest.param("return", "raise", id="often"),
        pytest.param("In order, most believed first.", "In no order.", id="no_code"),
    ],
)
def test_a_fault_that_cannot_be_made_is_an_error(old: str, new: str) -> None:
    with pytest.raises(FaultError):
        changed_code(Fault("stale", "tracking.evidence.ranks", old, new, ""))
