"""The clicks of a journey: as recorded, or rebuilt from their tokens until their records arrive."""

from collections.abc import Iterable, Sequence
from datetime import datetime, timedelta
from uuid import UUID

from django.db import connection
from django.db.models import Q

from network.clock import from_ms
from tracking import models
from tracking.clicks import rows as click_rows
from tracking.clicks.keys import KEYS
from tracking.evidence.resolving import Journey
from tracking.rule.attribution import Click, CookieType, SoftRule
from tracking.rule.reasons import ClickReason
from tracking.rule.slots import MAX_COOKIE_DAYS
from tracking.rule.tokens import decode, lowest_id

LOOK_BACK = timedelta(days=MAX_COOKIE_DAYS + 1)
"""No window is longer than a cookie can live; older clicks change nothing."""


def click_in(token: str) -> Click:
    """The click in a token that was accepted when it arrived. Raises TokenError for others."""
    return decode(token, KEYS).click


def lock(journeys: Iterable[int]) -> None:
    """Let one transaction at a time take in what belongs to a journey (or to an order: see
    :func:`tracking.conversions.seen.lock_key`), until it ends: of a click and a report that arrive
    at once the later sees the earlier. All that a transaction takes in is locked at once and in
    order, so that no two wait for each other."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT pg_advisory_xact_lock(journey) FROM unnest(%s::bigint[]) AS journey",
            [sorted(set(journeys))],
        )


def find(advertiser: int, presented: Iterable[Click], at_ms: int) -> Journey:
    """The clicks of these tokens and every recorded click of their journeys."""
    tokens = {click.id: click for click in presented}
    rows = list(_rows(advertiser, {click.journey for click in tokens.values()}, tokens, at_ms))
    recorded = {row.id: as_click(row) for row in rows}
    unrecorded = [click for identifier, click in tokens.items() if identifier not in recorded]
    activations = frozenset(row.id for row in rows if row.in_page)
    return Journey(list(recorded.values()), unrecorded, activations)


def rebuild(advertiser: int, clicks: Sequence[Click], now: datetime) -> None:
    """Give clicks that are known from their tokens only a row (``rebuilt``); their own records
    replace it when they come."""
    click_rows.insert_rebuilt([_rebuilt(advertiser, click, now) for click in clicks])


def as_click(row: models.Click) -> Click:
    """The recorded click as the rule sees it."""
    return Click(
        id=row.id,
        at=row.id.int >> 80,
        publisher=row.publisher_id,
        cookie_type=CookieType(row.cookie_type),
        window_minutes=row.window_minutes,
        journey=row.journey,
        session=row.session,
        stood_down=row.stood_down,
        soft_rule=SoftRule(row.soft_rule),
        reason=ClickReason(row.reason) if row.reason else None,
    )


def _rows(
    advertiser: int, journeys: Iterable[int], ids: Iterable[UUID], at_ms: int
) -> Iterable[models.Click]:
    since = lowest_id(at_ms - int(LOOK_BACK / timedelta(milliseconds=1)))
    wanted = Q(journey__in=sorted(journeys)) | Q(id__in=sorted(ids))
    return models.Click.objects.filter(wanted, advertiser=advertiser, id__gte=since)


def _rebuilt(advertiser: int, click: Click, now: datetime) -> click_rows.Row:
    row = models.Click(
        id=click.id,
        advertiser_id=advertiser,
        publisher_id=click.publisher,
        at=from_ms(click.at),
        cookie_type=click.cookie_type.value,
        window_minutes=click.window_minutes,
        journey=click.journey,
        session=click.session,
        stood_down=click.stood_down,
        soft_rule=click.soft_rule.value,
        rebuilt=True,
        received_at=now,
    )
    return click_rows.row_of(row)
