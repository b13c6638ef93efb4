"""The terms over time that a what-if needs besides the recorded sales."""

from collections.abc import Collection, Sequence

from network.clock import to_ms
from network.models import AttributionTerms
from publishers.models import PartnershipTerms
from tracking.whatif import Circumstances, OwnPeriod, ShopTerms


def circumstances_of(advertiser: int) -> Circumstances:
    """All terms at the advertiser, in two queries."""
    return Circumstances(shop_terms(advertiser), own_periods(advertiser))


def shop_terms(advertiser: int) -> Sequence[ShopTerms]:
    """The advertiser's windows over time, in order."""
    rows = AttributionTerms.objects.filter(advertiser=advertiser).order_by("starts_at")
    return [ShopTerms(to_ms(row.starts_at), row.hard_days, row.soft_hours) for row in rows]


def own_periods(
    advertiser: int, publishers: Collection[int] | None = None
) -> dict[int, list[OwnPeriod]]:
    """The partnerships' own cookie periods over time, by publisher (None: of all)."""
    rows = PartnershipTerms.objects.filter(advertiser=advertiser).order_by("starts_at")
    if publishers is not None:
        rows = rows.filter(publisher__in=publishers)
    own: dict[int, list[OwnPeriod]] = {}
    for publisher, starts_at, days in rows.values_list("publisher", "starts_at", "hard_days"):
        own.setdefault(publisher, []).append(OwnPeriod(to_ms(starts_at), days))
    return own
