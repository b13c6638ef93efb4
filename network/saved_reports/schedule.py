"""When saved reports are mailed: in the morning, in the network's time zone."""

from datetime import datetime, time, timedelta, tzinfo

HOUR = time(6)


def next_mail(mailed: str, now: datetime, zone: tzinfo) -> datetime:
    """The first morning after ``now``: any one for ``daily``, a Monday's for ``weekly``, that of a
    first of the month for ``monthly``. Raises ValueError for anything else."""
    if mailed not in ("daily", "weekly", "monthly"):
        raise ValueError(mailed)
    day = now.astimezone(zone).date()
    while True:
        at = datetime.combine(day, HOUR, zone)
        is_day = {"daily": True, "weekly": day.weekday() == 0, "monthly": day.day == 1}[mailed]
        if is_day and at > now:
            return at
        day += timedelta(days=1)
