"""What the lines of the page of performance are about: partners, programmes, days and so on."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta

from django.db.models import QuerySet
from django.utils.formats import date_format
from django.utils.translation import gettext as _

from network.models import Advertiser
from network.pages.figures.periods import DATES, Days
from publishers.cookie_types.current import model_types
from publishers.models import CookieTypeChoice, ModelType, Partnership, Publisher
from tracking.figures.queries import By, Line
from tracking.pages.performance.form import MODEL_TYPE, PARTNER

_KEY: Mapping[str, By] = {PARTNER: By.PUBLISHER, MODEL_TYPE: By.PUBLISHER}
"""What the rollups are asked by, where it is not what the lines are about."""
_UNKNOWN = "?"


@dataclass(frozen=True, slots=True)
class Item:
    """One thing that lines are about. ``query`` leads to this page for it alone, and ``narrows``
    the lists of clicks and commissions to its rows; None where no list can."""

    key: str
    name: str
    query: Mapping[str, str]
    narrows: Mapping[str, str] | None


@dataclass(frozen=True, slots=True)
class ItemNames:
    """The names of partners and programmes, and of partners' model types."""

    publishers: Mapping[int, str]
    advertisers: Mapping[int, str]
    model_types: Mapping[int, str]


def keys_of(groupings: Iterable[str]) -> list[By]:
    """What the rollups are asked by."""
    return list(dict.fromkeys(_KEY.get(by) or By(by) for by in groupings))


def names_of(
    groupings: Sequence[str], lines: Sequence[Line], seen: QuerySet[Partnership], now: datetime
) -> ItemNames:
    """A query for each kind of name that is needed."""
    publishers, advertisers = dict[int, str](), dict[int, str]()
    if PARTNER in groupings:
        named = Publisher.objects.filter(pk__in={line.key[By.PUBLISHER] for line in lines} - {None})
        publishers = dict(named.values_list("pk", "name"))
    if By.ADVERTISER in groupings:
        shops = Advertiser.objects.filter(pk__in={line.key[By.ADVERTISER] for line in lines})
        advertisers = dict(shops.values_list("pk", "name"))
    types: Mapping[int, str] = {}
    if MODEL_TYPE in groupings:
        ids = {line.key[By.PUBLISHER] for line in lines} - {None}
        types = model_types(seen.filter(publisher__in=ids), now)
    return ItemNames(publishers, advertisers, types)


def item_of(by: str, line: Line, names: ItemNames, days: Days) -> Item | None:
    """What the line is about in one respect; None of a sale that pays nobody, where it is asked
    who is paid."""
    match by:
        case "partner":
            return _partner(line.key[By.PUBLISHER], names)
        case "model_type":
            return _model_type(line.key[By.PUBLISHER], names)
        case By.ADVERTISER:
            key = str(line.key[By.ADVERTISER])
            name = names.advertisers[line.key[By.ADVERTISER]]
            return Item(key, name, {"advertiser": key}, {"advertiser": key})
        case By.COOKIE_TYPE:
            return _cookie_type(line.key[By.COOKIE_TYPE])
        case _:
            return _time(line.key[By(by)], By(by), days)


def together(asked: Sequence[Mapping[str, str]]) -> dict[str, str]:
    """Several parts of an address as one; of days those that all of them have."""
    found: dict[str, str] = {}
    for part in asked:
        for name, value in part.items():
            if name in found and name in ("since", "until"):
                value = (max if name == "since" else min)(value, found[name])
            found[name] = value
    return found


def _partner(key: int | None, names: ItemNames) -> Item | None:
    """Clicks with ids of no publisher, which anybody can make up, are together."""
    if not key:
        return None
    if key not in names.publishers:
        return Item(_UNKNOWN, _("Ids of no publisher"), {}, None)
    return Item(str(key), names.publishers[key], {"partner": str(key)}, {"publisher": str(key)})


def _model_type(publisher: int | None, names: ItemNames) -> Item | None:
    if not publisher:
        return None
    key = names.model_types.get(publisher, ModelType.OTHER.value)
    return Item(key, str(ModelType(key).label), {"model_type": key}, None)


def _cookie_type(key: str) -> Item | None:
    if not key:
        return None
    name = str(CookieTypeChoice(key).label)
    return Item(key, name, {"cookie_type": key}, {"cookie_type__exact": key})


def _time(start: date, by: By, days: Days) -> Item:
    """A day, a week or a month, as far as it lies within the days that are asked for."""
    end = _end(start, by)
    first, last = max(start, days.first), min(end, days.last)
    within = {"since": str(first), "until": str(last)}
    is_month = by is By.MONTH and (first, last) == (start, end)
    name = date_format(start, "F Y") if is_month else str(Days(first, last, days.zone))
    return Item(str(start), name, {"period": DATES, **within}, within)


def _end(start: date, by: By) -> date:
    if by is By.WEEK:
        return start + timedelta(days=6)
    if by is By.MONTH:
        return (start.replace(day=28) + timedelta(days=4)).replace(day=1) - timedelta(days=1)
    return start
