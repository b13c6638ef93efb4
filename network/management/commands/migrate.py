"""``manage.py migrate``: Django's, and afterwards the safeguards of the database."""

from typing import Any

from django.core.management.commands import migrate

from network.database import safeguards


class Command(migrate.Command):
    help = f"{migrate.Command.help} Puts the safeguards of the database in place afterwards."

    def handle(self, *args: Any, **options: Any) -> None:
        super().handle(*args, **options)
        if not (options["plan"] or options["check_unapplied"]):
            safeguards.put_in_place()
