"""The page of performance as a file for spreadsheets: all of its lines, and what they are of."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from io import BytesIO

from django.utils.translation import gettext as _
from xlsxwriter import Workbook

from network import dates
from network.spreadsheets import as_csv, safe
from tracking.figures.queries import Line
from tracking.pages.performance.columns import COLUMNS
from tracking.pages.performance.form import GROUPS, PerformanceForm
from tracking.pages.performance.table import Section

TOTAL = "total"
_MARK = "\ufeff"
"""A byte order mark: without it Excel reads the file as of an old code page."""
_WIDE, _NARROW = 30, 14
_OPTIONS = {"in_memory": True, "strings_to_formulas": False, "strings_to_urls": False}
"""Names that people gave are text, whatever they begin with."""


@dataclass(frozen=True, slots=True)
class ExportedFile:
    """A file as it is downloaded or mailed."""

    name: str
    content: bytes
    content_type: str


def csv_of(form: PerformanceForm, found: Sequence[Section], now: datetime) -> ExportedFile:
    """Every line of every currency, each with its total; numbers are plain, shares fractions."""
    heading = [*form.groupings, "currency", *(column.name for column in COLUMNS)]
    rows = [
        [*map(safe, names), line.currency, *(column.plain(line) for column in COLUMNS)]
        for names, line in _lines(form, found)
    ]
    text = _MARK + as_csv(heading, rows)
    return ExportedFile(_name(form, "csv"), text.encode(), "text/csv; charset=utf-8")


def xlsx_of(form: PerformanceForm, found: Sequence[Section], now: datetime) -> ExportedFile:
    """The same as a workbook; numbers are numbers. A second sheet says what they are of."""
    file = BytesIO()
    with Workbook(file, _OPTIONS) as book:
        _write_lines(book, form, found)
        _write_about(book, form, now)
    kind = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
    return ExportedFile(_name(form, "xlsx"), file.getvalue(), kind)


FILES: Mapping[str, Callable[[PerformanceForm, Sequence[Section], datetime], ExportedFile]] = {
    "csv": csv_of,
    "xlsx": xlsx_of,
}


def _lines(form: PerformanceForm, found: Sequence[Section]) -> list[tuple[list[str], Line]]:
    """What each line is about, and the line; of each currency the total last."""
    rest = [""] * (len(form.groupings) - 1)
    return [
        line
        for section in found
        for line in (
            *(([item.name for item in row.items], row.line) for row in section.rows),
            ([TOTAL, *rest], section.total),
        )
    ]


def _write_lines(book: Workbook, form: PerformanceForm, found: Sequence[Section]) -> None:
    sheet = book.add_worksheet(_("Performance"))
    bold = book.add_format({"bold": True, "text_wrap": True, "valign": "top"})
    headings = [*(str(GROUPS[by]) for by in form.groupings), _("Currency")]
    texts = len(headings)
    headings += [str(column.figure.title) for column in COLUMNS]
    for at, heading in enumerate(headings):
        sheet.write_string(0, at, heading, bold)
    sheet.set_column(0, texts - 2, _WIDE)
    sheet.set_column(texts - 1, len(headings) - 1, _NARROW)
    sheet.freeze_panes(1, texts - 1)
    formats = {
        (section.currency, column.name): book.add_format(
            {"num_format": column.number_format(section.currency)}
        )
        for section in found
        for column in COLUMNS
    }
    for place, (names, line) in enumerate(_lines(form, found), start=1):
        for at, name in enumerate((*names, line.currency)):
            sheet.write_string(place, at, name)
        for at, column in enumerate(COLUMNS, start=texts):
            number = column.number(line)
            if number is not None:
                sheet.write_number(place, at, number, formats[line.currency, column.name])


def _write_about(book: Workbook, form: PerformanceForm, now: datetime) -> None:
    sheet = book.add_worksheet(_("About"))
    days = form.days()
    facts = [
        (_("Days"), str(days)),
        (_("Time zone of the days"), str(days.zone)),
        (_("Whose figures"), form.told() or _("Everybody's")),
        (_("Written"), dates.moment(now)),
    ]
    sheet.set_column(0, 1, _WIDE)
    for place, (name, value) in enumerate(facts):
        sheet.write_string(place, 0, name)
        sheet.write_string(place, 1, value)


def _name(form: PerformanceForm, ending: str) -> str:
    days, about = form.days(), "-and-".join(form.groupings)
    return f"performance-by-{about}-{days.first}-to-{days.last}.{ending}"
