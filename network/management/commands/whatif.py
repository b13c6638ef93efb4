"""``manage.py whatif``: what other cookie types, windows or soft rules would have done."""

import csv
import json
from argparse import ArgumentParser
from collections.abc import Iterable, Iterator
from datetime import datetime, timedelta
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from network import clock, money
from network.models import Advertiser
from publishers import cookie_types
from publishers.models import ModelType, Partnership, Publisher
from tracking import whatif_runs
from tracking.attribution import CookieType, SoftRule
from tracking.whatif import Change
from tracking.whatif_results import PartnerLine, Question, Result

NOT_REPRODUCED = 1
INPUT_UNUSABLE = 2
COLUMNS = (
    "advertiser",
    "publisher",
    "sales_before",
    "commission_before",
    "sales_after",
    "commission_after",
    "currency",
)


class Command(BaseCommand):
    help = (
        "Replay the sales of the last days as if cookie types, the soft rule or windows had been "
        "others since then, and show per publisher who would have been paid. Writes nothing. "
        "Without any change every sale is replayed as it was, which must give what was decided: it "
        "ends with status 1 when a sale differs."
    )

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument(
            "--advertiser", type=int, action="append", help="an advertiser's id; absent: all"
        )
        parser.add_argument("--days", type=int, default=90, help="1 to 400 (90)")
        parser.add_argument(
            "--set",
            action="append",
            default=[],
            metavar="WHO=TYPE",
            help="a publisher's id or a model type, to be hard or soft: --set 7=soft --set "
            "extension=soft; a model type stands for the partners that its default decides for",
        )
        parser.add_argument("--soft-rule", choices=[rule.value for rule in SoftRule])
        parser.add_argument(
            "--hard-days", type=int, help="the advertiser's cookie period, 1 to 400"
        )
        parser.add_argument("--soft-hours", type=int, help="1 to 720")
        parser.add_argument(
            "--own-days",
            action="append",
            default=[],
            metavar="PUBLISHER=DAYS",
            help="a partner's own cookie period; 0: the advertiser's",
        )
        output = parser.add_mutually_exclusive_group()
        output.add_argument("--csv", action="store_true", help="print a row for each partner")
        output.add_argument("--json", action="store_true", help="print the whole answer")

    def handle(self, *args: Any, **options: Any) -> None:
        now = clock.now()
        shops = _advertisers(options["advertiser"])
        _check("--days", options["days"], 400)
        _check("--hard-days", options["hard_days"], 400)
        _check("--soft-hours", options["soft_hours"], 720)
        changes = {shop.pk: _change(shop, options, now) for shop in shops}
        since = now - timedelta(days=options["days"])
        result = whatif_runs.ask(Question(changes, since, now), self._progress)
        self._progress(result.sales, last=True)
        printed = Printed(shops, result)
        if options["csv"]:
            csv.writer(self.stdout, lineterminator="\n").writerows(printed.rows())
        elif options["json"]:
            self.stdout.write(json.dumps(printed.as_json()))
        else:
            self.stdout.write("\n".join(printed.sentences()))
        if result.differing and not any(changes.values()):
            raise CommandError(
                f"{result.differing:,} sales were decided otherwise than their replay gives.",
                returncode=NOT_REPRODUCED,
            )

    def _progress(self, counted: int, *, last: bool = False) -> None:
        if self.stderr.isatty():
            self.stderr.write(f"\r{counted:,} sales", ending="\n" if last else "")


