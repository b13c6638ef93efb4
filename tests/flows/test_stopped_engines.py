"""PostgreSQL or Valkey stopped, killed, gone at the start: every click is answered, and all arrive
exactly once."""

from collections.abc import Callable, Sequence
from datetime import timedelta

import psutil
import pytest
from django.conf import settings
from django.db import connections

from network import clock
from network.local.servers import Server
from tests.flows.network import Clicked, Network, wait_until
from tests.flows.shopping import Market, await_sale, commission_of, is_set_aside
from tracking.models import Click, Report

CLICKS = 100


def click_many(network: Network, market: Market, count: int = CLICKS) -> list[Clicked]:
    """Clicks of as many browsers."""
    return [network.click(market.id, market.blog.publisher_id) for _ in range(count)]


def check_all_arrived(network: Network, market: Market, clicks: Sequence[Clicked]) -> None:
    """Each click was answered as it should be and is there once, and no other is."""
    assert [clicked.response.status_code for clicked in clicks] == [302] * len(clicks)
    assert all(clicked.is_tracked for clicked in clicks)
    network.await_drained()
    rows = Click.objects.filter(advertiser=market.id)
    assert sorted(rows.values_list("id", flat=True)) == sorted(clicked.id for clicked in clicks)
    assert not rows.filter(rebuilt=True).exists()
    assert not is_set_aside(market)


def buy(network: Network, market: Market, token: str, order: str) -> None:
    """A report by a pixel with a click id that the shop kept."""
    answer = network.get(f"/t/{market.id}/pixel.gif", order=order, amount="49.90", click=token)
    assert (answer.status_code, answer.headers["Content-Type"]) == (200, "image/gif")
    assert "X-Softclick-Error" not in answer.headers


def restart(engine: Server) -> None:
    """After a crash, which has cut this process's connection, too."""
    connections["default"].close()
    engine.restart()


def test_clicks_and_sales_go_on_while_postgresql_is_stopped(
    network: Network, market: Market
) -> None:
    network.postgres.pause()
    clicks = click_many(network, market)
    buy(network, market, clicks[0].token, "3001")
    assert psutil.Process(network.postgres.pid).status() == psutil.STATUS_STOPPED
    network.postgres.resume()

    check_all_arrived(network, market, clicks)
    assert commission_of(await_sale(market, "3001")).amount_minor == 399
    assert Report.objects.filter(advertiser=market.id).count() == 1


def test_clicks_go_on_while_postgresql_is_dead(network: Network, market: Market) -> None:
    network.postgres.kill()
    clicks = click_many(network, market)
    signed_in = {"Host": f"{settings.SITE_HOST}:{network.port}", "Cookie": f"sessionid={'a' * 32}"}
    page = network.get("/", signed_in)
    restart(network.postgres)

    assert (page.status_code, page.headers.get("Retry-After")) == (503, "30")
    assert "Not available right now" in page.text
    check_all_arrived(network, market, clicks)
    assert network.get("/", signed_in).status_code == 302


@pytest.mark.parametrize(
    ("fail", "recover"),
    [
        pytest.param(Server.pause, Server.resume, id="stopped"),
        pytest.param(Server.kill, restart, id="dead"),
    ],
)
def test_a_web_process_starts_without_postgresql(
    network: Network,
    market: Market,
    fail: Callable[[Server], None],
    recover: Callable[[Server], None],
) -> None:
    network.stop("tracking")
    fail(network.postgres)
    network.start("tracking")
    clicks = click_many(network, market, 10)
    recover(network.postgres)

    assert "Starting from the snapshot on disk" in network.logged("tracking")
    check_all_arrived(network, market, clicks)


@pytest.mark.parametrize(
    ("fail", "recover"),
    [
        pytest.param(Server.pause, Server.resume, id="stopped"),
        pytest.param(Server.kill, restart, id="dead"),
    ],
)
def test_clicks_and_sales_arrive_without_valkey_and_become_final_afterwards(
    network: Network,
    market: Market,
    fail: Callable[[Server], None],
    recover: Callable[[Server], None],
) -> None:
    fail(network.valkey)
    clicks = click_many(network, market)
    buy(network, market, clicks[0].token, "3002")
    check_all_arrived(network, market, clicks)
    sale = await_sale(market, "3002")
    clock.skip(timedelta(days=31))
    network.await_drained()
    assert commission_of(sale).status == "pending"
    recover(network.valkey)

    wait_until(lambda: commission_of(sale).status == "final", "it becomes final")
