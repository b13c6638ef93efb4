"""Whether PostgreSQL answers at all, asked all the time by the site's server.

A PostgreSQL that hangs refuses nothing: each page would wait for it, with a thread, for as long as
that takes. So a connection of the server's own asks for nothing several times a second; while an
answer is overdue, pages are told to come back instead.
"""

import asyncio
import contextlib
import logging
from collections.abc import Mapping
from typing import Any

import psycopg
from django.db import connections

EVERY_SECONDS = 0.2
PATIENCE_SECONDS = 1.3
"""PostgreSQL that takes so long for nothing hangs. A page has waited for both times at most."""
NOT_FOR_IT = ("cursor_factory", "context", "prepare_threshold", "pool")
"""Parameters of Django's connections that are about how Django uses them."""

log = logging.getLogger(__name__)


class DatabaseWatch:
    """Watches from :meth:`begin` on, in the loop that calls it."""

    def __init__(self) -> None:
        self._connection: psycopg.AsyncConnection[Any] | None = None
        self._watching: asyncio.Task[None] | None = None
        self._silence: asyncio.Future[None] | None = None

    def begin(self) -> None:
        if self._watching is None:
            self._watching = asyncio.get_running_loop().create_task(self._watch())

    @property
    def silence(self) -> "asyncio.Future[None]":
        """Done once PostgreSQL does not answer; a new one when it does again."""
        if self._silence is None:
            self._silence = asyncio.get_running_loop().create_future()
        return self._silence

    async def _watch(self) -> None:
        while True:
            asking = asyncio.ensure_future(self._ask())
            done, _ = await asyncio.wait({asking}, timeout=PATIENCE_SECONDS)
            if not done and not self.silence.done():
                log.error("PostgreSQL does not answer. Pages are refused until it does.")
                self.silence.set_result(None)
            answered = await asking
            if answered and self.silence.done():
                log.warning("PostgreSQL answers again.")
                self._silence = None
            await asyncio.sleep(EVERY_SECONDS)

    async def _ask(self) -> bool:
        """Whether it answered. One that refuses, or is not there, does not hang: pages find out by
        themselves, and at once."""
        try:
            if self._connection is None:
                parameters = _parameters(connections["default"].get_connection_params())
                connection = await psycopg.AsyncConnection.connect(autocommit=True, **parameters)
                self._connection = connection
            await self._connection.execute("SELECT 1")
        except (psycopg.Error, OSError):
            broken, self._connection = self._connection, None
            if broken:
                with contextlib.suppress(psycopg.Error, OSError):
                    await broken.close()
            return False
        return True


def _parameters(of_django: Mapping[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in of_django.items() if name not in NOT_FOR_IT}
