"""Nothing is said about a sale that became another one since its page was opened."""

from collections.abc import Callable
from typing import Any

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from network.models import User
from publishers.models import LedgerTransaction, Partnership
from tests.support.browsing import Browser, make_report, minutes, record
from tests.support.makers import NOW, Shopper, make_partner, make_publisher, report_sale
from tests.support.reading import text
from tests.tracking.lifecycle.test_validating_many import ask
from tests.tracking.lifecycle.test_validation import say, sell, stand
from tracking.commissions.rulings import Statement
from tracking.commissions.standing import Outdated, standing
from tracking.conversions.conflicts import Settlement, settle_conflict
from tracking.lifecycle.validation import Action, validate
from tracking.models import Commission, Conversion, Decision, Validation
from tracking.spool import intake

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("clean_books")]
SALES = "/admin/tracking/conversion/"
Change = Callable[[Conversion, User], None]


def report(sale: Conversion, amount: str, source: str, shopper: Shopper | None = None) -> None:
    data = {"order": sale.order, "amount": amount}
    brought = shopper.cookies if shopper else {}
    report_sale(sale.advertiser, NOW + minutes(9), data, from_cookies=brought, source=source)


def other_amount(sale: Conversion, by: User) -> None:
    report(sale, "20.00", "keyed")


def other_partner(sale: Conversion, by: User) -> None:
    rival = Shopper()
    partner = make_partner(sale.advertiser, make_publisher("Rival"), "hard")
    rival.follow(partner, NOW)
    report(sale, "49.90", "keyed", rival)


def in_conflict(sale: Conversion, by: User) -> None:
    token = sale.reports.get().tokens[0]["token"]
    record(make_report(sale.advertiser, sale.order, NOW + minutes(9), "20.00", clicks=[token]))


def cancelled(sale: Conversion, by: User) -> None:
    say(sale, by, Action.DECLINE, code="cancelled")


def confirmed(sale: Conversion, by: User) -> None:
    say(sale, by, Action.APPROVE)


CHANGES = {
    "amount": (other_amount, "it is now £20.00, with £1.60 for Blog, and its state is “Pending”"),
    "partner": (other_partner, "it is now £49.90, with £3.99 for Rival, and its state is “"),
    "conflict": (in_conflict, "and its state is “Conflict”"),
    "cancelled": (cancelled, "and its state is “Declined: Order cancelled”"),
    "approved": (confirmed, "and its state is “Approved, final on 11 Apr 2026"),
}


def sent(client: Client, address: str, **typed: str) -> dict[str, Any]:
    """What the browser sends from the page as it is now."""
    page = client.get(address)
    hidden = [str(one) for one in page.context["shown"]]
    assert hidden
    assert all(f'name="shown" value="{one}"' in page.content.decode() for one in hidden)
    return {**typed, "shown": hidden}


@pytest.mark.parametrize("change", ["amount", "partner"])
@pytest.mark.parametrize("action", ["approve", "decline"])
def test_a_sale_that_became_another_is_not_ruled(
    staff: Client, manager: User, blog: Partnership, change: str, action: str
) -> None:
    sale = sell(blog)
    address = f"{SALES}{sale.pk}/{action}/"
    seen = sent(staff, address, code="returned", reason="As I saw it")
    changes, said = CHANGES[change]
    changes(sale, manager)
    before, decided = stand(sale), Decision.objects.count()

    answer = staff.post(address, seen)
    assert said in text(answer)
    assert "Order 7 has changed since this page was opened" in text(answer)
    assert "Nothing was changed." in text(answer)
    assert "As I saw it" in text(answer)
    assert (stand(sale), Decision.objects.count()) == (before, decided)
    assert not Validation.objects.exists()
    assert not LedgerTransaction.objects.exists()

    anew = staff.post(address, {**seen, "shown": answer.context["shown"]}, follow=True)
    assert f"Order 7 is {action}d." in text(anew)


