"""Deciding about a partnership: approve, decline, end, suspend for fraud; what becomes of sales."""

from datetime import datetime, timedelta

import pytest
from django.test import Client

from network import clock
from network.effective import queries
from network.models import Advertiser
from publishers.models import LedgerTransaction, Partnership, PartnershipTerms
from publishers.policy import deciding
from tests.support.makers import (
    NOW,
    Shopper,
    finalise,
    make_advertiser,
    make_partner,
    make_publisher,
    make_user,
    report_sale,
)
from tests.support.reading import signed_in, text
from tests.tracking.rollups.test_rollups import assert_they_are_right
from tracking.commissions.rulings import Statement
from tracking.lifecycle import suspension, validation
from tracking.models import Commission, Conversion, Validation

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("at_now")]
DAY, MINUTE = timedelta(days=1), timedelta(minutes=1)
SOON = NOW + MINUTE


def staff(shop: Advertiser, role: str = "owner") -> Client:
    return signed_in(make_user(role, shop))


def address(partner: Partnership, to: str = "") -> str:
    return f"/admin/publishers/partnership/{partner.pk}/status/" + (f"?to={to}" if to else "")


def status_of(partner: Partnership) -> str:
    terms = queries.in_force(partner.terms.all(), SOON)
    assert terms
    return terms.status


def sell(partner: Partnership, order: str, amount: str = "100.00") -> Conversion:
    shopper = Shopper()
    shopper.follow(partner, NOW - MINUTE)
    return shopper.buy(partner.advertiser, NOW, amount=amount, order=order)


def clicked(partner: Partnership, number: int) -> dict[str, Shopper]:
    """Browsers that came by the partner's link and have not bought yet, by the order to come."""
    shoppers = {f"late-{index}": Shopper() for index in range(number)}
    for shopper in shoppers.values():
        shopper.follow(partner, NOW - MINUTE)
    return shoppers


def commission(order: str) -> Commission:
    return Commission.objects.get(conversion__order=order)


class TestApplication:
    @pytest.fixture
    def applicant(self, shop: Advertiser) -> Partnership:
        publisher = make_publisher("Deal Radar")
        member = make_user("owner", publisher, name="dana")
        return deciding.apply(
            shop, publisher, NOW - DAY, made_by=member, message="We write <b>tests</b>."
        )

    def test_the_page_shows_the_message_and_what_to_do(
        self, shop: Advertiser, applicant: Partnership
    ) -> None:
        page = staff(shop).get(f"/admin/publishers/partnership/{applicant.pk}/change/")
        assert "We write &lt;b&gt;tests&lt;/b&gt;." in page.content.decode()
        assert "Application We write <b>tests</b>. dana, 11 Mar 2026 14:00" in text(page)
        for to in ("approved", "declined"):
            assert address(applicant, to) in page.content.decode()
        viewer = staff(shop, "viewer").get(f"/admin/publishers/partnership/{applicant.pk}/change/")
        assert "We write" in text(viewer)
        assert address(applicant) not in viewer.content.decode()

    def test_it_is_approved_without_a_message(
        self, shop: Advertiser, applicant: Partnership
    ) -> None:
        answer = staff(shop).post(address(applicant, "approved"), {"reason": ""}, follow=True)
        assert "Approved from 12 Mar 2026 14:00" in text(answer)
        assert status_of(applicant) == "approved"

    def test_it_is_declined_with_a_reason(self, shop: Advertiser, applicant: Partnership) -> None:
        client = staff(shop)
        answer = client.post(address(applicant, "declined"), {"reason": " "})
        assert list(answer.context["form"].errors) == ["reason"]
        client.post(address(applicant, "declined"), {"reason": "We have enough of these."})
        assert status_of(applicant) == "declined"
        terms = queries.in_force(applicant.terms.all(), SOON)
        assert terms
        assert terms.reason == "We have enough of these."

    def test_its_confirmation_quotes_it(self, shop: Advertiser, applicant: Partnership) -> None:
        page = text(staff(shop).get(address(applicant, "approved")))
        assert "Approve Deal Radar at Shop" in page
        assert "We write <b>tests</b>." in page


