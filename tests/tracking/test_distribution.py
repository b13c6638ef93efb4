"""The tables of what happened can be distributed over machines by advertiser."""

import re
from concurrent.futures import ThreadPoolExecutor

import pytest
from django.apps import apps
from django.db import IntegrityError, connection, transaction
from django.test.utils import CaptureQueriesContext

from network.local.bootstrap import ROOT
from publishers.models import Publisher
from tests.support import statements
from tests.support.browsing import Browser
from tests.support.makers import NOW, make_advertiser, make_partner, make_publisher
from tracking.distribution import sets
from tracking.distribution.rows import AdvertiserRow
from tracking.distribution.tables import TABLES
from tracking.models import Commission, Conversion, Decision
from tracking.spool.health import look
from tracking.tasks import finalise_due

pytestmark = pytest.mark.django_db

KEYS = """
    SELECT conrelid::regclass::text || '.' || conname, contype::text, confrelid::regclass::text,
        ARRAY(SELECT attname::text FROM unnest(conkey) WITH ORDINALITY AS key (number, place)
            JOIN pg_attribute ON attrelid = conrelid AND attnum = number ORDER BY place),
        ARRAY(SELECT attname::text FROM unnest(confkey) WITH ORDINALITY AS key (number, place)
            JOIN pg_attribute ON attrelid = confrelid AND attnum = number ORDER BY place)
    FROM pg_constraint WHERE conrelid = ANY(%s::regclass[]) AND contype IN ('p', 'u', 'f', 'x')
"""
UNIQUE_INDEXES = """
    SELECT indexrelid::regclass::text, ARRAY(
        SELECT attname::text FROM unnest(indkey) AS number
        JOIN pg_attribute ON attrelid = indrelid AND attnum = number)
    FROM pg_index WHERE indrelid = ANY(%s::regclass[]) AND indisunique
"""
TRIGGERS = """
    SELECT tgrelid::regclass::text || '.' || tgname, prosrc, pg_get_triggerdef(pg_trigger.oid)
    FROM pg_trigger JOIN pg_proc ON pg_proc.oid = tgfoid
    WHERE tgrelid = ANY(%s::regclass[]) AND NOT tgisinternal
"""
REFERRING = """
    SELECT conrelid::regclass::text || '.' || conname FROM pg_constraint
    WHERE confrelid = ANY(%s::regclass[]) AND NOT conrelid = ANY(%s::regclass[])
"""
AMONG_THEM = {
    "tracking_commission.commission_conversion_of_advertiser",
    "tracking_conversion.conversion_decision_of_advertiser",
    "tracking_conversion.conversion_settled_report_of_advertiser",
    "tracking_conversionjourney.conversionjourney_conversion_of_advertiser",
    "tracking_correction.correction_conversion_of_advertiser",
    "tracking_correction.correction_report_of_advertiser",
    "tracking_correction.correction_taken_of_advertiser",
    "tracking_decision.decision_conversion_of_advertiser",
    "tracking_report.report_conversion_of_advertiser",
    "tracking_validation.validation_conversion_of_advertiser",
}


def rows(query: str, times: int = 1) -> list[tuple[object, ...]]:
    with connection.cursor() as cursor:
        cursor.execute(query, [list(TABLES)] * times)
        return list(cursor.fetchall())


def test_they_are_those_whose_rows_lie_with_an_advertiser() -> None:
    models = apps.get_app_config("tracking").get_models()
    assert {model._meta.db_table for model in models if issubclass(model, AdvertiserRow)} == set(
        TABLES
    )


def test_every_key_has_the_advertiser() -> None:
    without = [
        (name, columns)
        for name, kind, _, columns, _ in rows(KEYS)
        if kind != "f" and "advertiser_id" not in columns  # type: ignore[operator]
    ]
    without += [found for found in rows(UNIQUE_INDEXES) if "advertiser_id" not in found[1]]  # type: ignore[misc,operator]
    assert without == []
    assert sum(kind == "p" for _, kind, *_ in rows(KEYS)) == len(TABLES)


def test_they_refer_to_each_other_by_advertiser_and_to_nothing_else() -> None:
    foreign = {name: rest for name, kind, *rest in rows(KEYS) if kind == "f"}
    assert set(foreign) == AMONG_THEM
    for other, mine, theirs in foreign.values():
        assert other in TABLES
        assert isinstance(mine, list)
        assert (mine[0], theirs) == ("advertiser_id", ["advertiser_id", "id"])


def test_no_other_table_refers_to_them() -> None:
    assert rows(REFERRING, 2) == []


def test_triggers_look_at_old_and_new_only() -> None:
    triggers = rows(TRIGGERS)
    assert len(triggers) == 6 + len(TABLES)
    for name, source, definition in triggers:
        said = re.sub(r"'[^']*'", "''", str(source))  # but for its messages
        assert "FOR EACH ROW" in str(definition) or "BEFORE TRUNCATE" in str(definition), name
        assert not re.search(r"\b(SELECT|FROM|INTO|PERFORM|EXECUTE)\b", said, re.IGNORECASE), name


@pytest.fixture
def sale() -> Conversion:
    shop, blog = make_advertiser("Shop"), make_publisher("Blog")
    make_partner(shop, blog)
    browser = Browser(shop)
    browser.click(blog, NOW)
    return browser.buy("1", NOW)


