"""The role that owns the database: for commands that change what tables are like.

Everything else speaks to PostgreSQL as the application (``DATABASE_URL``). Without
``MIGRATE_DATABASE_URL`` both are one.
"""

from collections.abc import Iterator
from contextlib import contextmanager

from django.conf import settings
from django.core.management import CommandError
from django.db import connection, connections
from django.db.backends.base.base import BaseDatabaseWrapper

from network.database import grants

_PLACE = ("HOST", "PORT", "USER", "PASSWORD")


class NoSuchRole(CommandError):
    """The application's role is missing; says so, with the remedy."""


_MIGHT = """
    SELECT rolsuper, EXISTS (
        SELECT FROM pg_class WHERE relkind IN ('r', 'p')
            AND pg_get_userbyid(relowner) = current_user
            AND relnamespace = current_schema()::regnamespace
    ) FROM pg_roles WHERE rolname = current_user
"""


@contextmanager
def speaking() -> Iterator[None]:
    """Let this process's models speak to the database as its owner. Where that is another role than
    the application's, the process has no connection before and after, so that nothing may be under
    way."""
    of_all = connections["default"].settings_dict  # the same one in every thread
    before = {name: of_all[name] for name in _PLACE}
    owner = {name: settings.DATABASE_OWNER.get(name, before[name]) for name in _PLACE}
    if before == owner:
        yield
        return
    connections.close_all()
    of_all.update(owner)
    try:
        yield
    finally:
        connections.close_all()
        of_all.update(before)


def let_the_application_in() -> None:
    """Give the application's role, where it is another, what it needs of this database. Raises
    NoSuchRole."""
    role = settings.APPLICATION_ROLE
    if not role:
        return
    with connection.cursor() as cursor:
        cursor.execute("SELECT FROM pg_roles WHERE rolname = %s", [role])
        if cursor.fetchone() is None:
            raise NoSuchRole(
                f"The role {role} that DATABASE_URL names does not exist. Create it as "
                "docs/operations.md says (Roles in PostgreSQL), and run python3 manage.py migrate "
                "again."
            )
        for statement in grants.statements(role):
            cursor.execute(statement.as_string())


def might_of(database: BaseDatabaseWrapper) -> list[str]:
    """What the role that speaks to it has beyond reading and writing rows, in words."""
    with database.cursor() as cursor:
        cursor.execute(_MIGHT)
        is_superuser, owns = cursor.fetchone() or (False, False)
    words = {"is a superuser": is_superuser, "owns tables": owns}
    return [word for word, holds in words.items() if holds]
