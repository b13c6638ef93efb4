"""``manage.py distribute``: an empty network's tables over the machines of a Citus cluster."""

from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.db import Error

from network.database import owner
from tracking.distribution.citus import CannotDistribute, distribute, waiting


class Command(BaseCommand):
    help = (
        "Distribute the tables of what happened (clicks, sales, commissions and their like) over "
        "the machines of a Citus cluster, by advertiser. Needs the extension, and an empty "
        "database after migrate. Says what it will do and asks; run again, it changes nothing."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--yes", action="store_true", help="do not ask")

    def handle(self, *args: Any, **options: Any) -> None:
        try:
            with owner.speaking():
                self._distribute(is_agreed=options["yes"])
        except CannotDistribute as error:
            raise CommandError(str(error)) from None
        except Error as error:
            raise CommandError(f"Citus refused, and nothing was changed: {error}") from error

    def _distribute(self, *, is_agreed: bool) -> None:
        left = waiting()
        if not left:
            self.stdout.write("This database is distributed already; nothing was changed.")
            return
        self.stdout.write(_intention(left))
        if not is_agreed and not _agreed():
            raise CommandError("Not confirmed; nothing was changed.")
        distribute()
        self.stdout.write("Distributed.")


def _intention(tables: list[str]) -> str:
    return "\n".join(
        (
            "These tables will be distributed over the machines of this cluster, each row with its"
            " advertiser:",
            *(f"  {table}" for table in tables),
            "The foreign keys among them are dropped before and made again after. All other tables"
            " stay",
            "on this machine. This command does not undo it.",
        )
    )


def _agreed() -> bool:
    try:
        return input("Distribute them? [y/N] ").strip().lower() in ("y", "yes")
    except EOFError:
        return False
