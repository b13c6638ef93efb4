"""``manage.py compare``: this tracker beside open-source ones, on this machine."""

import json
import os
import tempfile
from argparse import ArgumentParser
from contextlib import ExitStack
from dataclasses import asdict
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError
from django.db import DatabaseError

from network.bench.others import affiliate_system, ours, rounds, yourls
from network.bench.others.rounds import NotComparable, Tracker
from network.bench.stage import StageError
from network.local.processes import ProcessError, Supervisor

OTHERS = ("affiliate-system", "yourls")


class Command(BaseCommand):
    help = (
        "Set open-source trackers beside this one: django-affiliate-system from the package index, "
        "on the same PostgreSQL, and YOURLS with nginx, PHP-FPM and MariaDB. Each is installed "
        "into a temporary folder and asked for clicks in alternating rounds; clicks are counted in "
        "its own database. What cannot be installed is said, and left out; status 1 when nothing "
        "is left to compare with, or clicks were lost."
    )

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--only", choices=OTHERS, help="compare with this alone")
        parser.add_argument("--json", action="store_true", help='print {"results": […]} alone')
        parser.add_argument("--rounds", type=int, default=10, help="of each (10)")
        parser.add_argument("--seconds", type=float, default=2.0, help="of each round (2)")
        parser.add_argument(
            "--yourls",
            default=yourls.ADDRESS,
            help=f"a folder with YOURLS, or where git gets it ({yourls.ADDRESS})",
        )

    def handle(self, *args: Any, **options: Any) -> None:
        if not (1 <= options["rounds"] <= 1_000 and 0.2 <= options["seconds"] <= 600):
            raise CommandError("--rounds: between 1 and 1,000; --seconds: between 0.2 and 600.")
        wanted = [options["only"]] if options["only"] else list(OTHERS)
        try:
            measured = self._measure(wanted, options)
        except (NotComparable, StageError, ProcessError, DatabaseError, OSError) as error:
            raise CommandError(str(error)) from error
        results = list(rounds.results(measured))
        if options["json"]:
            self.stdout.write(json.dumps({"results": [asdict(result) for result in results]}))
        else:
            load = f"The machine's load at the end: {os.getloadavg()[0]:.1f}."
            lines = [*rounds.table(measured), load, "", *map(str, results)]
            self.stdout.write("\n".join(lines))
        lost = [one for one in measured if one.missing]
        if lost:
            raise CommandError(f"{lost[0].tracker.name}: {lost[0].missing:,} clicks are missing.")

    def _measure(self, wanted: list[str], options: Any) -> list[rounds.TrackerRounds]:
        with ExitStack() as stack:
            folder = Path(
                stack.enter_context(tempfile.TemporaryDirectory(prefix="softclick-others-"))
            )
            trackers = [stack.enter_context(ours.running())]
            supervisor = stack.enter_context(Supervisor())
            for name in wanted:
                try:
                    trackers.append(self._start(stack, name, folder / name, supervisor, options))
                except NotComparable as error:
                    self.stderr.write(f"{name} is left out. {error}")
            if len(trackers) == 1:
                raise NotComparable("There is nothing to compare with.")
            return rounds.measure(trackers, options["rounds"], options["seconds"])

    def _start(
        self, stack: ExitStack, name: str, folder: Path, supervisor: Supervisor, options: Any
    ) -> Tracker:
        folder.mkdir()
        if name == "yourls":
            return stack.enter_context(yourls.running(folder, supervisor, options["yourls"]))
        return stack.enter_context(affiliate_system.running(folder, supervisor))
