"""Reports that make no sense: anybody can send them, and only so many are kept."""

from datetime import timedelta
from typing import Any

import pytest
from django.db.models import Sum

from network.models import Advertiser
from tests.support.browsing import make_report
from tests.support.makers import NOW, make_advertiser
from tracking.clicks.keys import KEYS
from tracking.conversions import apart, recording
from tracking.evidence.fields import FieldError
from tracking.models import Report
from tracking.rule.reasons import ReportOutcome

pytestmark = pytest.mark.django_db
MOST = 3


@pytest.fixture(autouse=True)
def few(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(apart, "MOST_INVALID", MOST)


def send(shop: Advertiser, minutes: int, *, is_sale: bool = False) -> ReportOutcome:
    at = NOW.replace(minute=0) + timedelta(minutes=minutes)
    report = make_report(shop, "1", at)
    if not is_sale:
        wrong = FieldError("amount", "much", "a number", "Send 12.50.")
        report = make_report(shop, "1", at, sale=None, errors=(wrong,))
    return recording.record(report, KEYS, at)


def kept(shop: Advertiser) -> tuple[int, int]:
    """How many reports are kept, and how many were only counted."""
    rows = Report.objects.filter(advertiser=shop, outcome=ReportOutcome.INVALID)
    return rows.count(), rows.aggregate(counted=Sum("repeats"))["counted"] or 0


def test_within_an_hour_so_many_are_kept_and_the_rest_is_counted(shop: Advertiser) -> None:
    assert {send(shop, minutes) for minutes in range(MOST + 5)} == {ReportOutcome.INVALID}
    assert kept(shop) == (MOST, 5)
    send(shop, 60)
    assert kept(shop) == (MOST + 1, 5)


def test_what_anybody_sends_leaves_room_for_what_the_shop_s_server_sends(shop: Advertiser) -> None:
    for minutes in range(MOST + 1):
        send(shop, minutes)
    wrong = FieldError("amount", "much", "a number", "Send 12.50.")
    keyed = make_report(shop, "2", NOW, source="keyed", sale=None, errors=(wrong,))
    recording.record(keyed, KEYS, NOW)
    assert Report.objects.filter(id=keyed.id).exists()
    assert kept(shop) == (MOST + 1, 1)


@pytest.mark.parametrize(
    ("said", "outcome"),
    [
        pytest.param({"fields": {"test": "1"}}, ReportOutcome.TEST, id="of_a_test"),
        pytest.param({"clicks": ["nobody's"]}, ReportOutcome.NO_TOKEN, id="click_ids_of_nobody"),
    ],
)
def test_so_it_is_with_others_that_are_no_evidence(
    shop: Advertiser, said: dict[str, Any], outcome: ReportOutcome
) -> None:
    for number in range(MOST + 2):
        sent = make_report(shop, str(number), NOW, source="pixel", **said)
        assert recording.record(sent, KEYS, NOW) == outcome
    assert Report.objects.filter(outcome=outcome).count() == MOST
    assert Report.objects.aggregate(counted=Sum("repeats"))["counted"] == 2


def test_each_advertiser_has_its_own_number_and_sales_are_not_counted(shop: Advertiser) -> None:
    other = make_advertiser()
    for minutes in range(MOST + 1):
        send(shop, minutes)
    send(other, 1)
    assert kept(other) == (1, 0)
    send(shop, 5, is_sale=True)
    assert kept(shop) == (MOST, 1)
