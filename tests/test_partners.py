"""The admin's list of partners and a partner's page."""

from datetime import timedelta

import pytest
from django.conf import settings
from django.db import ProgrammingError, transaction
from django.test import Client

from network import clock
from network.models import Advertiser
from publishers import cookie_types
from publishers.models import PartnerNote, Partnership
from tests.makers import NOW, make_advertiser, make_partner, make_publisher, make_user
from tests.reading import text

pytestmark = pytest.mark.django_db
PARTNERS = "/admin/publishers/partnership/"
DAY = timedelta(days=1)


@pytest.fixture(autouse=True)
def _clock_stands_still(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(clock, "now", lambda: NOW)


@pytest.fixture
def shop() -> Advertiser:
    return make_advertiser("Shop")


def staff(shop: Advertiser, role: str = "owner") -> Client:
    client = Client(HTTP_HOST=settings.SITE_HOST)
    client.force_login(make_user(role, shop, name=f"{role}-of-{shop.name}"))
    return client


def page_of(client: Client, partner: Partnership) -> str:
    return text(client.get(f"{PARTNERS}{partner.pk}/change/"))


class TestTabs:
    def names(self, client: Client, query: str) -> set[str]:
        rows = client.get(f"{PARTNERS}{query}").context["cl"].result_list
        return {row.publisher.name for row in rows}

    @pytest.fixture
    def partners(self, shop: Advertiser) -> None:
        for name, kind in (("Blog", None), ("Cash", None), ("Cat", "soft"), ("Over", "soft")):
            make_partner(shop, make_publisher(name), kind)
        ahead = Partnership.objects.filter(publisher__name__in=["Blog", "Cat"])
        cookie_types.assign(ahead, "soft", NOW, start=NOW + DAY, reason="All soft", made_by=None)

    @pytest.mark.parametrize(
        ("query", "found"),
        [
            pytest.param("", {"Blog", "Cash", "Cat", "Over"}, id="all"),
            pytest.param("?cookie_type=hard", {"Blog", "Cash"}, id="hard"),
            pytest.param("?cookie_type=soft", {"Cat", "Over"}, id="soft"),
            pytest.param("?cookie_type=changing", {"Blog"}, id="changing_but_not_soft_to_soft"),
        ],
    )
    @pytest.mark.usefixtures("partners")
    def test_a_tab_shows_its_partners(self, shop: Advertiser, query: str, found: set[str]) -> None:
        assert self.names(staff(shop), query) == found

    @pytest.mark.usefixtures("partners")
    def test_a_tab_keeps_search_and_filters_but_not_the_other_tab(self, shop: Advertiser) -> None:
        page = staff(shop).get(f"{PARTNERS}?cookie_type=hard&source=default&q=a&o=1")
        tabs = {tab.title: tab for tab in page.context["cl"].tabs}
        assert [tab.title for tab in tabs.values() if tab.active] == ["Hard"]
        assert tabs["Soft"].address == "?cookie_type=soft&o=1&q=a&source=default"
        assert tabs["All"].address == "?o=1&q=a&source=default"


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
