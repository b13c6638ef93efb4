"""Pages are opened by who may see them, with each filter, and the slowest is told first."""

from collections.abc import Iterator

import pytest
from django.db import connection
from django.test import override_settings
from pytest_django.plugin import DjangoDbBlocker

from network.bench.opening import ratios, sizes
from network.bench.opening.people import Opened, Readers
from network.bench.opening.ratios import MeasuredPages, NotOpened, Opening, PageRatio
from network.bench.opening.reading import blocks_of
from network.bench.seeding import multiply
from network.bench.seeding.multiply import Multiplied
from tests.support.makers import NOW

FEW = Opening(0.020, 0.004, 7, 40)


def here() -> None:
    """Both sides are the database of the test."""


@pytest.mark.django_db
def test_it_opens_the_lists_of_staff_and_publishers(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(multiply, "DATABASE", connection.settings_dict["NAME"])
    filled = Multiplied(NOW)
    with override_settings(TOTP_REQUIRED=False):
        opened = {page.name: page for page in Readers(filled.shops[0]).pages()}
        for name in (
            "operator: home",
            "staff: tracking_conversion ?state=Final",
            "staff: a partner",
            "publisher: sales",
            "publisher: sale",
        ):
            found = ratios._in_turn(opened[name], (here, here), 1)
            assert found.name == name
            assert 0 < found.few.database < found.few.seconds
            assert found.few.queries == found.many.queries > 0
            assert found.few.blocks > 0
        page = opened["publisher: sales"]
        nowhere = Opened("nowhere", page.client, page.address + "nowhere/")
        with pytest.raises(NotOpened, match="404"):
            ratios._in_turn(nowhere, (here, here), 1)


@pytest.mark.django_db
def test_blocks_are_those_of_what_reads() -> None:
    with connection.cursor() as cursor:
        cursor.execute("CREATE TABLE line AS SELECT 1 AS number")
        read = ("SELECT number FROM line WHERE number > %s", [1])
        assert blocks_of([read]) == 1
        cursor.execute("INSERT INTO line SELECT generate_series(1, 1000)")
        assert blocks_of([read, ("INSERT INTO line VALUES (1)", None)]) == 5


@pytest.fixture
def outside_of_a_transaction(
    django_db_setup: None, django_db_blocker: DjangoDbBlocker
) -> Iterator[None]:
    """For a test that changes connections, and no row."""
    with django_db_blocker.unblock():
        yield


@pytest.mark.usefixtures("outside_of_a_transaction")
def test_two_databases_are_spoken_to_in_turn(monkeypatch: pytest.MonkeyPatch) -> None:
    mine = str(connection.settings_dict["NAME"])
    monkeypatch.setattr(sizes, "DATABASE", mine)
    monkeypatch.setattr(sizes, "DATABASE_OF_FEW", "postgres")

    def spoken_to() -> str:
        with connection.cursor() as cursor:
            cursor.execute("SELECT current_database()")
            return str(cursor.fetchone()[0])

    with sizes.sizes() as both:
        both.speak_to_few()
        assert spoken_to() == "postgres"
        both.speak_to_many()
        assert spoken_to() == mine
        both.speak_to_few()
        assert spoken_to() == "postgres"
    assert spoken_to() == mine


def test_the_slowest_page_and_more_queries_are_told() -> None:
    pages = [
        PageRatio("staff: home", FEW, Opening(0.027, 0.009, 7, 300)),
        PageRatio("publisher: sales", FEW, Opening(0.021, 0.004, 8, 40)),
    ]
    measured = MeasuredPages(pages, (10_000, 1_000_000))
    results = list(ratios.results(measured))
    assert [(result.value, result.met) for result in results] == [
        (1.35, False),
        (1, False),
        (1, False),
    ]
    assert [line.split()[-2:] for line in ratios.describe(measured)][1:] == [
        ["staff:", "home"],
        ["publisher:", "sales"],
    ]
