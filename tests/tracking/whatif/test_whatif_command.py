"""``manage.py whatif``: what is printed, and what is refused."""

import json
from datetime import timedelta
from io import StringIO
from typing import Any

import pytest
from django.core.management import CommandError, call_command

from network import clock
from network.models import Advertiser
from publishers.models import Publisher
from tests.support.makers import (
    NOW,
    Shopper,
    make_advertiser,
    make_partner,
    make_publisher,
    make_user,
)
from tests.support.reading import signed_in
from tests.support.what_ifs import counted
from tracking.models import Conversion
from tracking.rule.attribution import CookieType
from tracking.rule.replay import Change
from tracking.whatif import runs
from tracking.whatif import sales as whatif_sales
from tracking.whatif.models import WhatIfRun
from tracking.whatif.results import Question

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
        "Nimbus: 2 of 2 sales would have been credited differently.",
        f"  Blog ({blog}): 0 sales, £0.00 → 2 sales, £16.00",
        f"  Extension ({extension}): 2 sales, £16.00 → 0 sales, £0.00",
        f"  Extension ({extension}) → Blog ({blog}): 2 sales, £16.00",
    ]


def test_one_sale_is_no_sales(shop: Advertiser) -> None:
    blog, extension = publisher(shop, "Blog"), publisher(shop, "Extension")
    assert run("--days", "2", "--set", f"{extension}=soft").splitlines() == [
        "Nimbus: 1 of 1 sale would have been credited differently.",
        f"  Blog ({blog}): 0 sales, £0.00 → 1 sale, £8.00",
        f"  Extension ({extension}): 1 sale, £8.00 → 0 sales, £0.00",
        f"  Extension ({extension}) → Blog ({blog}): 1 sale, £8.00",
    ]


def test_the_tables_are_those_of_the_page(shop: Advertiser) -> None:
    """Byte for byte, but for the mark that spreadsheets want at the beginning of a file."""
    extension = publisher(shop, "Extension")
    new = make_partner(shop, make_publisher("New")).publisher_id
    asker = make_user("operator")
    change = Change(types={extension: CookieType.SOFT, new: CookieType.SOFT})
    question = Question({shop.pk: change}, NOW - timedelta(days=90), NOW)
    asked = counted(runs.start(question, NOW, made_by=asker))
    client = signed_in(asker)
    set_both = ("--set", f"{extension}=soft", "--set", f"{new}=soft")
    for table, option in (("partners", ["--csv"]), ("moves", ["--csv", "moves"])):
        page = client.get(f"/admin/whatif/{asked.pk}/{table}.csv").content.decode("utf-8-sig")
        assert run(*set_both, *option) == page
        assert page.count("\n") == {"partners": 4, "moves": 2}[table]


def test_as_json(shop: Advertiser) -> None:
    blog, extension = publisher(shop, "Blog"), publisher(shop, "Extension")
    told: dict[str, Any] = json.loads(run("--set", f"{extension}=soft", "--json"))
    last = list(Conversion.objects.order_by("-pk").values_list("pk", flat=True))
    assert (told["sales"], told["differing"]) == (2, 2)
    assert told["moves"] == [
        {
            "advertiser": shop.pk,
            "from": extension,
            "to": blog,
            "sales": 2,
            "commission_minor": 1600,
            "conversions": last,
        }
    ]


def test_a_model_type_stands_for_those_that_its_default_decides_for(shop: Advertiser) -> None:
    """The extension has an assignment of its own: it keeps it, whatever extensions are."""
    extension = publisher(shop, "Extension")
    free = make_partner(shop, make_publisher("Free", model_type="extension")).publisher_id
    said = run("--set", "extension=soft")
    assert "0 of 2 sales" in said
    assert f"  Free ({free}): 0 sales, £0.00 → 0 sales, £0.00" in said
    assert "2 of 2 sales" in run("--set", "extension=hard", "--set", f"{extension}=soft")
    assert "0 of 2 sales" in run("--set", "content=hard")


def test_rules_and_windows_are_asked_likewise(shop: Advertiser) -> None:
    blog = publisher(shop, "Blog")
    asked = ("--soft-rule", "sole", "--hard-days", "1", "--soft-hours", "1")
    assert "0 of 2 sales" in run(*asked, "--own-days", f"{blog}=0")


def test_days_bound_the_sales(shop: Advertiser) -> None:
    extension = publisher(shop, "Extension")
    assert "1 of 1 sale " in run("--days", "2", "--set", f"{extension}=soft")
    assert run("--days", "1", "--set", f"{extension}=soft").splitlines() == [
        "Nimbus: no sales in 1 day, nothing to replay."
    ]


