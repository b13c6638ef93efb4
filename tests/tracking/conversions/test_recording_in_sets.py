"""What the spool holds is taken in in batches: what comes of it is the same in whatever batches."""

import random
from collections.abc import Iterator, Sequence
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from threading import Thread
from typing import Any

import pytest
from django.db import connection, transaction
from django.db.models import Sum
from django.test.utils import CaptureQueriesContext
from uuid_utils.compat import uuid7

from network.models import Advertiser
from publishers.models import Publisher
from tests.support.browsing import Browser, make_report, minutes
from tests.support.makers import NOW, make_advertiser
from tests.tracking.conversions.test_believing import bare, partner, signed
from tracking.clicks import rows as click_rows
from tracking.clicks.keys import KEYS
from tracking.conversions.reports import SaleReport
from tracking.evidence.fields import FieldError, Part, SaleFigures
from tracking.landings.arriving import arrive
from tracking.models import (
    Click,
    Commission,
    Conversion,
    ConversionJourney,
    Decision,
    Landing,
    OrderSeen,
    Report,
    Rollup,
    SetAside,
    SpoolPosition,
    UnattributedSales,
)
from tracking.remedies.wordings import Expected, Remedy
from tracking.spool import intake
from tracking.spool.segments import SpoolWriter
from tracking.verify.checks import Broken, verify

pytestmark = pytest.mark.django_db
LATER = NOW + timedelta(hours=2)
KINDS = (
    *("tag", "tag", "pixel", "again", "server", "rival", "keyed", "waiting", "signed", "bare"),
    *("bare", "foreign", "test", "invalid", "channel"),
)
Books = dict[str, list[str]]

COLUMNS: dict[type[Any], tuple[str, ...]] = {
    Conversion: (
        *("advertiser", "order", "at", "created_at", "amount_minor", "currency", "parts"),
        *("voucher", "channel", "customer", "conflict", "conflict_since", "contested_by"),
        *("verified", "over_limit", "first_seen_at", "dropped_reports", "is_crowded"),
        *("closes_at", "closed_at"),
    ),
    ConversionJourney: ("advertiser", "conversion__order", "journey"),
    Report: (
        *("id", "advertiser", "conversion__order", "source", "rank", "outcome", "order", "at"),
        *("received_at", "figures", "tokens", "sessions", "from_browser", "session_by_cookie"),
        *("is_uncounted", "is_unanswered", "fingerprint", "repeats", "errors", "sent"),
    ),
    Click: tuple(field.name for field in Click._meta.concrete_fields),
    Landing: tuple(f.name for f in Landing._meta.concrete_fields if f.name != "number"),
    OrderSeen: ("advertiser", "digest", "first_at"),
    UnattributedSales: ("advertiser", "hour", "source", "count"),
}


def books() -> Books:
    """All that is left of what was taken in, without the numbers that it is given, and without what
    was decided on the way: reports that come together are decided once."""
    found = {
        model.__name__: sorted(map(repr, model._default_manager.values_list(*names)))
        for model, names in COLUMNS.items()
    }
    decided = Decision.objects.filter(current_of__isnull=False).values_list(
        *("conversion__order", "inputs", "verdicts", "paid_click", "paid_publisher"),
        *("closes_at", "closes_by_click", "rule_version", "decided_at"),
    )
    found["decided"] = sorted(map(repr, decided))
    earned = Commission.objects.exclude(decline_reason="nobody_paid").values_list(
        *("conversion__order", "publisher", "click_id", "cookie_type", "status", "decline_reason"),
        *("sale_amount_minor", "amount_minor", "network_fee_minor", "rates", "sold_at"),
        *("closes_at", "created_at"),
    )
    found["earned"] = sorted(map(repr, earned))
    rollups = Rollup.objects.values_list(
        "hour", "advertiser", "publisher", "cookie_type", "counted", "time_step"
    ).annotate(Sum("count"), Sum("sale_amount_minor"), Sum("commission_minor"))
    found["rollups"] = sorted(repr(row) for row in rollups if any(row[-3:]))
    return found


