"""Settings that hold from a moment on: rows are only ever added, and start ahead, never behind."""

from datetime import datetime, timedelta
from typing import ClassVar, TypeVar

import pgtrigger
from django.conf import settings
from django.db import IntegrityError, models, transaction
from django.db.models import F, Q

SPREAD = timedelta(seconds=15)
""""Now" is this far ahead, so that every process has a change before it takes effect."""


class StartInPast(ValueError):
    """A change was to start before every process could know of it."""


class ChangedMeanwhile(ValueError):
    """Somebody else made a change with the same start."""


def start_or_now(start: datetime | None, now: datetime) -> datetime:
    """When a change takes effect. Raises StartInPast when ``start`` lies behind ``now``."""
    if start is None:
        return now + SPREAD
    if start < now:
        raise StartInPast(
            f"The start {start:%d %b %Y %H:%M:%S %Z} lies in the past; choose a later one."
        )
    return max(start, now + SPREAD)


def append_only() -> pgtrigger.Protect:
    return pgtrigger.Protect(name="append_only", operation=pgtrigger.Update | pgtrigger.Delete)


def bumps_policy() -> pgtrigger.Trigger:
    """Tell every tracking process that its snapshot is out of date (one row, read every second)."""
    return pgtrigger.Trigger(
        name="bumps_policy",
        level=pgtrigger.Statement,
        when=pgtrigger.After,
        operation=pgtrigger.Insert | pgtrigger.Update | pgtrigger.Delete,
        func="""
            INSERT INTO network_policyversion (id, version) VALUES (1, 1)
            ON CONFLICT (id) DO UPDATE SET version = network_policyversion.version + 1;
            RETURN NULL;
        """,
    )


class EffectiveDated(models.Model):
    """A row that holds from ``starts_at`` until a later one starts."""

    starts_at = models.DateTimeField()
    created_at = models.DateTimeField()
    made_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, null=True, blank=True, related_name="+"
    )
    reason = models.CharField(max_length=500, blank=True)

    class Meta:
        abstract = True
        ordering = ("starts_at", "id")
        constraints: ClassVar[list[models.BaseConstraint]] = [
            models.CheckConstraint(
                condition=Q(starts_at__gte=F("created_at")), name="%(class)s_starts_ahead"
            )
        ]
        triggers: ClassVar[list[pgtrigger.Trigger]] = [append_only(), bumps_policy()]


Row = TypeVar("Row", bound=EffectiveDated)


def add_row(row: Row) -> Row:
    """Validate and insert. Raises ValidationError naming the field, and ChangedMeanwhile when
    another row with the same start was there first."""
    row.full_clean(validate_unique=False, validate_constraints=False)
    try:
        with transaction.atomic():
            row.save(force_insert=True)
    except IntegrityError as error:
        if "per_start" not in str(error):
            raise
        raise ChangedMeanwhile(
            "Somebody else made a change that starts in the same second. Look at it and try again."
        ) from error
    return row
