"""What happened in the seeded network: every step in order of time, as it would have been."""

from collections import Counter
from collections.abc import Callable, Collection
from dataclasses import dataclass
from datetime import datetime, timedelta

from django.db import transaction
from django.utils.translation import gettext

from network.advertisers import api_keys, signing_keys
from network.demo.story import cast
from network.demo.story.shoppers import FOLLOWED_BY_A_PROGRAM, Browser, clicks_of_a_program
from network.demo.story.stories import (
    Buy,
    CloseBrowser,
    Confirm,
    Follow,
    Meanwhile,
    SendTest,
    Step,
    steps,
)
from network.models import ApiKey, User
from tracking.clicks import snapshot
from tracking.clicks.snapshot import AdvertiserSnapshot
from tracking.commissions.rulings import Statement
from tracking.conversions.conflicts import Settlement, settle_conflict
from tracking.conversions.recording import SaleReport
from tracking.corrections import taking
from tracking.lifecycle import finalisation, overdue, validation
from tracking.models import Conversion, Report, Validation
from tracking.rule.reasons import ReportOutcome
from tracking.spool import intake

TAKE_IN_EVERY = timedelta(hours=6)
REVIEWED_AFTER = timedelta(days=6)
"""So long after the order staff look at what nobody has confirmed."""
SETTLED_AFTER = timedelta(days=12)
"""So long after a conflict began staff settle it."""
CORRECTED_AFTER = timedelta(days=5)
"""So long after a report was refused staff correct it."""
COMMA = 41
"""Every so many orders the shop's page writes the amount with a comma."""
SHARES = ((cast.SHOP,), (cast.ROASTERY, cast.STATIONERY))
"""Advertisers have nothing in common but partners, so that their lives can be lived side by side;
these take equally long."""


@dataclass(frozen=True, slots=True)
class Span:
    """The days before ``end`` that are lived."""

    end: datetime
    days: int

    @property
    def start(self) -> datetime:
        return self.end - timedelta(days=self.days)


Progress = Callable[[int], None]
"""Called with the number of the day that begins, from 1 on."""


def live_in_turn(span: Span) -> None:
    """Live all shares here, one after the other."""
    for share in SHARES:
        live(span, share)


def live(span: Span, advertisers: Collection[int], progress: Progress = lambda day: None) -> None:
    """Take every step of these advertisers' shoppers, day by day; each day is committed."""
    life = Life(advertisers, span.start)
    moves = (step for step in steps(span.start, span.end) if step.advertiser in advertisers)
    ahead = next(moves, None)
    for day in range(1, span.days + 1):
        progress(day)
        ends = span.start + timedelta(days=day)
        with transaction.atomic():
            while ahead and ahead.at < ends:
                life.take(ahead)
                ahead = next(moves, None)
            life.finish(ends)


def _correct(advertiser: int, staff: User, at: datetime) -> None:
    """They correct what their page wrote with a comma."""
    refused = Report.objects.filter(advertiser=advertiser, outcome=ReportOutcome.INVALID)
    for row in refused.filter(received_at__lte=at - CORRECTED_AFTER).order_by("received_at"):
        if taking.refusal(row) is None:
            fields = {**row.sent, "amount": row.sent["amount"].replace(",", ".")}
            taking.take_in(taking.correct(row, fields), staff, at)


