"""What the advertiser has approved: what a stranger's report can do to it afterwards, and what the
shop's own can."""

from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest
from django.db import transaction

from network.models import Advertiser, User
from publishers.models import Partnership, Publisher
from tests.support.browsing import Browser, make_report, minutes, record
from tests.support.makers import NOW, finalise
from tests.tracking.conversions.test_believing import outcome, partner, reader_of, sale, signed
from tracking.commissions.rulings import Statement
from tracking.conversions.conflicts import Settlement, settle_conflict
from tracking.conversions.reports import SaleReport
from tracking.evidence.joining import Role
from tracking.lifecycle.validation import Action, validate
from tracking.models import Commission, Validation
from tracking.rule.reasons import ReportOutcome
from tracking.spool import intake
from tracking.verify.checks import Broken, verify

pytestmark = pytest.mark.django_db
LATER = NOW + timedelta(hours=1)


@pytest.fixture(autouse=True)
def confirmed(shop: Advertiser) -> None:
    shop.verification = Advertiser.Verification.CONFIRMED
    shop.save(update_fields=["verification"])


@pytest.fixture
def thief(shop: Advertiser) -> Publisher:
    return partner(shop)


@pytest.fixture
def sold(shop: Advertiser, blog: Partnership) -> Browser:
    """The buyer's browser, which alone has reported order 1."""
    browser = reader_of(shop, blog.publisher)
    record(browser.report("1", NOW + minutes(3)))
    return browser


def older(shop: Advertiser, thief: Publisher) -> Browser:
    """A stranger who followed a link before the order was placed."""
    return reader_of(shop, thief, NOW - minutes(30))


def say(by: User, action: Validation.Action = Action.APPROVE, **words: Any) -> None:
    said = Statement(action=action, made_by=by, **words)
    validate(sale().advertiser_id, sale().pk, said, LATER)


def stands() -> tuple[str, bool, int, str]:
    """Its conflict, whether it is verified, and who has what kind of commission."""
    commission = Commission.objects.get()
    return sale().conflict, sale().verified, commission.publisher_id, commission.status


def broken() -> list[str]:
    return [str(found) for found in verify() if isinstance(found, Broken)]


@pytest.mark.parametrize(
    "said",
    [
        pytest.param({}, id="same_figures"),
        pytest.param({"amount": "1.00"}, id="other_figures"),
        pytest.param({"fields": {"channel": "Mail"}}, id="channel_that_does_not_count"),
    ],
)
def test_a_stranger_contests_nothing_that_was_approved(
    shop: Advertiser,
    blog: Partnership,
    thief: Publisher,
    sold: Browser,
    manager: User,
    said: dict[str, Any],
) -> None:
    shop.uncounted_channels = ["Mail"]
    shop.save(update_fields=["uncounted_channels"])
    say(manager)
    forged = older(shop, thief).report("1", LATER + minutes(1), source="pixel", **said)
    record(forged)
    assert outcome(forged) in (ReportOutcome.UNLINKED, ReportOutcome.DISCREPANCY)
    assert stands() == ("", True, blog.publisher_id, "approved")
    assert (sale().amount_minor, sale().contested_by) == (5000, None)
    assert broken() == []


def test_without_an_approval_the_same_stranger_contests_it(
    shop: Advertiser, blog: Partnership, thief: Publisher, sold: Browser
) -> None:
    """As specified: both are unsigned, and each brings a click."""
    record(older(shop, thief).report("1", LATER, source="pixel"))
    assert stands() == ("journeys", False, blog.publisher_id, "declined")


def test_what_was_declined_after_all_is_not_approved_any_more(
    shop: Advertiser, thief: Publisher, sold: Browser, manager: User
) -> None:
    say(manager)
    say(manager, Action.DECLINE, code="returned")
    say(manager, Action.TAKE_BACK, reason="It came after all")
    assert (sale().verified, sale().approved_at) == (False, None)
    record(older(shop, thief).report("1", LATER + minutes(1), source="pixel"))
    assert sale().conflict == "journeys"


def test_what_came_after_an_approval_counts_when_it_is_declined(
    shop: Advertiser, blog: Partnership, thief: Publisher, sold: Browser, manager: User
) -> None:
    say(manager)
    record(older(shop, thief).report("1", LATER + minutes(1), source="pixel"))
    say(manager, Action.DECLINE, code="returned")
    assert stands() == ("journeys", False, blog.publisher_id, "declined")
    assert broken() == []


