"""PostgreSQL hangs while people open twenty pages a second: no click waits, and pages say at once
that they cannot be had now."""

import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from threading import Event

import httpx
import psutil
from django.conf import settings

from network.project import latch
from tests.flows.network import Network, wait_until
from tests.flows.shopping import Market

PAGES_PER_SECOND, PAGES = 20, 120
SLOWEST_PAGE_SECONDS = 10 * (latch.PATIENCE_SECONDS + latch.EVERY_SECONDS)
"""Ten times what it has to be: the machine may be busy."""


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


def open_pages(network: Network) -> list[httpx.Response]:
    """As many people open a page, so many a second, with a session cookie as those have who are
    signed in."""
    headers = {
        "Host": f"{settings.SITE_HOST}:{network.port}",
        "Cookie": f"sessionid={'a' * 32}",
    }
    with ThreadPoolExecutor(PAGES) as people:
        asked = []
        for _ in range(PAGES):
            asked.append(people.submit(network.get, "/", headers))
            time.sleep(1 / PAGES_PER_SECOND)  # the load, not a wait for something
        return [each.result() for each in asked]


def test_pages_are_refused_and_clicks_go_on(network: Network, market: Market) -> None:
    home = {"Host": f"{settings.SITE_HOST}:{network.port}", "Cookie": f"sessionid={'a' * 32}"}
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