def test_without_an_advertiser_it_says_so() -> None:
    assert run() == "There is no advertiser yet: nothing to replay.\n"


def test_without_a_change_it_checks_that_the_replay_gives_what_was_decided(
    shop: Advertiser, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert "0 of 2 sales" in run()
    blog = publisher(shop, "Blog")
    monkeypatch.setattr(whatif_sales, "_would_pay", lambda row, paid, world: blog)
    with pytest.raises(CommandError, match="The replay of 2 sales does not give") as refused:
        run()
    assert refused.value.returncode == 1
    with pytest.raises(CommandError, match="The replay of 1 sale does not"):
        run("--days", "2")


def test_a_change_that_is_asked_for_never_counts_as_a_failed_replay(
    shop: Advertiser, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Neither where it is of nobody: another advertiser is then not replayed at all."""
    make_advertiser("Other")
    monkeypatch.setattr(whatif_sales, "_would_pay", lambda row, paid, world: None)
    extension = publisher(shop, "Extension")
    assert run("--set", f"{extension}=soft").splitlines()[-1] == (
        "Other: not replayed; the question concerns none of its partners."
    )
    assert "2 of 2 sales" in run("--set", f"{extension}=soft", "--advertiser", str(shop.pk))


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
        pytest.param(("--own-days", "x=4"), "“x” is not a publisher's id", id="own_days_of_nobody"),
    ],
)
def test_what_cannot_be_asked_is_refused_with_its_name(
    shop: Advertiser, arguments: tuple[str, ...], said: str
) -> None:
    with pytest.raises(CommandError, match=said) as refused:
        run(*arguments)
    assert refused.value.returncode == 2


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        pytest.param(
            ("--set", "{blog}=soft", "--set", "0{blog}=hard"),
            "--set 0{blog}=hard: 0{blog} is in --set {blog}=soft already; keep one.",
            id="publisher",
        ),
        pytest.param(
            ("--set", "content=soft", "--set", "content=soft"),
            "--set content=soft: content is in --set content=soft already; keep one.",
            id="model_type",
        ),
        pytest.param(
            ("--own-days", "{blog}=5", "--own-days", "{blog}=6"),
            "--own-days {blog}=6: {blog} is in --own-days {blog}=5 already; keep one.",
            id="own_days",
        ),
    ],
)
def test_what_is_said_twice_is_refused(
    shop: Advertiser, arguments: tuple[str, ...], said: str
) -> None:
    blog = publisher(shop, "Blog")
    with pytest.raises(CommandError) as refused:
        run(*(text.format(blog=blog) for text in arguments))
    assert (str(refused.value), refused.value.returncode) == (said.format(blog=blog), 2)


@pytest.mark.parametrize(
    ("option", "said"),
    [
        pytest.param("--set={id}=soft", "Stranger ({id}) is not a partner of Nimbus.", id="set"),
        pytest.param("--own-days={id}=3", "Stranger ({id}) is not a partner of Nimbus.", id="days"),
        pytest.param(
            "--set=loyalty=soft", "No partner is of model type Loyalty.", id="held_by_none"
        ),
        pytest.param(
            "--set=extension=soft",
            "The default decides for nobody: the only partner of model type Extension has a cookie "
            "type of its own. Name partners instead.",
            id="own",
        ),
    ],
)
def test_what_is_of_nobody_is_refused(shop: Advertiser, option: str, said: str) -> None:
    """Also beside what is asked of everybody; and a partner elsewhere is none here."""
    stranger = make_publisher("Stranger").pk
    make_partner(make_advertiser("Other"), Publisher.objects.get(pk=stranger))
    with pytest.raises(CommandError) as refused:
        run("--advertiser", str(shop.pk), "--hard-days", "3", option.format(id=stranger))
    where = option.replace("=", " ", 1)
    assert str(refused.value) == f"{where}: {said}".format(id=stranger)
    assert refused.value.returncode == 2


def test_a_model_type_that_is_of_nobody_anywhere_is_refused(shop: Advertiser) -> None:
    make_partner(make_advertiser("Other"), make_publisher("Cash", model_type="cashback"))
    assert "Other: no sales in 90 days" in run("--set", "cashback=soft")
    with pytest.raises(CommandError, match="Extension default decides for nobody at any of these"):
        run("--set", "extension=soft")


def test_it_writes_nothing(shop: Advertiser) -> None:
    before = list(Conversion.objects.order_by("pk").values())
    run("--set", f"{publisher(shop, 'Extension')}=soft")
    assert list(Conversion.objects.order_by("pk").values()) == before
    assert not WhatIfRun.objects.exists()
