"""The clicks of a journey: as recorded, or rebuilt from their tokens until their records arrive."""

from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from django.db import connection

from network.clock import from_ms
from tracking import models
from tracking.clicks import rows as click_rows
from tracking.clicks.keys import KEYS
from tracking.evidence.resolving import Journey
from tracking.rule.attribution import Click, CookieType, SoftRule
from tracking.rule.reasons import ClickReason
from tracking.rule.slots import MAX_COOKIE_DAYS
from tracking.rule.tokens import decode_kept, lowest_id

_COLUMNS = (
    "id",
    "publisher_id",
    "cookie_type",
    "window_minutes",
    "journey",
    "session",
    "stood_down",
    "soft_rule",
    "reason",
)
"""What the rule sees of a click, in the order of :func:`_click`."""
_COOKIE_TYPES = {each.value: each for each in CookieType}
_SOFT_RULES = {each.value: each for each in SoftRule}
_REASONS: dict[str, ClickReason | None] = {"": None} | {each.value: each for each in ClickReason}
_NONE = UUID(int=0)

LOOK_BACK = timedelta(days=MAX_COOKIE_DAYS + 1)
"""No window is longer than a cookie can live; older clicks change nothing."""


def click_in(token: str) -> Click:
    """The click in a token that was accepted when it arrived. Raises TokenError for others."""
    return decode_kept(token, KEYS).click


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


@dataclass(frozen=True, slots=True)
class WantedClicks:
    """The clicks of tokens that came with a sale, whose journeys are wanted, and when the sale was
    first heard of (ms)."""

    presented: Mapping[UUID, Click]
    at_ms: int

    @property
    def journeys(self) -> set[int]:
        return {click.journey for click in self.presented.values()}

    @property
    def since(self) -> UUID:
        return lowest_id(self.at_ms - int(LOOK_BACK / timedelta(milliseconds=1)))


def find(advertiser: int, presented: Iterable[Click], at_ms: int) -> Journey:
    """The clicks of these tokens and every recorded click of their journeys."""
    [journey] = find_all(
        advertiser, [WantedClicks({click.id: click for click in presented}, at_ms)]
    )
    return journey


def find_all(advertiser: int, wanted: Sequence[WantedClicks]) -> list[Journey]:
    """As :func:`find`, for each of these. One query; two where the click of a token is not recorded
    in its journey."""
    rows = _Rows(advertiser, min((one.since for one in wanted), default=_NONE))
    rows.read(journey__in=sorted(set().union(*(one.journeys for one in wanted))))
    rows.read(id__in=sorted({key for one in wanted for key in one.presented if key not in rows}))
    return [rows.journey(one) for one in wanted]


def rebuild(advertiser: int, clicks: Sequence[Click], now: datetime) -> None:
    """Give clicks that are known from their tokens only a row (``rebuilt``); their own records
    replace it when they come."""
    click_rows.insert_rebuilt([_rebuilt(advertiser, click, now) for click in clicks])


def as_click(row: models.Click) -> Click:
    """The recorded click as the rule sees it."""
    return _click(*(getattr(row, name) for name in _COLUMNS))


def _click(
    id: UUID,
    publisher: int,
    cookie_type: str,
    window_minutes: int,
    journey: int,
    session: int,
    stood_down: bool,
    soft_rule: str,
    reason: str,
) -> Click:
    """From the values of :data:`_COLUMNS`."""
    return Click(
        id,
        id.int >> 80,
        publisher,
        _COOKIE_TYPES[cookie_type],
        window_minutes,
        journey,
        session,
        stood_down,
        _SOFT_RULES[soft_rule],
        _REASONS[reason],
    )


class _Rows:
    """Recorded clicks of an advertiser, not older than any that is wanted, by journey and by id."""

    def __init__(self, advertiser: int, since: UUID) -> None:
        self._all = models.Click.objects.filter(advertiser=advertiser, id__gte=since)
        self._by_id: dict[UUID, Click] = {}
        self._by_journey: dict[int, list[Click]] = defaultdict(list)
        self._activations: set[UUID] = set()

    def __contains__(self, identifier: UUID) -> bool:
        return identifier in self._by_id

    def read(self, **which: Collection[Any]) -> None:
        """No query where nothing is wanted."""
        if not all(which.values()):
            return
        for in_page, *values in self._all.filter(**which).values_list("in_page", *_COLUMNS):
            click = _click(*values)
            self._by_id[click.id] = click
            self._by_journey[click.journey].append(click)
            if in_page:
                self._activations.add(click.id)

    def journey(self, wanted: WantedClicks) -> Journey:
        """Of what was read."""
        since = wanted.since.int
        of_journeys = (click for key in wanted.journeys for click in self._by_journey[key])
        recorded = {click.id.int: click for click in of_journeys if click.id.int >= since}
        for key in wanted.presented:
            if key in self._by_id and key.int >= since:
                recorded[key.int] = self._by_id[key]
        unrecorded = [click for key, click in wanted.presented.items() if key.int not in recorded]
        activations = self._activations and self._activations.intersection(
            click.id for click in recorded.values()
        )
        return Journey(list(recorded.values()), unrecorded, frozenset(activations))


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
