"""The admin's page of a sale: each state in its first line, and what can be tried and looked up."""

import json
from datetime import timedelta

import pytest
from django.test import Client

from network.models import Advertiser
from publishers.models import Partnership
from tests.support.browsing import Browser, make_report, record
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
from tests.support.reading import text
from tracking.commissions.decisions import clicks_of, sale_of
from tracking.explain.explanations import explain_to_publisher
from tracking.models import Click, Conversion, Report
from tracking.rule.attribution import CookieType, SoftRule
from tracking.rule.replay import Change, Circumstances, Recorded, ShopTerms, replay

pytestmark = pytest.mark.django_db

MINUTE, DAY = timedelta(minutes=1), timedelta(days=1)


@pytest.fixture
def overlay(shop: Advertiser) -> Partnership:
    return make_partner(shop, make_publisher("Overlay X"), "soft")


def address(sale: Conversion) -> str:
    return f"/admin/tracking/conversion/{sale.pk}/change/"


def page(client: Client, sale: Conversion, **asked: str) -> str:
    answer = client.get(address(sale), asked)
    assert answer.status_code == 200
    return text(answer)


def stood_down_sale(shop: Advertiser, blog: Partnership, overlay: Partnership) -> Conversion:
    shopper = Shopper()
    shopper.follow(blog, NOW)
    shopper.follow(overlay, NOW + 5 * MINUTE)
    return shopper.buy(shop, NOW + 6 * MINUTE, order="10023")


def test_what_was_bought_as_the_most_believed_report_lists_it(
    owner: Client, shop: Advertiser, blog: Partnership
) -> None:
    shopper = Shopper()
    shopper.follow(blog, NOW)
    stove = {
        "name": "Stove",
        "sku": "EMB-1",
        "category": "Camping",
        "price": "24.95",
        "quantity": 2,
    }
    sale = shopper.buy(shop, NOW, order="10023", items=json.dumps([stove]))
    shown = page(owner, sale)
    assert "Stove EMB-1 Camping — £24.95 2" in shown
    mat = {"name": "Mat", "group": "DEFAULT"}
    token = Report.objects.get().tokens[0]["token"]
    fields = {"items": [mat]}
    record(make_report(shop, "10023", NOW, "49.90", fields=fields, clicks=[token], source="keyed"))
    shown = page(owner, sale)
    assert "Mat — — DEFAULT — 1" in shown
    assert "EMB-1" not in shown


def test_what_anybody_can_list_is_not_shown_as_bought(
    owner: Client, shop: Advertiser, blog: Partnership
) -> None:
    shopper = Shopper()
    shopper.follow(blog, NOW)
    sale = shopper.buy(shop, NOW, order="10023")
    assert "items-heading" not in owner.get(address(sale)).content.decode()
    record(make_report(shop, "10023", NOW, "49.90", fields={"items": [{"name": "Fake"}]}))
    assert Report.objects.count() == 2
    assert "items-heading" not in owner.get(address(sale)).content.decode()


def test_a_pending_sale(
    owner: Client, shop: Advertiser, blog: Partnership, overlay: Partnership
) -> None:
    shown = page(owner, stood_down_sale(shop, blog, overlay))
    assert (
        "Order 10023 · £49.90 · 12 Mar 2026 14:06 UTC. Credited to Blog A · hard · £3.99 · "
        "pending · final on 11 Apr 2026 14:00, when Blog A's window closes"
    ) in shown
    assert "Blog A's hard click of 12 Mar 2026 14:00 was the last one to take the cookie" in shown
    assert "The journey to this sale: 2 clicks on a time line" in shown
    assert "Stood down: Blog A's hard cookie was live until 11 Apr 2026 14:00." in shown


def test_a_sale_that_pays_nobody(owner: Client, shop: Advertiser, overlay: Partnership) -> None:
    shopper = Shopper()
    shopper.follow(overlay, NOW)
    shopper.end_session()
    sale = shopper.buy(shop, NOW + 30 * MINUTE, order="5")
    shown = page(owner, sale)
    assert "Order 5 · £49.90 · 12 Mar 2026 14:30 UTC. Nobody is paid · final on " in shown
    assert "Nobody is paid: Overlay X's soft cookie had ended with its browser session." in shown
    assert "Nobody earned a commission on this sale." in shown
    assert "Other session" in shown


def test_an_unverified_sale_says_what_it_waits_for(owner: Client, client: Client) -> None:
    shop = make_advertiser("Careful")
    Advertiser.objects.filter(pk=shop.pk).update(verification=Advertiser.Verification.CONFIRMED)
    blog = make_partner(shop, make_publisher("Blog B"), "hard")
    client.force_login(make_user("owner", shop))
    shopper = Shopper()
    shopper.follow(blog, NOW)
    sale = shopper.buy(shop, NOW + MINUTE, order="6")
    shown = page(client, sale)
    assert "unverified until the advertiser confirms it" in shown
    assert "State Unverified" in shown
    assert "Closes When the sale is confirmed, but not before 11 Apr 2026" in shown
    assert "If nothing does, it is declined on 10 Jun 2026" in shown


