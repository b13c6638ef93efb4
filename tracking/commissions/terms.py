"""The terms over time that a what-if needs besides the recorded sales."""

from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from datetime import datetime

from network.clock import to_ms
from network.effective import queries, timeline
from network.effective.rows import SPREAD
from network.models import AttributionTerms
from publishers.models import PartnershipTerms
from tracking.rule.attribution import SoftRule
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
    """The advertiser's terms over time, in order."""
    return as_terms(queries.in_order(AttributionTerms.objects.filter(advertiser=advertiser)))


def as_terms(rows: Iterable[AttributionTerms]) -> list[ShopTerms]:
    """These rows, in order, as the rule sees them."""
    return [
        ShopTerms(
            starts_at=to_ms(row.starts_at),
            hard_days=row.hard_days,
            soft_hours=row.soft_hours,
            soft_rule=SoftRule(row.soft_rule),
            validation_days=row.validation_days,
        )
        for row in rows
    ]


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
    return queries.timelines(rows, "publisher_id")


def _partner_terms(rows: Iterable[PartnershipTerms]) -> list[PartnerTerms]:
    return [PartnerTerms(to_ms(row.starts_at), row.hard_days, row.in_page) for row in rows]


def _suspensions(rows: Sequence[PartnershipTerms]) -> Iterator[Suspension]:
    """From when sales were declined until they were not any more: both before clicks stop and begin
    to count (:mod:`tracking.commissions.suspended`)."""
    for one in timeline.segments(timeline.turns(rows, lambda row: row.status)):
        if one.row.status == PartnershipTerms.Status.SUSPENDED and one.row.made_by_id is not None:
            yield Suspension(
                _known_at(one.row.starts_at), _known_at(one.ends_at) if one.ends_at else None
            )


def _known_at(moment: datetime) -> int:
    return to_ms(moment - SPREAD)
