"""The lines of the page of performance: what happened in some days, by what they are asked for."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta

from django.db.models import QuerySet
from django.utils.translation import gettext as _

from network.models import Advertiser
from network.pages.figures.forms import PeriodForm
from network.pages.figures.periods import Days
from publishers.cookie_types.current import model_types
from publishers.models import CookieTypeChoice, ModelType, Partnership, Publisher
from tracking.figures import queries
from tracking.figures.queries import By, Line, Period, Scope
from tracking.pages.performance.form import MODEL_TYPE, PARTNER, PerformanceForm

_KEY: Mapping[str, By] = {PARTNER: By.PUBLISHER, MODEL_TYPE: By.PUBLISHER}
"""What the rollups are asked by, where it is not what the lines are about."""


@dataclass(frozen=True, slots=True)
class PerformanceRow:
    """A line with the name of what it is about. ``query`` leads to this page for it alone, and
    ``narrows`` the lists of clicks and commissions to its rows; None where no list can."""

    name: str
    line: Line
    query: Mapping[str, str]
    narrows: Mapping[str, str] | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Section:
    """The figures in one currency: of the days, of those before, and line by line."""

    currency: str
    total: Line
    before: Line
    rows: Sequence[PerformanceRow]
    by_day: Sequence[tuple[date, Line]]


def scope_of(
    form: PerformanceForm, seen: QuerySet[Partnership], scope: Scope, now: datetime
) -> Scope:
    """Whose figures: of what the reader sees, what is asked for. One query at most."""
    data = form.cleaned_data
    if data["advertiser"]:
        scope = replace(scope, advertisers=frozenset({data["advertiser"].pk}))
    if data["cookie_type"]:
        scope = replace(scope, cookie_type=data["cookie_type"])
    publishers = {data["partner"].pk} if data["partner"] else None
    if data["model_type"]:
        types = model_types(seen, now)
        found = {key for key, held in types.items() if held == data["model_type"]}
        publishers = found if publishers is None else publishers & found
    return scope if publishers is None else replace(scope, publishers=frozenset(publishers))


def periods_of(form: PeriodForm, now: datetime) -> tuple[Period, Period]:
    """What has passed of the days by now, this hour included, and as much of those before."""
    days, compared = form.days(), form.compared()
    period = Period(days.since, days.until).so_far(now)
    return period, period.as_much_of(Period(compared.since, compared.until))


def sections(
    form: PerformanceForm, scope: Scope, now: datetime, seen: QuerySet[Partnership]
) -> list[Section]:
    """By currency. Six queries at most."""
    (period, before), zone = periods_of(form, now), form.zone
    totals = queries.totals(scope, period)
    ago = {line.currency: line for line in queries.totals(scope, before)}
    lines = queries.lines(scope, period, [_KEY.get(form.grouping) or By(form.grouping)], zone)
    by_day = queries.lines(scope, period, [By.DAY], zone)
    rows = _rows(form, lines, _names(form.grouping, lines, seen, now))
    return [
        Section(
            currency=total.currency,
            total=total,
            before=ago.get(total.currency, Line(key={}, currency=total.currency)),
            rows=[row for row in rows if row.line.currency == total.currency],
            by_day=_days(form, [line for line in by_day if line.currency == total.currency]),
        )
        for total in totals
    ]


@dataclass(frozen=True, slots=True)
class _Names:
    """The names of partners and programmes, and of partners' model types."""

    publishers: Mapping[int, str]
    advertisers: Mapping[int, str]
    model_types: Mapping[int, str]


def _names(by: str, lines: Sequence[Line], seen: QuerySet[Partnership], now: datetime) -> _Names:
    if by == By.ADVERTISER:
        ids = {line.key[By.ADVERTISER] for line in lines}
        names = Advertiser.objects.filter(pk__in=ids).values_list("pk", "name")
        return _Names({}, dict(names), {})
    if by not in (PARTNER, MODEL_TYPE):
        return _Names({}, {}, {})
    ids = {line.key[By.PUBLISHER] for line in lines if line.key[By.PUBLISHER]}
    if by == PARTNER:
        named = Publisher.objects.filter(pk__in=ids).values_list("pk", "name")
        return _Names(dict(named), {}, {})
    return _Names({}, {}, model_types(seen.filter(publisher__in=ids), now))


