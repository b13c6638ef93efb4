"""The page of performance as a table for spreadsheets: exactly what it shows."""

from django.http import HttpResponse

from network.spreadsheets import as_csv, safe
from tracking.pages.performance.columns import COLUMNS
from tracking.pages.performance.form import PerformanceForm
from tracking.pages.performance.table import Section

TOTAL = "total"
_MARK = "\ufeff"
"""A byte order mark: without it Excel reads the file as of an old code page."""


def csv_of(form: PerformanceForm, found: list[Section]) -> HttpResponse:
    """Every line of every currency, each with its total; numbers are plain, shares fractions."""
    rows = []
    for section in found:
        lines = [*((row.name, row.line) for row in section.rows), (TOTAL, section.total)]
        rows += [
            [safe(name), section.currency, *(column.plain(line) for column in COLUMNS)]
            for name, line in lines
        ]
    heading = [form.grouping, "currency", *(column.name for column in COLUMNS)]
    days = form.days()
    name = f"performance-by-{form.grouping}-{days.first}-to-{days.last}.csv"
    return HttpResponse(
        _MARK + as_csv(heading, rows),
        content_type="text/csv; charset=utf-8",
        headers={"Content-Disposition": f'attachment; filename="{name}"'},
    )
