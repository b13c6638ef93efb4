"""Posting to the ledger by several workers at once."""

from collections.abc import Sequence
from threading import Event, Thread

import pytest
from django.db import IntegrityError, connection, transaction
from django.test.utils import CaptureQueriesContext

from publishers.ledger.posting import (
    EntryLine,
    FinalCommission,
    LedgerError,
    Posting,
    balance,
    post,
    post_final_commissions,
)
from publishers.models import LedgerAccount, LedgerEntry, LedgerTransaction
from tests.flows.network import wait_until
from tests.support.makers import NOW, make_advertiser, make_publisher

pytestmark = pytest.mark.django_db(transaction=True)


def is_somebody_waiting() -> bool:
    """Whether any session waits for a lock."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT EXISTS (SELECT 1 FROM pg_locks WHERE NOT granted)")
        return bool(cursor.fetchone()[0])


def test_the_same_key_posts_once() -> None:
    final = FinalCommission(
        "commission:1:final", make_advertiser().pk, make_publisher().pk, "GBP", 100, 10
    )
    first = post_final_commissions([final], NOW)
    assert post_final_commissions([final], NOW) == first
    entries = LedgerEntry.objects.values_list("account__kind", "amount_minor")
    assert sorted(entries) == [
        ("advertiser_receivable", 110),
        ("network_fees", -10),
        ("publisher_payable", -100),
    ]


def final_of(number: int, shop: int, publisher: int, currency: str = "GBP") -> FinalCommission:
    return FinalCommission(f"commission:{number}:final", shop, publisher, currency, 100, 10)


def test_many_are_posted_as_each_alone_would_be() -> None:
    shop, one, other = make_advertiser().pk, make_publisher().pk, make_publisher().pk
    post_final_commissions([final_of(1, shop, one)], NOW)
    finals = [
        final_of(1, shop, one),  # before
        final_of(2, shop, one),
        final_of(2, shop, one),  # twice
        final_of(3, shop, other),
        final_of(4, shop, one, "EUR"),
    ]
    with CaptureQueriesContext(connection) as captured:
        posted = post_final_commissions(finals, NOW)
    assert posted.keys() == {final.key for final in finals}
    assert len(captured) < 10
    payable = LedgerAccount.Kind.PUBLISHER_PAYABLE
    balances = [balance(payable, "GBP", one), balance(payable, "GBP", other)]
    assert [*balances, balance(payable, "EUR", one)] == [-200, -100, -100]
    for key, number in posted.items():
        row = LedgerTransaction.objects.get(pk=number)
        entries = row.entries.values_list("amount_minor", flat=True)
        assert (row.key, sorted(entries)) == (key, [-100, -10, 110])


def test_of_many_none_is_posted_where_one_does_not_sum_to_zero() -> None:
    shop, kind = make_advertiser().pk, LedgerTransaction.Kind.COMMISSION_FINAL
    right = EntryLine("advertiser_receivable", 5, advertiser=shop), EntryLine("network_fees", -5)
    wrong = EntryLine("advertiser_receivable", 5, advertiser=shop), EntryLine("network_fees", -4)
    postings = [Posting(key, kind, "GBP", lines) for key, lines in (("a", right), ("b", wrong))]
    with pytest.raises(LedgerError, match="b: the entries do not sum to zero"):
        post(postings, NOW)
    assert not LedgerTransaction.objects.exists()
    assert post([], NOW) == {}


def test_entries_that_sum_to_zero_only_with_others_are_refused_at_once() -> None:
    final = final_of(1, make_advertiser().pk, make_publisher().pk)
    [number] = post_final_commissions([final], NOW).values()
    posted = LedgerTransaction.objects.get(pk=number)
    account = LedgerAccount.objects.get(kind=LedgerAccount.Kind.NETWORK_FEES)
    one, other = (
        LedgerEntry(transaction=posted, account=account, amount_minor=amount, currency="GBP")
        for amount in (7, -7)
    )
    with transaction.atomic():
        with pytest.raises(IntegrityError, match="does not sum to zero"), transaction.atomic():
            one.save()
        LedgerEntry.objects.bulk_create([one, other])
    assert posted.entries.count() == 5


def test_two_workers_that_make_each_others_accounts_do_not_wait_for_ever() -> None:
    shop, one, other = make_advertiser().pk, make_publisher().pk, make_publisher().pk
    begun, failed = Event(), list[Exception]()

    def commission(publisher: int, worker: str) -> None:
        final = FinalCommission(f"{worker}:{publisher}", shop, publisher, "GBP", 100, 10)
        post_final_commissions([final], NOW)

    def work(worker: str, publishers: Sequence[int], after: Event | None = None) -> None:
        try:
            if after:
                after.wait(30)
            with transaction.atomic():
                commission(publishers[0], worker)
                if not after:
                    begun.set()
                    wait_until(is_somebody_waiting, "the other worker waits")
                commission(publishers[1], worker)
        except Exception as error:  # both are asked below
            failed.append(error)
        finally:
            connection.close()

    commission(make_publisher().pk, "before")  # the shop's account is there, and the network's
    workers = [
        Thread(target=work, args=("first", [one, other])),
        Thread(target=work, args=("second", [other, one], begun)),
    ]
    for worker in workers:
        worker.start()
    for worker in workers:
        worker.join(90)

    assert failed == []
    payable = LedgerAccount.Kind.PUBLISHER_PAYABLE
    assert [balance(payable, "GBP", publisher) for publisher in (one, other)] == [-200, -200]
    assert LedgerAccount.objects.filter(kind=payable).count() == 3
