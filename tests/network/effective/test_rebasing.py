"""Terms to come when the terms before them change: what a coming row changes itself stays to come,
what it carried along follows; of a partner's status the newest decision holds."""

from contextlib import suppress
from datetime import datetime, timedelta
from typing import Any

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from network.advertisers.terms import terms_at
from network.effective import queries
from network.effective.rows import SPREAD, ChangedMeanwhile
from network.models import Advertiser, AttributionTerms
from publishers.models import Notice, Partnership, PartnershipTerms
from publishers.notices.words import words
from publishers.policy import assigning, deciding, programme_terms
from publishers.policy.deciding import NotDecidable
from tests.support.makers import (
    NOW,
    Shopper,
    make_advertiser,
    make_partner,
    make_publisher,
    make_user,
)
from tracking.lifecycle import suspension
from tracking.models import Commission

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("at_now")]
DAY, MINUTE = timedelta(days=1), timedelta(minutes=1)
SOON = NOW + MINUTE


@pytest.fixture
def partner(shop: Advertiser) -> Partnership:
    return make_partner(shop, make_publisher("Stuffer"))


def change(partner: Partnership, days: int, **changes: object) -> PartnershipTerms:
    """So many days from now, or now."""
    start = NOW + days * DAY if days else None
    return deciding.change_terms(partner, changes, NOW, made_by=None, start=start)


def suspend(partner: Partnership, at: datetime = SOON, reason: str = "Stuffed") -> None:
    suspension.suspend(partner, at, reason=reason, made_by=make_user("operator"))


def held(partner: Partnership, days: float) -> dict[str, Any]:
    """What the terms are so many days from now, but for what was never touched."""
    row = queries.in_force(partner.terms.all(), NOW + days * DAY)
    assert row
    said = {"status": row.status, "hard_days": row.hard_days, "in_page": row.in_page}
    return {name: value for name, value in said.items() if value not in (None, False)}


def of_shop(shop: Advertiser, days: float) -> tuple[int, str, int]:
    row = terms_at(Advertiser.objects.get(pk=shop.pk), NOW + days * DAY)
    return row.hard_days, row.soft_rule, row.notice_days


class TestSuspension:
    def test_a_new_cookie_period_does_not_lift_it(self, partner: Partnership) -> None:
        change(partner, 20, hard_days=7)
        suspend(partner)
        assert held(partner, 19) == {"status": "suspended"}
        assert held(partner, 21) == {"status": "suspended", "hard_days": 7}

    def test_a_coming_end_does_not_lift_it(self, partner: Partnership) -> None:
        shopper = Shopper()
        shopper.follow(partner, NOW - MINUTE)
        deciding.decide(partner, "ended", NOW, made_by=None, start=NOW + 8 * DAY)
        suspend(partner)
        assert held(partner, 9) == {"status": "suspended"}
        shopper.buy(partner.advertiser, NOW + 9 * DAY)
        assert Commission.objects.get().decline_text == "Fraud: Stuffed"

    def test_a_coming_approval_does_not_lift_it(self, partner: Partnership) -> None:
        deciding.decide(partner, "ended", NOW - DAY, made_by=None)
        deciding.decide(partner, "approved", NOW, made_by=None, start=NOW + 8 * DAY)
        suspend(partner)
        assert held(partner, 9) == {"status": "suspended"}

    def test_what_was_to_come_during_it_does_not_bring_it_back(self, partner: Partnership) -> None:
        suspend(partner, NOW - DAY)
        change(partner, 8, hard_days=7)
        deciding.decide(partner, "approved", SOON, made_by=None)
        assert held(partner, 9) == {"status": "approved", "hard_days": 7}

    def test_it_is_declined_for_the_reason_of_the_suspension(self, partner: Partnership) -> None:
        shopper = Shopper()
        shopper.follow(partner, NOW - MINUTE)
        suspend(partner, reason="Stuffed")
        deciding.change_terms(
            partner, {"hard_days": 7}, SOON + MINUTE, made_by=make_user(), reason="As agreed"
        )
        shopper.buy(partner.advertiser, NOW + DAY)
        assert Commission.objects.get().decline_text == "Fraud: Stuffed"

    def test_what_is_decided_after_it_comes(self, partner: Partnership) -> None:
        suspend(partner)
        deciding.decide(partner, "approved", SOON + MINUTE, made_by=None, start=NOW + 5 * DAY)
        assert held(partner, 4) == {"status": "suspended"}
        assert held(partner, 6) == {"status": "approved"}

    @pytest.mark.parametrize("seconds", [5, 15, 16])
    def test_it_is_never_refused(self, partner: Partnership, seconds: int) -> None:
        """By what starts before it, at once with it, or just after it."""
        start = SOON + timedelta(seconds=seconds)
        deciding.change_terms(partner, {"hard_days": 7}, NOW, made_by=None, start=start)
        suspend(partner)
        assert held(partner, 1) == {"status": "suspended", "hard_days": 7}

    def test_the_partner_is_told_the_truth(self, partner: Partnership) -> None:
        change(partner, 10, hard_days=7)
        deciding.decide(partner, "ended", NOW, made_by=None, start=NOW + 20 * DAY)
        last = Notice.objects.latest("pk")
        suspend(partner)
        told = Notice.objects.filter(pk__gt=last.pk).order_by("pk")
        assert [words(notice).title for notice in told] == [
            "Suspended, from 12 Mar 2026 14:01 UTC",
            "Cancelled: Ended, announced for 1 Apr 2026 14:00 UTC",
        ]


