"""The keys with which a shop's server signs the reports of its pages.

One is in use at a time; a replaced one goes on verifying until a date, so that the shop can change
it without losing a sale.
"""

import secrets
from collections.abc import Collection, Mapping
from datetime import datetime, timedelta

from django.db import transaction
from django.db.models import Q

from network.models import Advertiser, SigningKey, User

KEY_BYTES = 32
MOST_OVERLAP_DAYS = 90


@transaction.atomic
def make(
    advertiser: Advertiser,
    now: datetime,
    *,
    made_by: User | None,
    overlap: timedelta = timedelta(0),
) -> SigningKey:
    """A new key for the advertiser. The one in use verifies for the ``overlap`` more; those that
    were replaced before it keep their ends, unless they are later."""
    Advertiser.objects.select_for_update().get(pk=advertiser.pk)  # one at a time
    until = now + overlap
    longer = SigningKey.objects.filter(advertiser=advertiser).filter(
        Q(valid_until__isnull=True) | Q(valid_until__gt=until)
    )
    longer.update(valid_until=until)
    return SigningKey.objects.create(
        advertiser=advertiser,
        secret=secrets.token_hex(KEY_BYTES),
        created_at=now,
        made_by=made_by,
    )


def keys_of(advertisers: Collection[int]) -> Mapping[int, list[SigningKey]]:
    """Their keys, the ended ones included, newest first. One query."""
    found: dict[int, list[SigningKey]] = {advertiser: [] for advertiser in advertisers}
    for key in SigningKey.objects.filter(advertiser__in=advertisers).order_by("-pk"):
        found[key.advertiser_id].append(key)
    return found


def valid_at(keys: Collection[SigningKey], at: datetime) -> list[str]:
    """The secrets that verify a report received at a time."""
    return [key.secret for key in keys if key.valid_until is None or at < key.valid_until]
