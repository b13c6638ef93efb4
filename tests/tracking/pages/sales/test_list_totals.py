"""Long lists of sales and commissions say what they come to by the rollups: just what counting
their rows gives, of sales in every state, with filters at random."""

from collections import Counter
from collections.abc import Iterator
from datetime import timedelta
from random import Random
from typing import Any

import pytest
from django.contrib import admin
from django.db import connection
from django.db.models import Sum
from django.db.models.expressions import RawSQL
from django.test import Client, RequestFactory
from pytest_django import DjangoDbBlocker

from network.models import Advertiser, User
from network.pages.figures.periods import CHOICES
from network.pages.site import totals
from network.pages.site.admin_site import ScopedAdmin
from network.pages.site.totals import CappedPaginator, ToldTotal
from publishers.models import Partnership, Publisher
from tests.support.browsing import Browser, make_report, minutes, record
from tests.support.founding import made_once
from tests.support.makers import (
    NOW,
    finalise,
    make_advertiser,
    make_partner,
    make_publisher,
    make_user,
)
from tracking.commissions.rulings import Statement
from tracking.commissions.states import SaleState, state_case
from tracking.figures import lists
from tracking.figures.queries import Scope
from tracking.lifecycle.validation import Action, possible, validate
from tracking.models import Commission, Conversion
from tracking.pages.sales import rolled
from tracking.pages.sales.admin import ConversionAdmin
from tracking.rollups.contributions import STATES
from tracking.spool import intake

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("at_now")]
SALES, CASES = 44, 70
DAY = timedelta(days=1)
LISTS = {Conversion: "conversion", Commission: "commission"}


class Shop:
    """A shop with partners whose cookies live long, for a day, and for a session."""

    def __init__(self, currency: str, random: Random) -> None:
        self.row = make_advertiser(currency=currency, validation_days=1)
        self.random = random
        self.owner = make_user("owner", self.row)
        self.long, self.short, self.soft = (
            make_partner(self.row, make_publisher(f"{name} {currency}"), kind, hard_days=days)
            for name, kind, days in (
                ("Long", "hard", 30),
                ("Short", "hard", 1),
                ("Soft", "soft", 30),
            )
        )

    def sell(self, number: int) -> None:
        at = NOW - self.random.randrange(60 * 24) * timedelta(hours=1) - 3 * DAY
        order, browser = str(number), Browser(self.row)
        how = ("plain", "nobody", "never", "figures", "journeys", "twice", "plain")[number % 7]
        browser.click(self._one(self.short if how == "never" else None), at)
        late = None
        if how == "nobody":
            browser.jar.clear()
            browser.click(self.long.publisher, at)
            kept = dict(browser.jar)
            late = browser.click(self.short.publisher, at + minutes(10), lost=True)
            browser.jar = kept
            at += 1.5 * DAY
        amount = f"{self.random.randrange(20, 90)}.00"
        if how == "never":  # the shop has kept the token for longer than it lives
            at += 1.5 * DAY
            held = [token for token in browser.tokens if token]
            record(make_report(self.row, order, at + minutes(20), amount, clicks=held))
        else:
            record(browser.report(order, at + minutes(20), amount))
        sale = Conversion.objects.filter(advertiser=self.row, order=order).first()
        if sale is None:  # without a click of ours it is counted only
            return
        if late is not None:
            intake.store([late.record], at + DAY)
        if how == "figures":
            record(browser.report(order, at + minutes(30), "11.00"))
        if how in ("journeys", "twice"):
            other = Browser(self.row)
            other.click(self._one(), at)
            record(other.report(order, at + minutes(30), f"{int(sale.amount_minor / 100)}.00"))
        if number % 3 == 0:
            self._rule(Conversion.objects.get(pk=sale.pk))

    def _one(self, partner: Partnership | None = None) -> Publisher:
        return (partner or self.random.choice([self.long, self.short, self.soft])).publisher

    def _rule(self, sale: Conversion) -> None:
        action = self.random.choice([Action.DECLINE, Action.APPROVE, Action.DECLINE])
        if action in possible(sale, self.owner, NOW):
            code = "returned" if action == Action.DECLINE else ""
            said = Statement(action=action, made_by=self.owner, code=code)
            validate(self.row.pk, sale.pk, said, NOW)


