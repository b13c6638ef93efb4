"""A partner's page, and the notes on it."""

from decimal import Decimal

import pytest
from django.conf import settings
from django.db import ProgrammingError, connection, transaction
from django.test import Client
from django.test.utils import CaptureQueriesContext

from network.advertisers.terms import change_rate
from network.models import Advertiser
from publishers.models import PartnerNote, Partnership
from publishers.policy import assigning, deciding
from tests.publishers.pages.partners.test_partners import DAY, PARTNERS, Market, staff
from tests.support.makers import (
    NOW,
    make_partner,
    make_publisher,
    make_user,
)
from tests.support.reading import text

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("at_now")]


def page_of(client: Client, partner: Partnership) -> str:
    return text(client.get(f"{PARTNERS}{partner.pk}/change/"))


class TestNotes:
    def test_a_note_is_kept_with_who_wrote_it(self, shop: Advertiser) -> None:
        partner = make_partner(shop, make_publisher("Blog"))
        owner = staff(shop)
        assert "No notes yet." in page_of(owner, partner)
        address = f"{PARTNERS}{partner.pk}/note/"
        answer = owner.post(address, {"text": " Met at the fair <b>2026</b> "}, follow=True)
        assert "The note is kept." in text(answer)
        page = answer.content.decode()
        assert "Met at the fair &lt;b&gt;2026&lt;/b&gt;" in page
        assert "owner-of-Shop, 12 Mar 2026 14:00" in text(answer)

    @pytest.mark.parametrize("note", ["", "   ", "x" * 2001])
    def test_an_empty_or_endless_note_is_refused(self, shop: Advertiser, note: str) -> None:
        partner = make_partner(shop, make_publisher())
        answer = staff(shop).post(f"{PARTNERS}{partner.pk}/note/", {"text": note})
        assert list(answer.context["form"].errors) == ["text"]
        assert not PartnerNote.objects.exists()

    def test_viewers_read_notes_and_write_none(self, shop: Advertiser) -> None:
        partner = make_partner(shop, make_publisher())
        staff(shop).post(f"{PARTNERS}{partner.pk}/note/", {"text": "Called them"})
        viewer = staff(shop, "viewer")
        page = page_of(viewer, partner)
        assert "Called them" in page
        for button in ("Add a note", "Set soft", "Change terms", "End…"):
            assert button not in page
        answer = viewer.post(f"{PARTNERS}{partner.pk}/note/", {"text": "Mine"})
        assert answer.status_code == 403

    def test_a_note_stays_as_written(self, shop: Advertiser) -> None:
        partner = make_partner(shop, make_publisher())
        staff(shop).post(f"{PARTNERS}{partner.pk}/note/", {"text": "Called them"})
        with pytest.raises(ProgrammingError), transaction.atomic():
            PartnerNote.objects.update(text="Never called them")

    def test_the_partner_never_sees_a_note(self, shop: Advertiser) -> None:
        publisher = make_publisher()
        partner = make_partner(shop, publisher)
        staff(shop).post(f"{PARTNERS}{partner.pk}/note/", {"text": "Called them"})
        member = Client(HTTP_HOST=settings.SITE_HOST)
        member.force_login(make_user("member", publisher))
        for page in ("", "programmes/", "clicks/", "sales/"):
            answer = member.get(f"/dashboard/{publisher.pk}/{page}")
            assert answer.status_code == 200
            assert "Called them" not in answer.content.decode()


