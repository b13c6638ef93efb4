"""``manage.py first_operator``: a link to the page on which the first operator is made."""

from typing import Any
from urllib.parse import urlsplit

from django.core.management.base import BaseCommand, CommandError, CommandParser

from network import clock
from network.people import first_operator
from network.project import history


class Command(BaseCommand):
    help = (
        "Print a link, good for a day, to the page on which the first operator makes their "
        "account. Operators invite everybody else."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument(
            "--port", type=int, help="that manage.py start serves, where it is another than usual"
        )

    def handle(self, *args: Any, **options: Any) -> None:
        history.check_complete()
        if not first_operator.is_missing():
            raise CommandError(
                "There is an operator already. Operators invite others on the page Invitations; "
                "one who cannot sign in any more is helped by manage.py createsuperuser."
            )
        link = first_operator.link(clock.now())
        if options["port"]:
            parts = urlsplit(link)
            link = parts._replace(netloc=f"{parts.hostname}:{options['port']}").geturl()
        self.stdout.write(link)
