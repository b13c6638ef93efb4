"""Sales that nobody confirms, conflicts that nobody settles, and orders that are too large."""

import json
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from network.models import Advertiser, User
from publishers.models import LedgerTransaction, Publisher
from tests.support.browsing import Browser, make_report, minutes, record
from tests.support.databases import plan_without_others
from tests.support.makers import NOW, make_advertiser, make_partner, make_publisher, make_user
from tracking.commissions.rulings import Statement
from tracking.commissions.states import OF_SALE, state_case
from tracking.lifecycle.finalisation import finalise_due
from tracking.lifecycle.overdue import end_waiting
from tracking.lifecycle.validation import ValidationRefused, validate
from tracking.models import Commission, Conversion, SpoolHost, Validation

pytestmark = pytest.mark.django_db
CLOSES = NOW + timedelta(days=30)
DAY = timedelta(days=1)
Action = Validation.Action


@pytest.fixture
def shop() -> Advertiser:
    return make_advertiser(verification=Advertiser.Verification.CONFIRMED)


@pytest.fixture
def blog(shop: Advertiser) -> Publisher:
    publisher = make_publisher()
    make_partner(shop, publisher, "hard")
    return publisher


@pytest.fixture
def staff(shop: Advertiser) -> User:
    return make_user("manager", shop)


def sell(
    shop: Advertiser, publisher: Publisher, amount: str = "49.90", order: str = "1"
) -> Conversion:
    browser = Browser(shop)
    browser.click(publisher, NOW)
    return browser.buy(order, NOW + minutes(5), amount)


def state() -> str:
    found = Conversion.objects.annotate(state=state_case(OF_SALE)).get()
    return str(found.state)


def close(at: datetime) -> None:
    """What the task does."""
    end_waiting(at)
    finalise_due(at)


def say(action: Action, staff: User, code: str = "", reason: str = "") -> None:
    sale = Conversion.objects.get()
    said = Statement(action=action, made_by=staff, code=code, reason=reason)
    validate(sale.advertiser_id, sale.pk, said, NOW + DAY)


def reason() -> str:
    return Commission.objects.get().decline_reason


def statements(at: datetime) -> int:
    with CaptureQueriesContext(connection) as captured:
        close(at)
    return len(captured)


def test_shops_in_which_nothing_is_due_are_asked_together(
    shop: Advertiser, blog: Publisher
) -> None:
    sell(shop, blog)
    alone = statements(NOW + DAY)
    for number in range(3):
        another = make_advertiser(f"Another {number}", verification=shop.verification)
        make_partner(another, blog, "hard")
        sell(another, blog)
        conflict(another, blog, "figures")
    assert statements(NOW + DAY) == alone
    assert statements(CLOSES + timedelta(days=60)) > alone


def test_shops_that_wait_for_longer_are_asked_later(shop: Advertiser, blog: Publisher) -> None:
    patient = make_advertiser("Patient", verification=shop.verification)
    Advertiser.objects.filter(pk=patient.pk).update(confirm_days=90)
    make_partner(patient, blog, "hard")
    sales = [sell(one, blog) for one in (patient, shop)]
    declined = Commission.objects.filter(status="declined").values_list("conversion", flat=True)
    close(CLOSES + timedelta(days=60))
    assert list(declined.all()) == [sales[1].pk]
    close(CLOSES + timedelta(days=90))
    assert sorted(declined.all()) == sorted(sale.pk for sale in sales)


# --- Unverified ---------------------------------------------------------------------------------


def test_what_nobody_confirmed_is_never_paid(shop: Advertiser, blog: Publisher) -> None:
    sell(shop, blog)
    close(CLOSES + timedelta(days=59))
    assert state() == "Unverified"
    close(CLOSES + timedelta(days=60))
    assert (state(), reason()) == ("Declined", "not_confirmed")
    close(CLOSES + timedelta(days=400))
    assert Conversion.objects.get().closed_at is None
    assert not LedgerTransaction.objects.exists()


def looked_at(at: datetime) -> int:
    """Sales that the task reads to find those that are due, were there more than a test has."""
    with CaptureQueriesContext(connection) as captured:
        close(at)
    asked = [one["sql"] for one in captured if one["sql"].startswith(("SELECT", "(SELECT"))]
    found = 0
    with connection.cursor() as cursor:
        cursor.execute("SET LOCAL enable_seqscan = off; SET LOCAL enable_bitmapscan = off")
        for sql in asked:
            cursor.execute("EXPLAIN (ANALYZE, TIMING OFF, FORMAT JSON) " + sql.replace("%", "%%"))
            told = cursor.fetchone()[0]
            plan = (json.loads(told) if isinstance(told, str) else told)[0]["Plan"]
            found += sum(rows_of(part) for part in parts_of(plan))
    return found


def parts_of(plan: dict[str, Any]) -> list[dict[str, Any]]:
    return [plan, *(part for below in plan.get("Plans", ()) for part in parts_of(below))]


