"""Verification finds what is broken, and nothing else."""

import re
from collections.abc import Iterator
from typing import Any
from uuid import UUID

import pytest
from django.db import transaction
from django.db.models import ForeignKey, Model, UUIDField
from pytest_django import DjangoDbBlocker
from uuid_utils.compat import uuid7

from network.advertisers import api_keys
from network.models import User
from publishers.models import Publisher
from tests.support.founding import made_once
from tests.support.makers import NOW, make_advertiser, make_partner
from tests.tracking.verify.breaking import break_by, broken, buy, commission, make_world, update
from tests.tracking.verify.cases import CASES, IN_ROLLUPS
from tests.tracking.verify.cases_decided import IN_DECISIONS
from tracking.clicks import rows as click_rows
from tracking.distribution.rows import AdvertiserRow
from tracking.distribution.tables import TABLES
from tracking.models import (
    Click,
    Conversion,
    Correction,
    Landing,
    OrderSeen,
    Report,
    Rollup,
    UnattributedSales,
    Validation,
)
from tracking.rule.reasons import ClickReason
from tracking.verify.checks import Broken, Checked, verify
from tracking.verify.invariants import OF_SALES, Invariant
from tracking.verify.ledger import BALANCED, OF_LEDGER
from tracking.verify.references import OF_ANYBODY, REFERENCES

NO_ID = 999_999_999
"""Sequences go on from test to test, and come to smaller numbers."""


@pytest.fixture
def world(db: None) -> None:
    make_world()


@pytest.fixture(scope="class")
def one_world(django_db_setup: None, django_db_blocker: DjangoDbBlocker) -> Iterator[None]:
    """For all tests of a class."""
    with made_once(django_db_blocker, make_world):
        yield


@pytest.mark.usefixtures("world")
def test_nothing_is_broken_and_everything_was_looked_at() -> None:
    findings = list(verify())
    assert [str(finding) for finding in findings if isinstance(finding, Broken)] == []
    assert [str(finding) for finding in findings if isinstance(finding, Checked)] == [
        "5 conversions",
        "4 commissions",
        "1 ledger transactions",
        "3 ledger entries",
        f"{Rollup.objects.count()} rows of rollups",
        "7 decisions recomputed",
        "3 open conversions decided again",
    ]


@pytest.mark.usefixtures("one_world")
@pytest.mark.django_db
class TestBreaking:
    @pytest.mark.parametrize(("statements", "expected"), [*CASES, *IN_ROLLUPS, *IN_DECISIONS])
    def test_it_names_what_is_broken(self, statements: list[str], expected: str) -> None:
        break_by(*statements)
        found = broken()
        assert [line for line in found if re.fullmatch(expected, line)], found


def references() -> Iterator[tuple[type[Model], "ForeignKey[int, int]"]]:
    for model in AdvertiserRow.__subclasses__():
        for field in model._meta.concrete_fields:
            if isinstance(field, ForeignKey):
                yield model, field


@pytest.mark.usefixtures("world")
def test_it_names_what_refers_to_a_row_that_does_not_exist() -> None:
    add_what_the_world_has_none_of()
    for model, field in references():
        table, column = model._meta.db_table, field.column
        one = f"id = (SELECT id FROM {table} ORDER BY {column} IS NULL LIMIT 1)"
        missing = UUID(int=NO_ID) if isinstance(field.target_field, UUIDField) else NO_ID
        with transaction.atomic():
            break_by(update(table, f"{column} = '{missing}'", one))
            found = broken()
            transaction.set_rollback(True)
        said = f"its {field.verbose_name} {missing} does not exist"
        such = rf"\(1 such {model._meta.verbose_name_plural} of advertiser \d+\)"
        expected = rf"E {model._meta.verbose_name} \S+: {said} {such}"
        assert [line for line in found if re.fullmatch(expected, line)], (expected, found)


