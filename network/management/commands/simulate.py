"""``manage.py simulate FILE``: journeys written by hand, and who is paid for each."""

import json
import sys
from argparse import ArgumentParser
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from tracking.attribution import MINUTE_MS, Click, Judged, Verdict
from tracking.scenarios import ScenarioError, format_time, read
from tracking.simulator import Result, number_of, simulate

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
            raise CommandError(str(error), returncode=INPUT_UNUSABLE) from None
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
        raise ScenarioError(
            f"{file}: {error.strerror}; give a file, or - for standard input"
        ) from None
    except UnicodeDecodeError as error:
        raise ScenarioError(
            f"{file}: byte {error.start} is not UTF-8; save the file as UTF-8"
        ) from None


def _record(result: Result) -> dict[str, Any]:
    return {"name": result.scenario.name, "paid": result.paid, "verdicts": list(result.verdicts)}


def _failures(results: list[Result]) -> Iterator[str]:
    for number, result in enumerate(results, 1):
        for failure in result.failures:
            yield f'entry {number} "{result.scenario.name}": sale.{failure}'


def _lines(result: Result) -> Iterator[str]:
    """The journey in words: the outcome, and a line for each click."""
    yield result.scenario.name
    yield f"  Sale at {format_time(result.scenario.sale.minute)}: {_paid(result)}"
    for judged in result.outcome.verdicts if result.outcome else ():
        click = judged.click
        at = format_time(click.at // MINUTE_MS)
        yield f"  {_named(click, result)}, at {at}: {judged.verdict}. {_sentence(judged, result)}"
    for failure in result.failures:
        yield f"  NOT AS EXPECTED: {failure}"


def _paid(result: Result) -> str:
    if result.outcome is None:
        return "nobody is paid; nothing that came with the sale leads to a click."
    closes = format_time(result.outcome.closes_at // MINUTE_MS)
    return f"{result.paid} is paid; final at {closes}."


def _named(click: Click, result: Result) -> str:
    return f"click {number_of(click)} ({result.publisher(click)}, {click.cookie_type})"


_SENTENCES = {
    Verdict.AFTER_CONVERSION: "It lies after the sale.",
    Verdict.NOT_PARTNER: "Its publisher was no approved partner then.",
    Verdict.INVALID: "It does not count.",
    Verdict.STOOD_DOWN: "The cookie was held by {by}.",
    Verdict.OVERWRITTEN: "The cookie was taken over by {by}.",
    Verdict.EXPIRED: "Its window had closed.",
    Verdict.SESSION_ENDED: "Its browser session had ended.",
    Verdict.CONTESTED: "Under the rule sole the open window of {by} leaves it unpaid.",
    Verdict.HELD: "It held the cookie at the sale.",
}


def _sentence(judged: Judged, result: Result) -> str:
    by = _named(judged.by, result) if judged.by else "another"
    return _SENTENCES[judged.verdict].format(by=by)
