"""Changing the policy: cancelling, notice, partnerships that are gone, two people at once."""

from collections.abc import Callable
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any

import pytest
from django.core.exceptions import ValidationError
from django.db import IntegrityError, transaction

from network.advertisers.terms import change_rate, change_terms, rate_at, terms_at
from network.effective import queries
from network.effective.rows import SPREAD, ChangedMeanwhile, EffectiveDated, TooLate
from network.models import Advertiser, CommissionGroup, PolicyVersion
from publishers.cookie_types.resolution import in_force, policy_of
from publishers.models import CookieTypeAssignment, Partnership
from publishers.policy import assigning, deciding
from publishers.policy.notice_period import NoticeNotKept
from tests.support.makers import NOW, make_advertiser, make_partner, make_publisher

pytestmark = pytest.mark.django_db
DAY, SECOND = timedelta(days=1), timedelta(seconds=1)
LATER = NOW + 9 * DAY


def kind(partnership: Partnership, at: datetime) -> str:
    return in_force(policy_of(partnership), at).cookie_type


def soft(partnership: Partnership, now: datetime = NOW, **more: Any) -> CookieTypeAssignment:
    return assigning.assign([partnership], "soft", now, reason="Agreed", made_by=None, **more)[0]


def cancel(row: EffectiveDated, now: datetime = NOW, **more: Any) -> None:
    assigning.cancel(row, now, **{"reason": "Mistaken", "made_by": None, **more})


# --- Cancelling -----------------------------------------------------------------------------------


def coming_terms(partner: Partnership) -> EffectiveDated:
    return change_terms(partner.advertiser, {"hard_days": 7}, NOW, made_by=None, start=LATER)


def coming_rate(partner: Partnership) -> EffectiveDated:
    group = CommissionGroup.objects.get(advertiser=partner.advertiser)
    return change_rate(group, NOW, made_by=None, percent=Decimal(1), start=LATER)


def coming_model_type(partner: Partnership) -> EffectiveDated:
    return assigning.change_model_type(
        partner.publisher, "extension", NOW, reason="New", made_by=None, start=LATER
    )


def coming_default(partner: Partnership) -> EffectiveDated:
    return assigning.set_default(
        partner.advertiser, "content", "soft", NOW, reason="All", made_by=None, start=LATER
    )


def coming_network_default(partner: Partnership) -> EffectiveDated:
    return assigning.set_default(
        None, "content", "soft", NOW, reason="All", made_by=None, start=LATER
    )


def coming_status(partner: Partnership) -> EffectiveDated:
    return deciding.change_terms(partner, {"status": "ended"}, NOW, made_by=None, start=LATER)


def coming_type(partner: Partnership) -> EffectiveDated:
    return soft(partner, start=LATER)


COMING = [
    coming_terms,
    coming_rate,
    coming_model_type,
    coming_default,
    coming_network_default,
    coming_status,
    coming_type,
]
Coming = Callable[[Partnership], EffectiveDated]


def outcome(partner: Partnership, at: datetime) -> tuple[object, ...]:
    """Everything that depends on time."""
    shop = Advertiser.objects.get(pk=partner.advertiser_id)
    terms = queries.in_force(partner.terms.all(), at)
    assert terms
    group = CommissionGroup.objects.get(advertiser=shop)
    return (
        kind(partner, at),
        in_force(policy_of(partner), at).model_type,
        terms_at(shop, at).hard_days,
        rate_at(group, at).percent,
        terms.status,
    )


