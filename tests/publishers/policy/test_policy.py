"""Changing the policy: cancelling, notice, partnerships that are gone, two people at once."""

from collections.abc import Callable
from datetime import datetime, timedelta
from decimal import Decimal
from threading import Thread
from typing import Any

import pytest
from django.core.exceptions import ValidationError
from django.db import IntegrityError, connections, transaction

from network.advertisers.terms import change_rate, change_terms, rate_at, terms_at
from network.effective import queries
from network.effective.rows import SPREAD, ChangedMeanwhile, EffectiveDated, TooLate
from network.models import Advertiser, CommissionGroup, PolicyVersion
from publishers.cookie_types.resolution import in_force, policy_of
from publishers.models import CookieTypeAssignment, Partnership
from publishers.policy import assigning, deciding
from publishers.policy.notice_period import NoticeNotKept
from tests.support.makers import NOW, make_advertiser, make_partner, make_publisher, make_user

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


# --- Partnerships that are gone -------------------------------------------------------------------


@pytest.mark.parametrize(
    ("status", "said"),
    [
        ("ended", "The partnership of Gone has ended, .* Approve it again first."),
        ("declined", "The partnership of Gone was declined, .* Approve it first."),
        ("suspended", "The partnership of Gone is suspended, .* Lift the suspension first."),
    ],
)
def test_who_is_no_partner_is_named_and_nothing_changes(status: str, said: str) -> None:
    shop = make_advertiser()
    partners = [
        make_partner(shop, make_publisher("Here")),
        make_partner(shop, make_publisher("Gone"), status=status),
    ]
    with pytest.raises(ValidationError, match=said):
        assigning.assign(partners, "soft", NOW, reason="All", made_by=None)
    assert not CookieTypeAssignment.objects.exists()


def test_who_will_be_gone_by_then_is_named() -> None:
    partner = make_partner(make_advertiser(), make_publisher("Gone"))
    deciding.change_terms(partner, {"status": "ended"}, NOW, made_by=None, start=NOW + DAY)
    soft(partner)
    with pytest.raises(ValidationError, match="Gone will have ended by then"):
        soft(partner, start=LATER)


def test_several_are_named_together() -> None:
    shop = make_advertiser()
    gone = [make_partner(shop, make_publisher(f"Gone {n}"), status="ended") for n in range(5)]
    said = "partnerships of Gone 0, Gone 1, Gone 2 and 2 others have ended"
    with pytest.raises(ValidationError, match=said):
        assigning.assign(gone, "soft", NOW, reason="All", made_by=None)


def test_who_has_applied_may_be_set_before_the_approval() -> None:
    partner = make_partner(make_advertiser(), make_publisher(), status="applied")
    soft(partner)
    assert kind(partner, NOW + DAY) == "soft"


def test_an_unknown_model_type_is_named() -> None:
    with pytest.raises(ValidationError) as caught:
        assigning.set_default(None, "popups", "soft", NOW, reason="x", made_by=None)
    assert caught.value.message_dict == {
        "model_type": ["There is no model type “popups”; choose one of those listed."]
    }


# --- Two people at once ---------------------------------------------------------------------------

MINUTE = timedelta(minutes=1)
KNOWN = NOW - 5 * MINUTE
THEN = NOW - 2 * MINUTE


def assigned(partner: Partnership) -> list[CookieTypeAssignment]:
    return list(partner.assignments.order_by("pk"))


