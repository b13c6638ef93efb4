"""``manage.py test``: the suite, by pytest, on engines of its own, in parallel."""

import os
import sys
from collections.abc import Sequence
from typing import Any

import pytest
from django.core.management.base import BaseCommand, CommandParser

from network.local.bootstrap import ROOT

ALONE = ("--pdb", "--trace", "--collect-only", "--co")  # these need one process
MOST_PROCESSES = 16  # each has connections and a database of its own on the one Valkey


class Command(BaseCommand):
    help = (
        "Run the test suite on PostgreSQL and Valkey of its own. All arguments go to pytest: "
        "test -k cookie, test tests/tracking/rule -x. Runs one process per core, and one more for "
        "the whole suite, unless -n says otherwise (-n 0: a single one)."
    )
    requires_system_checks = []

    def run_from_argv(self, argv: list[str]) -> None:
        """Not parsed by Django: what follows belongs to pytest."""
        if {"-h", "--help"} & set(argv[2:]):
            self.print_help(argv[0], argv[1])
            return
        os.chdir(ROOT)
        sys.exit(int(pytest.main([*processes(argv[2:]), *argv[2:]])))

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("arguments", nargs="*", metavar="ARGUMENT", help="for pytest")

    def handle(self, *args: Any, **options: Any) -> None:
        raise NotImplementedError("run it as: python3 manage.py test")


def processes(arguments: Sequence[str]) -> list[str]:
    """pytest's ``-n``, unless the arguments settle it: one per core, and one more for the whole
    suite. Tests that start processes wait for a third of their time; that one works meanwhile."""
    for argument in arguments:
        if argument.startswith(("-n", "--numprocesses")) or argument in ALONE:
            return []
    places = (ROOT / argument.partition("::")[0] for argument in arguments)
    in_part = "not processes" in " ".join(arguments) or any(place.exists() for place in places)
    number = max(2, os.cpu_count() or 1) + (not in_part)
    return ["-n", str(min(number, MOST_PROCESSES))]
