"""The rollups always say what there is to count: in any order, twice, at once, and folded."""

from collections.abc import Callable
from datetime import timedelta
from io import StringIO
from threading import Barrier, Event, Thread
from typing import Any, ClassVar

import pytest
from django.conf import settings as django_settings
from django.core.management import call_command
from django.db import connection, transaction
from django.db.models import Sum
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from hypothesis.extra.django import TestCase

from network.clock import from_ms
from tests.support.browsing import Browser, make_report, minutes
from tests.support.makers import NOW, make_advertiser, make_partner, make_publisher
from tracking import tasks
from tracking.clicks import partitions
from tracking.models import Click, Conversion, Rollup
from tracking.rollups import recount
from tracking.rollups import writing as rollups
from tracking.rollups.contributions import Amounts, Key
from tracking.rule.reasons import Counted
from tracking.spool import intake
from tracking.spool.intake import Record
from tracking.verify.checks import Broken, verify

Sums = dict[tuple[object, ...], tuple[int, ...]]
KEY = ("hour", "advertiser", "publisher", "cookie_type", "counted", "time_step")


def sums() -> Sums:
    """What the rollups say by key, without what comes to nothing."""
    amounts = rollups.AMOUNTS.split(", ")
    rows = Rollup.objects.values_list(*KEY).annotate(*(Sum(name) for name in amounts))
    return {row[:6]: row[6:] for row in rows if any(row[6:])}


def assert_they_are_right() -> None:
    assert [str(finding) for finding in verify() if isinstance(finding, Broken)] == []


class Shop:
    """A shop and five partners, three of them hard."""

    def __init__(self) -> None:
        self.row = make_advertiser(validation_days=1)
        types = ("content", "voucher", "cashback", "overlay", "extension")
        self.partners = [make_publisher(model_type=model_type) for model_type in types]
        for partner in self.partners:
            make_partner(self.row, partner)


class World:
    """A shop, and what its browsers send, to be taken in in whatever order."""

    def __init__(self, shop: Shop | None = None) -> None:
        shop = shop or Shop()
        self.shop, self.partners = shop.row, shop.partners
        self.browsers = [Browser(self.shop) for _ in range(3)]
        self.records: list[Record] = []

    def click(self, browser: int, partner: int, minute: int) -> None:
        answer = self.browsers[browser].click(
            self.partners[partner], NOW + minutes(minute), lost=True
        )
        self.records.append(answer.record)

    def report(self, browser: int, order: int, minute: int, amount: int) -> None:
        sent = self.browsers[browser].report(str(order), NOW + minutes(minute), f"{amount}.00")
        self.records.append(intake.report_record(sent))


def store(records: list[Record]) -> None:
    with transaction.atomic():
        intake.store(records, NOW + timedelta(days=1))


MOVES = st.lists(
    st.one_of(
        st.tuples(st.just("click"), st.integers(0, 2), st.integers(0, 4)),
        st.tuples(st.just("end"), st.integers(0, 2)),
        st.tuples(st.just("buy"), st.integers(0, 2), st.integers(0, 2), st.sampled_from([50, 60])),
    ),
    min_size=2,
    max_size=12,
)


class AnyOrder(TestCase):
    shop: ClassVar[Shop]

    @classmethod
    def setUpTestData(cls) -> None:
        cls.shop = Shop()

    @settings(
        max_examples=40, deadline=None, suppress_health_check=[HealthCheck.too_slow], database=None
    )
    @given(moves=MOVES, data=st.data())
    def test_any_order_and_any_duplicates_give_what_a_recount_gives(
        self, moves: list[tuple[Any, ...]], data: st.DataObject
    ) -> None:
        world = World(self.shop)
        for step, move in enumerate(moves):
            minute = step * 40
            match move:
                case ("click", browser, partner):
                    world.click(browser, partner, minute)
                case ("end", browser):
                    world.browsers[browser].end_session()
                case ("buy", browser, order, amount):
                    world.report(browser, order, minute, amount)
        arriving = data.draw(st.permutations(world.records), label="order of arrival")
        again = st.lists(st.sampled_from(arriving)) if arriving else st.just([])
        arriving += data.draw(again, label="again")
        while arriving:
            size = data.draw(st.integers(1, 5), label="batch")
            store(arriving[:size])
            arriving = arriving[size:]
            if data.draw(st.booleans(), label="fold"):
                rollups.compact()
        kept = sums()
        assert_they_are_right()
        recount.recount()
        assert sums() == kept


