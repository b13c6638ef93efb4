"""The ledger: double entry, append-only, in minor units. Money moves through :func:`post` alone.

Positive amounts debit an account, negative ones credit it; each transaction sums to zero per
currency (the database sees to it at commit). A balance is the sum of its account's entries.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from django.db import connection, transaction
from django.db.models import Q, Sum

from publishers.models import LedgerAccount, LedgerEntry, LedgerTransaction

Kind = LedgerAccount.Kind


class LedgerError(ValueError):
    """Entries that cannot be posted."""


@dataclass(frozen=True, slots=True)
class EntryLine:
    """An amount on an account; the owner is the advertiser's or publisher's id, or neither."""

    kind: str
    amount_minor: int
    advertiser: int | None = None
    publisher: int | None = None


@dataclass(frozen=True, slots=True)
class FinalCommission:
    """A commission that became final, under its idempotency key."""

    key: str
    advertiser: int
    publisher: int
    currency: str
    commission_minor: int
    network_fee_minor: int


@dataclass(frozen=True, slots=True)
class Posting:
    """What is posted as one transaction, in one currency. The same key posts once only."""

    key: str
    kind: str
    currency: str
    lines: Sequence[EntryLine]
    advertiser: int | None = None
    publisher: int | None = None


def post_final_commission(final: FinalCommission, now: datetime) -> LedgerTransaction:
    """The advertiser owes the commission and the fee on top; the publisher and the network are
    owed them."""
    total = final.commission_minor + final.network_fee_minor
    lines = (
        EntryLine(Kind.ADVERTISER_RECEIVABLE, total, advertiser=final.advertiser),
        EntryLine(Kind.PUBLISHER_PAYABLE, -final.commission_minor, publisher=final.publisher),
        EntryLine(Kind.NETWORK_FEES, -final.network_fee_minor),
    )
    posting = Posting(
        key=final.key,
        kind=LedgerTransaction.Kind.COMMISSION_FINAL,
        currency=final.currency,
        lines=[line for line in lines if line.amount_minor],
        advertiser=final.advertiser,
        publisher=final.publisher,
    )
    return post(posting, now)


def post(posting: Posting, now: datetime) -> LedgerTransaction:
    """Post entries, once per key. Raises LedgerError when they do not sum to zero."""
    if sum(line.amount_minor for line in posting.lines) != 0:
        raise LedgerError(f"{posting.key}: the entries do not sum to zero")
    with transaction.atomic():
        posted, created = LedgerTransaction.objects.get_or_create(
            key=posting.key,
            defaults={
                "kind": posting.kind,
                "at": now,
                "advertiser_id": posting.advertiser,
                "publisher_id": posting.publisher,
            },
        )
        if created:
            accounts = _accounts(posting)
            LedgerEntry.objects.bulk_create(
                LedgerEntry(
                    transaction=posted,
                    account=accounts[line],
                    amount_minor=line.amount_minor,
                    currency=posting.currency,
                )
                for line in posting.lines
            )
    return posted


def balance(kind: str, currency: str, publisher: int | None = None) -> int:
    """What is owed on the accounts of this kind, in minor units: debits positive."""
    entries = LedgerEntry.objects.filter(account__kind=kind, account__currency=currency)
    if publisher is not None:
        entries = entries.filter(account__publisher=publisher)
    return entries.aggregate(total=Sum("amount_minor"))["total"] or 0


def _accounts(posting: Posting) -> dict[EntryLine, LedgerAccount]:
    """The account of each line, made where it is the first on it."""
    wanted = Q()
    for line in posting.lines:
        wanted |= Q(kind=line.kind, advertiser=line.advertiser, publisher=line.publisher)
    rows = LedgerAccount.objects.filter(wanted, currency=posting.currency)
    found = {(row.kind, row.advertiser_id, row.publisher_id): row for row in rows}
    return {
        line: found.get((line.kind, line.advertiser, line.publisher))
        or _make_account(line, posting.currency)
        for line in posting.lines
    }


def _make_account(line: EntryLine, currency: str) -> LedgerAccount:
    """One transaction at a time makes accounts, until it commits: two that made each other's in
    turn would wait for each other for ever."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_xact_lock(hashtext('publishers_ledgeraccount new'))")
    # mypy: None is looked up as NULL.
    account, _ = LedgerAccount.objects.get_or_create(  # type: ignore[misc]
        kind=line.kind,
        advertiser_id=line.advertiser,
        publisher_id=line.publisher,
        currency=currency,
    )
    return account
