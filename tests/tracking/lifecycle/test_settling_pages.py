"""The pages on which staff settle conflicts: what a report would pay as things stand, and what a
form that is outdated or damaged comes to."""

from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any

import pytest
from django.db import connection, transaction
from django.test import Client
from django.test.utils import CaptureQueriesContext

from network.models import User
from publishers.models import LedgerTransaction, Partnership
from publishers.policy import deciding
from tests.support.browsing import make_report, minutes, record
from tests.support.makers import (
    NOW,
    SetClock,
    Shopper,
    finalise,
    make_partner,
    make_publisher,
)
from tests.support.reading import text
from tests.tracking.lifecycle.test_outdated_pages import in_conflict, sent, settle
from tests.tracking.lifecycle.test_validating_many import ask
from tests.tracking.lifecycle.test_validation import LATER, sell, stand
from tracking.lifecycle import suspension
from tracking.models import Commission, Conversion, Validation

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("clean_books")]
SALES = "/admin/tracking/conversion/"
NEITHER = {"report": "neither", "reason": "Neither is right"}
LIFT = {"reason": "The shop was wrong.", "restores": "yes"}


@pytest.fixture
def contested(blog: Partnership, manager: User) -> Conversion:
    sale = sell(blog)
    in_conflict(sale, manager)
    return Conversion.objects.get(pk=sale.pk)


@pytest.fixture
def of_journeys(blog: Partnership) -> Conversion:
    """Reported from two browsers, so that nobody is credited until it is settled."""
    for number, amount in enumerate(["49.90", "20.00"]):
        shopper = Shopper()
        shopper.follow(blog, NOW)
        sale = shopper.buy(blog.advertiser, NOW + minutes(6 + number), order="7", amount=amount)
    return Conversion.objects.get(pk=sale.pk)


def page_of(client: Client, sale: Conversion, which: str = "one") -> str:
    return (
        f"{SALES}{sale.pk}/settle/" if which == "one" else ask(client, "settle", [sale], SALES).url
    )


def typed(sale: Conversion, which: str) -> dict[str, str]:
    if which == "several":
        return {"side": "earlier", "reason": "The earlier is right"}
    return {"report": str(sale.reports.earliest("received_at").pk), "reason": "The earlier"}


def suspend(blog: Partnership, by: User, since: datetime = LATER) -> None:
    suspension.suspend(blog, since, reason="It stuffed cookies.", made_by=by)


def lift(blog: Partnership, by: User) -> None:
    deciding.decide(blog, "approved", LATER + minutes(1), made_by=by, reason="A mistake")


def end(blog: Partnership, by: User) -> None:
    deciding.decide(blog, "ended", LATER, made_by=by, reason="Over")


# What a report would pay


DECLINED = (
    "£49.90, Blog is credited with £3.99, which is declined with the partner's suspension: Fraud: "
    "It stuffed cookies."
)
CREDITED = "£49.90, Blog is credited with £3.99 "


@pytest.mark.parametrize("which", ["one", "several"])
@pytest.mark.parametrize("conflict", ["contested", "of_journeys"])
def test_a_suspended_partner_is_said_to_earn_nothing(
    staff: Client,
    manager: User,
    blog: Partnership,
    which: str,
    conflict: str,
    request: pytest.FixtureRequest,
) -> None:
    contested: Conversion = request.getfixturevalue(conflict)
    address = page_of(staff, contested, which)
    assert CREDITED in text(staff.get(address))
    suspend(blog, manager)
    assert DECLINED in text(staff.get(address))
    staff.post(address, sent(staff, address, **typed(contested, which)))
    assert stand(contested) == ("declined", "suspended", "Fraud: It stuffed cookies.")


