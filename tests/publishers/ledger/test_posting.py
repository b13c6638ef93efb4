"""Posting to the ledger by several workers at once."""

from collections.abc import Sequence
from threading import Event, Thread

import pytest
from django.db import connection, transaction

from publishers.ledger.posting import FinalCommission, balance, post_final_commission
from publishers.models import LedgerAccount, LedgerEntry
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
    first = post_final_commission(final, NOW)
    assert post_final_commission(final, NOW) == first
    entries = LedgerEntry.objects.values_list("account__kind", "amount_minor")
    assert sorted(entries) == [
        ("advertiser_receivable", 110),
        ("network_fees", -10),
        ("publisher_payable", -100),
    ]


def test_two_workers_that_make_each_others_accounts_do_not_wait_for_ever() -> None:
    shop, one, other = make_advertiser().pk, make_publisher().pk, make_publisher().pk
    begun, failed = Event(), list[Exception]()

    def commission(publisher: int, worker: str) -> None:
        final = FinalCommission(f"{worker}:{publisher}", shop, publisher, "GBP", 100, 10)
        post_final_commission(final, NOW)

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