def rows_of(part: dict[str, Any]) -> int:
    if part.get("Relation Name") != "tracking_conversion":
        return 0
    return int(part["Actual Rows"] + part.get("Rows Removed by Filter", 0))


def test_what_was_declined_unconfirmed_is_not_looked_at_again(
    shop: Advertiser, blog: Publisher
) -> None:
    """It stays open for good."""
    for order in ("1", "2", "3"):
        sell(shop, blog, order=order)
    plan_without_others("conversion_due", "conversion_waits", "conversion_contested")
    later = CLOSES + timedelta(days=60)
    assert looked_at(later - DAY) > 0
    close(later)
    assert Conversion.objects.filter(closed_at=None, lapsed=True).count() == 3
    assert looked_at(later + DAY) == 0


def test_it_is_pending_again_and_paid_when_the_shop_confirms_it_after_all(
    shop: Advertiser, blog: Publisher
) -> None:
    sell(shop, blog)
    later = CLOSES + timedelta(days=61)
    close(later)
    record(make_report(shop, "1", later, "49.90", source="keyed"))
    assert (state(), reason()) == ("Pending", "")
    close(later + DAY)
    assert state() == "Final"


def test_staff_confirm_by_approving_even_then(
    shop: Advertiser, blog: Publisher, staff: User
) -> None:
    sell(shop, blog)
    close(CLOSES + timedelta(days=61))
    say(Action.APPROVE, staff)
    assert (state(), reason()) == ("Approved", "")
    close(CLOSES + timedelta(days=62))
    assert state() == "Final"


def test_what_staff_declined_is_not_approved_without_taking_that_back(
    shop: Advertiser, blog: Publisher, staff: User
) -> None:
    sell(shop, blog)
    say(Action.DECLINE, staff, Validation.Code.RETURNED)
    with pytest.raises(ValidationRefused, match="take that back first"):
        say(Action.APPROVE, staff)
    close(CLOSES)
    assert Conversion.objects.get().closed_at == CLOSES, "there is nothing to confirm"


def test_taking_an_approval_back_makes_it_unverified_again(
    shop: Advertiser, blog: Publisher, staff: User
) -> None:
    sell(shop, blog)
    say(Action.APPROVE, staff)
    say(Action.DECLINE, staff, Validation.Code.RETURNED)
    say(Action.TAKE_BACK, staff, reason="A mistake")
    assert state() == "Unverified"


def test_the_days_are_the_advertiser_s(shop: Advertiser, blog: Publisher) -> None:
    Advertiser.objects.filter(pk=shop.pk).update(confirm_days=5)
    sell(shop, blog)
    close(CLOSES + timedelta(days=5) - minutes(1))
    assert state() == "Unverified"
    close(CLOSES + timedelta(days=5))
    assert state() == "Declined"


def test_it_waits_for_what_is_accepted_and_not_yet_taken_in(
    shop: Advertiser, blog: Publisher
) -> None:
    sell(shop, blog)
    SpoolHost.objects.create(name="a", registered_at=NOW, drained_to=CLOSES)
    close(CLOSES + timedelta(days=61))
    assert state() == "Unverified"


def sell_for_nobody(shop: Advertiser, blog: Publisher) -> None:
    """When the window of the one click is over."""
    browser = Browser(shop)
    browser.click(blog, NOW)
    token = browser.tokens[0]
    assert token
    record(make_report(shop, "1", CLOSES, clicks=[token]))


def test_what_pays_nobody_is_open_to_a_confirmation_for_as_long(
    shop: Advertiser, blog: Publisher
) -> None:
    sell_for_nobody(shop, blog)
    over = CLOSES + timedelta(days=60)
    close(over - minutes(1))
    assert (state(), Conversion.objects.get().closed_at) == ("Nobody", None)
    close(over)
    assert Conversion.objects.get().closed_at == over


@pytest.mark.parametrize("confirmed", ["by_a_report", "by_trust"])
def test_what_pays_nobody_and_is_confirmed_closes_with_its_windows(
    shop: Advertiser, blog: Publisher, confirmed: str
) -> None:
    if confirmed == "by_trust":
        Advertiser.objects.update(verification=Advertiser.Verification.BROWSER)
    sell_for_nobody(shop, blog)
    if confirmed == "by_a_report":
        record(make_report(shop, "1", CLOSES, source="keyed"))
    close(CLOSES)
    assert Conversion.objects.get().closed_at == CLOSES


def test_where_browsers_are_believed_nothing_waits(blog: Publisher) -> None:
    shop = make_advertiser(verification=Advertiser.Verification.BROWSER)
    make_partner(shop, blog, "hard")
    sell(shop, blog)
    assert state() == "Pending"
    close(CLOSES)
    assert state() == "Final"


# --- On hold ------------------------------------------------------------------------------------


