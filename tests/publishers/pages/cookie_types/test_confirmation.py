"""The confirmation of a change of cookie type: what it would have done, and who was there first."""

import copy
import re
from collections.abc import Callable, Iterator
from datetime import datetime, timedelta
from typing import Any
from urllib.parse import quote

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from pytest_django import DjangoDbBlocker

from network.advertisers import terms as advertisers
from network.models import Advertiser, User
from publishers.models import CookieTypeAssignment, ModelTypeCookieType, Partnership
from publishers.policy import assigning, deciding
from tests.support.founding import made_once
from tests.support.makers import (
    NOW,
    SetClock,
    Shopper,
    make_advertiser,
    make_partner,
    make_publisher,
    make_user,
)
from tests.support.reading import signed_in, text
from tests.support.what_ifs import DAY, MINUS, MINUTE, Market, counted, make_market
from tracking.whatif.models import WhatIfRun

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("founded", "at_now")]
ADDRESS = "/admin/publishers/partnership/cookie-type/"
DEFAULT = "/admin/publishers/modeltypecookietype/add/"


@pytest.fixture(scope="module")
def founded(django_db_setup: None, django_db_blocker: DjangoDbBlocker) -> Iterator[Market]:
    """The market of all tests of this module, also of those that do not ask for it."""
    with made_once(django_db_blocker, make_market) as market:
        yield market


@pytest.fixture
def market(founded: Market) -> Market:
    """For one test, which may change it."""
    return copy.deepcopy(founded)


@pytest.fixture
def owner(market: Market) -> User:
    return make_user("owner", market.shop, name="olga")


@pytest.fixture
def client(owner: User) -> Client:
    return signed_in(owner)


def opened(client: Client, *partners: Partnership, to: str = "soft") -> Any:
    chosen = ",".join(str(row.pk) for row in partners)
    return client.get(ADDRESS, {"to": to, "partners": chosen})


def opened_default(client: Client, market: Market, model_type: str) -> Any:
    """The confirmation that the shop's default of a model type becomes soft."""
    query = {"advertiser": str(market.shop.pk), "model_type": model_type, "to": "soft"}
    return client.get(DEFAULT, query)


def fields_of(response: Any) -> dict[str, str]:
    """The hidden fields of the page's form, as a browser sends them."""
    body = response.content.decode().partition('id="asked"')[2]
    return dict(re.findall(r'<input type="hidden" name="(\w+)" value="([^"]*)">', body))


def send(client: Client, response: Any, address: str = ADDRESS, **typed: str) -> Any:
    return client.post(address, {**fields_of(response), **typed})


def the_run() -> WhatIfRun:
    return WhatIfRun.objects.get()


def looked_again(client: Client, response: Any, **typed: str) -> Any:
    return send(client, response, do="look", **typed)


# What it would have done


def test_it_says_what_would_have_become_of_the_last_90_days(client: Client, market: Market) -> None:
    page = opened(client, market.extension)
    counted(the_run())
    page = looked_again(client, page)
    said = text(page)
    assert "Set Cat of Shop to soft." in said
    assert (
        "From 12 Dec 2025 to 12 Mar 2026, 2 of 4 sales would have ended differently with this "
        "change. £10.00 would have gone to 1 other partner." in said
    )
    assert (
        "This replays what was recorded; it does not predict how partners react. Clicks already "
        "made keep their type; hard cookies set before the change can still win until 11 Apr 2026."
        in said
    )
    assert f"Cat of Shop asked about 3 1 {MINUS}2 £15.00 £5.00 {MINUS}£10.00" in said
    assert "Blog of Shop 1 3 +2 £5.00 £15.00 +£10.00" in said
    assert "Nobody 0 0 0 £0.00 £0.00 £0.00 Total 4 4 0 £20.00 £20.00 £0.00" in said
    assert "Cat of Shop Blog of Shop 2 £10.00 Shop-2 , Shop-3" in said
    for sale in market.taken_over:
        assert f'href="/admin/tracking/conversion/{sale.pk}/change/"' in page.content.decode()


def test_its_numbers_are_the_results(client: Client, market: Market) -> None:
    opened(client, market.extension)
    result = counted(the_run()).result
    assert (result.sales, result.differing) == (4, 2)
    lines = {line.publisher: line for line in result.lines}
    cat, blog = lines[market.extension.publisher_id], lines[market.blog.publisher_id]
    assert (cat.before.commission_minor, cat.after.commission_minor) == (1500, 500)
    assert (blog.before.sales, blog.after.sales) == (1, 3)


