"""A life that the product made is multiplied: consistent in every row, and nowhere else."""

import pytest
from django.core.management import CommandError, call_command
from django.db import connection
from django.db.models import Count, Q

from network.bench.seeding import multiply
from network.bench.seeding.multiply import Multiplied, NotThrownAway, check_thrown_away
from network.bench.stage import DATABASE
from tests.support.makers import NOW
from tracking.models import Click, Commission, Conversion
from tracking.verify.checks import Broken, verify


@pytest.mark.django_db
def test_copies_keep_every_promise_as_often_as_it_grows(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(multiply, "DATABASE", connection.settings_dict["NAME"])
    filled = Multiplied(NOW)
    for clicks in (2_500, 5_000):
        filled.grow(clicks)
        assert filled.clicks >= clicks
    assert [str(finding) for finding in verify() if isinstance(finding, Broken)] == []
    assert Click.objects.count() == filled.clicks
    sales = Conversion.objects.all()
    assert sales.count() == sales.values("at").distinct().count() == filled.sales
    assert sales.filter(reports__isnull=True).count() == 0
    assert sales.values("advertiser").distinct().count() == len(filled.shops) > 1
    assert Click.objects.values("publisher").distinct().count() > 20
    states = Commission.objects.aggregate(
        final=Count("pk", filter=Q(status="final")), open=Count("pk", filter=Q(status="pending"))
    )
    assert all(states.values())


def test_no_other_database_is_filled(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(connection.settings_dict, "NAME", DATABASE)
    check_thrown_away()
    monkeypatch.setitem(connection.settings_dict, "NAME", "softclick")
    with pytest.raises(NotThrownAway, match="not softclick"):
        check_thrown_away()


@pytest.mark.parametrize("clicks", ["999", "100000001"])
def test_how_much_is_filled_in_is_bounded(clicks: str) -> None:
    with pytest.raises(CommandError, match="--seed"):
        call_command("bench", "--seed", clicks)
