"""From clicks and reports to decisions and pending commissions, in PostgreSQL."""

from dataclasses import replace
from datetime import datetime, timedelta
from decimal import Decimal
from itertools import permutations
from uuid import uuid4

import pytest

from network.advertisers.terms import change_rate
from network.models import Advertiser
from publishers.models import Publisher
from tests.support.browsing import Browser, make_report, minutes, record
from tests.support.makers import NOW, make_advertiser, make_partner, make_publisher, make_user
from tests.tracking.conversions.test_believing import partner
from tracking import models
from tracking.commissions import decisions
from tracking.commissions import settling as commissions
from tracking.conversions.conflicts import NotInConflict, Settlement, settle_conflict
from tracking.conversions.recording import SaleReport
from tracking.models import Commission, Conversion, Report, UnattributedSales
from tracking.rule.reasons import ReportOutcome
from tracking.simulator import format as scenarios
from tracking.simulator.examples import TABLE
from tracking.simulator.scenario import ClickStep, Scenario

pytestmark = pytest.mark.django_db
TABLED = scenarios.read(TABLE.read_text(encoding="utf-8"))
SCENARIOS = [each for each in TABLED if not each.sale.reports]


def verdicts(conversion: Conversion) -> list[str]:
    assert conversion.decision is not None
    return [item["verdict"] for item in conversion.decision.verdicts]


@pytest.mark.parametrize("scenario", SCENARIOS, ids=lambda scenario: scenario.name)
def test_every_scenario_ends_the_same_through_links_and_reports(scenario: Scenario) -> None:
    settings, by_name = scenario.settings, {}
    shop = make_advertiser(
        soft_rule=settings.soft_rule.value, soft_hours=settings.soft_minutes // 60
    )
    for step in scenario.clicks:
        by_name[step.publisher] = make_publisher()
    for step in {step.publisher: step for step in scenario.clicks}.values():
        window = settings.windows.get(step.publisher)
        make_partner(
            shop,
            by_name[step.publisher],
            step.cookie_type.value,
            status="approved" if step.partner else "applied",
            hard_days=window // (24 * 60) if window else None,
        )
    conversion = _play(scenario, Browser(shop), by_name)
    sale = scenario.sale
    if conversion is None:
        assert (sale.paid, sale.verdicts) == ("nobody", ())
        return
    assert tuple(verdicts(conversion)) == sale.verdicts
    commissions = Commission.objects.filter(conversion=conversion, status="pending")
    paid = by_name.get(sale.paid or "")
    assert [commission.publisher for commission in commissions] == ([paid] if paid else [])


def _play(scenario: Scenario, browser: Browser, by_name: dict[str, Publisher]) -> Conversion | None:
    """Do what the scenario says; the report arrives last, dated when the sale happened."""
    sale, at_sale = scenario.sale, None
    for step in (*scenario.steps, None):
        if at_sale is None and (step is None or step.minute > sale.minute):
            at_sale = browser.report("1", NOW + minutes(sale.minute))
        if isinstance(step, ClickStep):
            browser.click(by_name[step.publisher], NOW + minutes(step.minute))
        elif step:
            browser.end_session()
    at = NOW + minutes(sale.minute)
    if sale.presented is None:
        assert at_sale is not None
        record(at_sale)
    else:
        tokens = [browser.tokens[number - 1] for number in sale.presented]
        kept = [token for token in tokens if token]
        report = make_report(browser.advertiser, "1", at, clicks=kept)
        record(_received(report, NOW + timedelta(days=60)))
    return Conversion.objects.filter(advertiser=browser.advertiser).first()


def _received(report: SaleReport, at: datetime) -> SaleReport:
    return replace(report, received_at=max(at, report.at))


def test_it_stores_the_decision_whole_and_the_same_answer_comes_again(shop: Advertiser) -> None:
    blog, extension, browser = partner(shop), partner(shop, "soft"), Browser(shop)
    browser.click(blog, NOW)
    browser.click(extension, NOW + minutes(10))
    conversion = browser.buy("10023", NOW + minutes(20), "49.90")
    decision = conversion.decision
    assert decision is not None
    assert verdicts(conversion) == ["held", "stood_down"]
    assert decision.verdicts[1]["by"] == decision.verdicts[0]["click"]
    assert decisions.agrees(decision)
    commission = conversion.commission
    assert (commission.publisher, commission.status) == (blog, "pending")
    assert (commission.amount_minor, commission.currency) == (399, "GBP")
    assert commission.closes_at == NOW + timedelta(days=30)
    assert conversion.closes_at == commission.closes_at


