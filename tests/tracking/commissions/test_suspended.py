"""A suspension declines what is its partner's, and nobody else's, whoever is credited when."""

from datetime import datetime, timedelta
from threading import Event, Thread
from typing import Any

import pytest
from django.db import connection, transaction

from network.models import Advertiser, User
from publishers.models import Partnership, Publisher
from publishers.policy import assigning, deciding
from tests.support.browsing import Browser
from tests.support.makers import NOW, finalise, make_partner, make_publisher, make_user
from tests.support.reading import signed_in, text
from tracking.clicks.redirect import Answer
from tracking.commissions.rulings import Statement
from tracking.conversions import locking
from tracking.lifecycle import suspension, validation
from tracking.models import Commission, Conversion, Validation
from tracking.rule.attribution import CookieType
from tracking.rule.replay import Change
from tracking.spool import intake
from tracking.whatif import runs
from tracking.whatif.results import Question

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("clean_books")]
MINUTE, DAY = timedelta(minutes=1), timedelta(days=1)
SOON = NOW + MINUTE


@pytest.fixture
def stuffer(shop: Advertiser) -> Partnership:
    return make_partner(shop, make_publisher("Stuffer"), "hard")


@pytest.fixture
def blog(shop: Advertiser) -> Partnership:
    return make_partner(shop, make_publisher("Blog"), "hard")


@pytest.fixture
def operator(db: None) -> User:
    return make_user("operator")


def suspend(partner: Partnership, by: User, at: datetime = NOW) -> suspension.Pending:
    return suspension.suspend(partner, at, reason=f"{partner.publisher} stuffed.", made_by=by)


def lift(partner: Partnership, by: User, at: datetime) -> None:
    deciding.change_terms(partner, {"status": "approved"}, at, made_by=by)


def arrive(late: Answer, at: datetime = SOON) -> None:
    """The record of a lost click comes."""
    with transaction.atomic():
        intake.store([late.record], at)


def stand(order: str = "7") -> tuple[str, str, str, str]:
    """Whose commission it is, its state, why it was declined in general, and in words."""
    row = Commission.objects.get(conversion__order=order)
    return row.publisher.name, row.status, row.decline_reason, row.decline_text


def say(action: Validation.Action, by: User, at: datetime = SOON, **words: Any) -> None:
    sale = Conversion.objects.get()
    validation.validate(
        sale.advertiser_id, sale.pk, Statement(action=action, made_by=by, **words), at
    )


BLOGS = ("Blog", "pending", "", "")
DECLINED = ("Stuffer", "declined", "suspended", "Fraud: Stuffer stuffed.")


class Sale:
    """A sale at :data:`NOW` of a browser that clicked on one, another and the first again; of the
    last two clicks only the tokens are not lost, and those the shop has not reported."""

    def __init__(self, first: Partnership, other: Partnership) -> None:
        browser = Browser(first.advertiser)
        browser.click(first.publisher, NOW - 10 * MINUTE)
        sold = browser.report("7", NOW)
        self.other = browser.click(other.publisher, NOW - 5 * MINUTE, lost=True)
        self.again = browser.click(first.publisher, NOW - 2 * MINUTE, lost=True)
        with transaction.atomic():
            intake.store([intake.report_record(sold)], NOW)


def test_a_sale_that_becomes_anothers_is_pending_again(
    stuffer: Partnership, blog: Partnership, operator: User
) -> None:
    sale = Sale(stuffer, blog)
    assert suspend(stuffer, operator).commissions == 1
    assert stand() == DECLINED
    arrive(sale.other)
    assert stand() == BLOGS
    reader = signed_in(make_user("owner", blog.publisher))
    for page in ("", "sales/", "elsewhere/"):
        told = text(reader.get(f"/dashboard/{blog.publisher_id}/{page}"))
        assert "Stuff" not in told
        assert "Fraud" not in told
    assert finalise(NOW + 40 * DAY) == 1
    assert stand() == ("Blog", "final", "", "")


def test_it_is_declined_again_when_it_comes_back(
    stuffer: Partnership, blog: Partnership, operator: User
) -> None:
    sale = Sale(stuffer, blog)
    suspend(stuffer, operator)
    arrive(sale.other)
    arrive(sale.again, SOON + MINUTE)
    assert stand() == DECLINED