@pytest.mark.parametrize("coming", COMING)
class TestCancelling:
    def test_what_was_to_come_does_not(self, coming: Coming) -> None:
        partner = make_partner(make_advertiser(), make_publisher())
        before = outcome(partner, LATER)
        row = coming(partner)
        assert outcome(partner, LATER) != before
        version = PolicyVersion.objects.get().version
        cancel(row)
        assert outcome(partner, LATER) == before
        assert PolicyVersion.objects.get().version > version
        table: Any = type(row)
        assert not table.objects.filter(starts_at__gt=NOW).exists()
        assert table.all_rows.filter(starts_at__gt=NOW).count() == 2

    def test_somebody_else_was_faster(self, coming: Coming) -> None:
        row = coming(make_partner(make_advertiser(), make_publisher()))
        cancel(row)
        with pytest.raises(ChangedMeanwhile, match="already"):
            cancel(row)

    def test_another_may_take_its_place(self, coming: Coming) -> None:
        partner = make_partner(make_advertiser(), make_publisher())
        for _ in range(2):
            cancel(coming(partner))
        row = coming(partner)
        assert timedelta(0) < row.starts_at - LATER < SECOND
        with pytest.raises(ChangedMeanwhile):
            coming(partner)

    @pytest.mark.parametrize(
        ("now", "said"),
        [
            pytest.param(LATER - SPREAD + SECOND, "less than 15 seconds", id="too_soon"),
            pytest.param(LATER + DAY, "has started", id="started"),
        ],
    )
    def test_too_late(self, coming: Coming, now: datetime, said: str) -> None:
        row = coming(make_partner(make_advertiser(), make_publisher()))
        with pytest.raises(TooLate, match=said):
            cancel(row, now)
        assert type(row)._default_manager.filter(pk=row.pk).exists()

    def test_the_last_moment(self, coming: Coming) -> None:
        row = coming(make_partner(make_advertiser(), make_publisher()))
        cancel(row, LATER - SPREAD)
        assert not type(row)._default_manager.filter(pk=row.pk).exists()

    def test_the_reason_is_required(self, coming: Coming) -> None:
        row = coming(make_partner(make_advertiser(), make_publisher()))
        with pytest.raises(ValidationError, match="reason"):
            cancel(row, reason="  ")

    @pytest.mark.parametrize("wrong", ["started", "another's", "twice"])
    def test_the_database_refuses_what_the_code_lets_through(
        self, coming: Coming, wrong: str
    ) -> None:
        shop = make_advertiser()
        row = coming(make_partner(shop, make_publisher()))
        table: Any = type(row)
        said: dict[str, Any] = {"created_at": NOW, "cancels_id": row.pk}
        if wrong == "started":
            said["created_at"] = LATER - SPREAD + SECOND
        elif wrong == "another's":
            other = coming_of_another(coming, row)
            said["cancels_id"] = other.pk
        else:
            cancel(row)
            said["cancels_id"] = table.all_rows.get(cancels=row).pk
        with pytest.raises(IntegrityError), transaction.atomic():
            insert_beside(row, said)

    def test_history_stays_append_only(self, coming: Coming) -> None:
        row = coming(make_partner(make_advertiser(), make_publisher()))
        cancel(row)
        table: Any = type(row)
        cancelling = table.all_rows.filter(cancels=row)
        with pytest.raises(Exception, match="Cannot update or delete"), transaction.atomic():
            cancelling.delete()


def coming_of_another(coming: Coming, row: EffectiveDated) -> EffectiveDated:
    """Such a row of another partner and advertiser, or for another model type."""
    if coming is coming_network_default:
        return assigning.set_default(
            None, "voucher", "soft", NOW, reason="x", made_by=None, start=LATER
        )
    return coming(make_partner(make_advertiser(), make_publisher()))


def insert_beside(row: EffectiveDated, said: dict[str, Any]) -> None:
    copied = {
        field.attname: getattr(row, field.attname)
        for field in type(row)._meta.concrete_fields
        if not field.primary_key
    }
    type(row)(**{**copied, **said}).save(force_insert=True)


# --- The notice period ----------------------------------------------------------------------------


NOTICE = 14


@pytest.fixture
def shop() -> Advertiser:
    return make_advertiser("Blum", notice_days=NOTICE)


def change_default(partner: Partnership, start: datetime | None) -> None:
    assigning.set_default(
        partner.advertiser, "content", "soft", NOW, reason="x", made_by=None, start=start
    )


