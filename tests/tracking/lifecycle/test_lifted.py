"""A suspension is about the partner: what staff had approved before is approved when it is lifted,
as if it had never been."""

import random
from collections.abc import Callable
from contextlib import suppress
from dataclasses import replace
from datetime import datetime
from typing import Any

import pytest
from django.db import transaction
from django.test import Client

from network.models import Advertiser, User
from publishers.models import Partnership
from tests.support.browsing import Browser, minutes, record
from tests.support.makers import NOW, finalise, make_partner, make_publisher
from tests.support.reading import text
from tests.tracking.conversions.test_believing import reader_of
from tests.tracking.lifecycle.test_validation import LATER
from tracking.commissions.rulings import Statement
from tracking.conversions.conflicts import NotInConflict, Settlement, settle_conflict
from tracking.evidence.joining import Role
from tracking.lifecycle import suspension
from tracking.lifecycle.validation import Action, validate
from tracking.models import Commission, Conversion, Validation
from tracking.verify.checks import Broken, verify

pytestmark = pytest.mark.django_db
RULED = NOW + minutes(15)
SUSPENDED = NOW + minutes(20)
SAID: dict[str, dict[str, Any]] = {
    Action.APPROVE: {},
    Action.DECLINE: {"code": "returned"},
    Action.TAKE_BACK: {"reason": "It came"},
}


class Order:
    """An order of a shop that believes no browser, reported by one that came from the blog."""

    def __init__(self, blog: Partnership, manager: User) -> None:
        self.blog, self.manager, self.shop = blog, manager, blog.advertiser
        self.other = make_partner(self.shop, make_publisher("Other"), "hard")
        Advertiser.objects.update(verification="confirmed")
        self.buyer = reader_of(self.shop, blog.publisher)
        record(self.buyer.report("7", NOW + minutes(6)))

    @property
    def sale(self) -> Conversion:
        return Conversion.objects.get()

    def say(self, action: Validation.Action, at: datetime = RULED) -> None:
        said = Statement(action=action, made_by=self.manager, **SAID[action])
        validate(self.shop.pk, self.sale.pk, said, at)

    def suspend(self) -> None:
        suspension.suspend(self.blog, SUSPENDED, reason="Fraud", made_by=self.manager)

    def lift(self) -> None:
        suspension.lift(self.blog, LATER, reason="None", made_by=self.manager, restores=True)

    def keyed(self, at: datetime, amount: str, browser: Browser | None = None) -> None:
        said = (browser or self.buyer).report("7", at, amount)
        tokens = tuple((Role.SERVER, token) for _, token in said.tokens)
        record(replace(said, source="keyed", from_browser=False, sessions=(), tokens=tokens))

    def stranger(self, at: datetime, amount: str) -> None:
        browser = reader_of(self.shop, self.other.publisher, NOW - minutes(30))
        record(browser.report("7", at, amount))

    def settle(self, at: datetime) -> None:
        first = self.sale.reports.order_by("received_at")[0]
        with suppress(NotInConflict):
            settle_conflict(self.sale, Settlement(first.pk, "It is right", self.manager), at)

    def stands(self) -> tuple[Any, ...]:
        sale = self.sale
        paid = Commission.objects.values_list(
            "publisher", "status", "decline_reason", "amount_minor"
        )
        return sale.conflict, sale.verified, sale.amount_minor, sale.approved_at, list(paid)

    def status(self) -> str:
        return Commission.objects.get().status


@pytest.fixture
def order(blog: Partnership, manager: User) -> Order:
    return Order(blog, manager)


def broken() -> list[str]:
    return [str(found) for found in verify() if isinstance(found, Broken)]


def test_what_was_approved_before_is_approved_again(order: Order) -> None:
    order.say(Action.APPROVE)
    before = order.stands()
    order.suspend()
    assert order.status() == "declined"
    order.lift()
    assert order.stands() == before
    assert broken() == []
    assert order.sale.closes_at
    finalise(order.sale.closes_at)
    assert order.status() == "final"


