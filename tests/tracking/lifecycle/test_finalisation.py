"""Commissions become final when the cookie windows have closed: once, whole, or not at all."""

from collections.abc import Iterable
from datetime import datetime, timedelta
from threading import Thread

import pytest
from django.db import IntegrityError, ProgrammingError, connection, transaction
from msgspec.structs import replace

from network.models import Advertiser
from publishers.ledger import posting
from publishers.models import LedgerEntry, LedgerTransaction, Publisher
from tests.support.browsing import Browser, make_report, minutes, record
from tests.support.makers import NOW, make_advertiser, make_partner, make_publisher
from tracking.conversions.deciding import decide_again
from tracking.conversions.journeys import click_in, rebuild
from tracking.lifecycle.finalisation import finalise_due, horizon
from tracking.models import Click, Commission, Conversion, Decision, SpoolHost
from tracking.rule.reasons import ReportOutcome

pytestmark = pytest.mark.django_db
CLOSES = NOW + timedelta(days=30)


@pytest.fixture
def shop() -> Advertiser:
    advertiser = make_advertiser()
    Advertiser.objects.filter(id=advertiser.id).update(network_fee_percent=10)
    return advertiser


@pytest.fixture
def blog(shop: Advertiser) -> Publisher:
    publisher = make_publisher()
    make_partner(shop, publisher, "hard")
    return publisher


@pytest.fixture
def sold(shop: Advertiser, blog: Publisher) -> Conversion:
    browser = Browser(shop)
    browser.click(blog, NOW)
    return browser.buy("1", NOW + minutes(5), "49.90")


def state() -> tuple[object, ...]:
    commission = Commission.objects.get()
    return commission.status, commission.closed_at, LedgerTransaction.objects.count()


def test_it_is_pending_until_the_window_closes_and_final_then(sold: Conversion) -> None:
    assert finalise_due(CLOSES - timedelta(milliseconds=1)) == 0
    assert state() == ("pending", None, 0)
    assert finalise_due(CLOSES) == 1
    assert state() == ("final", CLOSES, 1)
    lines = LedgerEntry.objects.values_list("account__kind", "amount_minor", "currency")
    assert set(lines) == {
        ("advertiser_receivable", 439, "GBP"),
        ("publisher_payable", -399, "GBP"),
        ("network_fees", -40, "GBP"),
    }
    assert Conversion.objects.get().closed_at == CLOSES


def test_again_it_does_nothing(sold: Conversion) -> None:
    finalise_due(CLOSES)
    before = state()
    assert finalise_due(CLOSES + timedelta(days=1)) == 0
    assert state() == before


def test_a_conversion_that_pays_nobody_closes_too(shop: Advertiser, blog: Publisher) -> None:
    browser = Browser(shop)
    browser.click(blog, NOW)
    token = browser.tokens[0]
    assert token
    record(make_report(shop, "1", CLOSES, clicks=[token]))
    assert finalise_due(CLOSES) == 1
    assert Conversion.objects.get().closed_at == CLOSES
    assert not Commission.objects.exists()


def test_it_waits_for_every_spool_that_has_not_been_taken_out(sold: Conversion) -> None:
    SpoolHost.objects.create(name="a", registered_at=NOW, drained_to=CLOSES)
    slow = SpoolHost.objects.create(name="b", registered_at=NOW, drained_to=NOW)
    assert horizon(CLOSES) == NOW
    assert finalise_due(CLOSES) == 0
    slow.removed_at = CLOSES
    slow.save()
    assert finalise_due(CLOSES) == 1


def test_late_evidence_wins_at_the_last_moment_and_moves_the_closing(
    shop: Advertiser, sold: Conversion
) -> None:
    later, browser = make_publisher(), Browser(shop)
    make_partner(shop, later, "hard", hard_days=60)
    browser.click(later, NOW + minutes(1))
    token = browser.tokens[0]
    assert token
    record(make_report(shop, "1", NOW + minutes(9), source="keyed", clicks=[token]))
    conversion = Conversion.objects.get()
    assert conversion.closes_at == NOW + minutes(1) + timedelta(days=60)
    assert finalise_due(CLOSES) == 0
    assert finalise_due(NOW + timedelta(days=61)) == 1
    assert Commission.objects.get().publisher == later


def test_the_validation_period_holds_it_back(blog: Publisher) -> None:
    shop = make_advertiser(validation_days=45)
    make_partner(shop, blog, "hard")
    browser = Browser(shop)
    browser.click(blog, NOW)
    browser.buy("1", NOW + minutes(5))
    assert finalise_due(CLOSES + timedelta(days=1)) == 0
    assert finalise_due(NOW + minutes(5) + timedelta(days=45)) == 1


@pytest.mark.parametrize(
    "changes",
    [
        pytest.param({"conflict": "figures"}, id="conflict"),
        pytest.param({"verified": False}, id="unverified"),
        pytest.param({"over_limit": True}, id="on_hold"),
    ],
)
def test_what_is_unresolved_does_not_close(sold: Conversion, changes: dict[str, object]) -> None:
    Conversion.objects.update(**changes)
    assert finalise_due(CLOSES) == 0
    assert state() == ("pending", None, 0)


def test_a_report_after_the_closing_is_kept_and_changes_nothing(
    shop: Advertiser, sold: Conversion
) -> None:
    finalise_due(CLOSES)
    report = make_report(shop, "1", CLOSES + minutes(1), "99.00", source="keyed")
    assert record(report) == ReportOutcome.LATE
    assert Commission.objects.get().sale_amount_minor == 4990


