"""The lines of the page of performance: what happened in some days, by what they are asked for."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime

from django.db.models import QuerySet

from network.pages.figures.forms import PeriodForm
from publishers.cookie_types.current import model_types
from publishers.models import Partnership
from tracking.figures import queries
from tracking.figures.queries import By, Line, Period, Scope
from tracking.pages.performance.form import TIMES, PerformanceForm
from tracking.pages.performance.items import Item, ItemNames, item_of, keys_of, names_of, together


@dataclass(frozen=True, slots=True)
class PerformanceRow:
    """A line, and what it is about: an item for each thing that lines are asked by."""

    items: Sequence[Item]
    line: Line

    @property
    def queries(self) -> Sequence[Mapping[str, str]]:
        """Of each item what leads to this page for it, and for those before it, alone."""
        return [
            together([item.query for item in self.items[: last + 1]])
            for last in range(len(self.items))
        ]

    @property
    def narrows(self) -> Mapping[str, str] | None:
        """What leads lists of clicks and commissions to its rows; None where no list can."""
        found = [item.narrows for item in self.items if item.narrows is not None]
        return together(found) if len(found) == len(self.items) else None


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
    lines = queries.lines(scope, period, keys_of(form.groupings), zone)
    by_day = queries.lines(scope, period, [By.DAY], zone)
    rows = _rows(form, lines, names_of(form.groupings, lines, seen, now))
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


def _rows(form: PerformanceForm, lines: Sequence[Line], names: ItemNames) -> list[PerformanceRow]:
    """In the order of time, or else what sold most first, item by item. A sale that pays nobody is
    of no line."""
    days, found = form.days(), dict[tuple[object, ...], PerformanceRow]()
    for line in lines:
        items = [item_of(by, line, names, days) for by in form.groupings]
        if None in items or not (line.clicks_recorded or line.sales):
            continue
        row = PerformanceRow([item for item in items if item], line)
        at = (line.currency, *(item.key for item in row.items))
        found[at] = replace(row, line=found[at].line + line) if at in found else row
    return _in_order(form, list(found.values()))


def _in_order(form: PerformanceForm, rows: list[PerformanceRow]) -> list[PerformanceRow]:
    sums = dict[tuple[object, ...], Line]()
    for row in rows:
        for last in range(len(row.items)):
            at = _place(row, last)
            sums[at] = sums[at] + row.line if at in sums else row.line

    def rank(row: PerformanceRow) -> list[object]:
        return [
            row.items[last].key
            if by in TIMES
            else (-sums[at].sale_amount_minor, -sums[at].clicks_counting, row.items[last].name)
            for last, by in enumerate(form.groupings)
            for at in [_place(row, last)]
        ]

    return sorted(rows, key=rank)


def _place(row: PerformanceRow, last: int) -> tuple[object, ...]:
    return (row.line.currency, *(item.key for item in row.items[: last + 1]))


def _days(form: PerformanceForm, lines: Sequence[Line]) -> list[tuple[date, Line]]:
    """Every day, those without anything included."""
    found = {line.key[By.DAY]: line for line in lines}
    return [(day, found.get(day, Line(key={}, currency=""))) for day in form.days().all]
