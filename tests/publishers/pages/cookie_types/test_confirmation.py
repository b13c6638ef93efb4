"""The confirmation of a change of cookie type: reasons, starts, and who becomes what."""

import re
from datetime import datetime, timedelta
from typing import Any
from urllib.parse import quote

import pytest
from django.test import Client

from network.advertisers import terms as advertisers
from network.models import User
from publishers.models import CookieTypeAssignment, ModelTypeCookieType, Partnership
from publishers.policy import assigning, deciding
from tests.publishers.pages.cookie_types.asking import (
    DEFAULT,
    fields_of,
    looked_again,
    opened,
    opened_default,
    send,
)
from tests.support.makers import NOW, SetClock, make_user
from tests.support.reading import signed_in, text
from tests.support.what_ifs import DAY, MINUTE, Market, counted, make_market, the_run
from tracking.whatif.models import WhatIfRun

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("founded", "at_now")]


def test_a_preset_is_the_reason_where_none_is_written(client: Client, market: Market) -> None:
    page = opened(client, market.extension)
    preset = "Overlays and extensions are soft with us."
    assert preset in text(page)
    send(client, page, preset=preset, reason="  ")
    assert CookieTypeAssignment.objects.filter(reason=preset).count() == 1


def test_ones_own_words_outweigh_a_preset(client: Client, market: Market) -> None:
    preset = "Overlays and extensions are soft with us."
    send(client, opened(client, market.extension), preset=preset, reason="Mine")
    assert CookieTypeAssignment.objects.filter(reason="Mine").count() == 1


def test_a_preset_that_is_not_offered_is_refused(client: Client, market: Market) -> None:
    answer = send(client, opened(client, market.extension), preset="Because", reason="")
    assert list(answer.context["form"].errors) == ["preset"]


def test_the_notice_is_shown_with_reason_and_start(client: Client, market: Market) -> None:
    page = opened(client, market.extension)
    assert "What the partner will read" in text(page)
    assert "(the reason that you give)" in text(page)
    said = text(looked_again(client, page, reason="Too late", start="2026-03-15T09:00"))
    told = said.partition("What the partner will read")[2]
    assert "Too late" in told
    assert "15 Mar 2026 09:00" in told


def told_to(response: Any) -> str:
    """What the page says that partners are told."""
    return text(response).partition("will read ")[2]


@pytest.mark.parametrize(
    ("start", "why"),
    [
        pytest.param("2026-03-01T09:00", "is in the past", id="past"),
        pytest.param("9999-12-31T23:00", "is more than a year ahead", id="too_far_ahead"),
        pytest.param("0001-01-01T00:00", "is in the past", id="first_of_all"),
        pytest.param("2026-03-20T09:00", "Shop gives 14 days' notice", id="notice"),
        pytest.param("2026-05-01T09:00", "Another change starts at", id="taken"),
        pytest.param("soon", "Enter a valid date/time.", id="unreadable"),
    ],
)
def test_a_start_that_will_be_refused_says_so_before_it_is_sent(
    client: Client, market: Market, start: str, why: str
) -> None:
    taken = datetime.fromisoformat("2026-05-01T09:00+00:00")
    assigning.assign([market.extension], "hard", NOW - DAY, start=taken, reason="R", made_by=None)
    advertisers.change_terms(market.shop, {"notice_days": 14}, NOW - DAY, made_by=None)
    page = opened(client, market.extension)
    page = looked_again(client, page, start=start, reason="Kept")
    assert "This start will be refused." in told_to(page)
    assert why in told_to(page)
    assert "Your clicks are soft" not in told_to(page)
    assert "the earliest start is 26 Mar 2026 14:00 UTC." in text(page)
    assert page.context["still_win"] == NOW + (14 + 30) * DAY
    refused = send(client, page, start=start, reason="Kept")
    assert list(refused.context["form"].errors) == ["start"]
    assert "This start will be refused." not in text(refused), "once is enough"


def test_what_depends_on_the_start_follows_it(client: Client, market: Market) -> None:
    """Hard from a day on: a start before it finds nothing to change, one behind it does."""
    trial = NOW + 3 * DAY
    assigning.assign([market.extension], "soft", NOW - DAY, reason="R", made_by=None)
    assigning.assign([market.extension], "hard", NOW, start=trial, reason="R", made_by=None)
    page = opened(client, market.extension)
    assert not page.context["proposal"].changing
    page = looked_again(client, page, start="2026-03-20T09:00")
    assert "Set Cat of Shop to soft" in text(page)
    assert "Set 1 to soft" in text(page)


def test_its_address_leads_back_to_the_same_proposal(client: Client, market: Market) -> None:
    """Also when the session has run out and one signs in anew."""
    page = opened(client, market.extension, market.blog)
    address = page.context["address"]
    client.logout()
    answer: Any = client.post(address, {**fields_of(page), "reason": "R"})
    assert quote(address) in answer.url
    again = signed_in(User.objects.get(username="olga")).get(address)
    assert "Set 2 partners to soft" in text(again)


