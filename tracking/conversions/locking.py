"""Locking conversions: what changes one holds its row until the transaction ends."""

from collections.abc import Iterable

from django.db import connection
from django.db.models import Q

from tracking.models import Conversion

_OPEN = """
    SELECT DISTINCT conversion_id FROM tracking_conversionjourney AS joined
    JOIN tracking_conversion AS sale
        ON sale.advertiser_id = joined.advertiser_id AND sale.id = joined.conversion_id
    WHERE joined.advertiser_id = %s AND joined.journey = ANY(%s) AND sale.closed_at IS NULL
    ORDER BY conversion_id
"""
"""By an array: of a thousand parameters, Django would take longer than PostgreSQL."""


def lock(advertiser: int, conversion_id: int) -> Conversion:
    """The conversion, locked until the end of the transaction."""
    rows = Conversion.objects.select_for_update(of=("self",))
    return rows.get(advertiser=advertiser, id=conversion_id)


def lock_all(advertiser: int, wanted: Q) -> list[int]:
    """The ids of the advertiser's conversions wanted, all locked until the end of the transaction.
    Whoever changes several locks them here first, in one order, so that no two wait for each other:
    one advertiser after the other by their ids, and of each the conversions by theirs."""
    rows = Conversion.objects.select_for_update(of=("self",)).filter(wanted, advertiser=advertiser)
    return list(rows.order_by("pk").values_list("pk", flat=True))


def lock_in_order(conversions: Iterable[Conversion]) -> None:
    """Lock these of several advertisers, in the order of :func:`lock_all`."""
    wanted: dict[int, list[int]] = {}
    for row in conversions:
        wanted.setdefault(row.advertiser_id, []).append(row.pk)
    for advertiser, ids in sorted(wanted.items()):
        lock_all(advertiser, Q(pk__in=ids))


def open_conversions_of(advertiser: int, journey_ids: Iterable[int]) -> list[int]:
    """The ids of conversions that are not closed and were joined to one of the journeys."""
    with connection.cursor() as cursor:
        cursor.execute(_OPEN, [advertiser, list(journey_ids)])
        return [conversion_id for (conversion_id,) in cursor.fetchall()]