def test_soft_to_hard_is_told_too(client: Client, market: Market) -> None:
    assigning.assign([market.extension], "soft", NOW - 40 * DAY, reason="R", made_by=None)
    page = opened(client, market.extension, to="hard")
    counted(the_run())
    said = text(looked_again(client, page))
    assert "none of 4 sales would have ended differently" in said
    assert "hard cookies set before" not in said


def test_what_would_go_to_the_partner_itself_is_told() -> None:
    shop = make_advertiser(percent=10)  # type: ignore[arg-type]
    blog = make_partner(shop, make_publisher("Blog"), "hard")
    cat = make_partner(shop, make_publisher("Cat"), "soft")
    shopper = Shopper()
    shopper.follow(blog, NOW - DAY)
    shopper.follow(cat, NOW - DAY + MINUTE)
    shopper.buy(shop, NOW - DAY + 2 * MINUTE, amount="31.00")
    client = signed_in(make_user("owner", shop))
    page = opened(client, cat, to="hard")
    counted(the_run())
    said = text(looked_again(client, page))
    assert "£3.10 would have gone to this partner." in said


def test_what_would_go_to_nobody_is_told() -> None:
    """A sale after the browser session ended: a soft cookie is gone by then."""
    shop = make_advertiser(percent=10)  # type: ignore[arg-type]
    cat = make_partner(shop, make_publisher("Cat"), "hard")
    shopper = Shopper()
    shopper.follow(cat, NOW - DAY)
    shopper.end_session()
    shopper.buy(shop, NOW - DAY + MINUTE, amount="31.00")
    client = signed_in(make_user("owner", shop))
    page = opened(client, cat)
    counted(the_run())
    said = text(looked_again(client, page))
    assert "£3.10 would have gone to nobody." in said
    assert f"Nobody 0 1 +1 £0.00 £0.00 £0.00 Total 1 1 0 £3.10 £0.00 {MINUS}£3.10" in said
    assert "Cat Nobody 1 £3.10" in said


def test_amounts_of_several_advertisers_stay_in_their_currencies() -> None:
    pounds, euros = make_market("Shop A"), make_market("Shop B", "EUR")
    client = signed_in(make_user("operator"))
    page = opened(client, pounds.extension, euros.extension)
    counted(the_run())
    said = text(looked_again(client, page))
    assert "4 of 8 sales" in said
    assert "€10.00 and £10.00 would have gone to 2 other partnerships." in said
    assert "Total 4 4 0 €20.00 €20.00 €0.00" in said


def test_the_tables_rows_sum_to_the_total(client: Client, market: Market) -> None:
    other = make_partner(market.shop, make_publisher("Third"), "hard")
    assert other
    page = opened(client, market.extension)
    counted(the_run())
    told = looked_again(client, page).context["told"]
    [part] = told.parts
    for side in ("before", "after"):
        rows = [getattr(line, side) for line in (*part.lines, *part.folded, part.nobody)]
        total = getattr(part.total, side)
        assert sum(row.sales for row in rows) == total.sales
        assert sum(row.commission_minor for row in rows) == total.commission_minor


# States


def test_while_it_counts_it_says_how_far_it_is(client: Client, market: Market) -> None:
    page = opened(client, market.extension)
    assert "Waiting to be counted: 4 sales." in text(page)
    WhatIfRun.objects.update(status="counting", counted=38_000, total=240_000)
    page = looked_again(client, page)
    said = text(page)
    assert "38,000 of 240,000 Cancel Confirm without it Look again" in said
    assert 'hx-trigger="every 2s"' in page.content.decode()


def test_looking_again_keeps_everything_typed_and_complains_of_nothing(
    client: Client, market: Market
) -> None:
    page = opened(client, market.extension)
    typed = {"reason": "", "internal_note": "Kept", "start": "2026-03-15T09:00"}
    page = looked_again(client, page, **typed)
    body = page.content.decode()
    assert 'value="Kept"' in body
    assert 'value="2026-03-15T09:00"' in body
    assert "required" not in text(page)
    assert "Nothing was changed" not in text(page)
    assert the_run()
    assert not CookieTypeAssignment.objects.filter(reason="").exists()