def test_a_click_whose_record_is_late_is_rebuilt_from_its_token_and_then_replaced(
    shop: Advertiser,
) -> None:
    blog, browser = partner(shop), Browser(shop)
    answer = browser.click(blog, NOW, lost=True, references={"ref": "abc"})
    conversion = browser.buy("1", NOW + minutes(5))
    assert verdicts(conversion) == ["held"]
    row = models.Click.objects.get()
    assert (row.rebuilt, row.references) == (True, {})
    _store(answer.record)
    row = models.Click.objects.get()
    assert (row.rebuilt, row.references) == (False, {"ref": "abc"})
    _store({**answer.record, "references": {"ref": "changed"}})
    assert models.Click.objects.get().references == {"ref": "abc"}


def _store(record: dict[str, object]) -> None:
    from django.db import transaction

    from tracking.spool import intake

    with transaction.atomic():
        intake.store([record], NOW + timedelta(hours=1))


def test_a_click_that_arrives_late_changes_the_open_decision_and_its_commission(
    shop: Advertiser,
) -> None:
    first, second, browser = partner(shop), partner(shop), Browser(shop)
    browser.click(first, NOW)
    kept = dict(browser.jar)
    late = browser.click(second, NOW + minutes(10), lost=True)
    browser.jar = kept
    conversion = browser.buy("1", NOW + minutes(20))
    assert conversion.commission.publisher == first
    _store(late.record)
    conversion = Conversion.objects.get()
    assert verdicts(conversion) == ["overwritten", "held"]
    assert conversion.commission.publisher == second
    assert conversion.closes_at == NOW + minutes(10) + timedelta(days=30)
    assert [row.cause for row in conversion.decisions.order_by("sequence")] == ["report", "click"]


def test_a_commission_whose_conversion_turns_out_to_pay_nobody_is_declined(
    shop: Advertiser,
) -> None:
    long, short, browser = partner(shop, hard_days=30), partner(shop, hard_days=1), Browser(shop)
    browser.click(long, NOW)
    kept = dict(browser.jar)
    late = browser.click(short, NOW + minutes(10), lost=True)
    browser.jar = kept
    conversion = browser.buy("1", NOW + timedelta(days=2))
    assert conversion.commission.status == "pending"
    _store(late.record)
    commission = Commission.objects.get()
    assert (commission.status, commission.decline_reason) == ("declined", "nobody_paid")


def test_the_same_report_twice_changes_nothing(shop: Advertiser) -> None:
    blog, browser = partner(shop), Browser(shop)
    browser.click(blog, NOW)
    report = browser.report("1", NOW + minutes(5))
    assert [record(report), record(report)] == [ReportOutcome.CREATED, ReportOutcome.CREATED]
    assert (Report.objects.count(), Conversion.objects.count()) == (1, 1)
    assert Conversion.objects.get().decisions.count() == 1


def test_reports_of_tag_pixel_and_server_merge_in_any_order(shop: Advertiser) -> None:
    blog, extension, browser = partner(shop), partner(shop, "soft"), Browser(shop)
    browser.click(blog, NOW)
    browser.click(extension, NOW + minutes(1))
    token = browser.tokens[1]
    assert token
    states = set()
    for number, order in enumerate(permutations(range(3))):
        name = str(number)
        reports = [
            browser.report(name, NOW + minutes(5)),
            browser.report(name, NOW + minutes(6), source="pixel"),
            make_report(shop, name, NOW + minutes(4), source="keyed", clicks=[token]),
        ]
        for index in order:
            record(reports[index])
        conversion = Conversion.objects.get(order=name)
        assert conversion.commission.publisher == blog
        states.add((conversion.at, conversion.amount_minor, str(conversion.conflict)))
        assert conversion.commission.sold_at == conversion.at
    assert states == {(NOW + minutes(4), 5000, "")}


