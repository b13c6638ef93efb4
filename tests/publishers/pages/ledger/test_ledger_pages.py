"""The ledger as an accountant reads it: orders, amounts, months with a running balance, CSV."""

import csv
import io
from datetime import timedelta

import pytest
from django.test import Client

from network.models import Advertiser
from publishers.models import LedgerAccount, Partnership
from tests.support.makers import (
    NOW,
    SetClock,
    Shopper,
    finalise,
    make_advertiser,
    make_partner,
    make_publisher,
    make_user,
)
from tests.support.reading import signed_in, text

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("at_now")]
DAY = timedelta(days=1)
ACCOUNTS, LISTED = "/admin/publishers/ledgeraccount/", "/admin/publishers/ledgertransaction/"


@pytest.fixture
def owner(shop: Advertiser) -> Client:
    return signed_in(make_user("owner", shop, name="olga"))


@pytest.fixture
def sold(shop: Advertiser, at: SetClock) -> Partnership:
    """Orders that became final: =1 in April, then A and B together in May; it is the end of May."""
    blog = make_partner(shop, make_publisher("Blog"), "hard")
    for days, orders in ((0, ("=1",)), (30, ("A", "B"))):
        for number, order in enumerate(orders):
            shopper, moment = Shopper(), NOW + days * DAY + number * timedelta(hours=1)
            shopper.follow(blog, moment)
            shopper.buy(shop, moment, order=order, amount="100.00")
        finalise(NOW + (days + 31) * DAY)
    at(NOW + 75 * DAY)
    return blog


def account(kind: str) -> LedgerAccount:
    return LedgerAccount.objects.get(kind=kind)


def address(row: LedgerAccount, month: str) -> str:
    return f"{ACCOUNTS}{row.pk}/change/?month={month}"


def test_a_month_is_read_with_its_balance(owner: Client, sold: Partnership) -> None:
    row = account("advertiser_receivable")
    april = text(owner.get(address(row, "2026-04")))
    assert "Balance now: £24.00" in april
    assert "Balance at the start of the month £0.00" in april
    assert "Commission became final =1 Blog £8.00 £8.00" in april
    assert "Balance at the end of the month £8.00" in april
    may = text(owner.get(address(row, "2026-05")))
    assert "start of the month £8.00" in may
    assert "A Blog £8.00 £16.00" in may
    assert "B Blog £8.00 £24.00" in may
    assert "No entry in this month." in text(owner.get(address(row, "2026-03")))


def test_what_is_owed_to_a_publisher_is_positive(sold: Partnership) -> None:
    operator = signed_in(make_user("operator", name="opal"))
    assert "£24.00" in text(operator.get(address(account("publisher_payable"), "2026-05")))
    assert "-£" not in text(operator.get(ACCOUNTS))


def test_the_csv_is_what_is_shown(owner: Client, sold: Partnership) -> None:
    row = account("advertiser_receivable")
    answer = owner.get(f"{ACCOUNTS}{row.pk}/entries.csv?month=2026-04")
    head, line = csv.reader(io.StringIO(answer.content.decode("utf-8-sig")))
    known = dict(zip(head, line, strict=True))
    assert (known["Amount"], known["Balance"], known["Currency"]) == ("8.00", "8.00", "GBP")
    assert known["Order"] == "'=1", "A spreadsheet must not run an order."
    assert known["Partner"] == "Blog"


def test_transactions_name_the_order_and_the_amounts(owner: Client, sold: Partnership) -> None:
    page = text(owner.get(LISTED))
    assert "A Blog £8.00 £8.00" in page
    assert "commission:" not in page


@pytest.mark.parametrize("month", ["2026-13", "x", "2026", "2026-05-01"])
def test_there_is_no_such_month(owner: Client, sold: Partnership, month: str) -> None:
    row = account("advertiser_receivable")
    assert owner.get(address(row, month)).status_code == 404
    assert owner.get(f"{ACCOUNTS}{row.pk}/entries.csv?month={month}").status_code == 404


def test_others_read_nothing(sold: Partnership) -> None:
    other = signed_in(make_user("owner", make_advertiser("Other"), name="otto"))
    row = account("advertiser_receivable")
    assert other.get(address(row, "2026-05")).status_code == 404
    assert other.get(f"{ACCOUNTS}{row.pk}/entries.csv").status_code == 404