def test_it_can_be_confirmed_before_it_is_counted(client: Client, market: Market) -> None:
    page = opened(client, market.extension)
    answer = send(client, page, reason="Enough")
    assert answer.status_code == 302
    assert CookieTypeAssignment.objects.filter(reason="Enough").count() == 1
    assert the_run().status == "cancelled"


def test_counting_can_be_cancelled_and_begun_again(client: Client, market: Market) -> None:
    page = opened(client, market.extension)
    page = send(client, page, do="cancel", reason="Kept")
    assert the_run().status == "cancelled"
    assert "Counting was cancelled. You can still confirm. Count again" in text(page)
    assert ">Kept</textarea>" in page.content.decode().replace("\n", "")
    assert looked_again(client, page).status_code == 200
    assert WhatIfRun.objects.count() == 1, "looking does not begin again"
    page = send(client, page, do="count")
    assert "Waiting to be counted" in text(page)
    assert WhatIfRun.objects.filter(status="waiting").count() == 1


def test_a_failure_is_told_and_does_not_stand_in_the_way(client: Client, market: Market) -> None:
    page = opened(client, market.extension)
    WhatIfRun.objects.update(status="failed", error="boom")
    page = looked_again(client, page)
    assert (
        "This could not be counted. Nothing else is affected, and you can still confirm."
        in text(page)
    )
    assert "boom" not in text(page)
    assert send(client, page, reason="Anyway").status_code == 302


def test_over_no_data_it_says_so() -> None:
    shop = make_advertiser()
    partner = make_partner(shop, make_publisher("New"), "hard")
    client = signed_in(make_user("owner", shop))
    page = opened(client, partner)
    counted(the_run())
    page = looked_again(client, page)
    assert "There were no sales in 90 days, so there is nothing to replay. You can" in text(page)
    assert send(client, page, reason="New").status_code == 302


def test_opened_again_it_is_the_same_run(client: Client, market: Market) -> None:
    opened(client, market.extension)
    opened(client, market.extension)
    assert WhatIfRun.objects.count() == 1
    opened(client, market.blog)
    assert WhatIfRun.objects.count() == 2


def test_another_persons_run_is_not_shown(client: Client, market: Market) -> None:
    other = signed_in(make_user("manager", market.shop))
    page = opened(other, market.extension)
    counted(the_run())
    mine = client.post(ADDRESS, {**fields_of(page), "do": "look"})
    assert "Waiting to be counted" in text(mine)


# Meanwhile


def test_somebody_elses_change_is_told_and_refused(
    client: Client, market: Market, at: SetClock
) -> None:
    page = opened(client, market.extension, market.blog)
    at(NOW + MINUTE)
    assigning.assign([market.extension], "soft", NOW + MINUTE, reason="First", made_by=None)
    at(NOW + 3 * MINUTE)
    answer = send(client, page, reason="Second", internal_note="Kept", start="2026-03-20T09:00")
    said = text(answer)
    assert answer.status_code == 200
    assert "Cat of Shop was set to soft 2 minutes ago." in said
    assert "Nothing was changed, because somebody else made a change first." in said
    assert said.count("was set to soft 2 minutes ago") == 1
    assert "Correct the fields" not in said
    assert not CookieTypeAssignment.objects.filter(reason="Second").exists()
    body = answer.content.decode()
    assert 'value="Kept"' in body
    assert 'value="2026-03-20T09:00"' in body
    assert "Second</textarea>" in body


def test_counted_again_it_knows_of_the_change(client: Client, market: Market, at: SetClock) -> None:
    page = opened(client, market.extension, market.blog)
    assigning.assign([market.extension], "soft", NOW + MINUTE, reason="First", made_by=None)
    at(NOW + 3 * MINUTE)
    page = looked_again(client, page, reason="Second")
    assert "was set to soft 2 minutes ago" in text(page)
    refused = send(client, page, reason="Second")
    assert "Waiting to be counted" in text(refused), "another question than the page's"
    page = send(client, page, do="count", reason="Second")
    said = text(page)
    assert [effect.partnership for effect in page.context["proposal"].changing] == [market.blog]
    assert "1 chosen partner is soft already." in said
    assert "ago. Count again" not in said
    assert send(client, page, reason="Second").status_code == 302
    made = CookieTypeAssignment.objects.get(reason="Second")
    assert made.partnership == market.blog


