"""Distributing the empty tables of what happened over the machines of a Citus cluster.

Foreign keys are not taken along as long as the table at their other end is not distributed, and
those among sales and decisions lead both ways: they are dropped before, and made again after.
"""

from collections.abc import Sequence

from django.db import connection, transaction
from django.db.migrations.executor import MigrationExecutor

from tracking.distribution.tables import COLUMN, TABLES

_HAS_CITUS = "SELECT to_regclass('pg_dist_partition') IS NOT NULL"
_DISTRIBUTED = """
    SELECT relname FROM pg_dist_partition JOIN pg_class ON pg_class.oid = logicalrelid
    WHERE relname = ANY(%s)
"""
_KEYS_AMONG_THEM = """
    SELECT conrelid::regclass::text, quote_ident(conname), pg_get_constraintdef(oid)
    FROM pg_constraint WHERE contype = 'f' AND conrelid = ANY(%s::regclass[])
        AND confrelid = ANY(%s::regclass[])
    ORDER BY 1, 2
"""
_DISTRIBUTE = f"""
    SELECT create_distributed_table(%s::regclass, '{COLUMN}', colocate_with => %s)
"""
_TRIGGERS_ARE_SAFE = "SET LOCAL citus.enable_unsafe_triggers = on"
"""They look at their own row only, so each works where its row lies."""


class CannotDistribute(Exception):
    """The database is not one to distribute; says why, with the remedy."""


def waiting() -> list[str]:
    """The tables that are to be distributed, in order; none where all are. Raises
    CannotDistribute."""
    if not _ask(_HAS_CITUS)[0][0]:
        raise CannotDistribute(
            "This database does not have the extension Citus. Install it on every machine of the "
            "cluster, and run CREATE EXTENSION citus in this database before migrate."
        )
    executor = MigrationExecutor(connection)
    if executor.migration_plan(executor.loader.graph.leaf_nodes()):
        raise CannotDistribute(
            "This database is not up to date. Run python3 manage.py migrate first."
        )
    distributed = {name for (name,) in _ask(_DISTRIBUTED, list(TABLES))}
    left = [table for table in TABLES if table not in distributed]
    filled = [table for table in left if _ask(f"SELECT EXISTS (SELECT FROM {table})")[0][0]]  # noqa: S608 - names of our own
    if filled:
        raise CannotDistribute(
            f"There are rows in {', '.join(filled)}. Only an empty network is distributed: name an "
            "empty database in DATABASE_URL, and run migrate and distribute there."
        )
    return left


@transaction.atomic
def distribute() -> None:
    """Distribute what :func:`waiting` names: all of it or, where Citus refuses, nothing."""
    left = waiting()
    keys = _ask(_KEYS_AMONG_THEM, list(TABLES), list(TABLES))
    _do(_TRIGGERS_ARE_SAFE)
    for table, name, _ in keys:
        _do(f"ALTER TABLE {table} DROP CONSTRAINT {name}")
    for table in left:
        _ask(_DISTRIBUTE, table, "none" if table == TABLES[0] else TABLES[0])
    for table, name, definition in keys:
        _do(f"ALTER TABLE {table} ADD CONSTRAINT {name} {definition}")


def _ask(query: str, *values: str | Sequence[str]) -> list[tuple[str, ...]]:
    with connection.cursor() as cursor:
        cursor.execute(query, list(values) or None)  # type: ignore[arg-type]  # lists are arrays
        return list(cursor.fetchall())


def _do(statement: str) -> None:
    with connection.cursor() as cursor:
        cursor.execute(statement)