@pytest.mark.parametrize("reason", OF_ANYBODY)
@pytest.mark.usefixtures("world")
def test_a_link_may_name_a_publisher_that_there_is_not(reason: ClickReason) -> None:
    said: dict[str, Any] = {"cookie_type": "hard", "window_minutes": 0, "soft_rule": "first"}
    shop = Conversion.objects.get(order="open").advertiser_id
    click = Click(id=uuid7(), advertiser_id=shop, publisher_id=0, at=NOW, received_at=NOW, **said)
    click.reason = reason.value
    with transaction.atomic():
        click_rows.insert([click_rows.row_of(click)])
    assert broken() == []


def test_every_reference_is_looked_at() -> None:
    assert {model._meta.db_table for model, _ in references()} == set(TABLES)
    assert len(REFERENCES) == len(list(references()))


def add_what_the_world_has_none_of() -> None:
    sale = Conversion.objects.get(order="open")
    staff = User.objects.create(username="staff")
    key = api_keys.make(sale.advertiser, "Shop", NOW, made_by=None).row
    for by in ({"made_by": staff}, {"key": key}):
        Validation.objects.create(
            advertiser=sale.advertiser,
            conversion=sale,
            action=Validation.Action.APPROVE,
            at=NOW,
            publisher=sale.commission.publisher,
            commission_minor=sale.commission.amount_minor,
            currency=sale.commission.currency,
            **by,
        )
    report = Report.objects.filter(conversion=sale).get()
    Correction.objects.create(
        advertiser=sale.advertiser,
        report=report,
        taken=report,
        conversion=sale,
        outcome=report.outcome,
        fields={},
        at=NOW,
        made_by=staff,
    )
    UnattributedSales.objects.create(advertiser=sale.advertiser, hour=NOW, source="tag", count=1)
    OrderSeen.objects.create(advertiser=sale.advertiser, digest="d", first_at=NOW)
    Landing.objects.create(
        id=UUID(int=1),
        advertiser=sale.advertiser,
        publisher=sale.commission.publisher,
        click=UUID(int=2),
        at=NOW,
        is_fresh=True,
    )


@pytest.mark.usefixtures("world")
def test_it_names_an_index_that_hides_rows() -> None:
    assert not any("indexes find" in line for line in broken())
    rows = list(Rollup.objects.all())
    not_kept_up = "UPDATE pg_index SET indisready = {} WHERE indrelid = 'tracking_rollup'::regclass"
    break_by(not_kept_up.format("FALSE"))
    for row in rows:
        row.pk = None
    Rollup.objects.bulk_create(rows)
    break_by(not_kept_up.format("TRUE"))
    said = f"the table has {2 * len(rows)} rows, and its indexes find {len(rows)} "
    assert [line for line in broken() if said in line and line.startswith("E tracking_rollup ")]


@pytest.mark.usefixtures("world")
def test_it_looks_at_every_advertiser() -> None:
    other = make_advertiser("Other")
    blog = Publisher.objects.get(name="Blog")
    buy(make_partner(other, blog), "elsewhere", NOW)
    break_by(commission("amount_minor = 400", "open"), commission("amount_minor = 1", "elsewhere"))
    found = [line for line in broken() if "its rates give" in line]
    assert [line.split()[2] for line in found] == [
        f"{Conversion.objects.get(order=order).commission.pk}:" for order in ("open", "elsewhere")
    ]


@pytest.mark.parametrize(
    "invariant",
    [*OF_SALES, *BALANCED, *OF_LEDGER],
    ids=lambda item: f"{item.row}: {item.sentence}",
)
def test_every_invariant_is_broken_by_a_case(invariant: Invariant) -> None:
    words = re.findall(r"[a-z]{3,}", re.sub(r"\{.*?\}", "", invariant.sentence))
    expected = [str(case.values[1]) for case in CASES]
    alike = [line for line in expected if all(word in line for word in words)]
    assert any(line.startswith(invariant.promise) for line in alike)