@pytest.mark.parametrize(
    ("change", "said"),
    [
        pytest.param(
            lambda market: assigning.set_default(
                market.shop, "extension", "hard", NOW + MINUTE, reason="R", made_by=None
            ),
            "The Extension default of Shop was set to hard 1 minute ago.",
            id="advertisers_default",
        ),
        pytest.param(
            lambda market: assigning.set_default(
                None, "extension", "hard", NOW + MINUTE, reason="R", made_by=None
            ),
            "The network's Extension default was set to hard 1 minute ago.",
            id="networks_default",
        ),
        pytest.param(
            lambda market: assigning.change_model_type(
                market.extension.publisher, "voucher", NOW + MINUTE, reason="R", made_by=None
            ),
            "The model type of Cat of Shop was changed to Voucher 1 minute ago.",
            id="model_type",
        ),
        pytest.param(
            lambda market: deciding.change_terms(
                market.extension, {"status": "ended"}, NOW + MINUTE, made_by=None
            ),
            "The partnership of Cat of Shop was ended 1 minute ago.",
            id="left",
        ),
        pytest.param(
            lambda market: assigning.assign(
                [market.extension],
                "hard",
                NOW + MINUTE,
                start=NOW + 10 * DAY,
                reason="R",
                made_by=None,
            ),
            "Cat of Shop was set to hard 1 minute ago. It starts on 22 Mar 2026 14:00 UTC.",
            id="for_later",
        ),
    ],
)
def test_each_kind_of_change_is_told(
    client: Client, market: Market, at: SetClock, change: Callable[[Market], object], said: str
) -> None:
    assigning.assign([market.extension], "inherit", NOW - DAY, reason="R", made_by=None)
    page = opened(client, market.extension, to="hard")
    change(market)
    at(NOW + 2 * MINUTE)
    assert said in text(looked_again(client, page))


def test_a_default_that_decides_nothing_here_is_none_of_its_business(
    client: Client, market: Market, at: SetClock
) -> None:
    page = opened(client, market.extension)
    assigning.set_default(None, "extension", "hard", NOW + MINUTE, reason="R", made_by=None)
    at(NOW + 2 * MINUTE)
    assert "ago. Count again" not in text(looked_again(client, page))
    assert send(client, page, reason="R").status_code == 302


def test_a_change_of_this_moment_is_told_as_such(
    client: Client, market: Market, owner: User
) -> None:
    page = opened(client, market.extension)
    otto = make_user("manager", market.shop, name="otto")
    assigning.assign([market.extension], "hard", NOW, reason="R", made_by=otto)
    said = text(send(client, page, reason="R"))
    assert "Cat of Shop was set to hard just now." in said
    assert "otto" in said


def test_a_change_about_others_is_none_of_its_business(
    client: Client, market: Market, at: SetClock
) -> None:
    page = opened(client, market.extension)
    assigning.assign([market.blog], "soft", NOW + MINUTE, reason="First", made_by=None)
    assigning.set_default(market.shop, "loyalty", "soft", NOW + MINUTE, reason="R", made_by=None)
    at(NOW + 2 * MINUTE)
    assert "ago. Count again" not in text(looked_again(client, page))
    assert send(client, page, reason="R").status_code == 302


# The form


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
    assert "What the partner is told" in text(page)
    assert "(the reason that you give)" in text(page)
    said = text(looked_again(client, page, reason="Too late", start="2026-03-15T09:00"))
    told = said.partition("What the partner is told")[2]
    assert "Too late" in told
    assert "15 Mar 2026 09:00" in told


def told_to(response: Any) -> str:
    """What the page says that partners are told."""
    return text(response).partition("told ")[2]


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
    assert "Set Cat of Shop to soft." in text(page)
    assert "Set 1 to soft" in text(page)


def test_its_address_leads_back_to_the_same_proposal(client: Client, market: Market) -> None:
    """Also when the session has run out and one signs in anew."""
    page = opened(client, market.extension, market.blog)
    address = page.context["address"]
    client.logout()
    answer: Any = client.post(address, {**fields_of(page), "reason": "R"})
    assert quote(address) in answer.url
    again = signed_in(User.objects.get(username="olga")).get(address)
    assert "Set 2 partners to soft." in text(again)


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
    assert "Set the Voucher default of Shop to soft." in text(again)


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
    assert "Set 2 partners back to their model types' defaults." in said
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
    assert "Set Blog of Shop to soft. The partnership of Cat of Shop has ended" in text(page)
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


