"""What stands in a YAML or JSON text, before anybody asks whether it is a scenario. Pure.

The text is a stranger's: what would cost a machine its memory or its stack is refused.
"""

import json
from typing import Any

import yaml

from tracking.simulator.problems import Fault, Place, ScenarioError

try:
    from yaml import CBaseLoader as _YamlLoader
except ImportError:  # PyYAML without libyaml: the same answers, ten times slower
    from yaml import BaseLoader as _YamlLoader  # type: ignore[assignment]

MAX_DEPTH = 20
"""The format needs six levels."""


class _Loader(_YamlLoader):
    """Every scalar as its text, so that a publisher may be called ``no`` or ``1e3``; a key given
    twice is an error and not the last one's silent win.

    Depth is limited while nodes are entered: libyaml's binding recurses, and a file of a hundred
    thousand brackets would otherwise end the process.
    """

    depth = 0

    def descend_resolver(self, current_node: Any, current_index: Any) -> None:
        self.depth += 1
        if self.depth > MAX_DEPTH:
            raise ScenarioError(Fault.TOO_DEEP)

    def ascend_resolver(self) -> None:
        self.depth -= 1

    def construct_mapping(self, node: Any, deep: bool = False) -> dict[Any, Any]:
        found: dict[Any, Any] = {}
        for key_node, value_node in node.value:
            if not isinstance(key_node, yaml.ScalarNode):
                raise ScenarioError(Fault.NO_KEY, _place(key_node.start_mark))
            if key_node.value in found:
                place, value = _place(key_node.start_mark), shown(key_node.value)
                raise ScenarioError(Fault.KEY_TWICE, place, value=value)
            found[key_node.value] = self.construct_object(value_node, deep=deep)
        return found


def load(text: str) -> object:
    if not text.strip():
        raise ScenarioError(Fault.EMPTY)
    try:
        return json.loads(text, object_pairs_hook=_unique)
    except (ValueError, RecursionError):
        pass  # No JSON, or JSON with a fault: YAML, which JSON is a part of, tells the place.
    try:
        loaded = yaml.load(text, Loader=_Loader)  # noqa: S506 - makes text, lists, mappings only
    except yaml.MarkedYAMLError as error:
        place = _place(error.problem_mark)
        raise ScenarioError(Fault.NO_YAML, place, reason=error.problem) from None
    except (yaml.YAMLError, UnicodeEncodeError) as error:
        raise ScenarioError(Fault.NO_YAML, reason=" ".join(str(error).split())) from None
    _refuse_aliases(loaded)
    return loaded


def _refuse_aliases(loaded: object) -> None:
    """A few lines of aliases would stand for more steps than any machine can play."""
    seen: set[int] = set()
    waiting = [loaded]
    while waiting:
        value = waiting.pop()
        if not isinstance(value, dict | list):
            continue
        if id(value) in seen:
            raise ScenarioError(Fault.ALIAS)
        seen.add(id(value))
        waiting.extend(value.values() if isinstance(value, dict) else value)


def _place(mark: yaml.Mark | None) -> Place:
    return Place(line=mark.line + 1, column=mark.column + 1) if mark else Place()


def _unique(pairs: list[tuple[str, object]]) -> dict[str, object]:
    found = dict(pairs)
    if len(found) != len(pairs):
        raise ValueError("a key is given twice")
    return found


def shown(value: object) -> str:
    """The value as the reader wrote it, cut short."""
    try:
        text = json.dumps(value, ensure_ascii=False, default=str)
    except RecursionError:
        text = "this nest of lists"
    return text if len(text) <= 60 else text[:57] + "…"