def test_a_report_after_the_closing_does_not_count_when_the_sale_is_decided_again(
    shop: Advertiser, sold: Conversion
) -> None:
    finalise_due(CLOSES)
    browser, rival = Browser(shop), make_publisher()
    make_partner(shop, rival, "hard")
    browser.click(rival, NOW + minutes(1))
    token = browser.tokens[0]
    assert token
    record(make_report(shop, "1", CLOSES + minutes(1), "99.00", source="keyed", clicks=[token]))
    closed = Conversion.objects.get()
    assert closed.decision
    again = decide_again(closed)
    assert again.inputs == closed.decision.inputs
    assert again.outcome.paid is not None
    assert again.outcome.paid.id == closed.decision.paid_click


def test_a_click_that_arrives_at_the_last_moment_moves_the_closing(
    shop: Advertiser, sold: Conversion
) -> None:
    """It is not in the decision yet when the sale is due, only in the table of clicks."""
    later, browser = make_publisher(), Browser(shop)
    make_partner(shop, later, "hard", hard_days=60)
    first = Click.objects.get()
    browser.click(later, NOW + minutes(1), lost=True)
    missed = browser.tokens[0]
    assert missed
    row = replace(click_in(missed), journey=first.journey, session=first.session)
    rebuild(shop.pk, [row], NOW)
    assert Conversion.objects.get().closes_at == CLOSES
    assert finalise_due(CLOSES) == 1, "it is looked at"
    conversion = Conversion.objects.get()
    assert (conversion.closed_at, conversion.closes_at) == (
        None,
        NOW + minutes(1) + timedelta(days=60),
    )
    assert state() == ("pending", None, 0)
    assert Commission.objects.get().publisher == later


def test_one_that_cannot_be_closed_does_not_keep_the_others(
    shop: Advertiser, blog: Publisher, monkeypatch: pytest.MonkeyPatch
) -> None:
    for number in range(3):
        browser = Browser(shop)
        browser.click(blog, NOW + timedelta(seconds=number))
        browser.buy(str(number), NOW + minutes(5))
    broken = Conversion.objects.get(order="1")
    original = posting.post_final_commissions

    def post(finals: Iterable[posting.FinalCommission], now: datetime) -> dict[str, int]:
        finals = list(finals)
        if any(final.key == f"commission:{broken.commission.id}:final" for final in finals):
            raise RuntimeError("no")
        return original(finals, now)

    monkeypatch.setattr(posting, "post_final_commissions", post)
    assert finalise_due(CLOSES + minutes(1)) == 2
    broken.refresh_from_db()
    assert (broken.closed_at, broken.commission.status) == (None, "pending")


@pytest.mark.parametrize(
    "statement",
    [
        "UPDATE tracking_commission SET amount_minor = 1",
        "DELETE FROM tracking_commission",
        "UPDATE publishers_ledgerentry SET amount_minor = amount_minor * 2",
        "DELETE FROM publishers_ledgertransaction",
        "UPDATE tracking_decision SET paid_click = NULL, paid_publisher_id = NULL",
    ],
)
def test_nothing_that_is_final_is_ever_edited(sold: Conversion, statement: str) -> None:
    finalise_due(CLOSES)
    with (
        pytest.raises(ProgrammingError, match="Cannot update or delete rows"),
        transaction.atomic(),
        connection.cursor() as cursor,
    ):
        cursor.execute(statement)


@pytest.mark.django_db(transaction=True)
def test_entries_that_do_not_sum_to_zero_are_refused_at_commit(sold: Conversion) -> None:
    finalise_due(CLOSES)
    entry = LedgerEntry.objects.first()
    assert entry
    with pytest.raises(IntegrityError, match="does not sum to zero"), transaction.atomic():
        LedgerEntry.objects.create(
            transaction=entry.transaction, account=entry.account, amount_minor=1, currency="GBP"
        )
    with pytest.raises(IntegrityError, match="on an account in"), transaction.atomic():
        LedgerEntry.objects.create(
            transaction=entry.transaction, account=entry.account, amount_minor=1, currency="EUR"
        )


@pytest.mark.django_db(transaction=True)
def test_ten_at_once_close_each_conversion_once(shop: Advertiser, blog: Publisher) -> None:
    for number in range(30):
        browser = Browser(shop)
        browser.click(blog, NOW + timedelta(seconds=number))
        browser.buy(str(number), NOW + minutes(5))
    counts: list[int] = []
    threads = [Thread(target=_finalise_in_thread, args=(counts,)) for _ in range(10)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sum(counts) == 30
    assert LedgerTransaction.objects.count() == 30
    assert posting.balance("publisher_payable", "GBP", blog.id) == -30 * 400
    assert Decision.objects.count() == 30


def _finalise_in_thread(counts: list[int]) -> None:
    try:
        counts.append(finalise_due(CLOSES + minutes(1)))
    finally:
        connection.close()


@pytest.mark.django_db(transaction=True)
def test_twenty_simultaneous_reports_of_an_order_make_one_conversion(
    shop: Advertiser, blog: Publisher
) -> None:
    browser = Browser(shop)
    browser.click(blog, NOW)
    reports = [browser.report("1", NOW + minutes(5)) for _ in range(20)]

    def send(report: object) -> None:
        try:
            record(report)  # type: ignore[arg-type]
        finally:
            connection.close()

    threads = [Thread(target=send, args=(report,)) for report in reports]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    kept = Conversion.objects.get().reports.get()
    assert kept.repeats == 19
    assert Commission.objects.count() == 1
