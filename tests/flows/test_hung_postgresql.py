"""PostgreSQL hangs while people open twenty pages a second: no click waits, and pages say at once
that they cannot be had now. Where it is only slow, they take no more of its connections than there
are threads, and none for ever."""

import json
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from threading import Event

import httpx
import psutil
from django.conf import settings
from django.db import connection, transaction

from network.project import latch, web
from tests.flows.network import Network, wait_until
from tests.flows.shopping import Market

PAGES_PER_SECOND, PAGES = 20, 120
SLOWEST_PAGE_SECONDS = 10 * (latch.PATIENCE_SECONDS + latch.EVERY_SECONDS)
"""Ten times what it has to be: the machine may be busy."""

SITE_WORKER = """
import json
from django.db import connection
from network.project import web
web.site()
with connection.cursor() as cursor:
    cursor.execute("SHOW statement_timeout")
    [timeout] = cursor.fetchone()
libpq = connection.connection.info.get_parameters()
print(json.dumps([timeout, libpq["tcp_user_timeout"], libpq["keepalives_idle"]]))
"""
"""What a worker of the site does first, and what a connection of it is like."""


@contextmanager
def all_the_time(ask: Callable[[], httpx.Response]) -> Iterator[list[httpx.Response]]:
    """Ask one after the other until the block ends; gives the answers so far."""
    answers: list[httpx.Response] = []
    ended = Event()

    def go_on() -> None:
        while not ended.is_set():
            answers.append(ask())

    with ThreadPoolExecutor(1) as executor:
        going = executor.submit(go_on)
        try:
            yield answers
        finally:
            ended.set()
            going.result()


def signed_in(network: Network) -> dict[str, str]:
    """Headers for the site, with a session cookie as those have who are signed in."""
    return {
        "Host": f"{settings.SITE_HOST}:{network.port}",
        "Cookie": f"sessionid={'a' * 32}",
    }


def open_pages(network: Network) -> list[httpx.Response]:
    """As many people open a page, so many a second."""
    with ThreadPoolExecutor(PAGES) as people:
        asked = []
        for _ in range(PAGES):
            asked.append(people.submit(network.get, "/", signed_in(network)))
            time.sleep(1 / PAGES_PER_SECOND)  # the load, not a wait for something
        return [each.result() for each in asked]


def test_pages_are_refused_and_clicks_go_on(network: Network, market: Market) -> None:
    home = signed_in(network)
    assert network.get("/", home).status_code == 302
    network.postgres.pause()
    link = f"/t/{market.id}/c/{market.blog.publisher_id}"
    with all_the_time(lambda: network.get(link)) as clicks:
        pages = open_pages(network)
    assert psutil.Process(network.postgres.pid).status() == psutil.STATUS_STOPPED
    style = network.get("/static/network/site.css", home)
    network.postgres.resume()

    assert {page.status_code for page in pages} == {503}
    assert {page.headers["Retry-After"] for page in pages} == {"30"}
    assert "Not available right now" in pages[-1].text
    assert max(page.elapsed.total_seconds() for page in pages) < SLOWEST_PAGE_SECONDS
    assert style.status_code == 200
    assert {click.status_code for click in clicks} == {302}
    assert len(clicks) > len(pages)
    wait_until(lambda: network.get("/", home).status_code == 302, "pages are there again")


def waiting_for_a_lock() -> int:
    """How many of the network's connections do now: a transaction goes on seeing what it saw first,
    but for this."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_stat_clear_snapshot()")
        cursor.execute("SELECT count(*) FROM pg_stat_activity WHERE wait_event_type = 'Lock'")
        return int(cursor.fetchone()[0])


def test_many_pages_take_no_more_connections_than_there_are_threads(network: Network) -> None:
    """The network runs one worker of the site."""
    most = 0
    with ThreadPoolExecutor(PAGES) as people:
        with transaction.atomic(), connection.cursor() as cursor:
            cursor.execute("LOCK TABLE django_session")
            asked = [people.submit(network.get, "/", signed_in(network)) for _ in range(PAGES)]
            wait_until(lambda: waiting_for_a_lock() == web.THREADS, "every thread waits")
            for _ in range(20):
                most = max(most, waiting_for_a_lock())
                time.sleep(0.05)  # for the others to take more, if they could
        answered = {each.result().status_code for each in asked}
    assert (most, answered) == (web.THREADS, {302})


def test_no_page_keeps_a_connection_for_ever(network: Network) -> None:
    asked = network.manage("shell", "-c", SITE_WORKER)
    assert asked.returncode == 0, asked.stderr
    assert json.loads(asked.stdout.splitlines()[-1]) == ["30s", "20000", "10"]