def test_of_what_was_announced_and_stays_nothing_is_told_again(partner: Partnership) -> None:
    deciding.decide(partner, "ended", NOW, made_by=None, start=NOW + 20 * DAY)
    change(partner, 10, hard_days=7)
    last = Notice.objects.latest("pk")
    deciding.change_terms(partner, {"in_page": True}, SOON, made_by=None)
    programme_terms.change(partner.advertiser, {"soft_hours": 12}, SOON + MINUTE, made_by=None)
    told = Notice.objects.filter(pk__gt=last.pk).order_by("pk")
    assert [words(notice).title for notice in told] == [
        "Activation from the page is on, from 12 Mar 2026 14:01 UTC",
        "New terms from 12 Mar 2026 14:02 UTC",
    ]


def test_of_several_changes_the_one_that_is_undone_is_told(partner: Partnership) -> None:
    row = deciding.change_terms(
        partner, {"in_page": True, "hard_days": 7}, NOW, made_by=None, start=NOW + 9 * DAY
    )
    deciding.change_terms(partner, {"hard_days": 7}, SOON, made_by=None)
    last = Notice.objects.latest("pk")
    assigning.cancel(row, SOON + MINUTE, reason="No", made_by=None)
    told = Notice.objects.filter(pk__gt=last.pk).order_by("pk")
    assert [words(notice).title for notice in told] == [
        "Cancelled: Activation from the page is on, announced for 21 Mar 2026 14:00 UTC"
    ]


class TestRows:
    def test_who_asked_for_it_and_why_stay(self, partner: Partnership) -> None:
        olga, otto = make_user(name="olga"), make_user("operator", name="otto")
        deciding.change_terms(
            partner, {"hard_days": 7}, NOW, made_by=olga, reason="Spring", start=NOW + DAY
        )
        suspension.suspend(partner, SOON, reason="Stuffed", made_by=otto)
        old, new = PartnershipTerms.all_rows.filter(hard_days=7, cancels=None).order_by("pk")
        assert (new.made_by, new.reason, new.rewrites) == (olga, "Spring", old)
        assert new.starts_at == old.starts_at + timedelta(milliseconds=1)
        assert old.cancelling
        assert (old.cancelling.made_by, old.cancelling.reason) == (
            otto,
            "Written again because the terms before it changed.",
        )

    def test_nothing_is_written_again_that_stays_as_it_is(self, shop: Advertiser) -> None:
        programme_terms.change(shop, {"hard_days": 7}, NOW, made_by=None, start=NOW + DAY)
        programme_terms.change(shop, {"hard_days": 9}, SOON, made_by=None)
        assert of_shop(shop, 2) == (7, "first", 0)
        assert not AttributionTerms.all_rows.exclude(cancels=None).exists()

    def test_what_is_written_again_twice_is_cancelled(self, partner: Partnership) -> None:
        change(partner, 10, hard_days=7)
        change(partner, 0, in_page=True)
        deciding.change_terms(partner, {"in_page": False}, SOON, made_by=None)
        [row] = partner.terms.filter(starts_at__gt=NOW + DAY)
        assigning.cancel(row, SOON, reason="No", made_by=None)
        assert held(partner, 11) == {"status": "approved"}


def test_a_coming_change_keeps_what_is_decided_now(shop: Advertiser) -> None:
    programme_terms.change(shop, {"hard_days": 7}, NOW, made_by=None, start=NOW + 10 * DAY)
    programme_terms.change(shop, {"soft_rule": "last", "notice_days": 30}, SOON, made_by=None)
    assert of_shop(shop, 9) == (30, "last", 30)
    assert of_shop(shop, 11) == (7, "last", 30)


def test_a_change_between_two_reaches_the_later(partner: Partnership) -> None:
    change(partner, 20, hard_days=7)
    change(partner, 10, in_page=True)
    assert held(partner, 21) == {"status": "approved", "hard_days": 7, "in_page": True}


def test_an_end_now_withdraws_the_coming_one(partner: Partnership) -> None:
    deciding.decide(partner, "ended", NOW, made_by=None, start=NOW + 8 * DAY)
    deciding.decide(partner, "ended", SOON, made_by=None)
    assert partner.terms.filter(starts_at__gt=NOW).count() == 1
    assert held(partner, 9) == {"status": "ended"}


