"""Balances from stored sums and what came since: the same as from all entries, at any time."""

from collections.abc import Mapping
from threading import Event, Thread

import pytest
from django.conf import settings
from django.db import connection, transaction
from django.db.models import Sum

from publishers import tasks
from publishers.ledger import sums
from publishers.ledger.posting import FinalCommission, post_final_commissions
from publishers.models import LedgerAccount, LedgerSum
from tests.flows.network import wait_until
from tests.publishers.ledger.test_posting import is_somebody_waiting
from tests.support.makers import NOW, make_advertiser, make_publisher
from tracking.verify.checks import verify

pytestmark = pytest.mark.django_db(transaction=True)


def post(shop: int, publisher: int, *numbers: int) -> None:
    finals = [
        FinalCommission(f"commission:{number}:final", shop, publisher, "GBP", 100 + number, 10)
        for number in numbers
    ]
    post_final_commissions(finals, NOW)


def balances() -> Mapping[int, int]:
    found = LedgerAccount.objects.annotate(balance=sums.balance_minor())
    return dict(found.values_list("pk", "balance"))


def of_all_entries() -> Mapping[int, int]:
    return dict(
        LedgerAccount.objects.annotate(Sum("entries__amount_minor")).values_list(
            "pk", "entries__amount_minor__sum"
        )
    )


def test_a_balance_is_exact_whenever_it_was_summed_up() -> None:
    shop, blog, other = make_advertiser().pk, make_publisher().pk, make_publisher().pk
    sums.sum_up()
    assert balances() == {}
    post(shop, blog, 1, 2)
    assert balances() == of_all_entries()
    sums.sum_up()
    assert balances() == of_all_entries()
    assert dict(LedgerSum.objects.values_list("account", "amount_minor")) == of_all_entries()
    post(shop, blog, 3)
    post(shop, other, 4)  # an account that has no sum yet
    assert balances() == of_all_entries()
    assert sorted(balances().values()) == [-306, -104, -40, 450]
    for _ in range(2):
        tasks.sum_up_ledger()
        assert balances() == of_all_entries()
    assert LedgerSum.objects.count() == 4


def test_a_sum_that_its_entries_do_not_come_to_is_found() -> None:
    post(make_advertiser().pk, make_publisher().pk, 1)
    sums.sum_up()
    told = [str(found) for found in verify() if "is stored as their sum" in str(found)]
    assert told == []
    LedgerSum.objects.filter(amount_minor=-10).update(amount_minor=-11)
    [said] = [str(found) for found in verify() if "is stored as their sum" in str(found)]
    assert "sum to -10, and -11 is stored" in said


def test_beat_sums_them_up() -> None:
    tasks_of_beat = [entry["task"] for entry in settings.CELERY_BEAT_SCHEDULE.values()]
    assert tasks.sum_up_ledger.name in tasks_of_beat


def test_who_is_about_to_add_entries_is_waited_for() -> None:
    """Their ids are lower than those of entries that were committed before."""
    shop, blog, other = make_advertiser().pk, make_publisher().pk, make_publisher().pk
    post(shop, blog, 1)
    post(shop, other, 2)
    posted, go_on = Event(), Event()

    def post_slowly() -> None:
        try:
            with transaction.atomic():
                post(shop, blog, 3)
                posted.set()
                assert go_on.wait(30)
        finally:
            connection.close()

    def sum_up() -> None:
        sums.sum_up()
        connection.close()

    slow, task = Thread(target=post_slowly), Thread(target=sum_up)
    slow.start()
    assert posted.wait(30)
    post(shop, other, 4)  # later, and committed earlier
    task.start()
    wait_until(is_somebody_waiting, "the task waits for the worker")
    go_on.set()
    slow.join()
    task.join()
    assert dict(LedgerSum.objects.values_list("account", "amount_minor")) == of_all_entries()
    assert balances() == of_all_entries()


def test_entries_before_the_sum_are_not_read() -> None:
    shop, blog = make_advertiser().pk, make_publisher().pk
    post(shop, blog, *range(200))
    sums.sum_up()
    post(shop, blog, 1_000)
    with connection.cursor() as cursor:
        cursor.execute("ANALYZE")
        cursor.execute("SET enable_seqscan = off")
    plan = LedgerAccount.objects.annotate(balance=sums.balance_minor()).explain(
        analyze=True, costs=False, timing=False
    )
    [line] = [line for line in plan.splitlines() if "ledger_entry_account" in line]
    assert "rows=1.00" in line or "rows=1 " in line
