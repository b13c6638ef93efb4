"""Journeys to start from in the simulator: those of ``docs/attribution.md`` and the rule's table.

``scenarios.yaml`` beside this module is the table that tests the rule.
"""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path

from tracking.simulator.format import read
from tracking.simulator.scenario import Scenario

TABLE = Path(__file__).parent / "scenarios.yaml"
DOCUMENTATION = Path(__file__).parents[2] / "docs" / "attribution.md"


@dataclass(frozen=True, slots=True)
class Example:
    """A scenario under a name for addresses, such as ``explained-1``."""

    key: str
    scenario: Scenario


@cache
def groups() -> Mapping[str, Sequence[Example]]:
    """All examples, by what they are for."""
    blocks = re.findall(r"```yaml\n(.*?)```", DOCUMENTATION.read_text("utf-8"), flags=re.DOTALL)
    return {
        "As the documentation explains them": _numbered(
            "explained", [scenario for block in blocks for scenario in read(block)]
        ),
        "Every case of the rule": _numbered("case", read(TABLE.read_text("utf-8"))),
    }


def example(key: str) -> Scenario:
    """Raises KeyError when there is none of this name."""
    return {one.key: one.scenario for group in groups().values() for one in group}[key]


def _numbered(prefix: str, scenarios: Sequence[Scenario]) -> list[Example]:
    return [Example(f"{prefix}-{number}", each) for number, each in enumerate(scenarios, 1)]
