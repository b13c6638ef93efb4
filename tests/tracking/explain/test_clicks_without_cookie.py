"""Clicks that took no cookie, as a publisher reads them."""

import re
from html import unescape

import pytest
from django.test import Client

from publishers.models import Partnership
from publishers.pages.dashboard import paging
from tests.support.makers import (
    NOW,
    Shopper,
    make_advertiser,
    make_partner,
)
from tests.support.reading import text
from tests.tracking.explain.test_elsewhere import (
    AMOUNT,
    MINUTE,
    RIVAL,
    clicks,
    lose,
    rows,
)
from tests.tracking.explain.test_elsewhere_lists import follow_pages
from tracking.explain import no_cookie
from tracking.explain.sentences import target_text
from tracking.models import Click
from tracking.rule.reasons import ClickReason

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("a_day_later")]


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