def test_a_page_that_looks_again_without_a_session_keeps_what_it_shows(
    client: Client, market: Market
) -> None:
    page = opened(client, market.extension)
    client.logout()
    data = {**fields_of(page), "do": "look"}
    answer: Any = client.post(page.context["address"], data, headers={"HX-Request": "true"})
    assert answer.status_code == 302
    assert client.get(answer.url, headers={"HX-Request": "true"}).status_code == 401


def test_the_address_of_a_default_leads_back_to_it(client: Client, market: Market) -> None:
    page = opened_default(client, market, "voucher")
    again = client.get(page.context["address"])
    assert "Set the Voucher default of Shop to soft" in text(again)


def test_who_becomes_so_in_a_moment_is_not_said_to_be_so(client: Client, market: Market) -> None:
    assigning.assign([market.extension], "soft", NOW, reason="R", made_by=None)
    soon = "1 chosen partner becomes soft in a moment anyway."
    assert soon in text(opened(client, market.extension))
    assert soon in text(opened(client, market.extension, market.blog))
    page = opened(client, market.extension)
    assigning.assign([market.blog], "soft", NOW, start=NOW + DAY, reason="R", made_by=None)
    later = looked_again(client, page, start="2026-03-20T09:00", partners=str(market.blog.pk))
    assert "1 chosen partner becomes soft before this start anyway." in text(later)


def test_back_to_the_default_says_what_each_becomes(client: Client, market: Market) -> None:
    assigning.assign([market.blog], "soft", NOW - DAY, reason="R", made_by=None)
    page = opened(client, market.extension, market.blog, to="inherit")
    counted(the_run())
    page = looked_again(client, page)
    said = text(page)
    assert "Set 2 partners back to their model types' defaults" in said
    assert re.search(
        r"Blog of Shop \d+ Content Soft set individually, since .{11} — Hard Content default", said
    )
    assert re.search(
        r"Cat of Shop \d+ Extension Hard set individually, since .{11} — Soft Extension default",
        said,
    )
    told = told_to(page)
    assert "To Blog of Shop Shop: Your clicks are hard from" in told
    assert "To Cat of Shop Shop: Your clicks are soft from" in told


def test_partners_of_several_advertisers_are_told_apart(market: Market) -> None:
    other = make_market("Other")
    assigning.assign([market.blog], "soft", NOW - DAY, reason="R", made_by=None)
    client = signed_in(make_user("operator"))
    page = opened(client, market.blog, other.extension, to="inherit")
    counted(the_run())
    page = looked_again(client, page)
    assert "To Blog of Shop at Shop Shop: Your clicks are hard" in told_to(page)


def test_the_preview_says_who_decides(client: Client, market: Market) -> None:
    assert "Decided by: the advertiser." in told_to(opened(client, market.extension))
    operator = signed_in(make_user("operator"))
    assert "Decided by: the network." in told_to(opened(operator, market.extension))


def test_who_may_activate_from_the_page_loses_that_when_hard(
    client: Client, market: Market
) -> None:
    assigning.assign([market.extension], "soft", NOW - DAY, reason="R", made_by=None)
    note = (
        "Cat of Shop may activate from the page. While it is hard, its activations from the page "
        "do not count."
    )
    assert note not in text(opened(client, market.extension, to="hard"))
    deciding.change_terms(market.extension, {"in_page": True}, NOW - DAY, made_by=None)
    assert note in text(opened(client, market.extension, to="hard"))
    assert note not in text(opened(client, market.extension, to="soft"))


def test_presets_fit_what_is_done_and_for_whom(client: Client, market: Market) -> None:
    def presets(page: Any) -> str:
        return text(page).partition("Choose one, or write your own")[2].partition("Taken as")[0]

    overlays = "Overlays and extensions are soft with us."
    alone = "Your own setting ends"
    assert overlays in presets(opened(client, market.extension))
    assert overlays not in presets(opened(client, market.extension, market.blog))
    assert alone in presets(opened(client, market.extension, to="inherit"))
    assert "of your model type are soft with us" in presets(
        opened_default(client, market, "voucher")
    )
    query = {"advertiser": str(market.shop.pk), "model_type": "voucher", "to": "inherit"}
    back = presets(client.get(DEFAULT, query))
    assert alone not in back
    assert "the network's applies again" in back


def test_a_partner_that_left_is_told_of(client: Client, market: Market) -> None:
    deciding.change_terms(market.extension, {"status": "ended"}, NOW - DAY, made_by=None)
    page = text(opened(client, market.extension))
    assert "Nothing can be changed." in page
    assert "The partnership of Cat of Shop has ended" in page


def test_a_partner_that_left_does_not_hold_up_the_others(client: Client, market: Market) -> None:
    deciding.change_terms(market.extension, {"status": "ended"}, NOW - DAY, made_by=None)
    page = opened(client, market.extension, market.blog)
    assert "Set Blog of Shop to soft The partnership of Cat of Shop has ended" in text(page)
    assert send(client, page, reason="R").status_code == 302
    made = CookieTypeAssignment.objects.get(reason="R")
    assert made.partnership == market.blog


