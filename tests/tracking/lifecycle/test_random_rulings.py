"""Sales that nobody thought of: what staff say between reports and clicks that come late."""

import os
import random
from collections.abc import Callable
from contextlib import suppress
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest
from django.db import transaction

from network.models import Advertiser, User
from publishers.models import Partnership
from tests.support.browsing import Browser, minutes, record
from tests.support.makers import NOW, make_partner, make_publisher, make_user
from tests.tracking.conversions.test_believing import signed
from tracking.commissions.rulings import Statement
from tracking.conversions.conflicts import NotInConflict, Settlement, settle_conflict
from tracking.conversions.reports import SaleReport
from tracking.evidence.joining import Role
from tracking.lifecycle import finalisation, overdue, suspension
from tracking.lifecycle.validation import Action, ValidationRefused, validate
from tracking.models import Commission, Conversion, Validation
from tracking.spool import intake
from tracking.verify.checks import Broken, verify

pytestmark = pytest.mark.django_db
SEEDS = int(os.environ.get("SEEDS", "12"))
PAUSES = (1, 7, 61, 300, 3 * 24 * 60)
SAID: dict[str, dict[str, Any]] = {
    Action.APPROVE: {},
    Action.DECLINE: {"code": "returned"},
    Action.TAKE_BACK: {"reason": "It came"},
}
BEFORE_A_SALE = ("click", "click", "report", "report", "shop_reports", "late")
MORE = ("approve", "approve", "approve", "decline", "take_back", "settle", "stranger", "stranger")
LATER = (*MORE, *BEFORE_A_SALE, "suspend", "lift", "close")


class Life:
    """One order of a shop with three browsers; some clicks and reports come to the database only
    after others."""

    def __init__(self, shop: Advertiser, seed: int) -> None:
        self.chance, self.shop, self.at = random.Random(seed), shop, NOW - timedelta(days=1)
        self.staff: User = make_user("manager", shop, name="mia")
        self.partners: list[Partnership] = [
            make_partner(shop, make_publisher(f"P{number}"), kind)
            for number, kind in enumerate(("hard", "hard", "soft"))
        ]
        self.browsers = [Browser(shop) for _ in range(3)]
        self.held_back: list[Callable[[], object]] = []
        self.suspended: list[Partnership] = []

    @property
    def sale(self) -> Conversion:
        return Conversion.objects.get()

    def step(self) -> str:
        self.at += minutes(self.chance.choice(PAUSES))
        act = self.chance.choice(LATER if Conversion.objects.exists() else BEFORE_A_SALE)
        with suppress(ValidationRefused, NotInConflict):
            getattr(self, act)()
        return act

    def click(self) -> None:
        lost = self.chance.random() < 0.25
        browser, partner = self.chance.choice(self.browsers), self.chance.choice(self.partners)
        answer = browser.click(partner.publisher, self.at, lost=lost)
        if lost:
            self.held_back.append(lambda: self._store(answer.record))

    @transaction.atomic
    def _store(self, click: Any) -> None:
        intake.store([click], self.at)

    def report(self, of: Browser | None = None) -> None:
        said = self._report(of or self.chance.choice(self.browsers))
        if of is None and self.chance.random() < 0.2:
            self.held_back.append(lambda: record(said))
        else:
            record(said)

    def _report(self, browser: Browser) -> SaleReport:
        amount = self.chance.choice(["50.00", "50.00", "60.00"])
        fields = {"channel": "Mail"} if self.chance.random() < 0.15 else {}
        return browser.report("1", self.at, amount, source="pixel", fields=fields)

    def stranger(self) -> None:
        stranger = Browser(self.shop)
        clicked = self.chance.choice([self.at - minutes(1), NOW - timedelta(days=2)])
        stranger.click(self.chance.choice(self.partners).publisher, clicked)
        self.report(stranger)

    def shop_reports(self) -> None:
        browser, amount = self.chance.choice(self.browsers), self.chance.choice(["50.00", "60.00"])
        said = browser.report("1", self.at, amount, source="pixel")
        if self.chance.random() < 0.3:
            record(signed(self.shop, said, amount))
            return
        kept = said.tokens if self.chance.random() < 0.5 else ()
        tokens = tuple((Role.SERVER, token) for _, token in kept)
        record(replace(said, source="keyed", from_browser=False, sessions=(), tokens=tokens))

    def late(self) -> None:
        if self.held_back:
            self.held_back.pop(self.chance.randrange(len(self.held_back)))()

    def approve(self) -> None:
        self._say(Action.APPROVE)

    def decline(self) -> None:
        self._say(Action.DECLINE)

    def take_back(self) -> None:
        self._say(Action.TAKE_BACK)

    def _say(self, action: Validation.Action) -> None:
        said = Statement(action=action, made_by=self.staff, **SAID[action])
        validate(self.shop.pk, self.sale.pk, said, self.at)

    def settle(self) -> None:
        report = self.chance.choice(list(self.sale.reports.order_by("received_at", "pk")))
        settle_conflict(self.sale, Settlement(report.pk, "It is right", self.staff), self.at)

    def suspend(self) -> None:
        partner = self.chance.choice(self.partners)
        if partner not in self.suspended:
            suspension.suspend(partner, self.at, reason="Fraud", made_by=self.staff)
            self.suspended.append(partner)

    def lift(self) -> None:
        if self.suspended:
            suspension.lift(
                self.suspended.pop(),
                self.at,
                reason="No fraud",
                made_by=self.staff,
                restores=self.chance.random() < 0.7,
            )

    def close(self) -> None:
        finalisation.finalise_due(self.at, [self.shop.pk])
        overdue.end_waiting(self.at, [self.shop.pk])

    def stands(self) -> tuple[Any, ...]:
        sale = self.sale
        paid = Commission.objects.filter(conversion=sale).values_list("publisher", "status")
        return sale.conflict, sale.verified, sale.amount_minor, sale.channel, sale.at, list(paid)


@pytest.mark.parametrize("seed", range(SEEDS))
def test_what_staff_say_is_kept_whatever_comes(shop: Advertiser, seed: int) -> None:
    """What is stored agrees with its evidence after every step, a stranger changes nothing that is
    approved, and only the shop's own report or the approval of what is paid verifies a sale."""
    chance = random.Random(-seed)
    shop.verification = "confirmed"
    shop.uncounted_channels = ["Mail"]
    shop.largest_order_minor = chance.choice([None, 5500])
    shop.conflict_days, shop.confirm_days = chance.choice([2, 30]), chance.choice([5, 60])
    shop.save()
    life, acts = Life(shop, seed), []
    for _ in range(14):
        before = life.stands() if Conversion.objects.exists() else ()
        acts.append(life.step())
        assert [str(found) for found in verify() if isinstance(found, Broken)] == [], acts
        if not Conversion.objects.exists():
            continue
        is_approved = before and [status for _, status in before[-1]] == ["approved"]
        if acts[-1] == "stranger" and is_approved:
            assert life.stands() == before, acts
        own = life.sale.reports.filter(rank__in=("keyed", "signed")).exists()
        is_pending = Commission.objects.filter(status="pending").exists()
        assert own or not (life.sale.verified and is_pending), acts
