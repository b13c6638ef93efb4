"""The confirmation of a change of cookie type says what it would have done."""

import pytest
from django.test import Client

from publishers.models import CookieTypeAssignment
from publishers.policy import assigning
from tests.publishers.pages.cookie_types.asking import (
    ADDRESS,
    fields_of,
    looked_again,
    opened,
    send,
)
from tests.support.makers import (
    NOW,
    Shopper,
    make_advertiser,
    make_partner,
    make_publisher,
    make_user,
)
from tests.support.reading import signed_in, text
from tests.support.what_ifs import DAY, MINUS, MINUTE, Market, counted, make_market, the_run
from tracking.whatif.models import WhatIfRun

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("founded", "at_now")]


def test_it_says_what_would_have_become_of_the_last_90_days(client: Client, market: Market) -> None:
    page = opened(client, market.extension)
    counted(the_run())
    page = looked_again(client, page)
    said = text(page)
    assert "Set Cat of Shop to soft" in said
    assert (
        "From 12 Dec 2025 to 12 Mar 2026, 2 of 4 sales would have been credited differently "
        "with this change. £10.00 would have gone to 1 other partner." in said
    )
    assert (
        "This replays what was recorded; it does not predict how partners react. Clicks already "
        "made keep their type; hard cookies set before the change can still win until 11 Apr 2026."
        in said
    )
    assert f"Cat of Shop asked about 3 1 {MINUS}2 £15.00 £5.00 {MINUS}£10.00" in said
    assert "Blog of Shop 1 3 +2 £5.00 £15.00 +£10.00" in said
    assert "No one 0 0 0 £0.00 £0.00 £0.00 Total 4 4 0 £20.00 £20.00 £0.00" in said
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
    assert "none of 4 sales would have been credited differently" in said
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
    assert f"No one 0 1 +1 £0.00 £0.00 £0.00 Total 1 1 0 £3.10 £0.00 {MINUS}£3.10" in said
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


def test_while_it_counts_it_says_how_far_it_is(client: Client, market: Market) -> None:
    page = opened(client, market.extension)
    assert "Waiting to be counted: 4 sales." in text(page)
    WhatIfRun.objects.update(status="counting", counted=38_000, total=240_000)
    page = looked_again(client, page)
    said = text(page)
    assert "38,000 of 240,000 Stop counting Confirm without it Refresh" in said
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
