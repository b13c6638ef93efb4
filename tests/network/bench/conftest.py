"""Benchmarks make a database of a fixed name, and refuse to run two at once on one PostgreSQL."""

from collections.abc import Iterator

import psycopg
import pytest
from django.db import connection


@pytest.fixture(autouse=True)
def one_at_a_time() -> Iterator[None]:
    """The processes of a parallel run share the server: each waits for the other's benchmark."""
    place = {**connection.get_connection_params(), "dbname": "postgres"}
    with psycopg.connect(**place, autocommit=True) as held:
        held.execute("SELECT pg_advisory_lock(hashtext('tests of benchmarks'))")
        yield
