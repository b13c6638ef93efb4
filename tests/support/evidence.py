"""A scenario with reports, lived by the product: through links, landings, reports as the spool
keeps them, and the lifecycle of sales."""

from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any

from django.db import transaction

from network.advertisers import signing_keys
from network.clock import to_ms
from network.models import Advertiser
from publishers.models import Publisher
from tests.support.browsing import Browser, make_report, minutes
from tests.support.makers import NOW, make_advertiser, make_partner, make_publisher
from tracking.clicks.keys import KEYS
from tracking.conversions.recording import SaleReport
from tracking.evidence import signing
from tracking.evidence.fields import InvalidReport
from tracking.evidence.joining import Role
from tracking.evidence.ranks import Rank
from tracking.evidence.signing import Signature
from tracking.landings.arriving import arrive
from tracking.lifecycle.finalisation import finalise_due
from tracking.lifecycle.overdue import end_waiting
from tracking.simulator.scenario import (
    ClickStep,
    JourneyStep,
    LandingStep,
    ReportStep,
    Scenario,
    Settings,
    Way,
)
from tracking.simulator.times import DAY
from tracking.spool import intake

THE_END = timedelta(days=900)
"""Everything that the table's scenarios lead to is over by then."""


@dataclass
class World:
    """A shop, its partners by their names, its browsers by their numbers, and what was sent."""

    scenario: Scenario
    shop: Advertiser
    partners: dict[str, Publisher]
    browsers: dict[int, Browser]
    tokens: list[str | None] = field(default_factory=list)
    sent: dict[int, SaleReport] = field(default_factory=dict)

    def live(self) -> None:
        """Everything in order of time, up to when the scenario looks at the sale. Of one minute a
        step comes first, then what is sent, then what arrives."""
        until = self.scenario.sale.until
        events: list[tuple[int, int, int]] = []
        for number, step in enumerate(self.scenario.steps):
            events.append((step.minute, 0, number))
        for number, report in enumerate(self.scenario.sale.reports):
            events += [(report.minute, 1, number), (report.arrives, 2, number)]
        for minute, kind, number in sorted(events):
            if until is not None and minute > until:
                break
            if kind == 0:
                self._do(self.scenario.steps[number])
            elif kind == 1:
                self.sent[number + 1] = self._send(self.scenario.sale.reports[number])
            else:
                self._take_in(self.sent[number + 1])
        self._pass_time(NOW + (THE_END if until is None else minutes(until)))

    def _do(self, step: JourneyStep) -> None:
        browser, at = self.browsers[step.browser], NOW + minutes(step.minute)
        if isinstance(step, ClickStep):
            browser.click(self.partners[step.publisher], at)
            self.tokens.append(browser.tokens[-1])
        elif isinstance(step, LandingStep):
            self._land(browser, self.tokens[step.click - 1], at)
        else:
            browser.end_session()

    def _land(self, browser: Browser, token: str | None, at: datetime) -> None:
        assert token
        arrival = arrive(token, self.shop.pk, 0, KEYS, to_ms(at))
        with transaction.atomic():
            intake.store([arrival.record], at)
        if arrival.is_fresh:
            browser.take(token)

    def _send(self, step: ReportStep) -> SaleReport:
        at, received = NOW + minutes(step.minute), NOW + minutes(step.arrives)
        fields = {"currency": step.currency, "channel": step.channel}
        sent = {"order": "1", "amount": step.worth, **fields}
        given: dict[str, Any] = {"received_at": received, "fields": fields}
        try:
            report = self._report(step, at, given)
        except InvalidReport as error:
            blank = make_report(self.shop, "1", at, received_at=received, source="tag")
            return replace(blank, sale=None, errors=error.errors, order="1")
        if step.rank is Rank.SIGNED:
            key = self.shop.signing_keys.first() or signing_keys.make(self.shop, NOW, made_by=None)
            signature = signing.presented({**sent, "sig": "x"})
            assert signature
            sig = signing.sign(signature.text, key.secret)
            report = replace(report, signature=Signature(signature.text, sig))
        return report

    def _report(self, step: ReportStep, at: datetime, given: dict[str, Any]) -> SaleReport:
        if step.presented is None:
            source = "pixel" if step.way is Way.PIXEL else "tag"
            browser = self.browsers[step.browser]
            said = {"source": source, "session_by_cookie": step.way is not Way.TAG, **given}
            return browser.report("1", at, step.worth, **said)
        found = [self.tokens[number - 1] for number in step.presented]
        tokens = tuple((Role.SERVER, token) for token in found if token)
        source = {Rank.KEYED: "keyed", Rank.BARE: "tag"}.get(step.rank, "server")
        return make_report(self.shop, "1", at, step.worth, source=source, tokens=tokens, **given)

    def _take_in(self, report: SaleReport) -> None:
        """As a drain takes it in, when everything that was due by then is done."""
        self._pass_time(report.received_at)
        with transaction.atomic():
            intake.store([intake.report_record(report)], report.received_at)

    def _pass_time(self, now: datetime) -> None:
        """What one round leaves, such as a settled conflict that is unconfirmed, the next does."""
        for _ in range(2):
            end_waiting(now)
            finalise_due(now)


def world_of(scenario: Scenario) -> World:
    """The shop and its partners, before anything happens."""
    settings = scenario.settings
    shop = make_advertiser(
        currency=settings.currency,
        percent=Decimal(10),
        verification=settings.verification.value,
        soft_rule=settings.soft_rule.value,
        soft_hours=settings.soft_minutes // 60,
        hard_days=settings.hard_minutes // DAY,
        validation_days=settings.validation_minutes // DAY,
    )
    shop.confirm_days, shop.conflict_days = settings.confirm_days, settings.conflict_days
    shop.largest_order_minor = settings.largest_minor
    shop.uncounted_channels = list(settings.uncounted_channels)
    shop.save()
    first = {step.publisher: step for step in reversed(scenario.clicks)}
    partners = {name: _partner(shop, step, settings) for name, step in first.items()}
    browsers = {number: Browser(shop) for number in range(1, scenario.browsers + 1)}
    return World(scenario, shop, partners, browsers)


def _partner(shop: Advertiser, step: ClickStep, settings: Settings) -> Publisher:
    publisher, window = make_publisher(), settings.windows.get(step.publisher)
    make_partner(
        shop,
        publisher,
        step.cookie_type.value,
        status="approved" if step.partner else "applied",
        hard_days=window // DAY if window else None,
    )
    return publisher
