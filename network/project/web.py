"""The two servers: the tracking host's, and the site's. They share neither processes nor threads:
pages that wait for PostgreSQL must not take a redirect's place."""

import asyncio
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from pathlib import Path

from django.conf import settings

from network.project import hosts, onward
from network.project.bridge import (
    WITHOUT_A_BODY,
    Answer,
    Limits,
    Receive,
    Refused,
    Scope,
    Server,
    environ_of,
    read_body,
    respond,
    served,
    take_body,
)
from tracking.clicks.snapshot import keeper

REPORTS = Limits(body_bytes=256 * 1024, body_seconds=10.0)
FORMS = Limits(body_bytes=16 * 1024 * 1024, body_seconds=60.0)
THREADS = 16
"""In each worker. A thread may hold a connection to PostgreSQL."""
MOST_WAITING = 200
"""Pages that wait for a thread, in each worker."""


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
        raise Refused(400, "There is no such host here.")
    body = b"" if scope["method"] in WITHOUT_A_BODY else await read_body(receive, FORMS)
    return await onward.pass_on(
        scope, body, Path(settings.SITE_SOCKET), behind_proxy=settings.TRUSTED_PROXIES > 0
    )


def site() -> Server:
    """The site's, and the demo's pages: each request on a thread, of which there are so many."""
    keeper.start_refreshing()
    application = hosts.site_application()
    threads = ThreadPoolExecutor(THREADS, thread_name_prefix="page")
    waiting = 0

    async def ask(scope: Scope, receive: Receive) -> Answer:
        nonlocal waiting
        environ = environ_of(scope)
        await take_body(environ, scope, receive, FORMS)
        if waiting >= THREADS + MOST_WAITING:
            raise Refused(503, "Too many pages are asked for. Try again in a minute.")
        waiting += 1
        try:
            work = partial(respond, application, environ)
            return await asyncio.get_running_loop().run_in_executor(threads, work)
        finally:
            waiting -= 1

    return served(ask)
