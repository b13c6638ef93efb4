"""An account month by month, as an accountant reads it: what it began with, each entry with its
order and the balance after it, what it ended with."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date, datetime, time
from typing import Any

from django.db.models import Sum
from django.utils import timezone
from django.utils.translation import gettext as _

from network import money
from network.dates import moment
from network.spreadsheets import safe
from publishers.models import LedgerAccount, LedgerEntry
from tracking.models import Commission

MOST = 100
"""Entries on the page; the CSV has all of them."""


@dataclass(frozen=True, slots=True)
class Month:
    """A calendar month in the reader's zone."""

    first: date

    @classmethod
    def named(cls, text: str) -> "Month":
        """``2026-11``. Raises ValueError."""
        return cls(date.fromisoformat(f"{text}-01"))

    @classmethod
    def of(cls, at: datetime) -> "Month":
        return cls(timezone.localtime(at).date().replace(day=1))

    def __str__(self) -> str:
        return f"{self.first:%Y-%m}"

    @property
    def since(self) -> datetime:
        return timezone.make_aware(datetime.combine(self.first, time.min))

    @property
    def next(self) -> "Month":
        year, month = divmod(self.first.year * 12 + self.first.month, 12)
        return Month(date(year, month + 1, 1))

    @property
    def before(self) -> "Month":
        year, month = divmod(self.first.year * 12 + self.first.month - 2, 12)
        return Month(date(year, month + 1, 1))


@dataclass(frozen=True, slots=True)
class StatementLine:
    """An entry; amounts in minor units, seen from the account's owner: what is owed is positive."""

    entry: LedgerEntry
    order: str
    sale: int | None
    amount_minor: int
    balance_minor: int


@dataclass(frozen=True, slots=True)
class Statement:
    opening_minor: int
    closing_minor: int
    lines: Sequence[StatementLine]


def sign_of(account: LedgerAccount) -> int:
    """Debits are positive in the ledger; what is owed to a publisher, and what the network has
    earned, stands there as credits."""
    return 1 if account.kind == LedgerAccount.Kind.ADVERTISER_RECEIVABLE else -1


def statement(account: LedgerAccount, month: Month) -> Statement:
    """Three queries."""
    entries, sign = account.entries.all(), sign_of(account)
    before = entries.filter(transaction__at__lt=month.since)
    opening = sign * int(before.aggregate(sum=Sum("amount_minor", default=0))["sum"])
    rows = list(
        entries.filter(transaction__at__gte=month.since, transaction__at__lt=month.next.since)
        .select_related("transaction__publisher", "transaction__advertiser")
        .order_by("transaction__at", "pk")
    )
    sales = {
        row["ledger_transaction"]: row
        for row in Commission.objects.filter(
            ledger_transaction__in=[row.transaction_id for row in rows]
        ).values("ledger_transaction", "conversion", "conversion__order")
    }
    lines, balance = [], opening
    for row in rows:
        amount, sale = sign * row.amount_minor, sales.get(row.transaction_id)
        balance += amount
        order, key = (sale["conversion__order"], sale["conversion"]) if sale else ("", None)
        lines.append(StatementLine(row, order, key, amount, balance))
    return Statement(opening, balance, lines)


def csv_rows(account: LedgerAccount, found: Statement) -> Iterator[Sequence[Any]]:
    """With a head; amounts as plain decimals of the account's currency."""
    yield [
        _("Time"),
        _("What"),
        _("Order"),
        _("Advertiser"),
        _("Partner"),
        _("Amount"),
        _("Balance"),
        _("Currency"),
        _("Transaction"),
    ]
    for line in found.lines:
        done = line.entry.transaction
        yield [
            moment(done.at),
            done.get_kind_display(),
            safe(line.order),
            safe(str(done.advertiser or "")),
            safe(str(done.publisher or "")),
            signed(line.amount_minor, account.currency),
            signed(line.balance_minor, account.currency),
            account.currency,
            done.key,
        ]


def signed(minor: int, currency: str) -> str:
    return f"{'-' if minor < 0 else ''}{money.plain(abs(minor), currency)}"
