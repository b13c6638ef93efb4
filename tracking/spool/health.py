"""Whether records come in and commissions are closed: what operators look at first."""

from dataclasses import dataclass
from datetime import datetime, timedelta

from django.conf import settings
from django.core.cache import cache
from django.db.models import Count, Min, Q
from redis import Redis, RedisError

from network.clock import from_ms
from network.models import TrackingHost
from publishers.notices import sending as notice_sending
from tracking.lifecycle.closing import BY_ITSELF
from tracking.models import Conversion, SetAside, SpoolHost

LATE_AFTER = timedelta(minutes=5)
"""A drain, or the task that closes what is due, that has not been heard of for so long is late."""
LOST_LATELY = timedelta(days=1)
"""For so long a loss is something that needs attention."""
FINALISED = "tracking:finalised-at"
QUEUE = "celery"


@dataclass(frozen=True, slots=True)
class Host:
    """A host's spool: up to when it is in PostgreSQL (None before it has been drained once), and
    how many records it could not accept in all, the last at ``lost_at``."""

    name: str
    drained_to: datetime | None
    late: bool
    lost: int
    lost_at: datetime | None
    lost_lately: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Health:
    """``waiting_tasks`` and ``finalised_at`` are None where Redis does not answer or does not know;
    ``due`` sales could be closed but are not yet, ``overdue`` of them for longer than
    :data:`LATE_AFTER`."""

    hosts: tuple[Host, ...]
    due: int
    overdue: int
    oldest_due: datetime | None
    waiting_tasks: int | None
    finalised_at: datetime | None
    finalising_late: bool
    set_aside: int
    mails_parked: int
    hosts_missing: int
    """Own tracking hosts in use that nothing proves any more."""

    @property
    def is_well(self) -> bool:
        hosts = any(host.late or host.lost_lately for host in self.hosts)
        late = self.finalising_late or self.overdue or hosts
        left = self.set_aside or self.mails_parked or self.hosts_missing
        return not (late or left or self.waiting_tasks is None)


def note_finalised(now: datetime) -> None:
    """Remember when due sales were last looked for. Redis may lose it: it is a sign of life."""
    cache.set(FINALISED, now, timeout=None)


def look(now: datetime) -> Health:
    """Five queries, and two questions to Redis."""
    due = BY_ITSELF & Q(closed_at__isnull=True, closes_at__lte=now)
    counts = Conversion.objects.filter(due).aggregate(
        due=Count("id"),
        overdue=Count("id", filter=Q(closes_at__lte=now - LATE_AFTER)),
        oldest=Min("closes_at"),
    )
    waiting, finalised_at = _ask_redis()
    return Health(
        hosts=tuple(_hosts(now)),
        due=counts["due"],
        overdue=counts["overdue"],
        oldest_due=counts["oldest"],
        waiting_tasks=waiting,
        finalised_at=finalised_at,
        finalising_late=finalised_at is None or now - finalised_at > LATE_AFTER,
        set_aside=SetAside.objects.filter(replayed_at=None).count(),
        mails_parked=notice_sending.parked(),
        hosts_missing=TrackingHost.objects.filter(missing_since__isnull=False).count(),
    )


def _hosts(now: datetime) -> list[Host]:
    rows = SpoolHost.objects.filter(removed_at=None).order_by("name")
    return [
        Host(
            row.name,
            row.drained_to if row.drained_to > from_ms(0) else None,
            now - row.drained_to > LATE_AFTER,
            row.lost_clicks + row.lost_reports,
            row.lost_at,
            bool(row.lost_at and now - row.lost_at < LOST_LATELY),
        )
        for row in rows
    ]


def _ask_redis() -> tuple[int | None, datetime | None]:
    try:
        with Redis.from_url(settings.REDIS_URL, socket_timeout=2) as redis:
            waiting = redis.llen(QUEUE)
        assert isinstance(waiting, int)
        return waiting, cache.get(FINALISED)
    except RedisError:
        return None, None
