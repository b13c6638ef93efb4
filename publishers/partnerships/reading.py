"""All that decides about some partnerships, now and later: read once, and passed along to whoever
asks about them."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace

from network.advertisers.terms import DEFAULT_GROUP
from network.effective.queries import History, TimelinesOf, histories
from network.effective.rows import EffectiveDated
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
    shops = _shops(partnerships)
    return Reading(
        cookie_types.policies(partnerships), _own(partnerships), _terms(shops), _rates(shops)
    )


def read_again(
    before: Reading, partnerships: Iterable[Partnership], changed: type[EffectiveDated]
) -> Reading:
    """What was read of the same partnerships under the lock that is still held, after a change of
    rows of one table. One query."""
    partnerships = list(partnerships)
    if changed is PartnershipTerms:
        return replace(before, own=_own(partnerships))
    if changed is AttributionTerms:
        return replace(before, shops=_terms(_shops(partnerships)))
    if changed is CommissionRate:
        return replace(before, rates=_rates(_shops(partnerships)))
    policies = cookie_types.policies_again(before.policies, partnerships, changed)
    return replace(before, policies=policies)


def _shops(partnerships: Iterable[Partnership]) -> set[int]:
    return {row.advertiser_id for row in partnerships}


_OWN_ROWS = TimelinesOf(
    lambda one: PartnershipTerms.all_rows.filter(partnership=one), "partnership_id"
)
_TERMS_ROWS = TimelinesOf(
    lambda one: AttributionTerms.all_rows.filter(advertiser=one), "advertiser_id"
)
_RATES_ROWS = TimelinesOf(
    lambda one: CommissionRate.all_rows.filter(advertiser=one, group__code=DEFAULT_GROUP),
    "advertiser_id",
)


def _own(partnerships: Iterable[Partnership]) -> Mapping[int, History[PartnershipTerms]]:
    return histories(_OWN_ROWS, [row.id for row in partnerships])


def _terms(shops: set[int]) -> Mapping[int, History[AttributionTerms]]:
    return histories(_TERMS_ROWS, shops)


def _rates(shops: set[int]) -> Mapping[int, History[CommissionRate]]:
    return histories(_RATES_ROWS, shops)
