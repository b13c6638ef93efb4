"""Locking conversions: whoever changes one holds its row until the transaction ends."""

from collections.abc import Iterable

from django.db.models import Q

from tracking.models import Conversion, ConversionJourney


def lock(conversion_id: int) -> Conversion:
    """The conversion, locked until the end of the transaction."""
    return Conversion.objects.select_for_update(of=("self",)).get(id=conversion_id)


def lock_all(wanted: Q) -> list[int]:
    """The ids of the conversions wanted, all locked until the end of the transaction. Whoever
    changes several locks them here first, in one order, so that no two wait for each other."""
    rows = Conversion.objects.select_for_update(of=("self",)).filter(wanted)
    return list(rows.order_by("pk").values_list("pk", flat=True))


def open_conversions_of(advertiser: int, journey_ids: Iterable[int]) -> list[int]:
    """The ids of conversions that are not closed and were joined to one of the journeys."""
    rows = ConversionJourney.objects.filter(
        advertiser=advertiser, journey__in=list(journey_ids), conversion__closed_at__isnull=True
    )
    return sorted(set(rows.values_list("conversion_id", flat=True)))


def lock_by_order(advertiser: int, order: str) -> Conversion | None:
    """The conversion of an order, locked; None where there is none yet."""
    rows = Conversion.objects.select_for_update(of=("self",))
    return rows.filter(advertiser=advertiser, order=order).first()