@pytest.mark.parametrize("which", ["one", "several"])
@pytest.mark.parametrize("first", ["approved", "suspended"])
def test_a_partner_whose_suspension_began_or_ended_meanwhile_is_noticed(
    staff: Client,
    manager: User,
    blog: Partnership,
    of_journeys: Conversion,
    at: SetClock,
    which: str,
    first: str,
) -> None:
    if first == "suspended":
        suspend(blog, manager)
    address = page_of(staff, of_journeys, which)
    seen = sent(staff, address, **typed(of_journeys, which))
    (lift if first == "suspended" else suspend)(blog, manager)
    at(LATER + minutes(2))

    answer = staff.post(address, seen)
    said = text(answer)
    assert "Order 7 has changed since this page was opened" in said
    assert "Nothing was changed." in said
    assert (CREDITED if first == "suspended" else DECLINED) in said
    of_journeys.refresh_from_db()
    assert (of_journeys.conflict, of_journeys.settled_at) == ("journeys", None)

    staff.post(address, {**seen, "shown": answer.context["shown"]})
    assert stand(of_journeys)[0] == ("pending" if first == "suspended" else "declined")


@pytest.mark.parametrize("which", ["one", "several"])
def test_a_partnership_that_ended_meanwhile_earns_what_was_shown(
    staff: Client, manager: User, blog: Partnership, contested: Conversion, which: str
) -> None:
    """Clicks from before keep their claims."""
    address = page_of(staff, contested, which)
    seen = sent(staff, address, **typed(contested, which))
    end(blog, manager)
    assert "settled" in text(staff.post(address, seen, follow=True))
    assert stand(contested)[0] == "pending"


def test_an_order_that_was_declined_stays_so_by_either_report(
    staff: Client, blog: Partnership, manager: User
) -> None:
    sale = sell(blog)
    staff.post(f"{SALES}{sale.pk}/decline/", {"code": "returned"})
    in_conflict(sale, manager)
    sale.refresh_from_db()
    assert sale.conflict == "figures"
    said = text(staff.get(page_of(staff, sale)))
    assert "£49.90, Blog is credited with £3.99, which stays declined: Order returned" in said


@pytest.mark.parametrize("which", ["one", "several"])
def test_what_is_said_is_what_comes(
    staff: Client, blog: Partnership, contested: Conversion, which: str
) -> None:
    address = page_of(staff, contested, which)
    said = text(staff.get(address))
    assert CREDITED in said
    assert "£20.00, Blog is credited with £1.60" in said
    staff.post(address, typed(contested, which))
    row = Commission.objects.get()
    assert (row.status, row.amount_minor, row.sale_amount_minor) == ("pending", 399, 4990)


# Outdated and damaged forms


def settled(sale: Conversion, by: User) -> None:
    settle(sale, by)


def closed(sale: Conversion, by: User) -> None:
    settle(sale, by)
    finalise(NOW + timedelta(days=60))


@pytest.mark.parametrize("shown", [True, False])
@pytest.mark.parametrize("change", [settled, closed])
@pytest.mark.parametrize("choice", ["neither", "report"])
def test_a_conflict_that_a_colleague_has_settled_says_so(
    staff: Client,
    manager: User,
    contested: Conversion,
    choice: str,
    change: Callable[[Conversion, User], None],
    shown: bool,
) -> None:
    address = page_of(staff, contested)
    seen = sent(staff, address, **(NEITHER if choice == "neither" else typed(contested, "one")))
    change(contested, manager)
    before = stand(contested)
    answer = staff.post(address, seen if shown else {**seen, "shown": []})
    assert answer.status_code == 200
    assert "Order 7 is not in conflict; nothing was changed." in text(answer)
    assert "Back to the sale" in text(answer)
    assert b'id="asked"' not in answer.content
    assert stand(contested) == before
    assert not Validation.objects.exists()