# How long hard cookies can still win


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


# A model type's default


def make_vouchers(shop: Advertiser, owner: User) -> list[Partnership]:
    """Two for which the default decides, and one with a type of its own."""
    return [
        make_partner(shop, make_publisher(name, model_type="voucher"), own)
        for name, own in (("Codes", None), ("More codes", None), ("Own codes", "hard"))
    ]


def test_a_default_says_for_whom_it_decides(client: Client, market: Market, owner: User) -> None:
    make_vouchers(market.shop, owner)
    page = opened_default(client, market, "voucher")
    assert (
        "Set the Voucher default of Shop to soft. It changes 2 partners. 1 partner keeps its own "
        "cookie type." in text(page)
    )
    counted(the_run())
    said = text(send(client, page, DEFAULT, do="look"))
    assert "none of 4 sales" in said
    answer = send(client, page, DEFAULT, reason="All vouchers")
    assert answer.status_code == 302
    assert ModelTypeCookieType.objects.get().reason == "All vouchers"


def test_a_default_counts_what_it_would_have_done(client: Client, market: Market) -> None:
    assigning.assign([market.extension], "inherit", NOW - DAY, reason="R", made_by=None)
    assigning.set_default(market.shop, "extension", "hard", NOW - DAY, reason="R", made_by=None)
    page = opened_default(client, market, "extension")
    assert len(page.context["proposal"].changing) == 1
    counted(the_run())
    said = text(send(client, page, DEFAULT, do="look"))
    assert "2 of 4 sales would have ended differently" in said


def test_the_only_advertiser_is_chosen_already(client: Client, market: Market) -> None:
    make_advertiser("Other")
    form = client.get(DEFAULT).context["form"]
    assert form["advertiser"].value() == market.shop.pk


def test_a_model_type_nobody_has(client: Client, market: Market) -> None:
    page = opened_default(client, market, "email")
    assert "Set the Email default of Shop to soft." in text(page)
    assert not WhatIfRun.objects.exists()
    answer = send(client, page, DEFAULT, reason="To come")
    assert answer.status_code == 302
    assert "No partner has this model type yet;" in text(client.get(answer.url))
    assert ModelTypeCookieType.objects.count() == 1


def test_a_default_changed_meanwhile_is_refused(
    client: Client, market: Market, owner: User, at: SetClock
) -> None:
    make_vouchers(market.shop, owner)
    page = opened_default(client, market, "voucher")
    assigning.set_default(market.shop, "voucher", "hard", NOW + MINUTE, reason="R", made_by=None)
    at(NOW + 3 * MINUTE)
    answer = send(client, page, DEFAULT, reason="Mine")
    assert "The Voucher default of Shop was set to hard 2 minutes ago." in text(answer)
    assert ModelTypeCookieType.objects.count() == 1


def test_the_networks_default_leaves_advertisers_their_own(market: Market) -> None:
    other = make_market("Other")
    for one in (market, other):
        assigning.assign([one.extension], "inherit", NOW - DAY, reason="R", made_by=None)
    assigning.set_default(other.shop, "extension", "soft", NOW - DAY, reason="R", made_by=None)
    client = signed_in(make_user("operator"))
    page = client.get(DEFAULT, {"advertiser": "", "model_type": "extension", "to": "hard"})
    assert (
        "Set the network's Extension default to hard. It changes 1 partner. 1 partner keeps the "
        "default of its advertiser." in text(page)
    )


def test_the_network_cannot_inherit(market: Market) -> None:
    client = signed_in(make_user("operator"))
    page = client.get(DEFAULT, {"advertiser": "", "model_type": "extension", "to": "inherit"})
    assert list(page.context["form"].errors) == ["to"]


# Who may, and how much it asks


def test_a_viewer_cannot_confirm(market: Market) -> None:
    viewer = signed_in(make_user("viewer", market.shop))
    assert opened(viewer, market.extension).status_code == 403
    assert not WhatIfRun.objects.exists()


def test_another_tenants_partner_is_not_there(client: Client, market: Market) -> None:
    other = make_market("Other")
    assert opened(client, market.extension, other.extension).status_code == 404
    assert not WhatIfRun.objects.exists()