class TestKnownUntil:
    @pytest.fixture
    def partner(self) -> Partnership:
        return make_partner(make_advertiser(), make_publisher("CouponCat"))

    def test_a_change_by_somebody_else_since_is_told(self, partner: Partnership) -> None:
        olga = make_user(name="olga")
        assigning.assign([partner], "soft", THEN, reason="x", made_by=olga)
        with pytest.raises(ChangedMeanwhile) as caught:
            soft(partner, known_until=KNOWN)
        assert str(caught.value) == (
            "CouponCat was set to soft 2 minutes ago. It was changed by olga. Look at it and try "
            "again."
        )

    def test_what_was_there_before_is_known(self, partner: Partnership) -> None:
        rows = [soft(partner, THEN), soft(partner, known_until=NOW - MINUTE)]
        assert assigned(partner) == rows

    def test_what_was_under_way_then_is_told(self, partner: Partnership) -> None:
        soft(partner, THEN)
        with pytest.raises(ChangedMeanwhile):
            soft(partner, known_until=THEN + 2 * SECOND)

    def test_ones_own_change_is_known(self, partner: Partnership) -> None:
        olga = make_user(name="olga")
        own: dict[str, Any] = {"reason": "x", "made_by": olga, "known_until": KNOWN}
        rows = [assigning.assign([partner], "soft", now, **own)[0] for now in (THEN, NOW)]
        assert assigned(partner) == rows

    def test_another_partners_is_no_matter(self, partner: Partnership) -> None:
        soft(make_partner(partner.advertiser, make_publisher()), THEN)
        row = soft(partner, known_until=KNOWN)
        assert assigned(partner) == [row]

    def test_a_default_that_decides_about_it_is_told(self, partner: Partnership) -> None:
        shop, olga = partner.advertiser, make_user(name="olga")
        assigning.set_default(shop, "content", "soft", THEN, reason="x", made_by=olga)
        said = f"The Content default of {shop} was set to soft 2 minutes ago.* olga"
        with pytest.raises(ChangedMeanwhile, match=said):
            soft(partner, known_until=KNOWN)

    @pytest.mark.parametrize("what", ["other_type", "own", "nearer", "other_shop"])
    def test_a_default_that_does_not_decide_is_no_matter(
        self, partner: Partnership, what: str
    ) -> None:
        of: Advertiser | None = partner.advertiser
        if what == "own":
            soft(partner, NOW - DAY)
        elif what == "nearer":
            assigning.set_default(of, "content", "hard", NOW - DAY, reason="x", made_by=None)
            of = None
        elif what == "other_shop":
            of = make_advertiser()
        model_type = "voucher" if what == "other_type" else "content"
        assigning.set_default(of, model_type, "soft", THEN, reason="x", made_by=None)
        before = assigned(partner)
        row = soft(partner, known_until=KNOWN)
        assert assigned(partner) == [*before, row]

    def test_a_change_of_model_type_is_told(self, partner: Partnership) -> None:
        olga = make_user(name="olga")
        assigning.change_model_type(
            partner.publisher, "voucher", THEN, reason="Codes", made_by=olga
        )
        said = "The model type of CouponCat was changed to Voucher 2 minutes ago.* olga"
        with pytest.raises(ChangedMeanwhile, match=said):
            soft(partner, known_until=KNOWN)

    def test_what_the_network_changed_is_told_to_staff_without_a_name(
        self, partner: Partnership
    ) -> None:
        otto, olga = make_user("operator", name="otto"), make_user("operator", name="olga")
        staff = make_user("owner", partner.advertiser)
        assigning.change_model_type(partner.publisher, "voucher", THEN, reason="New", made_by=otto)
        for asking, by in ((staff, "the network"), (olga, "otto")):
            with pytest.raises(ChangedMeanwhile, match=f"Voucher 2 minutes ago.* {by}"):
                assigning.assign(
                    [partner], "soft", NOW, reason="x", made_by=asking, known_until=KNOWN
                )

    def test_a_default_to_which_it_goes_back_is_told(self, partner: Partnership) -> None:
        soft(partner, NOW - DAY)
        of = partner.advertiser
        assigning.set_default(of, "content", "soft", THEN, reason="x", made_by=None)
        with pytest.raises(ChangedMeanwhile, match="The Content default"):
            assigning.assign([partner], "inherit", NOW, reason="x", made_by=None, known_until=KNOWN)

    def test_that_it_left_is_told(self, partner: Partnership) -> None:
        deciding.change_terms(partner, {"status": "ended"}, THEN, made_by=None)
        with pytest.raises(ChangedMeanwhile, match="The partnership of CouponCat was ended"):
            soft(partner, known_until=KNOWN)

    def test_a_cancelling_is_told(self, partner: Partnership) -> None:
        row = soft(partner, NOW - DAY, start=LATER)
        cancel(row, THEN)
        with pytest.raises(ChangedMeanwhile, match="coming change of CouponCat was cancelled"):
            soft(partner, known_until=KNOWN)

    def test_a_default_is_refused_after_a_change_that_decides_for_one_of_its_partners(
        self, partner: Partnership
    ) -> None:
        shop, olga, otto = partner.advertiser, make_user(name="olga"), make_user(name="otto")
        said: Any = {"reason": "x", "known_until": KNOWN}
        assigning.set_default(shop, "content", "soft", THEN, made_by=olga, **said)
        with pytest.raises(
            ChangedMeanwhile, match=r"The Content default .* set to soft .* ago.* olga"
        ):
            assigning.set_default(shop, "content", "hard", NOW, made_by=otto, **said)
        assigning.set_default(shop, "voucher", "hard", NOW, made_by=otto, **said)
        assigning.set_default(shop, "content", "hard", NOW, made_by=olga, **said)


@pytest.mark.django_db(transaction=True)
def test_of_two_at_once_who_knew_of_nothing_one_is_told() -> None:
    partner = make_partner(make_advertiser(), make_publisher())
    people = [make_user(name="olga"), make_user(name="otto")]
    answers: list[str] = []

    def change(person: Any, to: str) -> None:
        try:
            assigning.assign(
                [partner],
                to,
                NOW,
                reason="x",
                made_by=person,
                known_until=NOW,
                start=NOW + (DAY if to == "soft" else 2 * DAY),
            )
            answers.append("made")
        except ChangedMeanwhile as error:
            answers.append(str(error))
        finally:
            connections.close_all()

    with transaction.atomic():
        Partnership.objects.select_for_update().get(pk=partner.pk)  # both come to the lock
        threads = [
            Thread(target=change, args=pair) for pair in zip(people, ("soft", "hard"), strict=True)
        ]
        for thread in threads:
            thread.start()
    for thread in threads:
        thread.join()
    assert answers.count("made") == 1
    assert sum("was set to" in answer for answer in answers) == 1
    assert CookieTypeAssignment.objects.count() == 1
