"""What partners brought in, and what it cost: for staff, over days that they choose."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any
from urllib.parse import urlencode

from django.contrib import admin
from django.forms import ModelChoiceField
from django.http import HttpRequest, HttpResponse
from django.template.response import TemplateResponse
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_safe

from network import clock, money
from network.pages.figures.definitions import Figure
from network.pages.figures.periods import CHOICES, network_zone
from network.people import access
from publishers.models import Partnership
from tracking.figures.queries import Line, Scope
from tracking.pages.performance.columns import CLICKS, COLUMNS, Column
from tracking.pages.performance.export import csv_of
from tracking.pages.performance.form import GROUPS, PerformanceForm
from tracking.pages.performance.table import PerformanceRow, Section, scope_of, sections

MOST_OFFERED = 200
"""Partners in a list to choose from."""


@require_safe
def performance(request: HttpRequest) -> HttpResponse:
    now, zone = clock.now(), network_zone()
    seen = access.for_staff(Partnership.objects.all(), request.user)
    form = PerformanceForm(request.GET, now.astimezone(zone).date(), zone, seen)
    links = _Links(form)
    context: dict[str, Any] = {
        **admin.site.each_context(request),
        "title": _("Performance"),
        "form": form,
        "zone_of_days": str(zone),
        "periods": form.offered(lambda key: links.page(period=key)),
        "selects": [form[name] for name in _selects(form)],
    }
    if not form.is_valid():
        return TemplateResponse(request, "admin/performance/page.html", context, status=400)
    found = sections(form, scope_of(form, seen, _everything(request), now), now, seen)
    if request.GET.get("format") == "csv":
        return csv_of(form, found)
    context |= {
        "days": form.days(),
        "compared": form.compared(),
        "told": form.told(),
        "groups": [
            (label, links.page(by=key), form.grouping == key)
            for key, label in _groups(form).items()
        ],
        "group": GROUPS[form.grouping],
        "columns": COLUMNS,
        "sections": [_shown(section, links) for section in found],
        "csv": links.page(format="csv"),
        "everybody": links.everybody,
        "carried": [
            (name, value)
            for name, value in links.given.items()
            if name not in ("period", "since", "until", *_selects(form))
        ],
    }
    return TemplateResponse(request, "admin/performance/page.html", context)


def _everything(request: HttpRequest) -> Scope:
    known = access.access_of(request.user)
    return Scope(advertisers=None if known.operator else frozenset(known.staff_roles))


def _groups(form: PerformanceForm) -> Mapping[str, Any]:
    """Without programmes where there is only one."""
    several = _is_several(form)
    return {key: label for key, label in GROUPS.items() if several or key != "advertiser"}


def _selects(form: PerformanceForm) -> Sequence[str]:
    """What is chosen from lists. One of very many partners is found by its line instead."""
    programmes = ("advertiser",) if _is_several(form) else ()
    partners = ("partner",) if _number(form, "partner") <= MOST_OFFERED else ()
    return (*programmes, *partners, "model_type", "cookie_type", "compare")


def _is_several(form: PerformanceForm) -> bool:
    return _number(form, "advertiser") > 1


def _number(form: PerformanceForm, name: str) -> int:
    choice = form.fields[name]
    assert isinstance(choice, ModelChoiceField)
    assert choice.queryset is not None
    return choice.queryset.count()


class _Links:
    """Addresses of this page and of the lists behind it, for what is shown."""

    def __init__(self, form: PerformanceForm) -> None:
        self.form = form
        self.given: dict[str, str] = {}
        if form.is_valid():
            self.given = {
                **form.period_query,
                "by": form.grouping,
                "compare": form.comparison,
                **form.narrowed,
            }

    def page(self, **other: str) -> str:
        """This page, with something else."""
        asked = {**self.given, **other}
        if other.get("period") in CHOICES:
            asked.pop("since", None)
            asked.pop("until", None)
        return f"?{urlencode(asked)}"

    @property
    def everybody(self) -> str:
        return f"?{urlencode({k: v for k, v in self.given.items() if k not in self.form.narrowed})}"

    def rows(self, url: str, narrows: Mapping[str, str] | None) -> str:
        """The list whose rows a number counts; empty where no list shows exactly them."""
        if narrows is None or "model_type" in self.form.narrowed:
            return ""
        days = self.form.days()
        counted = {"counts": "yes"} if url == CLICKS else {"state": "earning"}
        named = {"partner": "publisher", "cookie_type": "cookie_type__exact"}
        mine = {named.get(name, name): value for name, value in self.form.narrowed.items()}
        within = {"since": str(days.first), "until": str(days.last)}
        return f"{reverse(url)}?{urlencode({**counted, **mine, **within, **narrows})}"


@dataclass(frozen=True, slots=True)
class Cell:
    """A figure as it is written, and where its rows are; ``change`` since the days before."""

    text: str
    address: str = ""
    change: str = ""


@dataclass(frozen=True, slots=True)
class ShownRow:
    name: str
    address: str
    cells: Sequence[Cell]


@dataclass(frozen=True, slots=True)
class ShownDay:
    """A day in the chart: what was sold and what it cost, plain and written."""

    day: date
    sold: str
    sold_text: str
    cost: str
    cost_text: str


@dataclass(frozen=True, slots=True, kw_only=True)
class ShownSection:
    currency: str
    tiles: Sequence[tuple[Figure, Cell]]
    rows: Sequence[ShownRow]
    total: Sequence[Cell]
    days: Sequence[ShownDay]


def _shown(section: Section, links: _Links) -> ShownSection:
    total = _cells(section.total, links, {})
    changes = [_change(column, section) for column in COLUMNS]
    tiles = [
        (column.figure, Cell(cell.text, cell.address, change))
        for column, cell, change in zip(COLUMNS, total, changes, strict=True)
    ]
    return ShownSection(
        currency=section.currency,
        tiles=tiles,
        rows=[_row(row, links) for row in section.rows],
        total=total,
        days=[_day(day, line, section.currency) for day, line in section.by_day],
    )


def _row(row: PerformanceRow, links: _Links) -> ShownRow:
    return ShownRow(row.name, links.page(**row.query), _cells(row.line, links, row.narrows))


def _cells(line: Line, links: _Links, narrows: Mapping[str, str] | None) -> list[Cell]:
    return [
        Cell(column.written(line), links.rows(column.opens, narrows) if column.opens else "")
        for column in COLUMNS
    ]


def _change(column: Column, section: Section) -> str:
    """``+12% from £1,234.00``, in whole percent of what was before."""
    now, before = column.value(section.total), column.value(section.before)
    if not before:
        return _("no earlier data")
    percent = round(100 * ((now or 0) - before) / before)
    return _("%(change)s%% from %(before)s") % {
        "change": f"{percent:+,}",
        "before": column.written(section.before),
    }


def _day(day: date, line: Line, currency: str) -> ShownDay:
    return ShownDay(
        day=day,
        sold=money.plain(line.sale_amount_minor, currency),
        sold_text=money.display(line.sale_amount_minor, currency),
        cost=money.plain(line.cost_minor, currency),
        cost_text=money.display(line.cost_minor, currency),
    )
