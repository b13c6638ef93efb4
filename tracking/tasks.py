"""What Celery does: it wakes, PostgreSQL knows what is due."""

from celery import shared_task

from network import clock
from tracking import finalisation, health, partitions, rollups


@shared_task(name="tracking.tasks.finalise_due")
def finalise_due() -> None:
    """Close every conversion whose cookie windows have closed."""
    now = clock.now()
    finalisation.finalise_due(now)
    health.note_finalised(now)


@shared_task(name="tracking.tasks.keep_partitions")
def keep_partitions() -> None:
    """Keep a partition of ``click`` for this month and the coming ones."""
    partitions.ensure(clock.now())


@shared_task(name="tracking.tasks.compact_rollups")
def compact_rollups() -> None:
    """Fold what was added to the rollups since into one row for each key."""
    rollups.compact()
