"""``manage.py whatif``: what other cookie types, windows or soft rules would have done."""

import json
from argparse import ArgumentParser
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any, TypeVar

from django.core.management.base import BaseCommand, CommandError
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from network import clock, money
from network.models import Advertiser
from network.project import history
from network.wording import counted
from publishers.models import ModelType, Publisher
from tracking.rule.attribution import CookieType, SoftRule
from tracking.rule.replay import Change
from tracking.whatif import runs
from tracking.whatif.answer_csv import moves_csv, partners_csv
from tracking.whatif.names import AnswerNames, names_of
from tracking.whatif.partners import Partner, partners_of, types_of, why_nobody
from tracking.whatif.results import (
    MOST_DAYS,
    MOST_SOFT_HOURS,
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
        "Replay the sales of the last days with other cookie types, windows or another soft rule, "
        "and show for each publisher who would have been paid. Writes nothing. Without any change "
        "the replay must give what was decided; if a sale differs, the exit status is 1. If an "
        "option cannot be used, it is 2."
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
            help="make a publisher (by id) or a model type hard or soft: --set 7=soft --set "
            "extension=soft; a model type means the partners whose cookie type is its default, and "
            "the setting of a single publisher takes precedence over it",
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
            help="print a table of the what-if page: a row for each partner (partners, the "
            "default), or for each pair of partners between which sales move (moves)",
        )
        output.add_argument("--json", action="store_true", help="print the whole answer")

    def handle(self, *args: Any, **options: Any) -> None:
        history.check_complete()
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
            self.stdout.write("\n".join(Printout(shops, question, result).lines()))
        if result.differing and not any(changes.values()):
            raise CommandError(_not_reproduced(result.differing), returncode=NOT_REPRODUCED)

    def _progress(self, sales: int, *, last: bool = False) -> None:
        if self.stderr.isatty():
            self.stderr.write("\r" + _sales(sales), ending="\n" if last else "")


# --- The answer ---------------------------------------------------------------------------------


class Printout:
    """An answer for people to read in a terminal."""

    def __init__(self, shops: Sequence[Advertiser], question: Question, result: Result) -> None:
        self._shops = shops
        self._question = question
        self._result = with_asked(result, question)
        self._names = names_of(self._result)

    def lines(self) -> Iterator[str]:
        if not self._shops:
            yield _("There is no advertiser yet: nothing to replay.")
        for shop in self._shops:
            yield from self._of(shop)

    def _of(self, shop: Advertiser) -> Iterator[str]:
        found = self._result.of(shop.pk)
        if shop.pk not in self._question.changes:
            yield _("%(advertiser)s: not replayed; the question concerns none of its partners.") % {
                "advertiser": shop
            }
        elif not found.sales:
            days = counted((self._question.until - self._question.since).days, "day")
            text = _("%(advertiser)s: no sales in %(days)s, nothing to replay.")
            yield text % {"advertiser": shop, "days": days}
        else:
            yield _differing(shop, found)
            for line in found.lines:
                before, after = (_tally(each, shop.currency) for each in (line.before, line.after))
                yield f"  {_name(line.publisher, self._names)}: {before} → {after}"
            for move in found.moves:
                source, target = (_name(key, self._names) for key in (move.source, move.target))
                yield f"  {source} → {target}: {_tally(move.tally, shop.currency)}"


def _differing(shop: Advertiser, result: Result) -> str:
    return ngettext(
        "%(advertiser)s: %(differing)s of %(sales)s sale would have been credited differently.",
        "%(advertiser)s: %(differing)s of %(sales)s sales would have been credited differently.",
        result.sales,
    ) % {
        "advertiser": shop,
        "differing": f"{result.differing:,}",
        "sales": f"{result.sales:,}",
    }


def _not_reproduced(sales: int) -> str:
    return ngettext(
        "The replay of %(sales)s sale does not give what was decided.",
        "The replay of %(sales)s sales does not give what was decided.",
        sales,
    ) % {"sales": f"{sales:,}"}


