"""Deciding about a partner: who may, when, and what somebody else has decided meanwhile."""

from datetime import timedelta

import pytest
from django.test import Client

from network.effective import queries
from network.models import Advertiser
from tests.publishers.pages.partners.test_partner_status import DAY, SOON, address, staff, status_of
from tests.support.makers import (
    NOW,
    SetClock,
    make_advertiser,
    make_partner,
    make_publisher,
    make_user,
)
from tests.support.reading import signed_in, text

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("at_now")]


@pytest.mark.parametrize(
    ("status", "to"),
    [
        pytest.param("approved", "approved", id="approved_already"),
        pytest.param("approved", "declined", id="no_application"),
        pytest.param("applied", "ended", id="never_began"),
        pytest.param("approved", "applied", id="staff_do_not_apply"),
        pytest.param("approved", "", id="nothing_said"),
    ],
)
def test_what_cannot_be_decided_is_not_there(shop: Advertiser, status: str, to: str) -> None:
    partner = make_partner(shop, make_publisher(), status=status)
    assert staff(shop).get(address(partner, to)).status_code == 404


def test_viewers_and_others_decide_nothing(shop: Advertiser) -> None:
    partner = make_partner(shop, make_publisher())
    assert staff(shop, "viewer").post(address(partner, "ended"), {"reason": "x"}).status_code == 403
    other = staff(make_advertiser())
    assert other.post(address(partner, "ended"), {"reason": "x"}).status_code == 404


@pytest.mark.parametrize("status", ["approved", "ended", "applied", "suspended"])
@pytest.mark.parametrize("to", ["applied", "approved", "declined", "ended", "suspended"])
def test_the_form_of_the_terms_decides_nothing(shop: Advertiser, status: str, to: str) -> None:
    partner = make_partner(shop, make_publisher(), status=status)
    where = f"/admin/publishers/partnership/{partner.pk}/terms/"
    assert 'name="status"' not in staff(shop).get(f"{where}?status={to}").content.decode()
    staff(shop).post(where, {"status": to, "hard_days": "7"})
    assert status_of(partner) == status


def test_an_approval_may_start_later(shop: Advertiser) -> None:
    partner = make_partner(shop, make_publisher(), status="applied")
    staff(shop).post(address(partner, "approved"), {"start": "2026-04-01T10:00"})
    assert status_of(partner) == "applied"
    assert partner.terms.get(status="approved").starts_at.isoformat() == "2026-04-01T10:00:00+00:00"


def test_two_decide_within_seconds(shop: Advertiser, at: SetClock) -> None:
    """The first decision has not started when the second is sent."""
    partner = make_partner(shop, make_publisher("Stuffer"))
    olga = signed_in(make_user("manager", shop, name="olga"))
    olga.post(address(partner, "suspended"), {"reason": "Stuffed."})
    at(NOW + timedelta(seconds=5))
    answer = staff(shop).post(address(partner, "ended"), {"reason": "The season is over"})
    assert "Stuffer is suspended for fraud from 12 Mar 2026 14:00 UTC, as decided by olga" in (
        text(answer)
    )
    assert "The season is over" in answer.content.decode()
    assert status_of(partner) == "suspended"


class TestMeanwhile:
    """Somebody else decided while the page was open."""

    @pytest.fixture
    def olga(self, shop: Advertiser) -> Client:
        return signed_in(make_user("manager", shop, name="olga"))

    def test_an_approval_lifts_no_suspension_that_it_did_not_know_of(
        self, shop: Advertiser, olga: Client, at: SetClock
    ) -> None:
        partner = make_partner(shop, make_publisher(), status="ended")
        client = staff(shop)
        newest = {"newest": client.get(address(partner, "approved")).context["newest"]}
        olga.post(address(partner, "suspended"), {"reason": "Stuffed."})
        at(SOON)
        answer = client.post(address(partner, "approved"), {"reason": "Welcome", **newest})
        assert "olga changed this 1 minute ago: status Suspended for fraud, from" in text(answer)
        assert "Welcome" in answer.content.decode()
        assert status_of(partner) == "suspended"
        newest = {"newest": answer.context["newest"]}
        client.post(address(partner, "approved"), {"reason": "Welcome", **newest})
        terms = queries.in_force(partner.terms.all(), NOW + DAY)
        assert terms
        assert terms.status == "approved"

    def test_a_decline_of_who_was_approved_says_so(
        self, shop: Advertiser, olga: Client, at: SetClock
    ) -> None:
        partner = make_partner(shop, make_publisher("New"), status="applied")
        olga.post(address(partner, "approved"))
        at(SOON)
        answer = staff(shop).post(address(partner, "declined"), {"reason": "We have enough"})
        assert "New is approved from 12 Mar 2026 14:00 UTC, as decided by olga" in text(answer)
        assert "We have enough" in answer.content.decode()
        assert status_of(partner) == "approved"

    def test_a_suspension_waits_for_nobody(
        self, shop: Advertiser, olga: Client, at: SetClock
    ) -> None:
        partner = make_partner(shop, make_publisher())
        client = staff(shop)
        newest = {"newest": client.get(address(partner, "suspended")).context["newest"]}
        olga.post(f"/admin/publishers/partnership/{partner.pk}/terms/", {"hard_days": "7"})
        at(NOW + timedelta(seconds=5))
        client.post(address(partner, "suspended"), {"reason": "Stuffed.", **newest})
        assert status_of(partner) == "suspended"
