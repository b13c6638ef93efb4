"""This tracker, as the others are run: a server with two workers, and the drain."""

import sys
from collections.abc import Iterator
from contextlib import contextmanager

from django.db import connection

from network.bench.browsers import Clicks
from network.bench.click import is_click
from network.bench.load import Plan
from network.bench.others.rounds import Tracker
from network.bench.stage import stage
from network.local.bootstrap import ROOT
from tracking.models import Click

WORKERS = 2
"""Of each tracker's server."""


@contextmanager
def running() -> Iterator[Tracker]:
    """Raises StageError, database errors and OSError."""
    with stage(WORKERS) as network:
        network.start("drain", (sys.executable, str(ROOT / "manage.py"), "drain"))
        clicks = Clicks(network.site)
        plan = Plan(clicks.requests(), is_click)
        ours = Click.objects.filter(advertiser=network.site.advertiser)
        yield Tracker(
            "Softclick",
            "answered once it is in the spool (survives kill -9; on disk within 50 ms), then "
            f"PostgreSQL with {postgres_settings()}",
            network.site.address,
            plan,
            ours.count,
        )


def postgres_settings() -> str:
    """What decides whether a commit survives a power cut."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT current_setting('fsync'), current_setting('synchronous_commit')")
        fsync, commit = cursor.fetchone() or ("", "")
    return f"fsync={fsync}, synchronous_commit={commit}"
