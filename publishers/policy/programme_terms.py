"""Changing the terms that a programme's partners work on, and telling them."""

from datetime import datetime

from network.advertisers import terms as advertisers
from network.models import Advertiser, AttributionTerms, User
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
    with telling_partners(partners, now, made_by=made_by, reason=reason) as reading:
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
