"""Finalisation that is killed before any of its statements, or done by many at once, ends as one
that nothing disturbed."""

import json
import signal
import subprocess
import sys
from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import pytest
from django.db import transaction

from network.local.bootstrap import ROOT
from network.models import Advertiser
from publishers.models import Publisher
from tests.flows import network as networks
from tests.flows.network import Network
from tests.support import databases
from tests.support.browsing import Browser, make_report, minutes, record
from tests.support.makers import NOW, make_advertiser, make_partner, make_publisher
from tracking.clicks import rows as click_rows
from tracking.models import Commission
from tracking.spool import intake

PREPARED = "prepared"
DUE = NOW + timedelta(days=31)
SHOP, BLOG = "Shop", "Blog"
MORE = 20


@pytest.fixture(scope="module")
def prepared(silent_network: Network) -> Iterator[Network]:
    """A database in which sales of every kind are due."""
    databases.copy(networks.MIGRATED, PREPARED)
    with networks.database(str(silent_network.postgres.sockets), PREPARED):
        sell()
    yield silent_network
    databases.drop(PREPARED)


def sell() -> None:
    """A sale that pays a hard click; one that pays nobody; one whose winner becomes known only at
    the end."""
    shop = make_advertiser(name=SHOP)
    blog, extension = make_publisher(BLOG), make_publisher(model_type="extension")
    make_partner(shop, blog)
    make_partner(shop, extension)
    browser = Browser(shop)
    browser.click(blog, NOW)
    browser.buy("hard", NOW + minutes(5))

    browser = Browser(shop)
    browser.click(extension, NOW)
    browser.end_session()
    browser.buy("nobody", NOW + minutes(5))

    browser = Browser(shop)
    token = browser.click(extension, NOW).token
    unknown = browser.click(blog, NOW + minutes(1), lost=True)
    record(make_report(shop, "late", NOW + minutes(5), clicks=[token]))
    with transaction.atomic():
        click_rows.insert([intake.click_row(unknown.record)])
    assert Commission.objects.get(conversion__order="late").publisher == extension


def sell_more() -> None:
    shop, blog = Advertiser.objects.get(name=SHOP), Publisher.objects.get(name=BLOG)
    for number in range(MORE):
        browser = Browser(shop)
        browser.click(blog, NOW)
        browser.buy(f"more {number}", NOW + minutes(5))


def run(network: Network, how: str) -> Any:
    ran = subprocess.run(
        [sys.executable, "-m", "tests.flows.finalisers", how, PREPARED, DUE.isoformat()],
        cwd=ROOT,
        env={**network.environment, "DJANGO_SETTINGS_MODULE": "network.settings"},
        capture_output=True,
        text=True,
        check=False,
    )
    assert ran.returncode == 0, ran.stderr
    assert "could not be closed" not in ran.stderr
    return json.loads(ran.stdout)


def finals(state: dict[str, list[str]], table: str) -> int:
    return sum("'final'" in row for row in state[table])


def test_killed_before_any_statement_it_ends_the_same(prepared: Network) -> None:
    whole = run(prepared, "alone")["state"]
    points = run(prepared, "killed")

    assert finals(whole, "Commission") == finals(whole, "Decision") + 1 == 2
    assert len(whole["LedgerEntry"]) == 2 * 2
    assert len(points) > 30
    assert {point["closed"] for point in points} == {0, 2, 3}
    for number, point in enumerate(points, 1):
        assert point["ended"] == -signal.SIGKILL
        assert point["state"] == whole, f"killed before statement {number}"


def test_twelve_at_once_finalise_once(prepared: Network) -> None:
    with networks.database(str(prepared.postgres.sockets), PREPARED):
        sell_more()
    alone, together = run(prepared, "alone"), run(prepared, "together")

    assert together["ended"] == [0] * 12
    assert together["state"] == alone["state"]
    assert finals(together["state"], "Commission") == MORE + 2