@pytest.mark.parametrize("change", ["conflict", "cancelled", "approved"])
def test_what_cannot_be_ruled_any_more_says_so(
    staff: Client, manager: User, blog: Partnership, change: str
) -> None:
    sale = sell(blog)
    address = f"{SALES}{sale.pk}/approve/"
    seen = sent(staff, address)
    CHANGES[change][0](sale, manager)
    before, said = stand(sale), Validation.objects.count()
    answer = staff.post(address, seen)
    assert answer.context["effects"].nothing
    assert (stand(sale), Validation.objects.count()) == (before, said)


@pytest.mark.parametrize("change", ["conflict", "approved"])
def test_a_decline_is_about_the_state_that_was_shown(
    staff: Client, manager: User, blog: Partnership, change: str
) -> None:
    sale = sell(blog)
    address = f"{SALES}{sale.pk}/decline/"
    seen = sent(staff, address, code="returned")
    changes, said = CHANGES[change]
    changes(sale, manager)
    before = stand(sale)
    assert said in text(staff.post(address, seen))
    assert stand(sale) == before


def test_a_report_that_says_the_same_changes_nothing(staff: Client, blog: Partnership) -> None:
    sale = sell(blog)
    address = f"{SALES}{sale.pk}/approve/"
    seen = sent(staff, address)
    report(sale, "49.90", "tag")
    assert "Order 7 is approved." in text(staff.post(address, seen, follow=True))


@pytest.mark.parametrize("change", list(CHANGES))
def test_of_several_none_is_ruled_when_one_became_another(
    staff: Client, manager: User, blog: Partnership, change: str
) -> None:
    sales = [sell(blog, "6"), sell(blog, "7"), sell(blog, "8")]
    address = ask(staff, "decline", sales, SALES).url
    seen = sent(staff, address, code="fraud")
    changes, said = CHANGES[change]
    changes(sales[1], manager)
    before, count = [stand(sale) for sale in sales], Validation.objects.count()

    answer = staff.post(address, seen)
    assert said in text(answer)
    assert text(answer).count("has changed since this page was opened") == 1
    assert [stand(sale) for sale in sales] == before
    assert Validation.objects.count() == count

    number = 2 if change == "cancelled" else 3
    anew = staff.post(address, {**seen, "shown": answer.context["shown"]}, follow=True)
    assert f"{number} orders are declined." in text(anew)
    assert {stand(sale)[0] for sale in sales} == {"declined"}


def test_the_page_of_several_shows_what_they_are_by_now(
    staff: Client, manager: User, blog: Partnership
) -> None:
    sales = [sell(blog, "7"), sell(blog, "8")]
    address = ask(staff, "approve", sales, SALES).url
    seen = sent(staff, address)
    other_amount(sales[0], manager)
    other_amount(sales[1], manager)
    said = text(staff.post(address, seen))
    assert said.count("has changed since this page was opened: it is now £20.00") == 2
    assert "Total £3.20" in said


@pytest.mark.parametrize("which", ["one", "several"])
def test_a_conflict_that_got_another_report_is_not_settled(
    staff: Client, manager: User, blog: Partnership, which: str
) -> None:
    sale = sell(blog)
    in_conflict(sale, manager)
    address = f"{SALES}{sale.pk}/settle/"
    typed = {"report": str(sale.reports.get(source="tag").pk), "reason": "The tag is right"}
    if which == "several":
        address = ask(staff, "settle", [sale], SALES).url
        typed = {"side": "later", "reason": "The later is right"}
    seen = sent(staff, address, **typed)
    token = sale.reports.get(source="tag").tokens[0]["token"]
    record(make_report(sale.advertiser, sale.order, NOW + minutes(10), "30.00", clicks=[token]))
    decided = Decision.objects.count()

    answer = staff.post(address, seen)
    assert "Order 7 has changed since this page was opened" in text(answer)
    sale.refresh_from_db()
    assert (sale.conflict, sale.settled_at) == ("figures", None)
    assert Decision.objects.count() == decided
    anew = staff.post(address, {**seen, "shown": answer.context["shown"]}, follow=True)
    assert "settled" in text(anew)
    sale.refresh_from_db()
    assert sale.conflict == ""


