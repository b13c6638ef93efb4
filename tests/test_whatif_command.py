"""``manage.py whatif``: what is printed, and what is refused."""

import csv
import json
from datetime import timedelta
from io import StringIO
from typing import Any

import pytest
from django.core.management import CommandError, call_command

from network import clock
from network.models import Advertiser
from tests.makers import NOW, Shopper, make_advertiser, make_partner, make_publisher
from tracking import whatif_sales
from tracking.models import Conversion
from tracking.whatif_models import WhatIfRun

pytestmark = pytest.mark.django_db


@pytest.fixture
def shop(monkeypatch: pytest.MonkeyPatch) -> Advertiser:
    """Two sales that a hard extension takes from the blog, of £100 at 8 %."""
    monkeypatch.setattr(clock, "now", lambda: NOW)
    shop = make_advertiser("Nimbus")
    blog = make_partner(shop, make_publisher("Blog"))
    extension = make_partner(shop, make_publisher("Extension", model_type="extension"), "hard")
    for days in (2, 3):
        shopper = Shopper()
        at = NOW - timedelta(days=days)
        shopper.follow(blog, at)
        shopper.follow(extension, at + timedelta(minutes=1))
        shopper.buy(shop, at + timedelta(minutes=2), amount="100.00")
    return shop


def run(*arguments: str) -> str:
    output = StringIO()
    call_command("whatif", *arguments, stdout=output)
    return output.getvalue()


def publisher(shop: Advertiser, name: str) -> int:
    return shop.partnerships.get(publisher__name=name).publisher_id


def test_it_prints_who_would_have_been_paid(shop: Advertiser) -> None:
    blog, extension = publisher(shop, "Blog"), publisher(shop, "Extension")
    assert run("--advertiser", str(shop.pk), "--set", f"{extension}=soft").splitlines() == [
        "Nimbus: 2 of 2 sales would have ended differently.",
        f"  Blog ({blog}): 0 sales, £0.00 → 2 sales, £16.00",
        f"  Extension ({extension}): 2 sales, £16.00 → 0 sales, £0.00",
        f"  Extension ({extension}) → Blog ({blog}): 2 sales, £16.00",
    ]


def test_as_csv_and_as_json(shop: Advertiser) -> None:
    blog, extension = publisher(shop, "Blog"), publisher(shop, "Extension")
    rows = list(csv.DictReader(run("--set", f"{extension}=soft", "--csv").splitlines()))
    assert [(row["publisher"], row["sales_after"], row["commission_after"]) for row in rows] == [
        (str(blog), "2", "16.00"),
        (str(extension), "0", "0.00"),
    ]
    told: dict[str, Any] = json.loads(run("--set", f"{extension}=soft", "--json"))
    newest = list(Conversion.objects.order_by("-at").values_list("pk", flat=True))
    assert (told["sales"], told["differing"]) == (2, 2)
    assert told["moves"] == [
        {
            "advertiser": shop.pk,
            "from": extension,
            "to": blog,
            "sales": 2,
            "commission_minor": 1600,
            "conversions": newest,
        }
    ]


def test_a_model_type_stands_for_those_that_its_default_decides_for(shop: Advertiser) -> None:
    """The extension has an assignment of its own: it keeps it, whatever extensions are."""
    assert "0 of 2 sales" in run("--set", "extension=soft")
    extension = publisher(shop, "Extension")
    assert "2 of 2 sales" in run("--set", "extension=hard", "--set", f"{extension}=soft")
    assert "0 of 2 sales" in run("--set", "content=hard")


def test_rules_and_windows_are_asked_likewise(shop: Advertiser) -> None:
    blog = publisher(shop, "Blog")
    asked = ("--soft-rule", "sole", "--hard-days", "1", "--soft-hours", "1")
    assert "0 of 2 sales" in run(*asked, "--own-days", f"{blog}=0")


def test_days_bound_the_sales(shop: Advertiser) -> None:
    extension = publisher(shop, "Extension")
    assert "1 of 1 sales" in run("--days", "2", "--set", f"{extension}=soft")
    assert "0 of 0 sales" in run("--days", "1", "--set", f"{extension}=soft")


def test_without_a_change_it_checks_that_the_replay_gives_what_was_decided(
    shop: Advertiser, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert "0 of 2 sales" in run()
    blog = publisher(shop, "Blog")
    monkeypatch.setattr(whatif_sales, "_would_pay", lambda inputs, paid, change, around: blog)
    with pytest.raises(CommandError, match="2 sales were decided otherwise") as refused:
        run()
    assert refused.value.returncode == 1


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        pytest.param(("--advertiser", "99999"), "there is no advertiser 99999", id="advertiser"),
        pytest.param(("--days", "0"), "--days: between 1 and 400", id="days"),
        pytest.param(("--days", "401"), "--days: between 1 and 400", id="too_many_days"),
        pytest.param(("--hard-days", "0"), "--hard-days: between", id="hard_days"),
        pytest.param(("--soft-hours", "721"), "--soft-hours: between", id="soft_hours"),
        pytest.param(("--set", "1"), "give WHO=hard or WHO=soft", id="no_type"),
        pytest.param(("--set", "1=inherit"), "give WHO=hard or WHO=soft", id="other_type"),
        pytest.param(("--set", "99999=soft"), "there is no publisher 99999", id="publisher"),
        pytest.param(("--set", "toolbar=soft"), "neither a publisher's id nor", id="model_type"),
        pytest.param(("--own-days", "1=401"), "give PUBLISHER=DAYS", id="own_days"),
        pytest.param(("--own-days", "x=4"), "'x' is no publisher's id", id="own_days_of_nobody"),
    ],
)
def test_what_cannot_be_asked_is_refused_with_its_name(
    shop: Advertiser, arguments: tuple[str, ...], said: str
) -> None:
    with pytest.raises(CommandError, match=said) as refused:
        run(*arguments)
    assert refused.value.returncode == 2


def test_a_partner_of_others_changes_nothing_here(shop: Advertiser) -> None:
    stranger = make_publisher("Stranger")
    assert "0 of 2 sales" in run("--set", f"{stranger.pk}=soft")


def test_it_writes_nothing(shop: Advertiser) -> None:
    before = list(Conversion.objects.order_by("pk").values())
    run("--set", f"{publisher(shop, 'Extension')}=soft")
    assert list(Conversion.objects.order_by("pk").values()) == before
    assert not WhatIfRun.objects.exists()
