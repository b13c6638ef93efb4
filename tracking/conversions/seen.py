"""When orders without a token were first reported.

Most orders of a shop are no sale of anybody's, and are not kept. Should one be reported again with
a click that was made after it, its first time still counts: for the same figures, as the same page
shows them. Anybody can send numbers that the shop will give out later, but not what they will cost.
"""

import hashlib
import hmac
from collections.abc import Collection, Mapping
from datetime import datetime

from django.db import connection

from tracking.clicks import snapshot
from tracking.clicks.keys import KEYS
from tracking.evidence.fields import SaleFigures

DIGEST_BYTES = 16
Named = tuple[str, SaleFigures]
"""An order reference, with the figures that it was reported with."""
_REMEMBER = """
    INSERT INTO tracking_orderseen (advertiser_id, digest, first_at)
    SELECT %s, * FROM unnest(%s::text[], %s::timestamptz[])
    ON CONFLICT (advertiser_id, digest) DO UPDATE
        SET first_at = LEAST(tracking_orderseen.first_at, excluded.first_at)
"""
_FIND = """
    SELECT digest, first_at FROM tracking_orderseen WHERE advertiser_id = %s AND digest = ANY(%s)
"""
_PRUNE = """
    DELETE FROM tracking_orderseen
    WHERE advertiser_id = %s AND first_at < %s - %s * interval '1 day'
"""


def remember(advertiser: int, times: Mapping[Named, datetime]) -> None:
    """Remember that these orders were there by then, each with its figures. One statement."""
    if not times:
        return
    rows = sorted((_digest(advertiser, *named, KEYS.signing), at) for named, at in times.items())
    with connection.cursor() as cursor:
        digests, moments = zip(*rows, strict=True)
        cursor.execute(_REMEMBER, [advertiser, list(digests), list(moments)])


def first_of(advertiser: int, orders: Collection[Named]) -> Mapping[Named, datetime]:
    """When each of these orders was first reported with those figures, as far as that is
    remembered. Keys are rotated: any of them may have been in use then. One query."""
    of_digest = {_digest(advertiser, *named, key): named for named in orders for key in KEYS.by_id}
    with connection.cursor() as cursor:
        cursor.execute(_FIND, [advertiser, list(of_digest)])
        rows = cursor.fetchall()
    found: dict[Named, datetime] = {}
    for digest, at in rows:
        named = of_digest[digest]
        found[named] = min(at, found.get(named, at))
    return found


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


def _digest(advertiser: int, order: str, figures: SaleFigures, key: int) -> str:
    """Of no use to whoever reads the table without the key."""
    parts = "|".join(f"{part.group}:{part.amount_minor}" for part in figures.parts)
    said = f"{figures.amount_minor}|{figures.currency}|{parts}"
    text = f"order seen|{advertiser}|{order}|{said}".encode(errors="replace")
    return hmac.digest(KEYS.by_id[key], text, "sha256")[:DIGEST_BYTES].hex()
