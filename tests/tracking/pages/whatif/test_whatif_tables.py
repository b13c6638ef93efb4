"""The tables of a what-if's answer, as files."""

from datetime import timedelta

import pytest
from django.test import Client

from network.pages.figures.definitions import figure
from network.spreadsheets import safe
from tests.support.makers import NOW, Shopper, make_partner, make_publisher
from tests.support.what_ifs import DAY, Market, counted, the_run
from tests.tracking.pages.whatif.asking import answered, ask, table
from tracking.whatif.answer_csv import MOVE_COLUMNS, PARTNER_COLUMNS

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("founded", "at_now")]


def test_the_tables_can_be_downloaded(client: Client, market: Market) -> None:
    answered(client, market, **{"partner-1": "Cat of Shop", "type-1": "soft"})
    blog, cat = str(market.blog.publisher_id), str(market.extension.publisher_id)
    shop, examples = str(market.shop.pk), "Shop-2 Shop-3"
    head, *rows = table(client, "partners")
    assert tuple(head) == PARTNER_COLUMNS
    assert rows == [
        [shop, "Shop", blog, "Blog of Shop", "1", "5.00", "3", "15.00", "2", "10.00", "GBP"],
        [shop, "Shop", cat, "Cat of Shop", "3", "15.00", "1", "5.00", "-2", "-10.00", "GBP"],
    ]
    head, *rows = table(client, "moves")
    assert tuple(head) == MOVE_COLUMNS
    assert rows == [
        [shop, "Shop", cat, "Cat of Shop", blog, "Blog of Shop", "2", "10.00", "GBP", examples]
    ]


@pytest.mark.parametrize("text", ["=1+1", "+1", "-1", "@SUM(A1)", "\t=1", "\r=1"])
def test_a_formula_is_text_in_a_spreadsheet(text: str) -> None:
    assert safe(text) == f"'{text}"
    assert safe(f"Blog {text}") == f"Blog {text}"


def test_names_cannot_be_formulas(client: Client, market: Market) -> None:
    evil = make_partner(market.shop, make_publisher('=HYPERLINK("x")'), "hard")
    shopper = Shopper()
    shopper.follow(evil, NOW - DAY)
    shopper.buy(market.shop, NOW - DAY + timedelta(minutes=1))
    answered(client, market, hard_days=7)
    assert '\'=HYPERLINK("x")' in [row[3] for row in table(client, "partners")]


def test_there_is_no_csv_before_the_answer_nor_another_table(
    client: Client, market: Market
) -> None:
    address = ask(client, market, hard_days=7).url
    assert client.get(f"{address}partners.csv").status_code == 404
    counted(the_run())
    assert client.get(f"{address}partners.csv").status_code == 200
    assert client.get(f"{address}users.csv").status_code == 404


def test_the_columns_are_defined() -> None:
    names = ("sales_before", "sales_after", "sales_difference")
    assert all(figure(f"whatif_{name}") for name in names)
    definition = figure("whatif_difference").definition
    assert definition.startswith("Commission after, less commission before.")