@pytest.mark.parametrize("do", ["", "look"])
def test_several_that_a_colleague_has_settled_say_so(
    staff: Client, manager: User, contested: Conversion, do: str
) -> None:
    address = page_of(staff, contested, "several")
    seen = sent(staff, address, **typed(contested, "several"))
    settle(contested, manager)
    answer = staff.post(address, {**seen, "do": do} if do else seen)
    assert answer.status_code == 200
    assert "None of these orders is in conflict any more." in text(answer)
    assert "None of these orders is in conflict any more." in text(staff.get(address))


def test_those_that_still_are_in_conflict_are_looked_at_beside_the_others(
    staff: Client, manager: User, blog: Partnership
) -> None:
    sales = [sell(blog, "7"), sell(blog, "8")]
    for sale in sales:
        in_conflict(sale, manager)
    address = ask(staff, "settle", sales, SALES).url
    seen = sent(staff, address, **typed(sales[0], "several"))
    settle(sales[0], manager)
    said = text(staff.post(address, {**seen, "do": "look"}))
    assert "Settle the conflict of 1 order" in said
    assert "Not in conflict any more." in said
    assert CREDITED in said


def test_neither_declines_what_credits_somebody_by_either_report(
    staff: Client, contested: Conversion
) -> None:
    address = page_of(staff, contested)
    said = text(staff.post(address, sent(staff, address, **NEITHER), follow=True))
    assert "The conflict of order 7 is settled: nothing is owed for it." in said
    assert stand(contested)[:2] == ("declined", "by_advertiser")


def test_neither_holds_when_a_suspension_is_lifted(
    staff: Client, manager: User, blog: Partnership, of_journeys: Conversion
) -> None:
    """Settling declines it with the suspension; that nothing is owed is the shop's own word."""
    suspend(blog, manager)
    address = page_of(staff, of_journeys)
    said = text(staff.post(address, sent(staff, address, **NEITHER), follow=True))
    assert "The conflict of order 7 is settled: nothing is owed for it." in said
    suspension.lift(
        blog, LATER + timedelta(minutes=9), reason="Wrong", made_by=manager, restores=True
    )
    assert stand(of_journeys) == ("declined", "by_advertiser", "Neither is right")


def test_neither_declines_by_the_report_that_credits_somebody(
    staff: Client, blog: Partnership, manager: User
) -> None:
    """A click that comes late on the other's journey credits nobody then."""
    nobodys, shopper = Shopper(), Shopper()
    overlay = make_partner(blog.advertiser, make_publisher("Overlay"), "soft")
    nobodys.follow(overlay, NOW)
    nobodys.end_session()
    shopper.follow(blog, NOW)
    nobodys.buy(blog.advertiser, NOW + minutes(6), order="7")
    sale = shopper.buy(blog.advertiser, NOW + minutes(7), order="7")
    sale.refresh_from_db()
    assert sale.conflict == "journeys"
    address = page_of(staff, sale)
    assert "£49.90, nobody is credited" in text(staff.get(address))
    staff.post(address, sent(staff, address, **NEITHER))
    assert stand(sale)[:2] == ("declined", "by_advertiser")


PAGES = ("approve", "decline", "take-back", "settle", "rule", "settle_many", "lift")
DAMAGES: dict[str, tuple[Any, ...]] = {
    "report": (None, "", "x", "\0", "neither", ["x", "neither"], "{foreign}", "9" * 5000),
    "side": (None, "", "x", "\0", ["earlier", "x"], "9" * 5000),
    "reason": (None, "", " ", "\0", "x" * 301, ["x", "\0"], "\ud7ff\u202e"),
    "code": (None, "", "x", "\0", ["fraud", "x"], "other"),
    "restores": (None, "", "x", "\0", ["yes", "no"]),
    "newest": (None, "", "x", "-1", "9" * 30, "\0", ["1", "x"]),
    "shown": (None, "", "x", "\0", "9" * 18, "{foreign} x", ["x", "0 0", ""], "9" * 5000),
    "seen": (None, "", "x", "\0", "2026-03-12", "9999-12-31T23:59:59+14:00"),
    "do": ("look", "x", "", "\0", "count", ["look", "x"]),
}
FIELDS = {
    "approve": ("reason",),
    "decline": ("reason", "code"),
    "take-back": ("reason",),
    "settle": ("report", "reason"),
    "rule": ("reason", "code"),
    "settle_many": ("side", "reason"),
    "lift": ("reason", "restores", "newest"),
}
EVERYWHERE = ("shown", "seen", "do")
CASES = [(page, name) for page in PAGES for name in (*FIELDS[page], *EVERYWHERE)]


