"""Finalisation that is killed before any of its statements, or done by many at once, ends as one
that nothing disturbed."""

import json
import subprocess
import sys
from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import pytest
from django.core.management import call_command
from django.db import connection

from network.bootstrap import ROOT
from tests.browsing import Browser, make_report, minutes, record
from tests.flows import network as networks
from tests.flows.network import Network
from tests.makers import NOW, make_advertiser, make_partner, make_publisher
from tracking import intake
from tracking.models import Commission, Conversion

pytestmark = pytest.mark.xdist_group("faults")

PREPARED = "prepared"
DUE = NOW + timedelta(days=31)


@pytest.fixture(scope="module")
def prepared(silent_network: Network) -> Iterator[Network]:
    """A database in which sales of every kind are due."""
    with connection.cursor() as cursor:
        cursor.execute(f"CREATE DATABASE {PREPARED}")
    with networks.database(str(silent_network.postgres.sockets), PREPARED):
        call_command("migrate", verbosity=0)
        sell()
    yield silent_network
    with connection.cursor() as cursor:
        cursor.execute(f"DROP DATABASE {PREPARED}")


def sell() -> None:
    """One sale that pays a hard click, one a soft click, one nobody; one whose winner becomes known
    only at the end; one that was declined; and three more."""
    shop = make_advertiser()
    blog, extension = make_publisher(), make_publisher(model_type="extension")
    make_partner(shop, blog)
    make_partner(shop, extension)
    for order, publisher in (("hard", blog), ("soft", extension), ("declined", blog)):
        browser = Browser(shop)
        browser.click(publisher, NOW)
        browser.buy(order, NOW + minutes(5))
    Commission.objects.filter(conversion__order="declined").update(
        status="declined", decline_reason="by_advertiser"
    )
    browser = Browser(shop)
    browser.click(extension, NOW)
    browser.end_session()
    browser.buy("nobody", NOW + minutes(5))

    browser = Browser(shop)
    token = browser.click(extension, NOW).token
    unknown = browser.click(blog, NOW + minutes(1), lost=True)
    record(make_report(shop, "late", NOW + minutes(5), clicks=[token]))
    intake._copy_clicks([unknown.record])
    for number in range(3):
        browser = Browser(shop)
        browser.click(blog, NOW)
        browser.buy(f"more {number}", NOW + minutes(5))
    assert Commission.objects.get(conversion__order="late").publisher == extension
    assert Conversion.objects.filter(closes_at__lte=DUE).count() == 8


def run(network: Network, how: str) -> dict[str, Any]:
    ran = subprocess.run(
        [sys.executable, "-m", "tests.flows.finalisers", how, PREPARED, DUE.isoformat()],
        cwd=ROOT,
        env={**network.environment, "DJANGO_SETTINGS_MODULE": "network.settings"},
        capture_output=True,
        text=True,
        check=False,
    )
    assert ran.returncode == 0, ran.stderr
    found: dict[str, Any] = json.loads(ran.stdout)
    return found


def check_whole(state: dict[str, list[str]]) -> None:
    """What must have come of the eight sales, whoever did it."""
    statuses = [line.split(", ")[3] for line in state["Commission"]]
    assert sorted(statuses) == ["'declined'", *["'final'"] * 6]
    assert len(state["LedgerEntry"]) == 6 * 2
    assert sum("closed" not in line and "None)" in line for line in state["Conversion"]) == 0
    assert sum("'final'" in line for line in state["Decision"]) == 1


def test_killed_before_any_statement_it_ends_the_same(prepared: Network) -> None:
    found = run(prepared, "crash")

    check_whole(found["undisturbed"])
    assert len(found["points"]) > 100
    assert {point["closed"] for point in found["points"]} == {0, 2, 4, 6, 8}
    for number, point in enumerate(found["points"], 1):
        assert point["state"] == found["undisturbed"], f"killed before statement {number}"


def test_twelve_at_once_finalise_once(prepared: Network) -> None:
    undisturbed = run(prepared, "crash")["undisturbed"]
    found = run(prepared, "together")

    assert found["ended"] == [0] * 12
    assert found["state"] == undisturbed
