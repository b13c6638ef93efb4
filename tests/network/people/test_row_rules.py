"""Every model has a rule that says whose its rows are."""

from typing import Any

import pytest
from django.apps import apps
from django.contrib.auth.models import AnonymousUser
from django.core.exceptions import ImproperlyConfigured
from django.db.models import Model, QuerySet
from uuid_utils.compat import uuid7

from network.advertisers import api_keys, signing_keys
from network.clock import to_ms
from network.models import Advertiser, CommissionGroup, User
from network.people import access
from publishers.ledger import sums
from publishers.models import PartnerNote, Publisher
from publishers.notices import reading as notice_reading
from tests.network.people.test_access import World
from tests.support.makers import NOW, give_hosts
from tracking.commissions import rulings
from tracking.commissions.rulings import Statement
from tracking.landings import rows as landings
from tracking.models import Click, Correction, Report, Validation
from tracking.rule.reasons import ReportOutcome

pytestmark = pytest.mark.django_db


def test_every_model_has_a_rule() -> None:
    ours = {"network", "publishers", "tracking", "admin"}
    labels = {m._meta.label_lower for m in apps.get_models() if m._meta.app_label in ours}
    assert set(access.RULES) == labels


def test_a_model_without_a_rule_is_an_error(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(access, "RULES", {})
    with pytest.raises(ImproperlyConfigured, match=r"CommissionGroup has no rule"):
        access.for_staff(CommissionGroup.objects.all(), AnonymousUser())


def test_what_is_not_for_publishers_is_an_error_there() -> None:
    with pytest.raises(ImproperlyConfigured, match="not shown to publishers"):
        access.for_publisher(Report.objects.all(), 1)


def test_every_rules_lookup_leads_to_its_tenant(world: World) -> None:
    for advertiser, publisher in ((world.a, world.p), (world.b, world.q)):
        make_what_no_page_needs(advertiser, publisher, world.users["operator"])
    for label, rule in access.RULES.items():
        rows = apps.get_model(label)._default_manager.all()
        if rule.advertiser:
            seen = access.for_staff(rows, world.users["owner_a"])
            assert set(seen) == belonging(rows, rule.advertiser, world.a), label
        if rule.publisher:
            seen = access.for_publisher(rows, world.p.pk)
            assert set(seen) == belonging(rows, rule.publisher, world.p), label


def make_what_no_page_needs(advertiser: Advertiser, publisher: Publisher, person: User) -> None:
    """A row of each model that the world has none of."""
    give_hosts(advertiser, f"go.shop-{advertiser.pk}.example")
    signing_keys.make(advertiser, NOW, made_by=person)
    api_keys.make(advertiser, "Shop", NOW, made_by=person)
    sums.sum_up()
    notice_reading.mark_read(person, publisher, 0)
    click = Click.objects.filter(advertiser=advertiser, publisher=publisher).latest("at")
    landings.insert(
        [
            {
                "id": str(uuid7()),
                "advertiser": advertiser.pk,
                "publisher": publisher.pk,
                "click": str(click.pk),
                "at": to_ms(click.at),
                "is_fresh": True,
                "journey": click.journey,
            }
        ]
    )
    PartnerNote.objects.create(
        partnership=advertiser.partnerships.get(publisher=publisher),
        text=f"Of {advertiser}",
        made_by=person,
        created_at=NOW,
    )
    Correction.objects.create(
        advertiser=advertiser,
        report=Report.objects.filter(advertiser=advertiser)[0],
        outcome=ReportOutcome.CREATED,
        fields={},
        at=NOW,
        made_by=person,
    )
    sale = advertiser.conversions.get(order=f"open-{publisher.name}")
    said = Statement(action=Validation.Action.APPROVE, made_by=person)
    rulings.carry_out(said, sale.commission, NOW)


def belonging(rows: QuerySet[Model], lookup: str, tenant: Advertiser | Publisher) -> set[Model]:
    """The rows from which the lookup leads to the tenant itself, and not to what has its id."""
    theirs = {row for row in rows if tenant in reached(row, lookup)}
    assert theirs, f"no row of {rows.model} by {lookup}"
    return theirs


def reached(row: Model, lookup: str) -> list[Model]:
    found = [row]
    for name in lookup.split("__"):
        if name != "pk":
            values = [getattr(each, name) for each in found]
            found = [row for value in values for row in several(value)]
    return found


def several(value: Any) -> list[Model]:
    return list(value.all()) if hasattr(value, "all") else [value]