def _rows(form: PerformanceForm, lines: Sequence[Line], names: _Names) -> list[PerformanceRow]:
    """In the order of time, or else what sold most first. A sale that pays nobody is of no line."""
    lines = [line for line in lines if line.clicks_recorded or line.sales]
    match form.grouping:
        case "partner":
            rows = _partners([line for line in lines if line.key[By.PUBLISHER]], names)
        case "model_type":
            rows = [_model_type(*each) for each in _by_model_type(lines, names).items()]
        case By.ADVERTISER:
            rows = [_advertiser(line, names) for line in lines]
        case By.COOKIE_TYPE:
            rows = [_cookie_type(line) for line in lines if line.key[By.COOKIE_TYPE]]
        case _:
            return [_time(line, By(form.grouping), form) for line in lines]
    return sorted(rows, key=lambda row: (-row.line.sale_amount_minor, -row.line.clicks_counting))


def _partners(lines: Sequence[Line], names: _Names) -> list[PerformanceRow]:
    """Clicks with ids of no publisher, which anybody can make up, are one line of each currency."""
    rows, unknown = list[PerformanceRow](), dict[str, Line]()
    for line in lines:
        publisher = line.key[By.PUBLISHER]
        if publisher in names.publishers:
            rows.append(_partner(line, names.publishers[publisher]))
        else:
            before = unknown.get(line.currency)
            unknown[line.currency] = before + line if before else line
    nobody = _("Ids of no publisher")
    rows += [PerformanceRow(nobody, line, {"by": PARTNER}, None) for line in unknown.values()]
    return rows


def _partner(line: Line, name: str) -> PerformanceRow:
    key = str(line.key[By.PUBLISHER])
    return PerformanceRow(name, line, {"partner": key, "by": "day"}, {"publisher": key})


def _by_model_type(lines: Sequence[Line], names: _Names) -> Mapping[tuple[str, str], Line]:
    """Partners of a type together, in each currency."""
    found: dict[tuple[str, str], Line] = {}
    for line in lines:
        if line.key[By.PUBLISHER]:
            model_type = names.model_types.get(line.key[By.PUBLISHER], ModelType.OTHER.value)
            at = model_type, line.currency
            found[at] = found[at] + line if at in found else line
    return found


def _model_type(at: tuple[str, str], line: Line) -> PerformanceRow:
    model_type, _currency = at
    name = str(ModelType(model_type).label)
    return PerformanceRow(name, line, {"model_type": model_type, "by": PARTNER}, None)


def _advertiser(line: Line, names: _Names) -> PerformanceRow:
    key = line.key[By.ADVERTISER]
    return PerformanceRow(
        names.advertisers[key],
        line,
        {"advertiser": str(key), "by": PARTNER},
        {"advertiser": str(key)},
    )


def _cookie_type(line: Line) -> PerformanceRow:
    key = line.key[By.COOKIE_TYPE]
    name = str(CookieTypeChoice(key).label)
    return PerformanceRow(
        name, line, {"cookie_type": key, "by": PARTNER}, {"cookie_type__exact": key}
    )


def _time(line: Line, by: By, form: PerformanceForm) -> PerformanceRow:
    """A day, a week or a month, as far as it lies within the days that are asked for."""
    days, start = form.days(), line.key[by]
    first, last = max(start, days.first), min(_end(start, by), days.last)
    within = {"since": str(first), "until": str(last)}
    name = str(Days(first, last, form.zone))
    return PerformanceRow(name, line, {"period": "dates", **within, "by": PARTNER}, within)


def _end(start: date, by: By) -> date:
    if by is By.WEEK:
        return start + timedelta(days=6)
    if by is By.MONTH:
        return (start.replace(day=28) + timedelta(days=4)).replace(day=1) - timedelta(days=1)
    return start


def _days(form: PerformanceForm, lines: Sequence[Line]) -> list[tuple[date, Line]]:
    """Every day, those without anything included."""
    found = {line.key[By.DAY]: line for line in lines}
    return [(day, found.get(day, Line(key={}, currency=""))) for day in form.days().all]
