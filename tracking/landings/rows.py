"""Rows of landings: each written once, so many of a click, and kept as long as their clicks are."""

from collections import Counter
from collections.abc import Iterable, Mapping
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from django.db.models import Count

from network.clock import from_ms, to_ms
from network.models import Advertiser
from tracking.landings.arriving import MOST_KEPT
from tracking.models import Click, Landing
from tracking.rule.slots import MAX_COOKIE_DAYS
from tracking.rule.tokens import lowest_id

LONGEST = timedelta(days=MAX_COOKIE_DAYS + 1)
"""No window is longer than a cookie can live; what came of older clicks is decided."""
_LOCK = 2**63 - 1
UNDER_WAY = timedelta(days=2)
"""A landing may be here before its click is."""


def insert(records: Iterable[Mapping[str, Any]]) -> None:
    """Write the landings, as the spool keeps them, that have no row yet; beyond so many of a click
    they are left out."""
    rows = [_row(record) for record in records]
    if not rows:
        return
    counts = _kept({row.advertiser_id for row in rows}, {row.click for row in rows})
    fresh = []
    for row in rows:
        counts[row.click] += 1
        if counts[row.click] <= MOST_KEPT:
            row.number = counts[row.click]
            fresh.append(row)
    Landing.objects.bulk_create(fresh, ignore_conflicts=True)


def locks_of(records: Iterable[Mapping[str, Any]]) -> set[int]:
    """What to lock for these landings, with the journeys of all else that is taken in, so that of
    one click one is counted after the other."""
    return {int(record["click"], 16) & _LOCK for record in records}


def prune(now: datetime) -> int:
    """Forget landings of clicks that are kept no longer, or that no window reaches back to; how
    many they were."""
    done = 0
    for shop in Advertiser.objects.values_list("pk", flat=True):
        clicks = Click.objects.filter(advertiser=shop).order_by("id")
        oldest = clicks.values_list("id", flat=True).first() or UUID(int=0)
        arrived = lowest_id(to_ms(now - UNDER_WAY))
        since = max(lowest_id(to_ms(now - LONGEST)), min(oldest, arrived))
        done += Landing.objects.filter(advertiser=shop, click__lt=since).delete()[0]
    return done


def _kept(shops: Iterable[int], clicks: Iterable[UUID]) -> Counter[UUID]:
    """How many landings there are of each click."""
    rows = Landing.objects.filter(advertiser__in=sorted(shops), click__in=sorted(clicks))
    return Counter(dict(rows.values_list("click").annotate(Count("id")).order_by()))


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