@pytest.mark.parametrize("approved", [False, True])
def test_anothers_that_becomes_the_suspended_partners_is_declined(
    stuffer: Partnership, blog: Partnership, operator: User, approved: bool
) -> None:
    sale = Sale(blog, stuffer)
    suspend(stuffer, operator)
    if approved:
        say(Validation.Action.APPROVE, operator)
    arrive(sale.other)
    assert stand() == DECLINED
    arrive(sale.again, SOON + MINUTE)
    assert stand() == BLOGS


def test_what_was_approved_before_the_suspension_is_no_excuse(
    stuffer: Partnership, blog: Partnership, operator: User
) -> None:
    sale = Sale(stuffer, blog)
    say(Validation.Action.APPROVE, operator, NOW - MINUTE)
    arrive(sale.other)
    suspend(stuffer, operator)
    arrive(sale.again)
    assert stand() == DECLINED


def test_what_was_taken_back_stays_so_when_it_comes_back(
    stuffer: Partnership, blog: Partnership, operator: User
) -> None:
    sale = Sale(stuffer, blog)
    suspend(stuffer, operator)
    say(Validation.Action.TAKE_BACK, operator, reason="A mistake")
    arrive(sale.other)
    arrive(sale.again)
    assert stand() == ("Stuffer", "pending", "", "")


def test_of_two_suspended_partners_each_reads_its_own_reason(
    stuffer: Partnership, blog: Partnership, operator: User
) -> None:
    sale = Sale(stuffer, blog)
    suspend(stuffer, operator)
    suspend(blog, operator)
    arrive(sale.other)
    assert stand() == ("Blog", "declined", "suspended", "Fraud: Blog stuffed.")


def test_an_order_that_was_refused_stays_so_whoever_brought_it(
    stuffer: Partnership, blog: Partnership, operator: User
) -> None:
    sale = Sale(stuffer, blog)
    say(Validation.Action.DECLINE, operator, code="returned")
    suspend(stuffer, operator)
    arrive(sale.other)
    assert stand() == ("Blog", "declined", "by_advertiser", "Order returned")


def test_terms_that_change_meanwhile_are_not_the_reason(
    stuffer: Partnership, operator: User
) -> None:
    browser = Browser(stuffer.advertiser)
    browser.click(stuffer.publisher, NOW - MINUTE)
    suspend(stuffer, operator)
    deciding.change_terms(stuffer, {"hard_days": 7}, SOON, made_by=None, reason="Agreed.")
    browser.buy("7", NOW + 5 * MINUTE)
    assert stand() == DECLINED
    assert Validation.objects.get().made_by == operator


def test_staff_read_when_it_is_closed(stuffer: Partnership, operator: User) -> None:
    """Not when it is final: it never will be."""
    Sale(stuffer, stuffer)
    suspend(stuffer, operator)
    page = text(
        signed_in(operator).get(f"/admin/tracking/conversion/{Conversion.objects.get().pk}/change/")
    )
    assert "Not credited to Stuffer · hard · £4.00 · declined: Fraud: Stuffer stuffed" in page


# What a change would have done


def asked(shop: Advertiser, **types: Partnership) -> dict[tuple[str, str], int]:
    """Of a what-if, how many sales would have paid whom instead of whom."""
    change = Change({row.publisher_id: CookieType(kind) for kind, row in types.items()})
    result = runs.ask(Question({shop.pk: change}, NOW - DAY, NOW + DAY))
    names: dict[int | None, str] = {
        None: "nobody",
        **dict(Publisher.objects.values_list("pk", "name")),
    }
    return {(names[move.source], names[move.target]): move.tally.sales for move in result.moves}


def test_what_a_suspension_declined_would_have_been_anothers(
    shop: Advertiser, stuffer: Partnership, blog: Partnership, operator: User
) -> None:
    browser = Browser(shop)
    browser.click(blog.publisher, NOW - 10 * MINUTE)
    browser.click(stuffer.publisher, NOW - 5 * MINUTE)
    browser.buy("7", NOW)
    suspend(stuffer, operator)
    assert asked(shop, soft=stuffer) == {("nobody", "Blog"): 1}
    assert asked(shop, soft=blog) == {}
    assert asked(shop) == {}
    say(Validation.Action.TAKE_BACK, operator, reason="A mistake")
    assert asked(shop, soft=blog) == {}, "it would have been taken back as well"
    assert asked(shop, soft=stuffer) == {("Stuffer", "Blog"): 1}
    assert asked(shop) == {}