def test_undoing_the_one_decline_approves_it_again_and_says_so(order: Order, staff: Client) -> None:
    order.say(Action.APPROVE)
    order.suspend()
    address = f"/admin/tracking/conversion/{order.sale.pk}/take-back/"
    assert "The commission is approved again" in text(staff.get(address))
    order.say(Action.TAKE_BACK, LATER)
    assert (order.status(), order.sale.verified) == ("approved", True)


def test_what_was_pending_is_pending_again(order: Order, staff: Client) -> None:
    order.suspend()
    address = f"/admin/tracking/conversion/{order.sale.pk}/take-back/"
    assert "The commission is pending again" in text(staff.get(address))
    order.lift()
    assert (order.status(), order.sale.verified) == ("pending", False)


def test_an_approval_holds_for_no_other_amount(order: Order) -> None:
    order.say(Action.APPROVE)
    order.suspend()
    order.keyed(NOW + minutes(30), "60.00")
    order.lift()
    assert order.status() == "pending"


def test_what_staff_decline_meanwhile_is_not_approved_any_more(order: Order) -> None:
    order.say(Action.APPROVE)
    order.suspend()
    order.say(Action.DECLINE, NOW + minutes(30))
    order.say(Action.TAKE_BACK, NOW + minutes(40))
    assert (order.status(), order.sale.approved_at) == ("pending", None)


def test_the_second_suspension_keeps_it_too(order: Order) -> None:
    order.say(Action.APPROVE)
    order.suspend()
    order.lift()
    suspension.suspend(order.blog, LATER + minutes(9), reason="Fraud", made_by=order.manager)
    suspension.lift(
        order.blog, LATER + minutes(19), reason="None", made_by=order.manager, restores=True
    )
    assert order.status() == "approved"


def test_what_was_in_conflict_when_it_was_lifted_is_pending_once_it_is_settled(
    order: Order,
) -> None:
    order.suspend()
    order.stranger(NOW + minutes(30), "1.00")
    order.lift()
    assert order.status() == "declined"
    order.settle(LATER + minutes(1))
    assert (order.status(), Commission.objects.get().publisher_id) == (
        "pending",
        order.blog.publisher_id,
    )


def test_what_is_settled_while_it_is_suspended_is_declined_with_it(order: Order) -> None:
    order.suspend()
    order.stranger(NOW + minutes(30), "1.00")
    order.settle(NOW + minutes(40))
    assert Commission.objects.get().decline_reason == "suspended"
    order.lift()
    assert order.status() == "pending"


@pytest.mark.parametrize("seed", range(24))
def test_a_suspension_that_is_lifted_leaves_nothing_behind(order: Order, seed: int) -> None:
    """Whatever is reported and settled before and while the partner is suspended, the order stands
    as in the world in which it never was."""
    chance = random.Random(seed)
    before, during = ([chance.choice(EVENTS) for _ in range(chance.randrange(5))] for _ in "ab")
    is_approved = chance.random() < 0.7

    def stands(*, is_suspended: bool) -> tuple[Any, ...]:
        for number, happen in enumerate(before):
            happen(order, NOW + minutes(7 + number))
        if is_approved and not order.sale.conflict:
            order.say(Action.APPROVE)
        if is_suspended:
            order.suspend()
        for number, happen in enumerate(during):
            happen(order, NOW + minutes(30 + number))
        if is_suspended:
            order.lift()
        assert broken() == []
        return order.stands()

    point = transaction.savepoint()
    never = stands(is_suspended=False)
    transaction.savepoint_rollback(point)
    assert stands(is_suspended=True) == never


EVENTS: list[Callable[[Order, datetime], object]] = [
    lambda order, at: order.keyed(at, "50.00"),
    lambda order, at: order.keyed(at, "60.00"),
    lambda order, at: record(order.buyer.report("7", at)),
    lambda order, at: order.stranger(at, "50.00"),
    lambda order, at: order.stranger(at, "1.00"),
    lambda order, at: order.settle(at),
    lambda order, at: order.keyed(at, "50.00", reader_of(order.shop, order.other.publisher)),
]
