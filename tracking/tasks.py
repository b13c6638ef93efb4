"""What Celery does: it wakes, PostgreSQL knows what is due."""

from uuid import UUID

from celery import shared_task

from network import clock
from tracking.clicks import partitions
from tracking.conversions import seen
from tracking.landings import rows as landing_rows
from tracking.lifecycle import finalisation, overdue
from tracking.rollups import writing as rollups
from tracking.spool import health
from tracking.whatif import runs


@shared_task(name="tracking.tasks.finalise_due")
def finalise_due() -> None:
    """Close every conversion whose cookie windows have closed, and end what waited too long."""
    now = clock.now()
    overdue.end_waiting(now)
    finalisation.finalise_due(now)
    health.note_finalised(now)


@shared_task(name="tracking.tasks.keep_partitions")
def keep_partitions() -> None:
    """Keep a partition of ``click`` for this month and the coming ones."""
    partitions.ensure(clock.now())


@shared_task(name="tracking.tasks.forget_orders")
def forget_orders() -> None:
    """Forget orders without a token that no window reaches back to, and landings of clicks that
    are kept no longer."""
    now = clock.now()
    seen.prune(now)
    landing_rows.prune(now)


@shared_task(name="tracking.tasks.compact_rollups")
def compact_rollups() -> None:
    """Fold what was added to the rollups since into one row for each key."""
    rollups.compact()


@shared_task(name=runs.COUNT)
def count_whatif(run: str) -> None:
    """Count a what-if that somebody asked."""
    runs.work(UUID(run))


@shared_task(name="tracking.tasks.resume_whatifs")
def resume_whatifs() -> None:
    """Go on with what-ifs whose worker died, or that reached no worker; forget old ones."""
    runs.resume_stalled(clock.now())
