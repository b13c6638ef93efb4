"""Scheduled changes of the policy under load: not one click has another type, window or soft rule
than the policy says for its own time, in either web worker."""

import itertools
import json
import threading
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from network import clock
from network.advertisers.terms import change_terms
from network.models import Advertiser
from publishers.models import Partnership
from publishers.policy import assigning
from tests.flows.crowd import crowd
from tests.flows.network import Clicked, Network, wait_until
from tests.flows.shopping import Market, is_set_aside
from tracking.models import Click
from tracking.spool import reading

BROWSERS = 8
DAY_MINUTES = 24 * 60
SECOND = timedelta(seconds=1)
MOST_RECORDS = 1_000_000


@dataclass(frozen=True)
class Placed:
    """What a click is recorded with."""

    cookie_type: str
    window_minutes: int
    soft_rule: str


@dataclass(frozen=True)
class Plan:
    """When what changes, all at whole seconds but for what is changed "now"; the partners of two
    advertisers are ``a`` and ``b``."""

    a_blog_soft: datetime
    a_extension_hard: datetime
    a_terms: datetime
    b_default_hard: datetime
    b_cancelled: datetime
    b_rule: datetime

    def blog_of_a(self, at: datetime) -> Placed:
        return self._of_a("soft" if at >= self.a_blog_soft else "hard", at)

    def extension_of_a(self, at: datetime) -> Placed:
        return self._of_a("hard" if at >= self.a_extension_hard else "soft", at)

    def _of_a(self, cookie_type: str, at: datetime) -> Placed:
        has_changed = at >= self.a_terms
        days, hours = (7, 2) if has_changed else (30, 24)
        window = days * DAY_MINUTES if cookie_type == "hard" else hours * 60
        return Placed(cookie_type, window, "last" if has_changed else "first")

    def blog_of_b(self, at: datetime) -> Placed:
        """Its change to soft is cancelled."""
        return Placed("hard", 30 * DAY_MINUTES, self._rule_of_b(at))

    def extension_of_b(self, at: datetime) -> Placed:
        is_hard = at >= self.b_default_hard
        window = 30 * DAY_MINUTES if is_hard else DAY_MINUTES
        return Placed("hard" if is_hard else "soft", window, self._rule_of_b(at))

    def _rule_of_b(self, at: datetime) -> str:
        return "sole" if at >= self.b_rule else "first"

    @property
    def last(self) -> datetime:
        return max(self.a_terms, self.b_rule, self.b_cancelled, self.b_default_hard)


def schedule(a: Market, b: Market) -> Plan:
    """Make all the changes at once, and cancel one of them."""
    now = clock.now()
    first = now.replace(microsecond=0) + 25 * SECOND
    shop_a, shop_b = (Advertiser.objects.get(id=market.id) for market in (a, b))
    said: Any = {"reason": "As agreed", "made_by": None}
    assigning.assign([a.blog], "soft", now, start=first, **said)
    assigning.assign([a.extension], "hard", now, start=first + SECOND, **said)
    assigning.set_default(shop_b, "extension", "hard", now, start=first + 2 * SECOND, **said)
    [mistaken] = assigning.assign([b.blog], "soft", now, start=first + 3 * SECOND, **said)
    changes: dict[str, int | str] = {"soft_rule": "last", "hard_days": 7, "soft_hours": 2}
    change_terms(shop_a, changes, now, made_by=None, start=first + 4 * SECOND)
    change_terms(shop_b, {"soft_rule": "sole"}, now, made_by=None, start=first + 5 * SECOND)
    assigning.cancel(mistaken, clock.now(), **said)
    return Plan(
        a_blog_soft=first,
        a_extension_hard=first + SECOND,
        b_default_hard=first + 2 * SECOND,
        b_cancelled=first + 3 * SECOND,
        a_terms=first + 4 * SECOND,
        b_rule=first + 5 * SECOND,
    )


class Clicks:
    """The partners' links, clicked in turn, as fast as they are answered."""

    def __init__(self, network: Network, partners: Sequence[Partnership]) -> None:
        self._network = network
        self._next = itertools.cycle(partners)
        self._lock = threading.Lock()
        self.answered: list[Clicked] = []

    def __call__(self) -> None:
        with self._lock:
            partner = next(self._next)
        clicked = self._network.click(partner.advertiser_id, partner.publisher_id)
        self.answered.append(clicked)


def accepted_by(network: Network) -> Mapping[UUID, int]:
    """The process that accepted each click: its segment is named by it."""
    found = {}
    for segment in reading.segments(network.spool):
        for entry in reading.read(segment, 0, MOST_RECORDS):
            assert not entry.is_damaged
            found[UUID(json.loads(entry.payload)["id"])] = int(segment.name.split("-")[1])
    return found


def test_every_click_is_placed_by_the_policy_of_its_own_time(
    network: Network, market: Market, markets: Iterator[Market]
) -> None:
    a, b = market, next(markets)
    partners = [a.blog, a.extension, b.blog, b.extension]
    load = Clicks(network, partners)
    network.stop("drain")  # what has been drained is removed, and with it who accepted it
    with crowd(BROWSERS, load):
        plan = schedule(a, b)
        wait_until(lambda: clock.now() > plan.last + 5 * SECOND, "all changes have started")
    workers = accepted_by(network)
    network.start("drain")
    network.await_drained()

    clicks = list(Click.objects.filter(advertiser__in=[a.id, b.id]).order_by("id"))
    assert {click.id for click in clicks} == {clicked.id for clicked in load.answered}
    assert not any(click.reason for click in clicks)
    expected = {
        (a.id, a.blog.publisher_id): plan.blog_of_a,
        (a.id, a.extension.publisher_id): plan.extension_of_a,
        (b.id, b.blog.publisher_id): plan.blog_of_b,
        (b.id, b.extension.publisher_id): plan.extension_of_b,
    }
    wrong = [
        click
        for click in clicks
        if Placed(click.cookie_type, click.window_minutes, click.soft_rule)
        != expected[click.advertiser_id, click.publisher_id](click.at)
    ]
    assert wrong == []

    for at, partner in (
        (plan.a_blog_soft, a.blog),
        (plan.a_extension_hard, a.extension),
        (plan.b_default_hard, b.extension),
        (plan.b_cancelled, b.blog),
        (plan.a_terms, a.blog),
        (plan.b_rule, b.blog),
    ):
        of_partner = [click for click in clicks if click.publisher_id == partner.publisher_id]
        before = {workers[click.id] for click in of_partner if click.at < at}
        after = {workers[click.id] for click in of_partner if click.at >= at}
        assert before == after == {worker.pid for worker in network.tracking_workers()}
    assert not is_set_aside(a)
    assert not is_set_aside(b)
    assert network.manage("verify").returncode == 0
