"""Two databases of one network, one with few rows and one with many, asked in turn."""

from collections.abc import Iterator
from contextlib import contextmanager, suppress
from typing import Any

from django.db import connection

from network.bench.stage import DATABASE, DATABASE_OF_FEW, postgres


@contextmanager
def copied() -> Iterator[None]:
    """What the benchmark's database holds now, in a second one, however the first goes on."""
    connection.close()  # a database that somebody speaks to cannot be copied
    with postgres() as cursor:
        cursor.execute(f"CREATE DATABASE {DATABASE_OF_FEW} TEMPLATE {DATABASE}")
    try:
        yield
    finally:
        with postgres() as cursor:
            cursor.execute(f"DROP DATABASE IF EXISTS {DATABASE_OF_FEW} WITH (FORCE)")


class Sizes:
    """The two, on a connection each that stays open: what a connection reads once is no part of
    what is measured later."""

    def __init__(self) -> None:
        self._held = {name: _connected(name) for name in (DATABASE_OF_FEW, DATABASE)}

    def speak_to_few(self) -> None:
        connection.connection = self._held[DATABASE_OF_FEW]

    def speak_to_many(self) -> None:
        connection.connection = self._held[DATABASE]

    def close(self) -> None:
        """Models speak to the usual database of the benchmark again."""
        connection.connection = None
        for held in self._held.values():
            with suppress(Exception):
                held.close()


@contextmanager
def sizes() -> Iterator[Sizes]:
    held = Sizes()
    try:
        yield held
    finally:
        held.close()


def _connected(name: str) -> Any:
    """A connection as Django makes it, with all that it sets on one."""
    usual = connection.settings_dict["NAME"]
    connection.close()
    connection.settings_dict["NAME"] = name
    try:
        connection.connect()
    finally:
        connection.settings_dict["NAME"] = usual
    made, connection.connection = connection.connection, None
    return made