def test_what_pays_nobody_and_nobody_confirmed_says_until_when_that_can_change(
    owner: Client, shop: Advertiser, overlay: Partnership
) -> None:
    shopper = Shopper()
    shopper.follow(overlay, NOW)
    shopper.end_session()
    Advertiser.objects.filter(pk=shop.pk).update(verification=Advertiser.Verification.CONFIRMED)
    sale = shopper.buy(shop, NOW + 30 * MINUTE, order="5")
    shown = page(owner, sale)
    assert "Nobody is paid · to be closed on 12 May 2026 14:00" in shown
    assert "Closes 12 May 2026 14:00 UTC, unless the sale is confirmed before" in shown


def test_a_conflict_shows_what_each_browser_claims(
    owner: Client, shop: Advertiser, blog: Partnership, overlay: Partnership
) -> None:
    first, second = Shopper(), Shopper()
    first.follow(blog, NOW)
    second.follow(overlay, NOW + MINUTE)
    sale = first.buy(shop, NOW + 2 * MINUTE, order="7")
    second.buy(shop, NOW + 3 * MINUTE, order="7", amount="20.00")
    shown = page(owner, sale)
    assert "in conflict until the advertiser settles it" in shown
    assert "Settle the conflict" in shown
    assert "If the report of 12 Mar 2026 14:02 is right (Tag, £49.90) Blog A would be" in shown
    assert "If the report of 12 Mar 2026 14:03 is right (Tag, £20.00) Overlay X would" in shown
    assert "Soft cookie: valid: Overlay X's soft click of 12 Mar 2026 14:01" in shown
    assert "Browser session The session of its clicks" in shown
    assert "It is what the partner of the earlier report would earn." in shown
    assert "If nobody does, the earlier report decides on 11 Apr 2026 14:03" in shown


def test_a_viewer_is_offered_no_settling(
    client: Client, shop: Advertiser, blog: Partnership
) -> None:
    client.force_login(make_user("viewer", shop))
    shopper = Shopper()
    shopper.follow(blog, NOW)
    sale = shopper.buy(shop, NOW, order="7")
    data = {"order": "7", "amount": "20.00"}
    report_sale(shop, NOW, data, from_cookies=shopper.cookies, source="pixel")
    shown = page(client, sale)
    assert "Reports with different figures." in shown
    assert "Settle the conflict" not in shown


def test_a_final_sale_and_a_report_that_came_too_late(
    owner: Client, shop: Advertiser, blog: Partnership
) -> None:
    shopper = Shopper()
    shopper.follow(blog, NOW)
    sale = shopper.buy(shop, NOW + MINUTE, order="8")
    sale.refresh_from_db()
    assert sale.closes_at
    finalise(sale.closes_at)
    shopper.buy(shop, sale.closes_at + DAY, order="8")
    shown = page(owner, sale)
    assert "Credited to Blog A · hard · £3.99 · final since 11 Apr 2026 14:00" in shown
    assert "1 report came after the sale was closed. It is kept below and changed nothing." in shown
    assert "Too late: the sale was closed" in shown
    assert "Closed on 11 Apr 2026 14:00 UTC, after all evidence was checked" in shown


def test_a_sale_whose_decision_changed_says_how(
    owner: Client, shop: Advertiser, blog: Partnership, overlay: Partnership
) -> None:
    shopper, elsewhere = Shopper(), Shopper()
    shopper.follow(overlay, NOW)
    elsewhere.follow(blog, NOW + MINUTE)
    sale = shopper.buy(shop, NOW + 9 * MINUTE, order="9")
    data = {"order": "9", "amount": "49.90"}
    report_sale(shop, NOW + DAY, data, from_cookies=elsewhere.cookies, source="keyed")
    shown = page(owner, sale)
    assert "Credited to Blog A · hard" in shown
    said = "Credited to Overlay X until 13 Mar 2026 14:00. The shop's server reported Blog A's"
    assert f"{said} later click." in shown
    assert "Kept apart: another browser's report of this order" in shown


def test_a_click_that_was_rebuilt_says_so(
    owner: Client, shop: Advertiser, blog: Partnership
) -> None:
    shopper = Shopper()
    shopper.follow(blog, NOW)
    Click.objects.all().delete()
    sale = shopper.buy(shop, NOW + MINUTE, order="10")
    assert "Rebuilt from its signed token" in page(owner, sale)


def test_a_click_that_is_kept_no_longer_has_no_page_to_lead_to(
    owner: Client, shop: Advertiser, blog: Partnership
) -> None:
    shopper = Shopper()
    click = shopper.follow(blog, NOW)
    sale = shopper.buy(shop, NOW + MINUTE, order="11")
    address = f"/admin/tracking/click/{click}/change/"
    here = f"/admin/tracking/conversion/{sale.pk}/change/"
    assert address in owner.get(here).content.decode()
    Click.objects.all().delete()
    assert address not in owner.get(here).content.decode()


