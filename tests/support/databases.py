"""Databases that are made once for a run, as templates, of which each process has its own copies.

The migrated one is empty; every process's test database begins as a copy of it. The seeded one is
the demo, which the product's own seeding has filled. Who needs a template first makes it, and the
others wait for it.
"""

import os
import re
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import contextmanager, suppress
from typing import Any

import psycopg
import pytest
from django.conf import settings
from django.core.management import call_command
from django.db import connections, transaction
from django.db.backends.postgresql.operations import DatabaseOperations
from psycopg.sql import SQL, Identifier

from network import clock
from network.demo.story import seed
from network.demo.story.life import Span
from tests.support.makers import NOW

DAYS = 12
"""Of the demo's life."""
RUN = os.environ.get("PYTEST_XDIST_TESTRUNUID", f"process {os.getpid()}")
"""What a template of this run is marked with once it is complete."""
LOCK = 7_301_442
MIGRATED, SEEDED = "migrated", "seeded"
KEPT = {"auth_permission", "django_content_type"}
"""Tables that every migration fills, with the same rows: a flush leaves them."""
_OWN = settings.DATABASES["default"]["NAME"]  # before pytest-django makes it each process's own


@contextmanager
def speaking_to(**place: str) -> Iterator[None]:
    """Let this process's models speak to another database, by Django's names of settings."""
    of_all = connections["default"].settings_dict  # the same one in every thread
    before = dict(of_all)
    connections.close_all()
    of_all.update(place)
    try:
        yield
    finally:
        connections.close_all()
        of_all.update(before)


def migrated() -> str:
    """The name of an empty database of the product."""

    def make(name: str) -> None:
        with speaking_to(NAME=name):
            call_command("migrate", verbosity=0, run_syncdb=True)

    return _template(MIGRATED, make)


@contextmanager
def own_demo() -> Iterator[None]:
    """Let this process's models speak to a demo of its own, as it was seeded at NOW. Before and
    after it the process has no connection, so that nothing may be under way."""
    source = _template(SEEDED, _seed, migrated())
    name = f"{connections['default'].settings_dict['NAME']}_demo"
    copy(source, name)
    with speaking_to(NAME=name):
        yield
    drop(name)


def copy(source: str, name: str) -> None:
    """Make a database, in place of any of this name, on the server that the models speak to; nobody
    may be in the ``source``."""
    with _server() as server:
        _copy(server, source, name)


def drop(name: str) -> None:
    with _server() as server:
        _drop(server, name)


def _seed(name: str) -> None:
    with speaking_to(NAME=name), pytest.MonkeyPatch.context() as patch:
        patch.setattr(clock, "now", lambda: NOW)
        seed.seed(Span(NOW, DAYS))


def _template(kind: str, make: Callable[[str], None], source: str = "template1") -> str:
    """The name of the run's template, which is made by the first who asks."""
    name = _name(kind)
    with _server() as server:
        server.execute("SELECT pg_advisory_lock(%s)", [LOCK])  # until this connection ends
        if _mark(server, name) != RUN:
            _copy(server, source, name)
            make(name)
            comment = SQL("COMMENT ON DATABASE {} IS {}").format(Identifier(name), RUN)
            server.execute(comment)
    return name


def _name(kind: str) -> str:
    return f"test_{_OWN}_{kind}"


def _mark(server: psycopg.Connection[Any], name: str) -> str:
    query = "SELECT shobj_description(oid, 'pg_database') FROM pg_database WHERE datname = %s"
    row = server.execute(query, [name]).fetchone()
    return row[0] if row else ""


def _copy(server: psycopg.Connection[Any], source: str, name: str) -> None:
    _drop(server, name)
    copy = SQL("CREATE DATABASE {} TEMPLATE {}").format(Identifier(name), Identifier(source))
    server.execute(copy)


def _drop(server: psycopg.Connection[Any], name: str) -> None:
    server.execute(SQL("DROP DATABASE IF EXISTS {} WITH (FORCE)").format(Identifier(name)))


def _server() -> psycopg.Connection[Any]:
    """The server itself, whatever database the models speak to."""
    parameters: Mapping[str, Any] = connections["default"].get_connection_params()
    place: dict[str, Any] = {
        key: parameters.get(key) for key in ("host", "port", "user", "password")
    }
    return psycopg.connect(**place, dbname="postgres", autocommit=True)


def empty_tables(self: DatabaseOperations, statements: Iterable[str]) -> None:
    """What Django's ``flush`` does after a test that commits, but for what migrations would make
    anew. The product's tables are never emptied; only a superuser, as tests are, can put the
    triggers aside that refuse it. Few have rows: a DELETE of all costs less than a TRUNCATE."""
    names = set(re.findall(r'"(\w+)"', " ".join(statements))) - KEPT
    emptied = [SQL("DELETE FROM {}").format(Identifier(name)) for name in sorted(names)]
    with transaction.atomic(self.connection.alias), self.connection.cursor() as cursor:
        cursor.execute("SET LOCAL session_replication_role = replica")
        cursor.execute(SQL("; ").join(emptied))


def plan_without_others(*indexes: str) -> None:
    """Let PostgreSQL use these indexes of their tables and no others, until the test is over. Of so
    few rows each index costs the same; which one is taken depends on what tests before rolled back,
    and on when that was vacuumed."""
    with connections["default"].cursor() as cursor:
        cursor.execute(
            "UPDATE pg_index SET indisvalid = false WHERE indexrelid <> ALL(%(kept)s::regclass[])"
            " AND indrelid IN ("
            "SELECT indrelid FROM pg_index WHERE indexrelid = ANY(%(kept)s::regclass[]))",
            {"kept": list(indexes)},
        )


def drop_templates() -> None:
    """When the run is over."""
    with suppress(psycopg.OperationalError), _server() as server:
        for kind in (SEEDED, MIGRATED):
            _drop(server, _name(kind))
