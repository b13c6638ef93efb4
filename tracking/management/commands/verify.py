"""``manage.py verify``: whether the database keeps what is promised about it."""

from typing import Any

from django.core.management.base import BaseCommand, CommandError
from django.db import connection, transaction

from network.project import history
from tracking.verify.checks import Broken, verify


class Command(BaseCommand):
    help = (
        "Check the whole database: conversions, commissions, ledger and decisions. Prints what is "
        "broken, a line for each, and what was checked; ends with status 1 when anything is broken."
    )

    def handle(self, *args: Any, **options: Any) -> None:
        history.check_complete()
        broken, checked = 0, []
        with transaction.atomic():
            _see_one_moment()
            for finding in verify():
                if isinstance(finding, Broken):
                    broken += 1
                    self.stdout.write(str(finding))
                else:
                    checked.append(str(finding))
        self.stdout.write(f"Checked: {', '.join(checked)}.")
        if broken:
            raise CommandError(f"{broken:,} broken.")
        self.stdout.write("Nothing is broken.")


def _see_one_moment() -> None:
    with connection.cursor() as cursor:
        cursor.execute("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ, READ ONLY")
