"""Many reports of one order: their cost, which are kept, and that order changes nothing."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from datetime import timedelta
from typing import Any
from unittest.mock import Mock
from uuid import UUID

import pytest
from django.db import connection, transaction
from django.test.utils import CaptureQueriesContext
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from uuid_utils.compat import uuid7

from network.models import Advertiser
from tests.support.browsing import Browser, make_report, minutes, record
from tests.support.makers import NOW, make_advertiser
from tests.tracking.conversions.test_believing import bare, partner, reader_of, sale, signed
from tracking.clicks.keys import KEYS
from tracking.commissions.states import OF_SALE, state_case
from tracking.conversions import recording, reports
from tracking.conversions.reports import MOST_KEPT, SaleReport
from tracking.evidence.ranks import Rank
from tracking.models import (
    Commission,
    Conversion,
    Report,
    Rollup,
)
from tracking.rule.reasons import ReportOutcome

pytestmark = pytest.mark.django_db


# --- Many reports of one order ------------------------------------------------------------------


@contextmanager
def statements() -> Iterator[Callable[[], int]]:
    with CaptureQueriesContext(connection) as captured:
        yield lambda: len(captured)


def take_in(batch: list[SaleReport]) -> dict[UUID, ReportOutcome]:
    with transaction.atomic():
        return recording.record_judged(reports.judge(batch, KEYS), NOW + timedelta(hours=1))


@pytest.mark.parametrize("alike", [True, False], ids=["alike", "all_different"])
@pytest.mark.parametrize("kind", ["bare", "token"])
def test_many_reports_of_an_order_cost_what_few_do(
    shop: Advertiser, monkeypatch: pytest.MonkeyPatch, kind: str, alike: bool
) -> None:
    """Statements, and kept reports whose tokens are decoded."""
    browser = reader_of(shop, partner(shop))
    decoded = Mock(side_effect=reports.evidence_of)
    monkeypatch.setattr(reports, "evidence_of", decoded)

    def batch(order: str, number: int) -> list[SaleReport]:
        made = [
            browser.report(
                order,
                NOW + minutes(1) + timedelta(seconds=index),
                "5.00" if alike else f"{index}.00",
                source="pixel",
            )
            for index in range(number)
        ]
        if kind == "bare":
            made = [made[0], *(replace(one, tokens=(), sessions=()) for one in made[1:])]
        return made

    sizes = (60, 180)
    costs = []
    for size in sizes:
        sent = batch(f"order-{size}", size)
        with statements() as count:
            take_in(sent)
            costs.append((count(), decoded.call_count))
        decoded.reset_mock()
        found = Conversion.objects.get(order=f"order-{size}")
        kept = list(found.reports.all())
        assert len(kept) + sum(row.repeats for row in kept) + found.dropped_reports == size
        assert len(kept) <= sum(MOST_KEPT.values())
        assert found.decisions.count() == 1
        assert found.at == NOW + minutes(1)
    assert costs[0] == costs[1]


def test_reports_beyond_the_limit_are_counted_and_leave_room_for_the_shop_s(
    shop: Advertiser,
) -> None:
    browser = reader_of(shop, partner(shop))
    browser.buy("1", NOW + minutes(1))
    most = MOST_KEPT[Rank.BARE]
    for number in range(most + 3):
        kept = record(bare(shop, "1", NOW + minutes(2 + number), f"{number}.00"))
        expected = ReportOutcome.DISCREPANCY if number < most else ReportOutcome.TOO_MANY
        assert kept == expected
    assert record(make_report(shop, "1", NOW + minutes(30), source="keyed")) == ReportOutcome.MERGED
    assert (sale().dropped_reports, sale().reports.count()) == (3, most + 2)


def test_a_report_that_says_the_same_is_counted_and_not_kept(shop: Advertiser) -> None:
    browser = reader_of(shop, partner(shop))
    for minute in (5, 3, 9):
        record(browser.report("1", NOW + minutes(minute)))
    kept = Report.objects.get()
    assert (kept.repeats, kept.at, kept.received_at) == (2, NOW + minutes(3), NOW + minutes(3))
    assert sale().at == NOW + minutes(3)


# --- Any order of arrival -----------------------------------------------------------------------

KINDS = ("bare", "first", "second", "third", "other_figures", "keyed", "signed", "again", "channel")


@st.composite
def orders(draw: st.DrawFn) -> tuple[list[str], list[int]]:
    kinds = draw(st.lists(st.sampled_from(KINDS), min_size=2, max_size=5))
    return kinds, draw(st.permutations(range(len(kinds))))


def left(order: str) -> dict[str, Any]:
    """What is left of a sale, whatever came first."""
    found = Conversion.objects.filter(order=order).annotate(state=state_case(OF_SALE)).first()
    if found is None:
        return {}
    assert found.decision is not None
    paid = found.decision.paid_publisher_id
    names = (
        *("at", "amount_minor", "conflict", "conflict_since", "closes_at", "verified", "voucher"),
        *("channel", "state"),
    )
    return {name: getattr(found, name) for name in names} | {
        "paid": paid,
        "verdicts": found.decision.verdicts,
        "reports": sorted(
            (row.rank, row.outcome.replace("created", "merged"))
            for row in found.reports.exclude(rank="bare")
        ),
        "commission": list(
            Commission.objects.filter(conversion=found)
            .exclude(decline_reason="nobody_paid")
            .values_list("publisher", "status", "amount_minor", "closes_at", "sold_at")
        ),
    }


def rollups() -> dict[tuple[Any, ...], tuple[int, ...]]:
    sums: dict[tuple[Any, ...], tuple[int, ...]] = {}
    for row in Rollup.objects.exclude(counted__startswith="click"):
        key = (row.hour, row.publisher_id, row.cookie_type, row.counted, row.time_step)
        held = sums.get(key, (0, 0, 0))
        added = (row.count, row.sale_amount_minor, row.commission_minor)
        sums[key] = tuple(a + b for a, b in zip(held, added, strict=True))
    return {key: found for key, found in sums.items() if any(found)}


@dataclass
class Readers:
    """Three browsers on their way to a shop, which say of themselves all that is reported."""

    shop: Advertiser
    browsers: dict[str, Browser]


@pytest.fixture
def readers() -> Readers:
    shop = make_advertiser(validation_days=1)
    Advertiser.objects.filter(pk=shop.pk).update(uncounted_channels=["ads"])
    days = {"first": 30, "second": 7}
    browsers = {name: reader_of(shop, partner(shop, hard_days=days[name])) for name in days}
    browsers["third"] = reader_of(shop, partner(shop, "soft"), NOW + minutes(2.5))
    return Readers(shop, browsers)


@settings(
    deadline=None, max_examples=25, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(orders())
def test_the_order_of_arrival_changes_nothing(
    readers: Readers, told: tuple[list[str], list[int]]
) -> None:
    kinds, shuffled = told
    with transaction.atomic():
        sent = _sent(readers, kinds)
        found = []
        for arrival in (range(len(sent)), shuffled):
            with transaction.atomic():
                for index in arrival:
                    take_in([sent[index]])
                found.append((left("1"), rollups()))
                transaction.set_rollback(True)
        transaction.set_rollback(True)
    assert found[0] == found[1]


def _sent(readers: Readers, kinds: list[str]) -> list[SaleReport]:
    """One report a minute: of three browsers, and of the shop itself."""
    shop, browsers = readers.shop, readers.browsers
    made = []
    for minute, kind in enumerate(kinds, 1):
        at = NOW + minutes(minute)
        if kind in browsers:
            report = browsers[kind].report("1", at)
        elif kind == "bare":
            report = bare(shop, "1", at, "50.00", fields={"voucher": "NO"})
        elif kind == "other_figures":
            report = browsers["first"].report("1", at, "70.00", source="pixel")
        elif kind == "again":
            report = browsers["first"].report("1", at, fields={"voucher": "V"})
        elif kind == "channel":
            report = browsers["second"].report("1", at, fields={"channel": "ads"})
        elif kind == "signed":
            report = signed(shop, browsers["second"].report("1", at))
        else:
            report = make_report(shop, "1", at - minutes(3), source="keyed")
            report = replace(report, received_at=at)
        made.append(replace(report, id=uuid7()))
    return made


def test_a_bare_report_dates_what_the_shop_had_confirmed_before_it(shop: Advertiser) -> None:
    """Its number and figures were there at 14:01, as the page said that was opened again."""
    browser = reader_of(shop, partner(shop))
    early, late = NOW + minutes(1), NOW + minutes(9)
    keyed = make_report(shop, "1", late, source="keyed")
    seen = bare(shop, "1", early, "50.00", received_at=late)
    token = browser.report("1", late, "70.00")
    for report in (keyed, seen, token):
        record(report)
    assert sale().at == early