class Crowd:
    """Shoppers of a shop, what they click and what is reported of their orders: records, as the
    spool has them."""

    def __init__(self, shop: Advertiser, chance: random.Random, other: Browser) -> None:
        self.shop, self.chance, self.other = shop, chance, other
        self.partners = [partner(shop), partner(shop, "soft"), partner(shop, hard_days=5)]
        self.browsers = [Browser(shop) for _ in range(4)]

    def records(self, reports: int = 3) -> list[intake.Record]:
        """In the order in which they arrive: often that in which they were made."""
        chance, moments = self.chance, list[tuple[float, intake.Record]]()
        for number, browser in enumerate(self.browsers):
            at = chance.uniform(0, 20)
            for _ in range(chance.randint(0, 3)):
                moments.append((at, self._click(browser, at)))
                if browser.tokens[-1] and chance.random() < 0.5:
                    moments.append((at + 0.5, self._landing(browser, at + 0.5)))
                at += chance.uniform(1, 9)
            for kind in chance.choices(KINDS, k=reports):
                moments += [(at, one) for one in self._report(kind, number, at)]
                at += chance.uniform(1, 9)
        late = sorted(moments, key=lambda item: item[0] + chance.choice((0, 0, 0, 15, 40)))
        return [record for _, record in late]

    def _click(self, browser: Browser, at: float) -> intake.Record:
        publisher: Publisher = self.chance.choice(self.partners)
        return browser.click(publisher, NOW + minutes(at), lost=True).record

    def _landing(self, browser: Browser, at: float) -> intake.Record:
        now = int((NOW + minutes(at)).timestamp() * 1000)
        return arrive(browser.tokens[-1] or "", self.shop.pk, 0, KEYS, now).record

    def _report(self, kind: str, number: int, at: float) -> Iterator[intake.Record]:
        made = self._sent(kind, number, NOW + minutes(at))
        for _ in range(2 if kind == "again" else 1):
            yield intake.report_record(replace(made, id=uuid7()))

    def _sent(self, kind: str, number: int, at: Any) -> SaleReport:
        order, browser, shop = f"{self.shop.name} {number}", self.browsers[number], self.shop
        amount = self.chance.choice(("50.00", "50.00", "60.00"))
        token = next(filter(None, reversed(browser.tokens)), None)
        if kind in ("keyed", "server") and token:
            source = "keyed" if kind == "keyed" else "server"
            return make_report(shop, order, at, amount, source=source, clicks=[token])
        if kind in ("waiting", "keyed"):
            return make_report(shop, order, at, amount, source="keyed")
        if kind == "rival":
            return self.browsers[number - 1].report(order, at, amount, source="pixel")
        if kind == "foreign":
            return make_report(shop, order, at, amount, clicks=[self.other.tokens[0] or ""])
        if kind == "bare":
            return bare(shop, order, at, amount)
        if kind == "invalid":
            error = FieldError("amount", "x", Expected.UNSIGNED.of(), Remedy.SIGN.of())
            made = make_report(shop, order, at)
            return replace(made, sale=None, errors=(error,), order=order, sent={"amount": "x"})
        fields = {"test": {"test": "1"}, "channel": {"channel": "ads"}}.get(kind, {})
        made = browser.report(order, at, amount, fields=fields)
        return signed(shop, made, amount) if kind == "signed" else made


def crowds(seed: int) -> list[intake.Record]:
    """Of two shops, mixed."""
    chance, shops = random.Random(seed), [make_advertiser(f"{seed} {name}") for name in "ab"]
    Advertiser.objects.filter(pk__in=[shop.pk for shop in shops]).update(
        uncounted_channels=["ads"], network_fee_percent=10
    )
    others = [Browser(shop) for shop in shops]
    for browser, shop in zip(others, shops, strict=True):
        browser.click(partner(shop), NOW, lost=True)
    both = [
        iter(Crowd(shop, chance, other).records())
        for shop, other in zip(shops, reversed(others), strict=True)
    ]
    found = []
    while both:
        one = chance.choice(both)
        if record := next(one, None):
            found.append(record)
        else:
            both.remove(one)
    return found


def taken_in(records: Sequence[intake.Record], size: int) -> Books:
    """The books after these came in batches of this size, all of which is taken back."""
    with transaction.atomic():
        for start in range(0, len(records), size):
            with transaction.atomic():
                intake.store(records[start : start + size], LATER)
        found = books()
        if size == len(records):
            assert [str(item) for item in verify() if isinstance(item, Broken)] == []
        transaction.set_rollback(True)
    return found


@pytest.mark.parametrize("seed", range(6))
def test_a_random_spool_ends_the_same_in_batches_of_every_size(seed: int) -> None:
    records = crowds(seed)
    one_by_one = taken_in(records, 1)
    for size in (5, len(records)):
        found = taken_in(records, size)
        for name, rows in one_by_one.items():
            other = set(found[name]).symmetric_difference(rows)
            assert other == set(), f"{name} in batches of {size}"


