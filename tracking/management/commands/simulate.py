"""``manage.py simulate FILE``: journeys written by hand, and who is paid for each."""

import json
import sys
from argparse import ArgumentParser
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError
from django.utils.translation import gettext

from tracking.pages.simulator.words import failures_of, named, paid_sentence, verdict_sentence
from tracking.rule.attribution import MINUTE_MS
from tracking.simulator.format import format_time, read
from tracking.simulator.loading import shown
from tracking.simulator.play import PlayedScenario, simulate
from tracking.simulator.problems import Fault, Place, ScenarioError

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
    return {"name": result.scenario.name, "paid": result.paid, "verdicts": list(result.verdicts)}


def _failures(results: list[PlayedScenario]) -> Iterator[str]:
    for number, result in enumerate(results, 1):
        for failure in failures_of(result):
            place = Place(number, shown(result.scenario.name)).worded(gettext)
            yield ": ".join([*place, f"sale.{failure}"])


def _lines(result: PlayedScenario) -> Iterator[str]:
    """The journey in words: the outcome, and a line for each click."""
    yield result.scenario.name
    yield f"  Sale at {format_time(result.scenario.sale.minute)}: {paid_sentence(result)}"
    for judged in result.outcome.verdicts if result.outcome else ():
        click = judged.click
        at = format_time(click.at // MINUTE_MS)
        said = verdict_sentence(judged, result)
        yield f"  {named(click, result)}, at {at}: {judged.verdict}. {said}"
    for failure in failures_of(result):
        yield f"  NOT AS EXPECTED: {failure}"
