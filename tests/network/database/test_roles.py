"""The application's role, made as docs/operations.md says: it reads and writes rows, PostgreSQL
refuses it everything else, and the product works with it."""

import re
from collections.abc import Iterator
from datetime import UTC, datetime

import psycopg
import pytest
from django.contrib.admin.models import CHANGE, LogEntry
from django.core.management import CommandError, call_command
from django.db import connection
from django.test import override_settings
from psycopg.conninfo import make_conninfo
from pytest_django import DjangoDbBlocker

from network.database import owner
from network.local.bootstrap import ROOT
from network.project import checks
from publishers.models import CookieTypeChoice, Notice, PartnerNote, Partnership
from publishers.policy import assigning
from tests.support.databases import speaking_to
from tests.support.engines import own_servers
from tests.support.makers import NOW, make_user
from tests.tracking.verify.breaking import make_world
from tracking.clicks import partitions
from tracking.commissions.rulings import Statement
from tracking.lifecycle.validation import validate
from tracking.models import Conversion, Validation

OWNER = {"USER": "network_owner", "PASSWORD": "one secret"}
APPLICATION = {"USER": "network_app", "PASSWORD": "another secret"}
SECTION = re.compile(r"^## Roles in PostgreSQL$.*?^```sql\n(.*?)^```$", re.MULTILINE | re.DOTALL)


@pytest.fixture(scope="module")
def place(django_db_setup: None, django_db_blocker: DjangoDbBlocker) -> Iterator[dict[str, str]]:
    """Where a network is, migrated by its owner and filled by the application."""
    written = SECTION.search((ROOT / "docs/operations.md").read_text())
    assert written
    with (
        own_servers("postgres", durable=False) as servers,
        django_db_blocker.unblock(),
    ):
        assert servers.postgres
        with psycopg.connect(servers.postgres.url, autocommit=True) as superuser:
            for statement in filter(str.strip, written[1].split(";")):
                superuser.execute(statement.encode())
        here = {"HOST": str(servers.sockets), "PORT": "", "NAME": "network"}
        with speaking_to(**here, **OWNER), override_settings(APPLICATION_ROLE="network_app"):
            call_command("migrate", verbosity=0)
        with speaking_to(**here, **APPLICATION):
            fill()
        yield here


def fill() -> None:
    """Rows of all kinds, by the product's own functions."""
    make_world()
    person = make_user("operator")
    partner = Partnership.objects.get(publisher__name="Blog")
    PartnerNote.objects.create(partnership=partner, text="Calls", made_by=person, created_at=NOW)
    LogEntry.objects.log_actions(person.pk, [partner], CHANGE, "Did it", single_object=True)
    soft = CookieTypeChoice.SOFT
    assigning.assign([partner], soft, NOW, reason="Overlay", made_by=person)
    assert Notice.objects.exists()
    sale = Conversion.objects.get(order="open")
    said = Statement(action=Validation.Action.APPROVE, made_by=person)
    validate(sale.advertiser_id, sale.pk, said, NOW)


@pytest.fixture
def application(place: dict[str, str]) -> Iterator[psycopg.Connection[tuple[object, ...]]]:
    """A connection by the application's role."""
    info = make_conninfo(
        host=place["HOST"],
        dbname=place["NAME"],
        user=APPLICATION["USER"],
        password=APPLICATION["PASSWORD"],
    )
    with psycopg.connect(info, autocommit=True) as connection:
        yield connection


MIGHT = (
    "TRUNCATE publishers_ledgerentry",
    "TRUNCATE tracking_decision CASCADE",
    "TRUNCATE publishers_cookietypeassignment",
    "TRUNCATE tracking_click_default",
    "ALTER TABLE publishers_ledgerentry DISABLE TRIGGER ALL",
    "ALTER TABLE tracking_conversion OWNER TO network_app",
    "ALTER TABLE tracking_conversion DROP COLUMN amount_minor",
    "SET session_replication_role = replica",
    "DROP TABLE django_admin_log",
    "DROP TRIGGER never_emptied ON tracking_conversion",
    "DROP FUNCTION softclick_never_emptied() CASCADE",
    "CREATE OR REPLACE FUNCTION _pgtrigger_should_ignore(trigger_name name) RETURNS boolean"
    " LANGUAGE sql AS 'SELECT true'",
    "CREATE TABLE mine ()",
    "CREATE SCHEMA mine",
    "CREATE ROLE mine",
    "SET ROLE network_owner",
    "GRANT network_owner TO network_app",
    "COPY network_user TO PROGRAM 'cat'",
    "DELETE FROM django_migrations",
    "SELECT setval('publishers_ledgerentry_id_seq', 1)",
)


