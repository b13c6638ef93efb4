"""Every page in a real browser, with the demo's life in it.

``site`` is a network that the demo seeded, served on a port of its own by this process. Requests
take turns on the one database connection of this process.

The browser's fixtures are those of ``tests/browser/conftest.py``.
"""

import threading
from collections.abc import Iterable, Iterator
from contextlib import ExitStack, contextmanager
from socketserver import ThreadingMixIn
from typing import Any

import pytest
from django.conf import settings
from django.core.servers.basehttp import WSGIRequestHandler, WSGIServer
from django.core.signals import request_finished, request_started
from django.db import close_old_connections, connection, connections, transaction
from django.test import override_settings
from django.utils import translation
from playwright.sync_api import Playwright
from pytest_django.plugin import DjangoDbBlocker

from network import clock, tasks
from network.demo.pages import places
from network.demo.story import seed
from network.project import hosts
from network.project.hosts import Application, StartResponse
from tests.browser.conftest import (  # noqa: F401 - fixtures
    chromium_path,
    playwright,
    shared_browser,
)
from tests.pages import stage, words
from tests.pages.stage import Site
from tests.support import databases
from tests.support.makers import NOW
from tracking.clicks.snapshot import keeper


@pytest.fixture(scope="package")
def site(
    playwright: Playwright,  # noqa: F811 - with its event loop, this thread's connection is another
    django_db_setup: None,
    django_db_blocker: DjangoDbBlocker,
    tmp_path_factory: pytest.TempPathFactory,
) -> Iterator[Site]:
    mails = str(tmp_path_factory.mktemp("mails"))
    with ExitStack() as stack:
        stack.enter_context(django_db_blocker.unblock())
        stack.enter_context(databases.own_demo())
        patch = stack.enter_context(pytest.MonkeyPatch.context())
        patch.setattr(clock, "now", lambda: NOW)
        patch.setattr(tasks.send_mail, "delay", tasks.send_mail)
        server = _Server(("127.0.0.1", 0), _Quiet)
        stack.callback(server.server_close)
        stack.enter_context(override_settings(**_settings(server.server_port, mails)))
        stack.enter_context(transaction.atomic())
        stack.callback(transaction.set_rollback, True)
        seed.follow_port()
        site = stage.site()
        keeper.forget()
        stack.callback(keeper.forget)
        stack.enter_context(_serving(server))
        yield site


def _settings(port: int, mails: str) -> dict[str, Any]:
    """Those of a demo on this port, which keeps its mails in a folder."""
    origin = f"http://{{host}}:{port}"
    demo_hosts = (places.SHOP, *places.PUBLISHERS)
    return {
        "PUBLIC_PORT": port,
        "PUBLIC_ORIGIN": origin,
        "SITE_URL": origin.format(host=settings.SITE_HOST),
        "TRACKING_URL": origin.format(host=settings.TRACKING_HOST),
        "ROOT_URLCONF": "network.demo.pages.site_urls",
        "DEMO_HOSTS": demo_hosts,
        "ALLOWED_HOSTS": [settings.SITE_HOST, settings.TRACKING_HOST, *demo_hosts],
        "EMAIL_BACKEND": "django.core.mail.backends.filebased.EmailBackend",
        "EMAIL_FILE_PATH": mails,
        # Who has signed in for these pages has done so a while ago when the last is looked at.
        "ACCOUNT_REAUTHENTICATION_TIMEOUT": 86_400,
        "ACCOUNT_LOGIN_TIMEOUT": 86_400,
    }


@contextmanager
def _serving(server: "_Server") -> Iterator[None]:
    server.set_app(_in_turn(hosts.application()))
    ends = (request_started, request_finished)
    for end in ends:
        end.disconnect(close_old_connections)  # the transaction goes on after a request
    connection.inc_thread_sharing()
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
    thread.start()
    try:
        yield
    finally:
        server.shutdown()
        thread.join()
        connection.dec_thread_sharing()
        for end in ends:
            end.connect(close_old_connections)


def _in_turn(application: Application) -> Application:
    """One request at a time, on this thread's connection."""
    shared, lock = connections["default"], threading.Lock()

    def respond(environ: dict[str, Any], start_response: StartResponse) -> Iterable[bytes]:
        with lock, translation.override(words.asked_for(environ)):
            connections["default"] = shared
            answer = application(environ, start_response)
            try:
                return [b"".join(answer)]
            finally:
                if hasattr(answer, "close"):
                    answer.close()

    return respond


class _Server(ThreadingMixIn, WSGIServer):
    """Django's own threaded one closes the database connection."""

    daemon_threads = True

    def handle_error(self, request: object, client_address: object) -> None:
        """A browser that closes a connection is no error."""


class _Quiet(WSGIRequestHandler):
    def log_message(self, format: str, *args: object) -> None:
        pass