def statements_for(number: int) -> int:
    """How many statements it takes to take in so many reports of each kind, of known and of new
    orders, and as many late clicks."""
    shop, elsewhere = make_advertiser(f"Of {number}"), make_advertiser(f"Not of {number}")
    blog, other = partner(shop), Browser(elsewhere)
    early = [other.click(partner(elsewhere), NOW, lost=True).record]
    crowd, late = Crowd(shop, random.Random(number), other), list[intake.Record]()

    def reader() -> Browser:
        browser = Browser(shop)
        early.append(browser.click(blog, NOW, lost=True).record)
        return browser

    def report(browser: Browser, order: str, minute: int, source: str) -> intake.Record:
        made = browser.report(order, NOW + minutes(minute), source=source)
        return intake.report_record(made)

    for index in range(number):
        crowd.browsers = [reader() for _ in KINDS]
        for one, kind in enumerate(sorted(KINDS)):
            made = crowd._sent(kind, one, NOW + minutes(1))
            sale = made.sale and replace(made.sale, order=f"{kind} {index} {one}")
            late.append(intake.report_record(replace(made, sale=sale)))
        for order in (f"clicked {index}", f"clicked and reported {index}"):
            browser = reader()
            early.append(report(browser, order, 2, "tag"))
            late.append(browser.click(blog, NOW + minutes(1), lost=True).record)
        late.append(report(browser, order, 3, "pixel"))
    with transaction.atomic():
        intake.store(early, LATER)
    with CaptureQueriesContext(connection) as captured, transaction.atomic():
        intake.store(late, LATER)
    assert Conversion.objects.filter(advertiser=shop).count() >= 2 * number
    return len(captured)


def test_a_batch_takes_as_many_statements_however_many_reports_and_clicks_are_in_it(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """With more late clicks than are written as values of a statement."""
    monkeypatch.setattr(click_rows, "FEW", 2)
    assert statements_for(2) == statements_for(7)


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    intake.register("here", NOW)
    return tmp_path / "spool"


def test_a_bad_report_in_the_middle_is_set_aside_alone(
    folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    shop = make_advertiser()
    browser = Browser(shop)
    browser.click(partner(shop), NOW)
    sent = [browser.report(str(number), NOW + minutes(1)) for number in range(9)]
    bad = sent[4].sale
    assert bad
    figures = SaleFigures(5000, "GBP", (Part("GONE", 5000),))
    sent[4] = replace(sent[4], sale=replace(bad, figures=figures))
    writer = SpoolWriter(folder)
    for report in sent:
        writer.append(intake.report_record(report))
    store, sizes = intake.store, list[int]()

    def counted(records: Sequence[intake.Record], now: Any) -> None:
        sizes.append(len(records))
        store(records, now)

    monkeypatch.setattr(intake, "store", counted)
    assert intake.drain(folder, "here", LATER) == 9
    orders = Conversion.objects.order_by("order").values_list("order", flat=True)
    assert list(orders) == ["0", "1", "2", "3", "5", "6", "7", "8"]
    assert Commission.objects.filter(status="pending").count() == 8
    [aside] = SetAside.objects.all()
    assert ("IndexError" in aside.error, '"order":"4"' in aside.record) == (True, True)
    assert sizes == [9, 4, 5, 2, 1, 1, 1, 1, 3], "halves, and the bad one three times"
    assert SpoolPosition.objects.get().offset == next(folder.glob("*.segment")).stat().st_size


@pytest.mark.django_db(transaction=True)
def test_two_drains_at_once_take_in_the_same_orders(tmp_path: Path) -> None:
    """Each has reports of every order, in the other's opposite order, and late clicks of them."""
    shop = make_advertiser()
    blog, other = partner(shop), partner(shop)
    browsers = [Browser(shop) for _ in range(12)]
    for browser in browsers:
        browser.click(blog, NOW, lost=True)
        browser.click(other, NOW + minutes(1), lost=True)
    clicks = [browser.tokens for browser in browsers]
    reports = [
        [
            browser.report(f"{number}", NOW + minutes(2), source=source)
            for source in ("tag", "pixel")
        ]
        for number, browser in enumerate(browsers)
    ]
    assert all(len(set(tokens)) == 2 for tokens in clicks)
    for which, name in enumerate(("one", "two")):
        intake.register(name, NOW)
        writer = SpoolWriter(tmp_path / name)
        for pair in reports[:: 1 if which else -1]:
            writer.append(intake.report_record(pair[which]))
        writer.close()
    failed = []

    def drain(name: str) -> None:
        try:
            intake.drain(tmp_path / name, name, LATER)
        except Exception as error:
            failed.append(error)
        finally:
            connection.close()

    threads = [Thread(target=drain, args=(name,)) for name in ("one", "two")]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert failed == []
    assert not SetAside.objects.exists()
    assert Conversion.objects.count() == Commission.objects.count() == 12
    assert set(Report.objects.values_list("source", flat=True)) == {"tag", "pixel"}
    assert Report.objects.count() == 24
    assert Click.objects.filter(rebuilt=True).count() == 12
    assert [str(item) for item in verify() if isinstance(item, Broken)] == []
