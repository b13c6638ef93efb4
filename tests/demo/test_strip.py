"""The strip below the demo's pages."""

from collections import Counter
from collections.abc import Callable
from datetime import timedelta

import pytest
from django.template.loader import render_to_string

from network.demo.pages import places, strip
from network.models import Advertiser
from publishers.models import Partnership
from tests.demo.visitor import FirstParty, ask, cleared, look
from tests.support.makers import NOW, make_user, report_sale
from tracking.commissions import decisions
from tracking.lifecycle import suspension

Moves = Callable[[FirstParty, Partnership, Partnership], None]


def blog_then_extension(shopper: FirstParty, blog: Partnership, extension: Partnership) -> None:
    shopper.follow(blog, NOW)
    shopper.follow(extension, NOW + timedelta(minutes=5))


def extension_then_blog(shopper: FirstParty, blog: Partnership, extension: Partnership) -> None:
    shopper.follow(extension, NOW)
    shopper.follow(blog, NOW + timedelta(minutes=5))


def extension_alone(shopper: FirstParty, blog: Partnership, extension: Partnership) -> None:
    shopper.follow(extension, NOW)


def extension_and_closed(shopper: FirstParty, blog: Partnership, extension: Partnership) -> None:
    shopper.follow(extension, NOW)
    shopper.end_session()


def nothing(shopper: FirstParty, blog: Partnership, extension: Partnership) -> None:
    pass


def test_an_order_that_waits_for_a_click_is_not_said_to_be_lost(shop: Advertiser) -> None:
    report_sale(shop, NOW, {"order": "N-1", "amount": "12.00"}, source="keyed")
    order = strip.order_of("N-1", shop)
    assert (order.is_waiting, order.is_known) == (True, False)
    shown = render_to_string("demo/strip.html", {"order": order, "slots": []})
    assert "no click has come for it" in shown
    assert "not stored" not in shown
    assert not strip.order_of("N-2", shop).is_waiting


@pytest.mark.parametrize(
    ("moves", "after", "paid"),
    [
        pytest.param(blog_then_extension, timedelta(hours=1), "The Trail Blog", id="stood_down"),
        pytest.param(blog_then_extension, timedelta(days=31), "", id="all_expired"),
        pytest.param(extension_then_blog, timedelta(hours=1), "The Trail Blog", id="overwritten"),
        pytest.param(extension_alone, timedelta(hours=1), "PerkPanel", id="soft"),
        pytest.param(extension_alone, timedelta(hours=25), "", id="soft_expired"),
        pytest.param(extension_and_closed, timedelta(hours=1), "", id="session_ended"),
    ],
)
def test_an_order_then_pays_whom_the_strip_named(
    shop: Advertiser,
    blog: Partnership,
    extension: Partnership,
    moves: Moves,
    after: timedelta,
    paid: str,
) -> None:
    shopper = FirstParty()
    moves(shopper, blog, extension)
    at = NOW + after
    outcome = strip.outcome_now(strip.read(shopper.jar, shop.id, at), shop, at)
    names = strip.names_of(judged.click for judged in outcome.verdicts)
    assert (names.of(outcome.paid) if outcome.paid else "") == paid

    sale = shopper.buy(shop, at)
    assert sale.decision
    assert decisions.judged_clicks(sale.decision) == list(outcome.verdicts)


def test_the_strip_shows_slots_and_clicks(
    blog: Partnership, extension: Partnership, monkeypatch: pytest.MonkeyPatch
) -> None:
    shopper = FirstParty()
    blog_then_extension(shopper, blog, extension)
    text = look(shopper, monkeypatch)
    assert "An order now would be credited to The Trail Blog ." in text
    assert "_sch hard slot The Trail Blog hard 12 Mar 14:00:00 11 Apr 2026 14:00 live" in text
    assert "_scl last click PerkPanel soft" in text
    assert "Stood down: The Trail Blog's hard cookie was live until 11 Apr 2026 14:00." in text


@pytest.mark.usefixtures("shop")
def test_the_strip_of_a_new_browser_names_nobody(monkeypatch: pytest.MonkeyPatch) -> None:
    text = look(FirstParty(), monkeypatch)
    assert "An order now would be credited to nobody ." in text
    assert "has followed no partner's link" in text


def test_the_strip_follows_an_order(
    shop: Advertiser, blog: Partnership, monkeypatch: pytest.MonkeyPatch
) -> None:
    shopper = FirstParty()
    shopper.follow(blog, NOW)
    assert "Order NO-1: on its way to the network." in look(shopper, monkeypatch, "?order=NO-1")
    shopper.buy(shop, NOW + timedelta(minutes=9), order="NO-1", amount="50.00")
    text = look(shopper, monkeypatch, "?order=NO-1")
    assert "Order NO-1: £4.00 to The Trail Blog , hard — Pending , final on 11 Apr 2026" in text


def test_the_strip_follows_an_order_that_pays_nobody(
    shop: Advertiser, extension: Partnership, monkeypatch: pytest.MonkeyPatch
) -> None:
    shopper = FirstParty()
    shopper.follow(extension, NOW)
    shopper.end_session()
    shopper.buy(shop, NOW + timedelta(minutes=9), order="NO-2")
    text = look(shopper, monkeypatch, "?order=NO-2")
    assert "Order NO-2: credited to nobody ." in text
    assert "PerkPanel's soft cookie had ended with its browser session" in text


def test_the_strip_says_that_an_order_is_declined(
    shop: Advertiser, blog: Partnership, monkeypatch: pytest.MonkeyPatch
) -> None:
    shopper = FirstParty()
    shopper.follow(blog, NOW)
    suspension.suspend(blog, NOW, reason="Stuffed.", made_by=make_user("operator"))
    shopper.buy(shop, NOW + timedelta(minutes=9), order="NO-3")
    text = look(shopper, monkeypatch, "?order=NO-3")
    assert "£3.99 to The Trail Blog , hard — Declined: Fraud: Stuffed ." in text
    assert "final on" not in text


def test_cookies_of_an_earlier_demo_are_cleared(shop: Advertiser, blog: Partnership) -> None:
    shopper = FirstParty()
    shopper.follow(blog, NOW)
    assert not ask(places.SHOP, "/", **shopper.jar).cookies
    forged = {**shopper.jar, "_scl": shopper.jar["_scl"][:-8] + "AAAAAAAA"}
    assert cleared(ask(places.SHOP, "/", **forged)) == Counter(dict.fromkeys(strip.COOKIES, 2))
