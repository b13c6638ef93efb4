"""``manage.py demo``: a whole network on this machine, to click through by hand."""

from typing import Any

from django.conf import settings
from django.core.management import call_command
from django.core.management.base import BaseCommand, CommandError, CommandParser

from network import clock, programs
from network.bootstrap import DEFAULT_PORT, say
from network.demo import cast, conditions, places, seed
from network.models import User
from network.processes import ProcessError, stop_on_signals


class Command(BaseCommand):
    help = (
        "Run a network of one's own: network site, tracking host, a shop, a blog and a browser "
        "extension's page, with a worker, beat and drain, on PostgreSQL and Valkey that come "
        "along. Fills it with some life when it is empty. Ctrl-C stops everything; the data stays."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument(
            "--port", type=int, default=DEFAULT_PORT, help=f"default: {DEFAULT_PORT}"
        )
        parser.add_argument("--fresh", action="store_true", help="throw away the data, start anew")

    def handle(self, *args: Any, **options: Any) -> None:
        try:
            conditions.check()
            if options["fresh"]:
                conditions.check_fresh()
            with stop_on_signals(), programs.only_one("demo", settings.DATA_DIR) as lock:
                _prepare()
                programs.serve(lock, pages(), lambda: self.stdout.write("\n".join(table())))
        except (conditions.Unfit, programs.Unserved, ProcessError) as error:
            raise CommandError(str(error)) from error


def pages() -> list[programs.Page]:
    """What must answer before the table is printed."""
    tag = programs.Page(settings.TRACKING_HOST, f"/t/{cast.SHOP}/tag.js")
    return [tag, programs.Page(places.SHOP, "/")]


def table() -> list[str]:
    """Where everything is, and how to sign in."""
    addresses = (
        ("Network", f"{settings.SITE_URL}/"),
        ("Admin", f"{settings.SITE_URL}/admin/"),
        ("Publisher", f"{settings.SITE_URL}/dashboard/{cast.BLOG}/"),
        ("Shop", places.url(places.SHOP)),
        ("Blog", places.url(places.BLOG)),
        ("Extension", places.url(places.EXTENSION)),
        ("A link", places.tracking_link(cast.SHOP, cast.BLOG)),
    )
    people = set(User.objects.values_list("username", flat=True))
    return [
        "",
        *(f"  {name:<11}{address}" for name, address in addresses),
        "",
        "  Sign in as  with password",
        *(
            f"  {person.username:<12}{cast.PASSWORD:<10}{person.role}"
            for person in cast.PEOPLE
            if person.username in people
        ),
        "",
    ]


def _prepare() -> None:
    """Bring the database up to date, and fill an empty one."""
    call_command("migrate", verbosity=0, interactive=False)
    if seed.is_empty():
        say("filling the network with ten days of life.")
        seed.clear_leftovers()
        seed.seed(clock.now())
    seed.follow_port()