def test_a_browser_that_lost_its_session_decides_over_the_servers_click_id(
    shop: Advertiser,
) -> None:
    soft, browser = partner(shop, "soft"), Browser(shop)
    browser.click(soft, NOW)
    token = browser.tokens[0]
    assert token
    browser.end_session()
    record(make_report(shop, "1", NOW + minutes(9), clicks=[token]))
    assert Conversion.objects.get().commission.publisher == soft
    conversion = browser.buy("1", NOW + minutes(10))
    assert verdicts(conversion) == ["session_ended"]
    assert conversion.commission.status == "declined"


def test_a_browser_that_knows_nothing_of_the_journey_does_not_speak_about_its_session(
    shop: Advertiser,
) -> None:
    soft, browser = partner(shop, "soft"), Browser(shop)
    browser.click(soft, NOW)
    token = browser.tokens[0]
    assert token
    record(make_report(shop, "1", NOW + minutes(9), clicks=[token]))
    record(make_report(shop, "1", NOW + minutes(9), source="tag", from_browser=True))
    assert verdicts(Conversion.objects.get()) == ["held"]


def test_reports_of_different_journeys_are_a_conflict_until_a_keyed_one_decides(
    shop: Advertiser,
) -> None:
    honest, forger = partner(shop), partner(shop)
    buyer, thief = Browser(shop), Browser(shop)
    buyer.click(honest, NOW)
    thief.click(forger, NOW)
    assert record(buyer.report("1", NOW + minutes(5))) == ReportOutcome.CREATED
    stolen = thief.report("1", NOW + minutes(6), source="pixel")
    assert record(stolen) == ReportOutcome.JOURNEYS_CONFLICT
    conversion = Conversion.objects.get()
    assert (conversion.conflict, verdicts(conversion)) == ("journeys", [])
    assert conversion.commission.status == "declined"
    token = buyer.tokens[0]
    assert token
    record(make_report(shop, "1", NOW + minutes(7), source="keyed", clicks=[token]))
    conversion.refresh_from_db()
    assert conversion.conflict == ""
    assert Commission.objects.get().publisher == honest
    assert Commission.objects.get().status == "pending"
    assert Report.objects.get(id=stolen.id).outcome == ReportOutcome.UNLINKED


def test_different_figures_of_one_rank_are_a_conflict_and_the_earlier_ones_count_meanwhile(
    shop: Advertiser,
) -> None:
    blog, browser = partner(shop), Browser(shop)
    browser.click(blog, NOW)
    browser.buy("1", NOW + minutes(5), "50.00", source="pixel")
    later = browser.report("1", NOW + minutes(6), "60.00")
    assert record(later) == ReportOutcome.FIGURES_CONFLICT
    conversion = Conversion.objects.get()
    assert (conversion.conflict, conversion.amount_minor) == ("figures", 5000)
    assert conversion.conflict_since == NOW + minutes(6)
    assert conversion.commission.amount_minor == 400


@pytest.mark.parametrize(
    ("source", "stored"), [pytest.param("tag", 0, id="tag"), pytest.param("pixel", 0, id="pixel")]
)
def test_a_sale_without_a_token_of_ours_is_counted_per_hour_and_not_stored(
    shop: Advertiser, source: str, stored: int
) -> None:
    for order in ("1", "2"):
        assert record(make_report(shop, order, NOW, source=source)) == ReportOutcome.NO_TOKEN
    record(make_report(shop, "3", NOW + timedelta(hours=1), source=source))
    assert (Report.objects.count(), Conversion.objects.count()) == (stored, 0)
    assert list(UnattributedSales.objects.order_by("hour").values_list("count")) == [(2,), (1,)]


def test_a_token_of_another_advertiser_is_recorded_and_credits_nobody(shop: Advertiser) -> None:
    other = make_advertiser()
    browser = Browser(other)
    browser.click(partner(other), NOW)
    token = browser.tokens[0]
    assert token
    outcome = record(make_report(shop, "1", NOW + minutes(1), clicks=[token]))
    assert outcome == ReportOutcome.NO_TOKEN
    assert Report.objects.get().tokens[0]["reason"] == "other_advertiser"
    assert not Conversion.objects.exists()


