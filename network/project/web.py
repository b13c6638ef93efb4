"""The two servers: the tracking host's, and the site's. They share neither processes nor threads:
pages that wait for PostgreSQL must not take a redirect's place."""

import asyncio
from collections.abc import Callable, Mapping
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from pathlib import Path
from typing import Any

from django.conf import settings
from django.db.backends.base.base import BaseDatabaseWrapper
from django.db.backends.signals import connection_created
from django.http import HttpResponse
from django.urls import get_resolver

from network import content_policy
from network.pages.site import errors
from network.project import hosts, onward
from network.project.bridge import (
    WITHOUT_A_BODY,
    Answer,
    Limits,
    Receive,
    RefusedRequest,
    Scope,
    Server,
    environ_of,
    read_body,
    respond,
    served,
    take_body,
)
from network.project.latch import DatabaseWatch
from tracking.api import problems
from tracking.clicks.snapshot import keeper

REPORTS = Limits(body_bytes=256 * 1024, body_seconds=10.0)
FORMS = Limits(body_bytes=16 * 1024 * 1024, body_seconds=60.0)
THREADS = 16
"""In each worker. A thread may hold a connection to PostgreSQL."""
MOST_WAITING = 200
"""Pages that wait for a thread, in each worker."""
STATEMENT_SECONDS = 30
UNAVAILABLE_HEADERS = {
    "Cache-Control": "no-store",
    content_policy.HEADER: content_policy.header(content_policy.SITE),
    "X-Content-Type-Options": "nosniff",
}


def tracking() -> Server:
    """The tracking host's, which answers in the server's own loop: nothing there waits, least of
    all for a database. With ``INTAKE=direct`` it does, and has threads. What is for another host is
    passed on where ``SITE_SOCKET`` says so."""
    keeper.current()
    keeper.start_refreshing()
    found = hosts.TrackingHosts()
    threads = ThreadPoolExecutor(THREADS) if settings.INTAKE == "direct" else None

    async def ask(scope: Scope, receive: Receive) -> Answer:
        environ = environ_of(scope)
        application = found.find(environ)
        if application is None:
            return await _onward(scope, receive)
        await take_body(environ, scope, receive, REPORTS)
        if threads is None:
            return respond(application, environ)
        work = partial(respond, application, environ)
        return await asyncio.get_running_loop().run_in_executor(threads, work)

    return served(ask)


async def _onward(scope: Scope, receive: Receive) -> Answer:
    if not settings.SITE_SOCKET:
        raise RefusedRequest(400, "There is no such host here.")
    body = b"" if scope["method"] in WITHOUT_A_BODY else await read_body(receive, FORMS)
    return await onward.pass_on(
        scope, body, Path(settings.SITE_SOCKET), behind_proxy=settings.TRUSTED_PROXIES > 0
    )


def site() -> Server:
    """The site's, and the demo's pages."""
    get_resolver().url_patterns  # noqa: B018 - all pages, before anybody asks for one
    keeper.start_refreshing()
    connection_created.connect(_end_long_statements)
    return served(Pages(hosts.site_application()).ask)


class Pages:
    """Answers each request on a thread, of which there are so many. Static files have their own:
    they ask no database. While PostgreSQL hangs nobody waits for it."""

    def __init__(self, application: hosts.Application) -> None:
        self.application = application
        self.threads = ThreadPoolExecutor(THREADS, thread_name_prefix="page")
        self.of_static_files = ThreadPoolExecutor(2, thread_name_prefix="static")
        self.watch = DatabaseWatch()
        self.unanswered = 0

    async def ask(self, scope: Scope, receive: Receive) -> Answer:
        environ = environ_of(scope)
        await take_body(environ, scope, receive, FORMS)
        work = partial(respond, self.application, environ)
        if environ["PATH_INFO"].startswith(settings.STATIC_URL):
            return await asyncio.get_running_loop().run_in_executor(self.of_static_files, work)
        sorry = api_unavailable if problems.is_api(environ["PATH_INFO"]) else unavailable
        return await self._page(work, sorry)

    async def _page(self, work: Callable[[], Answer], sorry: Callable[[], Answer]) -> Answer:
        self.watch.begin()
        silence = self.watch.silence
        if silence.done() or self.unanswered >= THREADS + MOST_WAITING:
            return sorry()
        page = asyncio.get_running_loop().run_in_executor(self.threads, work)
        self.unanswered += 1
        either: set[asyncio.Future[Any]] = {page, silence}
        try:
            await asyncio.wait(either, return_when=asyncio.FIRST_COMPLETED)
        finally:
            self.unanswered -= 1
        if page.done():
            return page.result()
        page.cancel()  # it is not begun any more, or goes on unheard
        return sorry()


def unavailable() -> Answer:
    """The page that asks everybody to come back."""
    return _answer_of(errors.unavailable(), UNAVAILABLE_HEADERS)


def api_unavailable() -> Answer:
    """The same for what calls the API."""
    return _answer_of(problems.unavailable(), problems.HEADERS)


def _answer_of(response: HttpResponse, more: Mapping[str, str]) -> Answer:
    headers = {**dict(response.items()), **more}
    pairs = [(name.lower().encode(), value.encode()) for name, value in headers.items()]
    return Answer(response.status_code, pairs, response.content)


def _end_long_statements(connection: BaseDatabaseWrapper, **_: object) -> None:
    """Nobody waits so long for a page; workers and commands may."""
    with connection.cursor() as cursor:
        cursor.execute(f"SET statement_timeout = '{STATEMENT_SECONDS}s'")
