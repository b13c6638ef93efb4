"""What the application's role may do: read and write rows, and nothing else.

It owns nothing, so that it can neither empty tables nor put triggers aside nor change what tables
are like. These statements are the owner's, run again after every ``migrate``. Nothing of Django is
needed here: the built-in engines use it, too.
"""

from collections.abc import Iterator
from typing import Any, LiteralString

from psycopg import Connection
from psycopg.sql import SQL, Composed, Identifier

SCHEMA = "public"
_ROWS = (
    "GRANT USAGE ON SCHEMA {schema} TO {role}",
    "GRANT SELECT, INSERT, UPDATE, DELETE ON ALL TABLES IN SCHEMA {schema} TO {role}",
    "GRANT USAGE, SELECT ON ALL SEQUENCES IN SCHEMA {schema} TO {role}",
    "ALTER DEFAULT PRIVILEGES IN SCHEMA {schema}"
    " GRANT SELECT, INSERT, UPDATE, DELETE ON TABLES TO {role}",
    "ALTER DEFAULT PRIVILEGES IN SCHEMA {schema} GRANT USAGE, SELECT ON SEQUENCES TO {role}",
)
_OF_THIS_RELEASE = (
    "REVOKE INSERT, UPDATE, DELETE ON django_migrations FROM {role}",
    "GRANT EXECUTE ON FUNCTION softclick_make_click_partition(date) TO {role}",
)


def statements(role: str) -> Iterator[Composed]:
    """For a database whose migrations are those of this release."""
    return _for(role, (*_ROWS, *_OF_THIS_RELEASE))


def ensure_role(connection: Connection[Any], role: str) -> None:
    """Make the role where it is missing, and let it read and write what is there: for engines of
    our own, whose data may be older than this role."""
    found = connection.execute("SELECT FROM pg_roles WHERE rolname = %s", [role]).fetchone()
    if found is None:
        connection.execute(SQL("CREATE ROLE {} LOGIN").format(Identifier(role)))
        for statement in _for(role, _ROWS):
            connection.execute(statement)


def _for(role: str, statements: tuple[LiteralString, ...]) -> Iterator[Composed]:
    names = {"role": Identifier(role), "schema": Identifier(SCHEMA)}
    for statement in statements:
        yield SQL(statement).format(**names)
