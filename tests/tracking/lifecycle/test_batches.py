"""Sales are closed in batches: what comes of each is the same in whatever batch it is."""

import gc
from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta
from decimal import Decimal
from typing import Any

import pytest
from django.db import OperationalError, connection, transaction
from django.db.models import Sum
from django.test.utils import CaptureQueriesContext

from network.models import Advertiser, User
from publishers.models import LedgerEntry, LedgerTransaction, Publisher
from tests.support.browsing import Browser, make_report, minutes, record
from tests.support.makers import NOW, make_advertiser, make_partner, make_publisher, make_user
from tracking.clicks import rows as click_rows
from tracking.commissions.rulings import Statement
from tracking.conversions import deciding
from tracking.lifecycle import finalisation, suspension
from tracking.lifecycle.finalisation import finalise_due
from tracking.lifecycle.validation import validate
from tracking.models import Click, Commission, Conversion, Decision, Report, Rollup, Validation
from tracking.rollups import recount
from tracking.spool import intake
from tracking.verify.checks import Broken, verify

pytestmark = pytest.mark.django_db
DUE = NOW + timedelta(days=31)
LATER = NOW + timedelta(days=1)
SIZES = (1, 3, 500)
Books = dict[str, list[str]]

COLUMNS: dict[type[Any], tuple[str, ...]] = {
    Conversion: (
        *("advertiser__name", "order", "at", "amount_minor", "currency", "conflict", "verified"),
        *("over_limit", "closes_at", "closed_at", "decision__sequence"),
    ),
    Decision: (
        *("conversion__order", "sequence", "cause", "decided_at", "rule_version", "inputs"),
        *("verdicts", "paid_click", "paid_publisher", "closes_at", "closes_by_click"),
    ),
    Commission: (
        *("conversion__order", "publisher", "click_id", "cookie_type", "status", "decline_reason"),
        *("decline_text", "sale_amount_minor", "amount_minor", "network_fee_minor", "currency"),
        *("rates", "sold_at", "closes_at", "created_at", "closed_at", "ledger_transaction__kind"),
    ),
    Validation: (
        *("conversion__order", "at", "made_by", "action", "code", "reason", "publisher"),
        *("commission_minor", "currency"),
    ),
    Report: ("id", "order", "outcome", "repeats"),
    Click: ("id", "publisher", "journey", "rebuilt"),
}


class Market:
    """A shop with partners, and sales of every kind at it."""

    def __init__(self, name: str, staff: User, **terms: Any) -> None:
        self.name, self.staff = name, staff
        largest = terms.pop("largest_order_minor", None)
        self.shop = make_advertiser(name, **terms)
        mine = Advertiser.objects.filter(pk=self.shop.pk)
        mine.update(network_fee_percent=10, largest_order_minor=largest)
        self.blog, self.stuffer = make_publisher(f"{name} blog"), make_publisher(f"{name} stuffer")
        self.extension = make_publisher(f"{name} extension", model_type="extension")
        self.patient = make_publisher(f"{name} patient")
        for publisher in (self.blog, self.extension):
            make_partner(self.shop, publisher)
        self.stuffing = make_partner(self.shop, self.stuffer)
        make_partner(self.shop, self.patient, hard_days=60)

    def buy(self, order: str, *publishers: Publisher, amount: str = "50.00") -> Conversion:
        browser = Browser(self.shop)
        for number, publisher in enumerate(publishers):
            browser.click(publisher, NOW + minutes(number))
        return browser.buy(f"{self.name} {order}", NOW + minutes(9), amount)

    def buy_before_click_arrives(
        self, order: str, first: Publisher, late: Publisher, *, in_one_session: bool = True
    ) -> None:
        """The second click reaches the table of clicks only, as if just before the sale is due."""
        browser = Browser(self.shop)
        token = browser.click(first, NOW).token
        unknown = browser.click(late, NOW + minutes(1), lost=True)
        if not in_one_session:
            browser.end_session()
        sessions: dict[str, Any] = (
            {} if in_one_session else {"from_browser": True, "sessions": (1,)}
        )
        record(
            make_report(
                self.shop, f"{self.name} {order}", NOW + minutes(9), clicks=[token], **sessions
            )
        )
        with transaction.atomic():
            click_rows.insert([intake.click_row(unknown.record)])

    def say(self, sale: Conversion, action: Validation.Action, code: str = "") -> None:
        statement = Statement(action=action, made_by=self.staff, code=code)
        validate(self.shop.pk, sale.pk, statement, LATER)

    def sell(self) -> None:
        """One sale of every kind that there is when sales are due."""
        self.buy("hard", self.extension, self.blog)
        self.buy("soft", self.extension)
        self.buy("stood down", self.blog, self.extension)
        self.buy("free", self.blog, amount="0.00")
        self.say(self.buy("approved", self.blog), Validation.Action.APPROVE)
        self.say(self.buy("declined", self.blog), Validation.Action.DECLINE, "returned")
        self.buy("suspended", self.stuffer)
        if self.shop.verification == Advertiser.Verification.BROWSER:
            # What nobody has confirmed is not looked at when it is due.
            self.buy_before_click_arrives("late", self.extension, self.blog)
            self.buy_before_click_arrives("late stuffer", self.extension, self.stuffer)
            self.buy_before_click_arrives("moved", self.extension, self.patient)
            self.buy_before_click_arrives(
                "paid at last", self.extension, self.blog, in_one_session=False
            )
        self._sell_in_doubt()
        suspension.suspend(self.stuffing, LATER, reason="It stuffed.", made_by=self.staff)

    def _sell_in_doubt(self) -> None:
        """Sales that nobody is paid for, or that wait for somebody."""
        browser = Browser(self.shop)
        browser.click(self.extension, NOW)
        browser.end_session()
        browser.buy(f"{self.name} nobody", NOW + minutes(9))
        for amount in ("50.00", "60.00"):
            self.buy("contested", self.blog, amount=amount)
        for amount in ("20.00", "30.00"):
            browser.buy(f"{self.name} figures", NOW + minutes(9), amount)
        self.buy("large", self.blog, amount="5000.00")
        browser = Browser(self.shop)
        browser.click(self.blog, NOW, lost=True)
        for order in ("rebuilt", "rebuilt too"):
            browser.buy(f"{self.name} {order}", NOW + minutes(9))
        Click.objects.filter(rebuilt=True).delete()
        recount.recount()
        token = browser.tokens[0]
        assert token
        report = make_report(self.shop, f"{self.name} keyed", NOW + minutes(9), clicks=[token])
        record(replace(report, source="keyed"))


