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
from publishers.pages.dashboard import paging
from publishers.pages.dashboard.elsewhere_filters import PageStart
from tests.support.makers import (
    NOW,
    SetClock,
    Shopper,
    finalise,
    make_advertiser,
    make_partner,
    make_publisher,
    make_user,
    report_sale,
)
from tests.support.reading import signed_in, text
from tracking.explain import no_cookie
from tracking.explain.sentences import target_text
from tracking.models import Click, Commission, Conversion
from tracking.rule.reasons import ClickReason

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


@pytest.fixture
def cat(shop: Advertiser) -> Partnership:
    """The publisher who reads: soft."""
    return make_partner(shop, make_publisher("Cat", model_type="extension"))


@pytest.fixture
def rival(shop: Advertiser) -> Partnership:
    return make_partner(shop, make_publisher(RIVAL))


@pytest.fixture
def member(cat: Partnership) -> Client:
    return signed_in(make_user("member", cat.publisher))


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


@pytest.mark.parametrize(
    ("query", "found"),
    [
        pytest.param("", 1, id="all"),
        pytest.param("?reference=spring", 1, id="reference"),
        pytest.param("?reference=sidebar", 1, id="second_reference"),
        pytest.param("?reference=sprin", 0, id="part_of_a_reference"),
        pytest.param("?reference=rivals-own-reference", 0, id="a_rivals_reference"),
        pytest.param("?programme={shop}", 1, id="programme"),
        pytest.param("?programme={other}", 0, id="other_programme"),
        pytest.param("?since=2026-03-12&until=2026-03-12", 1, id="its_day"),
        pytest.param("?until=2026-03-11", 0, id="before"),
        pytest.param("?since=2026-03-13", 0, id="after"),
        pytest.param("?order=10023&since=2026-03-13", 0, id="order_after"),
    ],
)
def test_sales_are_narrowed(
    member: Client, cat: Partnership, rival: Partnership, query: str, found: int
) -> None:
    lose(cat, rival, ref="spring", ref2="sidebar")
    other = make_partner(make_advertiser(), cat.publisher).advertiser
    address = query.format(shop=cat.advertiser_id, other=other.pk)
    assert len(rows(sales(member, cat.publisher, address))) == found


def test_an_old_order_is_found_by_its_reference(
    member: Client, cat: Partnership, rival: Partnership, at: SetClock
) -> None:
    lose(cat, rival)
    at(NOW + timedelta(days=200))
    assert rows(sales(member, cat.publisher)) == []
    assert len(rows(sales(member, cat.publisher, "?order=10023"))) == 1
    assert len(rows(sales(member, cat.publisher, "?since=2026-03-01"))) == 1


@pytest.mark.parametrize(
    ("page", "query", "words"),
    [
        pytest.param(sales, "?before=x", "Invalid page position.", id="before"),
        pytest.param(sales, "?before=1.0-1", "Invalid page position.", id="before_cut"),
        pytest.param(sales, "?programme=999999", "Select a valid choice.", id="programme"),
        pytest.param(sales, "?since=yesterday", "Write the date as 2026-03-12", id="date"),
        pytest.param(sales, f"?order={'x' * 65}", "at most 64 characters", id="order"),
        pytest.param(clicks, "?reason=x", "Select a valid choice. x is not one", id="reason"),
        pytest.param(clicks, "?before=x", "Enter a valid UUID.", id="click"),
    ],
)
def test_a_filter_that_makes_no_sense_is_told(
    member: Client, cat: Partnership, page: Any, query: str, words: str
) -> None:
    response = page(member, cat.publisher, query)
    assert response.status_code == 400
    assert words in text(response)


def follow_pages(fetch: Any, pattern: str, query: str = "") -> list[str]:
    """What matches on each page, from the newest to the oldest."""
    shown = []
    for _ in range(20):
        body = fetch(query).content.decode()
        shown += re.findall(pattern, body)
        older = re.search(r'rel="next" href="([^"]+)"', body)
        if not older:
            return shown
        query = unescape(older[1])
    raise AssertionError("the pages do not end")


@pytest.mark.parametrize("apart", [MINUTE, timedelta()], ids=["one_by_one", "at_the_same_moment"])
def test_old_sales_are_reached_page_by_page(
    member: Client,
    cat: Partnership,
    rival: Partnership,
    monkeypatch: pytest.MonkeyPatch,
    apart: timedelta,
) -> None:
    monkeypatch.setattr(paging, "PAGE_SIZE", 2)
    for number in range(5):
        shopper = Shopper()
        shopper.follow(rival, NOW - 5 * MINUTE)
        shopper.follow(cat, NOW + number * MINUTE, ref=f"click-{number}")
        shopper.buy(cat.advertiser, NOW + 5 * MINUTE + number * apart)
    found = follow_pages(
        lambda query: sales(member, cat.publisher, query), r"click-\d", "?since=2026-03-01"
    )
    assert found == ["click-4", "click-3", "click-2", "click-1", "click-0"]


