"""Cancelling what is to come, on its page in the admin."""

from collections.abc import Callable
from datetime import timedelta
from decimal import Decimal
from typing import Any

import pytest
from django.contrib.admin.models import LogEntry
from django.test import Client

from network.advertisers.terms import change_rate, change_terms
from network.effective.rows import EffectiveDated
from network.models import CommissionGroup
from publishers.models import Partnership
from publishers.policy import assigning, deciding
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
DAY = timedelta(days=1)
LATER = NOW + 9 * DAY


@pytest.fixture
def partner() -> Partnership:
    return make_partner(make_advertiser("Blum"), make_publisher("CouponCat"), now=NOW - 9 * DAY)


def soft(partner: Partnership) -> EffectiveDated:
    [row] = assigning.assign(
        [partner], "soft", NOW, reason="On trial", made_by=make_user(name="otto"), start=LATER
    )
    return row


def ended(partner: Partnership) -> EffectiveDated:
    return deciding.change_terms(partner, {"status": "ended"}, NOW, made_by=None, start=LATER)


def model_type(partner: Partnership) -> EffectiveDated:
    return assigning.change_model_type(
        partner.publisher, "voucher", NOW, reason="Codes", made_by=None, start=LATER
    )


def default(partner: Partnership) -> EffectiveDated:
    return assigning.set_default(
        partner.advertiser, "content", "soft", NOW, reason="x", made_by=None, start=LATER
    )


def network_default(_: Partnership) -> EffectiveDated:
    return assigning.set_default(
        None, "content", "soft", NOW, reason="x", made_by=None, start=LATER
    )


def terms(partner: Partnership) -> EffectiveDated:
    return change_terms(partner.advertiser, {"hard_days": 7}, NOW, made_by=None, start=LATER)


def rate(partner: Partnership) -> EffectiveDated:
    group = CommissionGroup.objects.get(advertiser=partner.advertiser)
    return change_rate(group, NOW, made_by=None, percent=Decimal(1), start=LATER)


def address(kind: str, row: EffectiveDated) -> str:
    return f"/admin/coming/{kind}/{row.pk}/cancel/"


@pytest.mark.parametrize(
    ("kind", "coming", "listed", "what"),
    [
        ("cookie-type", soft, "publishers/partnership/{partner}/change/", "Soft"),
        ("status", ended, "publishers/partnership/{partner}/change/", "Ended"),
        ("model-type", model_type, "publishers/publisher/{publisher}/change/", "Voucher"),
        ("default", default, "publishers/modeltypecookietype/", "Content default: Soft"),
        ("default", network_default, "publishers/modeltypecookietype/", "Content default: Soft"),
        ("terms", terms, "network/advertiser/{shop}/change/", "7 days"),
        ("commission", rate, "network/advertiser/{shop}/change/", "1%"),
    ],
)
def test_it_is_cancelled_from_the_page_that_lists_it(
    partner: Partnership,
    kind: str,
    coming: Callable[[Partnership], EffectiveDated],
    listed: str,
    what: str,
) -> None:
    row, client = coming(partner), signed_in(make_user("operator", name="olga"))
    ids = {"partner": partner.pk, "publisher": partner.publisher_id, "shop": partner.advertiser_id}
    page = "/admin/" + listed.format(**ids)
    assert address(kind, row) in client.get(page).content.decode()
    asked = text(client.get(address(kind, row)))
    assert what in asked
    assert "21 Mar 2026 14:00 UTC" in asked
    told = text(client.post(address(kind, row), {"reason": "Plans changed"}, follow=True))
    assert "Cancelled: " in told
    shown = client.get(page)
    assert address(kind, row) not in shown.content.decode()
    assert "Cancelled" in text(shown)
    assert "Cancelled 12 Mar 2026 14:00 by olga: Plans changed" in text(shown)
    if row.reason:
        assert f"{row.reason} Cancelled 12 Mar" in text(shown), "why it was made stays"
    assert "Cancelled: " in LogEntry.objects.latest("pk").get_change_message()


def test_the_time_line_tells_who_made_and_who_cancelled_it(partner: Partnership) -> None:
    row, client = soft(partner), signed_in(make_user("owner", partner.advertiser, name="olga"))
    client.post(address("cookie-type", row), {"reason": "Plans changed"})
    page = text(client.get(f"/admin/publishers/partnership/{partner.pk}/change/"))
    said = "21 Mar 2026 14:00 Cancelled Soft On trial Cancelled 12 Mar 2026 14:00 by olga: "
    assert f"{said}Plans changed — otto" in page