def change_network_default(partner: Partnership, start: datetime | None) -> None:
    assigning.set_default(None, "content", "soft", NOW, reason="x", made_by=None, start=start)


def change_model_type(partner: Partnership, start: datetime | None) -> None:
    assigning.change_model_type(
        partner.publisher, "extension", NOW, reason="New", made_by=None, start=start
    )


def change_own(partner: Partnership, start: datetime | None) -> None:
    soft(partner, start=start)


CHANGES = [change_own, change_default, change_network_default, change_model_type]


class TestNotice:
    @pytest.mark.parametrize("change", CHANGES)
    def test_hard_becomes_soft_as_soon_as_the_notice_allows(
        self, shop: Advertiser, change: Callable[..., None]
    ) -> None:
        partner = make_partner(shop, make_publisher("Cat"))
        change(partner, None)
        begins = NOW + NOTICE * DAY
        assert kind(partner, begins - SECOND) == "hard"
        assert kind(partner, begins) == "soft"

    @pytest.mark.parametrize("change", CHANGES)
    def test_an_earlier_start_is_refused_and_the_earliest_named(
        self, shop: Advertiser, change: Callable[..., None]
    ) -> None:
        partner = make_partner(shop, make_publisher("Cat"))
        with pytest.raises(NoticeNotKept) as caught:
            change(partner, NOW + NOTICE * DAY - SECOND)
        assert str(caught.value) == (
            "Blum gives 14 days' notice before a hard partner becomes soft. The earliest for Cat "
            "is 26 Mar 2026 14:00 UTC. Choose 26 Mar 2026 14:05 UTC or later, or leave the start "
            "empty for the earliest."
        )
        assert kind(partner, NOW + 99 * DAY) == "hard"
        change(partner, NOW + NOTICE * DAY + timedelta(minutes=5))

    def test_soft_becomes_hard_at_once(self, shop: Advertiser) -> None:
        partner = make_partner(shop, make_publisher(model_type="extension"))
        assigning.assign([partner], "hard", NOW, reason="Agreed", made_by=None)
        assert kind(partner, NOW + SPREAD) == "hard"

    def test_who_is_no_approved_partner_yet_needs_none(self, shop: Advertiser) -> None:
        partner = make_partner(shop, make_publisher(), status="applied")
        assert soft(partner).starts_at == NOW + SPREAD

    @pytest.mark.parametrize(
        ("days", "kept"),
        [
            pytest.param(1, True, id="yesterday"),
            pytest.param(13, True, id="within_the_notice"),
            pytest.param(15, False, id="for_longer"),
        ],
    )
    def test_who_was_approved_within_it_is_given_it(
        self, shop: Advertiser, days: int, kept: bool
    ) -> None:
        """Or else it would end with an approval that is taken and given back."""
        partner = make_partner(shop, make_publisher())
        then = NOW - days * DAY - SPREAD
        deciding.change_terms(partner, {"status": "applied"}, then, made_by=None)
        assert soft(partner).starts_at == (NOW + NOTICE * DAY if kept else NOW + SPREAD)

    def test_who_was_approved_for_a_moment_only_is_given_it(self, shop: Advertiser) -> None:
        partner = make_partner(shop, make_publisher(), status="applied")
        for days, status in ((3, "approved"), (2, "ended"), (1, "approved")):
            deciding.decide(partner, status, NOW - days * DAY, made_by=None)
        deciding.change_terms(partner, {"status": "applied"}, NOW - SPREAD, made_by=None)
        assert soft(partner).starts_at == NOW + NOTICE * DAY

    def test_back_to_a_soft_default_is_becoming_soft(self, shop: Advertiser) -> None:
        partner = make_partner(shop, make_publisher(model_type="extension"), "hard")
        row = assigning.assign([partner], "inherit", NOW, reason="Back", made_by=None)[0]
        assert row.starts_at == NOW + NOTICE * DAY

    def test_of_several_the_longest_notice_holds_for_all(self, shop: Advertiser) -> None:
        """They start together, and who needs no notice does not make it shorter."""
        other = make_advertiser(notice_days=30)
        partners = [make_partner(of, make_publisher()) for of in (shop, other, make_advertiser())]
        rows = assigning.assign(partners, "soft", NOW, reason="All", made_by=None)
        assert {row.starts_at for row in rows} == {NOW + 30 * DAY}

    def test_a_network_default_waits_for_those_only_whom_it_makes_soft(
        self, shop: Advertiser
    ) -> None:
        make_partner(shop, make_publisher(model_type="voucher"))
        exempt = make_partner(make_advertiser(notice_days=60), make_publisher(), "hard")
        row = assigning.set_default(None, "content", "soft", NOW, reason="x", made_by=None)
        assert row.starts_at == NOW + SPREAD, "no partner of that type becomes soft"
        assert kind(exempt, NOW + DAY) == "hard"

    def test_bringing_a_soft_start_forward_needs_notice_too(self, shop: Advertiser) -> None:
        partner = make_partner(shop, make_publisher())
        soft(partner, start=NOW + 30 * DAY)
        with pytest.raises(NoticeNotKept):
            soft(partner, start=NOW + 10 * DAY)
        soft(partner, start=NOW + 20 * DAY)

    def test_what_was_announced_comes_when_it_was_to(self, shop: Advertiser) -> None:
        """The same change again, days later, puts nothing off."""
        partner = make_partner(shop, make_publisher())
        begins = soft(partner).starts_at
        assigning.set_default(
            shop, "content", "soft", begins - DAY, reason="x", made_by=None, start=begins + SECOND
        )
        assert kind(partner, begins) == "soft"

    def test_cancelling_an_exemption_is_refused(self, shop: Advertiser) -> None:
        partner = make_partner(shop, make_publisher())
        begins = NOW + 20 * DAY
        assigning.set_default(shop, "content", "soft", NOW, reason="x", made_by=None, start=begins)
        [row] = assigning.assign(
            [partner], "hard", NOW, reason="Not you", made_by=None, start=begins - DAY
        )
        with pytest.raises(NoticeNotKept, match="Without this change it would be sooner"):
            cancel(row, NOW + 10 * DAY)
        assert kind(partner, begins) == "hard"
        cancel(row, NOW + DAY)
        assert kind(partner, begins) == "soft"

    def test_cancelling_a_coming_hard_of_a_soft_partner_needs_none(self, shop: Advertiser) -> None:
        partner = make_partner(shop, make_publisher(model_type="extension"))
        [row] = assigning.assign([partner], "hard", NOW, reason="x", made_by=None, start=LATER)
        cancel(row)
        assert kind(partner, LATER) == "soft"

    def test_a_shorter_notice_counts_when_the_longer_one_has_passed(self, shop: Advertiser) -> None:
        partner = make_partner(shop, make_publisher())
        shortened = change_terms(shop, {"notice_days": 0}, NOW, made_by=None).starts_at
        meanwhile = shortened + NOTICE * DAY - SECOND
        assert soft(partner, meanwhile).starts_at == meanwhile + NOTICE * DAY
        other = make_partner(shop, make_publisher())
        after = shortened + NOTICE * DAY
        assert soft(other, after).starts_at == after + SPREAD

    def test_a_longer_notice_counts_from_its_start_on(self, shop: Advertiser) -> None:
        partner = make_partner(shop, make_publisher())
        change_terms(shop, {"notice_days": 30}, NOW, made_by=None, start=NOW + DAY)
        assert soft(partner, NOW + DAY).starts_at == NOW + 31 * DAY

    @pytest.mark.parametrize("days", [91, -1])
    def test_its_length_is_limited(self, shop: Advertiser, days: int) -> None:
        with pytest.raises(ValidationError, match="notice_days"):
            change_terms(shop, {"notice_days": days}, NOW, made_by=None)