def test_an_approval_changes_nothing_of_what_was_decided(
    shop: Advertiser, blog: Partnership, thief: Publisher, manager: User
) -> None:
    """The order was heard of with another amount before the buyer clicked elsewhere; that it counts
    for the time an approval of the other amount does not undo."""
    other = partner(shop)
    buyer = reader_of(shop, blog.publisher)
    record(make_report(shop, "1", NOW + minutes(60), "60.00", source="pixel"))
    buyer.click(other, NOW + minutes(120))
    stranger = reader_of(shop, thief, NOW + minutes(180))
    record(stranger.report("1", NOW + minutes(181), "60.00", source="pixel"))
    record(buyer.report("1", NOW + minutes(240)))
    before = stands(), sale().at
    said = Statement(action=Action.APPROVE, made_by=manager)
    validate(shop.pk, sale().pk, said, NOW + minutes(300))
    assert broken() == []
    closes_at = sale().closes_at
    assert closes_at
    finalise(closes_at)
    (conflict, _, paid, _), at = before
    assert (stands(), sale().at) == ((conflict, True, paid, "final"), at)


@pytest.mark.parametrize("kind", ["stranger", "rival"])
def test_an_approval_confirms_nobody_but_the_partner_that_was_seen(
    shop: Advertiser, blog: Partnership, thief: Publisher, manager: User, kind: str
) -> None:
    """What was received before it, and comes to the database after it, credits somebody else."""
    buyer, early = reader_of(shop, blog.publisher), reader_of(shop, thief, NOW - minutes(30))
    rival = buyer.click(thief, NOW + minutes(2), lost=True)
    buyer.tokens.pop()
    record(make_report(shop, "1", NOW + minutes(3), clicks=[str(buyer.tokens[-1])]))
    say(manager)
    if kind == "stranger":
        record(early.report("1", NOW - minutes(1), source="pixel"))
    else:
        with transaction.atomic():
            intake.store([rival.record], LATER)
    assert stands()[1:3] == (False, thief.pk)
    assert broken() == []


def keyed(report: SaleReport, *tokens: str) -> SaleReport:
    kept = tuple((Role.SERVER, token) for token in tokens)
    return replace(report, source="keyed", tokens=kept, from_browser=False)


@pytest.mark.parametrize("kind", ["keyed", "signed"])
def test_the_shop_s_own_report_is_believed_more_than_an_approval(
    shop: Advertiser, blog: Partnership, sold: Browser, manager: User, kind: str
) -> None:
    """It is pending again, since nobody has approved this amount."""
    say(manager)
    own = make_report(shop, "1", LATER + minutes(1), "60.00", source="pixel")
    record(keyed(own) if kind == "keyed" else signed(shop, own, "60.00"))
    assert stands() == ("", True, blog.publisher_id, "pending")
    assert sale().amount_minor == 6000
    assert broken() == []


def test_the_shop_s_own_report_may_credit_somebody_else(
    shop: Advertiser, thief: Publisher, sold: Browser, manager: User
) -> None:
    say(manager)
    other = older(shop, thief)
    record(keyed(make_report(shop, "1", LATER + minutes(1)), str(other.tokens[-1])))
    assert stands() == ("", True, thief.pk, "pending")


def test_where_the_shop_confirmed_the_order_the_approval_is_about_the_click(
    shop: Advertiser, blog: Partnership, thief: Publisher, sold: Browser, manager: User
) -> None:
    """Its server knows what the order cost, and of no click."""
    record(keyed(make_report(shop, "1", NOW + minutes(4))))
    say(manager)
    record(older(shop, thief).report("1", LATER + minutes(1), source="pixel"))
    assert stands() == ("", True, blog.publisher_id, "approved")


@pytest.mark.parametrize("is_asked_again", [False, True])
def test_what_was_settled_and_approved_stays_verified(
    shop: Advertiser,
    blog: Partnership,
    thief: Publisher,
    sold: Browser,
    manager: User,
    is_asked_again: bool,
) -> None:
    record(older(shop, thief).report("1", NOW + minutes(5), source="pixel"))
    chosen = sale().reports.order_by("received_at")[0]
    settle_conflict(sale(), Settlement(chosen.pk, "It is the right one", manager), LATER)
    say(manager)
    if is_asked_again:
        record(older(shop, thief).report("1", LATER + minutes(1), source="pixel"))
    assert stands() == ("", True, blog.publisher_id, "approved")
    assert sale().contested_by_id == thief.pk
    assert broken() == []


def test_a_second_approval_hears_nothing_that_the_first_kept_out(
    shop: Advertiser, blog: Partnership, thief: Publisher, sold: Browser, manager: User
) -> None:
    say(manager)
    record(older(shop, thief).report("1", LATER + minutes(1), source="pixel"))
    record(keyed(make_report(shop, "1", LATER + minutes(2), "60.00")))
    said = Statement(action=Action.APPROVE, made_by=manager)
    validate(shop.pk, sale().pk, said, LATER + minutes(3))
    assert stands() == ("", True, blog.publisher_id, "approved")
    assert broken() == []
