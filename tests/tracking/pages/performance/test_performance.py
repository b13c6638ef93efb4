"""What partners brought in, by whatever it is asked: every number opens its rows, and the lines
come to the total."""

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from pytest_django import Settings

from network.models import Advertiser
from publishers.models import Partnership
from tests.support.makers import (
    NOW,
    make_advertiser,
    make_partner,
    make_publisher,
    make_user,
)
from tests.support.reading import signed_in, text
from tests.tracking.pages.performance.asking import DAY, PAGE, lines, sell
from tracking.pages.performance.columns import COLUMNS
from tracking.pages.performance.form import GROUPS

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("at_now")]
NAMES = [column.name for column in COLUMNS]


def test_each_partner_has_a_line(owner: Client) -> None:
    found = lines(owner)
    assert list(found) == ["Blog", "Overlay", "total"]
    assert found["Blog"] == {
        "currency": "GBP",
        "sale_amount": "130.00",
        "sales": "2",
        "average_order": "65.00",
        "commission": "10.40",
        "network_fees": "3.12",
        "cost_of_sale": "0.1040",
        "clicks_counting": "2",
        "conversion_rate": "1.0000",
        "earnings_per_click": "5.200",
        "share_soft": "0.0000",
        "protected": "2.40",
    }
    assert found["Overlay"]["share_soft"] == "1.0000"
    assert found["Overlay"]["clicks_counting"] == "2"
    assert (found["total"]["sale_amount"], found["total"]["sales"]) == ("180.00", "3")


@pytest.mark.parametrize("by", GROUPS)
def test_lines_come_to_the_total(owner: Client, by: str) -> None:
    found = lines(owner, f"by={by}&period=90")
    total = found.pop("total")
    for name in ("sales", "clicks_counting"):
        assert sum(int(line[name]) for line in found.values()) == int(total[name])
    for name in ("sale_amount", "commission", "network_fees", "protected"):
        each = sum(round(100 * float(line[name])) for line in found.values())
        assert each == round(100 * float(total[name]))
    assert total["sales"] == "4"


@pytest.mark.parametrize("by", GROUPS)
@pytest.mark.parametrize("narrowed", ["", "cookie_type=hard", "partner"])
def test_a_number_opens_exactly_its_rows(
    owner: Client, blog: Partnership, by: str, narrowed: str
) -> None:
    query = f"partner={blog.publisher_id}" if narrowed == "partner" else narrowed
    [section] = owner.get(f"{PAGE}?by={by}&period=90&{query}").context["sections"]
    opened = 0
    for cells in (*(row.cells for row in section.rows), section.total):
        by_name = dict(zip(NAMES, cells, strict=True))
        for name in ("sales", "clicks_counting"):
            if not by_name[name].address:
                continue
            rows = owner.get(by_name[name].address).context["cl"].result_list
            assert len(rows) == int(by_name[name].text)
            opened += 1
            if name == "sales":
                earned = sum(row.amount_minor for row in rows)
                assert by_name["commission"].text == f"£{earned / 100:.2f}"
    assert opened >= 2


def test_a_model_type_leads_to_its_partners(owner: Client) -> None:
    [section] = owner.get(f"{PAGE}?by=model_type&period=90").context["sections"]
    [overlay] = [row.heads[0] for row in section.rows if row.heads[0].text == "Overlay"]
    assert list(lines(owner, overlay.address.removeprefix("?"))) == ["Overlay", "total"]


def test_days_are_compared_with_those_before(owner: Client) -> None:
    page = text(owner.get(PAGE))
    assert "11 Feb 2026 to 12 Mar 2026, whole days in UTC, compared with 12 Jan 2026 to" in page
    assert "£180.00 +125% from £80.00" in page
    assert "Sale value £80.00 no earlier data" in text(
        owner.get(f"{PAGE}?period=dates&since=2026-01-31&until=2026-01-31&compare=year")
    )


def test_of_today_only_what_has_passed_is_compared(owner: Client, blog: Partnership) -> None:
    """A sale yesterday evening is not held against this afternoon."""
    sell(blog, (NOW - DAY).replace(hour=23), "70.00")
    sell(blog, (NOW - DAY).replace(hour=1), "20.00")
    assert "£30.00 +50% from £20.00" in text(owner.get(f"{PAGE}?period=today"))


def test_days_are_the_networks(owner: Client, settings: Settings) -> None:
    settings.NETWORK_TIME_ZONE = "Pacific/Auckland"
    found = lines(owner, "by=day&period=today")
    assert list(found) == ["13 Mar 2026", "total"]
    assert "13 Mar 2026, whole days in Pacific/Auckland" in text(owner.get(f"{PAGE}?period=today"))


@pytest.mark.parametrize(
    ("query", "said"),
    [
        pytest.param("period=5", "Period: There is no such period.", id="period"),
        pytest.param("period=dates&since=x&until=2026-03-01", "From: Write the date", id="date"),
        pytest.param("by=colour", "By: There is none of these.", id="by"),
        pytest.param("then=colour", "Then by: There is none of these.", id="then"),
        pytest.param("compare=never", "Compared with: There is none of these.", id="compare"),
        pytest.param("partner=999999", "Partner: There is none of these.", id="partner"),
        pytest.param("advertiser=x", "Programme: There is none of these.", id="programme"),
    ],
)
def test_what_is_not_offered_is_named(owner: Client, query: str, said: str) -> None:
    answer = owner.get(f"{PAGE}?{query}")
    assert answer.status_code == 400
    assert said in text(answer)


def test_staff_see_their_own_and_operators_all(owner: Client) -> None:
    other = make_advertiser("Other", currency="EUR")
    elsewhere = make_partner(other, make_publisher("Elsewhere"), "hard")
    sell(elsewhere, NOW - DAY, "10.00")
    assert "Elsewhere" not in text(owner.get(PAGE))
    assert owner.get(f"{PAGE}?advertiser={other.pk}").status_code == 400
    assert owner.get(f"{PAGE}?partner={elsewhere.publisher_id}").status_code == 400
    operator = signed_in(make_user("operator", name="otto"))
    sections = operator.get(PAGE).context["sections"]
    assert [section.currency for section in sections] == ["EUR", "GBP"]
    assert list(lines(operator, f"advertiser={other.pk}")) == ["Elsewhere", "total"]


def test_a_name_is_no_formula(owner: Client, shop: Advertiser) -> None:
    formula = make_partner(shop, make_publisher("=cmd|' /C calc'!A0"), "hard")
    sell(formula, NOW - DAY, "10.00")
    assert "'=cmd|' /C calc'!A0" in lines(owner)


def test_many_partners_take_as_many_queries(owner: Client, shop: Advertiser) -> None:
    def queries() -> int:
        with CaptureQueriesContext(connection) as found:
            assert owner.get(f"{PAGE}?by=model_type").status_code == 200
        return len(found)

    before = queries()
    for number in range(5):
        sell(make_partner(shop, make_publisher(f"P{number}"), "hard"), NOW - DAY, "10.00")
    assert queries() == before
