"""All that decides about some partnerships, now and later: read once, and passed along to whoever
asks about them."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from network.advertisers.terms import DEFAULT_GROUP
from network.effective import history
from network.effective.history import History
from network.models import AttributionTerms, CommissionRate
from publishers.cookie_types import resolution as cookie_types
from publishers.cookie_types.resolution import Policy
from publishers.models import Partnership, PartnershipTerms


@dataclass(frozen=True, slots=True)
class Reading:
    """As it was when it was read: what a change is decided by is read under the lock.

    ``policies`` and their own terms are by the partnerships' ids, the terms of ``shops`` and what
    their ``DEFAULT`` group pays (``rates``) by the advertisers'.
    """

    policies: Mapping[int, Policy]
    own: Mapping[int, History[PartnershipTerms]]
    shops: Mapping[int, History[AttributionTerms]]
    rates: Mapping[int, History[CommissionRate]]


def read(partnerships: Iterable[Partnership]) -> Reading:
    """One query for each of the six tables, of however many partnerships."""
    partnerships = list(partnerships)
    shops = {row.advertiser_id for row in partnerships}
    return Reading(
        policies=cookie_types.policies(partnerships),
        own=history.read(
            PartnershipTerms.all_rows.filter(partnership__in=partnerships), "partnership_id"
        ),
        shops=history.read(AttributionTerms.all_rows.filter(advertiser__in=shops), "advertiser_id"),
        rates=history.read(
            CommissionRate.all_rows.filter(advertiser__in=shops, group__code=DEFAULT_GROUP),
            "advertiser_id",
        ),
    )