@pytest.mark.parametrize("statement", MIGHT)
def test_it_has_no_might(
    application: psycopg.Connection[tuple[object, ...]], statement: str
) -> None:
    with pytest.raises(psycopg.errors.InsufficientPrivilege):
        application.execute(statement.encode())


EDITS = (
    "UPDATE publishers_ledgerentry SET amount_minor = 2 * amount_minor",
    "DELETE FROM publishers_ledgerentry",
    "UPDATE publishers_ledgertransaction SET key = key || '!'",
    "DELETE FROM publishers_ledgertransaction",
    "UPDATE publishers_ledgeraccount SET currency = 'EUR'",
    "DELETE FROM publishers_ledgeraccount",
    "UPDATE tracking_decision SET paid_publisher_id = 1",
    "DELETE FROM tracking_decision",
    "UPDATE tracking_validation SET action = 'decline'",
    "DELETE FROM tracking_validation",
    "UPDATE tracking_commission SET amount_minor = 1 WHERE closed_at IS NOT NULL",
    "UPDATE tracking_conversion SET amount_minor = 1 WHERE closed_at IS NOT NULL",
    "DELETE FROM tracking_conversion",
    "UPDATE publishers_cookietypeassignment SET cookie_type = 'hard'",
    "DELETE FROM publishers_cookietypeassignment",
    "UPDATE publishers_partnershipterms SET status = 'approved'",
    "DELETE FROM publishers_partnershipterms",
    "UPDATE network_attributionterms SET hard_days = 1",
    "DELETE FROM network_commissionrate",
    "UPDATE publishers_notice SET reason = ''",
    "DELETE FROM publishers_notice",
    "UPDATE django_admin_log SET change_message = ''",
    "DELETE FROM django_admin_log",
    "UPDATE publishers_partnernote SET text = ''",
    "DELETE FROM publishers_partnernote",
)


@pytest.mark.parametrize("statement", EDITS)
def test_it_edits_nothing_that_is_kept(
    application: psycopg.Connection[tuple[object, ...]], statement: str
) -> None:
    application.execute("SET pgtrigger.ignore = '{append_only}'")
    with pytest.raises((psycopg.errors.RaiseException, psycopg.errors.InsufficientPrivilege)):
        application.execute(statement.encode())


@pytest.fixture
def as_application(place: dict[str, str], django_db_blocker: DjangoDbBlocker) -> Iterator[None]:
    with django_db_blocker.unblock(), speaking_to(**place, **APPLICATION):
        yield


@pytest.mark.usefixtures("as_application")
def test_it_makes_partitions_of_clicks_by_the_owners_function() -> None:
    months = ("2031_11", "2031_12", "2032_01", "2032_02")
    made = partitions.ensure(datetime(2031, 11, 20, tzinfo=UTC))
    assert made == [f"tracking_click_{month}" for month in months]
    assert partitions.ensure(datetime(2031, 12, 1, tzinfo=UTC)) == ["tracking_click_2032_03"]


@pytest.mark.usefixtures("as_application")
def test_it_verifies_and_counts_again() -> None:
    call_command("verify")
    call_command("recount")


def test_deployment_is_warned_of_a_role_with_might(
    place: dict[str, str], django_db_blocker: DjangoDbBlocker
) -> None:
    def words() -> list[str]:
        return [str(found.msg) for found in checks.role(databases=["default"])]

    with django_db_blocker.unblock():
        with speaking_to(**place, **APPLICATION):
            assert words() == []
        with speaking_to(**place, **OWNER):
            assert len(words()) == 1
            assert "owns tables" in words()[0]


def test_migrating_says_when_the_applications_role_is_missing(
    place: dict[str, str], django_db_blocker: DjangoDbBlocker
) -> None:
    with (
        django_db_blocker.unblock(),
        speaking_to(**place, **OWNER),
        override_settings(APPLICATION_ROLE="nobody_yet"),
        pytest.raises(CommandError, match="nobody_yet that DATABASE_URL names does not exist"),
    ):
        call_command("migrate", verbosity=0)


@pytest.mark.usefixtures("as_application")
def test_migrating_as_the_application_says_who_can() -> None:
    with pytest.raises(CommandError, match=r"network_app may not .* MIGRATE_DATABASE_URL"):
        call_command("migrate", verbosity=0)


def test_commands_that_migrate_speak_as_the_owner(
    place: dict[str, str], django_db_blocker: DjangoDbBlocker
) -> None:
    with (
        django_db_blocker.unblock(),
        speaking_to(**place, **APPLICATION),
        override_settings(DATABASE_OWNER={**place, **OWNER}, APPLICATION_ROLE="network_app"),
    ):
        assert owner.might_of(connection) == []
        with owner.speaking():
            assert owner.might_of(connection) == ["owns tables"]
        call_command("migrate", verbosity=0)
        assert owner.might_of(connection) == []