@transaction.atomic
def give_to(table: str, advertiser: int) -> None:
    with connection.cursor() as cursor:
        cursor.execute(f"UPDATE {table} SET advertiser_id = %s", [advertiser])
        cursor.execute("SET CONSTRAINTS ALL IMMEDIATE")


@pytest.mark.parametrize(
    "table",
    [
        "tracking_report",
        "tracking_conversion",
        "tracking_conversionjourney",
        "tracking_commission",
    ],
)
def test_a_row_cannot_refer_to_one_of_another_advertiser(sale: Conversion, table: str) -> None:
    other = make_advertiser("Other").pk
    with pytest.raises(IntegrityError):
        give_to(table, other)


def test_a_sale_has_one_commission_and_numbered_decisions(sale: Conversion) -> None:
    for model in (Commission, Decision):
        row = model._default_manager.get()
        row.pk = None
        with pytest.raises(IntegrityError), transaction.atomic():
            row.save(force_insert=True)


def test_what_belongs_to_a_sale_is_found_with_its_advertiser(sale: Conversion) -> None:
    again = Conversion.objects.select_related("decision", "commission").get(
        pk=sale.pk, advertiser=sale.advertiser_id
    )
    assert again.decision == Decision.objects.get()
    assert again.commission == Commission.objects.get()
    assert again.reports.count() == again.decisions.count() == again.journeys.count() == 1


def test_many_rows_are_changed_by_one_statement(sale: Conversion) -> None:
    browser = Browser(sale.advertiser)
    browser.click(Publisher.objects.get(), NOW)
    other, third = browser.buy("2", NOW), browser.buy("3", NOW)
    rows = [sale, other]
    sale.voucher, sale.parts, sale.closes_at = "'x\\,", [{"group": 'A"'}], NOW
    other.closes_at, other.contested_by = None, Publisher.objects.get()
    third.voucher = "not written"
    with CaptureQueriesContext(connection) as captured:
        sets.update(rows, ["voucher", "parts", "closes_at", "contested_by"])
        sets.update([], ["voucher"])
        sets.update(rows, [])
    assert len(captured) == 1
    found = Conversion.objects.order_by("pk").values_list("voucher", "parts", "closes_at")
    assert list(found)[:2] == [("'x\\,", [{"group": 'A"'}], NOW), ("", other.parts, None)]
    assert Conversion.objects.get(contested_by__isnull=False) == other
    assert Conversion.objects.get(pk=third.pk).voucher == ""


def test_only_what_is_another_is_written(sale: Conversion) -> None:
    before = {"voucher": sale.voucher, "channel": sale.channel}
    with CaptureQueriesContext(connection) as captured:
        sets.update_changed([(sale, before)], ["voucher", "channel"])
        assert len(captured) == 0
        sale.channel = "app"
        sets.update_changed([(sale, before)], ["voucher", "channel"])
    assert len(captured) == 1
    assert '"voucher"' not in captured[0]["sql"]
    assert Conversion.objects.get().channel == "app"


@pytest.mark.parametrize(
    ("statement", "unnamed"),
    [
        ("SELECT 1 FROM network_advertiser", ()),
        ('INSERT INTO "tracking_report" ("id", "advertiser_id") VALUES (%s, %s)', ()),
        ("SELECT * FROM tracking_report WHERE advertiser_id = %s AND id = %s", ()),
        ("SELECT advertiser_id FROM tracking_report WHERE id = %s", ("tracking_report",)),
        (
            'UPDATE "tracking_commission" SET "advertiser_id" = %s WHERE "id" = %s',
            ("tracking_commission",),
        ),
        ("DELETE FROM tracking_rollup WHERE tracking_rollup.advertiser_id IN (%s, %s)", ()),
        (
            "SELECT * FROM tracking_conversion v JOIN tracking_decision d"
            " ON d.id = v.decision_id WHERE v.advertiser_id = %s",
            ("tracking_decision",),
        ),
        (
            "SELECT * FROM tracking_conversion v JOIN tracking_decision d"
            " ON d.advertiser_id = v.advertiser_id AND d.id = v.decision_id"
            " WHERE v.advertiser_id = %s",
            (),
        ),
        (
            "SELECT * FROM tracking_conversion v JOIN tracking_decision d"
            " ON d.advertiser_id = v.advertiser_id AND d.id = v.decision_id WHERE v.id = %s",
            ("tracking_conversion", "tracking_decision"),
        ),
    ],
)
def test_it_is_noticed_which_tables_a_statement_does_not_name_the_advertiser_for(
    statement: str, unnamed: tuple[str, ...]
) -> None:
    assert statements.unnamed(statement) == unnamed


def test_a_statement_of_the_product_that_names_no_advertiser_is_found(
    sale: Conversion, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(statements, "ACROSS", {})
    with statements.watched() as found:
        Conversion.objects.get()  # a test may ask as it likes
        finalise_due()
        assert found == []
        look(NOW)
    assert len(found) == 1
    assert found[0].startswith("tracking/spool/health.py:")


@pytest.mark.django_db(transaction=True)
def test_statements_of_other_threads_are_watched_too(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(statements, "ACROSS", {})
    with statements.watched() as found, ThreadPoolExecutor(1) as thread:
        thread.submit(look, NOW).result()
        thread.submit(lambda: connection.close()).result()  # this thread's own
    assert [line.split(":")[0] for line in found] == ["tracking/spool/health.py"]


def test_every_place_that_may_ask_about_all_exists() -> None:
    assert [place for place in statements.ACROSS if not (ROOT / place).exists()] == []
