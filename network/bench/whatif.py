"""The speed of a what-if over 90 days and 100,000 sales of one advertiser.

The sales are those of the demo's shop, made by the product from clicks and reports; their rows,
with the decisions and commissions of the product, are then copied until there are enough.
"""

import time
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import timedelta

from django.db import connection, transaction
from django.db.models import Model

from network import clock
from network.bench.results import Result
from network.bench.stage import throwaway_database
from network.demo.story import cast, life, seed
from network.models import User
from tracking.models import Commission, Conversion, Decision
from tracking.rule.attribution import CookieType, SoftRule
from tracking.rule.replay import Change
from tracking.whatif import runs
from tracking.whatif.models import WhatIfRun
from tracking.whatif.results import Question

SALES = 100_000
DAYS = 90
TARGET_SECONDS = 3.0
APART = 10_000_000
"""Copies get the ids of the rows they copy, so much further on."""
ASKED = {
    "one partner soft": Change({cast.RETARGETER: CookieType.SOFT}),
    "another soft rule": Change(soft_rule=SoftRule.SOLE),
    "shorter windows": Change(hard_days=7, soft_hours=1),
    "everything replayed": Change(),
}
"""The last replays every journey of all partners."""


class NotCounted(Exception):
    """A what-if did not come to its end, or replayed another number of sales."""


@dataclass(frozen=True, slots=True)
class MeasuredReplay:
    """A what-if: over how many sales, how many differ, and the seconds it took."""

    name: str
    sales: int
    differing: int
    seconds: float


def measure(sales: int = SALES, days: int = DAYS) -> list[MeasuredReplay]:
    """Count each of :data:`ASKED` as a worker does. Raises NotCounted, and database errors."""
    with throwaway_database():
        asker = _seed(sales, days)
        return [_count(name, change, asker, days) for name, change in ASKED.items()]


def results(measured: list[MeasuredReplay]) -> Iterator[Result]:
    for one in measured:
        yield Result(
            f"whatif, {one.name}",
            round(one.seconds, 2),
            f"s for {one.sales:,} sales",
            TARGET_SECONDS,
            one.seconds < TARGET_SECONDS,
        )


def describe(measured: list[MeasuredReplay]) -> Iterator[str]:
    """The figures behind the results, for people."""
    for one in measured:
        each = 1e6 * one.seconds / one.sales
        yield f"{one.name}: {one.differing:,} sales differ, {each:.0f} µs for a sale"


def _seed(sales: int, days: int) -> User:
    """At least so many sales over the days; who asks about them."""
    now = clock.now()
    span = life.Span(now, days)
    seed.begin(span)
    life.live(span, [cast.SHOP])
    made = Conversion.objects.filter(advertiser=cast.SHOP).count()
    for number in range(1, -(-sales // made)):
        _copy(number * APART)
    with connection.cursor() as cursor:
        cursor.execute("VACUUM ANALYZE")
    return User.objects.filter(is_superuser=True)[:1].get()


@transaction.atomic
def _copy(further: int) -> None:
    """Each sale once more, with its decisions and commission, under another order reference."""
    moved = {"id": f"id + {further}", "conversion_id": f"conversion_id + {further}"}
    sale = {
        "id": f"id + {further}",
        "order": f"\"order\" || '-{further}'",
        "decision_id": f"decision_id + {further}",
        "settled_report_id": "NULL",
    }
    with connection.cursor() as cursor:
        cursor.execute(_insert(Conversion, sale))
        cursor.execute(_insert(Decision, moved))
        cursor.execute(_insert(Commission, {**moved, "ledger_transaction_id": "NULL"}))


def _insert(model: type[Model], others: Mapping[str, str]) -> str:
    columns = [field.column or "" for field in model._meta.concrete_fields]
    values = [others.get(column, f'"{column}"') for column in columns]
    names = ", ".join(f'"{column}"' for column in columns)
    return (
        f"INSERT INTO {model._meta.db_table} ({names}) SELECT {', '.join(values)} "  # noqa: S608
        f"FROM {model._meta.db_table} WHERE id < {APART} AND advertiser_id = {cast.SHOP}"
    )


def _count(name: str, change: Change, asker: User, days: int) -> MeasuredReplay:
    now = clock.now()
    question = Question({cast.SHOP: change}, now - timedelta(days=days), now)
    run = runs.start(question, now, made_by=asker)
    started = time.perf_counter()
    runs.work(run.pk)
    seconds = time.perf_counter() - started
    run.refresh_from_db()
    if run.status != WhatIfRun.Status.DONE or run.counted != run.total:
        raise NotCounted(f"{name}: {run.status}, {run.counted:,} of {run.total:,}. {run.error}")
    return MeasuredReplay(name, run.counted, run.result.differing, seconds)
