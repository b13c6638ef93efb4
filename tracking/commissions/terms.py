"""The terms over time that a what-if needs besides the recorded sales."""

from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from itertools import groupby, pairwise

from network.clock import to_ms
from network.effective.rows import SPREAD
from network.models import AttributionTerms
from publishers.models import PartnershipTerms
from tracking.rule.replay import Circumstances, PartnerTerms, ShopTerms, Suspension


def circumstances_of(advertiser: int) -> Circumstances:
    """All terms at the advertiser, in two queries."""
    rows = _rows(advertiser)
    suspensions = {key: list(_suspensions(of)) for key, of in rows.items()}
    return Circumstances(
        shop_terms(advertiser),
        {key: _partner_terms(of) for key, of in rows.items()},
        {key: found for key, found in suspensions.items() if found},
    )


def shop_terms(advertiser: int) -> Sequence[ShopTerms]:
    """The advertiser's windows over time, in order."""
    rows = AttributionTerms.objects.filter(advertiser=advertiser).order_by("starts_at")
    return [ShopTerms(to_ms(row.starts_at), row.hard_days, row.soft_hours) for row in rows]


def partner_terms(
    advertiser: int, publishers: Collection[int]
) -> dict[int, Sequence[PartnerTerms]]:
    """The terms of these publishers' partnerships over time, by publisher."""
    return {key: _partner_terms(of) for key, of in _rows(advertiser, publishers).items()}


def _rows(
    advertiser: int, publishers: Collection[int] | None = None
) -> Mapping[int, Sequence[PartnershipTerms]]:
    """By publisher (None: of all), in order."""
    rows = PartnershipTerms.objects.filter(advertiser=advertiser)
    if publishers is not None:
        rows = rows.filter(publisher__in=publishers)
    in_order = rows.order_by("publisher", "starts_at")
    return {key: list(of) for key, of in groupby(in_order, key=lambda row: row.publisher_id)}


def _partner_terms(rows: Iterable[PartnershipTerms]) -> list[PartnerTerms]:
    return [PartnerTerms(to_ms(row.starts_at), row.hard_days, row.in_page) for row in rows]


def _suspensions(rows: Sequence[PartnershipTerms]) -> Iterator[Suspension]:
    """From when sales were declined until they were not any more: both before clicks stop and begin
    to count (:mod:`tracking.commissions.suspended`)."""
    began = None
    for row, after in pairwise([*rows, None]):
        assert row is not None
        if row.status != PartnershipTerms.Status.SUSPENDED:
            continue
        began = began or row
        if after is None or after.status != row.status:
            if began.made_by_id is not None:
                yield Suspension(_known_at(began), _known_at(after) if after else None)
            began = None


def _known_at(row: PartnershipTerms) -> int:
    return to_ms(row.starts_at - SPREAD)