def test_nothing_is_waited_for(transactional_db: None) -> None:
    """Two drains that count the same hour at once, neither of them done."""
    world = World()
    world.click(0, 0, 0)
    world.click(1, 0, 1)
    both = Barrier(2)
    failed: list[BaseException] = []

    def take_in(record: Record) -> None:
        try:
            with transaction.atomic():
                intake.store([record], NOW)
                both.wait(20)
        except BaseException as error:
            failed.append(error)
        connection.close()

    threads = [Thread(target=take_in, args=(record,)) for record in world.records]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert not failed
    assert Click.objects.count() == sum(amounts[0] for amounts in sums().values()) == 2


@pytest.mark.django_db
def test_compaction_leaves_one_row_for_each_key_and_none_for_nothing() -> None:
    shop = make_advertiser()
    key = Key(
        hour=NOW, advertiser=shop.pk, publisher=2, cookie_type="hard", counted=Counted.TOUCHED
    )
    gone = Key(
        hour=NOW, advertiser=shop.pk, publisher=None, cookie_type="", counted=Counted.SALE_NOBODY
    )
    for amounts in (Amounts(1, 10, 5, 1), Amounts(2, 20, 7, 2)):
        rollups.add({key: amounts, gone: Amounts(1)})
    rollups.add({gone: Amounts(-2)})
    assert rollups.compact() == 5
    (row,) = Rollup.objects.all()
    assert (row.count, row.sale_amount_minor) == (3, 30)
    assert (row.commission_minor, row.network_fee_minor) == (12, 3)
    rollups.add({key: Amounts(-3, -30, -12)})
    rollups.compact()
    (fee,) = Rollup.objects.all()
    assert (fee.count, fee.network_fee_minor) == (0, 3)
    rollups.add({key: Amounts(0, 0, 0, -3)})
    assert rollups.compact() == 1
    assert not Rollup.objects.exists()


@pytest.mark.django_db
def test_compaction_goes_on_until_nothing_is_left(monkeypatch: pytest.MonkeyPatch) -> None:
    shop = make_advertiser()
    monkeypatch.setattr(rollups, "BATCH", 2)
    for hour in range(5):
        key = Key(
            hour=NOW + timedelta(hours=hour % 3),
            advertiser=shop.pk,
            publisher=2,
            cookie_type="hard",
            counted=Counted.CLICK_TOOK,
        )
        rollups.add({key: Amounts(1)})
    before = sums()
    assert rollups.compact() == 5
    assert (sums(), Rollup.objects.count()) == (before, 3)