class Life:
    """Some advertisers' life. What comes is taken in a few times a day, as by a drain that is
    behind, and what is due is closed at a day's end: batches take a fraction of the time."""

    def __init__(self, advertisers: Collection[int], start: datetime) -> None:
        self._advertisers = advertisers
        self._shops = snapshot.build().advertisers
        self._signing_keys = {
            advertiser: keys[0].secret
            for advertiser, keys in signing_keys.keys_of(advertisers).items()
            if keys
        }
        self._browsers: dict[int, Browser] = {}
        self._met_vouchers: set[int] = set()
        self._orders: Counter[int] = Counter()
        self._waiting: list[intake.Record] = []
        self._taken_in_at = start

    def take(self, step: Step) -> None:
        """One move; clicks and reports wait in a batch, as in the spool."""
        self._take_in_until(step.at)
        browser = self._browser(step.shopper, step.advertiser)
        match step.move:
            case Follow(publisher=publisher):
                self._waiting.append(browser.follow(step.move, step.at))
                self._waiting += browser.land(step.at + timedelta(seconds=1))
                if publisher == cast.VOUCHERS:
                    self._met_vouchers.add(step.shopper)
                    if step.shopper % FOLLOWED_BY_A_PROGRAM == 0:
                        shop = self._shops[step.advertiser]
                        self._waiting += clicks_of_a_program(shop, publisher, step.at)
            case Buy(source=source):
                order = self._next_order(self._shops[step.advertiser])
                voucher = step.shopper in self._met_vouchers
                comma = self._orders[step.advertiser] % COMMA == 0
                report = browser.buy(
                    order, source, step.at, voucher=voucher, comma=comma, listed=True
                )
                self._add(report)
            case Meanwhile(publisher=publisher, planted=planted):
                somebody = self._browser(-step.shopper, step.advertiser)
                self._waiting.append(somebody.follow(Follow(publisher), step.at))
                if planted:
                    browser.plant(somebody)
            case Confirm():
                self._confirm(step.move, step, browser)
            case SendTest(amount=amount):
                self._add(browser.test(amount, step.at))
            case CloseBrowser():
                browser.close()

    def _browser(self, number: int, advertiser: int) -> Browser:
        """The browser of the shopper with this number, or of somebody else with its negative."""
        if number not in self._browsers:
            shop, key = self._shops[advertiser], self._signing_keys.get(advertiser, "")
            self._browsers[number] = Browser(number, shop, key)
        return self._browsers[number]

    def finish(self, end: datetime) -> None:
        """Take in what waits, and let staff and time do what is due by then."""
        self._drain(end)
        self._review(end)
        overdue.end_waiting(end, self._advertisers)
        finalisation.finalise_due(end, self._advertisers)

    def _confirm(self, move: Confirm, step: Step, browser: Browser) -> None:
        if move.stranger:
            self._drain(step.at)  # the sale was credited before somebody else claimed it
            self._add(self._browser(-step.shopper, step.advertiser).claim(browser, step.at))
        elif move.other_figures:
            self._drain(step.at)
            self._add(browser.contradict(step.at))
        else:
            self._add(browser.confirm(move.source, step.at))

    def _add(self, report: SaleReport | None) -> None:
        if report:
            self._waiting.append(intake.report_record(report))

    def _drain(self, at: datetime) -> None:
        if self._waiting:
            intake.store(self._waiting, at)
            self._waiting.clear()

    def _take_in_until(self, at: datetime) -> None:
        while self._taken_in_at + TAKE_IN_EVERY <= at:
            self._taken_in_at += TAKE_IN_EVERY
            self._drain(self._taken_in_at)

    def _review(self, at: datetime) -> None:
        """What the shops do: their staff, or a server of theirs, approve what is unverified after
        some days; staff settle conflicts."""
        for advertiser in self._advertisers:
            staff = User.objects.get(staff_memberships__advertiser=advertiser)
            key = ApiKey.objects.filter(advertiser=advertiser, name=cast.STOCK_SYSTEM).first()
            if key:
                api_keys.note_use(key, at)
            open_sales = Conversion.objects.filter(advertiser=advertiser, closed_at=None)
            waiting = {"verified": False, "conflict": "", "commission__status": "pending"}
            unverified = open_sales.filter(**waiting, at__lte=at - REVIEWED_AFTER)
            for sale in unverified.order_by("pk"):
                approval = Statement(
                    action=Validation.Action.APPROVE,
                    made_by=key or staff,
                    amount_minor=sale.amount_minor if key else None,
                )
                validation.validate(advertiser, sale.pk, approval, at)
            for sale in open_sales.filter(conflict_since__lte=at - SETTLED_AFTER).order_by("pk"):
                first = sale.reports.order_by("received_at", "pk")[0]
                choice = Settlement(first.pk, gettext("The first report matches our books."), staff)
                settle_conflict(sale, choice, at)
            _correct(advertiser, staff, at)

    def _next_order(self, shop: AdvertiserSnapshot) -> str:
        self._orders[shop.id] += 1
        return f"{shop.name[0]}-{10_000 + self._orders[shop.id]}"
