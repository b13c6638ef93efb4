"""Changes wait for one another, start after the wait, and are committed in time."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import timedelta
from threading import Event, Thread
from typing import Any

import pytest
from django.contrib.admin.models import LogEntry
from django.db import IntegrityError, connection, transaction

from network.effective import lock as policy_lock
from network.effective.lock import Busy, held
from network.effective.rows import SPREAD, EffectiveDated
from network.models import AttributionTerms, CommissionRate
from publishers.models import (
    CookieTypeAssignment,
    ModelTypeCookieType,
    Partnership,
    PartnershipTerms,
    PublisherModelType,
)
from publishers.policy import assigning
from tests.support.makers import (
    NOW,
    SetClock,
    make_advertiser,
    make_partner,
    make_publisher,
    make_user,
)
from tests.support.reading import signed_in, text

SECOND, DAY = timedelta(seconds=1), timedelta(days=1)
FREED = NOW + 30 * SECOND


@pytest.fixture
def partner() -> Partnership:
    return make_partner(make_advertiser("Shop"), make_publisher("CouponCat"))


@contextmanager
def somebody_else() -> Iterator[Callable[[], None]]:
    """Another connection holds the lock, until the function that this gives is called."""
    taken, enough = Event(), Event()

    def hold() -> None:
        with held():
            taken.set()
            enough.wait(30)
        connection.close()

    thread = Thread(target=hold)
    thread.start()
    assert taken.wait(30)

    def let_go() -> None:
        enough.set()
        thread.join()

    try:
        yield let_go
    finally:
        let_go()


def until_somebody_waits() -> None:
    waiting = """SELECT count(*) FROM pg_locks JOIN pg_stat_activity USING (pid)
        WHERE NOT granted AND datname = current_database()"""
    with connection.cursor() as cursor:
        while cursor.execute(waiting) is None or cursor.fetchone() == (0,):
            pass


def changes(partner: Partnership) -> dict[str, tuple[str, dict[str, Any], type[EffectiveDated]]]:
    """Pages that change the policy, what is posted to them, and what it makes."""
    own, shop = f"/admin/publishers/partnership/{partner.pk}/", partner.advertiser_id
    default = {"advertiser": shop, "model_type": "content", "to": "soft", "reason": "Late"}
    terms = {"soft_rule": "first", "hard_days": 7, "soft_hours": 24, "validation_days": 0}
    return {
        "cookie_type": (
            "/admin/publishers/partnership/cookie-type/",
            {"to": "soft", "partners": str(partner.pk), "reason": "Late"},
            CookieTypeAssignment,
        ),
        "default": (
            "/admin/publishers/modeltypecookietype/add/",
            {**default, "seen": NOW.isoformat()},
            ModelTypeCookieType,
        ),
        "model_type": (
            f"/admin/publishers/publisher/{partner.publisher_id}/model-type/",
            {"model_type": "voucher", "reason": "Late"},
            PublisherModelType,
        ),
        "status": (f"{own}status/?to=ended", {"reason": "Late"}, PartnershipTerms),
        "suspension": (f"{own}status/?to=suspended", {"reason": "Late"}, PartnershipTerms),
        "own_terms": (
            f"{own}terms/",
            {"status": "approved", "hard_days": 7, "reason": "Late"},
            PartnershipTerms,
        ),
        "terms": (
            f"/admin/network/advertiser/{shop}/terms/",
            {**terms, "notice_days": 0, "reason": "Late"},
            AttributionTerms,
        ),
        "rate": (
            f"/admin/network/advertiser/{shop}/rate/",
            {"percent": 9, "reason": "Late"},
            CommissionRate,
        ),
    }


PAGES = (
    "cookie_type",
    "default",
    "model_type",
    "status",
    "suspension",
    "own_terms",
    "terms",
    "rate",
)


@pytest.mark.django_db(transaction=True)
class TestWaiting:
    @pytest.mark.parametrize("page", PAGES)
    def test_what_waited_starts_ahead_of_the_end_of_the_wait(
        self, page: str, partner: Partnership, at: SetClock
    ) -> None:
        address, data, table = changes(partner)[page]
        at(NOW)
        client = signed_in(make_user("operator"))

        def change() -> None:
            client.post(address, data)
            connection.close()

        with somebody_else() as let_go:
            late = Thread(target=change)
            late.start()
            until_somebody_waits()
            at(FREED)
            let_go()
            late.join()
        made = table.objects.latest("created_at")
        assert (made.created_at, made.starts_at) == (FREED, FREED + SPREAD)

    def test_nothing_is_cancelled_after_a_wait_that_lasted_too_long(
        self, partner: Partnership, at: SetClock
    ) -> None:
        [row] = assigning.assign(
            [partner], "soft", NOW - DAY, reason="x", made_by=None, start=NOW + 20 * SECOND
        )
        at(NOW)
        client = signed_in(make_user("operator"))
        told: list[str] = []

        def cancel() -> None:
            address = f"/admin/coming/cookie-type/{row.pk}/cancel/"
            told.append(text(client.post(address, {"reason": "Too late"})))
            connection.close()

        with somebody_else() as let_go:
            late = Thread(target=cancel)
            late.start()
            until_somebody_waits()
            at(NOW + 6 * SECOND)
            let_go()
            late.join()
        assert "starts in less than 15 seconds and can no longer be cancelled" in told[0]
        assert not CookieTypeAssignment.all_rows.filter(cancels=row).exists()

    @pytest.mark.parametrize("page", PAGES)
    @pytest.mark.usefixtures("at_now")
    def test_who_waits_too_long_is_told_and_keeps_what_was_typed(
        self, page: str, partner: Partnership, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr(policy_lock, "WAIT_AT_MOST", timedelta(milliseconds=1))
        address, data, table = changes(partner)[page]
        client, before = signed_in(make_user("operator")), table.all_rows.count()
        with somebody_else():
            answer = client.post(address, data)
        assert "Somebody else is making a change right now" in text(answer)
        if "reason" in data:
            assert "Late" in answer.context["form"]["reason"].value()
        assert table.all_rows.count() == before

    @pytest.mark.usefixtures("at_now")
    def test_approvals_are_told_too(
        self, partner: Partnership, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr(policy_lock, "WAIT_AT_MOST", timedelta(milliseconds=1))
        applied = make_partner(partner.advertiser, make_publisher(), status="applied")
        client = signed_in(make_user("operator"))
        data = {"action": "approve", "_selected_action": applied.pk}
        with somebody_else():
            answer = client.post("/admin/publishers/partnership/", data, follow=True)
        assert "Somebody else is making a change right now" in text(answer)
        assert [row.status for row in applied.terms.all()] == ["applied"]

    def test_what_a_transaction_holds_it_does_not_wait_for(self) -> None:
        with held(), held():
            pass


@pytest.mark.django_db(transaction=True)
class TestCommittedInTime:
    """With no time at all to do it."""

    @pytest.fixture(autouse=True)
    def in_no_time(self, partner: Partnership) -> Iterator[None]:
        with connection.cursor() as cursor:
            cursor.execute("SET softclick.commit_within = '0'")
            yield
            cursor.execute("RESET softclick.commit_within")

    @pytest.mark.parametrize("page", PAGES)
    @pytest.mark.usefixtures("at_now")
    def test_a_change_that_took_too_long_is_not_made(self, page: str, partner: Partnership) -> None:
        address, data, table = changes(partner)[page]
        user, before = make_user("operator"), table.all_rows.count()
        answer = signed_in(user).post(address, data)
        assert "This took longer than 10 seconds" in text(answer)
        assert table.all_rows.count() == before
        assert not LogEntry.objects.filter(user=user).exists()

    def test_nor_one_without_the_lock(self, partner: Partnership) -> None:
        row = CookieTypeAssignment(
            advertiser=partner.advertiser,
            publisher=partner.publisher,
            partnership=partner,
            cookie_type="soft",
            created_at=NOW,
            starts_at=NOW + SPREAD,
        )
        with pytest.raises(IntegrityError, match="committed too late"), transaction.atomic():
            row.save()

    def test_a_simulated_time_takes_as_long_as_it_takes(self, partner: Partnership) -> None:
        with transaction.atomic():
            policy_lock.unhurried()
            assigning.assign([partner], "soft", NOW, reason="x", made_by=None)
        with pytest.raises(Busy):
            assigning.assign([partner], "soft", NOW + DAY, reason="x", made_by=None)


@pytest.mark.django_db(transaction=True)
def test_the_time_runs_from_when_the_lock_was_first_held() -> None:
    def since() -> str:
        with connection.cursor() as cursor:
            cursor.execute("SELECT current_setting('softclick.held_since')")
            [found] = cursor.fetchone()
        return str(found)

    with held():
        first = since()
        with held():
            assert since() == first != ""
    with held():
        assert since() > first
