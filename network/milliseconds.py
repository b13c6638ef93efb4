"""Moments as milliseconds since the epoch, in UTC. Pure."""

from datetime import UTC, datetime, timedelta


def to_ms(moment: datetime) -> int:
    return int(moment.timestamp() * 1000)


def from_ms(milliseconds: int) -> datetime:
    return datetime.fromtimestamp(0, UTC) + timedelta(milliseconds=milliseconds)
