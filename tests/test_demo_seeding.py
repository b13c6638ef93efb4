"""The network that the demo seeds: whole, sound, and with something of everything in it."""

from collections import Counter
from collections.abc import Iterator
from datetime import timedelta

import pytest
from django.db import transaction
from django.test import Client
from pytest_django import DjangoDbBlocker, Settings

from network import clock
from network.demo import cast, places, seed
from network.management.commands import demo
from network.models import Advertiser, User
from publishers.ledger import balance
from publishers.models import LedgerEntry, Publisher
from tests.makers import NOW
from tracking import snapshot
from tracking.attribution import Verdict
from tracking.models import Click, Commission, Conversion
from tracking.verification import Broken, verify

pytestmark = [pytest.mark.usefixtures("seeded"), pytest.mark.django_db]


@pytest.fixture(scope="module")
def seeded(django_db_setup: None, django_db_blocker: DjangoDbBlocker) -> Iterator[None]:
    """Seeded once for the tests of this module, which take place in savepoints after it."""
    with django_db_blocker.unblock(), transaction.atomic():
        seed.seed(NOW)
        yield
        transaction.set_rollback(True)


def test_nothing_in_the_seeded_network_is_broken() -> None:
    findings = list(verify())
    assert [str(finding) for finding in findings if isinstance(finding, Broken)] == []
    assert not seed.is_empty()


def test_the_seeded_network_has_something_of_everything() -> None:
    judged = Conversion.objects.values_list("decision__verdicts", flat=True)
    verdicts = Counter(item["verdict"] for verdicts in judged for item in verdicts)
    assert verdicts.keys() >= {
        Verdict.HELD,
        Verdict.STOOD_DOWN,
        Verdict.OVERWRITTEN,
        Verdict.EXPIRED,
        Verdict.SESSION_ENDED,
        Verdict.NOT_PARTNER,
    }
    statuses = Counter(Commission.objects.values_list("advertiser_id", "status"))
    for shop in (cast.SHOP, cast.ROASTERY):
        assert statuses[shop, "pending"] > 0
        assert statuses[shop, "final"] > 0
    assert {kind for _, kind in Click.objects.values_list("id", "cookie_type")} == {"hard", "soft"}
    assert not Click.objects.filter(at__gte=NOW).exists()


def test_the_ledger_of_the_seeded_network_balances() -> None:
    for currency in ("GBP", "EUR"):
        entries = LedgerEntry.objects.filter(currency=currency)
        assert entries.exists()
        assert sum(entries.values_list("amount_minor", flat=True)) == 0
        assert balance("publisher_payable", currency) < 0


def test_advertiser_1_and_publisher_1_are_approved_partners_and_hard() -> None:
    shop = snapshot.build().advertisers[1]
    assert shop.landing_url == places.url(places.SHOP)
    for publisher, cookie_type in ((1, "hard"), (2, "soft")):
        span = shop.partner_at(publisher, clock.to_ms(NOW))
        assert span
        assert (span.approved, span.cookie_type) == (True, cookie_type)


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
    assert [line.split()[0] for line in demo.table()[-6:-1]] == [p.username for p in cast.PEOPLE]


def test_the_demos_own_addresses_follow_its_port(settings: Settings) -> None:
    elsewhere = Publisher.objects.get(id=cast.CASHBACK).website
    settings.PUBLIC_PORT = 8765
    seed.follow_port()
    assert Advertiser.objects.get(id=cast.SHOP).landing_url == "http://shop.localhost:8765/"
    assert Publisher.objects.get(id=cast.BLOG).website == "http://blog.localhost:8765/"
    assert Publisher.objects.get(id=cast.CASHBACK).website == elsewhere
