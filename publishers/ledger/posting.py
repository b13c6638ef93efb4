"""The ledger: double entry, append-only, in minor units. Money moves through :func:`post` alone.

Positive amounts debit an account, negative ones credit it; each transaction sums to zero per
currency (the database sees to it). A balance is the sum of its account's entries.
"""

from collections.abc import Collection, Iterable, Mapping, Sequence
from datetime import datetime
from typing import Any, TypeAlias

from django.db import connection, transaction
from django.db.models import Sum
from msgspec import Struct

from network.database.arrays import array
from publishers.models import LedgerAccount, LedgerEntry, LedgerTransaction

Kind = LedgerAccount.Kind
Owner: TypeAlias = tuple[str, int | None, int | None, str]
"""Whose an account is: its kind, the advertiser's or the publisher's id, the currency."""

_OWNERS = "unnest(%s::text[], %s::bigint[], %s::bigint[], %s::text[])"
_CREATE = """
    INSERT INTO publishers_ledgertransaction (at, key, kind, advertiser_id, publisher_id)
    SELECT %s, * FROM unnest(%s::text[], %s::text[], %s::bigint[], %s::bigint[])
    ON CONFLICT (key) DO NOTHING RETURNING key, id
"""
_ENTER = """
    INSERT INTO publishers_ledgerentry (transaction_id, account_id, amount_minor, currency)
    SELECT * FROM unnest(%s::bigint[], %s::bigint[], %s::bigint[], %s::text[])
"""
_FIND_ACCOUNTS = f"""
    SELECT a.id, a.kind, a.advertiser_id, a.publisher_id, a.currency
    FROM publishers_ledgeraccount a
    JOIN {_OWNERS} AS owner (kind, advertiser_id, publisher_id, currency)
        ON a.kind = owner.kind AND a.currency = owner.currency
        AND a.advertiser_id IS NOT DISTINCT FROM owner.advertiser_id
        AND a.publisher_id IS NOT DISTINCT FROM owner.publisher_id
"""  # noqa: S608 - names of our own
_MAKE_ACCOUNTS = f"""
    INSERT INTO publishers_ledgeraccount (kind, advertiser_id, publisher_id, currency)
    SELECT * FROM {_OWNERS} ON CONFLICT DO NOTHING
"""  # noqa: S608 - names of our own


class LedgerError(ValueError):
    """Entries that cannot be posted."""


class EntryLine(Struct, frozen=True, gc=False):
    """An amount on an account; the owner is the advertiser's or publisher's id, or neither."""

    kind: str
    amount_minor: int
    advertiser: int | None = None
    publisher: int | None = None


class FinalCommission(Struct, frozen=True, gc=False):
    """A commission that became final, under its idempotency key."""

    key: str
    advertiser: int
    publisher: int
    currency: str
    commission_minor: int
    network_fee_minor: int


class Posting(Struct, frozen=True, gc=False):
    """What is posted as one transaction, in one currency. The same key posts once only."""

    key: str
    kind: str
    currency: str
    lines: Sequence[EntryLine]
    advertiser: int | None = None
    publisher: int | None = None


def post_final_commissions(finals: Iterable[FinalCommission], now: datetime) -> dict[str, int]:
    """The advertiser owes each commission and the fee on top; the publisher and the network are
    owed them. The transactions' ids, by key."""
    return post(map(_of_final_commission, finals), now)


def post(postings: Iterable[Posting], now: datetime) -> dict[str, int]:
    """Post these transactions, each once per key; the id of what was posted under each, now or
    before. However many there are, it takes as many statements. Raises LedgerError when the entries
    of one do not sum to zero; then none is posted."""
    by_key = {posting.key: posting for posting in postings}
    for key, posting in by_key.items():
        if sum(line.amount_minor for line in posting.lines) != 0:
            raise LedgerError(f"{key}: the entries do not sum to zero")
    if not by_key:
        return {}
    with transaction.atomic():
        created = _create([by_key[key] for key in sorted(by_key)], now)
        before = LedgerTransaction.objects.filter(key__in=by_key.keys() - created.keys())
        ids = {**created, **dict(before.values_list("key", "pk"))}
        _enter([posting for key, posting in by_key.items() if key in created], ids)
    return ids


def balance(kind: str, currency: str, publisher: int | None = None) -> int:
    """What is owed on the accounts of this kind, in minor units: debits positive."""
    entries = LedgerEntry.objects.filter(account__kind=kind, account__currency=currency)
    if publisher is not None:
        entries = entries.filter(account__publisher=publisher)
    return entries.aggregate(total=Sum("amount_minor"))["total"] or 0


def _of_final_commission(final: FinalCommission) -> Posting:
    total = final.commission_minor + final.network_fee_minor
    lines = (
        EntryLine(Kind.ADVERTISER_RECEIVABLE, total, advertiser=final.advertiser),
        EntryLine(Kind.PUBLISHER_PAYABLE, -final.commission_minor, publisher=final.publisher),
        EntryLine(Kind.NETWORK_FEES, -final.network_fee_minor),
    )
    return Posting(
        key=final.key,
        kind=LedgerTransaction.Kind.COMMISSION_FINAL,
        currency=final.currency,
        lines=[line for line in lines if line.amount_minor],
        advertiser=final.advertiser,
        publisher=final.publisher,
    )


def _create(postings: Iterable[Posting], now: datetime) -> dict[str, int]:
    """The ids of the transactions whose key is new, by key. Given in the order of keys, so that no
    two workers wait for each other."""
    rows = [(each.key, each.kind, each.advertiser, each.publisher) for each in postings]
    with connection.cursor() as cursor:
        cursor.execute(_CREATE, [now, *_columns(rows)])
        return dict(cursor.fetchall())


def _enter(postings: Iterable[Posting], ids: Mapping[str, int]) -> None:
    """Add the entries, all of a transaction by the same statement: the database refuses others."""
    lines = [(posting, line) for posting in postings for line in posting.lines]
    if not lines:
        return
    accounts = _accounts({_owner(posting, line) for posting, line in lines})
    rows = [
        (ids[posting.key], accounts[_owner(posting, line)], line.amount_minor, posting.currency)
        for posting, line in lines
    ]
    with connection.cursor() as cursor:
        cursor.execute(_ENTER, _columns(rows))


def _owner(posting: Posting, line: EntryLine) -> Owner:
    return line.kind, line.advertiser, line.publisher, posting.currency


def _accounts(owners: Collection[Owner]) -> dict[Owner, int]:
    """The ids of their accounts, made where an entry is the first on one."""
    found = _found(owners)
    missing = [owner for owner in owners if owner not in found]
    if missing:
        _make_accounts(missing)
        found = _found(owners)
    return found


def _found(owners: Iterable[Owner]) -> dict[Owner, int]:
    with connection.cursor() as cursor:
        cursor.execute(_FIND_ACCOUNTS, _columns(owners))
        return {(kind, *rest): identifier for identifier, kind, *rest in cursor.fetchall()}


def _make_accounts(owners: Iterable[Owner]) -> None:
    """One transaction at a time makes accounts, until it commits: two that made each other's in
    turn would wait for each other for ever."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_xact_lock(hashtext('publishers_ledgeraccount new'))")
        cursor.execute(_MAKE_ACCOUNTS, _columns(owners))


def _columns(rows: Iterable[tuple[Any, ...]]) -> list[str]:
    """Arrays for ``unnest``."""
    return list(map(array, zip(*rows, strict=True)))
