"""``manage.py whatif``: what other cookie types, windows or soft rules would have done."""

import json
from argparse import ArgumentParser
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any, TypeVar

from django.core.management.base import BaseCommand, CommandError

from network import clock, money
from network.models import Advertiser
from network.wording import counted
from publishers.models import ModelType, Publisher
from tracking.rule.attribution import CookieType, SoftRule
from tracking.rule.replay import Change
from tracking.whatif import runs
from tracking.whatif.answer import moves_csv, partners_csv
from tracking.whatif.partners import Partner, partners_of, types_of, why_nobody
from tracking.whatif.results import (
    MOST_DAYS,
    MOST_SOFT_HOURS,
    PartnerLine,
    Question,
    Result,
    Tally,
    with_asked,
)

NOT_REPRODUCED = 1
INPUT_UNUSABLE = 2
Who = TypeVar("Who", bound=str | int)
Wished = TypeVar("Wished")
TABLES: Mapping[str, Callable[[Question, Result], str]] = {
    "partners": partners_csv,
    "moves": moves_csv,
}


class Command(BaseCommand):
    help = (
        "Replay the sales of the last days as if cookie types, the soft rule or windows had been "
        "others since then, and show per publisher who would have been paid. Writes nothing. "
        "Without any change every sale is replayed as it was, which must give what was decided: it "
        "ends with status 1 when a sale differs. With status 2 it refuses what cannot be asked."
    )

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument(
            "--advertiser", type=int, action="append", help="an advertiser's id; absent: all"
        )
        parser.add_argument("--days", type=int, default=90, help=f"1 to {MOST_DAYS} (90)")
        parser.add_argument(
            "--set",
            action="append",
            default=[],
            metavar="WHO=TYPE",
            help="a publisher's id or a model type, to be hard or soft: --set 7=soft --set "
            "extension=soft; a model type stands for the partners that its default decides for, "
            "and what is said of a publisher outweighs it",
        )
        parser.add_argument("--soft-rule", choices=[rule.value for rule in SoftRule])
        parser.add_argument(
            "--hard-days", type=int, help=f"the advertiser's cookie period, 1 to {MOST_DAYS}"
        )
        parser.add_argument("--soft-hours", type=int, help=f"1 to {MOST_SOFT_HOURS}")
        parser.add_argument(
            "--own-days",
            action="append",
            default=[],
            metavar="PUBLISHER=DAYS",
            help="a partner's own cookie period; 0: the advertiser's",
        )
        output = parser.add_mutually_exclusive_group()
        output.add_argument(
            "--csv",
            nargs="?",
            const="partners",
            choices=tuple(TABLES),
            help="print a table of the what-if page: a row for each partner (partners, which is "
            "meant without a word), or from whom to whom (moves)",
        )
        output.add_argument("--json", action="store_true", help="print the whole answer")

    def handle(self, *args: Any, **options: Any) -> None:
        now = clock.now()
        shops = _advertisers(options["advertiser"])
        changes = _changes(shops, _wishes(options), now)
        since = now - timedelta(days=options["days"])
        question = Question(changes, since, now)
        result = runs.ask(question, self._progress)
        self._progress(result.sales, last=True)
        if options["csv"]:
            self.stdout.write(TABLES[options["csv"]](question, result), ending="")
        elif options["json"]:
            self.stdout.write(json.dumps(_as_json(shops, with_asked(result, question))))
        else:
            self.stdout.write("\n".join(Told(shops, question, result).sentences()))
        if result.differing and not any(changes.values()):
            one = result.differing == 1
            raise CommandError(
                f"{_sales(result.differing)} {'was' if one else 'were'} decided otherwise than "
                f"{'its' if one else 'their'} replay gives.",
                returncode=NOT_REPRODUCED,
            )

    def _progress(self, counted: int, *, last: bool = False) -> None:
        if self.stderr.isatty():
            self.stderr.write(f"\r{_sales(counted)}", ending="\n" if last else "")


# --- The answer ---------------------------------------------------------------------------------


