"""Finalisation in processes that die, and in many at once; run by ``test_finalisation_faults.py``.

    python -m tests.flows.finalisers alone|killed|together <database> <now>

Each time on a fresh copy of a database in which sales are due. Prints what came of it as JSON.
"""

import contextlib
import json
import os
import signal
import sys
import time
from collections.abc import Callable, Iterator
from datetime import datetime
from functools import partial
from itertools import count
from typing import Any

import django
from django.db import connection

from network.bench.forks import end_of, fork
from network.local.servers import OWNER

Statement = Callable[[Any, Any, Any, Any], Any]

BATCH = 2
"""Sales in a transaction, so that few sales take several transactions, and one has several."""
TOGETHER = 12


def main(how: str, prepared: str, now: datetime) -> None:
    from tracking.lifecycle import finalisation

    finalisation.BATCH = BATCH
    ways = {"alone": alone, "killed": killed, "together": together}
    print(json.dumps(ways[how](prepared, now)))


def alone(prepared: str, now: datetime) -> dict[str, Any]:
    """The state after a finaliser that nothing disturbed."""
    with copy_of(prepared):
        return {"ended": [in_child(lambda: finalise(now))], "state": state()}


def killed(prepared: str, now: datetime) -> list[dict[str, Any]]:
    """Kill a finaliser before each of its statements in turn, and let another finish the work: how
    the first ended, how many sales were closed by then, and the state in the end."""
    points: list[dict[str, Any]] = []
    for number in count(1):
        with copy_of(prepared):
            first = in_child(partial(finalise, now, killed_before=number))
            if first == 0:
                return points
            wait_for_its_end()
            closed = closed_sales()
            finalise(now)
            points.append({"ended": first, "closed": closed, "state": state()})
    raise AssertionError("not reached")


def together(prepared: str, now: datetime) -> dict[str, Any]:
    """Let many finalisers start at the same moment; gives how each ended, and the state."""
    with copy_of(prepared):
        gate, opened = os.pipe()
        children = [fork(lambda: wait_and_finalise(gate, opened, now)) for _ in range(TOGETHER)]
        os.close(gate)
        os.close(opened)  # all of them read the end of the pipe now
        return {"ended": [end_of(child) for child in children], "state": state()}


def finalise(now: datetime, killed_before: int = 0) -> None:
    """Finalise what is due; ``kill -9`` before that statement of it."""
    from tracking.lifecycle import finalisation

    numbers = count(1)

    def execute(run: Statement, sql: Any, params: Any, many: Any, context: Any) -> Any:
        if next(numbers) == killed_before:
            os.kill(os.getpid(), signal.SIGKILL)
        return run(sql, params, many, context)

    with connection.execute_wrapper(execute):
        finalisation.finalise_due(now)


def wait_and_finalise(gate: int, opened: int, now: datetime) -> None:
    os.close(opened)
    connection.ensure_connection()
    os.read(gate, 1)
    finalise(now)


def in_child(work: Callable[[], None]) -> int:
    return end_of(fork(work))


@contextlib.contextmanager
def copy_of(prepared: str) -> Iterator[None]:
    """Work on a copy of a database that nobody is connected to."""
    name = f"{prepared}_copy"
    administer(f"CREATE DATABASE {name} TEMPLATE {prepared} STRATEGY FILE_COPY")
    connection.settings_dict["NAME"] = name
    try:
        yield
    finally:
        connection.close()
        administer(f"DROP DATABASE {name}")


def administer(statement: str) -> None:
    """As the role that may make databases, which the finalisers' own may not."""
    of_all = connection.settings_dict
    application = of_all["USER"]
    connection.close()
    of_all.update(NAME="postgres", USER=OWNER)
    with connection.cursor() as cursor:
        cursor.execute(statement)
    connection.close()
    of_all["USER"] = application


def wait_for_its_end() -> None:
    """Until the server has noticed that whoever was killed is gone. It holds that one's locks until
    then, and another finaliser leaves what is locked to the next run."""
    others = """
        SELECT count(*) FROM pg_stat_activity
        WHERE datname = current_database() AND usename = current_user AND pid <> pg_backend_pid()
    """
    for _ in range(6_000):
        with connection.cursor() as cursor:
            cursor.execute(others)
            if cursor.fetchone() == (0,):
                return
        time.sleep(0.01)
    raise AssertionError("the server still has a connection of a process that was killed")


def closed_sales() -> int:
    from tracking.models import Conversion

    return Conversion.objects.filter(closed_at__isnull=False).count()


def state() -> dict[str, list[Any]]:
    """Everything that finalisation leaves behind, without the ids that sequences give."""
    from publishers.models import LedgerEntry
    from tracking.models import Click, Commission, Conversion, Decision, Report

    columns = {
        Conversion: ("order", "at", "amount_minor", "conflict", "closes_at", "closed_at"),
        Decision: (
            *("conversion__order", "sequence", "cause", "inputs", "verdicts", "paid_click"),
            *("paid_publisher", "closes_at", "closes_by_click", "decided_at"),
        ),
        Commission: (
            *("conversion__order", "publisher", "click_id", "status", "decline_reason"),
            *("amount_minor", "network_fee_minor", "closed_at", "ledger_transaction__key"),
        ),
        LedgerEntry: (
            *("transaction__key", "transaction__at", "account__kind", "account__advertiser"),
            *("account__publisher", "amount_minor", "currency"),
        ),
        Report: ("id", "outcome"),
        Click: ("id", "publisher", "rebuilt"),
    }
    found = {
        model.__name__: sorted(map(repr, model._default_manager.values_list(*names)))
        for model, names in columns.items()
    }
    current = Conversion.objects.values_list("order", "decision__sequence")
    found["current decisions"] = sorted(map(repr, current))
    connection.close()
    return found


if __name__ == "__main__":
    django.setup()
    main(sys.argv[1], sys.argv[2], datetime.fromisoformat(sys.argv[3]))