@pytest.mark.parametrize(("page", "name"), CASES)
def test_a_damaged_form_ends_with_a_page_that_can_be_read(
    staff: Client, manager: User, blog: Partnership, page: str, name: str
) -> None:
    other, sale = sell(blog, "6"), sell(blog, "7")
    address = address_of(page, staff, sale, blog, manager)
    fields: dict[str, Any] = {
        "reason": "As it is",
        "code": "returned",
        **typed(sale, "one"),
        "side": "later",
        **({"restores": "yes", "newest": "1"} if page == "lift" else {}),
        "shown": [str(one) for one in staff.get(address).context["shown"]],
    }
    foreign = str(other.pk) if name == "shown" else str(other.reports.get().pk)
    for damage in DAMAGES[name]:
        data = {**fields, name: replaced(damage, foreign)}
        if damage is None:
            del data[name]
        with transaction.atomic():
            answer = staff.post(address, data)
            assert answer.status_code in (200, 302), damage
            assert "<h1" in answer.content.decode() or answer.status_code == 302, damage
            assert not LedgerTransaction.objects.exists()
            transaction.set_rollback(True)


def replaced(damage: Any, foreign: str) -> Any:
    return damage.replace("{foreign}", foreign) if isinstance(damage, str) else damage


def address_of(page: str, staff: Client, sale: Conversion, blog: Partnership, by: User) -> str:
    """The page's address, with the sale in the state that it is about."""
    if page in ("settle", "settle_many"):
        in_conflict(sale, by)
        return page_of(staff, sale, "one" if page == "settle" else "several")
    if page == "rule":
        return str(ask(staff, "decline", [sale], SALES).url)
    if page == "lift":
        suspend(blog, by, NOW + minutes(20))
        return f"/admin/publishers/partnership/{blog.pk}/status/?to=approved"
    if page == "take-back":
        staff.post(f"{SALES}{sale.pk}/decline/", {"code": "returned"})
    return f"{SALES}{sale.pk}/{page}/"


# What it costs


@pytest.mark.parametrize("action", ["read", "sent outdated"])
def test_several_conflicts_take_as_many_queries_however_many_they_are(
    staff: Client, manager: User, blog: Partnership, action: str
) -> None:
    sales = [sell(blog, str(number)) for number in range(6)]
    for sale in sales:
        in_conflict(sale, manager)

    def queries(rows: list[Conversion]) -> int:
        address = ask(staff, "settle", rows, SALES).url
        seen = sent(staff, address, side="later", reason="The later")
        seen["shown"] = [f"{one} x" for one in seen["shown"]]
        with CaptureQueriesContext(connection) as captured:
            answer = staff.get(address) if action == "read" else staff.post(address, seen)
        assert text(answer).count("Blog is credited with £3.99") == len(rows)
        return len(captured)

    assert queries(sales) == queries(sales[:2])
    assert not Conversion.objects.filter(conflict="").exists()


def test_the_page_of_one_reads_each_report_once(staff: Client, contested: Conversion) -> None:
    record(make_report(contested.advertiser, "7", NOW + minutes(9), "30.00", source="tag"))
    address = page_of(staff, contested)
    staff.get(address)
    with CaptureQueriesContext(connection) as captured:
        staff.get(address)
    of_clicks = [each for each in captured if 'FROM "tracking_click"' in each["sql"]]
    assert len(of_clicks) == 1