class Told:
    """An answer for people."""

    def __init__(self, shops: Sequence[Advertiser], question: Question, result: Result) -> None:
        self._shops = shops
        self._question = question
        self._result = with_asked(result, question)
        known = {line.publisher for line in self._result.lines if line.publisher}
        self._names = dict(Publisher.objects.filter(pk__in=known).values_list("pk", "name"))

    def sentences(self) -> Iterator[str]:
        if not self._shops:
            yield "There is no advertiser yet: nothing to replay."
        for shop in self._shops:
            yield from self._of(shop)

    def _of(self, shop: Advertiser) -> Iterator[str]:
        found = self._result.of(shop.pk)
        if shop.pk not in self._question.changes:
            yield f"{shop}: not replayed; what was asked is of none of its partners."
        elif not found.sales:
            days = (self._question.until - self._question.since).days
            yield f"{shop}: no sales in {counted(days, 'day')}, nothing to replay."
        else:
            differing = f"{found.differing:,} of {_sales(found.sales)}"
            yield f"{shop}: {differing} would have ended differently."
            yield from (f"  {self._line(line, shop.currency)}" for line in found.lines)
            for move in found.moves:
                pair = f"{self._name(move.source)} → {self._name(move.target)}"
                yield f"  {pair}: {_told(move.tally, shop.currency)}"

    def _line(self, line: PartnerLine, currency: str) -> str:
        before, after = (_told(tally, currency) for tally in (line.before, line.after))
        return f"{self._name(line.publisher)}: {before} → {after}"

    def _name(self, publisher: int | None) -> str:
        if publisher is None:
            return "Nobody"
        return f"{self._names.get(publisher, 'Publisher')} ({publisher})"


def _told(tally: Tally, currency: str) -> str:
    return f"{_sales(tally.sales)}, {money.display(tally.commission_minor, currency)}"


def _sales(count: int) -> str:
    return "1 sale" if count == 1 else f"{count:,} sales"


def _as_json(shops: Sequence[Advertiser], result: Result) -> dict[str, object]:
    currencies = {shop.pk: shop.currency for shop in shops}
    return {
        "sales": result.sales,
        "differing": result.differing,
        "partners": [
            {
                "advertiser": line.advertiser,
                "publisher": line.publisher,
                "currency": currencies[line.advertiser],
                "sales": [line.before.sales, line.after.sales],
                "commission_minor": [line.before.commission_minor, line.after.commission_minor],
            }
            for line in result.lines
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
            for move in result.moves
        ],
    }


# --- The question -------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Wishes:
    """What was typed: of the advertiser, of model types, of publishers. ``said`` has an option for
    each publisher and model type that is named."""

    general: Change
    kinds: Mapping[str, CookieType] = field(default_factory=dict)
    own_types: Mapping[int, CookieType] = field(default_factory=dict)
    own_days: Mapping[int, int | None] = field(default_factory=dict)
    said: Mapping[str | int, str] = field(default_factory=dict)

    @property
    def are_of_partners(self) -> bool:
        return bool(self.said)

    def at(self, partners: Sequence[Partner]) -> Change:
        """What they are for an advertiser with these partners."""
        here = {one.publisher for one in partners}
        return Change(
            types=types_of(self.kinds, self.own_types, partners),
            soft_rule=self.general.soft_rule,
            hard_days=self.general.hard_days,
            own_hard_days={key: days for key, days in self.own_days.items() if key in here},
            soft_hours=self.general.soft_hours,
        )


def _advertisers(wanted: list[int] | None) -> list[Advertiser]:
    shops = Advertiser.objects.order_by("pk")
    if wanted is None:
        return list(shops)
    found = list(shops.filter(pk__in=wanted))
    missing = set(wanted) - {shop.pk for shop in found}
    if missing:
        raise _unusable(f"--advertiser: there is no advertiser {min(missing)}.")
    return found


