"""Staff approve and decline sales: what can be done when, what comes of it, and who reads what."""

from contextlib import suppress
from datetime import datetime, timedelta
from typing import Any

import pytest
from django.db import DatabaseError, transaction
from django.test import Client

from network.models import Advertiser, User
from publishers.models import LedgerTransaction, Partnership
from tests.support.browsing import Browser, make_report, minutes, record
from tests.support.makers import (
    NOW,
    Shopper,
    finalise,
    make_partner,
    make_publisher,
    make_user,
    report_sale,
)
from tests.support.reading import text
from tracking.commissions.rulings import Statement
from tracking.figures import queries as reports
from tracking.lifecycle import suspension
from tracking.lifecycle.validation import Action, ValidationRefused, possible, validate
from tracking.models import Commission, Conversion, Validation
from tracking.spool import intake

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("clean_books")]
LATER = NOW + timedelta(hours=1)
STATES = ("pending", "approved", "declined", "conflict", "nobody", "never", "unverified", "final")


def sell(partnership: Partnership, order: str = "7", at: datetime = NOW) -> Conversion:
    shopper = Shopper()
    shopper.follow(partnership, at)
    return shopper.buy(partnership.advertiser, at + minutes(6), order=order)


def say(sale: Conversion, by: User, action: Validation.Action, **words: Any) -> Validation:
    if action == Action.DECLINE:
        words = {"code": "returned", **words}
    elif action == Action.TAKE_BACK:
        words = {"reason": "It was another order", **words}
    return validate(
        sale.advertiser_id, sale.pk, Statement(action=action, made_by=by, **words), LATER
    )


def stand(sale: Conversion) -> tuple[str, str, str]:
    """The commission's state, why it was declined in general, and in words."""
    row = Commission.objects.get(conversion=sale)
    return row.status, row.decline_reason, row.decline_text


def sale_in(state: str, blog: Partnership, by: User) -> Conversion:
    """A sale that got into a state by the product's own ways."""
    shop = blog.advertiser
    if state == "unverified":
        Advertiser.objects.filter(pk=shop.pk).update(verification="confirmed")
    if state == "never":
        return never_paid(shop)
    sale = sell(blog)
    match state:
        case "approved":
            say(sale, by, Action.APPROVE)
        case "declined":
            say(sale, by, Action.DECLINE)
        case "conflict":
            token = sale.reports.get().tokens[0]["token"]
            record(make_report(shop, "7", NOW + minutes(7), "1.00", clicks=[token]))
        case "nobody":
            elsewhere = Shopper()
            elsewhere.follow(make_partner(shop, make_publisher("Other"), "hard"), NOW)
            elsewhere.buy(shop, NOW + minutes(8), order="7")
        case "final":
            assert sale.closes_at
            finalise(sale.closes_at)
    return Conversion.objects.get(pk=sale.pk)


def never_paid(shop: Advertiser) -> Conversion:
    """The soft cookie had ended with its session."""
    shopper = Shopper()
    shopper.follow(make_partner(shop, make_publisher("Overlay"), "soft"), NOW)
    shopper.end_session()
    return shopper.buy(shop, NOW + minutes(30), order="7")


# What can be done when

ALLOWED = {
    ("pending", Action.APPROVE): ("approved", "", ""),
    ("pending", Action.DECLINE): ("declined", "by_advertiser", "Order returned"),
    ("approved", Action.DECLINE): ("declined", "by_advertiser", "Order returned"),
    ("declined", Action.TAKE_BACK): ("pending", "", ""),
    ("unverified", Action.APPROVE): ("approved", "", ""),
    ("unverified", Action.DECLINE): ("declined", "by_advertiser", "Order returned"),
    ("conflict", Action.DECLINE): ("declined", "by_advertiser", "Order returned"),
}
REFUSED = {
    ("pending", Action.TAKE_BACK): "is not declined; there is nothing to take back",
    ("approved", Action.APPROVE): "is approved already",
    ("approved", Action.TAKE_BACK): "is approved, not declined",
    ("declined", Action.APPROVE): "is declined; take that back first",
    ("declined", Action.DECLINE): "is declined already",
    ("conflict", Action.APPROVE): "is in conflict; settle the conflict first",
    ("conflict", Action.TAKE_BACK): "is not declined",
    ("nobody", Action.APPROVE): "is in conflict; settle the conflict first",
    ("nobody", Action.DECLINE): "pays nobody; there is nothing to decline",
    ("nobody", Action.TAKE_BACK): "pays nobody; there is nothing to take back",
    ("never", Action.APPROVE): "pays nobody; there is nothing to approve",
    ("never", Action.DECLINE): "pays nobody; there is nothing to decline",
    ("never", Action.TAKE_BACK): "pays nobody; there is nothing to take back",
    ("unverified", Action.TAKE_BACK): "is not declined",
    ("final", Action.APPROVE): "is closed; nothing changes it any more",
    ("final", Action.DECLINE): "is closed; nothing changes it any more",
    ("final", Action.TAKE_BACK): "is closed; nothing changes it any more",
}


