"""From a click in a real browser to the final commission, through every process of the network."""

from datetime import timedelta

import pytest
from django.db.models import Sum
from playwright.sync_api import BrowserContext, Page

from network import clock
from publishers.models import LedgerEntry
from tests.browser.chromium import Profile
from tests.flows.network import Network, wait_until
from tests.flows.shopping import (
    Market,
    buy,
    commission_of,
    cookies_of,
    decision_of,
    follow,
    values_of,
    verdicts,
)
from tests.flows.sites import Sites
from tracking.models import Click, Commission

OURS = {"secure": True, "httpOnly": True, "sameSite": "None"}
SHOPS = {"path": "/", "secure": True, "httpOnly": False, "sameSite": "Lax"}
HARD_DAYS = pytest.approx(30, abs=0.01)
SESSION = None


def test_the_blog_is_paid_and_the_extension_stands_down(
    network: Network, market: Market, sites: Sites, page: Page, context: BrowserContext
) -> None:
    blog = follow(page, sites, market.blog)

    hard, last, session = (f"__Secure-sc{kind}-{market.id}" for kind in "hln")
    ours = OURS | {"path": f"/t/{market.id}/"}
    slots = {
        hard: ours | {"days": HARD_DAYS},
        last: ours | {"days": HARD_DAYS},
        session: ours | {"days": SESSION},
    }
    shops_slots = {
        "_sch": SHOPS | {"days": HARD_DAYS},
        "_scl": SHOPS | {"days": HARD_DAYS},
        "_scn": SHOPS | {"days": SESSION},
    }
    assert cookies_of(context, "track.localhost") == slots
    assert cookies_of(context, "shop.localhost") == shops_slots
    [token] = set(values_of(context, hard, last, "_sch", "_scl"))

    extension = follow(page, sites, market.extension)

    assert cookies_of(context, "track.localhost") == slots  # no soft slot
    assert cookies_of(context, "shop.localhost") == shops_slots
    assert values_of(context, hard, "_sch") == [token, token]
    assert token not in values_of(context, last, "_scl")
    assert (blog.cookie_type, blog.stood_down) == ("hard", False)
    assert (extension.cookie_type, extension.stood_down) == ("soft", True)
    assert (extension.journey, extension.session) == (blog.journey, blog.session)

    sale = buy(page, sites, market, "1001")

    assert verdicts(sale) == [(blog.publisher_id, "held"), (extension.publisher_id, "stood_down")]
    decision = decision_of(sale)
    assert decision.verdicts[1]["by"] == str(blog.id)
    assert (decision.paid_click, decision.closes_by_click) == (blog.id, blog.id)
    assert decision.closes_at == blog.at + timedelta(days=30)
    commission = commission_of(sale)
    assert (commission.publisher_id, commission.status) == (blog.publisher_id, "pending")
    assert (commission.sale_amount_minor, commission.amount_minor) == (4990, 399)
    assert (commission.network_fee_minor, commission.currency) == (40, "GBP")


def test_the_extension_alone_is_paid_in_a_fresh_browser(
    network: Network, market: Market, sites: Sites, page: Page, context: BrowserContext
) -> None:
    extension = follow(page, sites, market.extension)

    soft, last, session = (f"__Secure-sc{kind}-{market.id}" for kind in "sln")
    ours = OURS | {"path": f"/t/{market.id}/"}
    assert cookies_of(context, "track.localhost") == {
        soft: ours | {"days": SESSION},
        last: ours | {"days": HARD_DAYS},
        session: ours | {"days": SESSION},
    }
    assert cookies_of(context, "shop.localhost") == {
        "_scs": SHOPS | {"days": SESSION},
        "_scl": SHOPS | {"days": HARD_DAYS},
        "_scn": SHOPS | {"days": SESSION},
    }

    sale = buy(page, sites, market, "1002")

    assert verdicts(sale) == [(extension.publisher_id, "held")]
    assert decision_of(sale).closes_at == extension.at + timedelta(hours=24)
    commission = commission_of(sale)
    assert (commission.publisher_id, commission.cookie_type) == (extension.publisher_id, "soft")


def test_nobody_is_paid_when_the_browser_was_closed_after_the_soft_click(
    network: Network, market: Market, sites: Sites, profile: Profile
) -> None:
    extension = follow(profile.page, sites, market.extension)

    page = profile.reopen()
    assert cookies_of(profile.context, "track.localhost").keys() == {f"__Secure-scl-{market.id}"}
    page.goto(sites.shop(market.id))
    sale = buy(page, sites, market, "1003")

    assert verdicts(sale) == [(extension.publisher_id, "session_ended")]
    assert decision_of(sale).paid_click is None
    assert not Commission.objects.filter(conversion=sale).exists()


def test_a_hard_cookie_outlives_the_browser(
    network: Network, market: Market, sites: Sites, profile: Profile
) -> None:
    blog = follow(profile.page, sites, market.blog)

    sale = buy(profile.reopen(), sites, market, "1004")

    assert verdicts(sale) == [(blog.publisher_id, "held")]


def test_the_commission_becomes_final_when_the_window_has_closed(
    network: Network, market: Market, sites: Sites, page: Page
) -> None:
    blog = follow(page, sites, market.blog)
    sale = buy(page, sites, market, "1005")
    clock.skip(timedelta(days=29))
    network.await_drained()
    ran = network.finalisers_ran()
    wait_until(lambda: network.finalisers_ran() > ran + 1, "the finaliser has looked")
    assert commission_of(sale).status == "pending"

    clock.skip(timedelta(days=1, minutes=1))
    wait_until(lambda: commission_of(sale).status == "final", "the worker makes it final")

    commission = commission_of(sale)
    assert commission.closed_at
    assert commission.closed_at >= commission.closes_at
    entries = LedgerEntry.objects.filter(transaction=commission.ledger_transaction)
    columns = ("account__kind", "account__publisher", "amount_minor", "currency")
    assert set(entries.values_list(*columns)) == {
        ("advertiser_receivable", None, 399 + 40, "GBP"),
        ("publisher_payable", blog.publisher_id, -399, "GBP"),
        ("network_fees", None, -40, "GBP"),
    }
    assert LedgerEntry.objects.aggregate(total=Sum("amount_minor"))["total"] == 0
    verified = network.manage("verify")
    assert verified.returncode == 0, verified.stdout
    assert Click.objects.get(id=blog.id).reason == ""
