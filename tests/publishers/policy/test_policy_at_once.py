"""Who is no partner any more, and two people who change the policy at the same time."""

from datetime import timedelta
from threading import Thread
from typing import Any

import pytest
from django.core.exceptions import ValidationError
from django.db import connections, transaction

from network.effective.rows import ChangedMeanwhile
from network.models import Advertiser
from publishers.models import CookieTypeAssignment, Partnership
from publishers.policy import assigning, deciding
from tests.publishers.policy.test_policy import DAY, LATER, SECOND, cancel, kind, soft
from tests.support.makers import NOW, make_advertiser, make_partner, make_publisher, make_user

pytestmark = pytest.mark.django_db


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