def test_the_tables_below_are_whole() -> None:
    assert set(ALLOWED) | set(REFUSED) == {(state, action) for state in STATES for action in Action}
    assert set(ALLOWED) & set(REFUSED) == set()


def ids(cases: dict[Any, Any]) -> list[Any]:
    return [pytest.param(*key, said, id="-".join(key)) for key, said in cases.items()]


@pytest.mark.parametrize(("state", "action", "expected"), ids(ALLOWED))
def test_what_can_be_done(
    blog: Partnership,
    manager: User,
    state: str,
    action: Validation.Action,
    expected: tuple[str, str, str],
) -> None:
    sale = sale_in(state, blog, manager)
    assert action in possible(sale, manager, LATER)
    said = say(sale, manager, action)
    assert stand(sale) == expected
    assert (said.action, said.made_by, said.at) == (action, manager, LATER)
    assert (said.publisher, said.commission_minor) == (blog.publisher, 399)
    assert sale.validations.latest("pk") == said


@pytest.mark.parametrize(("state", "action", "why"), ids(REFUSED))
def test_what_cannot_be_done(
    blog: Partnership, manager: User, state: str, action: Validation.Action, why: str
) -> None:
    sale = sale_in(state, blog, manager)
    before = list(Commission.objects.values()), list(Validation.objects.values())
    assert action not in possible(sale, manager, LATER)
    with pytest.raises(ValidationRefused, match=f"Order 7 {why}"):
        say(sale, manager, action)
    assert (list(Commission.objects.values()), list(Validation.objects.values())) == before


@pytest.mark.parametrize(
    ("statement", "why"),
    [
        pytest.param({"action": Action.DECLINE}, "Choose why", id="decline_without_a_code"),
        pytest.param({"action": Action.DECLINE, "code": "mood"}, "Choose why", id="unknown_code"),
        pytest.param(
            {"action": Action.DECLINE, "code": "other", "reason": "  "}, "in words", id="other"
        ),
        pytest.param({"action": Action.TAKE_BACK, "reason": " "}, "Give the reason", id="blank"),
        pytest.param({"action": Action.APPROVE, "code": "fraud"}, "Only a decline", id="code"),
        pytest.param({"action": Action.APPROVE, "reason": "x" * 301}, "at most 300", id="long"),
    ],
)
def test_a_statement_that_lacks_something(
    blog: Partnership, manager: User, statement: dict[str, Any], why: str
) -> None:
    sale = sell(blog)
    with pytest.raises(ValidationRefused, match=why):
        validate(sale.advertiser_id, sale.pk, Statement(made_by=manager, **statement), LATER)
    assert (stand(sale), Validation.objects.count()) == (("pending", "", ""), 0)


@pytest.mark.parametrize(
    ("code", "reason", "read"),
    [
        ("cancelled", "", "Order cancelled"),
        ("returned", " too small ", "Order returned: too small"),
        ("other", "Our own purchase", "Our own purchase"),
    ],
)
def test_a_reason_as_the_partner_reads_it(
    blog: Partnership, manager: User, code: str, reason: str, read: str
) -> None:
    sale = sell(blog)
    say(sale, manager, Action.DECLINE, code=code, reason=reason)
    assert stand(sale) == ("declined", "by_advertiser", read)


def test_what_was_said_is_never_edited(blog: Partnership, manager: User) -> None:
    said = say(sell(blog), manager, Action.APPROVE)
    for change in (lambda: Validation.objects.update(reason="x"), said.delete):
        with pytest.raises(DatabaseError, match="Cannot update or delete"), transaction.atomic():
            change()


# What comes of it


def test_an_approved_sale_becomes_final_at_its_time_and_not_earlier(
    blog: Partnership, manager: User
) -> None:
    sale = sale_in("approved", blog, manager)
    assert sale.closes_at
    assert finalise(sale.closes_at - timedelta(seconds=1)) == 0
    assert finalise(sale.closes_at) == 1
    assert stand(sale) == ("final", "", "")
    assert LedgerTransaction.objects.get().key.startswith("commission:")


def test_a_declined_sale_is_closed_without_ledger_entries(blog: Partnership, manager: User) -> None:
    sale = sale_in("declined", blog, manager)
    assert sale.closes_at
    assert finalise(sale.closes_at) == 1
    assert stand(sale) == ("declined", "by_advertiser", "Order returned")
    assert LedgerTransaction.objects.count() == 0
    assert possible(Conversion.objects.get(pk=sale.pk), manager, LATER) == []


def test_a_decline_that_was_taken_back_becomes_final(blog: Partnership, manager: User) -> None:
    sale = sale_in("declined", blog, manager)
    say(sale, manager, Action.TAKE_BACK)
    assert sale.closes_at
    assert finalise(sale.closes_at) == 1
    assert stand(sale) == ("final", "", "")
    assert [row.action for row in sale.validations.order_by("pk")] == ["decline", "take_back"]