@pytest.mark.parametrize("source", ["tag", "keyed"])
def test_an_order_that_is_too_large_waits_for_staff_whoever_reported_it(
    shop: Advertiser, blog: Publisher, staff: User, source: str
) -> None:
    Advertiser.objects.filter(pk=shop.pk).update(
        largest_order_minor=100_000, verification="browser"
    )
    sell(shop, blog, "1000.01")
    if source == "keyed":
        record(make_report(shop, "1", NOW + minutes(9), "1000.01", source="keyed"))
    close(CLOSES + timedelta(days=300))
    assert state() == "On hold"
    say(Action.APPROVE, staff)
    assert state() == "Approved"
    close(CLOSES + timedelta(days=301))
    assert state() == "Final"


def test_an_order_of_just_that_size_is_plausible(shop: Advertiser, blog: Publisher) -> None:
    Advertiser.objects.filter(pk=shop.pk).update(
        largest_order_minor=100_000, verification="browser"
    )
    sell(shop, blog, "1000.00")
    assert state() == "Pending"


def test_an_approval_does_not_hold_for_a_larger_order(
    shop: Advertiser, blog: Publisher, staff: User
) -> None:
    Advertiser.objects.filter(pk=shop.pk).update(largest_order_minor=100_000)
    sell(shop, blog, "1000.01")
    say(Action.APPROVE, staff)
    record(make_report(shop, "1", NOW + DAY, "9000.00", source="keyed"))
    assert state() == "On hold"


# --- Conflicts ----------------------------------------------------------------------------------


def conflict(shop: Advertiser, blog: Publisher, kind: str) -> None:
    browser = Browser(shop)
    browser.click(blog, NOW)
    record(browser.report("1", NOW + minutes(5)))
    if kind == "journeys":
        rival, browser = make_publisher(), Browser(shop)
        make_partner(shop, rival, "hard", hard_days=60)
        browser.click(rival, NOW)
    record(browser.report("1", NOW + DAY, "70.00", source="pixel"))


@pytest.mark.parametrize("kind", ["journeys", "figures"])
def test_after_some_days_the_earlier_report_decides(
    shop: Advertiser, blog: Publisher, kind: str
) -> None:
    Advertiser.objects.filter(pk=shop.pk).update(conflict_days=10, verification="browser")
    conflict(shop, blog, kind)
    since = NOW + DAY
    found = Conversion.objects.get()
    assert (found.conflict, found.conflict_since) == (kind, since)
    close(since + timedelta(days=10) - minutes(1))
    assert state() == "Conflict"
    close(since + timedelta(days=10))
    found = Conversion.objects.get()
    assert (found.conflict, found.amount_minor) == ("", 5000)
    assert (found.settled_by, found.settled_at) == (None, since + timedelta(days=10))
    assert [row.cause for row in found.decisions.order_by("sequence")][-1] == "earlier"
    commission = Commission.objects.get()
    assert (commission.publisher, commission.status, commission.amount_minor) == (
        blog,
        "pending",
        400,
    )


def test_a_conflict_names_the_partner_whose_click_caused_it(
    shop: Advertiser, blog: Publisher
) -> None:
    conflict(shop, blog, "journeys")
    rival = Publisher.objects.exclude(pk=blog.pk).get()
    assert Conversion.objects.get().contested_by == rival
    close(NOW + timedelta(days=40))
    assert (state(), Conversion.objects.get().contested_by) == ("Unverified", rival)


def test_what_the_advertiser_does_not_ask_for_any_more_is_not_waited_for(
    shop: Advertiser, blog: Publisher
) -> None:
    Advertiser.objects.filter(pk=shop.pk).update(largest_order_minor=1_000)
    sell(shop, blog)
    assert state() == "On hold"
    Advertiser.objects.filter(pk=shop.pk).update(largest_order_minor=4_990)
    close(NOW + DAY)  # it is just as large
    assert state() == "Unverified"
    Advertiser.objects.filter(pk=shop.pk).update(verification="browser")
    close(NOW + DAY)
    assert state() == "Pending"


@pytest.mark.parametrize("reverse", [False, True], ids=["in_order", "the_later_first"])
def test_meanwhile_the_earlier_one_sees_it_whatever_arrived_first(
    shop: Advertiser, blog: Publisher, reverse: bool
) -> None:
    rival = make_publisher()
    make_partner(shop, rival, "hard", hard_days=60)
    sent = []
    for minute, publisher in ((5, blog), (6, rival)):
        browser = Browser(shop)
        browser.click(publisher, NOW)
        sent.append(browser.report("1", NOW + minutes(minute)))
    for report in reversed(sent) if reverse else sent:
        record(report)
    commission = Commission.objects.get()
    assert (commission.publisher, commission.status) == (blog, "declined")
    assert Conversion.objects.get().closes_at == NOW + timedelta(days=30)


def test_a_keyed_report_ends_a_conflict_by_itself(shop: Advertiser, blog: Publisher) -> None:
    conflict(shop, blog, "figures")
    told = make_report(shop, "1", NOW + 2 * DAY, "70.00", source="keyed")
    record(replace(told, order="1"))
    found = Conversion.objects.get()
    assert (found.conflict, found.amount_minor, found.conflict_since) == ("", 7000, None)
    close(NOW + timedelta(days=50))
    assert Conversion.objects.get().settled_report is None