def test_it_says_what_holds_instead_and_what_was_said(partner: Partnership) -> None:
    row = soft(partner)
    page = text(signed_in(make_user("owner", partner.advertiser)).get(address("cookie-type", row)))
    assert "Without it, CouponCat is hard then (Content default)." in page
    assert "otto" in page
    assert "On trial" in page


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        pytest.param({"status": "ended"}, "Change Ended From", id="status"),
        pytest.param({"hard_days": 7}, "Change Approved, with other terms From", id="terms"),
    ],
)
def test_it_says_what_is_cancelled(
    partner: Partnership, changes: dict[str, Any], said: str
) -> None:
    row = deciding.change_terms(partner, changes, NOW, made_by=None, start=LATER)
    client = signed_in(make_user("owner", partner.advertiser))
    assert said in text(client.get(address("status", row)))


def test_without_a_reason_nothing_is_cancelled(partner: Partnership) -> None:
    row = soft(partner)
    client = signed_in(make_user("owner", partner.advertiser))
    assert "This field is required" in text(client.post(address("cookie-type", row), {}))
    assert partner.assignments.count() == 1


def test_what_starts_too_soon_is_told_on_the_way(partner: Partnership, at: SetClock) -> None:
    row, client = soft(partner), signed_in(make_user("owner", partner.advertiser))
    at(LATER - timedelta(seconds=14))
    page = text(client.get(address("cookie-type", row), follow=True))
    assert "starts in less than 15 seconds and can no longer be cancelled" in page


def test_who_was_faster_is_told(partner: Partnership) -> None:
    row, client = soft(partner), signed_in(make_user("owner", partner.advertiser))
    assigning.cancel(row, NOW, reason="x", made_by=make_user(name="olga"))
    page = text(client.get(address("cookie-type", row), follow=True))
    assert "olga has cancelled this change already." in page


def test_notice_is_kept_and_the_reason_not_lost() -> None:
    shop = make_advertiser("Blum", notice_days=14)
    partner = make_partner(shop, make_publisher("CouponCat"))
    assigning.set_default(
        shop, "content", "soft", NOW - 10 * DAY, reason="x", made_by=None, start=LATER
    )
    [row] = assigning.assign(
        [partner], "hard", NOW - 10 * DAY, reason="Not you", made_by=None, start=LATER - DAY
    )
    client = signed_in(make_user("owner", shop))
    page = client.post(address("cookie-type", row), {"reason": "Plans changed"})
    assert "Blum gives 14 days" in text(page)
    assert "Plans changed" in page.content.decode()
    assert partner.assignments.count() == 1


@pytest.mark.parametrize(
    ("role", "coming", "kind", "status"),
    [
        ("viewer", soft, "cookie-type", 403),
        ("manager", soft, "cookie-type", 200),
        ("owner", model_type, "model-type", 404),
        ("owner", network_default, "default", 403),
        ("owner", default, "default", 200),
        ("owner", soft, "terms", 404),
        ("owner", soft, "something", 404),
    ],
)
def test_whoever_may_make_the_change_may_cancel_it(
    partner: Partnership,
    role: str,
    coming: Callable[[Partnership], EffectiveDated],
    kind: str,
    status: int,
) -> None:
    client: Client = signed_in(make_user(role, partner.advertiser))
    row = coming(partner)
    pk = row.pk + 1000 if kind == "terms" else row.pk  # else it may be the id of some terms
    page = f"/admin/coming/{kind}/{pk}/cancel/"
    assert client.get(page).status_code == status
    other = signed_in(make_user("owner", make_advertiser()))
    seen = coming is network_default  # holds for all: everybody sees it, and may not cancel it
    assert other.get(page).status_code == (403 if seen else 404)


@pytest.mark.parametrize(("types", "shown"), [("hard", True), ("soft", False)])
def test_a_hard_partner_that_may_activate_from_the_page(types: str, shown: bool) -> None:
    shop = make_advertiser()
    partner = make_partner(shop, make_publisher(), types, in_page=True)
    client = signed_in(make_user("owner", shop))
    page = text(client.get(f"/admin/publishers/partnership/{partner.pk}/change/"))
    said = "these activations count only while it is soft. It is hard now"
    assert (said in page) is shown