class TestPage:
    def test_it_tells_the_figures_of_the_list(self, market: Market) -> None:
        market.trade()
        page = page_of(staff(market.shop), market.review)
        assert "The last 90 days Assisted sales 1 Paid sales 1 Commission £3.99" in page
        assert (
            "another partner 100% 1 of 1 Taken over £3.99 · 1 Time to sale (median) 2 minutes"
            in page
        )

    def test_it_tells_terms_rates_and_windows(self, shop: Advertiser) -> None:
        partner = make_partner(shop, make_publisher("Blog"), hard_days=7)
        page = page_of(staff(shop), partner)
        assert "Hard cookie 7 days, own Soft cookie Browser session, 24 hours at most" in page
        assert "Validation period 0 days Commission 8% Tracking link" in page

    def test_a_rate_that_has_not_begun_is_not_told(self, shop: Advertiser) -> None:
        group = shop.commission_groups.get()
        change_rate(group, NOW, made_by=None, percent=Decimal(5), start=NOW + DAY)
        assert "Commission 8% Tracking" in page_of(
            staff(shop), make_partner(shop, make_publisher())
        )

    def test_flags_come_with_their_evidence(self, shop: Advertiser) -> None:
        why = "The shopper clicks to be paid back."
        cashback = make_publisher(model_type="cashback")
        partner = make_partner(
            shop, cashback, "soft", in_page=True, strictly_necessary=True, evidence=why
        )
        page = page_of(staff(shop), partner)
        assert "May activate from the page Yes; works while the partner is soft" in page
        assert f"Strictly necessary cookie Yes: {why}" in page

    @pytest.mark.parametrize(
        ("status", "button", "said"),
        [
            pytest.param("applied", "Approve…", "count once it is approved.", id="applied"),
            pytest.param("ended", "Approve…", "made before keep their claims.", id="ended"),
            pytest.param("suspended", "", "only they can lift the suspension.", id="suspended"),
            pytest.param("approved", "End…", "", id="approved"),
        ],
    )
    def test_it_offers_what_the_status_allows(
        self, shop: Advertiser, status: str, button: str, said: str
    ) -> None:
        """Nobody in particular suspended it: the network."""
        page = page_of(staff(shop), make_partner(shop, make_publisher(), status=status))
        assert {word for word in ("Approve…", "End…", "Lift") if word in page} == {button} - {""}
        assert said in page

    def test_an_end_that_is_planned_is_told(self, shop: Advertiser) -> None:
        partner = make_partner(shop, make_publisher())
        deciding.change_terms(
            partner, {"status": "ended"}, NOW, made_by=None, reason="Over", start=NOW + DAY
        )
        page = page_of(staff(shop), partner)
        assert "Ended from 13 Mar 2026 14:00 UTC." in page
        assert "13 Mar 2026 14:00 Coming Cancel… Ended — No No Over The network" in page

    def test_terms_that_are_planned_are_told(self, shop: Advertiser) -> None:
        partner = make_partner(shop, make_publisher())
        deciding.change_terms(partner, {"hard_days": 7}, NOW, made_by=None, start=NOW + DAY)
        page = page_of(staff(shop), partner)
        assert "Approved with other terms from 13 Mar 2026 14:00 UTC." in page

    def test_the_picture_tells_itself_in_words(self, shop: Advertiser) -> None:
        partner = make_partner(shop, make_publisher())
        assigning.assign([partner], "soft", NOW - 9 * DAY, reason="Agreed", made_by=None)
        page = staff(shop).get(f"{PARTNERS}{partner.pk}/change/").content.decode()
        assert (
            'aria-label="Cookie type over time: Hard from 11 Jan 2026; Soft from 3 Mar 2026 (now)."'
        ) in page

    def test_what_an_advertiser_says_for_all_its_partners_is_told(self, shop: Advertiser) -> None:
        partner = make_partner(shop, make_publisher(model_type="voucher"))
        assigning.set_default(shop, "voucher", "soft", NOW - DAY, reason="All codes", made_by=None)
        page = page_of(staff(shop), partner)
        assert "Soft Voucher default, the advertiser's Approved" in page
        assert "11 Mar 2026 14:00 Now Soft Voucher default, the advertiser's All codes —" in page

    def test_it_takes_the_same_queries_however_much_has_happened(self, market: Market) -> None:
        client = staff(market.shop)

        def queries() -> int:
            with CaptureQueriesContext(connection) as captured:
                page_of(client, market.blog)
            return len(captured)

        before = queries()
        market.trade()
        for days in range(1, 5):
            assigning.assign([market.blog], "soft", NOW - days * DAY, reason="Agreed", made_by=None)
            client.post(f"{PARTNERS}{market.blog.pk}/note/", {"text": f"Note {days}"})
        assert queries() == before
