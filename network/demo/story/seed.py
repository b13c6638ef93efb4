"""Fills an empty network with 90 days of life, through the product's own functions.

Advertisers, publishers and the clicks and orders of three months come in with an injected clock.
No verdict, commission or ledger row is written here: all of them follow.
"""

from collections.abc import Callable, Iterable
from datetime import timedelta
from pathlib import Path
from shutil import rmtree

from django.apps import apps
from django.conf import settings
from django.contrib.contenttypes.models import ContentType
from django.core.management import call_command
from django.core.management.color import no_style
from django.db import connection, transaction

from network.demo.pages import places
from network.demo.story import cast, life, population
from network.demo.story.life import Span
from network.effective import lock as policy_lock
from network.models import Advertiser, User
from publishers.models import Publisher
from tracking.clicks import partitions

DAYS = 90
SET_UP_BEFORE = timedelta(days=2)
"""How long before the first click everybody was there."""
UNFINISHED = "demo_unfinished"
"""A table that is there while a seeding is under way, and after one was interrupted."""


def is_empty() -> bool:
    """Whether nobody is in the network yet."""
    return not any(model.objects.exists() for model in (Advertiser, Publisher, User))


def is_unfinished() -> bool:
    """Whether all that is in the network comes from a seeding that was interrupted."""
    return UNFINISHED in connection.introspection.table_names()


def clear_leftovers() -> None:
    """Forget the clock and the spool of an earlier network: their records are not this one's."""
    if settings.CLOCK_FILE:
        Path(settings.CLOCK_FILE).unlink(missing_ok=True)
    rmtree(settings.SPOOL_DIR, ignore_errors=True)


def seed(span: Span, live: Callable[[Span], None] = life.live_in_turn) -> None:
    """Fill the network, which must be empty or unfinished. Each day is committed by itself; what
    an interrupted seeding has left is thrown away by the next."""
    if is_unfinished():
        start_over()
    begin(span)
    live(span)
    with connection.cursor() as cursor:
        cursor.execute(f"DROP TABLE {UNFINISHED}")


def start_over() -> None:
    """Throw every table away and make them again: the product's own are never emptied."""
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute("DROP SCHEMA public CASCADE")
        cursor.execute("CREATE SCHEMA public")
    ContentType.objects.clear_cache()
    call_command("migrate", verbosity=0, interactive=False)


def follow_port() -> None:
    """Let the demo's own addresses lead to the port that it is on now."""
    shops = Advertiser.objects.filter(id=cast.SHOP, domains=[places.SHOP])
    shops.exclude(landing_url=places.url(places.SHOP)).update(landing_url=places.url(places.SHOP))
    for host in places.PUBLISHERS:
        here = places.url(host)
        rows = Publisher.objects.filter(website__startswith=f"http://{host}")
        rows.exclude(website=here).update(website=here)


@transaction.atomic
def begin(span: Span) -> None:
    """Everybody, and the mark that more is to come."""
    models = [model for app in ("network", "publishers", "tracking") for model in _models(app)]
    with connection.cursor() as cursor:
        cursor.execute(f"CREATE TABLE IF NOT EXISTS {UNFINISHED} ()")
        for statement in connection.ops.sequence_reset_sql(no_style(), models):
            cursor.execute(statement)  # the first advertiser and publisher are in every example
    set_up = span.start - SET_UP_BEFORE
    for months in range(span.days // 28 + 1):
        partitions.ensure(set_up + months * timedelta(days=28))
    partitions.ensure(span.end)
    policy_lock.unhurried()  # nobody has asked about the time that is made up here
    population.settle(set_up, span.end)


def _models(app: str) -> Iterable[type]:
    return apps.get_app_config(app).get_models()
