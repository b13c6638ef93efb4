"""What a publisher's team sees: sign-in, figures, programmes, clicks, and why each sale is paid."""

import re
from datetime import timedelta
from html import unescape
from typing import Any

import pytest
from django.conf import settings
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from network import clock, tracking_hosts
from network.models import Advertiser, User
from publishers import cookie_types, views
from publishers.models import Partnership, Publisher
from tests.makers import (
    NOW,
    Shopper,
    finalise,
    make_advertiser,
    make_partner,
    make_publisher,
    make_user,
)
from tests.reading import text
from tracking.explanations import state_of
from tracking.figures import STATES, in_state
from tracking.models import Commission, Conversion

pytestmark = pytest.mark.django_db
PASSWORD = "correct-horse-1"


@pytest.fixture(autouse=True)
def _clock_stands_still(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(clock, "now", lambda: NOW + timedelta(days=1))


@pytest.fixture
def shop() -> Advertiser:
    return make_advertiser("Shop")


@pytest.fixture
def blog(shop: Advertiser) -> Partnership:
    return make_partner(shop, make_publisher("Blog"))


@pytest.fixture
def cat(shop: Advertiser) -> Partnership:
    return make_partner(shop, make_publisher("Cat", model_type="extension"))


@pytest.fixture
def member(blog: Partnership) -> Client:
    return signed_in(make_user("member", blog.publisher, name="mia"))


def signed_in(user: User) -> Client:
    client = Client(HTTP_HOST=settings.SITE_HOST)
    client.force_login(user)
    return client


def page(client: Client, publisher: Publisher, name: str = "", query: str = "") -> Any:
    return client.get(f"/dashboard/{publisher.pk}/{name}{query}")


def buy(blog: Partnership, cat: Partnership, order: str = "10023") -> Conversion:
    """The blog's click, the extension's, and a sale: the blog is paid."""
    shopper = Shopper()
    shopper.follow(blog, NOW, ref="spring", ref2="sidebar")
    shopper.follow(cat, NOW + timedelta(minutes=5))
    return shopper.buy(blog.advertiser, NOW + timedelta(minutes=6), order=order)


# Sign-in


@pytest.mark.parametrize(
    ("role", "lands_on"),
    [
        pytest.param("operator", "/admin/", id="operator"),
        pytest.param("staff", "/admin/", id="advertiser_staff"),
        pytest.param("member", "/dashboard/{publisher}/", id="publisher"),
        pytest.param("both", "/admin/", id="staff_and_publisher"),
    ],
)
def test_signing_in_leads_to_what_is_ones_own(blog: Partnership, role: str, lands_on: str) -> None:
    teams: dict[str, Advertiser | Publisher] = {
        "staff": blog.advertiser,
        "member": blog.publisher,
        "both": blog.publisher,
    }
    made = {"operator": "operator", "staff": "viewer"}.get(role, "member")
    user = make_user(made, teams.get(role), name="nina", password=PASSWORD)
    if role == "both":
        user.staff_memberships.create(advertiser=blog.advertiser, role="viewer")
    client = Client(HTTP_HOST=settings.SITE_HOST)
    data = {"username": "nina", "password": PASSWORD}
    response = client.post("/sign-in/", data, follow=True)
    assert response.redirect_chain[-1][0] == lands_on.format(publisher=blog.publisher_id)
    assert response.status_code == 200


def test_signing_in_leads_back_to_where_one_was_going(blog: Partnership) -> None:
    make_user("member", blog.publisher, name="nina", password=PASSWORD)
    client = Client(HTTP_HOST=settings.SITE_HOST)
    wanted = f"/dashboard/{blog.publisher_id}/sales/"
    assert client.get(wanted).headers["Location"] == f"/sign-in/?next={wanted}"
    data = {"username": "nina", "password": PASSWORD, "next": wanted}
    assert client.post("/sign-in/", data).headers["Location"] == wanted


def test_signing_in_never_leads_to_another_site(blog: Partnership) -> None:
    make_user("member", blog.publisher, name="nina", password=PASSWORD)
    data = {"username": "nina", "password": PASSWORD, "next": "https://evil.example/"}
    response = Client(HTTP_HOST=settings.SITE_HOST).post("/sign-in/", data)
    assert response.headers["Location"] == "/"


def test_a_wrong_password_is_told(blog: Partnership) -> None:
    make_user("member", blog.publisher, name="nina", password=PASSWORD)
    data = {"username": "nina", "password": "wrong"}
    response = Client(HTTP_HOST=settings.SITE_HOST).post("/sign-in/", data)
    assert "Please enter a correct username and password." in text(response)


def test_signing_out_is_by_post_only(member: Client) -> None:
    assert member.get("/sign-out/").status_code == 405
    assert member.post("/sign-out/").headers["Location"] == "/sign-in/"
    assert member.get("/").headers["Location"] == "/sign-in/?next=/"


def test_somebody_without_a_team_is_told_what_to_do() -> None:
    assert "belongs to no advertiser and no publisher yet" in text(signed_in(make_user()).get("/"))


def test_a_password_is_changed(blog: Partnership) -> None:
    user = make_user("member", blog.publisher, name="nina", password=PASSWORD)
    client = signed_in(user)
    data = {
        "old_password": PASSWORD,
        "new_password1": "other-horse-2",
        "new_password2": "other-horse-2",
    }
    assert "Your password has been changed." in text(client.post("/password/", data, follow=True))
    user.refresh_from_db()
    assert user.check_password("other-horse-2")


def test_a_team_switches_between_its_publishers(member: Client, blog: Partnership) -> None:
    assert '<details class="switch">' not in page(member, blog.publisher).content.decode()
    second = make_publisher("Second")
    User.objects.get(username="mia").publisher_memberships.create(publisher=second, role="member")
    body = page(member, blog.publisher).content.decode()
    assert f'<a href="/dashboard/{second.pk}/"><span class="name">Second</span>' in body
    assert page(member, second).status_code == 200


# Dashboard


def test_the_dashboard_counts_the_last_30_days(
    member: Client, blog: Partnership, cat: Partnership
) -> None:
    buy(blog, cat, "recent")
    Shopper().follow(blog, NOW, consent=False)
    old = Shopper()
    old.follow(blog, NOW - timedelta(days=31))
    old.buy(blog.advertiser, NOW - timedelta(days=31), order="old")
    seen = text(page(member, blog.publisher))
    assert "since 11 Feb 2026 14:00" in seen
    assert "Clicks that count 1 of 2 recorded; 0 stood down" in seen
    assert "Sales 1 without declined ones" in seen
    assert "Commission in GBP State Sales Commission Pending 1 £3.99" in seen


def test_currencies_never_mix(member: Client, blog: Partnership, cat: Partnership) -> None:
    buy(blog, cat)
    tokyo = make_advertiser("Tokyo", currency="JPY")
    there = make_partner(tokyo, blog.publisher)
    shopper = Shopper()
    shopper.follow(there, NOW)
    shopper.buy(tokyo, NOW + timedelta(minutes=1), amount="5000")
    seen = text(page(member, blog.publisher))
    assert "Commission in GBP State Sales Commission Pending 1 £3.99" in seen
    assert "Commission in JPY State Sales Commission Pending 1 JP¥400" in seen


def test_an_empty_dashboard_says_what_to_do_next(member: Client, blog: Partnership) -> None:
    seen = text(page(member, blog.publisher))
    assert "No sales in the last 30 days. Your programmes have the links to place" in seen


def test_states_are_grouped_as_they_are_labelled(blog: Partnership, cat: Partnership) -> None:
    final = buy(blog, cat, "final")
    buy(blog, cat, "conflict")
    elsewhere = Shopper()
    elsewhere.follow(blog, NOW)
    elsewhere.buy(blog.advertiser, NOW, order="conflict")
    assert final.closes_at
    finalise(final.closes_at)
    for order in ("pending", "unverified", "approved", "declined"):
        buy(blog, cat, order)
    Conversion.objects.filter(order="unverified").update(verified=False)
    commissions = Commission.objects.all()
    commissions.filter(conversion__order="approved").update(status="approved")
    commissions.filter(conversion__order="declined").update(
        status="declined", decline_reason="by_advertiser"
    )
    for commission in commissions.select_related("conversion"):
        expected = commission.conversion.order.capitalize()
        groups = [state for state in STATES if commission in in_state(commissions, state)]
        assert groups == [expected]
        assert state_of(commission).startswith(expected)


# Programmes


def test_a_hard_programme_is_explained(member: Client, blog: Partnership) -> None:
    seen = text(page(member, blog.publisher, "programmes/"))
    assert (
        "Hard: each of your clicks takes the cookie, from whoever held it. It lasts 30 days, "
        "unless a later hard click takes it over."
    ) in seen
    assert "Cookie type Hard: Content default" in seen
    assert "Commission 8 %" in seen
    assert f"{settings.TRACKING_URL}/t/{blog.advertiser_id}/c/{blog.publisher_id}" in seen


def test_a_programmes_link_is_on_the_shops_own_tracking_host(
    member: Client, blog: Partnership
) -> None:
    tracking_hosts.replace(blog.advertiser, ["go.shop.example"])
    own = settings.PUBLIC_ORIGIN.format(host="go.shop.example")
    link = f"{own}/t/{blog.advertiser_id}/c/{blog.publisher_id}"
    assert link in text(page(member, blog.publisher, "programmes/"))


def test_a_soft_programme_is_explained_with_its_reason_and_what_comes(
    member: Client, blog: Partnership
) -> None:
    cookie_types.assign(
        [blog], "soft", NOW, reason="Found at the checkout", made_by=None, internal_note="Secret"
    )
    later = NOW + timedelta(days=30)
    cookie_types.assign([blog], "hard", NOW, start=later, reason="Trial over", made_by=None)
    seen = text(page(member, blog.publisher, "programmes/"))
    assert (
        "Soft: your clicks take the cookie only when no other cookie of this shop is live in the "
        "browser, and never overwrite one. The cookie ends with the browser session, and after 24 "
        "hours at the latest."
    ) in seen
    assert "Cookie type Soft: own, since 12 Mar 2026 Reason “Found at the checkout”" in seen
    assert "Coming change → Hard on 11 Apr 2026 (11 Apr 2026 14:00)" in seen
    assert "11 Apr 2026 14:00 Hard Trial over 12 Mar 2026 14:00 Soft Found at the checkout" in seen
    assert "Secret" not in seen


@pytest.mark.parametrize(
    ("rule", "words"),
    [
        pytest.param("last", "only when no hard cookie of this shop is live", id="last"),
        pytest.param(
            "sole", "are paid only while no other partner's cookie period runs", id="sole"
        ),
    ],
)
def test_soft_is_explained_by_the_advertisers_rule(rule: str, words: str) -> None:
    partnership = make_partner(make_advertiser(soft_rule=rule), make_publisher(), "soft")
    member = signed_in(make_user("member", partnership.publisher))
    assert words in text(page(member, partnership.publisher, "programmes/"))


def test_a_link_is_given_to_approved_partners_only(shop: Advertiser) -> None:
    partnership = make_partner(shop, make_publisher(), status="applied")
    member = signed_in(make_user("member", partnership.publisher))
    seen = text(page(member, partnership.publisher, "programmes/applied/"))
    assert "You applied on 11 Jan 2026." in seen
    assert "Clicks count once you are an approved partner." in seen
    assert settings.TRACKING_URL not in seen


# Clicks


def test_each_click_tells_whether_it_counted(
    member: Client, blog: Partnership, cat: Partnership
) -> None:
    buy(blog, cat)
    Shopper().follow(blog, NOW + timedelta(minutes=1), consent=False)
    seen = text(page(member, blog.publisher, "clicks/"))
    assert "12 Mar 2026 14:01 Shop — Hard Does not count: the visitor did not consent." in seen
    assert "12 Mar 2026 14:00 Shop spring ref2 sidebar Hard Took the cookie" in seen
    assert "Cat" not in seen
    theirs = signed_in(make_user("member", cat.publisher))
    assert "Soft Stood down: a cookie of this shop was live in the browser already." in text(
        page(theirs, cat.publisher, "clicks/")
    )


@pytest.mark.parametrize(
    ("query", "found"),
    [
        pytest.param("", ["none", "soft", "took"], id="all"),
        pytest.param("?outcome=took", ["took"], id="took"),
        pytest.param("?outcome=stood_down", ["soft"], id="stood_down"),
        pytest.param("?outcome=uncounted", ["none"], id="uncounted"),
        pytest.param("?programme={shop}", ["none", "soft", "took"], id="programme"),
        pytest.param("?programme={other}", [], id="other_programme"),
    ],
)
def test_clicks_are_filtered(
    blog: Partnership, cat: Partnership, query: str, found: list[str]
) -> None:
    other = make_partner(make_advertiser(), cat.publisher).advertiser
    shopper = Shopper()
    shopper.follow(cat, NOW, ref="took")
    shopper.follow(cat, NOW + timedelta(minutes=1), ref="soft")
    shopper.follow(cat, NOW + timedelta(minutes=2), ref="none", consent=False)
    member = signed_in(make_user("member", cat.publisher))
    address = query.format(shop=cat.advertiser_id, other=other.pk)
    response = page(member, cat.publisher, "clicks/", address)
    shown = re.findall(r'<span class="reference">\s*(\w+)', response.content.decode())
    assert shown == found


@pytest.mark.parametrize(
    ("name", "query", "words"),
    [
        pytest.param("clicks/", "?outcome=x", "Select a valid choice. x is not one", id="choice"),
        pytest.param("clicks/", "?programme=x", "Select a valid choice.", id="no_id"),
        pytest.param("clicks/", "?programme=999999", "Select a valid choice.", id="not_ones_own"),
        pytest.param("clicks/", "?before=x", "Enter a valid UUID.", id="no_uuid"),
        pytest.param("sales/", "?state=Lost", "Select a valid choice. Lost is not", id="state"),
        pytest.param("sales/", "?before=x", "Enter a whole number.", id="no_number"),
        pytest.param("sales/", "?before=999999", "at a sale that is not there", id="no_sale"),
        pytest.param("sales/", f"?order={'x' * 65}", "at most 64 characters", id="order_too_long"),
    ],
)
def test_a_filter_that_makes_no_sense_is_told(
    member: Client, blog: Partnership, name: str, query: str, words: str
) -> None:
    response = page(member, blog.publisher, name, query)
    assert response.status_code == 400
    assert words in text(response)


def test_old_clicks_are_reached_page_by_page(
    member: Client, blog: Partnership, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(views, "PAGE_SIZE", 2)
    for number in range(5):
        Shopper().follow(blog, NOW + timedelta(minutes=number), ref=f"click-{number}")
    shown, query = [], "?outcome=took"
    while query:
        body = page(member, blog.publisher, "clicks/", query).content.decode()
        shown += re.findall(r"click-\d", body)
        older = re.search(r'rel="next" href="([^"]+)"', body)
        query = unescape(older[1]) if older else ""
    assert shown == ["click-4", "click-3", "click-2", "click-1", "click-0"]


def test_old_sales_are_reached_page_by_page(
    member: Client, blog: Partnership, cat: Partnership, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(views, "PAGE_SIZE", 2)
    for number in range(5):
        buy(blog, cat, f"order-{number}")
    shown, query = [], "?state=Pending"
    while query:
        body = page(member, blog.publisher, "sales/", query).content.decode()
        shown += re.findall(r">(order-\d)<", body)
        older = re.search(r'rel="next" href="([^"]+)"', body)
        query = unescape(older[1]) if older else ""
    assert shown == [f"order-{number}" for number in (4, 3, 2, 1, 0)]


def test_a_reference_is_shown_and_never_run(member: Client, blog: Partnership) -> None:
    Shopper().follow(blog, NOW, ref="<script>alert(1)</script>")
    body = page(member, blog.publisher, "clicks/").content.decode()
    assert "<script>" not in body
    assert "&lt;script&gt;alert(1)&lt;/script&gt;" in body


# Sales


def test_a_sale_tells_its_state_and_when_it_is_final(
    member: Client, blog: Partnership, cat: Partnership
) -> None:
    buy(blog, cat)
    seen = text(page(member, blog.publisher, "sales/"))
    assert ("12 Mar 2026 14:06 Shop 10023 £49.90 £3.99 Hard Pending 11 Apr 2026 14:00") in seen


def test_a_declined_sale_tells_why(member: Client, blog: Partnership, cat: Partnership) -> None:
    buy(blog, cat)
    Commission.objects.update(status="declined", decline_reason="by_advertiser")
    seen = text(page(member, blog.publisher, "sales/", "?state=Declined"))
    assert "Declined: Declined by the advertiser" in seen


def test_a_sale_is_found_by_its_order(member: Client, blog: Partnership, cat: Partnership) -> None:
    buy(blog, cat, "one")
    buy(blog, cat, "two")
    body = page(member, blog.publisher, "sales/", "?order=two").content.decode()
    assert re.findall(r">(one|two)</a>", body) == ["two"]
    assert "No sales here." in text(page(member, blog.publisher, "sales/", "?order=three"))


def test_a_sales_page_names_no_rival(member: Client, blog: Partnership, cat: Partnership) -> None:
    sale = buy(blog, cat)
    response = page(member, blog.publisher, f"sales/{sale.commission.pk}/")
    seen = text(response)
    assert "Order 10023 · £49.90 · 12 Mar 2026 14:06 UTC. Paid to you (hard): £3.99" in seen
    assert "Your hard click of 12 Mar 2026 14:00 was the last one to take the cookie" in seen
    assert "spring" in seen
    assert "Cat" not in response.content.decode()
    assert "14:05" not in seen


def test_a_sale_of_another_publisher_is_not_there(blog: Partnership, cat: Partnership) -> None:
    sale = buy(blog, cat)
    theirs = signed_in(make_user("member", cat.publisher))
    assert page(theirs, cat.publisher, f"sales/{sale.commission.pk}/").status_code == 404
    assert page(theirs, blog.publisher, "sales/").status_code == 404


def test_times_are_in_the_readers_zone(member: Client, blog: Partnership, cat: Partnership) -> None:
    User.objects.filter(username="mia").update(time_zone="Asia/Tokyo")
    buy(blog, cat)
    seen = text(page(member, blog.publisher, "sales/"))
    assert "12 Mar 2026 23:06" in seen
    assert "Times in Asia/Tokyo." in seen


def test_a_zone_that_is_none_does_not_break_the_page(member: Client, blog: Partnership) -> None:
    User.objects.filter(username="mia").update(time_zone="Mars/Olympus")
    assert "Times in UTC." in text(page(member, blog.publisher))


QUERIES = {"": 7, "programmes/": 15, "clicks/": 7, "sales/": 7, "sales/{sale}/": 8}
"""Session, user, two kinds of membership, the team's publishers; and then the page's own."""


@pytest.mark.parametrize("name", QUERIES)
def test_a_page_takes_the_same_queries_however_much_there_is(
    member: Client, shop: Advertiser, blog: Partnership, cat: Partnership, name: str
) -> None:
    sale = buy(blog, cat)
    address = name.format(sale=sale.commission.pk)

    def queries() -> int:
        with CaptureQueriesContext(connection) as captured:
            assert page(member, blog.publisher, address).status_code == 200
        return len(captured)

    few = queries()
    for number in range(4):
        other = make_partner(make_advertiser(), blog.publisher, "soft")
        shopper = Shopper()
        shopper.follow(other, NOW)
        shopper.buy(other.advertiser, NOW + timedelta(minutes=1))
        buy(blog, cat, f"more-{number}")
        make_partner(shop, make_publisher(model_type="extension"))
    assert queries() == few == QUERIES[name]


def test_pages_come_from_this_host_alone(
    member: Client, blog: Partnership, cat: Partnership
) -> None:
    sale = buy(blog, cat)
    for name in QUERIES:
        body = page(member, blog.publisher, name.format(sale=sale.commission.pk)).content.decode()
        assert re.findall(r'<(?!a )\w+ [^>]*(?:src|href)="(?:https?:)?//[^"]+"', body) == []
        assert re.findall(r"<script(?! src=\"/static/)[^>]*>", body) == []
        assert re.findall(r"<[^>]+ (?:style|on\w+)=", body) == []
