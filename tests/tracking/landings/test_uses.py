"""How often a click was used: landings, browsers, orders and journeys."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import timedelta
from typing import Any
from uuid import UUID

import pytest
import time_machine
from django.db import connection, transaction
from django.test import Client

from network.clock import to_ms
from network.models import Advertiser
from publishers.models import Partnership, Publisher
from tests.support.browsing import Browser, make_report, minutes, record
from tests.support.makers import NOW, SetClock, make_partner, make_publisher, make_user
from tracking.clicks.keys import KEYS
from tracking.evidence.fields import FieldError
from tracking.evidence.joining import Role
from tracking.explain.landings import landed_text, uses_text
from tracking.landings import rows
from tracking.landings.arriving import arrive
from tracking.landings.models import MOST_BROWSERS, MOST_ORDERS
from tracking.landings.uses import (
    Use,
    of_clicks_from_apart,
    of_clicks_that_never_landed,
    of_overused_clicks,
    uses_of,
)
from tracking.models import Click, Conversion, Landing
from tracking.rule.tokens import decode
from tracking.spool import intake

pytestmark = pytest.mark.django_db


@pytest.fixture
def blog(shop: Advertiser) -> Publisher:
    blog = make_publisher("Blog")
    make_partner(shop, blog, "hard")
    return blog


def click(shop: Advertiser, blog: Publisher) -> str:
    return Browser(shop).click(blog, NOW).token


def landing(shop: Advertiser, token: str, after: float = 0, journey: int = 0) -> dict[str, Any]:
    return arrive(token, shop.pk, journey, KEYS, to_ms(NOW + minutes(after))).record


@transaction.atomic
def take_in(records: Sequence[dict[str, Any]]) -> None:
    intake.store(records, NOW)


def id_of(token: str) -> UUID:
    return decode(token, KEYS).click.id


def use_of(shop: Advertiser, token: str) -> Use:
    return uses_of(shop.pk, [id_of(token)]).get(id_of(token), Use())


def test_a_click_that_nobody_saw_land(shop: Advertiser, blog: Publisher) -> None:
    token = click(shop, blog)
    assert use_of(shop, token) == Use()
    assert landed_text(Use()) == "Never seen to land"


def test_duplicates_and_order_change_nothing(shop: Advertiser, blog: Publisher) -> None:
    token = click(shop, blog)
    records = [landing(shop, token, after, journey=7) for after in (3, 1, 20, 2)]
    take_in(records)
    once = use_of(shop, token)
    assert (once.landed_at, once.landings, once.stale, once.browsers) == (NOW + minutes(1), 4, 1, 1)
    take_in([records[2], records[0]])
    Landing.objects.all().delete()
    take_in([*records[::-1], records[1]])
    assert use_of(shop, token) == once


def test_a_landing_may_arrive_before_its_click(shop: Advertiser, blog: Publisher) -> None:
    answer = Browser(shop).click(blog, NOW, lost=True)
    take_in([landing(shop, answer.token)])
    take_in([answer.record])
    assert use_of(shop, answer.token).landings == 1


def test_so_many_landings_of_a_click_are_kept(
    shop: Advertiser, blog: Publisher, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(rows, "MOST_KEPT", 3)
    token, other = click(shop, blog), click(shop, blog)
    take_in([landing(shop, token, after) for after in (1, 2)])
    take_in([landing(shop, token, after) for after in (3, 4)] + [landing(shop, other)])
    assert use_of(shop, token).landings == 3
    assert use_of(shop, other).landings == 1


def test_landings_are_kept_as_long_as_their_clicks(shop: Advertiser, blog: Publisher) -> None:
    token, later = click(shop, blog), Browser(shop).click(blog, NOW + timedelta(days=9)).token
    take_in([landing(shop, each, after) for each, after in ((token, 1), (later, 13_000))])
    assert rows.prune(NOW + timedelta(days=400)) == 0
    Click.objects.filter(id=id_of(token)).delete()
    assert rows.prune(NOW + timedelta(days=1)) == 0, "its click may still be under way"
    assert rows.prune(NOW + timedelta(days=20)) == 1
    assert use_of(shop, token) == Use()
    assert rows.prune(NOW + timedelta(days=9) + rows.LONGEST) == 0
    assert rows.prune(NOW + timedelta(days=9, seconds=1) + rows.LONGEST) == 1


@pytest.mark.parametrize(
    ("journeys", "browsers"),
    [
        pytest.param([0], 1, id="one"),
        pytest.param([0, 0, 0], 3, id="the_tag_asks_once_in_each"),
        pytest.param([5, 5, 6], 2, id="known_by_their_journeys"),
        pytest.param([5, 0], 2, id="both"),
    ],
)
def test_browsers_are_those_in_which_it_landed_fresh(
    shop: Advertiser, blog: Publisher, journeys: list[int], browsers: int
) -> None:
    token = click(shop, blog)
    take_in([landing(shop, token, 1, journey) for journey in journeys])
    take_in([landing(shop, token, 60, 9)])
    assert use_of(shop, token).browsers == browsers


def overused() -> set[str]:
    return set(Conversion.objects.filter(of_overused_clicks()).values_list("order", flat=True))


def test_more_orders_than_usual_are_flagged_all_of_them(shop: Advertiser, blog: Publisher) -> None:
    """With one token, kept by whoever reports them."""
    token, other = click(shop, blog), click(shop, blog)
    record(make_report(shop, "other", NOW, clicks=[other]))
    for number in range(MOST_ORDERS):
        record(make_report(shop, str(number), NOW + timedelta(hours=number), clicks=[token]))
    assert (use_of(shop, token).orders, overused()) == (MOST_ORDERS, set())

    record(make_report(shop, "one more", NOW + timedelta(days=2), clicks=[token]))
    use = use_of(shop, token)
    assert (use.orders, use.journeys, use.is_over_limit) == (MOST_ORDERS + 1, 1, True)
    assert overused() == {"0", "1", "2", "one more"}
    assert uses_text(use).startswith("4 orders, 1 journey, 0 browsers: flagged")


def test_orders_that_come_together_are_flagged_too(shop: Advertiser, blog: Publisher) -> None:
    """Reported in one batch, or decided again in it."""
    token = click(shop, blog)
    reports = [
        intake.report_record(make_report(shop, str(number), NOW, clicks=[token]))
        for number in range(MOST_ORDERS + 1)
    ]
    take_in(reports[:MOST_ORDERS])
    assert overused() == set()
    take_in(reports[MOST_ORDERS:])
    assert len(overused()) == MOST_ORDERS + 1
    other = click(shop, blog)
    take_in(
        [
            intake.report_record(make_report(shop, f"other {number}", NOW, clicks=[other]))
            for number in range(MOST_ORDERS + 1)
        ]
    )
    assert len(overused()) == 2 * (MOST_ORDERS + 1)


def test_who_is_flagged_is_found_without_a_look_at_all_sales(
    shop: Advertiser, blog: Publisher
) -> None:
    flagged = Conversion.objects.filter(of_overused_clicks(shop.pk))
    with connection.cursor() as cursor:
        cursor.execute("SET LOCAL enable_seqscan = off")
    plan = flagged.explain()
    assert "decision_often" in plan
    assert "landing_often" in plan


def test_more_browsers_than_usual_are_flagged(shop: Advertiser, blog: Publisher) -> None:
    token = click(shop, blog)
    record(make_report(shop, "1", NOW + minutes(5), clicks=[token]))
    for number in range(MOST_BROWSERS):
        take_in([landing(shop, token, number)])
    assert overused() == set()
    take_in([landing(shop, token, 9)])
    assert overused() == {"1"}


def test_what_a_kept_link_brings_is_no_browser(shop: Advertiser, blog: Publisher) -> None:
    token = click(shop, blog)
    record(make_report(shop, "1", NOW + minutes(5), clicks=[token]))
    take_in([landing(shop, token, 11 + number) for number in range(9)])
    use = use_of(shop, token)
    assert (use.landed_at, use.stale, use.browsers, overused()) == (None, 9, 0, set())
    assert "kept" in landed_text(use)


@pytest.mark.parametrize(
    ("journey", "after", "apart"),
    [
        pytest.param(9, 1, 1, id="another"),
        pytest.param(0, 1, 0, id="unknown"),
        pytest.param(-1, 1, 0, id="its_own"),
        pytest.param(9, 60, 0, id="stale_and_given_nothing"),
    ],
)
def test_a_landing_in_a_browser_on_another_journey(
    shop: Advertiser, blog: Publisher, journey: int, after: int, apart: int
) -> None:
    """The partner followed the link itself, and led a shopper to the shop with its token."""
    token = click(shop, blog)
    own = decode(token, KEYS).click.journey
    record(make_report(shop, "1", NOW + minutes(5), clicks=[token]))
    take_in([landing(shop, token, after, own if journey == -1 else journey)])
    assert use_of(shop, token).apart == apart
    assert Conversion.objects.filter(of_clicks_from_apart()).count() == apart


def test_staff_see_which_sales_landed_apart(
    shop: Advertiser, blog: Publisher, client: Client, at_now: None
) -> None:
    client.force_login(make_user("owner", shop))
    for order, journey in {"led": 9, "followed": 0}.items():
        token = click(shop, blog)
        record(make_report(shop, order, NOW, clicks=[token]))
        take_in([landing(shop, token, 1, journey or decode(token, KEYS).click.journey)])
    answer = client.get("/admin/tracking/conversion/", {"used": "apart"})
    [led] = answer.context["cl"].result_list
    assert led.order == "led"
    for sale in Conversion.objects.order_by("pk"):
        page = client.get(f"/admin/tracking/conversion/{sale.pk}/change/").content.decode()
        assert ('data-flag="apart"' in page) is (sale == led)
    partnership = Partnership.objects.get()
    with time_machine.travel(NOW + timedelta(hours=1), tick=False):
        answer = client.get(f"/admin/publishers/partnership/{partnership.pk}/change/")
    assert answer.context["apart"] == 1


@pytest.mark.parametrize(
    ("landed", "unanswered", "found"),
    [
        pytest.param(("buyer",), False, True, id="only_the_other_one"),
        pytest.param((), False, False, id="neither"),
        pytest.param(("buyer", "thief"), False, False, id="both"),
        pytest.param(("buyer",), True, False, id="no_answer"),
    ],
)
def test_a_token_that_a_script_put_into_the_page_is_marked(
    shop: Advertiser,
    blog: Publisher,
    client: Client,
    at_now: None,
    landed: Sequence[str],
    unanswered: bool,
    found: bool,
) -> None:
    """Made by a colluder elsewhere, later than the click that the browser holds."""
    client.force_login(make_user("owner", shop))
    thief = make_publisher("Thief")
    make_partner(shop, thief, "hard")
    browser = Browser(shop)
    kept = browser.click(blog, NOW - minutes(9)).token
    tokens = {"buyer": kept, "thief": Browser(shop).click(thief, NOW - minutes(3)).token}
    take_in([landing(shop, tokens[name]) for name in landed])
    report = browser.report("1", NOW)
    put = (*report.tokens, (Role.HARD, tokens["thief"]))
    record(replace(report, tokens=put, is_unanswered=unanswered))
    sale = Conversion.objects.get()
    assert sale.decision
    assert sale.decision.paid_publisher == thief
    assert (sale in Conversion.objects.filter(of_clicks_that_never_landed())) is found
    page = client.get(f"/admin/tracking/conversion/{sale.pk}/change/").content.decode()
    assert ('data-flag="unseen"' in page) is found
    answer = client.get("/admin/tracking/conversion/", {"used": "unseen"})
    assert answer.context["cl"].result_count == found


def test_staff_see_how_many_clicks_reached_the_shop(
    shop: Advertiser, blog: Publisher, client: Client, at_now: None
) -> None:
    """Of many clicks that a program made, none was seen there."""
    client.force_login(make_user("owner", shop))
    tokens = [click(shop, blog) for _ in range(5)]
    take_in([landing(shop, tokens[0], after) for after in (1, 2)] + [landing(shop, tokens[1], 60)])
    partnership = Partnership.objects.get()
    with time_machine.travel(NOW + timedelta(hours=1), tick=False):
        answer = client.get(f"/admin/publishers/partnership/{partnership.pk}/change/")
    assert answer.context["landed"] == {"seen": 1, "counting": 5}
    assert "1 of 5" in answer.content.decode()


def test_staff_see_which_sales_are_flagged(
    shop: Advertiser, blog: Publisher, client: Client, at_now: None
) -> None:
    """On the sale's page, in the list of sales, on the home and on the partner's page."""
    client.force_login(make_user("owner", shop))
    token, other = click(shop, blog), click(shop, blog)
    record(make_report(shop, "usual", NOW, clicks=[other]))
    for number in range(MOST_ORDERS + 1):
        record(make_report(shop, f"again-{number}", NOW, clicks=[token]))
    take_in([landing(shop, token, 1)])

    sales = Conversion.objects.filter(order__startswith="again-").order_by("pk")
    Conversion.objects.filter(pk=sales[0].pk).update(closed_at=NOW)
    page = client.get(f"/admin/tracking/conversion/{sales[0].pk}/change/").content.decode()
    assert 'data-flag="used"' in page
    assert landed_text(use_of(shop, token)) in page
    usual = Conversion.objects.get(order="usual")
    page = client.get(f"/admin/tracking/conversion/{usual.pk}/change/").content.decode()
    assert 'data-flag="used"' not in page
    assert "Never seen to land" in page

    for chosen, orders in {"flagged": MOST_ORDERS + 1, "open": MOST_ORDERS}.items():
        answer = client.get("/admin/tracking/conversion/", {"used": chosen})
        assert answer.context["cl"].result_count == orders
    home = client.get("/admin/").context
    assert (home["flagged"], home["refused"]) == (MOST_ORDERS, 0)
    partnership = Partnership.objects.get()
    with time_machine.travel(NOW + timedelta(hours=1), tick=False):
        answer = client.get(f"/admin/publishers/partnership/{partnership.pk}/change/")
    assert answer.context["flagged"] == MOST_ORDERS + 1


def test_the_home_counts_what_was_refused(shop: Advertiser, client: Client, at: SetClock) -> None:
    client.force_login(make_user("owner", shop))
    error = FieldError("amount", "1,234.50", "a number such as 49.90", "Send the total.")
    for order, age in {"wrong": timedelta(0), "old": timedelta(days=40)}.items():
        report = make_report(shop, order, NOW - age)
        record(replace(report, sale=None, order=order, errors=(error,)))
    at(NOW + timedelta(hours=1))
    assert client.get("/admin/").context["refused"] == 1
    listed = client.get("/admin/tracking/report/", {"outcome": "invalid", "period": "30"})
    assert [row.order for row in listed.context["cl"].result_list] == ["wrong"]


def test_the_report_says_that_its_landing_was_not_answered(
    shop: Advertiser, blog: Publisher, client: Client, at_now: None
) -> None:
    client.force_login(make_user("owner", shop))
    token = click(shop, blog)
    record(make_report(shop, "1", NOW, clicks=[token], is_unanswered=True))
    sale = Conversion.objects.get()
    page = client.get(f"/admin/tracking/conversion/{sale.pk}/change/").content.decode()
    assert "Not known to be fresh" in page


def test_a_clicks_page_says_when_it_landed(
    shop: Advertiser, blog: Publisher, client: Client, at_now: None
) -> None:
    client.force_login(make_user("owner", shop))
    token = click(shop, blog)
    address = f"/admin/tracking/click/{id_of(token)}/change/"
    assert "Never seen to land" in client.get(address).content.decode()
    take_in([landing(shop, token, 1)])
    assert landed_text(use_of(shop, token)) in client.get(address).content.decode()
