"""The network that the demo seeds: whole, sound, and with something of everything in it.

Here some days of it are lived, in one process; ``tests/flows/test_demo_start.py`` starts it whole.
"""

from collections import Counter
from collections.abc import Iterator
from datetime import timedelta

import pytest
from django.db.models import F
from django.test import Client
from pytest_django import DjangoDbBlocker, Settings

from network import clock
from network.demo.pages import places
from network.demo.story import cast, seed
from network.models import Advertiser, TrackingHost, User
from publishers.ledger.posting import balance
from publishers.models import LedgerEntry, ModelType, Notice, NoticeMail, Partnership, Publisher
from publishers.partnerships.standing import standings
from tests.support import databases
from tests.support.makers import NOW
from tracking.clicks import snapshot
from tracking.corrections.taking import refusal
from tracking.landings.uses import of_clicks_that_never_landed, of_overused_clicks
from tracking.models import (
    Click,
    Commission,
    Conversion,
    Correction,
    Landing,
    Report,
    UnattributedSales,
    Validation,
)
from tracking.pages.clicks.alike import MANY, alike
from tracking.rule.attribution import Verdict
from tracking.rule.replay import Change
from tracking.verify.checks import Broken, verify
from tracking.whatif import runs
from tracking.whatif.results import Question

pytestmark = [pytest.mark.usefixtures("seeded"), pytest.mark.django_db]


@pytest.fixture(scope="module")
def seeded(django_db_setup: None, django_db_blocker: DjangoDbBlocker) -> Iterator[None]:
    """A copy of the demo for this module."""
    with django_db_blocker.unblock(), databases.own_demo():
        yield


def test_nothing_in_the_seeded_network_is_broken() -> None:
    findings = list(verify())
    assert [str(finding) for finding in findings if isinstance(finding, Broken)] == []
    assert not seed.is_empty()
    assert not seed.is_unfinished()


def test_a_what_if_without_a_change_gives_what_was_decided() -> None:
    """Every journey of it is replayed, whatever its browser had decided at the redirect."""
    changes = {shop.pk: Change() for shop in Advertiser.objects.all()}
    result = runs.ask(Question(changes, NOW - timedelta(days=databases.DAYS), NOW))
    assert result.sales > 100
    assert (result.differing, result.moves) == (0, ())


def test_one_tracking_host_is_in_use_and_one_waits_for_proof() -> None:
    hosts = TrackingHost.objects.order_by("advertiser").values_list("host", "proof__way")
    assert list(hosts) == [(places.SHOP_TRACKING, "local"), (cast.HOST_TO_COME, None)]
    assert TrackingHost.objects.get(host=cast.HOST_TO_COME).answers


def test_most_clicks_landed_and_some_were_handed_round() -> None:
    landed = Landing.objects.values("click").distinct().count()
    counting = Click.objects.filter(reason="", in_page=False).count()
    assert 0.8 < landed / counting < 1
    assert Conversion.objects.filter(of_overused_clicks()).exists()
    assert Report.objects.filter(is_unanswered=True).exists()


def test_a_program_followed_links_and_is_marked() -> None:
    clicks = Click.objects.filter(publisher=cast.VOUCHERS, reason="")
    flood = [click for click in clicks if alike([click]).get(click.pk, 0) >= MANY]
    assert len(flood) >= MANY
    assert not Landing.objects.filter(click__in=[click.pk for click in flood]).exists()


def test_a_script_planted_a_click_and_the_sale_is_marked() -> None:
    planted = Conversion.objects.filter(of_clicks_that_never_landed())
    credited = planted.values_list("decision__paid_publisher", flat=True)
    assert {*credited} == {cast.SUBNETWORK}


