"""What a page asks of the database: statements, the time they take, and the blocks they read.

The time depends on what else runs, blocks do not: a page whose blocks stay is constant, whatever a
clock says.
"""

import json
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from typing import Any

from django.db import connection

_EXPLAIN = "EXPLAIN (ANALYZE, BUFFERS, TIMING OFF, FORMAT JSON) "
_READS = ("SELECT", "WITH", "(SELECT")
Statement = tuple[str, Any]


class Asked:
    """The statements since it was made, and the seconds they took together."""

    def __init__(self) -> None:
        self.statements: list[Statement] = []
        self.seconds = 0.0

    def __call__(
        self, execute: Callable[..., object], sql: str, params: Any, many: bool, context: Any
    ) -> object:
        self.statements.append((sql, params))
        started = time.perf_counter()
        try:
            return execute(sql, params, many, context)
        finally:
            self.seconds += time.perf_counter() - started


@contextmanager
def asked() -> Iterator[Asked]:
    noted = Asked()
    with connection.execute_wrapper(noted):
        yield noted


def blocks_of(statements: Sequence[Statement]) -> int:
    """How many blocks those of them read that read: each is asked once more."""
    return sum(_blocks(*one) for one in statements if one[0].lstrip().startswith(_READS))


def _blocks(sql: str, params: Any) -> int:
    with connection.cursor() as cursor:
        cursor.execute(_EXPLAIN + sql, params)
        found = cursor.fetchone()[0]
    plan = (json.loads(found) if isinstance(found, str) else found)[0]["Plan"]
    return int(plan["Shared Hit Blocks"] + plan["Shared Read Blocks"])
