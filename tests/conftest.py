"""Fixtures that many tests need."""

import gc
from collections.abc import Iterator
from datetime import datetime, timedelta
from pathlib import Path
from socket import IPPROTO_TCP, TCP_NODELAY
from typing import Any

import httpx
import pytest
from django.conf import settings
from django.core.management.commands import flush
from django.db.backends.postgresql.operations import DatabaseOperations
from django.db.backends.signals import connection_created
from django.template import Context, Template
from django.test import client as test_client
from pytest_django import DjangoDbBlocker
from pytest_rerunfailures import ClientStatusDB
from redis import Redis
from xdist.remote import Producer
from xdist.scheduler import LoadScopeScheduling
from xdist.workermanage import WorkerController

from network import clock, tasks
from network.models import Advertiser
from network.pages.site.config import load_pages
from network.project import hosts
from tests.support import databases, lanes, statements
from tests.support.calling import in_one_transaction
from tests.support.makers import NAVIGATION, NOW, SetClock, make_advertiser
from tracking.clicks.snapshot import keeper
from tracking.spool import intake
from tracking.spool import segments as spool
from tracking.spool.segments import SpoolWriter


class Scheduler(LoadScopeScheduling):  # type: ignore[misc]
    """Test by test, but for what stays together. (Marks of ``xdist_group`` would say the same, but
    have no effect with pytest 9.2: pytest-dev/pytest-xdist#1386.)"""

    def _split_scope(self, nodeid: str) -> str:
        return lanes.unit_of(nodeid)

    def mark_test_complete(self, node: WorkerController, item_index: int, *more: float) -> None:
        """Forget what is complete: of each test all units are counted that a process ever had."""
        super().mark_test_complete(node, item_index, *more)
        units = self.assigned_work[node]
        unit = self._split_scope(self.registered_collections[node][item_index])
        if all(units[unit].values()):
            del units[unit]


@pytest.hookimpl(optionalhook=True)
def pytest_xdist_make_scheduler(config: pytest.Config, log: Producer) -> Scheduler:
    return Scheduler(config, log)


_keep_context = test_client.store_rendered_templates  # type: ignore[attr-defined]


def keep_context_of_pages(
    store: dict[str, Any], signal: object, sender: object, template: Template, context: Context
) -> None:
    """For ``response.context``: what a page is rendered with, not once more what each of the dozens
    of templates in it is."""
    if context.template is template:
        _keep_context(store, signal, sender, template, context)


def pytest_configure(config: pytest.Config) -> None:
    connection_created.connect(statements.watch)
    load_pages()  # as a server of the site does
    for lane in ("browser: needs Chromium", "processes: starts processes of its own"):
        config.addinivalue_line("markers", lane)
    # What a test leaves is looked through for garbage a few times a minute: as often as Python does
    # by itself takes a fifth of the time.
    gc.set_threshold(50_000, 20, 10)
    test_client.store_rendered_templates = keep_context_of_pages  # type: ignore[attr-defined]
    settings.PASSWORD_HASHERS = ["tests.support.hashing.OneRound"]
    DatabaseOperations.execute_sql_flush = databases.empty_tables  # type: ignore[method-assign,assignment]
    flush.emit_post_migrate_signal = lambda *arguments: None  # type: ignore[attr-defined] # its rows are kept


def pytest_sessionstart(session: pytest.Session) -> None:
    """Before each test a process asks the first one how often it failed: after a message without an
    answer, so that TCP keeps the question back until that is acknowledged, 40 ms later."""
    failures = getattr(session.config, "failures_db", None)
    if isinstance(failures, ClientStatusDB):
        failures.sock.setsockopt(IPPROTO_TCP, TCP_NODELAY, 1)


@pytest.hookimpl(trylast=True)  # after the processes of a parallel run have ended
def pytest_sessionfinish(session: pytest.Session) -> None:
    if not hasattr(session.config, "workerinput"):
        databases.drop_templates()


@pytest.hookimpl(trylast=True)  # after pytest-django has put tests that flush the database last
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    lanes.put_the_longest_first(items, lanes.durations())


