"""Several processes at once, and a database that goes away: against real PostgreSQL."""

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from threading import Barrier
from typing import Any

import psycopg
import pytest
from django.db import connection, connections, transaction
from uuid_utils.compat import uuid7

from network.models import Advertiser
from publishers.models import Publisher
from tests.support.browsing import make_report
from tests.support.makers import NOW
from tests.tracking.api.conftest import Server, click
from tracking.conversions import recording
from tracking.models import Commission, Conversion, Report
from tracking.spool import intake

pytestmark = pytest.mark.django_db(transaction=True)
MANY = 8


def at_once(*calls: Callable[[], Any]) -> list[Any]:
    """What the calls give, each in a thread and a connection of its own, all begun together."""
    together = Barrier(len(calls))

    def run(call: Callable[[], Any]) -> Any:
        together.wait()
        try:
            return call()
        finally:
            connections.close_all()

    with ThreadPoolExecutor(len(calls)) as threads:
        return list(threads.map(run, calls))


def test_an_order_that_is_reported_at_once_is_one_sale(
    server: Server, shop: Advertiser, blog: Publisher
) -> None:
    token = click(shop, blog)
    answers = at_once(*[lambda: server.report(clicks=[token])] * MANY)
    assert sorted(answer.status_code for answer in answers) == [200] * (MANY - 1) + [201]
    assert Conversion.objects.filter(advertiser=shop).count() == 1
    assert Commission.objects.filter(advertiser=shop).count() == 1
    assert Report.objects.get(advertiser=shop).repeats == MANY - 1


def test_of_different_amounts_at_once_one_is_taken_and_the_others_conflict(
    server: Server, shop: Advertiser, blog: Publisher
) -> None:
    token = click(shop, blog)
    calls = [
        lambda amount=amount: server.report(clicks=[token], amount=amount)
        for amount in ("1.00", "2.00", "3.00")
    ]
    answers = at_once(*calls)
    assert sorted(answer.status_code for answer in answers) == [201, 409, 409]
    assert Conversion.objects.get(advertiser=shop).conflict == "figures"


def test_batches_that_cross_and_the_drain_wait_for_nobody_for_ever(
    server: Server, shop: Advertiser, blog: Publisher
) -> None:
    token = click(shop, blog)
    orders = [f"order-{number:02}" for number in range(12)]

    def batch(names: list[str]) -> int:
        items = [{"order": name, "amount": "1.00", "clicks": [token]} for name in names]
        return server.post({"conversions": items}).status_code

    def drain() -> int:
        records = [
            intake.report_record(
                make_report(shop, name, NOW, "1.00", source="tag", clicks=[token], id=uuid7())
            )
            for name in orders[::-1]
        ]
        with transaction.atomic():
            intake.store(records, NOW)
        return 207

    backwards = orders[::-1]
    calls = [lambda: batch(orders), lambda: batch(backwards), drain, lambda: batch(orders)]
    assert at_once(*calls) == [207] * 4
    assert Conversion.objects.filter(advertiser=shop).count() == len(orders)


def test_what_is_acknowledged_is_committed(
    server: Server, shop: Advertiser, blog: Publisher
) -> None:
    assert server.report(clicks=[click(shop, blog)]).status_code == 201
    parameters = connection.get_connection_params()
    for name in ("cursor_factory", "context", "prepare_threshold"):
        parameters.pop(name, None)
    with psycopg.connect(**parameters) as other:
        row = other.execute("SELECT count(*) FROM tracking_conversion").fetchone()
    assert row == (1,)


def test_a_connection_that_breaks_in_the_midst_leaves_nothing_half(
    server: Server, shop: Advertiser, blog: Publisher, monkeypatch: pytest.MonkeyPatch
) -> None:
    token = click(shop, blog)

    def break_off(*given: Any) -> Any:
        recorded(*given)
        with connection.cursor() as cursor:
            cursor.execute("SELECT pg_terminate_backend(pg_backend_pid())")

    recorded = recording.record_judged
    with monkeypatch.context() as patch:
        patch.setattr(recording, "record_judged", break_off)
        answer = server.report(clicks=[token])
    assert (answer.status_code, answer.json()["code"]) == (503, "unavailable")
    connection.close()
    assert not Conversion.objects.filter(advertiser=shop).exists()
    assert server.report(clicks=[token]).status_code == 201
