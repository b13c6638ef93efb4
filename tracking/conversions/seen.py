"""When orders without a token were first reported.

Most orders of a shop are no sale of anybody's, and are not kept. Should one be reported again with
a click that was made after it, its first time still counts.
"""

import hashlib
import hmac
from datetime import datetime

from django.db import connection

from tracking.clicks import snapshot
from tracking.clicks.keys import KEYS
from tracking.models import OrderSeen

DIGEST_BYTES = 16
_REMEMBER = """
    INSERT INTO tracking_orderseen (advertiser_id, digest, first_at) VALUES (%s, %s, %s)
    ON CONFLICT (advertiser_id, digest) DO UPDATE
        SET first_at = LEAST(tracking_orderseen.first_at, excluded.first_at)
"""
_PRUNE = """
    DELETE FROM tracking_orderseen
    WHERE advertiser_id = %s AND first_at < %s - %s * interval '1 day'
"""


def remember(advertiser: int, order: str, at: datetime) -> None:
    """Remember that the order was there by then."""
    with connection.cursor() as cursor:
        cursor.execute(_REMEMBER, [advertiser, _digest(order, advertiser, KEYS.signing), at])


def first_of(advertiser: int, order: str) -> datetime | None:
    """When the order was first reported, as far as that is remembered. Keys are rotated: any of
    them may have been in use then."""
    digests = [_digest(order, advertiser, key) for key in KEYS.by_id]
    rows = OrderSeen.objects.filter(advertiser=advertiser, digest__in=digests)
    return min(rows.values_list("first_at", flat=True), default=None)


def prune(now: datetime) -> int:
    """Forget what no window reaches back to; how many orders that were."""
    done = 0
    for shop in snapshot.build().advertisers.values():
        with connection.cursor() as cursor:
            cursor.execute(_PRUNE, [shop.id, now, shop.longest_window_days])
            done += cursor.rowcount
    return done


def lock_key(advertiser: int, order: str) -> int:
    """What a transaction locks that takes in a report of the order: whether it makes a sale depends
    on what another one is about to write."""
    named = hashlib.blake2b(f"{advertiser} {order}".encode(errors="replace"), digest_size=8)
    return int.from_bytes(named.digest(), "big", signed=True)


def _digest(order: str, advertiser: int, key: int) -> str:
    """Of no use to whoever reads the table without the key."""
    text = f"order seen|{advertiser}|{order}".encode(errors="replace")
    return hmac.digest(KEYS.by_id[key], text, "sha256")[:DIGEST_BYTES].hex()
