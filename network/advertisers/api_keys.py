"""The keys with which a shop's server calls the API.

Several may be live at once, so that a shop changes from one to the next without losing a report. A
key is shown when it is made and never again; ending it is for good.
"""

import hashlib
import secrets
from dataclasses import dataclass
from datetime import datetime, timedelta
from ipaddress import ip_address
from math import ceil

from django.db import IntegrityError, connection, transaction
from django.db.models import Q

from network.models import Advertiser, ApiKey, User

MARK = "sclk_"
"""By which people, and programs that look for leaked secrets, see what it is."""
MOST_NAME = 60
KEY_BYTES = 32
MOST_CALLS = 600
"""Of a key within a minute. A shop with more than ten orders a second sends them in batches; a
program that calls without end would keep the others from being answered."""
MINUTE = timedelta(minutes=1)
_COUNT = """
    UPDATE network_apikey
    SET calls = CASE WHEN minute = %(minute)s THEN calls + 1 ELSE 1 END, minute = %(minute)s,
        last_address = %(address)s
    WHERE id = %(key)s RETURNING calls
"""
SHOWN_CHARACTERS = len(MARK) + 8


class NameTaken(ValueError):
    """Another live key of the advertiser has this name."""


class AlreadyRevoked(ValueError):
    """The key was revoked before."""


class TooManyCalls(ValueError):
    """The key was used too often within this minute; it can be used again in so many seconds."""

    def __init__(self, seconds: int) -> None:
        super().__init__(f"in {seconds} s")
        self.seconds = seconds


@dataclass(frozen=True, slots=True)
class NewApiKey:
    """A key as it is made: its row, and the ``key`` itself, which is kept nowhere."""

    row: ApiKey
    key: str


def make(
    advertiser: Advertiser,
    name: str,
    now: datetime,
    *,
    made_by: User | None,
    may_decide: bool = False,
) -> NewApiKey:
    """A key that is valid from now on. It reports sales alone, unless it ``may_decide`` about
    orders, too. Raises NameTaken."""
    key = MARK + secrets.token_hex(KEY_BYTES)
    try:
        with transaction.atomic():
            row = ApiKey.objects.create(
                advertiser=advertiser,
                name=name,
                prefix=key[:SHOWN_CHARACTERS],
                digest=_digest(key),
                created_at=now,
                made_by=made_by,
                may_decide=may_decide,
            )
    except IntegrityError:
        if ApiKey.objects.filter(advertiser=advertiser, name=name, revoked_at=None).exists():
            raise NameTaken(name) from None
        raise
    return NewApiKey(row, key)


def find(key: str, now: datetime) -> ApiKey | None:
    """The live key's row with its advertiser; its use is noted."""
    rows = ApiKey.objects.select_related("advertiser")
    found = rows.filter(digest=_digest(key), revoked_at=None).first()
    if found:
        note_use(found, now)
    return found


def note_use(row: ApiKey, now: datetime) -> None:
    """Note the day of its use: one write a day."""
    today = now.date()
    if row.last_used_on is None or row.last_used_on < today:
        earlier = Q(last_used_on=None) | Q(last_used_on__lt=today)
        ApiKey.objects.filter(earlier, pk=row.pk).update(last_used_on=today)


def count_call(row: ApiKey, now: datetime, address: str = "") -> None:
    """Count a call with the key, and note from which address it came. Raises TooManyCalls for one
    that is too many."""
    minute = now.replace(second=0, microsecond=0)
    with connection.cursor() as cursor:
        cursor.execute(_COUNT, {"minute": minute, "key": row.pk, "address": _valid(address)})
        calls: int = cursor.fetchone()[0]
    if calls > MOST_CALLS:
        raise TooManyCalls(ceil((minute + MINUTE - now).total_seconds()))


def _valid(address: str) -> str | None:
    """None for what a proxy's header may say instead of an address."""
    try:
        return str(ip_address(address))
    except ValueError:
        return None


def revoke(row: ApiKey, now: datetime, *, revoked_by: User | None) -> None:
    """From now on calls with it are refused. Raises AlreadyRevoked."""
    live = ApiKey.objects.filter(pk=row.pk, revoked_at=None)
    if not live.update(revoked_at=now, revoked_by=revoked_by):
        raise AlreadyRevoked(row.name)


def _digest(key: str) -> str:
    """A key of so many random bits needs no slow hash."""
    return hashlib.sha256(key.encode(errors="replace")).hexdigest()
