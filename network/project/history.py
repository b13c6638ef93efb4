"""Whether the database's migrations are those of this release: none of another's, none missing."""

from collections.abc import Collection

from django.core.management import CommandError
from django.db import connection
from django.db.backends.base.base import BaseDatabaseWrapper
from django.db.migrations.executor import MigrationExecutor
from django.db.migrations.loader import MigrationLoader
from django.db.migrations.recorder import MigrationRecorder

OURS = ("network", "publishers", "tracking")

REMEDY = (
    "Throw a demo's data away and start again with python3 manage.py demo --fresh; else name an "
    "empty database in DATABASE_URL, or an empty data folder in SOFTCLICK_DATA."
)
"""For commands that do not know whose data it is."""


class MadeByAnother(CommandError):
    """The database cannot be brought up to date; says so, with the remedy."""


class Incomplete(CommandError):
    """The database has not been brought up to date; says so, with the remedy."""


def unknown(database: BaseDatabaseWrapper) -> list[str]:
    """The migrations of ours that the database has and this release does not, in order."""
    known = MigrationLoader(None).disk_migrations
    applied = MigrationRecorder(database).applied_migrations()
    return [
        f"{app}.{name}" for app, name in sorted(applied) if app in OURS and (app, name) not in known
    ]


def sentence(names: Collection[str]) -> str:
    """What is wrong with a database that has these."""
    return (
        f"The database was made by another release of Softclick: {len(names)} of its migrations "
        f"are not in this one (the last is {list(names)[-1]}). It cannot be brought up to date."
    )


def check(remedy: str = REMEDY) -> None:
    """Raises MadeByAnother, with the remedy."""
    names = unknown(connection)
    if names:
        raise MadeByAnother(f"{sentence(names)} {remedy}")


def check_complete() -> None:
    """For commands that read and write whole tables. Raises MadeByAnother and Incomplete."""
    check()
    executor = MigrationExecutor(connection)
    missing = executor.migration_plan(executor.loader.graph.leaf_nodes())
    if missing:
        raise Incomplete(
            f"The database lacks {len(missing)} migrations of this release (the first is "
            f"{missing[0][0]}). Bring it up to date first: python3 manage.py migrate"
        )
