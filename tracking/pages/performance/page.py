"""What partners brought in, and what it cost: for staff, over days that they choose."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any
from urllib.parse import urlencode

from django.contrib import admin
from django.forms import ModelChoiceField
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.template.response import TemplateResponse
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods

from network import clock, money
from network.pages.figures.definitions import Figure
from network.pages.figures.periods import CHOICES
from tracking.figures.queries import By, Line
from tracking.pages.performance import saving
from tracking.pages.performance.asking import asked
from tracking.pages.performance.columns import CLICKS, COLUMNS, Column
from tracking.pages.performance.export import FILES, ExportedFile
from tracking.pages.performance.form import GROUPS, PARTNER, PerformanceForm
from tracking.pages.performance.table import PerformanceRow, Section

MOST_OFFERED = 200
"""Partners in a list to choose from."""
MOST_LINES = 500
"""Of a currency on the page; files have all."""


@require_http_methods(["GET", "HEAD", "POST"])
def performance(request: HttpRequest) -> HttpResponse:
    """What the address asks; a POST to it saves that."""
    now = clock.now()
    ask = asked(request.GET, request.user, now)
    form, links = ask.form, _Links(ask.form)
    groups, selects = _choices(form)
    context: dict[str, Any] = {
        **admin.site.each_context(request),
        "title": _("Performance"),
        "form": form,
        "zone_of_days": str(form.zone),
        "periods": form.offered(lambda key: links.page(period=key)),
        "selects": [form[name] for name in selects],
    }
    if not form.is_valid():
        return TemplateResponse(request, "admin/performance/page.html", context, status=400)
    refused = None
    if request.method == "POST":
        refused = saving.handle(request, form, links.query, now)
        if refused is None:
            return HttpResponseRedirect(request.get_full_path())
    found = ask.answer(now)
    write = FILES.get(request.GET.get("format", ""))
    if write:
        return _download(write(form, found, now))
    context |= _answered(form, found, links, groups)
    context["carried"] = [
        (name, value)
        for name, value in links.given.items()
        if value and name not in ("period", "since", "until", *selects)
    ]
    context |= saving.context(request, form, links.query, refused)
    return TemplateResponse(request, "admin/performance/page.html", context)


def _answered(
    form: PerformanceForm, found: Sequence[Section], links: "_Links", groups: Mapping[str, Any]
) -> Mapping[str, Any]:
    return {
        "days": form.days(),
        "compared": form.compared(),
        "told": form.told(),
        "groups": [
            (label, links.page(by=key, then="" if key == form.then_by else form.then_by), chosen)
            for key, label in groups.items()
            for chosen in [form.grouping == key]
        ],
        "thens": [
            (label, links.page(then=key), form.then_by == key)
            for key, label in {"": _("Nothing else"), **groups}.items()
            if key != form.grouping
        ],
        "headings": [GROUPS[by] for by in form.groupings],
        "columns": COLUMNS,
        "sections": [_shown(section, links, is_one=len(found) == 1) for section in found],
        "csv": links.page(format="csv"),
        "xlsx": links.page(format="xlsx"),
        "everybody": links.everybody,
    }


def _download(file: ExportedFile) -> HttpResponse:
    return HttpResponse(
        file.content,
        content_type=file.content_type,
        headers={"Content-Disposition": f'attachment; filename="{file.name}"'},
    )


def _choices(form: PerformanceForm) -> tuple[Mapping[str, Any], Sequence[str]]:
    """What lines can be about, and what is chosen from lists: no programmes where there is only
    one. One of very many partners is found by its line instead. Two queries."""
    several = _number(form, "advertiser") > 1
    groups = {key: label for key, label in GROUPS.items() if several or key != "advertiser"}
    programmes = ("advertiser",) if several else ()
    partners = ("partner",) if _number(form, "partner") <= MOST_OFFERED else ()
    return groups, (*programmes, *partners, "model_type", "cookie_type", "compare")


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
                "then": form.then_by,
                "compare": form.comparison,
                **form.narrowed,
            }

    @property
    def query(self) -> str:
        """What is shown, as it stands in this page's address."""
        return self.page().removeprefix("?")

    def page(self, **other: str) -> str:
        """This page, with something else."""
        asked = {name: text for name, text in {**self.given, **other}.items() if text}
        if other.get("period") in CHOICES:
            asked.pop("since", None)
            asked.pop("until", None)
        return f"?{urlencode(asked)}"

    def inside(self, last: int, query: Mapping[str, str]) -> str:
        """This page for what a line is about, up to its item ``last``: by what is left, or else
        by partner, and of a partner by day."""
        left = self.form.groupings[last + 1 :]
        narrower = By.DAY.value if "partner" in {**self.given, **query} else PARTNER
        return self.page(**query, by=left[0] if left else narrower, then="")

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
    """A figure as it is written, and where its rows are; ``change`` since the days before;
    ``label`` says which it is, where a line is a card."""

    text: str
    address: str = ""
    change: str = ""
    label: str = ""


@dataclass(frozen=True, slots=True)
class ShownRow:
    """``heads`` name what the line is about."""

    heads: Sequence[Cell]
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
    lines: int
    """With those that are not shown."""
    total: Sequence[Cell]
    days: Sequence[ShownDay]


def _shown(section: Section, links: _Links, *, is_one: bool) -> ShownSection:
    currency = {} if is_one else {"currency": section.currency}
    total = _cells(section.total, links, currency)
    changes = [_change(column, section) for column in COLUMNS]
    tiles = [
        (column.figure, Cell(cell.text, cell.address, change))
        for column, cell, change in zip(COLUMNS, total, changes, strict=True)
    ]
    return ShownSection(
        currency=section.currency,
        tiles=tiles,
        rows=[_row(row, links, currency) for row in section.rows[:MOST_LINES]],
        lines=len(section.rows),
        total=total,
        days=[_day(day, line, section.currency) for day, line in section.by_day],
    )


def _row(row: PerformanceRow, links: _Links, currency: Mapping[str, str]) -> ShownRow:
    heads = [
        Cell(item.name, links.inside(last, query) if item.query else "")
        for last, (item, query) in enumerate(zip(row.items, row.queries, strict=True))
    ]
    narrows = None if row.narrows is None else {**row.narrows, **currency}
    return ShownRow(heads, _cells(row.line, links, narrows))


def _cells(line: Line, links: _Links, narrows: Mapping[str, str] | None) -> list[Cell]:
    return [
        Cell(
            column.written(line),
            links.rows(column.opens, narrows) if column.opens else "",
            label=column.figure.title,
        )
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
