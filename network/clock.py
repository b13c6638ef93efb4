"""The clock of views, tasks and commands; everything else is passed ``now``.

In the demo one offset, kept in a file, is shared by web, worker, beat and drain, so that a person
can skip 31 days and watch commissions become final.
"""

import os
from datetime import UTC, datetime, timedelta

from django.conf import settings
from django.utils import timezone

from network.milliseconds import from_ms as from_ms
from network.milliseconds import to_ms as to_ms


def now() -> datetime:
    """The time in UTC, with the demo's offset where there is one."""
    return timezone.now().astimezone(UTC) + _offset()  # noqa: TID251 - the one place


def now_ms() -> int:
    """The time in milliseconds since the epoch."""
    return to_ms(now())


def skip(duration: timedelta) -> None:
    """Move the demo's clock ahead. Raises RuntimeError outside the demo, ValueError backwards."""
    if settings.CLOCK_FILE is None:
        raise RuntimeError("Only the demo's clock can be moved.")
    if duration < timedelta(0):
        raise ValueError("The demo's clock only goes forward.")
    fresh = settings.CLOCK_FILE.with_suffix(f".{os.getpid()}")
    fresh.write_text(str((_offset() + duration).total_seconds()))
    fresh.replace(settings.CLOCK_FILE)


def _offset() -> timedelta:
    if settings.CLOCK_FILE is None:
        return timedelta(0)
    try:
        return timedelta(seconds=float(settings.CLOCK_FILE.read_text()))
    except FileNotFoundError:
        return timedelta(0)
