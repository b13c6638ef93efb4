"""``manage.py migrate``: Django's, by the role that owns the database; afterwards its safeguards,
and what the application's role may do."""

from typing import Any

from django.core.management import CommandError
from django.core.management.commands import migrate
from django.db import ProgrammingError, connection
from psycopg.errors import InsufficientPrivilege

from network.database import owner, safeguards


class Command(migrate.Command):
    help = f"{migrate.Command.help} Puts the safeguards of the database in place afterwards."

    def handle(self, *args: Any, **options: Any) -> None:
        with owner.speaking():
            try:
                super().handle(*args, **options)
                if not (options["plan"] or options["check_unapplied"]):
                    safeguards.put_in_place()
                    owner.let_the_application_in()
            except ProgrammingError as error:
                if not isinstance(error.__cause__, InsufficientPrivilege):
                    raise
                role = connection.settings_dict["USER"]
                raise CommandError(
                    f"The role {role} may not change what the tables are like ({error}). Name the "
                    "role that owns the database in MIGRATE_DATABASE_URL, and run python3 "
                    "manage.py migrate again. docs/operations.md says how (Roles in PostgreSQL)."
                ) from error