class TestCancelling:
    def test_what_came_after_it_does_not_carry_it(self, partner: Partnership) -> None:
        end = deciding.decide(partner, "ended", NOW, made_by=None, start=NOW + 8 * DAY)
        change(partner, 20, hard_days=7)
        assigning.cancel(end, SOON, reason="They stay", made_by=None)
        assert held(partner, 21) == {"status": "approved", "hard_days": 7}

    def test_an_end_does_not_lift_a_suspension_that_was_to_be_lifted(
        self, partner: Partnership
    ) -> None:
        suspend(partner, NOW - DAY)
        lifted = deciding.decide(partner, "approved", NOW, made_by=None, start=NOW + 5 * DAY)
        deciding.decide(partner, "ended", NOW, made_by=None, start=NOW + 9 * DAY)
        assigning.cancel(lifted, SOON, reason="No", made_by=None)
        assert held(partner, 10) == {"status": "suspended"}

    def test_of_a_shop(self, shop: Advertiser) -> None:
        first = programme_terms.change(
            shop, {"hard_days": 7}, NOW, made_by=None, start=NOW + 5 * DAY
        )
        programme_terms.change(shop, {"notice_days": 9}, NOW, made_by=None, start=NOW + 9 * DAY)
        assigning.cancel(first, SOON, reason="No", made_by=None)
        assert of_shop(shop, 10) == (30, "first", 9)


class TestTwoAtOnce:
    def test_a_decision_is_made_on_what_was_decided_seconds_ago(self, partner: Partnership) -> None:
        suspend(partner, NOW)
        with pytest.raises(NotDecidable, match="Stuffer is suspended for fraud from 12 Mar"):
            deciding.decide(partner, "ended", NOW + timedelta(seconds=3), made_by=None)

    def test_it_says_who_and_what(self, partner: Partnership) -> None:
        row = queries.in_force(partner.terms.all(), NOW)
        assert row
        olga = make_user(name="olga")
        deciding.change_terms(partner, {"hard_days": 7}, NOW, made_by=olga)
        said = "olga changed this 1 minute ago: cookie period 7 days, from 12 Mar 2026 14:00 UTC"
        with pytest.raises(ChangedMeanwhile, match=said):
            deciding.change_terms(
                partner, {"in_page": True}, SOON, made_by=make_user(), known=row.pk
            )
        deciding.change_terms(partner, {"in_page": True}, SOON, made_by=olga, known=row.pk)


# --- Whatever was to come -------------------------------------------------------------------------

steps = st.lists(
    st.tuples(
        st.sampled_from(["approved", "ended", "suspended", "terms", "cancel"]),
        st.integers(0, 12),
        st.integers(1, 4),
    ),
    max_size=8,
)


@given(steps)
@example([("ended", 0, 1), ("approved", 9, 1), ("suspended", 0, 1)])
@settings(max_examples=25, deadline=None)
def test_a_suspension_holds_until_somebody_decides_about_the_status(
    taken: list[tuple[str, int, int]],
) -> None:
    """Neither terms that were to come nor what is cancelled lifts it: each status after it was
    decided after it."""
    partner = make_partner(make_advertiser(), make_publisher())
    suspended: PartnershipTerms | None = None
    decided: set[int] = set()
    for minute, (what, days, value) in enumerate(taken, 1):
        now = NOW + minute * MINUTE
        row = _take(partner, what, now, now + days * DAY if days else None, value)
        if row and what == "suspended":
            suspended, decided = row, {row.pk}
        elif row:
            decided.add(row.pk)
    if suspended:
        status = "suspended"
        for row in partner.terms.filter(starts_at__gte=suspended.starts_at).order_by("starts_at"):
            assert row.status == status or _first(row).pk in decided
            status = row.status


def _take(
    partner: Partnership, what: str, now: datetime, start: datetime | None, value: int
) -> PartnershipTerms | None:
    """Take a step; what it decides about the status."""
    coming = list(partner.terms.filter(starts_at__gt=now + SPREAD).order_by("starts_at"))
    if what == "terms":
        deciding.change_terms(partner, {"hard_days": value}, now, made_by=None, start=start)
    elif what == "cancel" and coming:
        assigning.cancel(coming[value % len(coming)], now, reason="x", made_by=None)
    elif what != "cancel":
        start = None if what == "suspended" else start
        with suppress(NotDecidable):
            return deciding.decide(partner, what, now, made_by=None, start=start)
    return None


def _first(row: PartnershipTerms) -> PartnershipTerms:
    """The row that was written again as this one."""
    while row.rewrites_id:
        row = PartnershipTerms.all_rows.get(pk=row.rewrites_id)
    return row
