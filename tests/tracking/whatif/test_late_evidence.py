"""Reports that came after the closing of one world, and before that of the other: what the what-if
says is what happens there, per publisher and to the minor unit."""

from collections import Counter
from collections.abc import Mapping
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from network.models import Advertiser
from publishers.models import Publisher
from tests.support.browsing import Browser, minutes, record, refuse
from tests.support.late_reports import LateLife, orders
from tests.support.makers import (
    NOW,
    SET_UP,
    make_advertiser,
    make_partner,
    make_publisher,
    make_user,
)
from tests.tracking.whatif.test_whatif_exactness import happened, what_if
from tracking.commissions.rulings import Statement
from tracking.conversions.recording import SaleReport
from tracking.corrections import taking
from tracking.evidence.joining import Role
from tracking.lifecycle import finalisation, overdue
from tracking.lifecycle.validation import Action, validate
from tracking.models import Conversion, Report
from tracking.rule.attribution import CookieType, SoftRule
from tracking.rule.replay import Change

pytestmark = pytest.mark.django_db

HARD, SOFT = CookieType.HARD, CookieType.SOFT
NAMES = ("Blog", "Cashback", "Overlay")
SINCE = SET_UP + timedelta(hours=1)
DAY = timedelta(days=1)
THEN = NOW - 40 * DAY
LATER = THEN + 2 * DAY


@pytest.fixture
def publishers() -> dict[str, Publisher]:
    return {name: make_publisher(name) for name in NAMES}


Types = Mapping[str, CookieType]


def live(publishers: Mapping[str, Publisher], types: Types, **terms: Any) -> Advertiser:
    shop = make_advertiser(**terms)
    Advertiser.objects.filter(pk=shop.pk).update(conflict_days=5)
    partners = {
        name: make_partner(shop, publishers[name], kind.value) for name, kind in types.items()
    }
    lived = LateLife(shop, partners)
    lived.live(orders(3, NAMES, (SINCE, NOW), 20))
    lived.close_due(NOW)
    return shop


ALL_HARD: Types = dict.fromkeys(NAMES, HARD)
ONE_SOFT: Types = {**ALL_HARD, "Overlay": SOFT}
TWO_SOFT: Types = {**ONE_SOFT, "Cashback": SOFT}


@pytest.mark.parametrize(
    ("one", "other", "rule"),
    [
        pytest.param(ALL_HARD, TWO_SOFT, SoftRule.FIRST, id="two_become_soft"),
        pytest.param(TWO_SOFT, ALL_HARD, SoftRule.LAST, id="two_become_hard"),
        pytest.param(ONE_SOFT, TWO_SOFT, SoftRule.SOLE, id="another_becomes_soft"),
    ],
)
def test_reports_far_apart_count_as_they_do_in_the_other_world(
    one: Types, other: Types, rule: SoftRule, publishers: Mapping[str, Publisher]
) -> None:
    here = live(publishers, one, soft_rule=rule.value)
    there = live(publishers, other, soft_rule=rule.value)
    changed = {publishers[name].pk: kind for name, kind in other.items() if kind != one[name]}
    assert what_if(here, Change(changed)) == happened(there)
    assert happened(here) != happened(there)
    late = [
        set(
            Report.objects.filter(advertiser=shop, outcome="late").values_list(
                "order", "received_at", "source"
            )
        )
        for shop in (here, there)
    ]
    assert late[0] != late[1], "no report came between the closings of the two worlds"


def test_the_orders_have_everything_in_them(publishers: Mapping[str, Publisher]) -> None:
    shop = live(publishers, TWO_SOFT)
    rows = Report.objects.filter(advertiser=shop)
    ranks = Counter(rows.values_list("rank", flat=True))
    assert set(ranks) == {"keyed", "signed", "token", "bare"}
    outcomes = set(rows.values_list("outcome", flat=True))
    assert {"late", "unlinked", "discrepancy", "merged", "created"} <= outcomes
    sales = Conversion.objects.filter(advertiser=shop)
    assert sales.filter(settled_report__isnull=False, settled_by=None).exists()


# --- One sale at a time --------------------------------------------------------------------------


class Two:
    """The same shopper at two shops: S is hard at the first and soft at the second."""

    def __init__(self) -> None:
        self.cashback, self.other = make_publisher("Cashback"), make_publisher("S")
        self.shops = [make_advertiser(), make_advertiser()]
        for shop, kind in zip(self.shops, ("hard", "soft"), strict=True):
            make_partner(shop, self.cashback, "hard")
            make_partner(shop, self.other, kind)

    def agrees(self, paid: tuple[bool, bool]) -> bool:
        """Each world's what-if is what happened in the other; S is paid as said in both."""
        here, there = self.shops
        found = tuple("S" in happened(shop) for shop in self.shops)
        return (
            found == paid
            and what_if(here, Change({self.other.pk: SOFT})) == happened(there)
            and what_if(there, Change({self.other.pk: HARD})) == happened(here)
        )


def close(shop: Advertiser) -> None:
    finalisation.finalise_due(LATER - minutes(1), [shop.pk])


