"""What a click or a report costs that comes late, so that a sale is decided again."""

from collections.abc import Iterator
from dataclasses import dataclass

from network import clock
from network.bench.intake import spooled
from network.bench.results import Result
from tracking.models import Decision

SALES = 2_000
TARGET_MS = 2.0
ENOUGH = 0.9
"""A few late clicks say nothing new, as those of a link that was followed twice."""


class NotDecidedAgain(Exception):
    """Late clicks or reports after which a sale was not decided again."""


@dataclass(frozen=True, slots=True)
class MeasuredLate:
    """Seconds for the late clicks after which so many ``clicked`` sales were decided again, and for
    as many late reports as there are ``sales``."""

    sales: int
    clicked: int
    clicks_seconds: float
    reports_seconds: float


def measure(sales: int = SALES) -> MeasuredLate:
    """Record sales of which a click is missing; then let it come, and then the shop's own report.
    Raises NotDecidedAgain, and database errors."""
    now = clock.now()
    with spooled.shop(now) as shop:
        journeys = spooled.journeys(shop, sales, now)
        several = [journey for journey in journeys if len(journey.clicks) > 2]
        held_back = [journey.clicks.pop(1) for journey in several]
        spooled.taken_in((click for journey in journeys for click in journey.clicks), now)
        spooled.taken_in(spooled.reported(journey.report for journey in journeys), now)
        spooled.settle()
        by_clicks = spooled.taken_in(held_back, now)
        sent = spooled.reported(journey.confirmed for journey in journeys)
        by_reports = spooled.taken_in(sent, now)
        clicked = Decision.objects.filter(cause=Decision.Cause.CLICK).count()
        reported = Decision.objects.filter(cause=Decision.Cause.REPORT, sequence__gt=1).count()
        if reported != sales or clicked < ENOUGH * len(held_back):
            raise NotDecidedAgain(
                f"{len(held_back):,} clicks and {sales:,} reports came late, after which "
                f"{clicked:,} and {reported:,} sales were decided again."
            )
        return MeasuredLate(sales, clicked, by_clicks, by_reports)


def results(measured: MeasuredLate) -> Iterator[Result]:
    for name, seconds, number in (
        ("late click", measured.clicks_seconds, measured.clicked),
        ("late report", measured.reports_seconds, measured.sales),
    ):
        value = 1000 * seconds / number
        yield Result(name, round(value, 2), "ms", TARGET_MS, value < TARGET_MS)


def describe(measured: MeasuredLate) -> Iterator[str]:
    """The figures behind the results, for people."""
    yield (
        f"{measured.clicked:,} late clicks and {measured.sales:,} late reports of sales with 1 to "
        f"{spooled.MOST_CLICKS} clicks; each sale was decided again"
    )