def test_somebody_claimed_an_approved_order_and_got_nothing() -> None:
    claims = Report.objects.filter(
        advertiser=cast.SHOP, source="pixel", received_at__gt=F("conversion__approved_at")
    ).exclude(tokens=[])
    assert {*claims.values_list("outcome", flat=True)} == {"unlinked"}
    sales = Conversion.objects.filter(reports__in=claims)
    assert {*sales.values_list("conflict", flat=True)} == {""}
    assert not sales.filter(decision__paid_publisher=cast.SUBNETWORK).exists()


def test_some_refused_reports_are_corrected_and_some_wait() -> None:
    became = Correction.objects.filter(advertiser=cast.SHOP)
    assert became.exclude(conversion=None).exists()
    refused = Report.objects.filter(advertiser=cast.SHOP, outcome="invalid")
    assert any(refusal(row) is None for row in refused)


def test_a_stock_system_approves_by_its_key() -> None:
    approved = Validation.objects.filter(action="approve", advertiser=cast.ROASTERY)
    assert {said.key.name for said in approved if said.key} == {cast.STOCK_SYSTEM}
    assert Validation.objects.filter(made_by__isnull=False).exists()


def test_the_seeded_network_has_all_but_the_rarest_verdict() -> None:
    judged = Conversion.objects.values_list("decision__verdicts", flat=True)
    verdicts = Counter(item["verdict"] for verdicts in judged for item in verdicts)
    assert verdicts.keys() >= set(Verdict) - {Verdict.CONTESTED}


def test_the_seeded_network_has_sales_in_every_state() -> None:
    statuses = Counter(Commission.objects.values_list("advertiser_id", "status"))
    for shop in (cast.SHOP, cast.ROASTERY):
        assert statuses[shop, "pending"] > 0
        assert statuses[shop, "final"] > 0
    unverified = Conversion.objects.filter(verified=False, closed_at=None)
    assert cast.ROASTERY in {sale.advertiser_id for sale in unverified}
    assert not unverified.filter(advertiser=cast.STATIONERY).exists(), "it believes browsers"
    assert (
        not unverified.filter(at__lt=NOW - timedelta(days=7), conflict="")
        .exclude(commission=None)
        .exists()
    ), "somebody looked at it"
    confirmed = {
        cast.SHOP: "signed",
        cast.ROASTERY: "keyed",
    }
    for shop, rank in confirmed.items():
        assert Report.objects.filter(advertiser=shop, rank=rank).count() > 20
    assert not Report.objects.filter(advertiser=cast.STATIONERY, rank__in=confirmed.values())
    assert Conversion.objects.filter(commission=None).exists()
    assert Conversion.objects.exclude(conflict="").exists()
    assert Conversion.objects.exclude(voucher="").exists()
    machines = Conversion.objects.filter(parts__contains=[{"group": "MACHINES"}])
    assert {sale.advertiser_id for sale in machines} == {cast.ROASTERY}


def test_the_seeded_network_has_clicks_and_reports_of_every_kind() -> None:
    clicks = Click.objects.all()
    assert {*clicks.values_list("reason", flat=True)} >= {
        *("", "not_partner", "bot", "prefetch", "stuffed", "no_consent"),
    }
    assert {*clicks.values_list("cookie_type", flat=True)} == {"hard", "soft"}
    assert clicks.filter(target_reason="bad_target").exists()
    assert clicks.filter(in_page=True, reason="").exists()
    assert not clicks.filter(at__gte=NOW).exists()
    outcomes = {*Report.objects.values_list("source", "outcome")}
    assert outcomes >= {
        ("tag", "created"),
        ("pixel", "created"),
        ("pixel", "merged"),
        ("keyed", "merged"),
        ("tag", "test"),
        ("tag", "invalid"),
    }
    assert {shop for (shop,) in UnattributedSales.objects.values_list("advertiser_id")} == {1, 2, 3}


def test_there_is_a_publisher_of_every_model_type() -> None:
    assert {partner.model_type for partner in cast.PARTNERS} == set(ModelType.values)
    assert Publisher.objects.count() == len(ModelType.values) == 14


