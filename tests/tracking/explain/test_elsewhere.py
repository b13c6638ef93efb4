"""What a publisher did not get: sales that went elsewhere, clicks that took no cookie; and that it
learns nothing else from them."""

import re
from datetime import timedelta
from html import unescape
from typing import Any

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from network.models import Advertiser
from publishers.models import Partnership, Publisher
from tests.support.makers import (
    NOW,
    Shopper,
    finalise,
    make_advertiser,
    make_partner,
    make_publisher,
    make_user,
    report_sale,
)
from tests.support.reading import signed_in, text
from tracking.models import Click, Commission, Conversion

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("a_day_later")]
RIVAL = "Rival & Sons"
AMOUNT = "8765.43"
MINUTE = timedelta(minutes=1)


@pytest.fixture
def far_ids(db: None) -> None:
    """Ids that nothing else on a page can be taken for."""
    with connection.cursor() as cursor:
        for number, model in enumerate((Publisher, Partnership, Conversion, Commission), 71):
            table = model._meta.db_table
            cursor.execute(f"ALTER TABLE {table} ALTER COLUMN id RESTART WITH {number}0001")


def sales(client: Client, publisher: Publisher, query: str = "") -> Any:
    return client.get(f"/dashboard/{publisher.pk}/sales/elsewhere/{query}")


def clicks(client: Client, publisher: Publisher, query: str = "") -> Any:
    return client.get(f"/dashboard/{publisher.pk}/clicks/no-cookie/{query}")


def rows(response: Any) -> list[str]:
    """The rows of the page's table, as they read."""
    found = re.findall(r"<tr>(<td.*?)</tr>", response.content.decode(), re.S)
    return [" ".join(unescape(re.sub(r"<[^>]+>", " ", row)).split()) for row in found]


def lose(
    own: Partnership, rival: Partnership, order: str = "10023", ref: str = "spring", ref2: str = ""
) -> Conversion:
    """The rival's hard click, one's own soft one, and a sale: the rival is paid."""
    shopper = Shopper()
    shopper.follow(rival, NOW - 5 * MINUTE, ref="rivals-own-reference")
    shopper.follow(own, NOW, ref=ref, ref2=ref2)
    return shopper.buy(own.advertiser, NOW + MINUTE, order=order, amount=AMOUNT)


# --- Sales that went elsewhere ----------------------------------------------------------------


def test_a_sale_that_another_is_paid_for(
    member: Client, cat: Partnership, rival: Partnership
) -> None:
    lose(cat, rival, ref="spring", ref2="sidebar")

    assert rows(sales(member, cat.publisher)) == [
        "12 Mar 2026 14:01 Shop 12 Mar 2026 14:00 spring ref2 sidebar"
        " Stood down: another partner's hard cookie was live. Another partner, hard"
    ]


def test_a_rival_is_told_by_model_type_where_three_share_it(
    member: Client, cat: Partnership, rival: Partnership
) -> None:
    lose(cat, rival)
    make_partner(cat.advertiser, make_publisher())
    assert "another partner" in rows(sales(member, cat.publisher))[0]
    third = make_partner(cat.advertiser, make_publisher(), status="applied")
    assert "another partner" in rows(sales(member, cat.publisher))[0]
    make_partner(make_advertiser(), third.publisher)
    assert "another partner" in rows(sales(member, cat.publisher))[0]
    make_partner(cat.advertiser, make_publisher())
    assert rows(sales(member, cat.publisher))[0].endswith(
        "Stood down: a content partner's hard cookie was live. A content partner, hard"
    )


def test_ones_own_model_type_does_not_count_for_rivals(
    shop: Advertiser, rival: Partnership
) -> None:
    own = make_partner(shop, make_publisher(), "soft")
    make_partner(shop, make_publisher())
    lose(own, rival)
    member = signed_in(make_user("member", own.publisher))
    assert "Another partner, hard" in rows(sales(member, own.publisher))[0]


@pytest.mark.parametrize(
    ("act", "row"),
    [
        pytest.param(
            lambda own, rival, shopper: (
                shopper.follow(own, NOW),
                shopper.follow(rival, NOW + MINUTE),
            ),
            "Overwritten: another partner's hard click took the cookie. Another partner, hard",
            id="taken_over",
        ),
        pytest.param(
            lambda own, rival, shopper: (shopper.follow(own, NOW), shopper.end_session()),
            "Session ended: its soft cookie had ended with its browser session. Nobody",
            id="session_ended",
        ),
        pytest.param(
            lambda own, rival, shopper: shopper.follow(own, NOW - timedelta(days=3)),
            "Expired: its window of 24 hours closed on 10 Mar 2026 14:00. Nobody",
            id="expired",
        ),
        pytest.param(
            lambda own, rival, shopper: (
                shopper.follow(own, NOW - 3 * MINUTE),
                shopper.follow(own, NOW - 2 * MINUTE),
                shopper.follow(rival, NOW - MINUTE),
                shopper.follow(own, NOW),
            ),
            "and 2 more before the sale Stood down: another partner's hard cookie was live."
            " Another partner, hard",
            id="several_clicks",
        ),
    ],
)
def test_what_happened(
    member: Client, cat: Partnership, rival: Partnership, act: Any, row: str
) -> None:
    shopper = Shopper()
    act(cat, rival, shopper)
    shopper.buy(cat.advertiser, NOW + 2 * MINUTE)

    (seen,) = rows(sales(member, cat.publisher))
    assert seen.endswith(row)