def test_where_a_page_begins_reads_as_it_is_written() -> None:
    start = PageStart(NOW + timedelta(microseconds=7), 3)
    assert PageStart.parse(str(start)) == start


# --- Clicks that took no cookie ---------------------------------------------------------------


def test_a_click_that_stood_down_tells_for_what(
    member: Client, cat: Partnership, rival: Partnership
) -> None:
    lose(cat, rival)
    (seen,) = rows(clicks(member, cat.publisher))
    assert seen == (
        "12 Mar 2026 14:00 Shop spring Stood down: another partner's hard cookie was live. "
        f"{no_cookie.BY_ANOTHER}"
    )


def test_a_click_that_stood_down_for_ones_own_lost_nothing(
    member: Client, cat: Partnership
) -> None:
    shopper = Shopper()
    shopper.follow(cat, NOW)
    shopper.follow(cat, NOW + MINUTE, ref="second")
    (seen,) = rows(clicks(member, cat.publisher))
    assert "second Stood down: your own soft cookie was live until 13 Mar 2026 14:00" in seen
    assert seen.endswith(str(no_cookie.BY_OWN))


def test_what_it_stood_down_for_is_left_open_where_too_much_would_be_read(
    member: Client, cat: Partnership, rival: Partnership, monkeypatch: pytest.MonkeyPatch
) -> None:
    lose(cat, rival)
    monkeypatch.setattr(no_cookie, "MOST_OF_JOURNEYS", 1)
    (seen,) = rows(clicks(member, cat.publisher))
    assert "a cookie was live in the browser already; its click is not known here" in seen


@pytest.mark.parametrize("reason", ClickReason)
def test_every_reason_is_told_with_what_helps(
    member: Client, cat: Partnership, reason: ClickReason
) -> None:
    Shopper().follow(cat, NOW, consent=False)
    Click.objects.update(reason=reason)
    (seen,) = rows(clicks(member, cat.publisher))
    assert "Does not count: " in seen
    assert seen.endswith(str(no_cookie.REMEDIES[reason]))
    assert len(rows(clicks(member, cat.publisher, f"?reason={reason}"))) == 1
    assert rows(clicks(member, cat.publisher, "?reason=stood_down")) == []


def test_a_target_off_the_shops_domains_is_told_besides(member: Client, cat: Partnership) -> None:
    Shopper().follow(cat, NOW, consent=False)
    Click.objects.update(target_reason="bad_target")
    assert rows(clicks(member, cat.publisher))[0].endswith(target_text("bad_target"))


def test_clicks_that_took_the_cookie_are_not_there(member: Client, cat: Partnership) -> None:
    Shopper().follow(cat, NOW)
    assert "Every click since 13 Dec 2025 set the cookie" in text(clicks(member, cat.publisher))


@pytest.mark.parametrize(
    ("query", "found"),
    [
        pytest.param("", ["none", "soft"], id="all"),
        pytest.param("?reason=stood_down", ["soft"], id="stood_down"),
        pytest.param("?reason=no_consent", ["none"], id="no_consent"),
        pytest.param("?reason=bot", [], id="bot"),
        pytest.param("?reference=soft", ["soft"], id="reference"),
        pytest.param("?programme={shop}", ["none", "soft"], id="programme"),
        pytest.param("?programme={other}", [], id="other_programme"),
        pytest.param("?until=2026-03-11", [], id="before"),
        pytest.param("?since=2026-03-12", ["none", "soft"], id="since"),
    ],
)
def test_clicks_are_narrowed(
    member: Client, cat: Partnership, query: str, found: list[str]
) -> None:
    other = make_partner(make_advertiser(), cat.publisher).advertiser
    shopper = Shopper()
    shopper.follow(cat, NOW, ref="took")
    shopper.follow(cat, NOW + MINUTE, ref="soft")
    shopper.follow(cat, NOW + 2 * MINUTE, ref="none", consent=False)
    address = query.format(shop=cat.advertiser_id, other=other.pk)
    body = clicks(member, cat.publisher, address).content.decode()
    assert re.findall(r'<span class="reference">\s*(\w+)', body) == found


def test_old_clicks_are_reached_page_by_page(
    member: Client, cat: Partnership, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(paging, "PAGE_SIZE", 2)
    for number in range(5):
        Shopper().follow(cat, NOW + number * MINUTE, ref=f"click-{number}", consent=False)
    found = follow_pages(lambda query: clicks(member, cat.publisher, query), r"click-\d")
    assert found == ["click-4", "click-3", "click-2", "click-1", "click-0"]


def test_nothing_of_a_rival_is_among_the_clicks(
    member: Client, cat: Partnership, rival: Partnership
) -> None:
    lose(cat, rival)
    body = unescape(clicks(member, cat.publisher).content.decode())
    journey = Click.objects.filter(publisher=rival.publisher)[0].journey
    for secret in (RIVAL, "rivals-own-reference", str(journey), "10023", AMOUNT):
        assert secret not in body
    for click in Click.objects.filter(publisher=rival.publisher):
        assert str(click.pk) not in body


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
