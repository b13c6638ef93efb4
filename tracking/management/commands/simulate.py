"""``manage.py simulate FILE``: journeys written by hand, and who is paid for each."""

import json
import sys
from argparse import ArgumentParser
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError
from django.utils.translation import gettext

from tracking.pages.simulator.words import (
    brings_text,
    failures_of,
    named,
    paid_sentence,
    report_text,
    verdict_sentence,
)
from tracking.rule.attribution import MINUTE_MS
from tracking.simulator.format import read
from tracking.simulator.loading import shown
from tracking.simulator.play import PlayedReport, PlayedScenario, simulate
from tracking.simulator.problems import Fault, Place, ScenarioError
from tracking.simulator.times import format_time

EXPECTATION_FAILED = 1
INPUT_UNUSABLE = 2


class Command(BaseCommand):
    """Plays journeys in the format of ``docs/attribution.md``. Needs no database."""

    help = "Play journeys from a YAML or JSON file, and show who holds the cookie and is paid."
    requires_system_checks = []

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument(
            "file", help="journeys as in docs/attribution.md; - reads them from standard input"
        )
        parser.add_argument(
            "--json", action="store_true", help='print [{"name": …, "paid": …, "verdicts": […]}]'
        )

    def handle(self, *args: Any, **options: Any) -> None:
        try:
            scenarios = read(_text(options["file"]))
        except ScenarioError as error:
            raise CommandError(error.worded(gettext), returncode=INPUT_UNUSABLE) from None
        results = [simulate(scenario) for scenario in scenarios]
        if options["json"]:
            self.stdout.write(json.dumps([_record(result) for result in results]))
        else:
            self.stdout.write("\n\n".join("\n".join(_lines(result)) for result in results))
        failures = list(_failures(results))
        if failures:
            raise CommandError("\n".join(failures), returncode=EXPECTATION_FAILED)


def _text(file: str) -> str:
    """What the file says. Raises :class:`ScenarioError` when it cannot be read as text."""
    try:
        raw = sys.stdin.buffer.read() if file == "-" else Path(file).read_bytes()
        return raw.decode("utf-8-sig")
    except OSError as error:
        raise ScenarioError(Fault.UNREADABLE, file=file, reason=error.strerror) from None
    except UnicodeDecodeError as error:
        raise ScenarioError(Fault.NOT_UTF8, file=file, number=error.start) from None


def _record(result: PlayedScenario) -> dict[str, Any]:
    """Of evidence where the journey has some."""
    said = {"name": result.scenario.name, "paid": result.paid, "verdicts": list(result.verdicts)}
    if not result.scenario.sale.reports:
        return said
    outcomes = [report.outcome for report in result.reports]
    return {**said, "state": result.state, "figures": result.figures, "reports": outcomes}


def _failures(results: list[PlayedScenario]) -> Iterator[str]:
    for number, result in enumerate(results, 1):
        for failure in failures_of(result):
            place = Place(number, shown(result.scenario.name)).worded(gettext)
            yield ": ".join([*place, f"sale.{failure}"])


def _report_line(report: PlayedReport, result: PlayedScenario) -> str:
    """``report 2, at 1d, arrives 3d: keyed, 50.00, the id of click 1. Confirmed the sale.``"""
    step = report.sent.step
    at, arrives = format_time(step.minute), format_time(step.arrives)
    times = f"at {at}" if at == arrives else f"at {at}, arrives {arrives}"
    amount = " ".join(filter(None, (step.worth, step.currency)))
    counts = " Its figures count." if report.speaks else ""
    return (
        f"  report {report.sent.number}, {times}: {report.sent.rank}, {amount}, "
        f"{brings_text(report)}. {report_text(report, result)}.{counts}"
    )


def _lines(result: PlayedScenario) -> Iterator[str]:
    """The journey in words: the outcome, and a line for each report and each click."""
    yield result.scenario.name
    sold_at = format_time(result.sale.at // MINUTE_MS)
    yield f"  Sale at {sold_at}: {paid_sentence(result)}"
    if result.scenario.sale.reports:
        yield f"  State: {result.state}."
        yield from (_report_line(report, result) for report in result.reports)
    for judged in result.outcome.verdicts if result.outcome else ():
        click = judged.click
        at = format_time(click.at // MINUTE_MS)
        said = verdict_sentence(judged, result)
        yield f"  {named(click, result)}, at {at}: {judged.verdict}. {said}"
    for failure in failures_of(result):
        yield f"  NOT AS EXPECTED: {failure}"