def test_an_approval_confirms_an_unverified_sale(blog: Partnership, manager: User) -> None:
    sale = sale_in("unverified", blog, manager)
    assert sale.closes_at
    assert finalise(sale.closes_at) == 0
    say(sale, manager, Action.APPROVE)
    assert Conversion.objects.get(pk=sale.pk).verified
    assert finalise(sale.closes_at) == 1
    assert stand(sale) == ("final", "", "")


def test_a_decline_confirms_nothing(blog: Partnership, manager: User) -> None:
    sale = sale_in("unverified", blog, manager)
    say(sale, manager, Action.DECLINE)
    assert not Conversion.objects.get(pk=sale.pk).verified


@pytest.mark.parametrize(
    ("action", "state"),
    [
        (Action.APPROVE, "Approved"),
        (Action.DECLINE, "Declined"),
    ],
)
def test_the_figures_follow(
    blog: Partnership, manager: User, action: Validation.Action, state: str
) -> None:
    say(sell(blog), manager, action)
    period = reports.Period(NOW - timedelta(days=1), NOW + timedelta(days=1))
    (line,) = reports.totals(reports.Scope(), period)
    assert {name: total.sales for name, total in line.states.items() if total.sales} == {state: 1}
    assert line.commission_minor == (399 if state == "Approved" else 0)


# What late evidence does to it


def bought_with_a_late_click(
    shop: Advertiser, blog: Partnership, late: Partnership
) -> tuple[Conversion, dict[str, Any]]:
    """A sale to the blog, and the record of another's later click that has not arrived."""
    browser = Browser(shop)
    browser.click(blog.publisher, NOW)
    kept = dict(browser.jar)
    answer = browser.click(late.publisher, NOW + minutes(5), lost=True)
    browser.jar = kept
    return browser.buy("7", NOW + minutes(6)), dict(answer.record)


def take_in(record: dict[str, Any]) -> None:
    with transaction.atomic():
        intake.store([record], LATER)


def test_an_approval_ends_when_a_late_click_earns_it_for_somebody_else(
    shop: Advertiser, blog: Partnership, manager: User, staff: Client
) -> None:
    other = make_partner(shop, make_publisher("Other"), "hard")
    sale, record = bought_with_a_late_click(shop, blog, other)
    say(sale, manager, Action.APPROVE)
    take_in(record)
    assert stand(sale) == ("pending", "", "")
    assert Commission.objects.get().publisher == other.publisher
    shown = text(staff.get(f"/admin/tracking/conversion/{sale.pk}/change/"))
    assert "£4.00 to Blog The approval has ended" in shown
    assert "Approve…" in shown


def test_an_approval_holds_when_a_late_click_changes_nothing_for_it(
    shop: Advertiser, blog: Partnership, manager: User
) -> None:
    overlay = make_partner(shop, make_publisher("Overlay"), "soft")
    sale, record = bought_with_a_late_click(shop, blog, overlay)
    say(sale, manager, Action.APPROVE)
    take_in(record)
    assert sale.decisions.count() == 2
    assert stand(sale) == ("approved", "", "")


def test_an_approval_ends_with_other_figures(
    shop: Advertiser, blog: Partnership, manager: User
) -> None:
    sale = sale_in("approved", blog, manager)
    data = {"order": "7", "amount": "999.00"}
    report_sale(shop, NOW + minutes(9), data, source="keyed")
    assert stand(sale)[0] == "pending"
    assert Commission.objects.get().amount_minor == 7992


def test_an_approval_holds_with_the_same_figures(
    shop: Advertiser, blog: Partnership, manager: User
) -> None:
    sale = sale_in("approved", blog, manager)
    report_sale(shop, NOW + minutes(9), {"order": "7", "amount": "49.90"}, source="keyed")
    assert stand(sale)[0] == "approved"


def test_what_was_declined_stays_declined_for_whoever_is_credited(
    shop: Advertiser, blog: Partnership, manager: User
) -> None:
    other = make_partner(shop, make_publisher("Other"), "hard")
    sale, record = bought_with_a_late_click(shop, blog, other)
    say(sale, manager, Action.DECLINE)
    take_in(record)
    assert stand(sale) == ("declined", "by_advertiser", "Order returned")
    assert Commission.objects.get().publisher == other.publisher


@pytest.mark.parametrize(("by", "counts"), [("manager", True), ("operator", False)])
def test_a_decline_of_a_partner_that_operators_suspended_is_theirs_to_undo(
    manager: User, blog: Partnership, by: str, counts: bool
) -> None:
    """Whoever declined the order, and before the suspension, too."""
    operator, sale = make_user("operator"), sell(blog)
    say(sale, manager, Action.DECLINE)
    suspender = operator if by == "operator" else manager
    suspension.suspend(blog, LATER - minutes(1), reason="Stuffed.", made_by=suspender)
    assert (Action.TAKE_BACK in possible(sale, manager, LATER)) is counts
    if not counts:
        with suppress(ValidationRefused):
            say(sale, manager, Action.TAKE_BACK)
        assert stand(sale)[:2] == ("declined", "by_advertiser")
    say(sale, manager if counts else operator, Action.TAKE_BACK)
    assert stand(sale)[0] == "pending"