@pytest.mark.parametrize(
    ("suspended_at", "lifted_at", "paid"),
    [
        pytest.param(NOW + DAY, None, "nobody", id="while_it_is_open"),
        pytest.param(NOW + 31 * DAY, None, "Stuffer", id="when_it_is_final"),
        pytest.param(NOW - 2 * MINUTE, NOW + DAY, "nobody", id="when_it_came_in"),
        pytest.param(NOW - 3 * MINUTE, NOW - MINUTE, "Stuffer", id="lifted_before"),
    ],
)
def test_what_would_have_been_the_suspended_partners(
    shop: Advertiser,
    stuffer: Partnership,
    blog: Partnership,
    operator: User,
    suspended_at: datetime,
    lifted_at: datetime | None,
    paid: str,
) -> None:
    """In the other world it is open for 30 days, in this one for a day."""
    for partner in (stuffer, blog):
        assigning.assign([partner], "soft", NOW - DAY, reason="Agreed", made_by=None)
    browser = Browser(shop)
    browser.click(blog.publisher, NOW - 10 * MINUTE)
    browser.click(stuffer.publisher, NOW - 5 * MINUTE)
    if suspended_at < NOW:
        suspend(stuffer, operator, suspended_at)
    if lifted_at and lifted_at < NOW:
        lift(stuffer, operator, lifted_at)
    sale = browser.buy("7", NOW)
    finalise(NOW + 2 * DAY)
    if suspended_at > NOW:
        suspend(stuffer, operator, suspended_at)
    if lifted_at and lifted_at > NOW:
        lift(stuffer, operator, lifted_at)
    assert asked(shop, hard=stuffer) == {("Blog", paid): 1}
    page = signed_in(operator).get(
        f"/admin/tracking/conversion/{sale.pk}/change/?type-{stuffer.publisher_id}=hard"
    )
    told = "Stuffer (hard) would be credited £4.00 instead of Blog."
    if paid == "nobody":
        told = (
            "Stuffer (hard) would be credited £4.00 instead of Blog. Its suspension for fraud "
            "would decline the commission."
        )
    assert told in text(page)


# Two transactions at once


def in_thread(work: Any) -> Thread:
    def run() -> None:
        try:
            work()
        finally:
            connection.close()

    thread = Thread(target=run)
    thread.start()
    return thread


@pytest.mark.django_db(transaction=True)
def test_what_the_drain_credits_to_another_meanwhile_is_not_declined(
    stuffer: Partnership, blog: Partnership, operator: User
) -> None:
    sale = Sale(stuffer, blog)
    stored, commit, suspended = Event(), Event(), Event()
    declined = []

    def take_in() -> None:
        with transaction.atomic():
            intake.store([sale.other.record], SOON)
            stored.set()
            commit.wait(30)

    def refuse() -> None:
        declined.append(suspend(stuffer, operator))
        suspended.set()

    drain = in_thread(take_in)
    assert stored.wait(30)
    page = in_thread(refuse)
    assert not suspended.wait(1), "it did not wait for the drain"
    commit.set()
    for thread in (drain, page):
        thread.join()
    assert declined == [suspension.Pending(0, 0)]
    assert stand() == BLOGS


@pytest.mark.django_db(transaction=True)
def test_it_and_a_drain_that_takes_in_several_orders_do_not_block_each_other(
    stuffer: Partnership, operator: User, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The drain takes the orders by their references, of which the later was sold first."""
    browser = Browser(stuffer.advertiser)
    browser.click(stuffer.publisher, NOW - MINUTE)
    for order in ("b", "a"):
        browser.buy(order, NOW)
    again = [intake.report_record(browser.report(order, SOON)) for order in ("a", "b")]
    real, one_is_recorded, never, failed = locking.lock_all, Event(), Event(), []

    def lock(*arguments: Any) -> Any:
        locked = real(*arguments)
        if not one_is_recorded.is_set():
            one_is_recorded.set()
            never.wait(1)  # time for the suspension to lock what it can
        return locked

    def take_in() -> None:
        try:
            with transaction.atomic():
                intake.store(again, SOON)
        except Exception as error:
            failed.append(error)

    def refuse() -> None:
        try:
            suspend(stuffer, operator)
        except Exception as error:
            failed.append(error)

    monkeypatch.setattr(locking, "lock_all", lock)
    drain = in_thread(take_in)
    assert one_is_recorded.wait(30)
    for thread in (in_thread(refuse), drain):
        thread.join()
    assert failed == []
    assert [stand(order) for order in ("a", "b")] == [DECLINED, DECLINED]