@pytest.mark.parametrize(
    ("asked", "said"),
    [
        pytest.param({}, "Choose another type or rule above.", id="nothing"),
        pytest.param(
            {"blog": "soft"}, "Blog A (soft) would still be credited.", id="the_same_ends"
        ),
        pytest.param(
            {"overlay": "hard"},
            "Overlay X (hard) would be credited £3.99 instead of Blog A.",
            id="another_would_be_paid",
        ),
        pytest.param(
            {"blog": "soft", "soft_rule": "last"},
            "Overlay X (soft) would be credited £3.99 instead of Blog A.",
            id="type_and_rule",
        ),
        pytest.param(
            {"blog": "soft", "soft_rule": "sole"},
            "Nobody would be credited instead of Blog A.",
            id="nobody_would_be_paid",
        ),
        pytest.param(
            {"overlay": "<script>", "soft_rule": "all"},
            "Choose another type or rule above.",
            id="what_cannot_be_asked_for",
        ),
    ],
)
def test_other_types_and_rules_can_be_tried(
    owner: Client,
    shop: Advertiser,
    blog: Partnership,
    overlay: Partnership,
    asked: dict[str, str],
    said: str,
) -> None:
    sale = stood_down_sale(shop, blog, overlay)
    keys = {"blog": f"type-{blog.publisher_id}", "overlay": f"type-{overlay.publisher_id}"}
    before = Conversion.objects.get(pk=sale.pk).decision_id
    shown = page(owner, sale, **{keys.get(name, name): value for name, value in asked.items()})
    assert said in shown
    assert Conversion.objects.get(pk=sale.pk).decision_id == before


def test_a_replay_leaves_out_what_the_redirect_had_decided(
    shop: Advertiser, blog: Partnership, overlay: Partnership
) -> None:
    decision = stood_down_sale(shop, blog, overlay).decision
    assert decision
    clicks = clicks_of(decision)
    assert [click.stood_down for click in clicks] == [False, True]
    change = Change({blog.publisher_id: CookieType.SOFT}, SoftRule.LAST)
    terms = Circumstances([ShopTerms(starts_at=0, hard_days=30, soft_hours=1)])
    outcome = replay(Recorded(clicks, sale_of(decision)), change, terms)
    assert outcome.paid
    assert outcome.paid.publisher == overlay.publisher_id
    assert outcome.verdicts[0].click.window_minutes == 60


def test_a_report_that_would_have_come_too_late_is_not_tried(
    owner: Client, shop: Advertiser, blog: Partnership
) -> None:
    """The browser reported the order again in another session, after a soft cookie's window."""
    browser, then = Browser(shop), NOW - 3 * DAY
    token = browser.click(blog.publisher, then).token
    assert token
    record(make_report(shop, "1", then + MINUTE, clicks=[token]))
    browser.end_session()
    record(browser.report("1", NOW - DAY, source="pixel"))
    sale = Conversion.objects.get()
    shown = page(owner, sale, **{f"type-{blog.publisher_id}": "soft"})
    assert "Blog A (soft) would still be credited." in shown


def test_evidence_says_whose_clicks_came_and_why_others_were_rejected(
    owner: Client, shop: Advertiser, blog: Partnership, overlay: Partnership
) -> None:
    sale = stood_down_sale(shop, blog, overlay)
    report = Report.objects.get(conversion=sale)
    forged = {"role": "server", "token": "AAAA", "reason": "bad_signature"}
    Report.objects.filter(pk=report.pk).update(tokens=[*report.tokens, forged])
    shown = page(owner, sale)
    assert "Hard cookie: valid: Blog A's hard click of 12 Mar 2026 14:00" in shown
    assert "Last click: valid: Overlay X's soft click of 12 Mar 2026 14:05" in shown
    assert "From the shop's server: rejected: signature invalid" in shown
    assert "Session 1" in shown


def test_money_is_told_part_by_part_before_and_after_it_is_rounded(
    owner: Client, shop: Advertiser, blog: Partnership
) -> None:
    Advertiser.objects.filter(pk=shop.pk).update(network_fee_percent=10)
    shopper = Shopper()
    shopper.follow(blog, NOW)
    shown = page(owner, shopper.buy(shop, NOW + MINUTE, order="12"))
    assert "DEFAULT £49.90 8% £3.992 £3.99" in shown
    assert "£0.40" in shown
    assert "£4.39" in shown


def test_a_publisher_cannot_read_off_the_picture_when_a_rival_came(
    shop: Advertiser, blog: Partnership
) -> None:
    """The same picture, whenever the rival took the cookie."""
    rival = make_partner(shop, make_publisher("Rival"), "hard")
    drawn = []
    for order, after in (("1", 3 * MINUTE), ("2", 300 * MINUTE)):
        shopper = Shopper()
        shopper.follow(blog, NOW)
        shopper.follow(rival, NOW + after)
        shopper.follow(blog, NOW + 310 * MINUTE)
        sale = shopper.buy(shop, NOW + 320 * MINUTE, order=order)
        drawn.append(explain_to_publisher(sale.commission, NOW + DAY).picture)
    assert [lane.verdict for lane in drawn[0].lanes] == ["overwritten", "held"]
    assert [bar.strong for bar in drawn[0].lanes[0].bars] == [False]
    assert drawn[0] == drawn[1]
    assert "Rival" not in str(drawn)
