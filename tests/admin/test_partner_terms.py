"""A partner's page and terms in the admin, applications, and defaults of model types."""

from datetime import timedelta

import pytest
from django.conf import settings
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from network.effective import queries
from network.effective.rows import SPREAD
from network.models import Advertiser, User
from publishers.cookie_types import resolution as cookie_types
from publishers.models import (
    ModelTypeCookieType,
    Partnership,
)
from publishers.policy import assigning, deciding
from tests.admin.test_partners import PARTNERS
from tests.support.makers import NOW, SetClock, give_hosts, make_partner, make_publisher
from tests.support.reading import post, text

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("at_now")]


# A partner


def test_a_partners_page_tells_past_present_and_future(
    owner: Client, partners: dict[str, Partnership]
) -> None:
    user = User.objects.get(username="olga")
    assigning.assign(
        [partners["Blog"]],
        "soft",
        NOW - timedelta(days=9),
        reason="On trial",
        made_by=user,
        internal_note="As agreed",
    )
    later = NOW + timedelta(days=9)
    assigning.assign(
        [partners["Blog"]], "hard", NOW, start=later, reason="Trial over", made_by=user
    )
    give_hosts(partners["Blog"].advertiser, "go.shop.example")
    page = text(owner.get(f"{PARTNERS}{partners['Blog'].pk}/change/"))
    assert (
        "Soft set individually, since 3 Mar 2026 Approved Becomes hard on 21 Mar 2026 14:00 UTC."
        in page
    )
    assert "3 Mar 2026 14:00 Now Soft set individually On trial As agreed olga" in page
    assert "21 Mar 2026 14:00 Coming Cancel… Hard set individually Trial over — olga" in page
    link = f"/t/{partners['Blog'].advertiser_id}/c/{partners['Blog'].publisher_id}"
    assert settings.PUBLIC_ORIGIN.format(host="go.shop.example") + link in page


def test_a_partner_is_ended_with_its_other_terms_kept(owner: Client, shop: Advertiser) -> None:
    partnership = make_partner(shop, make_publisher("Blog"), hard_days=7)
    address = f"{PARTNERS}{partnership.pk}/status/?to=ended"
    page = text(post(owner, address, reason="No more"))
    assert "Ended from 12 Mar 2026 14:00 UTC." in page
    held = queries.in_force(partnership.terms.all(), NOW + SPREAD)
    assert held is not None
    assert (held.status, held.hard_days, held.reason) == ("ended", 7, "No more")


def test_terms_change_by_what_is_made_different(owner: Client, shop: Advertiser) -> None:
    partnership = make_partner(shop, make_publisher("Blog"), hard_days=7, in_page=True)
    address = f"{PARTNERS}{partnership.pk}/terms/"
    page = text(post(owner, address, hard_days="9", in_page="on"))
    assert "From 12 Mar 2026 14:00 UTC: cookie period: 7 days → 9 days." in page
    page = text(post(owner, address, hard_days="9", in_page="on"))
    assert "Nothing to change: these are already the terms." in page
    assert partnership.terms.count() == 2


def test_what_is_strictly_necessary_needs_its_evidence(
    owner: Client, partners: dict[str, Partnership]
) -> None:
    address = f"{PARTNERS}{partners['Blog'].pk}/terms/"
    response = post(owner, address, status="approved", strictly_necessary="on")
    assert list(response.context["form"].errors) == ["evidence"]


def approved(owner: Client, *partners: Partnership) -> str:
    data = {"action": "approve", "_selected_action": [row.pk for row in partners]}
    return text(owner.post(PARTNERS, data, follow=True))


def test_applications_are_approved(owner: Client, shop: Advertiser) -> None:
    waiting = make_partner(shop, make_publisher("New"), status="applied")
    assert "1 approved, from 14:00:15 UTC." in approved(owner, waiting)
    held = queries.in_force(waiting.terms.all(), NOW + SPREAD)
    assert held is not None
    assert held.status == "approved"


def test_whoever_has_not_applied_is_left_as_it_is(owner: Client, shop: Advertiser) -> None:
    statuses = ("applied", "approved", "ended", "suspended", "suspended")
    partners = [
        make_partner(shop, make_publisher(f"P{number}"), status=status)
        for number, status in enumerate(statuses)
    ]
    assert (
        "1 approved, from 14:00:15 UTC. Left as they are: P1 (approved); P2 (ended); P3 and P4 "
        "(suspended for fraud). Only who has applied is approved here."
    ) in approved(owner, *partners)
    for partner, status in zip(partners[1:], statuses[1:], strict=True):
        held = queries.in_force(partner.terms.all(), NOW + SPREAD)
        assert held
        assert held.status == status


def test_an_application_that_was_declined_seconds_ago_is_not_approved(
    owner: Client, shop: Advertiser, at: SetClock
) -> None:
    waiting = make_partner(shop, make_publisher("New"), status="applied")
    deciding.decide(waiting, "declined", NOW, made_by=None, reason="No")
    at(NOW + timedelta(seconds=5))
    assert "New is declined from 12 Mar 2026 14:00 UTC, as decided by the network." in approved(
        owner, waiting
    )
    held = queries.in_force(waiting.terms.all(), NOW + SPREAD)
    assert held
    assert held.status == "declined"


def test_many_applications_take_as_many_queries_as_few(owner: Client, shop: Advertiser) -> None:
    def queries(count: int) -> int:
        waiting = [make_partner(shop, make_publisher(), status="applied") for _ in range(count)]
        data = {"action": "approve", "_selected_action": [row.pk for row in waiting]}
        with CaptureQueriesContext(connection) as found:
            assert owner.post(PARTNERS, data).status_code == 302
        return len(found)

    queries(2)
    assert queries(3) == queries(30)


def test_an_operator_adds_a_partner_once(operator: Client, shop: Advertiser) -> None:
    publisher = make_publisher("Blog")
    data = {"advertiser": shop.pk, "publisher": publisher.pk, "status": "approved"}
    assert "Blog is a partner of Shop." in text(post(operator, f"{PARTNERS}add/", **data))
    again = post(operator, f"{PARTNERS}add/", **data)
    assert "already exists" in str(again.context["form"].errors)
    assert Partnership.objects.count() == 1


def test_a_model_types_default_is_set(
    owner: Client, shop: Advertiser, partners: dict[str, Partnership]
) -> None:
    address = "/admin/publishers/modeltypecookietype/add/"
    data = {"advertiser": shop.pk, "model_type": "cashback", "to": "soft", "reason": "All"}
    assert "Set the Cashback default of Shop to soft, from 12 Mar 2026 14:00 UTC." in text(
        post(owner, address, **data)
    )
    decides = cookie_types.policy_of(partners["Cash"])
    kind = cookie_types.in_force(decides, NOW + SPREAD)
    assert (kind.cookie_type, kind.source) == ("soft", "advertiser")


def test_only_an_operator_sets_the_networks_default(owner: Client, operator: Client) -> None:
    address = "/admin/publishers/modeltypecookietype/add/"
    data = {"advertiser": "", "model_type": "cashback", "to": "soft", "reason": "All"}
    assert list(post(owner, address, **data).context["form"].errors) == ["advertiser"]
    post(operator, address, **data)
    assert ModelTypeCookieType.objects.get().advertiser is None