def test_a_browser_whose_session_is_over_reports_after_the_soft_cookie_s_window() -> None:
    two = Two()
    for shop in two.shops:
        browser = Browser(shop)
        token = browser.click(two.other, THEN).token
        assert token
        server = browser.report("1", THEN + minutes(5), source="server", sessions=())
        record(_server(server, token))
        browser.end_session()
        close(shop)
        record(browser.report("1", LATER, source="pixel"))
    assert two.agrees(paid=(True, True))


@pytest.mark.parametrize("settled", [False, True], ids=["in_conflict", "settled_by_time"])
def test_a_stranger_contests_a_sale_that_would_have_been_closed(settled: bool) -> None:
    two = Two()
    Advertiser.objects.update(conflict_days=5 if settled else 60)
    for shop in two.shops:
        browser, stranger = Browser(shop), Browser(shop)
        browser.click(two.other, THEN)
        record(browser.report("1", THEN + minutes(5)))
        stranger.click(two.cashback, THEN)
        close(shop)
        record(stranger.report("1", LATER, source="pixel"))
        _end(shop)
    assert two.agrees(paid=(settled, True))


@pytest.mark.parametrize("withdrawn", [False, True], ids=["kept", "withdrawn"])
def test_a_stranger_contests_nothing_that_was_approved(withdrawn: bool) -> None:
    """In neither world; it comes when the sale would have been closed in the other."""
    two = Two()
    Advertiser.objects.update(verification=Advertiser.Verification.CONFIRMED, conflict_days=400)
    for shop in two.shops:
        browser, stranger = Browser(shop), Browser(shop)
        browser.click(two.other, THEN)
        sale = browser.buy("1", THEN + minutes(5))
        staff = make_user("manager", shop, name=f"mia of {shop.pk}")
        said = [Statement(action=Action.APPROVE, made_by=staff)]
        if withdrawn:
            said.append(Statement(action=Action.DECLINE, made_by=staff, code="returned"))
            said.append(Statement(action=Action.TAKE_BACK, made_by=staff, reason="It came"))
        for number, statement in enumerate(said, 6):
            validate(shop.pk, sale.pk, statement, THEN + minutes(number))
        stranger.click(two.cashback, THEN)
        record(stranger.report("1", THEN + minutes(30), source="pixel"))
        _end(shop)
    assert two.agrees(paid=(not withdrawn, not withdrawn))


def test_a_server_brings_an_earlier_click_when_the_sale_would_have_been_closed() -> None:
    two = Two()
    for shop in two.shops:
        first, second = Browser(shop), Browser(shop)
        earlier = first.click(two.cashback, THEN - DAY).token
        token = second.click(two.other, THEN).token
        assert token
        assert earlier
        record(second.report("1", THEN + minutes(5)))
        close(shop)
        report = second.report("1", LATER, source="server", sessions=())
        record(_server(report, token, earlier))
    assert two.agrees(paid=(True, True))


@pytest.mark.parametrize("is_late", [False, True])
def test_a_refused_report_counts_from_when_staff_have_corrected_it(is_late: bool) -> None:
    """It keeps its date, and so the earlier report; a sale that was closed by then hears it not."""
    two = Two()
    for shop in two.shops:
        browser, stranger = Browser(shop), Browser(shop)
        browser.click(two.other, THEN)
        token = stranger.click(two.cashback, THEN).token
        refused = refuse(shop, {"order": "1", "amount": "5,0"}, THEN + minutes(4), clicks=(token,))
        record(browser.report("1", THEN + minutes(5)))
        close(shop)
        staff = make_user("manager", shop, name=f"mia of {shop.pk}")
        at = NOW - minutes(1) if is_late else LATER
        if is_late:
            _end(shop)
        corrected = taking.correct(refused, {"order": "1", "amount": "50.00"})
        taking.take_in(corrected, staff, at)
        _end(shop)
    assert two.agrees(paid=(is_late, True))


def test_other_figures_come_when_the_sale_would_have_been_closed() -> None:
    two = Two()
    for shop in two.shops:
        browser = Browser(shop)
        token = browser.click(two.other, THEN).token
        assert token
        record(browser.report("1", THEN + minutes(5), "50.00"))
        close(shop)
        keyed = browser.report("1", LATER, "90.00", source="keyed", sessions=())
        record(_server(keyed, token))
    here, there = two.shops
    assert (happened(here)["S"].commission_minor, happened(there)["S"].commission_minor) == (
        720,
        400,
    )
    assert two.agrees(paid=(True, True))


def test_a_sale_that_nobody_confirmed_is_declined_in_both_worlds() -> None:
    two = Two()
    Advertiser.objects.update(confirm_days=7, verification=Advertiser.Verification.CONFIRMED)
    for shop in two.shops:
        browser = Browser(shop)
        browser.click(two.other, THEN)
        record(browser.report("1", THEN + minutes(5)))
        _end(shop)
    assert two.agrees(paid=(False, False))


def _end(shop: Advertiser) -> None:
    overdue.end_waiting(NOW, [shop.pk])
    finalisation.finalise_due(NOW, [shop.pk])


def _server(report: SaleReport, *tokens: str) -> SaleReport:
    kept = tuple((Role.SERVER, token) for token in tokens)
    return replace(report, tokens=kept, from_browser=False)