def _name(publisher: int | None, names: AnswerNames) -> str:
    """With the id, which is what the options take."""
    name = names.publisher(publisher)
    return name if publisher is None else f"{name} ({publisher})"


def _tally(tally: Tally, currency: str) -> str:
    return f"{_sales(tally.sales)}, {money.display(tally.commission_minor, currency)}"


def _sales(count: int) -> str:
    return ngettext("%(count)s sale", "%(count)s sales", count) % {"count": f"{count:,}"}


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
    """The options, for the advertiser, for model types and for publishers. ``said`` has the option
    in which each publisher and model type is named."""

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
        raise _unusable("--advertiser", _("there is no advertiser %(id)s.") % {"id": min(missing)})
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
    """The value for each publisher or model type, and the option that gives it. Raises CommandError
    if one is named twice."""
    wished: dict[Who, Wished] = {}
    said: dict[str | int, str] = {}
    for text in given:
        where = f"{option} {text}"
        typed, __, value = text.partition("=")
        who, held = read(where, typed, value)
        if who in said:
            known = {"name": typed, "option": said[who]}
            raise _unusable(where, _("%(name)s is in %(option)s already; keep one.") % known)
        wished[who], said[who] = held, where
    return wished, said


def _type_wished(where: str, typed: str, value: str) -> tuple[str | int, CookieType]:
    if value not in set(CookieType):
        raise _unusable(where, _("give WHO=hard or WHO=soft."))
    if not _is_number(typed) and typed not in ModelType.values:
        text = _("“%(typed)s” is neither a publisher's id nor one of %(model_types)s.")
        raise _unusable(where, text % {"typed": typed, "model_types": ", ".join(ModelType.values)})
    return int(typed) if _is_number(typed) else typed, CookieType(value)


def _days_wished(where: str, typed: str, value: str) -> tuple[int, int | None]:
    if not (_is_number(value) and int(value) <= MOST_DAYS):
        text = _("give PUBLISHER=DAYS, from 0 to %(most)s days.")
        raise _unusable(where, text % {"most": MOST_DAYS})
    if not _is_number(typed):
        raise _unusable(where, _("“%(typed)s” is not a publisher's id.") % {"typed": typed})
    return int(typed), int(value) or None


def _changes(shops: Sequence[Advertiser], wishes: Wishes, now: datetime) -> dict[int, Change]:
    """By advertiser. Advertisers that nothing is asked about are left out, unless nothing is asked
    at all."""
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
    """Refuse publishers and model types that stand for nobody at any of the advertisers."""
    known = {one.publisher for found in partners.values() for one in found}
    for who, option in wishes.said.items():
        if isinstance(who, int) and who not in known:
            raise _unusable(option, _no_partner(who, shops))
        if isinstance(who, str):
            whys = [why_nobody(who, found) for found in partners.values()]
            if all(whys):
                raise _unusable(option, whys[0] if len(whys) == 1 else _decides_for_nobody(who))


def _no_partner(publisher: int, shops: Sequence[Advertiser]) -> str:
    name = Publisher.objects.filter(pk=publisher).values_list("name", flat=True).first()
    if name is None:
        return _("there is no publisher %(id)s.") % {"id": publisher}
    known = {"name": name, "id": publisher, "advertiser": shops[0]}
    if len(shops) == 1:
        return _("%(name)s (%(id)s) is not a partner of %(advertiser)s.") % known
    return _("%(name)s (%(id)s) is not a partner of any of these advertisers.") % known


def _decides_for_nobody(model_type: str) -> str:
    text = _("The %(model_type)s default decides for nobody at any of these advertisers.")
    return text % {"model_type": ModelType(model_type).label}


def _is_number(text: str) -> bool:
    return text.isascii() and text.isdecimal() and len(text) < 19


def _check(name: str, number: int | None, most: int) -> None:
    if number is not None and not 1 <= number <= most:
        raise _unusable(name, _("between 1 and %(most)s.") % {"most": most})


def _unusable(option: str, problem: str) -> CommandError:
    return CommandError(f"{option}: {problem}", returncode=INPUT_UNUSABLE)
