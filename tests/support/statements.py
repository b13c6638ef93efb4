"""Which statements look at what happened without naming the advertiser.

The tables of what happened can lie on many machines, by advertiser. A statement that names it goes
to one of them; any other asks them all. :data:`ACROSS` lists the places that may, with the reasons.
"""

import re
import sys
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from functools import cache
from pathlib import Path
from types import FrameType
from typing import Any

from django.db import connections
from django.db.backends.base.base import BaseDatabaseWrapper

from network.local.bootstrap import ROOT
from tracking.distribution.tables import TABLES

ACROSS: Mapping[str, str] = {
    "network/bench/": "measures the whole network",
    "network/demo/": "prepares and shows the whole network",
    "network/management/commands/migrate.py": "brings the whole network up to date",
    "network/pages/": "the admin looks a row up by its id, and lists what an operator may see",
    "publishers/pages/": "a publisher's rows lie with all of its advertisers",
    "publishers/partnerships/standing.py": "the partners of a list, at all that a person may see",
    "publishers/partnerships/suggested.py": "the partners of a list, at all that a person may see",
    "tracking/admin.py": "operators see all advertisers",
    "tracking/clicks/partitions.py": "partitions of time hold the clicks of all advertisers",
    "tracking/distribution/citus.py": "distributes only what is empty for all advertisers",
    "tracking/distribution/whose.py": "finds rows of advertisers that do not exist, too",
    "tracking/explain/": "reads what a publisher's page asks for, at all of its advertisers",
    "tracking/figures/": "sums of a publisher, or of all advertisers that a person may see",
    "tracking/lifecycle/closing.py": "the weeks of a publisher, or of all that a person may see",
    "tracking/management/": "commands of operators, about the whole network",
    "tracking/pages/": "the admin looks a row up by its id, and lists what a person may see",
    "tracking/spool/health.py": "whether the whole network is in time",
    "tracking/whatif/names.py": "names sales by their ids",
}
"""Places, as the beginning of their paths, and why they may ask about all advertisers."""

PRODUCT = ("network", "publishers", "tracking")
TESTS = ("tests/", "network/management/commands/test.py")
BENEATH = "tracking/distribution/rows.py"
_NO_ALIAS = (
    "AS|CROSS|FOR|FROM|FULL|GROUP|INNER|JOIN|LEFT|LIMIT|NOT|ON|ORDER|RETURNING|SELECT|SET|UNION"
    "|USING|VALUES|WHERE|WINDOW"
)
_TABLE = re.compile(
    rf'(?:FROM|JOIN|UPDATE|USING|,)\s+(?:ONLY\s+)?"?({"|".join(TABLES)})"?(?![\w".])'
    rf'(?:\s+(?:AS\s+)?(?!(?:{_NO_ALIAS})\b)"?(\w+)"?)?',
    re.IGNORECASE,
)
_ASSIGNED = re.compile(r"\bSET\b.*?(?=\bFROM\b|\bWHERE\b)", re.IGNORECASE | re.DOTALL)
_BY_VALUE = re.compile(r'advertiser_id"?\)?\s*(?:=\s*(?:%|\d|ANY)|IN\s*\()', re.IGNORECASE)
_UNQUALIFIED = r'(?<![.\w"])"?advertiser_id"?\)?\s*(?:=|IN\b)|USING\s*\([^)]*advertiser_id'


@cache
def unnamed(statement: str) -> tuple[str, ...]:
    """The tables of what happened that the statement reads, changes or removes from without saying
    of which advertiser."""
    if "tracking_" not in statement:
        return ()
    text = _ASSIGNED.sub("SET ", statement)
    found = [(table, alias or table) for table, alias in _TABLE.findall(text)]
    if found and not _BY_VALUE.search(text):
        return tuple(table for table, _ in found)
    return tuple(table for table, alias in found if not _is_named(alias, text))


def _is_named(alias: str, text: str) -> bool:
    column = rf'"?\b{alias}"?\."?advertiser_id"?'
    condition = rf"{column}\s*(?:=|IN\b)|=\s*\(?{column}(?!\w)|{_UNQUALIFIED}"
    return re.search(condition, text, re.IGNORECASE) is not None


_listening: list[list[str]] = []


@contextmanager
def watched() -> Iterator[list[str]]:
    """What this process's statements leave unnamed where they may not, as they come. One within
    another keeps what it finds to itself."""
    found: list[str] = []
    watch(connections["default"])
    _listening.append(found)
    try:
        yield found
    finally:
        _listening[:] = [others for others in _listening if others is not found]


def watch(connection: BaseDatabaseWrapper, **kwargs: Any) -> None:
    """Look at every statement of a connection from now on; a receiver of ``connection_created``,
    so that those of other threads are watched, too."""
    if _look not in connection.execute_wrappers:
        connection.execute_wrappers.insert(0, _look)  # the last is for whoever is in its ``with``


def _look(execute: Any, sql: Any, params: Any, many: bool, context: Any) -> Any:
    if _listening:
        tables = unnamed(str(sql))
        place = _place(sys._getframe(1)) if tables else ""
        if place and not place.startswith(tuple(ACROSS)):
            _listening[-1].append(f"{place} names no advertiser for {', '.join(tables)}:\n{sql}")
    return execute(sql, params, many, context)


def _place(frame: FrameType | None) -> str:
    """Where in the product the statement comes from; empty where a test itself asks."""
    while frame:
        path = Path(frame.f_code.co_filename)
        if path.is_relative_to(ROOT) and path != Path(__file__):
            place = str(path.relative_to(ROOT))
            if place.startswith(TESTS):
                return ""
            if place.split("/")[0] in PRODUCT and not place.startswith(BENEATH):
                return f"{place}:{frame.f_lineno} {frame.f_code.co_name}"
        frame = frame.f_back
    return ""