class TestEnd:
    def test_it_ends_when_said_and_pending_stays(self, shop: Advertiser) -> None:
        partner = make_partner(shop, make_publisher())
        sell(partner, "1")
        client = staff(shop)
        page = text(client.get(address(partner, "ended")))
        assert "Pending now 1 · £8.00 They stay pending" in page
        client.post(address(partner, "ended"), {"reason": "Over", "start": "2026-03-20T10:00"})
        assert status_of(partner) == "approved"
        last = PartnershipTerms.objects.order_by("starts_at").last()
        assert last
        assert (last.status, last.starts_at.isoformat()) == ("ended", "2026-03-20T10:00:00+00:00")
        assert commission("1").status == "pending"

    @pytest.mark.parametrize(
        ("posted", "wrong"),
        [
            pytest.param({"reason": ""}, "reason", id="no_reason"),
            pytest.param({"reason": "x", "start": "2026-03-01T10:00"}, "start", id="past"),
            pytest.param({"reason": "x", "start": "soon"}, "start", id="no_time"),
            pytest.param({"reason": "x" * 301}, "reason", id="endless"),
        ],
    )
    def test_bad_input_changes_nothing(
        self, shop: Advertiser, posted: dict[str, str], wrong: str
    ) -> None:
        partner = make_partner(shop, make_publisher())
        answer = staff(shop).post(address(partner, "ended"), posted)
        assert list(answer.context["form"].errors) == [wrong]
        assert PartnershipTerms.objects.filter(partnership=partner).count() == 1


