"""``kill -9`` of web workers, drain and Celery worker; two of each: every click exactly once."""

import itertools
import time
from collections import Counter
from datetime import timedelta
from functools import partial

import httpx
import psutil
from django.db.models import QuerySet

from network import clock
from publishers.models import LedgerTransaction
from tests.flows.crowd import crowd
from tests.flows.network import Clicked, Network, wait_until
from tests.flows.shopping import Market, await_sale, commission_of, is_set_aside
from tracking.models import Click, Commission
from tracking.spool import reading

CLIENTS = 4
KILLS = 9
CLICKS = 20
"""So many arrive between two kills."""
PAUSE_SECONDS = 0.02


def accepted_by(network: Network, clicked: Clicked) -> int:
    """The id of the process that accepted the click: its segment is named by it."""
    for segment in reading.segments(network.spool):
        if clicked.id.hex.encode() in segment.read_bytes():
            return int(segment.name.split("-")[1])
    raise AssertionError("the click is in no segment")


def test_a_click_outlives_the_web_worker_that_answered_it(network: Network, market: Market) -> None:
    answered: list[Clicked] = []

    def is_answered_by(worker: psutil.Process) -> bool:
        answered.append(network.click(market.id, market.blog.publisher_id))
        return accepted_by(network, answered[-1]) == int(worker.pid)

    for _ in range(3):
        victim = network.oldest_tracking_worker()
        wait_until(partial(is_answered_by, victim), "this worker answers")
        network.kill_tracking_worker(victim)

    network.await_drained()
    assert all(clicked.is_tracked for clicked in answered)
    arrived = Click.objects.filter(advertiser=market.id).values_list("id", flat=True)
    assert sorted(arrived) == sorted(clicked.id for clicked in answered)


def has_grown(rows: QuerySet[Click], to: int) -> bool:
    return rows.count() >= to


class Clicks:
    """Clicks, each with a reference of its own, and which of them were acknowledged."""

    def __init__(self, network: Network, market: Market) -> None:
        self._network, self._market = network, market
        self._numbers = itertools.count(1)
        self.acknowledged: dict[str, Clicked] = {}
        self.lost: list[str] = []

    def __call__(self) -> None:
        ref = f"click-{next(self._numbers)}"
        try:
            clicked = self._network.click(self._market.id, self._market.blog.publisher_id, ref)
        except httpx.HTTPError:
            self.lost.append(ref)  # its worker was killed before it answered
        else:
            self.acknowledged[ref] = clicked
        time.sleep(PAUSE_SECONDS)


def test_every_acknowledged_click_arrives_once_while_processes_are_killed(
    network: Network, market: Market
) -> None:
    rows = Click.objects.filter(advertiser=market.id)
    load = Clicks(network, market)
    with crowd(CLIENTS, load):
        for name in itertools.islice(itertools.cycle(("drain", "tracking", "worker")), KILLS):
            wait_until(partial(has_grown, rows, rows.count() + CLICKS), "clicks arrive")
            if name == "tracking":
                network.kill_tracking_worker(network.oldest_tracking_worker())
            else:
                network.kill(name)
                network.start(name)

    network.await_drained()
    arrived = Counter(row["ref"] for row in rows.values_list("references", flat=True))
    assert set(arrived.values()) == {1}
    assert set(load.acknowledged) <= set(arrived) <= set(load.acknowledged) | set(load.lost)
    assert all(clicked.is_tracked for clicked in load.acknowledged.values())
    assert rows.filter(id__in=[clicked.id for clicked in load.acknowledged.values()]).count() == (
        len(load.acknowledged)
    )
    assert len(load.acknowledged) >= CLICKS * KILLS
    assert not is_set_aside(market)


def test_a_second_drain_stands_by_and_takes_over(network: Network, market: Market) -> None:
    network.start("drain-2")
    wait_until(lambda: "standing by" in network.logged("drain-2"), "the second drain stands by")

    network.kill("drain")
    clicked = network.click(market.id, market.blog.publisher_id)

    network.await_drained()
    assert Click.objects.filter(id=clicked.id).exists()


def test_two_beats_and_two_workers_finalise_once_though_one_is_killed(
    network: Network, market: Market
) -> None:
    network.start("beat-2", "worker-2")
    wait_until(lambda: "ready." in network.logged("worker-2"), "the second worker is ready")
    for number in range(30):
        clicked = network.click(market.id, market.blog.publisher_id)
        order = f"4{number:03}"
        network.get(f"/t/{market.id}/pixel.gif", order=order, amount="49.90", click=clicked.token)
    await_sale(market, "4029")
    network.await_drained()
    clock.skip(timedelta(days=31))
    network.kill("worker")

    commissions = Commission.objects.filter(advertiser=market.id)
    wait_until(lambda: commissions.filter(status="final").count() == 30, "all become final")

    posted = LedgerTransaction.objects.filter(advertiser=market.id)
    assert posted.count() == 30
    assert set(posted.values_list("key", flat=True)) == {
        f"commission:{commission.id}:final" for commission in commissions
    }
    assert network.manage("verify").returncode == 0
    assert commission_of(await_sale(market, "4000")).amount_minor == 399
