"""Pages are opened by who may see them, with each filter, and the slowest is told first."""

import pytest
from django.db import connection
from django.test import override_settings

from network.bench.opening import ratios
from network.bench.opening.people import Opened, Readers
from network.bench.opening.ratios import MeasuredPages, NotOpened, Opening, PageRatio
from network.bench.seeding import multiply
from network.bench.seeding.multiply import Multiplied
from tests.support.makers import NOW

FEW = Opening(0.020, 7)


@pytest.mark.django_db
def test_it_opens_the_lists_of_staff_and_publishers(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(multiply, "DATABASE", connection.settings_dict["NAME"])
    monkeypatch.setattr(ratios, "ROUNDS", 2)
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
            [(told, opening)] = ratios._times([opened[name]]).items()
            assert told == name
            assert opening.seconds > 0
            assert opening.queries > 0
        page = opened["publisher: sales"]
        with pytest.raises(NotOpened, match="404"):
            ratios._times([Opened("nowhere", page.client, page.address + "nowhere/")])


def test_the_slowest_page_and_more_queries_are_told() -> None:
    pages = [
        PageRatio("staff: home", FEW, Opening(0.027, 7)),
        PageRatio("publisher: sales", FEW, Opening(0.021, 8)),
    ]
    measured = MeasuredPages(pages, (10_000, 1_000_000))
    results = list(ratios.results(measured))
    assert [(result.value, result.met) for result in results] == [(1.35, False), (1, False)]
    assert [line.split()[-2:] for line in ratios.describe(measured)][1:] == [
        ["staff:", "home"],
        ["publisher:", "sales"],
    ]