def at_once(work: Callable[[], object], number: int) -> None:
    start = Barrier(number)

    def run() -> None:
        start.wait(20)
        work()
        connection.close()

    threads = [Thread(target=run) for _ in range(number)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()


def test_two_compactions_and_a_drain_at_once(transactional_db: None) -> None:
    shop = make_advertiser()
    keys = [
        Key(
            hour=NOW + timedelta(hours=hour),
            advertiser=shop.pk,
            publisher=2,
            cookie_type="hard",
            counted=Counted.CLICK_TOOK,
        )
        for hour in range(20)
    ]
    for _ in range(10):
        rollups.add({key: Amounts(1) for key in keys})
    done = Event()
    seen: list[int] = []

    def read() -> None:
        while not done.is_set():
            seen.append(sum(amounts[0] for amounts in sums().values()))
        connection.close()

    reader = Thread(target=read)
    reader.start()
    at_once(rollups.compact, 2)
    at_once(lambda: rollups.add({key: Amounts(1) for key in keys}), 2)
    at_once(rollups.compact, 2)
    done.set()
    reader.join()
    rollups.compact()
    assert Rollup.objects.count() == 20
    assert sum(amounts[0] for amounts in sums().values()) == 240
    assert set(seen) <= {200, 220, 240}


@pytest.mark.django_db
def test_a_rebuilt_click_is_replaced_not_added() -> None:
    shop = make_advertiser()
    hard, soft = make_publisher(), make_publisher()
    make_partner(shop, hard)
    make_partner(shop, soft)
    browser = Browser(shop)
    answer = browser.click(hard, NOW, lost=True)
    report = make_report(shop, "1", NOW + minutes(5), clicks=[answer.token])
    store([intake.report_record(report)])
    assert Click.objects.get().rebuilt
    assert counts() == {"click_took": 1, "sale_pending": 1, "touched": 1}
    store([{**answer.record, "reason": "bot"}])
    assert not Click.objects.get().rebuilt
    assert counts()["click_bot"] == 1
    assert "click_took" not in counts()
    store([answer.record])
    assert counts()["click_bot"] == 1
    assert "click_took" not in counts()


def counts() -> dict[str, int]:
    found: dict[str, int] = {}
    for key, amounts in sums().items():
        found[str(key[4])] = found.get(str(key[4]), 0) + amounts[0]
    return found


@pytest.mark.django_db
def test_clicks_that_are_no_longer_kept_stay_counted() -> None:
    partitions.ensure(NOW)
    assert recount.clicks_kept_since() == NOW.replace(day=1, hour=0)
    shop, publisher = make_advertiser(), make_publisher()
    make_partner(shop, publisher)
    for at in (NOW - timedelta(days=20), NOW):
        Browser(shop).click(publisher, at)
    Click.objects.filter(at__lt=NOW).delete()
    assert recount.click_rows_left_out(shop.pk) == 1
    assert_they_are_right()
    recount.recount()
    assert counts() == {"click_took": 2}


@pytest.mark.django_db
def test_without_a_partition_everything_is_counted_anew() -> None:
    assert recount.clicks_kept_since() == from_ms(0)


@pytest.mark.django_db
def test_the_command_mends_what_verify_finds() -> None:
    world = World()
    world.click(0, 0, 0)
    world.report(0, 0, 5, 50)
    store(world.records)
    right = sums()
    Rollup.objects.update(count=7)
    assert any(isinstance(finding, Broken) for finding in verify())
    output = StringIO()
    call_command("recount", stdout=output)
    assert output.getvalue() == "Counted again: 3 rows of rollups.\n"
    assert sums() == right
    assert_they_are_right()


@pytest.mark.django_db
def test_a_sale_of_which_nothing_changed_adds_nothing() -> None:
    world = World()
    world.click(0, 0, 0)
    world.report(0, 0, 5, 50)
    store(world.records)
    before = Rollup.objects.count()
    with rollups.following(Conversion.objects.get()):
        pass
    store(world.records)
    assert Rollup.objects.count() == before


@pytest.mark.django_db
def test_beat_folds_them() -> None:
    shop = make_advertiser()
    tasks_of_beat = [entry["task"] for entry in django_settings.CELERY_BEAT_SCHEDULE.values()]
    assert tasks.compact_rollups.name in tasks_of_beat
    key = Key(
        hour=NOW, advertiser=shop.pk, publisher=2, cookie_type="hard", counted=Counted.TOUCHED
    )
    for _ in range(3):
        rollups.add({key: Amounts(1)})
    tasks.compact_rollups()
    assert Rollup.objects.get().count == 3
