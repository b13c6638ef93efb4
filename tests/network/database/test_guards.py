"""What PostgreSQL refuses to everybody: rows that are never changed, tables that are never
emptied."""

from collections.abc import Iterator

import pytest
from django.apps import apps
from django.contrib.admin.models import CHANGE, LogEntry
from django.db import DatabaseError, connection, transaction
from pytest_django import DjangoDbBlocker

from network.database import safeguards
from publishers.models import PartnerNote, Partnership
from tests.support.founding import made_once
from tests.support.makers import NOW, make_user
from tests.tracking.verify.breaking import make_world
from tracking.clicks import partitions
from tracking.models import Conversion

pytestmark = pytest.mark.django_db

OURS = ("network", "publishers", "tracking")
TABLES = sorted(
    {
        table
        for app in OURS
        for model in apps.get_app_config(app).get_models(include_auto_created=True)
        if not model._meta.proxy
        for table in [model._meta.db_table]
    }
    | {LogEntry._meta.db_table}
)


def run(statement: str) -> int:
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(statement)
        return int(cursor.rowcount)


@pytest.mark.parametrize("table", TABLES)
def test_no_table_is_emptied(table: str) -> None:
    with pytest.raises(DatabaseError, match="is never emptied"):
        run(f"TRUNCATE {table} CASCADE")


@pytest.fixture(scope="module")
def world(django_db_setup: None, django_db_blocker: DjangoDbBlocker) -> Iterator[None]:
    """Rows of all kinds, also for those that do not ask."""
    with made_once(django_db_blocker, found):
        yield


def found() -> None:
    """Sales that are closed and open, with what was said about them."""
    make_world()
    person = make_user("operator")
    partner = Partnership.objects.all()[0]
    PartnerNote.objects.create(partnership=partner, text="Calls", made_by=person, created_at=NOW)
    LogEntry.objects.log_actions(person.pk, [partner], CHANGE, "Did it", single_object=True)


REFUSED = {
    "a_ledger_account_of_another": """
        UPDATE publishers_ledgeraccount SET publisher_id = publisher_id + 1
        WHERE publisher_id IS NOT NULL""",
    "a_ledger_account_less": "DELETE FROM publishers_ledgeraccount",
    "a_closed_sale_worth_more": """
        UPDATE tracking_conversion SET amount_minor = amount_minor + 1
        WHERE closed_at IS NOT NULL""",
    "a_closed_sale_opened": """
        UPDATE tracking_conversion SET closed_at = NULL WHERE closed_at IS NOT NULL""",
    "a_sale_less": "DELETE FROM tracking_conversion",
    "another_word_in_the_audit_log": "UPDATE django_admin_log SET change_message = ''",
    "an_entry_less_in_the_audit_log": "DELETE FROM django_admin_log",
    "another_word_in_a_note": "UPDATE publishers_partnernote SET text = ''",
    "a_note_less": "DELETE FROM publishers_partnernote",
}


@pytest.mark.usefixtures("world")
@pytest.mark.parametrize("statement", REFUSED.values(), ids=REFUSED)
def test_what_is_never_changed(statement: str) -> None:
    with pytest.raises(DatabaseError, match=r"Cannot|only ever added"):
        run(statement)


@pytest.mark.usefixtures("world")
def test_pgtriggers_own_back_door_is_shut() -> None:
    run(
        "SELECT set_config('pgtrigger.ignore', array_agg(tgname::text)::text, true)"
        " FROM pg_trigger WHERE NOT tgisinternal"
    )
    with pytest.raises(DatabaseError, match="Cannot"):
        run("DELETE FROM publishers_ledgeraccount")


@pytest.mark.usefixtures("world")
def test_what_the_product_does_with_a_sale_afterwards() -> None:
    """Reports of a closed order beyond those that are kept are counted; open ones are changed."""
    closed = Conversion.objects.filter(closed_at__isnull=False)
    assert closed.update(dropped_reports=3) == closed.count() > 0
    assert Conversion.objects.filter(closed_at__isnull=True).update(amount_minor=1) > 0


def test_they_are_put_in_place_once_and_for_tables_that_come_later() -> None:
    run("CREATE TABLE tracking_later (id bigint)")
    safeguards.put_in_place()
    safeguards.put_in_place()
    with pytest.raises(DatabaseError, match="tracking_later is never emptied"):
        run("TRUNCATE tracking_later")
    with pytest.raises(DatabaseError, match="is never emptied"):
        run(f"TRUNCATE {partitions.DEFAULT}")