def _wishes(options: Mapping[str, Any]) -> Wishes:
    _check("--days", options["days"], MOST_DAYS)
    _check("--hard-days", options["hard_days"], MOST_DAYS)
    _check("--soft-hours", options["soft_hours"], MOST_SOFT_HOURS)
    rule = options["soft_rule"]
    types, said_types = _read("--set", options["set"], _type_wished)
    own_days, said_days = _read("--own-days", options["own_days"], _days_wished)
    return Wishes(
        Change(
            soft_rule=SoftRule(rule) if rule else None,
            hard_days=options["hard_days"],
            soft_hours=options["soft_hours"],
        ),
        kinds={who: kind for who, kind in types.items() if isinstance(who, str)},
        own_types={who: kind for who, kind in types.items() if isinstance(who, int)},
        own_days=own_days,
        said={**said_days, **said_types},
    )


def _read(
    option: str, given: Sequence[str], read: Callable[[str, str, str], tuple[Who, Wished]]
) -> tuple[dict[Who, Wished], dict[str | int, str]]:
    """What is wished of each publisher or model type, and where it says so; once of each."""
    wished: dict[Who, Wished] = {}
    said: dict[str | int, str] = {}
    for text in given:
        where = f"{option} {text}"
        typed, _, value = text.partition("=")
        who, held = read(where, typed, value)
        if who in said:
            raise _unusable(f"{where}: {typed} is in {said[who]} already; keep one.")
        wished[who], said[who] = held, where
    return wished, said


def _type_wished(where: str, typed: str, value: str) -> tuple[str | int, CookieType]:
    if value not in set(CookieType):
        raise _unusable(f"{where}: give WHO=hard or WHO=soft.")
    if not _is_number(typed) and typed not in ModelType.values:
        raise _unusable(
            f"{where}: {typed!r} is neither a publisher's id nor one of "
            f"{', '.join(ModelType.values)}."
        )
    return int(typed) if _is_number(typed) else typed, CookieType(value)


def _days_wished(where: str, typed: str, value: str) -> tuple[int, int | None]:
    if not (_is_number(value) and int(value) <= MOST_DAYS):
        raise _unusable(f"{where}: give PUBLISHER=DAYS, from 0 to {MOST_DAYS}.")
    if not _is_number(typed):
        raise _unusable(f"{where}: {typed!r} is no publisher's id.")
    return int(typed), int(value) or None


def _changes(shops: Sequence[Advertiser], wishes: Wishes, now: datetime) -> dict[int, Change]:
    """By advertiser; without those at whom nothing of it is asked, unless nothing is at all."""
    partners: dict[int, list[Partner]] = {shop.pk: [] for shop in shops}
    if wishes.are_of_partners:
        partners = {shop.pk: partners_of(shop, now) for shop in shops}
        _check_partners(shops, wishes, partners)
    changes = {key: wishes.at(found) for key, found in partners.items()}
    asked = {key: change for key, change in changes.items() if change}
    return asked or changes


def _check_partners(
    shops: Sequence[Advertiser], wishes: Wishes, partners: Mapping[int, Sequence[Partner]]
) -> None:
    """Refuse what is of nobody at any of the advertisers."""
    known = {one.publisher for found in partners.values() for one in found}
    where = str(shops[0]) if len(shops) == 1 else "any of these advertisers"
    for who, said in wishes.said.items():
        if isinstance(who, int) and who not in known:
            name = Publisher.objects.filter(pk=who).values_list("name", flat=True).first()
            if name is None:
                raise _unusable(f"{said}: there is no publisher {who}.")
            raise _unusable(f"{said}: {name} ({who}) is no partner of {where}.")
        if isinstance(who, str):
            whys = [why_nobody(who, found) for found in partners.values()]
            if all(whys):
                label = ModelType(who).label
                several = f"The {label} default decides for nobody at {where}."
                raise _unusable(f"{said}: {whys[0] if len(whys) == 1 else several}")


def _is_number(text: str) -> bool:
    return text.isascii() and text.isdecimal() and len(text) < 19


def _check(name: str, number: int | None, most: int) -> None:
    if number is not None and not 1 <= number <= most:
        raise _unusable(f"{name}: between 1 and {most}.")


def _unusable(said: str) -> CommandError:
    return CommandError(said, returncode=INPUT_UNUSABLE)