@pytest.mark.parametrize("which", ["one", "several"])
def test_a_conflict_whose_reports_credit_somebody_else_by_now_is_not_settled(
    staff: Client, blog: Partnership, which: str
) -> None:
    """A click that comes late, on the journey of the report that is chosen."""
    first, second = Browser(blog.advertiser), Browser(blog.advertiser)
    first.click(make_partner(blog.advertiser, make_publisher("First"), "hard").publisher, NOW)
    second.click(blog.publisher, NOW)
    rival = make_partner(blog.advertiser, make_publisher("Rival"), "hard").publisher
    clicks = [str(browser.tokens[-1]) for browser in (first, second)]
    late = second.click(rival, NOW + minutes(2), lost=True)
    for after, click in enumerate(clicks):
        at = NOW + minutes(5 + after)
        record(make_report(blog.advertiser, "7", at, "49.90", source="keyed", clicks=[click]))
    sale = Conversion.objects.get()
    typed = {"report": str(sale.reports.latest("received_at").pk), "reason": "The second"}
    address = f"{SALES}{sale.pk}/settle/"
    if which == "several":
        address = ask(staff, "settle", [sale], SALES).url
        typed = {"side": "later", "reason": "The later is right"}
    seen = sent(staff, address, **typed)
    intake.store([late.record], NOW + minutes(9))

    answer = staff.post(address, seen)
    assert "Order 7 has changed since this page was opened" in text(answer)
    assert "Rival is credited" in text(answer)
    sale.refresh_from_db()
    assert (sale.conflict, sale.settled_at) == ("journeys", None)
    staff.post(address, {**seen, "shown": answer.context["shown"]})
    assert Commission.objects.get().publisher == rival


def test_conflicts_that_were_settled_meanwhile_are_named(
    staff: Client, manager: User, blog: Partnership
) -> None:
    sales = [sell(blog, "7"), sell(blog, "8")]
    for sale in sales:
        in_conflict(sale, manager)
    address = ask(staff, "settle", sales, SALES).url
    seen = sent(staff, address, side="later", reason="The later is right")
    settle(sales[0], manager)
    answer = text(staff.post(address, seen))
    assert "Order 7 has changed since this page was opened" in answer
    assert "Settle the conflict of 1 order" in answer
    assert Conversion.objects.exclude(conflict="").count() == 1
    settle(sales[1], manager)
    assert "None of these orders is in conflict any more." in text(staff.post(address, seen))


def settle(sale: Conversion, by: User, seen: str = "") -> None:
    first = sale.reports.get(source="tag").pk
    settle_conflict(sale, Settlement(first, "The tag is right", by, seen), NOW + minutes(20))


def test_the_writers_look_at_the_sale_that_they_have_locked(
    manager: User, blog: Partnership
) -> None:
    sale = sell(blog)
    seen = standing(sale)
    in_conflict(Conversion.objects.get(pk=sale.pk), manager)
    said = Statement(action=Action.DECLINE, made_by=manager, code="fraud", seen=seen)
    with pytest.raises(Outdated):
        validate(sale.advertiser_id, sale.pk, said, NOW + minutes(20))
    with pytest.raises(Outdated):
        settle(sale, manager, seen)


def test_the_page_of_several_takes_as_many_queries_however_many_they_are(
    staff: Client, blog: Partnership, django_assert_num_queries: Any
) -> None:
    sales = [sell(blog, str(number)) for number in range(8)]
    two, all_of_them = (ask(staff, "approve", some, SALES).url for some in (sales[:2], sales))
    staff.get(two)
    with django_assert_num_queries(queries_of(staff, two)):
        assert "Approve 8 orders" in text(staff.get(all_of_them))


def queries_of(client: Client, address: str) -> int:
    with CaptureQueriesContext(connection) as queries:
        client.get(address)
    return len(queries)


def test_it_is_said_that_not_all_are_on_the_page(staff: Client, blog: Partnership) -> None:
    sale = sell(blog)
    address = f"{SALES}rule/?to=approve&sales={sale.pk}"
    said = "You selected 240 orders. This page is about the first 1; the others stay as they are."
    assert said in text(staff.get(f"{address}&of=240"))
    for of in ("", "1", "0", "x", "9" * 40):
        assert "You selected" not in text(staff.get(f"{address}&of={of}"))
