"""``manage.py demo``: a whole network on this machine, to click through by hand."""

import sys
import time
from collections.abc import Callable
from typing import Any

from django.conf import settings
from django.core.management import call_command
from django.core.management.base import BaseCommand, CommandError, CommandParser

from network import clock
from network.database import owner
from network.demo.pages import places
from network.demo.story import cast, conditions, seed, side_by_side
from network.demo.story.life import Span
from network.local import services as programs
from network.local.bootstrap import say
from network.local.machine import DEFAULT_PORT
from network.local.processes import ProcessError, stop_on_signals
from network.models import User
from network.project import history

FAILURES = (
    conditions.Unfit,
    history.MadeByAnother,
    programs.Unserved,
    side_by_side.SeedingFailed,
)
REMEDY = "Throw the data away and start again: python3 manage.py demo --fresh"


class Command(BaseCommand):
    help = (
        "Run a network of one's own: network site, tracking host, a shop and pages of its "
        "partners, with a worker, beat and drain, on PostgreSQL and Valkey that come along. Fills "
        "it with 90 days of life when it is empty. Ctrl-C stops everything; the data stays."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument(
            "--port", type=int, default=DEFAULT_PORT, help=f"default: {DEFAULT_PORT}"
        )
        parser.add_argument(
            "--fresh", action="store_true", help="throw away the data and start again"
        )
        parser.add_argument(
            "--days",
            type=int,
            default=seed.DAYS,
            help=f"how many days of life an empty network gets; default: {seed.DAYS}",
        )

    def handle(self, *args: Any, **options: Any) -> None:
        try:
            conditions.check()
            if options["fresh"]:
                conditions.check_fresh()
            with stop_on_signals(), programs.only_one("demo", settings.DATA_DIR) as lock:
                _prepare(options["days"], lock)
                programs.serve(lock, pages(), lambda: self.stdout.write("\n".join(table())))
        except (*FAILURES, ProcessError) as error:
            raise CommandError(str(error)) from error


def pages() -> list[programs.Page]:
    """What must answer before the table is printed."""
    tag = programs.Page(settings.TRACKING_HOST, f"/t/{cast.SHOP}/tag.js")
    return [tag, programs.Page(places.SHOP, "/")]


def table() -> list[str]:
    """Where everything is, and how to sign in by one click."""
    site = settings.SITE_URL
    addresses = (
        ("Start here", places.url(places.SHOP)),
        ("Blog", places.url(places.BLOG)),
        ("Cashback", places.url(places.CASHBACK)),
        ("Extension", places.url(places.EXTENSION)),
        ("Overlay", places.url(places.OVERLAY)),
        ("A link", places.tracking_link(cast.SHOP, cast.BLOG)),
        ("Mailbox", f"{site}/demo/mail/"),
        ("Network", f"{site}/"),
    )
    people = set(User.objects.values_list("username", flat=True))
    return [
        "",
        *(f"  {name:<11}{address}" for name, address in addresses),
        "",
        f"  Sign in by one click (or with the password {cast.PASSWORD}):",
        *(
            f"  {person.username:<11}{site}/demo/#{person.username:<11}{person.role}"
            for person in cast.PEOPLE
            if person.username in people
        ),
        "",
    ]


def _prepare(days: int, lock: int) -> None:
    """Bring the database up to date, and fill an empty one. Raises MadeByAnother."""
    history.check(REMEDY)
    call_command("migrate", verbosity=0, interactive=False)
    if seed.is_empty() or seed.is_unfinished():
        seed.clear_leftovers()
        with owner.speaking():  # it makes tables, and sets where ids begin
            _fill(Span(clock.now(), days), lock)
    seed.follow_port()


def _fill(span: Span, lock: int) -> None:
    started = time.monotonic()
    say(f"filling the network with {span.days} days of life; this is done once.")
    seed.seed(span, lambda span: side_by_side.live(span, lock, _progress(span.days)))
    say(f"the network is filled ({time.monotonic() - started:.0f} s).")


def _progress(days: int) -> Callable[[int], None]:
    """Says which day is lived: each on a terminal, else about every tenth."""
    on_terminal = sys.stderr.isatty()

    def tell(day: int) -> None:
        if on_terminal:
            end = "\n" if day == days else ""
            sys.stderr.write(f"\rsoftclick: seeding day {day} of {days} {end}")
            sys.stderr.flush()
        elif day * 10 // days > (day - 1) * 10 // days:
            say(f"seeding day {day} of {days}")

    return tell