class TestSuspension:
    @pytest.fixture
    def partner(self, shop: Advertiser) -> Partnership:
        return make_partner(shop, make_publisher("Stuffer"))

    def test_it_previews_and_declines_what_is_pending(
        self, shop: Advertiser, partner: Partnership
    ) -> None:
        other = make_partner(shop, make_publisher("Blog"))
        sell(other, "other")
        sell(partner, "1")
        sell(partner, "2", "50.00")
        client = staff(shop)
        page = text(client.get(address(partner, "suspended")))
        assert "Pending now 2 · £12.00 The suspension declines them." in page
        assert Commission.objects.filter(status="pending").count() == 3, "only a preview"
        answer = client.post(address(partner, "suspended"), {"reason": "Stuffed."}, follow=True)
        assert "2 commissions of £12.00 were declined" in text(answer)
        assert status_of(partner) == "suspended"
        for order in ("1", "2"):
            assert commission(order).status == "declined"
            assert commission(order).decline_text == "Fraud: Stuffed."
        assert commission("other").status == "pending"
        said = Validation.objects.filter(code="fraud", reason="Stuffed.")
        assert said.count() == 2
        assert_they_are_right()

    def test_what_is_final_stays(self, partner: Partnership) -> None:
        sell(partner, "1")
        assert finalise(NOW + 40 * DAY) == 1
        operator = make_user("operator")
        declined = suspension.suspend(partner, NOW + 41 * DAY, reason="Stuffed", made_by=operator)
        assert declined == suspension.Pending(0, 0)
        assert commission("1").status == "final"

    def test_of_another_advertiser_nothing_is_declined(self, partner: Partnership) -> None:
        elsewhere = make_partner(make_advertiser(), partner.publisher)
        sell(elsewhere, "1")
        operator = make_user("operator")
        suspension.suspend(partner, NOW, reason="Stuffed", made_by=operator)
        assert commission("1").status == "pending"
        assert status_of(elsewhere) == "approved"

    def test_all_or_nothing(self, partner: Partnership, monkeypatch: pytest.MonkeyPatch) -> None:
        sell(partner, "1")
        sell(partner, "2")
        real, calls = validation.validate, []

        def second_fails(
            advertiser: int, conversion: int, said: Statement, at: datetime
        ) -> Validation:
            calls.append(conversion)
            if len(calls) == 2:
                raise validation.ValidationRefused("no")
            return real(advertiser, conversion, said, at)

        monkeypatch.setattr(validation, "validate", second_fails)
        with pytest.raises(validation.ValidationRefused):
            suspension.suspend(partner, NOW, reason="x", made_by=make_user("operator"))
        assert Commission.objects.filter(status="pending").count() == 2
        assert status_of(partner) == "approved"

    def test_a_sale_that_comes_in_later_is_declined_with_it(self, partner: Partnership) -> None:
        shoppers = clicked(partner, 2)
        operator = make_user("operator", name="otto")
        suspension.suspend(partner, NOW, reason="Stuffed.", made_by=operator)
        for seconds, (order, shopper) in zip((1, 60), shoppers.items(), strict=True):
            shopper.buy(partner.advertiser, NOW + timedelta(seconds=seconds), order=order)
            assert commission(order).decline_text == "Fraud: Stuffed."
        assert [(row.made_by, row.code) for row in Validation.objects.all()] == 2 * [
            (operator, "fraud")
        ]
        assert_they_are_right()
        assert finalise(NOW + 40 * DAY) == 2
        assert {row.status for row in Commission.objects.all()} == {"declined"}
        assert not LedgerTransaction.objects.exists()

    def test_who_would_have_been_paid_is_still_said(self, partner: Partnership) -> None:
        [shopper] = clicked(partner, 1).values()
        suspension.suspend(partner, NOW, reason="Stuffed", made_by=make_user("operator"))
        sale = shopper.buy(partner.advertiser, SOON)
        assert sale.decision
        assert sale.decision.paid_publisher == partner.publisher

    def test_a_decline_that_staff_took_back_stays_so(self, partner: Partnership) -> None:
        [(order, shopper)] = clicked(partner, 1).items()
        operator = make_user("operator")
        suspension.suspend(partner, NOW, reason="Stuffed", made_by=operator)
        sale = shopper.buy(partner.advertiser, SOON, order=order)
        back = Statement(action=Validation.Action.TAKE_BACK, made_by=operator, reason="A mistake")
        validation.validate(sale.advertiser_id, sale.pk, back, SOON)
        report_sale(partner.advertiser, SOON + MINUTE, {"order": order, "amount": "49.90"})
        assert commission(order).status == "pending"
        assert finalise(NOW + 40 * DAY) == 1
        assert commission(order).status == "final"

    def test_it_stays_pending_when_the_suspension_is_lifted(self, partner: Partnership) -> None:
        [(order, shopper)] = clicked(partner, 1).items()
        suspension.suspend(partner, NOW, reason="Stuffed", made_by=make_user("operator"))
        deciding.change_terms(partner, {"status": "approved"}, SOON, made_by=None)
        shopper.buy(partner.advertiser, SOON + MINUTE, order=order)
        assert commission(order).status == "pending"

    def test_another_partners_is_not(self, shop: Advertiser, partner: Partnership) -> None:
        blog = make_partner(shop, make_publisher("Blog"))
        [(order, shopper)] = clicked(partner, 1).items()
        shopper.follow(blog, NOW)
        suspension.suspend(partner, NOW, reason="Stuffed", made_by=make_user("operator"))
        shopper.buy(shop, SOON, order=order)
        assert (commission(order).publisher, commission(order).status) == (
            blog.publisher,
            "pending",
        )

    def test_what_slipped_in_meanwhile_is_declined_before_it_is_final(
        self, partner: Partnership
    ) -> None:
        sell(partner, "1")
        deciding.change_terms(
            partner, {"status": "suspended"}, NOW, made_by=make_user("operator"), reason="Stuffed"
        )
        assert commission("1").status == "pending"
        assert finalise(NOW + 40 * DAY) == 1
        assert commission("1").status == "declined"
        assert not LedgerTransaction.objects.exists()

    def test_the_page_says_what_becomes_of_what_is_to_come(
        self, shop: Advertiser, partner: Partnership
    ) -> None:
        olga = make_user(name="olga")
        for days, name, value in ((8, "status", "ended"), (20, "hard_days", 7)):
            deciding.change_terms(partner, {name: value}, NOW, made_by=olga, start=NOW + days * DAY)
        client = staff(shop)
        page = text(client.get(address(partner, "suspended")))
        assert "20 Mar 2026 14:00 UTC: status Ended (olga). This decision cancels it." in page
        assert "1 Apr 2026 14:00 UTC: cookie period 7 days (olga). It still takes effect." in page
        client.post(address(partner, "suspended"), {"reason": "Stuffed."})
        held = queries.in_force(partner.terms.all(), NOW + 30 * DAY)
        assert held
        assert (held.status, held.hard_days) == ("suspended", 7)

    def test_it_needs_a_reason(self, shop: Advertiser, partner: Partnership) -> None:
        answer = staff(shop).post(address(partner, "suspended"), {"reason": ""})
        assert list(answer.context["form"].errors) == ["reason"]
        assert status_of(partner) == "approved"

    def test_the_publisher_reads_why(self, shop: Advertiser, partner: Partnership) -> None:
        sell(partner, "1")
        staff(shop).post(address(partner, "suspended"), {"reason": "Stuffed."})
        member = signed_in(make_user("owner", partner.publisher))
        assert "Fraud: Stuffed." in text(member.get(f"/dashboard/{partner.publisher_id}/sales/"))
        assert "Stuffed." in text(member.get(f"/dashboard/{partner.publisher_id}/notices/"))

    def test_its_programme_says_why(
        self, shop: Advertiser, partner: Partnership, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        staff(shop).post(address(partner, "ended"), {"reason": "The season is over."})
        monkeypatch.setattr(clock, "now", lambda: SOON)
        member = signed_in(make_user("owner", partner.publisher))
        page = text(member.get(f"/dashboard/{partner.publisher_id}/programmes/applied/"))
        assert "“The season is over.”" in page
