"""``manage.py start``: a network of one's own on this machine, empty at first."""

from typing import Any

from django.conf import settings
from django.core.management import call_command
from django.core.management.base import BaseCommand, CommandError, CommandParser

from network import clock
from network.local import services as programs
from network.local.machine import DEFAULT_PORT
from network.local.processes import ProcessError, stop_on_signals
from network.people import first_operator
from network.project import history

REMEDY = (
    "Name another, empty data folder for this and every command beside it: "
    "SOFTCLICK_DATA=.data-new python3 manage.py start"
)


class Command(BaseCommand):
    help = (
        "Run a network on this machine, as the demo does, but empty: tracking host, site, worker, "
        "beat and drain, on PostgreSQL and Valkey that come along. Ctrl-C stops everything; the "
        "data stays."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument(
            "--port", type=int, default=DEFAULT_PORT, help=f"default: {DEFAULT_PORT}"
        )

    def handle(self, *args: Any, **options: Any) -> None:
        try:
            _check()
            with stop_on_signals(), programs.only_one("start", settings.DATA_DIR) as lock:
                history.check(REMEDY)
                call_command("migrate", verbosity=0, interactive=False)
                programs.serve(lock, (), lambda: self.stdout.write("\n".join(table())))
        except (history.MadeByAnother, programs.Unserved, ProcessError) as error:
            raise CommandError(str(error)) from error


def table() -> list[str]:
    """Where everything is and, in a network without an operator, how to get one."""
    lines = [
        "",
        f"  Network   {settings.SITE_URL}/",
        f"  Tracking  {settings.TRACKING_URL}/",
        "",
    ]
    if first_operator.is_missing():
        lines += [
            "  There is no operator yet. This link works once and makes the first one:",
            f"    {first_operator.link(clock.now())}",
            "",
        ]
    return [*lines, "  What to do next: docs/first-steps.md", ""]


def _check() -> None:
    """Raises Unserved where this is not the command to run."""
    if settings.MODE != "development":
        raise programs.Unserved(
            f"SOFTCLICK_MODE is {settings.MODE}; this command runs a network on one machine, on "
            "engines of its own. docs/operations.md tells how one is run in production."
        )
    if programs.lock_of("demo", settings.DATA_DIR).exists():
        raise programs.Unserved(
            f"the data folder {settings.DATA_DIR.absolute()} is the demo's, whose passwords are "
            "known. Name another one for this and every command beside it: "
            "SOFTCLICK_DATA=.data-own python3 manage.py start"
        )