def test_a_test_report_does_not_occupy_the_order(shop: Advertiser) -> None:
    blog, browser = partner(shop), Browser(shop)
    browser.click(blog, NOW)
    report = browser.report("1", NOW + minutes(1), fields={"test": "1"})
    assert record(report) == ReportOutcome.TEST
    assert not Conversion.objects.exists()
    assert browser.buy("1", NOW + minutes(2)).commission.publisher == blog


def test_parts_are_paid_by_their_groups_each_rounded_once(shop: Advertiser) -> None:
    group = shop.commission_groups.create(code="SALE")
    change_rate(group, NOW - timedelta(days=1), made_by=None, percent=Decimal("2.5"))
    blog, browser = partner(shop), Browser(shop)
    browser.click(blog, NOW)
    fields = {"parts": "DEFAULT:10.06|SALE:0.20"}
    conversion = browser.buy("1", NOW + minutes(1), "10.26", fields=fields)
    assert [rate["commission_minor"] for rate in conversion.commission.rates] == [80, 1]
    assert conversion.commission.amount_minor == 81


def test_a_sale_from_before_the_first_rate_of_its_group_is_paid_by_that(shop: Advertiser) -> None:
    """A rate starts seconds ahead; a group is known at once."""
    group = shop.commission_groups.create(code="SALE")
    for days, percent in ((0, 5), (1, 50)):
        start = NOW + timedelta(days=days) if days else None
        change_rate(group, NOW, made_by=None, percent=Decimal(percent), start=start)
    browser = Browser(shop)
    browser.click(partner(shop), NOW)
    sale = browser.buy("1", NOW + timedelta(seconds=1), "10.00", fields={"parts": "SALE:10.00"})
    assert sale.commission.amount_minor == 50
    assert commissions.amounts(sale.advertiser_id, [sale.pk]) == {sale.pk: 50}


@pytest.mark.parametrize("amount", ["4990", "0"])
def test_a_fixed_commission_does_not_depend_on_the_amount(amount: str) -> None:
    """Not even on whether the order cost anything."""
    shop = make_advertiser(currency="JPY", percent=None, fixed_minor=500)
    blog, browser = partner(shop), Browser(shop)
    browser.click(blog, NOW)
    assert browser.buy("1", NOW + minutes(1), amount).commission.amount_minor == 500


def test_a_sale_of_an_advertiser_that_trusts_its_server_only_is_unverified_until_confirmed(
    shop: Advertiser,
) -> None:
    Advertiser.objects.filter(id=shop.id).update(verification="confirmed")
    blog, browser = partner(shop), Browser(shop)
    browser.click(blog, NOW)
    assert not browser.buy("1", NOW + minutes(1)).verified
    record(make_report(shop, "1", NOW + minutes(2), source="keyed"))
    assert Conversion.objects.get().verified


def test_staff_settle_a_conflict_by_choosing_a_report(shop: Advertiser) -> None:
    honest, forger, buyer, thief = partner(shop), partner(shop), Browser(shop), Browser(shop)
    buyer.click(honest, NOW)
    thief.click(forger, NOW)
    right = buyer.report("1", NOW + minutes(5), "50.00")
    record(right)
    record(thief.report("1", NOW + minutes(6), "90.00", source="pixel"))
    conversion = Conversion.objects.get()
    staff = make_user("manager", shop)
    with pytest.raises(NotInConflict, match="reason"):
        settle_conflict(conversion, Settlement(right.id, " ", staff), NOW + minutes(9))
    with pytest.raises(NotInConflict, match="own reports"):
        settle_conflict(conversion, Settlement(uuid4(), "x", staff), NOW + minutes(9))
    settle_conflict(conversion, Settlement(right.id, "Checked", staff), NOW + minutes(9))
    conversion.refresh_from_db()
    assert (conversion.conflict, conversion.amount_minor) == ("", 5000)
    assert Commission.objects.get().publisher == honest
    assert Commission.objects.get().status == "pending"
    assert [row.cause for row in conversion.decisions.order_by("sequence")][-1] == "staff"
    with pytest.raises(NotInConflict, match="not in conflict"):
        settle_conflict(conversion, Settlement(right.id, "Again", staff), NOW + minutes(10))
