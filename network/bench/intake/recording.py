"""The speed at which reports of sales become decisions, commissions and rollups."""

from collections.abc import Iterator
from dataclasses import dataclass

from network import clock
from network.bench.intake import spooled
from network.bench.results import Result
from tracking.models import Conversion

REPORTS = 5_000
TARGET_PER_SECOND = 700


class NotRecorded(Exception):
    """Reports that were in the spool are no decided sales."""


@dataclass(frozen=True, slots=True)
class MeasuredRecording:
    """Seconds that so many ``reports`` took, each of an order of its own, whose ``clicks`` were
    there; and seconds that those took before."""

    reports: int
    clicks: int
    seconds: float
    clicks_seconds: float

    @property
    def per_second(self) -> float:
        return self.reports / self.seconds


def measure(reports: int = REPORTS) -> MeasuredRecording:
    """Take so many journeys in, by one process. Raises NotRecorded, and database errors."""
    now = clock.now()
    with spooled.shop(now) as shop:
        journeys = spooled.journeys(shop, reports, now)
        clicks = [click for journey in journeys for click in journey.clicks]
        before = spooled.taken_in(clicks, now)
        spooled.settle()
        sent = spooled.reported(journey.report for journey in journeys)
        seconds = spooled.taken_in(sent, now)
        decided = Conversion.objects.exclude(decision=None).count()
        if decided != reports:
            raise NotRecorded(f"{reports:,} orders were reported, {decided:,} are decided sales.")
        return MeasuredRecording(reports, len(clicks), seconds, before)


def results(measured: MeasuredRecording) -> Iterator[Result]:
    value = measured.per_second
    target = TARGET_PER_SECOND
    yield Result("recording", round(value), "reports/s", target, value >= target)


def describe(measured: MeasuredRecording) -> Iterator[str]:
    """The figures behind the results, for people."""
    together = measured.reports / (measured.seconds + measured.clicks_seconds)
    yield (
        f"{measured.reports:,} orders with {measured.clicks:,} clicks: "
        f"{1000 * measured.seconds / measured.reports:.2f} ms for a report; with the taking in of "
        f"its clicks {together:,.0f} reports/s"
    )