class World:
    """Sales of two shops in two currencies; those who see both, and one."""

    def __init__(self) -> None:
        random = Random(12)
        shops = [Shop(currency, random) for currency in ("GBP", "EUR")]
        for number in range(SALES // 2):
            shops[0].sell(number)
            shops[1].sell(number)
        finalise(NOW - 20 * DAY)
        Advertiser.objects.filter(currency="EUR").update(verification="confirmed")
        for number in range(SALES, SALES + 7):
            shops[1].sell(number)
        Advertiser.objects.filter(currency="GBP").update(largest_order_minor=2_500)
        for number in range(SALES, SALES + 7):
            shops[0].sell(number)
        self.operator, self.owner = make_user("operator"), shops[0].owner


@pytest.fixture(scope="module")
def world(django_db_setup: None, django_db_blocker: DjangoDbBlocker) -> Iterator[World]:
    with made_once(django_db_blocker, World) as world:
        yield world


@pytest.fixture
def of_many(monkeypatch: pytest.MonkeyPatch) -> None:
    """Any list with a row has more than are counted."""
    for name in ("MOST", "REACH", "most"):
        monkeypatch.setattr(CappedPaginator, name, 0)


def told(user: User, model: type[Any], asked: dict[str, str]) -> ToldTotal:
    request = RequestFactory().get("/", asked)
    request.user = user
    of = admin.site.get_model_admin(model)
    assert isinstance(of, ScopedAdmin)
    found: Any = of.get_changelist_instance(request)
    assert isinstance(found.told, ToldTotal)
    return found.told


def choices(model: type[Any]) -> dict[str, list[str]]:
    """What the list can be narrowed by, as far as the rollups may know it."""
    found: dict[str, Any] = {
        "advertiser": Advertiser.objects.values_list("pk", flat=True),
        "publisher": Publisher.objects.values_list("pk", flat=True),
        "period": CHOICES,
        "state": [*SaleState, "open"],
        "cookie_type__exact": ["hard", "soft"],
        "since": [(NOW - 40 * DAY).date(), (NOW - 9 * DAY).date()],
        "until": [(NOW - 20 * DAY).date(), (NOW - 3 * DAY).date()],
    }
    if model is Commission:
        found |= {"currency": ["EUR"], "state": [*SaleState, "open", "earning"]}
    return {name: [str(value) for value in values] for name, values in found.items()}


def cases(model: type[Any]) -> Iterator[dict[str, str]]:
    """One of each choice, and several at random."""
    random, offered = Random(5), choices(model)
    yield {}
    for name in ("state", "cookie_type__exact", "publisher"):
        yield from ({name: value} for value in offered[name])
    for _ in range(CASES):
        names = random.sample(list(offered), random.choice((2, 2, 3, 4)))
        yield {name: random.choice(offered[name]) for name in names}


def test_the_world_has_everything(world: World) -> None:
    states = Commission.objects.annotate(now=state_case()).values_list("now", flat=True)
    assert set(states) >= {"Pending", "Final", "Declined", "Conflict", "Unverified", "Nobody"}
    reasons = Commission.objects.values_list("decline_reason", "conversion__conflict")
    assert {("nobody_paid", ""), ("in_conflict", "journeys"), ("by_advertiser", "")} <= {*reasons}
    assert Conversion.objects.filter(pays_nobody=True).count() > 4


@pytest.mark.usefixtures("of_many")
@pytest.mark.parametrize("model", LISTS)
def test_what_the_rollups_know_is_what_counting_gives(world: World, model: type[Any]) -> None:
    known = Counter[str]()
    for number, asked in enumerate(cases(model)):
        user = world.owner if number % 3 == 2 and "currency" not in asked else world.operator
        if user is world.owner:
            asked.pop("publisher", None)
        rolled_up = told(user, model, asked)
        counted = told(user, model, {**asked, "count": "all"})
        assert not counted.is_more
        if counted.number and not rolled_up.is_more:
            assert (rolled_up.number, rolled_up.sums) == (counted.number, counted.sums), asked
            known.update(f"{name}={value}" for name, value in asked.items())
    unknown = {"state=Nobody"} if model is Commission else {"state=open"}
    offered = choices(model)
    assert {f"state={state}" for state in offered["state"]} - set(known) == unknown
    assert {name.partition("=")[0] for name in known} == set(offered)


@pytest.mark.usefixtures("of_many")
@pytest.mark.parametrize(
    ("model", "asked"),
    [
        (Conversion, {"q": "1"}),
        (Conversion, {"who": "Long"}),
        (Conversion, {"least": "20"}),
        (Conversion, {"voucher": "X"}),
        (Conversion, {"used": "flagged"}),
        (Conversion, {"state": "open"}),
        (Conversion, {"verified": "True"}),
        (Commission, {"closes": "later"}),
        (Commission, {"status": "pending"}),
    ],
)
def test_what_else_narrows_a_list_has_to_be_counted(
    world: World, model: type[Any], asked: dict[str, str]
) -> None:
    found = told(world.operator, model, asked)
    if found.number or found.is_more:
        assert found.is_more


@pytest.mark.usefixtures("of_many")
def test_more_rollups_than_a_page_can_afford(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    assert not told(world.operator, Conversion, {}).is_more
    monkeypatch.setattr(lists, "MOST", 5)
    assert told(world.operator, Conversion, {}).is_more


@pytest.mark.usefixtures("of_many")
def test_more_rows_apart_than_a_page_can_afford(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert not told(world.operator, Commission, {}).is_more
    monkeypatch.setattr(rolled, "APART", 1)
    assert told(world.operator, Commission, {}).is_more


@pytest.mark.usefixtures("of_many")
def test_days_of_a_zone_that_is_half_an_hour_apart(world: World, settings: Any) -> None:
    settings.NETWORK_TIME_ZONE = "Asia/Kolkata"
    rolled_up = told(world.operator, Conversion, {"period": "30"})
    counted = told(world.operator, Conversion, {"period": "30", "count": "all"})
    assert rolled_up == counted
    assert counted.number


def test_times_within_an_hour_are_not_known() -> None:
    assert lists.add_up(Scope(), NOW, NOW + minutes(60), STATES) == []
    assert lists.add_up(Scope(), NOW + minutes(30), None, STATES) is None
    assert lists.add_up(Scope(), None, NOW + minutes(30), STATES) is None


@pytest.mark.usefixtures("of_many")
def test_the_list_offers_to_count_all(world: World, client: Client) -> None:
    client.force_login(world.operator)
    address = "/admin/tracking/conversion/?q=1"
    offered = client.get(address).content.decode()
    assert "Count all and add them up" in offered
    assert 'href="?count=all&amp;q=1"' in offered
    counted = client.get(f"{address}&count=all")
    number = Conversion.objects.filter(order__contains="1").count()
    assert f"{number} sales" in counted.content.decode()
    assert "Amount €" in counted.content.decode()
    assert "count=all" not in counted.context["cl"].get_query_string()


@pytest.mark.usefixtures("of_many")
@pytest.mark.parametrize("value", ["", "1", "ALL"])
def test_a_count_that_is_none(world: World, client: Client, value: str) -> None:
    client.force_login(world.operator)
    seen = client.get(f"/admin/tracking/conversion/?q=1&count={value}")
    assert "Count all and add them up" in seen.content.decode()


@pytest.mark.usefixtures("of_many")
def test_what_takes_too_long_is_stopped_and_said(
    world: World, client: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    client.force_login(world.operator)
    slow = Sum(RawSQL("(SELECT 1 FROM pg_sleep(20))", []))
    monkeypatch.setattr(ConversionAdmin, "sums", {"Amount %(amount)s": slow})
    monkeypatch.setattr(totals, "SECONDS", 0.1)
    seen = client.get("/admin/tracking/conversion/?q=1&count=all").content.decode()
    assert "Counting all of them took too long and was stopped." in seen
    assert "More than 0 sales." in seen
    assert "Count all" not in seen
    assert 'id="result_list"' in seen, "the rows are there"
    with connection.cursor() as cursor:
        cursor.execute("SHOW statement_timeout")
        assert cursor.fetchone() == ("0",)


@pytest.mark.usefixtures("of_many")
def test_who_counts_leaves_the_connection_as_it_was(world: World) -> None:
    with connection.cursor() as cursor:
        cursor.execute("SET LOCAL statement_timeout = '30s'")
        assert not told(world.operator, Conversion, {"q": "1", "count": "all"}).is_more
        cursor.execute("SHOW statement_timeout")
        assert cursor.fetchone() == ("30s",)
