"""The speed at which a drain takes clicks in, next to a ``COPY`` of the same rows."""

import csv
import io
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from functools import partial
from statistics import median
from uuid import UUID

from django.db import connection

from network import clock
from network.bench.intake import spooled
from network.bench.results import Result
from tracking.clicks import rows as click_rows
from tracking.models import Click
from tracking.spool import intake

CLICKS = 20_000
ROUNDS = 5
TARGET = 0.3


class NotDrained(Exception):
    """Clicks that were in the spool or copied are not in the table."""


@dataclass(frozen=True, slots=True)
class MeasuredDrain:
    """Seconds for so many ``clicks``, of each round: by a drain, and by ``COPY``."""

    clicks: int
    rounds: Sequence[tuple[float, float]]

    @property
    def ratio(self) -> float:
        return median(copied / drained for drained, copied in self.rounds)


def measure(clicks: int = CLICKS) -> MeasuredDrain:
    """Drain and copy so many clicks in turn, into the same table. Raises NotDrained, and database
    errors."""
    now = clock.now()
    with spooled.shop(now) as shop:
        made = [click for one in spooled.journeys(shop, clicks // 5, now) for click in one.clicks]
        made = made[:clicks]
        spooled.taken_in(made, now)
        spooled.settle()
        rounds = []
        for number in range(ROUNDS):
            drained = spooled.taken_in(_others(made, 2 * number + 1), now)
            others = map(intake.click_row, _others(made, 2 * number + 2))
            copied = spooled.timed(partial(_copy, _as_csv(others)))
            rounds.append((drained, copied))
        expected, found = len(made) * (2 * ROUNDS + 1), Click.objects.count()
        if found != expected:
            raise NotDrained(f"{expected:,} clicks were taken in, {found:,} are in the table.")
        return MeasuredDrain(len(made), rounds)


def results(measured: MeasuredDrain) -> Iterator[Result]:
    value = measured.ratio
    yield Result("draining clicks", round(value, 2), "of COPY", TARGET, value >= TARGET)


def describe(measured: MeasuredDrain) -> Iterator[str]:
    """The figures behind the results, for people."""
    drained = median(each for each, _ in measured.rounds)
    copied = median(each for _, each in measured.rounds)
    each = ", ".join(f"{copied / drained:.2f}" for drained, copied in measured.rounds)
    yield (
        f"{measured.clicks:,} clicks: drained at {measured.clicks / drained:,.0f}/s, copied at "
        f"{measured.clicks / copied:,.0f}/s; each round {each}"
    )


def _others(clicks: Sequence[intake.Record], number: int) -> list[intake.Record]:
    """The same clicks of other journeys, with ids of their own."""
    return [
        {
            **click,
            "id": UUID(int=UUID(click["id"]).int ^ number).hex,
            "journey": (click["journey"] + number * 1_000_003) % 2**62,
        }
        for click in clicks
    ]


def _as_csv(rows: Iterable[click_rows.Row]) -> str:
    """The rows for ``COPY``: no column is ever NULL. The module quotes what its line terminator has
    in it: each of both, for PostgreSQL takes either."""
    text = io.StringIO()
    csv.writer(text, lineterminator="\r\n").writerows(map(click_rows.as_values, rows))
    return text.getvalue()


def _copy(text: str) -> None:
    """By one statement, without the rollups."""
    names = ", ".join(f'"{name}"' for name in click_rows.COLUMNS)
    statement = (
        f"COPY tracking_click ({names}) FROM STDIN WITH (FORMAT csv, FORCE_NOT_NULL ({names}))"
    )
    with connection.cursor() as cursor, cursor.copy(statement) as copy:
        copy.write(text)
