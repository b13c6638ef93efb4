"""What operators see of spools, queue and finalisation; and taking in again what was set aside."""

import json
from datetime import timedelta
from typing import Any

import pytest
from django.contrib.admin.models import LogEntry
from django.test import Client
from pytest_django import DjangoAssertNumQueries, Settings

from tests.support.browsing import Browser
from tests.support.makers import (
    NOW,
    Shopper,
    make_advertiser,
    make_partner,
    make_publisher,
    make_user,
)
from tests.support.reading import signed_in, text
from tracking import tasks
from tracking.models import Click, Conversion, SetAside, SpoolHost
from tracking.spool import health, intake, redelivery

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("at_now")]
ASIDE = "/admin/tracking/setaside/"


@pytest.fixture
def operator() -> Client:
    return signed_in(make_user("operator", name="otto"))


def make_host(name: str = "web-1", *, behind: timedelta = timedelta(0)) -> SpoolHost:
    return SpoolHost.objects.create(name=name, registered_at=NOW, drained_to=NOW - behind)


def set_aside(record: object, number: int = 0) -> SetAside:
    return SetAside.objects.create(
        host="web-1",
        segment="s",
        offset=number,
        record=record if isinstance(record, str) else json.dumps(record),
        error="ValueError: poison",
        set_aside_at=NOW,
    )


def click_record() -> dict[str, Any]:
    shop, publisher = make_advertiser(), make_publisher()
    make_partner(shop, publisher, "hard")
    return Browser(shop).click(publisher, NOW - timedelta(minutes=5), lost=True).record


# --- Health -----------------------------------------------------------------------------------


def test_all_is_well_when_everything_has_been_heard_of() -> None:
    make_host()
    tasks.finalise_due()
    found = health.look(NOW)
    assert found.is_well
    assert (found.finalised_at, found.waiting_tasks, found.due) == (NOW, 0, 0)


def test_a_drain_that_is_behind_is_late_unless_its_host_was_taken_out() -> None:
    make_host("well", behind=health.LATE_AFTER)
    late = make_host("late", behind=health.LATE_AFTER + timedelta(seconds=1))
    intake.register("new", NOW)
    found = {host.name: host for host in health.look(NOW).hosts}
    assert [found[name].late for name in ("well", "late", "new")] == [False, True, True]
    assert found["new"].drained_to is None
    SpoolHost.objects.filter(pk=late.pk).update(removed_at=NOW)
    assert "late" not in {host.name for host in health.look(NOW).hosts}


def test_what_a_full_disk_cost_is_told_and_needs_attention_for_a_day(operator: Client) -> None:
    row = make_host()
    tasks.finalise_due()
    SpoolHost.objects.filter(pk=row.pk).update(lost_clicks=5, lost_reports=2, lost_at=NOW)
    [host] = health.look(NOW).hosts
    assert (host.lost, host.lost_at, health.look(NOW).is_well) == (7, NOW, False)
    assert "Disk full" in text(operator.get("/admin/tracking/spoolhost/health/"))
    [host] = health.look(NOW + health.LOST_LATELY).hosts
    assert (host.lost, host.lost_lately) == (7, False)


def test_finalisation_is_late_when_it_was_never_or_long_ago_heard_of() -> None:
    assert health.look(NOW).finalising_late
    health.note_finalised(NOW)
    assert not health.look(NOW + health.LATE_AFTER).finalising_late
    assert health.look(NOW + health.LATE_AFTER + timedelta(seconds=1)).finalising_late


def test_sales_that_are_due_and_overdue_are_counted() -> None:
    shop = make_advertiser()
    partner = make_partner(shop, make_publisher(), "hard")
    shopper = Shopper()
    shopper.follow(partner, NOW - timedelta(days=40))
    shopper.buy(shop, NOW - timedelta(days=39), order="old")
    closes = Conversion.objects.get().closes_at
    assert closes
    assert (health.look(closes).due, health.look(closes).overdue) == (1, 0)
    later = health.look(closes + health.LATE_AFTER)
    assert (later.due, later.overdue, later.oldest_due) == (1, 1, closes)
    assert health.look(closes - timedelta(seconds=1)).due == 0


def test_without_redis_the_page_says_so(operator: Client, settings: Settings) -> None:
    settings.REDIS_URL = "redis://127.0.0.1:1/0"
    assert "Redis does not answer." in text(operator.get("/admin/tracking/spoolhost/health/"))


def test_the_page_says_what_is_late_and_what_to_do(operator: Client) -> None:
    make_host("web-9", behind=timedelta(hours=1))
    seen = text(operator.get("/admin/tracking/spoolhost/health/"))
    assert "Something needs your attention" in seen
    assert "web-9" in seen
    assert "Start its drain" in seen
    assert "Check that beat and worker are running." in seen


def test_the_page_asks_the_same_number_of_times_whatever_there_is(
    django_assert_max_num_queries: DjangoAssertNumQueries,
) -> None:
    for number in range(5):
        make_host(f"web-{number}")
    with django_assert_max_num_queries(5):
        health.look(NOW)


# --- Set aside --------------------------------------------------------------------------------


def test_a_record_is_taken_in_once_what_stopped_it_has_been_mended(operator: Client) -> None:
    record = click_record()
    row = set_aside(record)
    seen = text(operator.post(f"{ASIDE}{row.pk}/replay/", follow=True))
    assert "has been taken in." in seen
    assert Click.objects.count() == 1
    row.refresh_from_db()
    assert row.replayed_at == NOW
    assert LogEntry.objects.get().get_change_message() == "Taken in again"


def test_it_is_taken_in_only_once(operator: Client) -> None:
    row = set_aside(click_record())
    redelivery.replay(row.pk, NOW)
    with pytest.raises(redelivery.NotReplayed, match="taken in already"):
        redelivery.replay(row.pk, NOW)
    assert "Take in again" not in text(operator.get(f"{ASIDE}{row.pk}/change/"))


def test_one_that_fails_again_stays_with_the_reason(operator: Client) -> None:
    row = set_aside({**click_record(), "cookie_type": "much too long"})
    seen = text(operator.post(f"{ASIDE}{row.pk}/replay/", follow=True))
    assert "still cannot be taken in" in seen
    row.refresh_from_db()
    assert row.replayed_at is None
    assert not Click.objects.exists()


@pytest.mark.parametrize("record", ["{", "[]", '{"kind": "other"}', "\\xff"])
def test_what_is_damaged_can_only_be_kept(record: str) -> None:
    row = set_aside(record)
    with pytest.raises(redelivery.NotReplayed, match="can only be kept"):
        redelivery.replay(row.pk, NOW)


def test_several_are_taken_in_from_the_list_and_one_bad_one_stops_none(operator: Client) -> None:
    rows = [set_aside(click_record()), set_aside("{", 1), set_aside(click_record(), 2)]
    chosen = {"action": "replay_all", "_selected_action": [str(row.pk) for row in rows]}
    seen = text(operator.post(ASIDE, chosen, follow=True))
    assert "can only be kept" in seen
    assert SetAside.objects.filter(replayed_at=NOW).count() == 2
    assert Click.objects.count() == 2


def test_the_audit_log_says_who_did_what(operator: Client) -> None:
    operator.post(f"{ASIDE}{set_aside(click_record()).pk}/replay/")
    seen = text(operator.get("/admin/admin/logentry/"))
    assert "otto" in seen
    assert "Taken in again" in seen
