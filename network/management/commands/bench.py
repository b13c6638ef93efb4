"""``manage.py bench``: how fast the product is here, as ratios within one run."""

import json
from argparse import ArgumentParser
from dataclasses import asdict
from typing import Any

from django.core.management.base import BaseCommand, CommandError
from django.db import DatabaseError

from network.bench import click
from network.bench.stage import StageError


class Command(BaseCommand):
    help = (
        "Measure speeds, each as a ratio to something simple in the same run, on a database and a "
        "spool of their own that are thrown away. click: requests/s of a recorded click next to a "
        "view that does nothing, on the same server; clicks are taken into PostgreSQL and counted "
        "afterwards. Ends with status 1 when a click was lost or answered wrongly."
    )

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--only", choices=("click",), help="measure this alone")
        parser.add_argument("--json", action="store_true", help='print {"results": […]} alone')
        parser.add_argument(
            "--seconds", type=float, default=10.0, help="how long each side is asked (10)"
        )
        parser.add_argument("--workers", type=int, default=2, help="web workers (2)")

    def handle(self, *args: Any, **options: Any) -> None:
        if not 0.5 <= options["seconds"] <= 600:
            raise CommandError("--seconds: between 0.5 and 600.")
        try:
            measured = click.measure(options["seconds"], options["workers"])
        except (click.ClicksLost, StageError, DatabaseError, OSError) as error:
            raise CommandError(str(error)) from error
        results = list(click.results(measured))
        if options["json"]:
            self.stdout.write(json.dumps({"results": [asdict(result) for result in results]}))
        else:
            self.stdout.write("\n".join([*map(str, results), "", *click.describe(measured)]))
        if measured.recorded != measured.clicks:
            raise CommandError(
                f"{measured.clicks:,} clicks were answered, {measured.recorded:,} were recorded."
            )
