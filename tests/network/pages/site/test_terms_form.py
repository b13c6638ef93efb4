"""The pages that change terms: two people at once, and what is to come already."""

from datetime import datetime, timedelta
from typing import Any

import pytest
from django.test import Client

from network.advertisers.terms import terms_at
from network.effective import queries
from network.models import Advertiser
from publishers.models import Partnership
from publishers.policy import deciding, programme_terms
from tests.support.makers import NOW, SetClock, make_partner, make_publisher, make_user
from tests.support.reading import signed_in, text

pytestmark = pytest.mark.django_db
DAY, MINUTE = timedelta(days=1), timedelta(minutes=1)


@pytest.fixture
def partner(shop: Advertiser) -> Partnership:
    return make_partner(shop, make_publisher("Stuffer"))


@pytest.fixture
def anna(shop: Advertiser) -> Client:
    return signed_in(make_user("owner", shop, name="anna"))


@pytest.fixture
def olga(shop: Advertiser) -> Client:
    return signed_in(make_user("manager", shop, name="olga"))


@pytest.fixture(autouse=True)
def now(at: SetClock) -> None:
    at(NOW)


def address(partner: Partnership, page: str = "terms/") -> str:
    return f"/admin/publishers/partnership/{partner.pk}/{page}"


def as_shown(page: Any) -> dict[str, str]:
    """What a browser sends of the page's form when nothing is touched."""
    form = page.context["form"]
    values = {name: form[name].value() for name in form.fields}
    sent = {
        name: value for name, value in values.items() if value is not None and value is not False
    }
    return {name: "on" if value is True else str(value) for name, value in sent.items()}


def held(partner: Partnership, at: datetime = NOW + DAY) -> tuple[Any, ...]:
    row = queries.in_force(partner.terms.all(), at)
    assert row
    return row.status, row.hard_days, row.in_page


class TestTwoAtOnce:
    def test_a_suspension_is_not_undone(
        self, partner: Partnership, anna: Client, olga: Client, at: SetClock
    ) -> None:
        shown = as_shown(anna.get(address(partner)))
        olga.post(address(partner, "status/?to=suspended"), {"reason": "Stuffed"})
        at(NOW + 2 * MINUTE)
        refused = anna.post(address(partner), {**shown, "hard_days": "7", "reason": "As agreed"})
        assert (
            "olga changed this 2 minutes ago: status Suspended for fraud, from 12 Mar 2026 14:00 "
            "UTC. Your changes are kept below, and the rest shows"
        ) in text(refused)
        assert held(partner) == ("suspended", None, False)
        again = as_shown(refused)
        assert (again["hard_days"], again["reason"]) == ("7", "As agreed")
        assert anna.post(address(partner), again).status_code == 302
        assert held(partner) == ("suspended", 7, False)

    def test_what_the_other_changed_is_shown_and_stays(
        self, partner: Partnership, anna: Client, olga: Client, at: SetClock
    ) -> None:
        shown = as_shown(anna.get(address(partner)))
        olga.post(address(partner), {**shown, "hard_days": "7", "in_page": "on"})
        at(NOW + MINUTE)
        why = {"strictly_necessary": "on", "evidence": "A list of wishes"}
        again = as_shown(anna.post(address(partner), {**shown, **why}))
        assert (again["hard_days"], again["in_page"]) == ("7", "on")
        del again["in_page"]
        anna.post(address(partner), again)
        assert held(partner) == ("approved", 7, False)

    def test_of_an_advertisers_terms(
        self, shop: Advertiser, anna: Client, olga: Client, at: SetClock
    ) -> None:
        where = f"/admin/network/advertiser/{shop.pk}/terms/"
        shown = as_shown(anna.get(where)) | {"reason": "Spring"}
        assert olga.post(where, {**shown, "notice_days": "30"}).status_code == 302
        at(NOW + MINUTE)
        refused = anna.post(where, {**shown, "validation_days": "14"})
        assert "olga changed this 1 minute ago: notice 30 days, from" in text(refused)
        assert anna.post(where, as_shown(refused)).status_code == 302
        terms = terms_at(Advertiser.objects.get(pk=shop.pk), NOW + DAY)
        assert (terms.notice_days, terms.validation_days) == (30, 14)

    def test_ones_own_changes_are_no_surprise(
        self, partner: Partnership, anna: Client, at: SetClock
    ) -> None:
        shown = as_shown(anna.get(address(partner)))
        anna.post(address(partner), {**shown, "in_page": "on"})
        at(NOW + MINUTE)
        assert anna.post(address(partner), {**shown, "hard_days": "7"}).status_code == 302
        assert held(partner) == ("approved", 7, True)

    def test_a_coming_change_that_was_cancelled(
        self, partner: Partnership, anna: Client, olga: Client, at: SetClock
    ) -> None:
        row = deciding.change_terms(partner, {"hard_days": 7}, NOW, made_by=None, start=NOW + DAY)
        shown = as_shown(anna.get(address(partner)))
        olga.post(f"/admin/coming/status/{row.pk}/cancel/", {"reason": "No"})
        at(NOW + MINUTE)
        refused = anna.post(address(partner), {**shown, "in_page": "on"})
        assert "olga changed this 1 minute ago: the change of 13 Mar 2026 14:00 UTC is cancel" in (
            text(refused)
        )


@pytest.mark.parametrize("garbage", ["", "x", "-1", "9" * 30, "٣"])
def test_nonsense_in_the_hidden_fields(partner: Partnership, anna: Client, garbage: str) -> None:
    hidden = {"shown": garbage, "newest": "999999999"}
    assert anna.post(address(partner), {**hidden, "hard_days": "7"}).status_code == 302
    hidden = {"shown": "1", "newest": garbage}
    anna.post(address(partner), {**hidden, "hard_days": "9"})
    assert held(partner)[1] in (7, 9)


def test_the_page_says_what_is_to_come(
    shop: Advertiser, partner: Partnership, anna: Client
) -> None:
    assert "Already scheduled" not in text(anna.get(address(partner)))
    deciding.change_terms(partner, {"hard_days": 7}, NOW, made_by=None, start=NOW + DAY)
    programme_terms.change(shop, {"soft_rule": "last"}, NOW, made_by=None, start=NOW + DAY)
    page = text(anna.get(address(partner)))
    assert "Already scheduled 13 Mar 2026 14:00 UTC: cookie period 7 days." in page
    page = text(anna.get(f"/admin/network/advertiser/{shop.pk}/terms/"))
    assert "13 Mar 2026 14:00 UTC: soft rule Last: " in page
