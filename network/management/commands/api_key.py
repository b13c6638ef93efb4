"""``manage.py api_key``: a key with which a shop's server calls the API."""

from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from network import clock
from network.advertisers import api_keys
from network.models import Advertiser
from network.project import history


class Command(BaseCommand):
    help = (
        "Make an API key for an advertiser, and print the key and nothing else. It is not shown "
        "again; keys are revoked on the advertiser's page."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--advertiser", type=int, required=True, help="the advertiser's id")
        parser.add_argument(
            "--may-decide",
            action="store_true",
            help="it may approve, decline and cancel orders, too; else it reports sales alone",
        )
        parser.add_argument("--name", default="", help="which system uses it; default: with a date")

    def handle(self, *args: Any, **options: Any) -> None:
        history.check_complete()
        now = clock.now()
        advertiser = Advertiser.objects.filter(pk=options["advertiser"]).first()
        if advertiser is None:
            raise CommandError(f"--advertiser: there is no advertiser {options['advertiser']}.")
        name = options["name"] or f"manage.py {now:%Y-%m-%d %H:%M:%S}"
        if len(name) > api_keys.MOST_NAME:
            raise CommandError(f"--name: {api_keys.MOST_NAME} characters at most.")
        try:
            may_decide = options["may_decide"]
            made = api_keys.make(advertiser, name, now, made_by=None, may_decide=may_decide)
        except api_keys.NameTaken:
            raise CommandError(
                f"--name: a key named {name!r} is valid. Choose another, or revoke that one."
            ) from None
        self.stdout.write(made.key)
