"""Locking conversions: what changes one holds its row until the transaction ends."""

from collections.abc import Iterable

from django.db.models import Q

from tracking.models import Conversion, ConversionJourney


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
