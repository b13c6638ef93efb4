"""``manage.py distribute``, on plain PostgreSQL: what it refuses, and what it calls of Citus."""

import builtins
from io import StringIO

import pytest
from django.core.management import CommandError, call_command
from django.db import connection
from django.db.migrations.loader import MigrationLoader
from django.db.migrations.recorder import MigrationRecorder

from tests.support.makers import NOW, make_advertiser
from tracking.distribution.tables import TABLES
from tracking.models import UnattributedSales

pytestmark = pytest.mark.django_db

FAKES = """
    CREATE TABLE pg_dist_partition (
        number serial, logicalrelid regclass, distribution_column text, colocate_with text,
        keys bigint, triggers text);
    CREATE FUNCTION create_distributed_table(
        table_name regclass, distribution_column text, colocate_with text DEFAULT 'default'
    ) RETURNS void LANGUAGE sql AS $$
        INSERT INTO pg_dist_partition
            (logicalrelid, distribution_column, colocate_with, keys, triggers)
        SELECT table_name, distribution_column, colocate_with, count(*),
            current_setting('citus.enable_unsafe_triggers')
        FROM pg_constraint WHERE contype = 'f' AND table_name IN (conrelid, confrelid)
    $$
"""
KEYS = """
    SELECT conrelid::regclass::text, conname, pg_get_constraintdef(oid) FROM pg_constraint
    WHERE contype = 'f' AND conrelid = ANY(%s::regclass[]) ORDER BY 1, 2
"""
REFUSING = """
    CREATE OR REPLACE FUNCTION create_distributed_table(
        table_name regclass, distribution_column text, colocate_with text DEFAULT 'default'
    ) RETURNS void LANGUAGE plpgsql AS $$ BEGIN RAISE 'no worker nodes'; END $$
"""


def ask(query: str, *values: object) -> list[tuple[object, ...]]:
    with connection.cursor() as cursor:
        cursor.execute(query, values or None)  # type: ignore[arg-type]
        return list(cursor.fetchall()) if cursor.description else []


@pytest.fixture
def citus() -> None:
    ask(FAKES)


def calls() -> list[tuple[object, ...]]:
    return ask(
        "SELECT logicalrelid::text, distribution_column, colocate_with FROM pg_dist_partition"
        " ORDER BY number"
    )


def distribute(*options: str) -> str:
    output = StringIO()
    call_command("distribute", *options, stdout=output)
    return output.getvalue()


def refusal(*options: str) -> str:
    with pytest.raises(CommandError) as refused:
        distribute(*options)
    assert refused.value.returncode == 1
    return str(refused.value)


def test_without_the_extension_it_is_refused() -> None:
    assert "CREATE EXTENSION citus" in refusal("--yes")


@pytest.mark.usefixtures("citus")
def test_before_migrate_it_is_refused() -> None:
    [(app, newest)] = MigrationLoader(connection).graph.leaf_nodes("tracking")
    MigrationRecorder(connection).record_unapplied(app, newest)
    assert "manage.py migrate" in refusal("--yes")
    assert calls() == []


@pytest.mark.usefixtures("citus")
def test_with_rows_it_is_refused() -> None:
    UnattributedSales.objects.create(advertiser=make_advertiser(), hour=NOW, source="tag", count=1)
    said = refusal("--yes")
    assert "rows in tracking_unattributedsales." in said
    assert "DATABASE_URL" in said
    assert calls() == []


@pytest.mark.usefixtures("citus")
def test_all_are_distributed_by_advertiser_and_lie_together() -> None:
    keys = ask(KEYS, list(TABLES))
    distribute("--yes")
    first, *others = TABLES
    assert calls() == [
        (first, "advertiser_id", "none"),
        *((table, "advertiser_id", first) for table in others),
    ]
    assert ask("SELECT DISTINCT keys, triggers FROM pg_dist_partition") == [(0, "on")]
    assert ask(KEYS, list(TABLES)) == keys
    assert len(keys) == 10


@pytest.mark.usefixtures("citus")
def test_a_second_run_says_that_it_is_done() -> None:
    distribute("--yes")
    done = calls()
    assert "already" in distribute()
    assert calls() == done


@pytest.mark.usefixtures("citus")
def test_it_says_before_what_it_will_do(monkeypatch: pytest.MonkeyPatch) -> None:
    output = StringIO()

    def answer(question: str) -> str:
        assert all(f"  {table}\n" in output.getvalue() for table in TABLES)
        assert calls() == []
        return "y"

    monkeypatch.setattr(builtins, "input", answer)
    call_command("distribute", stdout=output)
    assert len(calls()) == len(TABLES)


@pytest.mark.usefixtures("citus")
@pytest.mark.parametrize("answer", ["", "n", None])
def test_nothing_is_done_without_a_yes(monkeypatch: pytest.MonkeyPatch, answer: str | None) -> None:
    def give(question: str) -> str:
        if answer is None:
            raise EOFError
        return answer

    monkeypatch.setattr(builtins, "input", give)
    assert "nothing was changed" in refusal()
    assert calls() == []


@pytest.mark.usefixtures("citus")
def test_what_citus_refuses_is_said_and_nothing_is_changed() -> None:
    keys = ask(KEYS, list(TABLES))
    ask(REFUSING)
    assert "no worker nodes" in refusal("--yes")
    assert ask(KEYS, list(TABLES)) == keys