@pytest.fixture
def markets() -> list[Market]:
    """That pay a fee; a strict one; one that pays nothing, in a currency without minor units."""
    staff = make_user("operator")
    return [
        Market("Trusting", staff, largest_order_minor=100_000),
        Market("Strict", staff, currency="EUR", verification="confirmed"),
        Market("Free", staff, currency="USD", percent=Decimal(0)),
    ]


def books() -> Books:
    """All that the closing of sales writes, without the numbers that it is given."""
    found = {
        model.__name__: sorted(map(repr, model._default_manager.values_list(*names)))
        for model, names in COLUMNS.items()
    }
    orders = {
        f"commission:{row.pk}:final": row.conversion.order
        for row in Commission.objects.select_related("conversion")
    }
    entries = LedgerEntry.objects.values_list(
        "transaction__key", "account__kind", "account__publisher", "amount_minor", "currency"
    )
    found["entries"] = sorted(repr((orders[key], *rest)) for key, *rest in entries)
    posted = LedgerTransaction.objects.values_list("key", "at", "advertiser", "publisher")
    found["posted"] = sorted(repr((orders[key], *rest)) for key, *rest in posted)
    rollups = Rollup.objects.values_list(
        "hour", "advertiser", "publisher", "cookie_type", "counted", "time_step"
    ).annotate(Sum("count"), Sum("sale_amount_minor"), Sum("commission_minor"))
    found["rollups"] = sorted(repr(row) for row in rollups if any(row[-3:]))
    return found


def closed_in(size: int, monkeypatch: pytest.MonkeyPatch) -> Books:
    """The books after sales were closed in batches of this size, all of which is taken back."""
    monkeypatch.setattr(finalisation, "BATCH", size)
    with transaction.atomic():
        finalise_due(DUE)
        found = books()
        assert [str(item) for item in verify() if isinstance(item, Broken)] == []
        transaction.set_rollback(True)
    return found


def test_sales_of_every_kind_end_the_same_in_batches_of_every_size(
    markets: list[Market], monkeypatch: pytest.MonkeyPatch
) -> None:
    for market in markets:
        market.sell()
    before = books()
    found = {size: closed_in(size, monkeypatch) for size in SIZES}
    for size in SIZES[1:]:
        for name, rows in found[size].items():
            assert rows == found[1][name], f"{name} in batches of {size}"
    assert books() == before

    finalise_due(DUE)
    stands = dict(Commission.objects.values_list("conversion__order", "status"))
    assert {order for order, status in stands.items() if status == "final"} == {
        *(
            f"{name} {order}"
            for name in ("Trusting", "Free")
            for order in ("hard", "soft", "stood down", "free", "approved", "late", "paid at last")
        ),
        *(f"{name} {order}" for name in ("Trusting", "Free") for order in ("rebuilt", "keyed")),
        *(f"{name} rebuilt too" for name in ("Trusting", "Free")),
        "Free large",
        "Strict approved",
        "Strict keyed",
    }
    assert stands["Trusting late stuffer"] == "declined"
    said = Validation.objects.filter(conversion__order="Trusting late stuffer")
    assert [(row.at, row.code) for row in said] == [(DUE, "fraud")]
    closed = Conversion.objects.exclude(closed_at=None).values_list("order", flat=True)
    assert not {"Trusting moved", "Trusting contested", "Trusting large"}.intersection(closed)
    assert {"Trusting nobody", "Trusting declined", "Trusting suspended"}.issubset(closed)
    assert set(LedgerEntry.objects.values_list("currency", flat=True)) == {"GBP", "EUR"}


