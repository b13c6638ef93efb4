"""``manage.py migrate``: Django's, by the role that owns the database; afterwards its safeguards,
and what the application's role may do."""

from typing import Any

from django.core.management.commands import migrate

from network.database import owner, safeguards


class Command(migrate.Command):
    help = f"{migrate.Command.help} Puts the safeguards of the database in place afterwards."

    def handle(self, *args: Any, **options: Any) -> None:
        with owner.speaking():
            super().handle(*args, **options)
            if not (options["plan"] or options["check_unapplied"]):
                safeguards.put_in_place()
                owner.let_the_application_in()