def test_staff_have_something_to_decide() -> None:
    rows = list(Partnership.objects.all())
    standing = {(row.advertiser_id, row.publisher_id): standings(rows, NOW)[row.id] for row in rows}
    hard = {key for key, how in standing.items() if not how.is_soft and how.is_own}
    assert (cast.ROASTERY, cast.OVERLAY) in hard
    assert (cast.ROASTERY, cast.EXTENSION) in hard
    coming = standing[cast.SHOP, cast.COMING].coming
    assert coming
    assert coming.at == NOW + cast.COMING_IN
    assert standing[cast.SHOP, cast.APPLICANT].status == "Applied"
    assert standing[cast.SHOP, cast.ENDED].status == "Ended"


def test_the_ledger_of_the_seeded_network_balances() -> None:
    for currency in ("GBP", "EUR", "JPY"):
        entries = LedgerEntry.objects.filter(currency=currency)
        assert entries.exists()
        assert sum(entries.values_list("amount_minor", flat=True)) == 0
        assert balance("publisher_payable", currency) <= 0


def test_advertiser_1_and_publisher_1_are_approved_partners_and_hard() -> None:
    shop = snapshot.build().advertisers[1]
    assert shop.landing_url == places.url(places.SHOP)
    for publisher, cookie_type in ((1, "hard"), (2, "soft")):
        span = shop.partner_at(publisher, clock.to_ms(NOW))
        assert span
        assert (span.approved, span.cookie_type) == (True, cookie_type)


def test_the_shop_has_a_tracking_host_of_its_own() -> None:
    built = snapshot.build()
    assert built.by_own_host == {places.SHOP_TRACKING: cast.SHOP}
    assert built.advertisers[cast.SHOP].base_url == places.url(places.SHOP_TRACKING, "/t/1/")


def test_the_partner_that_was_set_soft_kept_its_hard_clicks() -> None:
    clicks = Click.objects.filter(advertiser=cast.SHOP, publisher=cast.SET_SOFT)
    changed_at = NOW - cast.SET_SOFT_AGO
    before = set(clicks.filter(at__lt=changed_at).values_list("cookie_type", flat=True))
    after = clicks.filter(at__gt=changed_at + timedelta(minutes=1))
    assert before == {"hard"}
    assert set(after.values_list("cookie_type", flat=True)) == {"soft"}


def test_everybody_of_the_cast_can_sign_in(client: Client) -> None:
    for person in cast.PEOPLE:
        assert client.login(username=person.username, password=cast.PASSWORD)
    assert User.objects.count() == len(cast.PEOPLE)


def test_the_demos_own_addresses_follow_its_port(settings: Settings) -> None:
    elsewhere = Publisher.objects.get(id=cast.VOUCHERS).website
    settings.PUBLIC_PORT = 8765
    seed.follow_port()
    assert Advertiser.objects.get(id=cast.SHOP).landing_url == "http://shop.localhost:8765/"
    assert Publisher.objects.get(id=cast.BLOG).website == "http://blog.localhost:8765/"
    assert Publisher.objects.get(id=cast.VOUCHERS).website == elsewhere


def test_publishers_are_told_of_what_changed_and_of_what_comes() -> None:
    addressed = NoticeMail.objects.values_list(
        "recipient__username", "notices__advertiser", "notices__publisher", "state"
    )
    assert set(addressed) == {
        ("cashback", cast.STATIONERY, cast.TOLD, "waiting"),
        ("overlay", cast.SHOP, cast.COMING, "waiting"),
    }
    told = Notice.objects.filter(event="cookie_type.changed", facts__to__type="soft")
    [became] = told.filter(publisher=cast.TOLD)
    assert (became.reason, became.takes_effect_at < NOW) == (cast.TOLD_REASON, True)
    [comes] = told.filter(publisher=cast.COMING)
    assert comes.takes_effect_at == NOW + cast.COMING_IN
