"""``manage.py bench``: how fast the product is here."""

import json
from argparse import ArgumentParser
from collections.abc import Callable, Mapping
from dataclasses import asdict, dataclass
from typing import Any

from django.core.management.base import BaseCommand, CommandError
from django.db import DatabaseError

from network.bench import click, whatif
from network.bench.intake import draining, late, recording, repeated
from network.bench.opening import ratios
from network.bench.results import Result
from network.bench.sales import closing, copies
from network.bench.seeding import filling
from network.bench.serving import latency, memory
from network.bench.stage import StageError


@dataclass(frozen=True, slots=True)
class Report:
    """What a measurement says; ``broken`` where what was measured did not do what it must."""

    results: list[Result]
    described: list[str]
    broken: str = ""


@dataclass(frozen=True, slots=True)
class Option:
    """A number that a measurement can be given, and its range."""

    name: str
    usual: float
    least: float
    most: float
    help: str

    def __str__(self) -> str:
        return f"--{self.name}: between {self.least:,} and {self.most:,}."


OPTIONS = (
    Option("seconds", 10.0, 0.5, 600, "click: how long each side is asked"),
    Option("workers", 2, 1, 64, "click: the server's workers"),
    Option("sales", whatif.SALES, 1, 10_000_000, "whatif: how many at least"),
    Option("days", whatif.DAYS, 1, 400, "whatif: days"),
    Option("due", closing.SALES, copies.MADE, 10_000_000, "finalising: sales due"),
    Option("rate", latency.PER_SECOND, 1, 10_000, "load: clicks/s"),
    Option("load-seconds", float(latency.SECONDS), 1, 3_600, "load: how long"),
    Option("requests", memory.REQUESTS, 1_000, 100_000_000, "memory: how many"),
    Option("seed", filling.CLICKS, 1_000, 100_000_000, "seed, pages: clicks"),
    Option(
        *("reports", recording.REPORTS, 10, 1_000_000),
        "recording; late, repeated, drain: in proportion",
    ),
)
FAILURES = (
    click.ClicksLost,
    closing.NotClosed,
    filling.NotConsistent,
    draining.NotDrained,
    late.NotDecidedAgain,
    recording.NotRecorded,
    repeated.ReportsLost,
    ratios.NotOpened,
    whatif.NotCounted,
    StageError,
    DatabaseError,
    OSError,
)


class Command(BaseCommand):
    help = (
        "Measure speeds on a database and a spool of their own that are thrown away. click: "
        "requests/s of a recorded click next to a view that does nothing, on the same server; "
        "clicks are taken into PostgreSQL and counted afterwards. whatif: seconds for what-ifs "
        "over 90 days and 100,000 sales. finalising: sales/s that become final, next to the same "
        "in SQL alone. load: what a click takes at a fixed rate while the drain, reports, the "
        "closing of sales, what-ifs and pages run. memory: RSS of a web worker over a million "
        "clicks. recording: reports/s from the spool to decided sales. late: milliseconds for a "
        "click or report after which a sale is decided again. repeated: CPU of each of 10,000 "
        "reports of one order. drain: clicks/s from the spool, next to COPY. seed: clicks/s with "
        "which realistic data is filled in. pages, only when named: every page and list with so "
        "many rows, next to a hundredth of them. Ends with status 1 "
        "when a click or a sale was lost or answered wrongly, a what-if did not come to its end, "
        "or a sale was not closed."
    )

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--only", choices=tuple(MEASUREMENTS), help="measure this alone")
        parser.add_argument("--json", action="store_true", help='print {"results": […]} alone')
        for option in OPTIONS:
            parser.add_argument(
                f"--{option.name}",
                type=type(option.usual),
                default=option.usual,
                help=f"{option.help} ({option.usual:,})",
            )

    def handle(self, *args: Any, **options: Any) -> None:
        for option in OPTIONS:
            if not option.least <= options[option.name.replace("-", "_")] <= option.most:
                raise CommandError(str(option))
        by_default = [name for name in MEASUREMENTS if name not in ONLY_WHEN_NAMED]
        wanted = [options["only"]] if options["only"] else by_default
        try:
            reports = [MEASUREMENTS[name](options) for name in wanted]
        except FAILURES as error:
            raise CommandError(str(error)) from error
        self._print(reports, as_json=options["json"])
        for report in reports:
            if report.broken:
                raise CommandError(report.broken)

    def _print(self, reports: list[Report], *, as_json: bool) -> None:
        results = [result for report in reports for result in report.results]
        if as_json:
            self.stdout.write(json.dumps({"results": [asdict(result) for result in results]}))
            return
        described = [line for report in reports for line in report.described]
        self.stdout.write("\n".join([*map(str, results), "", *described]))


def _click(options: Mapping[str, Any]) -> Report:
    measured = click.measure(options["seconds"], options["workers"])
    broken = ""
    if measured.recorded != measured.clicks:
        broken = f"{measured.clicks:,} clicks were answered, {measured.recorded:,} were recorded."
    return Report(list(click.results(measured)), list(click.describe(measured)), broken)


def _whatif(options: Mapping[str, Any]) -> Report:
    measured = whatif.measure(options["sales"], options["days"])
    return Report(list(whatif.results(measured)), list(whatif.describe(measured)))


def _finalising(options: Mapping[str, Any]) -> Report:
    measured = closing.measure(options["due"])
    return Report(list(closing.results(measured)), list(closing.describe(measured)))


def _load(options: Mapping[str, Any]) -> Report:
    measured = latency.measure(options["rate"], options["load_seconds"], options["due"])
    return Report(
        list(latency.results(measured)),
        list(latency.describe(measured)),
        latency.broken(measured),
    )


def _memory(options: Mapping[str, Any]) -> Report:
    measured = memory.measure(options["requests"])
    return Report(
        list(memory.results(measured)),
        list(memory.describe(measured)),
        memory.broken(measured),
    )


def _seed(options: Mapping[str, Any]) -> Report:
    measured = filling.measure(options["seed"])
    return Report(list(filling.results(measured)), list(filling.describe(measured)))


def _recording(options: Mapping[str, Any]) -> Report:
    measured = recording.measure(options["reports"])
    return Report(list(recording.results(measured)), list(recording.describe(measured)))


def _late(options: Mapping[str, Any]) -> Report:
    measured = late.measure(max(options["reports"] // 2, 3))
    return Report(list(late.results(measured)), list(late.describe(measured)))


def _repeated(options: Mapping[str, Any]) -> Report:
    measured = repeated.measure(2 * options["reports"])
    return Report(list(repeated.results(measured)), list(repeated.describe(measured)))


def _drain(options: Mapping[str, Any]) -> Report:
    measured = draining.measure(4 * options["reports"])
    return Report(list(draining.results(measured)), list(draining.describe(measured)))


def _pages(options: Mapping[str, Any]) -> Report:
    measured = ratios.measure(options["seed"])
    return Report(list(ratios.results(measured)), list(ratios.describe(measured)))


MEASUREMENTS: Mapping[str, Callable[[Mapping[str, Any]], Report]] = {
    "click": _click,
    "whatif": _whatif,
    "finalising": _finalising,
    "seed": _seed,
    "pages": _pages,
    "load": _load,
    "memory": _memory,
    "recording": _recording,
    "late": _late,
    "repeated": _repeated,
    "drain": _drain,
}
ONLY_WHEN_NAMED = ("pages",)
"""It fills in a million clicks, and opens hundreds of pages."""
