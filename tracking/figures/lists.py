"""What long lists come to, from the rollups: exactly, or not at all."""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime

from django.db import connection

from tracking.figures.queries import Scope
from tracking.models import Rollup
from tracking.rule.reasons import Counted

MOST = 20_000
"""Rollups that are added up for a page."""
_ADD_UP = """
    SELECT counted, currency, sum(count), sum(sale_amount_minor), sum(commission_minor), sum(number)
    FROM (
        SELECT advertiser_id, counted, sum(count) AS count, sum(sale_amount_minor) AS
            sale_amount_minor, sum(commission_minor) AS commission_minor, count(*) AS number
        FROM ({rows}) AS rows GROUP BY advertiser_id, counted
    ) AS of_shops JOIN network_advertiser ON network_advertiser.id = advertiser_id
    GROUP BY counted, currency ORDER BY currency, counted
"""


@dataclass(frozen=True, slots=True)
class Added:
    """How often something was counted, and what it came to, in one currency."""

    counted: Counted
    currency: str
    number: int
    sale_amount_minor: int
    commission_minor: int


def add_up(
    scope: Scope,
    since: datetime | None,
    until: datetime | None,
    counted: Collection[Counted],
) -> list[Added] | None:
    """By what is counted, and currency; None where that is more rollups than a page can afford, or
    where the times are not those of whole hours. One query."""
    if not (_is_whole_hour(since) and _is_whole_hour(until)):
        return None
    rows = Rollup.objects.filter(counted__in=sorted(counted))
    if since is not None:
        rows = rows.filter(hour__gte=since)
    if until is not None:
        rows = rows.filter(hour__lt=until)
    if scope.advertisers is not None:
        rows = rows.filter(advertiser__in=sorted(scope.advertisers))
    if scope.publishers is not None:
        rows = rows.filter(publisher__in=sorted(scope.publishers))
    if scope.cookie_type:
        rows = rows.filter(cookie_type=scope.cookie_type)
    columns = ("advertiser_id", "counted", "count", "sale_amount_minor", "commission_minor")
    some, values = rows.values(*columns)[: MOST + 1].query.sql_with_params()
    with connection.cursor() as cursor:
        cursor.execute(_ADD_UP.format(rows=some), values)
        found = cursor.fetchall()
    if sum(row[5] for row in found) > MOST:
        return None
    return [Added(Counted(row[0]), row[1], *map(int, row[2:5])) for row in found]


def _is_whole_hour(at: datetime | None) -> bool:
    return at is None or at.timestamp() % 3600 == 0
