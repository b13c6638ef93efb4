"""Rows of landings: each written once."""

from collections.abc import Iterable, Mapping
from typing import Any
from uuid import UUID

from network.clock import from_ms
from tracking.models import Landing


def insert(records: Iterable[Mapping[str, Any]]) -> None:
    """Write the landings, as the spool keeps them, that have no row yet."""
    Landing.objects.bulk_create(map(_row, records), ignore_conflicts=True)


def _row(record: Mapping[str, Any]) -> Landing:
    return Landing(
        id=UUID(record["id"]),
        advertiser_id=record["advertiser"],
        publisher_id=record["publisher"],
        click=UUID(record["click"]),
        at=from_ms(record["at"]),
        is_fresh=record["is_fresh"],
        journey=record["journey"],
    )
