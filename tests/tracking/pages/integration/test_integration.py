"""The integration page: what a shop pastes, whether it works, and what arrived."""

import re
import shutil
import subprocess
from datetime import timedelta
from typing import Any
from urllib.parse import urlsplit

import pytest
from django.conf import settings
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from network.models import Advertiser
from publishers.models import Partnership
from tests.support.browsing import Browser, make_report, record
from tests.support.makers import (
    NOW,
    Shopper,
    make_advertiser,
    make_partner,
    make_publisher,
    make_user,
)
from tests.support.reading import text
from tracking.models import Report
from tracking.pages.integration import seen
from tracking.pages.integration.snippets import ready_recipes, snippets
from tracking.wire.tag import STUB_HASH

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("at_now")]
MOST_QUERIES = 25
BASE = "https://track.example/t/7/"


@pytest.fixture
def blog(shop: Advertiser) -> Partnership:
    return make_partner(shop, make_publisher("Blog A"), "hard")


@pytest.fixture
def owner(client: Client, shop: Advertiser) -> Client:
    client.force_login(make_user("owner", shop))
    return client


def address(shop: Advertiser) -> str:
    return f"/admin/integration/{shop.pk}/"


def states(shop: Advertiser) -> dict[str, str]:
    return {step.key: step.state for step in seen.steps(shop, NOW)}


WAITING = dict.fromkeys(("host", "landed", "slots", "test", "confirmed", "merged"), "waiting")


def test_nothing_is_ticked_before_anything_happened(shop: Advertiser) -> None:
    assert states(shop) == WAITING


def test_a_link_that_is_followed_and_never_lands_is_a_problem(
    shop: Advertiser, blog: Partnership
) -> None:
    Browser(shop).click(blog.publisher, NOW)
    assert states(shop) == {**WAITING, "host": "seen", "landed": "problem"}


def test_each_report_ticks_what_it_shows(shop: Advertiser, blog: Partnership) -> None:
    shopper = Shopper()
    shopper.follow(blog, NOW)
    shopper.buy(shop, NOW, order="1")
    found = states(shop)
    assert (found["slots"], found["confirmed"], found["merged"]) == ("seen", "waiting", "waiting")
    token = Report.objects.get().tokens[0]["token"]
    record(make_report(shop, "1", NOW, "49.90", clicks=[token], source="keyed"))
    found = states(shop)
    assert (found["confirmed"], found["merged"], found["test"]) == ("seen", "seen", "waiting")
    record(make_report(shop, "2", NOW, "49.90", clicks=[token], fields={"test": "1"}))
    assert states(shop)["test"] == "seen"


def test_each_tick_says_when_it_was_last_seen(
    owner: Client, shop: Advertiser, blog: Partnership
) -> None:
    shopper = Shopper()
    shopper.follow(blog, NOW - timedelta(minutes=9))
    shopper.buy(shop, NOW - timedelta(minutes=5), order="1")
    shown = text(owner.get(address(shop)))
    assert "Seen The browser keeps the click until the order 5 minutes ago" in shown
    assert "Waiting A test sale is reported Add test: true to the sale" in shown


