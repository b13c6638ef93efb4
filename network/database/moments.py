"""Reading times from PostgreSQL: Django's way is Python that takes ten times as long."""

from datetime import UTC, datetime

from django.db.backends.base.base import BaseDatabaseWrapper
from psycopg.abc import Buffer
from psycopg.types.datetime import TimestamptzLoader


class MomentLoader(TimestamptzLoader):
    """Of a session in UTC. What ISO 8601 has no form for, such as ``infinity``, is left to psycopg,
    which says so."""

    timezone = UTC
    """By which Django knows that the loader is the right one."""

    def load(self, data: Buffer) -> datetime:
        try:
            return datetime.fromisoformat(str(data, "ascii"))
        except ValueError:
            return super().load(data)


def read_quickly(connection: BaseDatabaseWrapper, **_: object) -> None:
    """Let a new connection use it. A receiver of ``connection_created``."""
    if connection.vendor == "postgresql" and connection.timezone is UTC:
        connection.connection.adapters.register_loader("timestamptz", MomentLoader)
