"""Sales that the simulator's page starts from."""

import random
from datetime import timedelta

import pytest

from network import clock
from tests.support.browsing import Browser, minutes, record
from tests.support.evidence import THE_END, world_of
from tests.support.makers import (
    NOW,
    Shopper,
    make_advertiser,
    make_partner,
    make_publisher,
    make_user,
)
from tests.support.reading import signed_in, text
from tests.tracking.pages.simulator.playing import SCENARIOS, answers, exported
from tracking.commissions.rulings import Statement
from tracking.evidence.closing import EndState
from tracking.evidence.ranks import Rank
from tracking.lifecycle.validation import validate
from tracking.models import Conversion, Validation
from tracking.pages.simulator.from_reports import carried_from
from tracking.pages.simulator.from_sale import scenario_of
from tracking.rule.attribution import SoftRule
from tracking.simulator.format import read
from tracking.simulator.play import number_of, simulate
from tracking.simulator.scenario import ClickStep, Scenario, SessionEnd, Settings, Verification, Way
from tracking.simulator.times import DAY, HOUR
from tracking.simulator.writer import write


def test_a_sale_opens_as_it_was_decided(sale: Conversion) -> None:
    client = signed_in(make_user("viewer", sale.advertiser))
    response = client.get("/admin/simulator/", {"sale": sale.pk})

    assert answers(response) == {"paid": "Blog", "verdicts": ["held", "stood_down"]}
    assert "As expected." in text(response)
    assert "This is the journey of order 10023" in text(response)
    (scenario,) = read(exported(response))
    assert scenario.name == "Order 10023 of Tenant"
    assert scenario.settings == Settings(
        SoftRule.LAST, 12 * HOUR, 3 * DAY, verification=Verification.BROWSER, currency="GBP"
    )
    (report,) = scenario.sale.reports
    assert (report.rank, report.presented, report.amount) == (Rank.TOKEN, None, "49.90")
    assert scenario.sale.state is EndState.PENDING
    assert [type(step) for step in scenario.steps] == [ClickStep, SessionEnd, ClickStep]
    assert [step.minute for step in scenario.steps] == [0, 2 * DAY - HOUR, 2 * DAY - HOUR]
    assert scenario.sale.minute == 2 * DAY


def test_a_sales_page_leads_to_it(sale: Conversion) -> None:
    client = signed_in(make_user("viewer", sale.advertiser))
    page = client.get(f"/admin/tracking/conversion/{sale.pk}/change/").content.decode()
    assert f'href="/admin/simulator/?sale={sale.pk}"' in page


@pytest.mark.parametrize("key", ["{other}", "0", "x", "", "-1", "9" * 30])
def test_a_sale_of_others_is_not_there(sale: Conversion, key: str) -> None:
    client = signed_in(make_user("owner", make_advertiser("Other")))
    response = client.get("/admin/simulator/", {"sale": key.format(other=sale.pk)})

    assert response.status_code == 404
    assert "10023" not in response.content.decode()


def test_only_those_who_enter_the_admin_enter(sale: Conversion) -> None:
    member = signed_in(make_user("member", make_publisher()))
    assert member.get("/admin/simulator/").status_code in (302, 403)
    assert signed_in(make_user("operator")).get("/admin/simulator/").status_code == 200


def carried(conversion: Conversion) -> Scenario:
    assert conversion.decision
    names = dict.fromkeys(range(10_000), "Same name, and so long that it must be cut off somewhere")
    return scenario_of(conversion.decision, conversion.order, names).scenario


@pytest.mark.parametrize("seed", range(4))
def test_sales_as_they_happen_are_played_as_they_were_decided(seed: int, db: None) -> None:
    """At whole minutes a scenario holds all that decides, unless terms changed meanwhile."""
    chance = random.Random(seed)
    rule = ["first", "last", "sole", "first"][seed]
    shop = make_advertiser(soft_rule=rule, hard_days=2, soft_hours=3)
    partners = [
        make_partner(shop, make_publisher(), chance.choice(["hard", "soft"]), hard_days=days)
        for days in (1, 2, 3)
    ]
    for number in range(6):
        shopper, at = Shopper(), NOW - timedelta(days=5)
        for _ in range(chance.randint(1, 5)):
            at += timedelta(minutes=chance.choice([5, 100, 1000]))
            shopper.follow(chance.choice(partners), at, consent=chance.random() > 0.1)
            if chance.random() < 0.3:
                shopper.end_session()
        if shopper.cookies:
            at += timedelta(minutes=chance.choice([1, 200, 2000]))
            shopper.buy(shop, at, order=f"o-{number}")
    sales = Conversion.objects.select_related("decision")
    failures = {sale.order: simulate(carried(sale)).failures for sale in sales}
    assert {order: said for order, said in failures.items() if said} == {}
    assert len(failures) >= 4


EVIDENCE = [each for each in SCENARIOS if each.sale.reports and each.sale.state != "no_sale"]


@pytest.mark.parametrize("scenario", EVIDENCE, ids=lambda scenario: scenario.name)
def test_a_sale_carries_its_reports(
    db: None, monkeypatch: pytest.MonkeyPatch, scenario: Scenario
) -> None:
    world, until = world_of(scenario), scenario.sale.until
    world.live()
    now = NOW + (THE_END if until is None else minutes(until))
    monkeypatch.setattr(clock, "now", lambda: now)
    sale = Conversion.objects.select_related("decision", "advertiser").get()
    carried = carried_from(sale, "mine")
    result = simulate(carried.scenario)

    assert result.failures == []
    assert (carried.losses == ()) == (scenario.name not in LEFT_OUT)
    if carried.scenario.sale.reports:
        assert result.state is simulate(scenario).state
        assert read(write([carried.scenario]))


@pytest.mark.parametrize(
    ("source", "by_cookie", "way"),
    [
        ("tag", False, Way.TAG),
        ("tag", True, Way.TAG_WITH_COOKIE),
        ("pixel", True, Way.PIXEL),
        pytest.param("pixel", False, Way.TAG, id="the tag's pixel, where its request is blocked"),
    ],
)
def test_a_report_carries_the_way_in_which_it_came(
    db: None, source: str, by_cookie: bool, way: Way
) -> None:
    shop = make_advertiser()
    browser = Browser(shop)
    browser.click(make_partner(shop, make_publisher(), "hard").publisher, NOW)
    at = NOW + minutes(5)
    record(browser.report("1", at, source=source, session_by_cookie=by_cookie))
    carried = carried_from(Conversion.objects.get(), "mine")

    for scenario in (carried.scenario, *read(write([carried.scenario]))):
        (report,) = scenario.sale.reports
        assert report.way is way


LEFT_OUT = {"a click after the order is not paid when the thank-you page is opened again"}


def test_what_staff_decided_is_no_part_of_it(sale: Conversion) -> None:
    staff = make_user("manager", sale.advertiser)
    said = Statement(action=Validation.Action.APPROVE, made_by=staff)
    validate(sale.advertiser_id, sale.pk, said, NOW)
    carried = carried_from(sale, "mine")
    assert carried.scenario.sale.reports == ()
    assert carried.losses[-1].startswith("Its reports are left out")


def test_publishers_of_one_name_stay_apart(sale: Conversion) -> None:
    names = {click.publisher for click in carried(sale).clicks}
    assert len(names) == 2
    assert all(len(name) <= 40 for name in names)
    assert number_of(simulate(carried(sale)).clicks[1]) == 2
