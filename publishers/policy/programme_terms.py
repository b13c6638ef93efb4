"""Changing the terms that a programme's partners work on, what it pays them, and telling them."""

from datetime import datetime
from decimal import Decimal

from network.advertisers import terms as advertisers
from network.models import Advertiser, AttributionTerms, CommissionRate, User
from publishers.models import Partnership
from publishers.notices.writing import telling_partners


def change(
    advertiser: Advertiser,
    changes: dict[str, int | str],
    now: datetime,
    *,
    made_by: User | None,
    reason: str = "",
    start: datetime | None = None,
    known: int | None = None,
) -> AttributionTerms:
    """As :func:`network.advertisers.terms.change_terms`, and every partner that it makes a
    difference reads it, with the ``reason``."""
    partners = Partnership.objects.filter(advertiser=advertiser)
    with telling_partners(
        partners, now, changing=AttributionTerms, made_by=made_by, reason=reason
    ) as reading:
        return advertisers.change_terms(
            advertiser,
            changes,
            now,
            made_by=made_by,
            reason=reason,
            start=start,
            known=known,
            history=reading.shops.get(advertiser.pk),  # of a shop without partners nothing was read
        )


def change_rate(
    advertiser: Advertiser,
    now: datetime,
    *,
    made_by: User | None,
    percent: Decimal | None = None,
    fixed_minor: int | None = None,
    reason: str = "",
    start: datetime | None = None,
) -> CommissionRate:
    """As :func:`network.advertisers.terms.change_rate`, of the ``DEFAULT`` group; every partner
    reads it, with the ``reason``."""
    partners = Partnership.objects.filter(advertiser=advertiser)
    group = advertiser.commission_groups.get(code=advertisers.DEFAULT_GROUP)
    with telling_partners(partners, now, changing=CommissionRate, made_by=made_by, reason=reason):
        return advertisers.change_rate(
            group,
            now,
            made_by=made_by,
            percent=percent,
            fixed_minor=fixed_minor,
            reason=reason,
            start=start,
        )