def statements_for(sales: int, name: str) -> int:
    """How many statements it takes to close so many sales of a shop."""
    market = Market(name, make_user("operator"))
    for number in range(sales):
        market.buy(f"{number}", market.extension, market.blog)
        market.buy(f"{number} soft", market.extension, market.extension)
        market.buy_before_click_arrives(f"{number} late", market.extension, market.blog)
    with CaptureQueriesContext(connection) as captured:
        assert finalise_due(DUE, [market.shop.pk]) == 3 * sales
    return len(captured)


def test_a_batch_takes_as_many_statements_however_many_sales_are_in_it() -> None:
    assert statements_for(1, "Few") == statements_for(8, "Many")


@pytest.fixture
def five() -> list[Conversion]:
    market = Market("Shop", make_user("operator"))
    return [market.buy(str(number), market.blog) for number in range(5)]


def with_a_key_that_is_gone(sale: Conversion) -> None:
    token = {"role": "server", "token": "a" * 85, "reason": ""}
    Report.objects.filter(conversion=sale).update(tokens=[token])


def with_a_group_that_has_no_rate(sale: Conversion) -> None:
    """Its amount is another one in memory by the time that it fails."""
    report = Report.objects.get(conversion=sale)
    parts = [{"group": "GONE", "amount_minor": 7000}]
    report.figures = {**report.figures, "amount_minor": 7000, "parts": parts}
    report.save()


def with_a_commission_that_the_database_refuses(sale: Conversion) -> None:
    with connection.cursor() as cursor:
        cursor.execute("SET CONSTRAINTS ALL IMMEDIATE")
        cursor.execute(
            "ALTER TABLE tracking_commission ADD CONSTRAINT refused "
            f"CHECK (conversion_id <> {sale.pk} OR status <> 'final')"
        )


@pytest.mark.parametrize(
    "spoil",
    [
        pytest.param(with_a_key_that_is_gone, id="it_cannot_be_decided"),
        pytest.param(with_a_group_that_has_no_rate, id="it_cannot_be_priced"),
        pytest.param(with_a_commission_that_the_database_refuses, id="it_cannot_be_stored"),
    ],
)
def test_one_that_cannot_be_closed_is_put_aside_alone(
    five: list[Conversion],
    spoil: Callable[[Conversion], None],
    caplog: pytest.LogCaptureFixture,
) -> None:
    broken = five[3]
    spoil(broken)
    assert finalise_due(DUE) == 4
    assert gc.isenabled()
    left = Conversion.objects.get(closed_at=None)
    assert (left, left.commission.status) == (broken, "pending")
    assert LedgerTransaction.objects.count() == 4
    counted = Rollup.objects.filter(counted__startswith="sale_").values("counted")
    sums = counted.annotate(Sum("count"), Sum("sale_amount_minor")).order_by("counted")
    assert list(sums.values_list("counted", "count__sum", "sale_amount_minor__sum")) == [
        ("sale_final", 4, 4 * 5000),
        ("sale_pending", 1, 5000),
    ]
    told = [one.getMessage() for one in caplog.records if one.name == finalisation.__name__]
    assert told == [f"Conversion {broken.pk} could not be closed"]


def test_a_batch_goes_on_where_the_last_one_ended(
    five: list[Conversion], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(finalisation, "BATCH", 2)
    with_a_key_that_is_gone(five[0])
    assert finalise_due(DUE) == 4
    assert [row.pk for row in Conversion.objects.filter(closed_at=None)] == [five[0].pk]


def test_a_time_out_at_one_advertiser_leaves_the_others_their_turn(
    monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    markets = [Market(name, make_user("operator")) for name in ("First", "Second", "Third")]
    sales = [market.buy("1", market.blog) for market in markets]
    slow = markets[1].shop

    def decide(cases: Any, *given: Any) -> Any:
        if cases[0].conversion.advertiser_id == slow.pk:
            with connection.cursor() as cursor:
                cursor.execute("SET LOCAL statement_timeout = 20")
                cursor.execute("SELECT pg_sleep(5)")
        return deciding.decide_all(cases, *given)

    monkeypatch.setattr(finalisation, "decide_all", decide)
    with pytest.raises(OperationalError, match="timeout"):
        finalise_due(DUE)
    assert [Conversion.objects.get(pk=sale.pk).closed_at for sale in sales] == [DUE, None, DUE]
    told = [one.getMessage() for one in caplog.records if one.name == finalisation.__name__]
    assert told == [f"Advertiser {slow.pk} is put aside until the next run"]
    monkeypatch.undo()
    assert finalise_due(DUE) == 1