def test_a_tick_stays_when_more_has_arrived_than_is_looked_through(
    shop: Advertiser, blog: Partnership, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(seen, "MOST_REPORTS", 1)
    at = NOW - timedelta(minutes=9)
    token = Browser(shop).click(blog.publisher, at - timedelta(minutes=1)).token
    record(make_report(shop, "1", at, clicks=[token]))
    record(make_report(shop, "1", at, clicks=[token], source="keyed"))
    record(make_report(shop, "2", at, clicks=[token], fields={"test": "1"}))
    for order in ("3", "4"):
        record(make_report(shop, order, NOW, clicks=[token]))
    found = states(shop)
    assert [found[key] for key in ("test", "confirmed", "merged")] == ["seen"] * 3


def test_what_is_over_a_month_old_ticks_nothing(shop: Advertiser, blog: Partnership) -> None:
    token = Browser(shop).click(blog.publisher, NOW - timedelta(days=31)).token
    report = make_report(shop, "1", NOW - timedelta(days=31), clicks=[token], source="keyed")
    record(report)
    assert states(shop) == WAITING


def test_the_page_asks_as_much_for_many_reports_as_for_few(
    owner: Client, shop: Advertiser, blog: Partnership
) -> None:
    def asked() -> int:
        with CaptureQueriesContext(connection) as queries:
            assert owner.get(address(shop)).status_code == 200
        return len(queries)

    token = Browser(shop).click(blog.publisher, NOW).token
    record(make_report(shop, "1", NOW, clicks=[token]))
    few = asked()
    for order in range(2, 12):
        other = make_partner(shop, make_publisher(), "hard")
        click = Browser(shop).click(other.publisher, NOW)
        record(make_report(shop, str(order), NOW, clicks=[click.token]))
    assert Report.objects.count() == 11
    assert asked() == few
    assert few <= MOST_QUERIES


def test_what_another_shop_sees_ticks_nothing_here(shop: Advertiser) -> None:
    other = make_advertiser()
    partner = make_partner(other, make_publisher("Other"), "hard")
    Browser(other).click(partner.publisher, NOW)
    assert states(shop) == WAITING


def test_a_test_says_whom_it_would_be_credited_to(
    owner: Client, shop: Advertiser, blog: Partnership
) -> None:
    shopper = Shopper()
    shopper.follow(blog, NOW)
    shopper.buy(shop, NOW, order="1")
    token = Report.objects.get().tokens[0]["token"]
    record(make_report(shop, "2", NOW, "49.90", clicks=[token], fields={"test": "1"}))
    page = owner.get(address(shop))
    assert "Would be credited to: Blog A" in text(page)
    link = re.search(r'id="test-link" translate="no">([^<]+)<', page.content.decode())
    assert link
    assert link[1].endswith(f"/t/{shop.pk}/c/{blog.publisher_id}?consent=1")


def test_what_was_wrong_with_a_report_is_told(owner: Client, shop: Advertiser) -> None:
    assert "Nothing has arrived yet." in text(owner.get(address(shop)))
    record(make_report(shop, "2", NOW, "49.90", source="keyed", fields={"customer": "vip"}))
    shown = text(owner.get(address(shop)))
    assert "customer vip new or returning" in shown


def test_another_shops_page_is_not_there(owner: Client) -> None:
    assert owner.get(address(make_advertiser())).status_code == 404
    assert owner.get("/admin/integration/0/").status_code == 404


def test_the_code_is_that_of_this_shop(owner: Client, shop: Advertiser) -> None:
    codes = {one.key: one.code for one in snippets(shop, BASE)}
    assert f'src="{BASE}tag.js"' in codes["tag"]
    assert f'"currency": "{shop.currency}"' in codes["sale"]
    assert '"sig"' in codes["signed"]
    assert f"{BASE}pixel.gif?order=10023&amp;amount=49.90" in codes["pixel"]
    host = f"{urlsplit(BASE).scheme}://{urlsplit(BASE).netloc}"
    assert codes["csp"] == (f"script-src {host} {STUB_HASH}; connect-src {host}; img-src {host}")
    assert f"{settings.SITE_URL}/api/v1/conversions" in codes["server"]


def recipe(shop: Advertiser, key: str) -> str:
    return next(one.code for one in ready_recipes(shop, BASE) if one.key == key)


def test_the_python_recipe_keeps_clicks_and_reports(
    shop: Advertiser, monkeypatch: pytest.MonkeyPatch
) -> None:
    found: dict[str, Any] = {}
    exec(compile(recipe(shop, "python"), "recipe", "exec"), found)
    new, old = "a" * 85, "b" * 85
    assert found["clicks_to_keep"]({"sclk": new}, f"{old}.junk") == [new, old]
    assert found["clicks_to_keep"]({"sclk": "junk"}, old) == [old]
    assert found["clicks_to_keep"]({}, "") == []


@pytest.mark.parametrize("key", ["php", "woocommerce"])
def test_the_php_recipes_are_php(shop: Advertiser, key: str) -> None:
    php = shutil.which("php")
    if php is None:
        pytest.skip("no PHP here")
    code = recipe(shop, key)
    source = code if code.startswith("<?php") else f"<?php\n{code}"
    done = subprocess.run([php, "-l"], input=source, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout


def test_every_recipe_has_no_place_left_open(shop: Advertiser) -> None:
    for one in [*snippets(shop, BASE), *ready_recipes(shop, BASE)]:
        assert "%(" not in one.code