def test_sixty_partners_ask_no_more_than_three(client: Client, market: Market) -> None:
    def queries(count: int) -> int:
        partners = [make_partner(market.shop, make_publisher(), "hard") for _ in range(count)]
        page = opened(client, *partners)
        counted(WhatIfRun.objects.latest("created_at", "pk"))
        with CaptureQueriesContext(
            connection,
        ) as found:
            looked_again(client, page)
        return len(found)

    assert queries(3) == queries(60)


def test_sixty_partners_are_changed_in_as_many_queries_as_three(
    client: Client, market: Market
) -> None:
    def queries(count: int) -> int:
        partners = [make_partner(market.shop, make_publisher(), "hard") for _ in range(count)]
        chosen = ",".join(str(row.pk) for row in partners)
        data = {"to": "soft", "partners": chosen, "reason": "Late clicks"}
        with CaptureQueriesContext(connection) as found:
            assert client.post(ADDRESS, data).status_code == 302
        return len(found)

    queries(2)
    assert queries(3) == queries(60)


def policy_reads(found: CaptureQueriesContext) -> int:
    """How often partners' own assignments were read to resolve their policies."""
    return sum(
        'FROM "publishers_cookietypeassignment"' in query["sql"]
        and '"partnership_id" IN' in query["sql"]
        and '"created_at" >' not in query["sql"]  # what others changed since
        for query in found.captured_queries
    )


def test_policies_are_read_once_for_the_page_and_twice_for_the_change(
    client: Client, market: Market
) -> None:
    advertisers.change_terms(market.shop, {"notice_days": 1}, NOW - 9 * DAY, made_by=None)
    partner = make_partner(market.shop, make_publisher(), "hard")
    soft = make_partner(market.shop, make_publisher(), "soft")
    with CaptureQueriesContext(connection) as shown:
        page = opened(client, partner, soft)
    with CaptureQueriesContext(connection) as made:
        answer = send(client, page, reason="Late clicks")
    assert answer.status_code == 302
    assert policy_reads(shown) == 1
    assert policy_reads(made) == 3, "for the page, and under the lock before and after the change"


def test_the_policies_behind_a_default_are_read_once_for_its_page(
    client: Client, market: Market
) -> None:
    with CaptureQueriesContext(connection) as shown:
        page = opened_default(client, market, "extension")
    with CaptureQueriesContext(connection) as made:
        answer = send(client, page, DEFAULT, reason="Late clicks")
    assert answer.status_code == 302
    assert policy_reads(shown) == 1
    assert policy_reads(made) == 3, "for the page, and under the lock before and after the change"


def test_the_policies_of_a_publisher_are_read_once_for_its_model_types_page(market: Market) -> None:
    operator = signed_in(make_user("operator", name="otto"))
    address = f"/admin/publishers/publisher/{market.extension.publisher_id}/model-type/"
    with CaptureQueriesContext(connection) as shown:
        page = operator.get(address, {"model_type": "content"})
    with CaptureQueriesContext(connection) as made:
        answer = send(operator, page, address, reason="Now a blog")
    assert answer.status_code == 302
    assert policy_reads(shown) == 1
    assert policy_reads(made) == 3, "for the page, and under the lock before and after the change"


@pytest.mark.parametrize(
    "page",
    [
        pytest.param("partnership/{partner}/terms/", id="terms_of_a_partner"),
        pytest.param("partnership/{partner}/status/?to=ended", id="status"),
    ],
)
def test_no_policy_is_read_for_a_page_about_something_else(
    page: str, client: Client, market: Market
) -> None:
    address = f"/admin/publishers/{page.format(partner=market.extension.pk)}"
    with CaptureQueriesContext(connection) as shown:
        assert client.get(address).status_code == 200
    assert policy_reads(shown) == 0


def test_cancelling_reads_the_policies_once_for_its_page_and_twice_for_the_change(
    client: Client, market: Market, owner: User
) -> None:
    [row] = assigning.assign(
        [market.extension], "soft", NOW, reason="R", made_by=owner, start=NOW + 9 * DAY
    )
    address = f"/admin/coming/cookie-type/{row.pk}/cancel/"
    with CaptureQueriesContext(connection) as shown:
        page = client.get(address)
    with CaptureQueriesContext(connection) as made:
        answer = send(client, page, address, reason="Not now")
    assert answer.status_code == 302
    assert policy_reads(shown) == 1
    assert policy_reads(made) == 2, "under the lock, before and after the change"