def test_a_partner_that_leaves_meanwhile_is_told_and_refused(
    client: Client, market: Market, at: SetClock
) -> None:
    page = opened(client, market.extension, market.blog)
    deciding.change_terms(market.extension, {"status": "ended"}, NOW + MINUTE, made_by=None)
    at(NOW + 3 * MINUTE)
    answer = send(client, page, reason="Kept")
    said = text(answer)
    assert "The partnership of Cat of Shop was ended 2 minutes ago." in said
    assert "Kept</textarea>" in answer.content.decode()
    assert not CookieTypeAssignment.objects.filter(reason="Kept").exists()


def test_the_notice_that_is_given_is_kept_and_told(client: Client, market: Market) -> None:
    advertisers.change_terms(market.shop, {"notice_days": 14}, NOW - DAY, made_by=None)
    page = opened(client, market.extension)
    said = text(page)
    assert "it starts on 26 Mar 2026 14:00 UTC." in said
    counted(the_run())
    assert "can still win until 25 Apr 2026" in text(looked_again(client, page))
    assert send(client, page, reason="R").status_code == 302
    made = CookieTypeAssignment.objects.get(reason="R")
    assert made.starts_at == NOW + 14 * DAY


def test_a_start_before_the_notice_is_refused(client: Client, market: Market) -> None:
    advertisers.change_terms(market.shop, {"notice_days": 14}, NOW - DAY, made_by=None)
    page = opened(client, market.extension)
    answer = send(client, page, reason="Sooner", start="2026-03-20T09:00")
    assert list(answer.context["form"].errors) == ["start"]
    assert "Shop gives 14 days" in str(answer.context["form"].errors)


def test_ones_own_change_is_none_of_somebody_else(
    client: Client, market: Market, owner: User, at: SetClock
) -> None:
    page = opened(client, market.extension)
    assigning.assign([market.extension], "hard", NOW + MINUTE, reason="Mine", made_by=owner)
    at(NOW + 2 * MINUTE)
    assert "ago. Count again" not in text(looked_again(client, page))
    assert send(client, page, reason="R").status_code == 302


def test_a_change_that_was_under_way_can_be_counted_again(
    client: Client, market: Market, at: SetClock
) -> None:
    """The policy refuses what was made within seconds before the page; the page says so."""
    page = opened(client, market.extension)
    just_before = NOW - timedelta(seconds=2)
    assigning.assign([market.extension], "hard", just_before, reason="First", made_by=None)
    at(NOW + MINUTE)
    answer = send(client, page, reason="R")
    assert "Cat of Shop was set to hard 1 minute ago." in text(answer)
    page = send(client, answer, do="count", reason="R")
    assert send(client, page, reason="R").status_code == 302


def test_a_default_starts_when_it_was_said_to(client: Client, market: Market) -> None:
    page = opened_default(client, market, "email")
    send(client, page, DEFAULT, reason="R", start="2026-03-20T09:00")
    assert ModelTypeCookieType.objects.get().starts_at.isoformat() == "2026-03-20T09:00:00+00:00"


def still_win(client: Client, partner: Partnership, start: str = "") -> datetime | None:
    page = opened(client, partner)
    found: datetime | None = looked_again(client, page, start=start).context["still_win"]
    return found


def test_hard_cookies_can_win_for_the_period_in_force_at_the_start(
    client: Client, market: Market
) -> None:
    soon = NOW + timedelta(seconds=15)
    assert still_win(client, market.extension) == soon + 30 * DAY
    start = datetime.fromisoformat("2026-03-15T09:00+00:00")
    assert still_win(client, market.extension, "2026-03-15T09:00") == start + 30 * DAY


def test_a_longer_period_of_before_outlasts_a_shorter_one(client: Client, market: Market) -> None:
    changed = NOW - 10 * DAY
    deciding.change_terms(market.extension, {"hard_days": 7}, changed, made_by=None)
    shorter = changed + timedelta(seconds=15)
    assert still_win(client, market.extension) == shorter + 30 * DAY


def test_ones_own_period_counts(client: Client, market: Market) -> None:
    deciding.change_terms(market.extension, {"hard_days": 90}, NOW - DAY, made_by=None)
    assert still_win(client, market.extension) == NOW + timedelta(seconds=15) + 90 * DAY


def test_who_left_long_ago_has_no_cookie_that_can_win(client: Client, market: Market) -> None:
    left = NOW - 40 * DAY
    deciding.change_terms(market.extension, {"status": "ended"}, left, made_by=None)
    assert still_win(client, market.extension) is None


def test_a_viewer_cannot_confirm(market: Market) -> None:
    viewer = signed_in(make_user("viewer", market.shop))
    assert opened(viewer, market.extension).status_code == 403
    assert not WhatIfRun.objects.exists()


def test_another_tenants_partner_is_not_there(client: Client, market: Market) -> None:
    other = make_market("Other")
    assert opened(client, market.extension, other.extension).status_code == 404
    assert not WhatIfRun.objects.exists()