def test_a_contested_sale_is_paid_to_nobody(rival: Partnership) -> None:
    shop = make_advertiser(soft_rule="sole")
    own, other = (make_partner(shop, make_publisher(), "soft") for _ in range(2))
    shopper = Shopper()
    shopper.follow(own, NOW)
    shopper.follow(other, NOW + MINUTE)
    shopper.buy(shop, NOW + 2 * MINUTE)
    member = signed_in(make_user("member", own.publisher))
    (seen,) = rows(sales(member, own.publisher))
    assert "Contested: the window of another partner's click was still open" in seen
    assert seen.endswith("Nobody")


def test_a_click_that_does_not_count_is_one_of_theirs_too(
    member: Client, cat: Partnership, rival: Partnership
) -> None:
    ended = make_partner(rival.advertiser, make_publisher(), status="applied")
    shopper = Shopper()
    shopper.follow(rival, NOW)
    shopper.follow(ended, NOW + MINUTE)
    shopper.buy(rival.advertiser, NOW + 2 * MINUTE)
    theirs = signed_in(make_user("member", ended.publisher))
    (seen,) = rows(sales(theirs, ended.publisher))
    assert "Does not count: the publisher was not an approved partner at that time." in seen


def not_theirs(cat: Partnership, rival: Partnership) -> None:
    """Sales of which none went elsewhere from the publisher's side."""
    alone = Shopper()
    alone.follow(cat, NOW)
    alone.buy(cat.advertiser, NOW + MINUTE, order="own")
    without = Shopper()
    without.follow(rival, NOW)
    without.buy(cat.advertiser, NOW + MINUTE, order="without-a-click", amount=AMOUNT)
    late = Shopper()
    late.follow(rival, NOW)
    late.buy(cat.advertiser, NOW + MINUTE, order="clicked-later", amount=AMOUNT)
    late.follow(cat, NOW + 2 * MINUTE)


def test_sales_that_are_not_theirs_are_not_there(
    member: Client, cat: Partnership, rival: Partnership
) -> None:
    not_theirs(cat, rival)
    seen = text(sales(member, cat.publisher))
    assert "No sale was credited to others since 13 Dec 2025." in seen
    for order in ("own", "without-a-click", "clicked-later"):
        assert order not in seen


def test_the_order_is_shown_only_to_those_who_give_it(
    member: Client, cat: Partnership, rival: Partnership
) -> None:
    lose(cat, rival, order="10023")
    assert "10023" not in text(sales(member, cat.publisher))
    assert "10023" not in sales(member, cat.publisher).content.decode()
    (row,) = rows(sales(member, cat.publisher, "?order=10023"))
    assert row.startswith("12 Mar 2026 14:01 Shop 10023 12 Mar 2026 14:00 spring")


def test_an_order_of_theirs_leads_to_its_sale(
    member: Client, cat: Partnership, rival: Partnership
) -> None:
    not_theirs(cat, rival)
    response = sales(member, cat.publisher, "?order=own")
    assert "Order own is credited to you: see the sale" in text(response)
    assert "None of your clicks" not in text(response)


def settled(response: Any) -> str:
    """The page without what the reader typed, and without what differs each time."""
    body = re.sub(r'value="\w{64}"', "TOKEN", response.content.decode())
    return re.sub(r"unknown|without-a-click|clicked-later|elsewhere-sold", "TYPED", body)


def test_an_unknown_order_and_one_without_a_click_are_told_alike(
    member: Client, cat: Partnership, rival: Partnership
) -> None:
    not_theirs(cat, rival)
    other = make_partner(make_advertiser(), rival.publisher)
    shopper = Shopper()
    shopper.follow(other, NOW)
    shopper.buy(other.advertiser, NOW + MINUTE, order="elsewhere-sold")
    pages, queries = set(), set()
    for order in ("unknown", "without-a-click", "clicked-later", "elsewhere-sold"):
        with CaptureQueriesContext(
            connection,
        ) as asked:
            response = sales(member, cat.publisher, f"?order={order}")
        assert "None of your clicks belongs to this order." in text(response)
        pages.add(settled(response))
        queries.add(tuple(re.sub(r"'[^']*'|\d+", "?", each["sql"]) for each in asked))
    assert len(pages) == 1
    assert len(queries) == 1