class Printed:
    """An answer for people and for programs."""

    def __init__(self, shops: Iterable[Advertiser], result: Result) -> None:
        self._shops = {shop.pk: shop for shop in shops}
        self._result = result
        known = {line.publisher for line in result.lines if line.publisher}
        self._names = dict(Publisher.objects.filter(pk__in=known).values_list("pk", "name"))

    def sentences(self) -> Iterator[str]:
        for key, shop in self._shops.items():
            found = self._result.of(key)
            counted = f"{found.differing:,} of {found.sales:,} sales"
            yield f"{shop}: {counted} would have ended differently."
            for line in found.lines:
                yield f"  {self._line(shop, line)}"
            for move in found.moves:
                earned = money.display(move.tally.commission_minor, shop.currency)
                yield (
                    f"  {self._name(move.source)} → {self._name(move.target)}: "
                    f"{move.tally.sales:,} sales, {earned}"
                )

    def rows(self) -> Iterator[tuple[object, ...]]:
        yield COLUMNS
        for line in self._result.lines:
            currency = self._shops[line.advertiser].currency
            yield (
                line.advertiser,
                line.publisher or "nobody",
                line.before.sales,
                money.plain(line.before.commission_minor, currency),
                line.after.sales,
                money.plain(line.after.commission_minor, currency),
                currency,
            )

    def as_json(self) -> dict[str, object]:
        return {
            "sales": self._result.sales,
            "differing": self._result.differing,
            "partners": [
                {
                    "advertiser": line.advertiser,
                    "publisher": line.publisher,
                    "currency": self._shops[line.advertiser].currency,
                    "sales": [line.before.sales, line.after.sales],
                    "commission_minor": [
                        line.before.commission_minor,
                        line.after.commission_minor,
                    ],
                }
                for line in self._result.lines
            ],
            "moves": [
                {
                    "advertiser": move.advertiser,
                    "from": move.source,
                    "to": move.target,
                    "sales": move.tally.sales,
                    "commission_minor": move.tally.commission_minor,
                    "conversions": list(move.examples),
                }
                for move in self._result.moves
            ],
        }

    def _line(self, shop: Advertiser, line: PartnerLine) -> str:
        before, after = (
            f"{tally.sales:,} sales, {money.display(tally.commission_minor, shop.currency)}"
            for tally in (line.before, line.after)
        )
        return f"{self._name(line.publisher)}: {before} → {after}"

    def _name(self, publisher: int | None) -> str:
        if publisher is None:
            return "Nobody"
        return f"{self._names.get(publisher, 'Publisher')} ({publisher})"


def _advertisers(wanted: list[int] | None) -> list[Advertiser]:
    shops = Advertiser.objects.order_by("pk")
    if wanted is None:
        return list(shops)
    found = list(shops.filter(pk__in=wanted))
    missing = set(wanted) - {shop.pk for shop in found}
    if missing:
        raise _unusable(f"--advertiser: there is no advertiser {min(missing)}.")
    return found


def _change(shop: Advertiser, options: dict[str, Any], now: datetime) -> Change:
    rule = options["soft_rule"]
    return Change(
        types=_types(shop, options["set"], now),
        soft_rule=SoftRule(rule) if rule else None,
        hard_days=options["hard_days"],
        own_hard_days=_own_days(options["own_days"]),
        soft_hours=options["soft_hours"],
    )


def _types(shop: Advertiser, given: list[str], now: datetime) -> dict[int, CookieType]:
    """By publisher; of a model type those that its default decides for, and whoever is named by
    its id has what is said of it."""
    of_model_types: dict[int, CookieType] = {}
    own: dict[int, CookieType] = {}
    for text in given:
        who, _, kind = text.partition("=")
        if kind not in set(CookieType):
            raise _unusable(f"--set {text}: give WHO=hard or WHO=soft.")
        if who.isascii() and who.isdecimal():
            own[_publisher(f"--set {text}", who)] = CookieType(kind)
        elif who in ModelType.values:
            of_model_types |= dict.fromkeys(_decided_by(shop, who, now), CookieType(kind))
        else:
            raise _unusable(
                f"--set {text}: {who!r} is neither a publisher's id nor one of "
                f"{', '.join(ModelType.values)}."
            )
    return of_model_types | own


def _decided_by(shop: Advertiser, model_type: str, now: datetime) -> list[int]:
    policies = cookie_types.policies(Partnership.objects.filter(advertiser=shop))
    publishers = dict(shop.partnerships.values_list("pk", "publisher"))
    in_force = {key: cookie_types.in_force(policy, now) for key, policy in policies.items()}
    return [
        publishers[key]
        for key, kind in in_force.items()
        if kind.model_type == model_type and kind.source != "own"
    ]


def _own_days(given: list[str]) -> dict[int, int | None]:
    days = {}
    for text in given:
        who, _, number = text.partition("=")
        if not (number.isascii() and number.isdecimal() and int(number) <= 400):
            raise _unusable(f"--own-days {text}: give PUBLISHER=DAYS, from 0 to 400.")
        days[_publisher(f"--own-days {text}", who)] = int(number) or None
    return days


def _publisher(where: str, text: str) -> int:
    if not (text.isascii() and text.isdecimal()):
        raise _unusable(f"{where}: {text!r} is no publisher's id.")
    if not Publisher.objects.filter(pk=int(text)).exists():
        raise _unusable(f"{where}: there is no publisher {text}.")
    return int(text)


def _check(name: str, number: int | None, most: int) -> None:
    if number is not None and not 1 <= number <= most:
        raise _unusable(f"{name}: between 1 and {most}.")


def _unusable(said: str) -> CommandError:
    return CommandError(said, returncode=INPUT_UNUSABLE)