@pytest.hookimpl(specname="pytest_collection_modifyitems", tryfirst=True)  # before -m selects
def pytest_mark_lanes(items: list[pytest.Item]) -> None:
    lanes.mark(items)


@pytest.fixture(scope="session")
def django_db_modify_db_settings(
    django_db_modify_db_settings_parallel_suffix: None, django_db_blocker: DjangoDbBlocker
) -> None:
    """A test is one transaction, however long it takes; those of ``commits_in_time`` say so. The
    migrations run once for all processes."""
    own = settings.DATABASES["default"]
    own["OPTIONS"]["options"] = f"{own['OPTIONS'].get('options', '')} -c softclick.commit_within=1d"
    with django_db_blocker.unblock():
        own["TEST"]["TEMPLATE"] = databases.migrated()


@pytest.fixture(scope="session")
def own_redis() -> Iterator[Redis]:
    """This process's database of the run's Redis, on one connection."""
    with Redis.from_url(settings.REDIS_URL) as redis:
        yield redis


@pytest.fixture(autouse=True)
def empty_redis(own_redis: Redis) -> None:
    """What the test before left in Redis is gone: waiting tasks, used-up limits, signs of life."""
    own_redis.flushdb()


@pytest.fixture(autouse=True)
def statements_name_their_advertiser() -> Iterator[None]:
    """What happened is looked at one advertiser at a time, but where it may be otherwise."""
    with statements.watched() as unnamed:
        yield
    assert not unnamed, "\n\n".join(unnamed)


@pytest.fixture
def at(monkeypatch: pytest.MonkeyPatch) -> SetClock:
    """Set the clock."""

    def set_to(moment: datetime) -> None:
        monkeypatch.setattr(clock, "now", lambda: moment)

    return set_to


@pytest.fixture
def at_now(at: SetClock) -> None:
    """All happens at the same time."""
    at(NOW)


@pytest.fixture
def a_day_later(at: SetClock) -> None:
    """What was made at NOW is read the day after."""
    at(NOW + timedelta(days=1))


@pytest.fixture
def shop() -> Advertiser:
    return make_advertiser("Shop")


@pytest.fixture
def mails_at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    """What a worker would send is sent by this process, before the page answers."""
    monkeypatch.setattr(tasks.send_mail, "delay", tasks.send_mail)


def _as_servers_call(application: hosts.Application) -> hosts.Application:
    """A path's bytes are ISO 8859-1 in WSGI, which httpx does not know."""

    def respond(environ: dict[str, Any], start_response: Any) -> Any:
        path = environ["PATH_INFO"].encode().decode("latin-1")
        return application({**environ, "PATH_INFO": path}, start_response)

    return respond


class TrackingClient(httpx.Client):
    """A browser at the tracking host, navigating; it keeps cookies and follows no redirect. It
    speaks to the product's own WSGI application, without a server. ``spool`` is the folder with
    what was accepted."""

    def __init__(self, spool: Path) -> None:
        headers = {
            name.removeprefix("HTTP_").replace("_", "-"): value
            for name, value in NAVIGATION.items()
        }
        super().__init__(
            transport=httpx.WSGITransport(_as_servers_call(hosts.application())),
            base_url=f"https://{settings.TRACKING_HOST}",
            headers=headers,
        )
        self.spool = spool

    def drain(self) -> None:
        """Take in what was accepted, as the drain does."""
        now = clock.now()
        intake.register("test", now)
        intake.drain(self.spool, "test", now)


@pytest.fixture
def tracking_client(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, db: None
) -> Iterator[TrackingClient]:
    """A client of the tracking host, with a spool of its own. The host knows what is in the
    database at the client's first request."""
    folder = tmp_path / "spool"
    writer = SpoolWriter(folder)
    monkeypatch.setattr(spool, "writer", writer)
    monkeypatch.setattr(settings, "PUBLIC_SCHEME", "https")  # which it speaks
    keeper.forget()
    with in_one_transaction(), TrackingClient(folder) as client:
        yield client
    writer.close()
    keeper.forget()
