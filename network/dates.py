"""Times as people read them: in their own zone, and the zone named."""

from collections.abc import Sequence
from datetime import date, datetime, timedelta
from zoneinfo import ZoneInfo

from django.utils import timezone
from django.utils.dateformat import format as date_format

from network.wording import Length, Unit, counted

_UNITS: Sequence[tuple[Unit, int]] = (("day", 86_400), ("hour", 3_600), ("minute", 60))
"""From the largest; people think of 14 days, so there are no weeks."""


def is_zone(name: str) -> bool:
    """Whether ``name`` is a time zone such as ``Europe/London``."""
    try:
        ZoneInfo(name)
    except (KeyError, ValueError, OSError):  # unknown; no relative path; a folder such as "Europe"
        return False
    return True


def zone_name() -> str:
    """The zone that times are shown in, such as ``Europe/London``."""
    return timezone.get_current_timezone_name()


def day(at: datetime) -> str:
    """``12 Mar 2026``, in the reader's zone."""
    return written(_local(at))


def written(day: date) -> str:
    """``12 Mar 2026``, of a day that has no time."""
    return date_format(day, "j M Y")


def moment(at: datetime) -> str:
    """``12 Mar 2026 14:06``, in the reader's zone; the page says which that is."""
    return f"{day(at)} {_local(at):%H:%M}"


def zoned(at: datetime) -> str:
    """``12 Mar 2026 14:06 GMT``: a moment that stands alone names its zone itself."""
    return f"{moment(at)} {_local(at):%Z}"


def to_the_second(at: datetime) -> str:
    """``14:06:32 GMT``: a moment that is seconds away."""
    return f"{_local(at):%H:%M:%S %Z}"


def _local(at: datetime) -> datetime:
    """In the reader's zone; the last hours of the calendar, which have no other, in their own."""
    try:
        return timezone.localtime(at)
    except OverflowError:
        return at


def span(duration: timedelta) -> str:
    """``40 seconds``, ``3 hours`` or ``2 days``: the largest whole unit; nothing negative."""
    seconds = max(0, int(duration.total_seconds()))
    for unit, size in _UNITS:
        if seconds >= size:
            return counted(seconds // size, unit)
    return counted(seconds, "second")


def about(duration: timedelta, length: Length = "long") -> str:
    """``2 minutes`` for 117 seconds: rounded, in the largest unit that is not too large."""
    seconds = max(0.0, duration.total_seconds())
    for unit, size in _UNITS:
        if seconds >= 0.95 * size:
            return counted(round(seconds / size), unit, length)
    return counted(round(seconds), "second", length)