def test_a_forged_report_tells_nothing_of_the_order_it_guessed(
    member: Client, cat: Partnership, rival: Partnership
) -> None:
    honest = Shopper()
    honest.follow(rival, NOW)
    honest.buy(cat.advertiser, NOW + MINUTE, order="10023", amount=AMOUNT)
    rogue = Shopper()
    rogue.follow(cat, NOW)
    data = {"order": "10023", "amount": "1.00"}
    for at in (NOW + MINUTE, NOW + 2 * MINUTE):
        report_sale(cat.advertiser, at, data, from_cookies=rogue.cookies, source="pixel")
    assert Conversion.objects.get().journeys.count() == 2
    assert "None of your clicks belongs to this order." in text(
        sales(member, cat.publisher, "?order=10023")
    )


@pytest.mark.usefixtures("far_ids")
@pytest.mark.parametrize(
    "state", ["pending", "final", "declined", "figures", "journeys", "unverified"]
)
def test_nothing_of_a_rival_is_on_the_page(
    member: Client, cat: Partnership, rival: Partnership, state: str
) -> None:
    sale = lose(cat, rival)
    if state == "final":
        assert sale.closes_at
        finalise(sale.closes_at)
    elif state == "declined":
        Commission.objects.update(status="declined", decline_reason="by_advertiser")
    elif state == "figures":
        report_sale(
            cat.advertiser, NOW + 2 * MINUTE, {"order": "10023", "amount": "1.00"}, source="pixel"
        )
    elif state == "journeys":
        elsewhere = Shopper()
        elsewhere.follow(rival, NOW)
        elsewhere.buy(cat.advertiser, NOW + 2 * MINUTE, order="10023", amount=AMOUNT)
    elif state == "unverified":
        Conversion.objects.update(verified=False)
    commission = sale.commission.amount_minor
    for query in ("", "?order=10023", "?reference=spring"):
        response = sales(member, cat.publisher, query)
        body = unescape(response.content.decode())
        for secret in (RIVAL, "Rival", AMOUNT, "8,765", f"{commission / 100:,.2f}", "rivals-own"):
            assert secret not in body, (query, secret)
        for number in (rival.publisher_id, rival.pk, sale.pk, sale.commission.pk):
            assert str(number) not in body
        for click in Click.objects.filter(publisher=rival.publisher):
            assert str(click.pk) not in body
            assert str(click.journey) not in body
    expected = {"declined": "Nobody", "journeys": None}.get(state, "Another partner, hard")
    seen = rows(sales(member, cat.publisher))
    assert [row.endswith(expected or "") for row in seen] == ([] if expected is None else [True])


def test_others_do_not_see_it(member: Client, cat: Partnership, rival: Partnership) -> None:
    lose(cat, rival)
    assert sales(member, rival.publisher).status_code == 404
    assert clicks(member, rival.publisher).status_code == 404
    theirs = signed_in(make_user("member", rival.publisher))
    assert rows(sales(theirs, rival.publisher)) == []
    assert rows(clicks(theirs, rival.publisher)) == []


# --- Both -------------------------------------------------------------------------------------


@pytest.mark.parametrize("page", [sales, clicks])
def test_the_number_of_queries_does_not_grow(
    member: Client, cat: Partnership, rival: Partnership, page: Any
) -> None:
    def asked() -> int:
        with CaptureQueriesContext(connection) as queries:
            assert page(member, cat.publisher).status_code == 200
        return len(queries)

    other = make_advertiser()
    partners = make_partner(other, cat.publisher), make_partner(other, rival.publisher)
    lose(cat, rival)
    once = asked()
    for number in range(3):
        lose(cat, rival, order=f"more-{number}")
        lose(*partners, order=f"other-{number}")
    Shopper().follow(cat, NOW, consent=False)
    assert asked() == once
    assert once <= 12


def test_the_lists_lead_to_them(member: Client, cat: Partnership, rival: Partnership) -> None:
    base = f"/dashboard/{cat.publisher_id}"
    assert f'href="{base}/sales/elsewhere/"' in member.get(f"{base}/sales/").content.decode()
    assert f'href="{base}/clicks/no-cookie/"' in member.get(f"{base}/clicks/").content.decode()
    lose(cat, rival)
    page = member.get(f"{base}/sales/", {"order": "10023"}).content.decode()
    assert f'href="{base}/sales/elsewhere/?order=10023"' in page
