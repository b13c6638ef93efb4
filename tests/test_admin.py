"""What staff and operators do in the admin: all of it through the product's own functions."""

import re
from datetime import timedelta
from decimal import Decimal
from html import unescape
from itertools import count
from typing import Any

import pytest
from django.conf import settings
from django.contrib import admin
from django.contrib.admin.models import LogEntry
from django.db import connection
from django.test import Client, RequestFactory
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from network import clock, tracking_hosts
from network.effective import SPREAD
from network.models import Advertiser, User, rate_at, terms_at
from publishers import cookie_types, policy
from publishers.models import (
    CookieTypeAssignment,
    LedgerEntry,
    ModelTypeCookieType,
    Partnership,
    PartnershipTerms,
    Publisher,
)
from publishers.partnerships import terms_at as partnership_terms_at
from tests.makers import (
    NOW,
    Shopper,
    finalise,
    make_advertiser,
    make_partner,
    make_publisher,
    make_user,
    report_sale,
)
from tests.reading import signed_in, text
from tracking.models import Conversion, Report, SpoolHost

pytestmark = pytest.mark.django_db
PARTNERS = "/admin/publishers/partnership/"
COOKIE_TYPE = f"{PARTNERS}cookie-type/"


@pytest.fixture(autouse=True)
def _clock_stands_still(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(clock, "now", lambda: NOW)


@pytest.fixture
def shop() -> Advertiser:
    return make_advertiser("Shop")


@pytest.fixture
def partners(shop: Advertiser) -> dict[str, Partnership]:
    kinds = {"Blog": "content", "Cash": "cashback", "Cat": "extension", "Over": "overlay"}
    return {
        name: make_partner(shop, make_publisher(name, model_type=kind))
        for name, kind in kinds.items()
    }


@pytest.fixture
def owner(shop: Advertiser) -> Client:
    return signed_in(make_user("owner", shop, name="olga"))


@pytest.fixture
def operator() -> Client:
    return signed_in(make_user("operator", name="otto"))


def post(client: Client, address: str, **data: Any) -> Any:
    return client.post(address, data, follow=True)


# Partners


def rows(client: Client, query: str = "") -> list[str]:
    """The rows of the partner list, as text."""
    page = client.get(f"{PARTNERS}{query}").content.decode()
    cells = re.findall(r'<tr class="data-row.*?</tr>', page, flags=re.DOTALL)
    return [" ".join(unescape(re.sub(r"<[^>]+>", " ", cell)).split()) for cell in cells]


NO_SALES = "0 0 £0.00 — "
TOO_FEW = "— Too few sales (0)"


def test_the_list_tells_cookie_type_and_where_it_comes_from(
    owner: Client, partners: dict[str, Partnership]
) -> None:
    earlier = NOW - timedelta(days=9)
    policy.assign([partners["Blog"]], "soft", earlier, reason="Agreed", made_by=None)
    december = NOW + timedelta(days=264)
    policy.assign([partners["Cash"]], "soft", NOW, start=december, reason="New terms", made_by=None)
    ids = {name: partnership.publisher_id for name, partnership in partners.items()}
    assert rows(owner) == [
        f"Blog {ids['Blog']} · Content Soft own, since 3 Mar 2026 {NO_SALES}Stood down 0 {TOO_FEW}",
        f"Cash {ids['Cash']} · Cashback Hard Cashback default → Soft on 1 Dec 2026 "
        f"{NO_SALES}0 {TOO_FEW}",
        f"Cat {ids['Cat']} · Extension Soft Extension default {NO_SALES}Stood down 0 {TOO_FEW}",
        f"Over {ids['Over']} · Overlay Soft Overlay default {NO_SALES}Stood down 0 {TOO_FEW}",
    ]


@pytest.mark.parametrize(
    ("query", "found"),
    [
        pytest.param("?cookie_type=hard", ["Blog", "Cash"], id="hard"),
        pytest.param("?cookie_type=soft", ["Cat", "Over"], id="soft"),
        pytest.param("?cookie_type=changing", ["Cash"], id="changing"),
        pytest.param("?source=own", ["Over"], id="own"),
        pytest.param("?source=default", ["Blog", "Cash", "Cat"], id="default"),
        pytest.param("?model_type=overlay", ["Over"], id="model_type"),
        pytest.param("?status=approved", ["Blog", "Cash", "Cat"], id="status"),
        pytest.param("?status=ended", ["Over"], id="other_status"),
        pytest.param("?q=ca", ["Cash", "Cat"], id="search"),
        pytest.param("?cookie_type=soft&q=ca", ["Cat"], id="both"),
    ],
)
def test_the_list_is_filtered(
    owner: Client, partners: dict[str, Partnership], query: str, found: list[str]
) -> None:
    earlier = NOW - timedelta(days=9)
    policy.assign([partners["Over"]], "soft", earlier, reason="Agreed", made_by=None)
    later = NOW + timedelta(days=9)
    policy.assign([partners["Cash"]], "soft", NOW, start=later, reason="New", made_by=None)
    PartnershipTerms.objects.create(
        advertiser=partners["Over"].advertiser,
        publisher=partners["Over"].publisher,
        partnership=partners["Over"],
        status="ended",
        starts_at=earlier,
        created_at=earlier,
    )
    assert [row.split()[0] for row in rows(owner, query)] == found


def test_a_filter_that_is_not_there_is_not_found(owner: Client) -> None:
    assert owner.get(f"{PARTNERS}?cookie_type=medium").status_code == 404


def test_the_list_takes_the_same_queries_however_long_it_is(
    owner: Client, shop: Advertiser, partners: dict[str, Partnership]
) -> None:
    def queries() -> list[str]:
        with CaptureQueriesContext(connection) as captured:
            owner.get(PARTNERS)
        return [query["sql"] for query in captured]

    few = queries()
    for number in range(20):
        make_partner(shop, make_publisher(f"More {number}"), "soft")
    many = queries()
    assert len(few) == len(many)
    assert [re.findall(r'FROM "(\w+)"', sql)[-1] for sql in many if "FROM" in sql] == [
        "django_session",
        "network_user",
        "network_staffmembership",
        "publishers_teammembership",
        "network_advertiser",  # to choose from
        "publishers_partnership",  # how many
        "publishers_partnership",  # the page, with model type and status in force
        "publishers_cookietypeassignment",
        "publishers_publishermodeltype",
        "publishers_modeltypecookietype",
        "publishers_partnershipterms",
        "publishers_cookietypeassignment",  # the reason in force
    ]


def test_a_filter_shows_what_is_chosen(owner: Client, partners: dict[str, Partnership]) -> None:
    assert "Cookie type: All" in text(owner.get(PARTNERS))
    page = text(owner.get(f"{PARTNERS}?cookie_type=soft"))
    assert "Cookie type: Soft" in page
    assert "Clear filters" in page


def test_an_empty_list_says_what_comes_next(owner: Client, shop: Advertiser) -> None:
    page = text(owner.get("/admin/tracking/conversion/"))
    assert "No sales yet. A sale appears when the shop reports an order" in page
    page = text(owner.get("/admin/tracking/conversion/?q=nowhere"))
    assert "Nothing matches. Show all sales" in page


def test_each_action_on_the_selection_is_a_button(
    owner: Client, partners: dict[str, Partnership]
) -> None:
    page = owner.get(PARTNERS).content.decode()
    offered = re.findall(r'<button type="submit" name="action" value="(\w+)"', page)
    assert offered == ["set_soft", "set_hard", "set_default", "approve"]
    data = {"action": "set_soft", "index": "0", "_selected_action": [partners["Blog"].pk]}
    assert "Set 1 partner to soft" in text(owner.post(PARTNERS, {**data, "select_across": "0"}))


# Setting a cookie type


def select(client: Client, action: str, chosen: list[Partnership]) -> Any:
    data = {"action": action, "_selected_action": [str(row.pk) for row in chosen]}
    return client.post(PARTNERS, data)


def test_the_confirmation_lists_who_is_concerned(
    owner: Client, partners: dict[str, Partnership]
) -> None:
    page = text(select(owner, "set_soft", list(partners.values())))
    assert "Set 2 partners to soft" in page
    assert "2 more are soft already and stay so." in page
    assert re.search(r"Blog \d+ Content Hard Content default — Changes", page)
    assert re.search(r"Cat \d+ Extension Soft Extension default — Stays", page)
    assert not CookieTypeAssignment.objects.exists()


def test_it_sets_partners_to_soft(owner: Client, partners: dict[str, Partnership]) -> None:
    chosen = ",".join(str(row.pk) for row in partners.values())
    data = {
        "to": "soft",
        "partners": chosen,
        "reason": "Soft from now on",
        "internal_note": "Talked",
    }
    page = text(post(owner, COOKIE_TYPE, **data))
    assert "Set 2 partners to soft, from 12 Mar 2026 14:00 UTC. Clicks already made keep" in page
    made = CookieTypeAssignment.objects.order_by("publisher__name")
    assert [row.publisher.name for row in made] == ["Blog", "Cash"]
    for row in made:
        assert row.cookie_type == "soft"
        assert row.starts_at == NOW + SPREAD
        assert (row.reason, row.internal_note) == ("Soft from now on", "Talked")
        assert str(row.made_by) == "olga"
    assert LogEntry.objects.filter(object_id=str(partners["Blog"].pk)).count() == 1


def test_it_sets_partners_back_to_the_default(
    owner: Client, partners: dict[str, Partnership]
) -> None:
    policy.assign([partners["Cat"]], "hard", NOW - timedelta(days=1), reason="Trial", made_by=None)
    page = text(select(owner, "set_default", [partners["Cat"], partners["Blog"]]))
    assert "Set 1 partner back to their model type's default" in page
    assert "1 more is at the default already and stays so." in page
    data = {"to": "inherit", "partners": partners["Cat"].pk, "reason": "Trial over"}
    post(owner, COOKIE_TYPE, **data)
    decides = cookie_types.policy_of(partners["Cat"])
    assert cookie_types.in_force(decides, NOW + SPREAD).cookie_type == "soft"


@pytest.mark.parametrize(
    ("changed", "field", "error"),
    [
        pytest.param({"reason": ""}, "reason", "This field is required.", id="no_reason"),
        pytest.param({"reason": "   "}, "reason", "This field is required.", id="blank_reason"),
        pytest.param(
            {"start": "2026-03-12T13:59"},
            "start",
            "The start 12 Mar 2026 13:59:00 UTC lies in the past; choose a later one.",
            id="start_in_the_past",
        ),
        pytest.param({"start": "soon"}, "start", "Enter a valid date/time.", id="no_date"),
    ],
)
def test_an_error_names_its_field_and_loses_nothing(
    owner: Client,
    partners: dict[str, Partnership],
    changed: dict[str, str],
    field: str,
    error: str,
) -> None:
    data = {"reason": "Because", "internal_note": "Kept", "start": "", **changed}
    response = post(owner, COOKIE_TYPE, to="soft", partners=partners["Blog"].pk, **data)
    assert response.context["form"].errors == {field: [error]}
    assert "nothing was changed" in text(response)
    assert 'value="Kept"' in response.content.decode()
    assert f'name="partners" value="{partners["Blog"].pk}"' in response.content.decode()
    assert not CookieTypeAssignment.objects.exists()


def test_a_simultaneous_change_is_told(owner: Client, partners: dict[str, Partnership]) -> None:
    start = NOW + timedelta(days=3)
    policy.assign([partners["Blog"]], "hard", NOW, start=start, reason="First", made_by=None)
    response = post(
        owner,
        COOKIE_TYPE,
        to="soft",
        partners=f"{partners['Cash'].pk},{partners['Blog'].pk}",
        reason="Second",
        start=f"{start:%Y-%m-%dT%H:%M}",
    )
    assert "Somebody else made a change" in str(response.context["form"].errors["start"])
    assert CookieTypeAssignment.objects.count() == 1, "all or none"


def test_the_start_is_in_the_readers_zone(owner: Client, partners: dict[str, Partnership]) -> None:
    User.objects.filter(username="olga").update(time_zone="America/New_York")
    page = text(owner.get(f"{COOKIE_TYPE}?to=soft&partners={partners['Blog'].pk}"))
    assert "Time in America/New_York." in page
    data = {"to": "soft", "partners": partners["Blog"].pk, "reason": "R"}
    post(owner, COOKIE_TYPE, start="2026-03-13T09:00", **data)
    assert CookieTypeAssignment.objects.get().starts_at.isoformat() == "2026-03-13T13:00:00+00:00"


def test_there_may_be_nothing_to_change(owner: Client, partners: dict[str, Partnership]) -> None:
    data = {"to": "soft", "partners": str(partners["Cat"].pk)}
    page = text(owner.get(COOKIE_TYPE, data))
    assert "There is nothing to change: this partner is soft already." in page
    response = post(owner, COOKIE_TYPE, reason="R", **data)
    assert "There is nothing to change" in text(response)
    assert not CookieTypeAssignment.objects.exists()


def test_a_later_start_finds_partners_as_they_will_be_then(
    owner: Client, partners: dict[str, Partnership]
) -> None:
    later = NOW + timedelta(days=3)
    policy.assign([partners["Cat"]], "hard", NOW, start=later, reason="Trial", made_by=None)
    data = {"to": "soft", "partners": partners["Cat"].pk, "reason": "No trial"}
    page = post(owner, COOKIE_TYPE, start=f"{later + timedelta(hours=1):%Y-%m-%dT%H:%M}", **data)
    assert "Set 1 partner to soft, from 15 Mar 2026 15:00 UTC." in text(page)


@pytest.mark.parametrize(
    "query", ["", "?to=soft", "?to=medium&partners=1", "?to=soft&partners=x", "?to=soft&partners=0"]
)
def test_a_page_about_nobody_is_not_found(owner: Client, query: str) -> None:
    assert owner.get(f"{COOKIE_TYPE}{query}").status_code == 404


# A partner


def test_a_partners_page_tells_past_present_and_future(
    owner: Client, partners: dict[str, Partnership]
) -> None:
    user = User.objects.get(username="olga")
    policy.assign(
        [partners["Blog"]],
        "soft",
        NOW - timedelta(days=9),
        reason="On trial",
        made_by=user,
        internal_note="As agreed",
    )
    later = NOW + timedelta(days=9)
    policy.assign([partners["Blog"]], "hard", NOW, start=later, reason="Trial over", made_by=user)
    tracking_hosts.replace(partners["Blog"].advertiser, ["go.shop.example"])
    page = text(owner.get(f"{PARTNERS}{partners['Blog'].pk}/change/"))
    assert "Soft own, since 3 Mar 2026 Approved Becomes hard on 21 Mar 2026 14:00 UTC." in page
    assert "3 Mar 2026 14:00 Now Soft own On trial As agreed olga" in page
    assert "21 Mar 2026 14:00 Coming Cancel… Hard own Trial over — olga" in page
    link = f"/t/{partners['Blog'].advertiser_id}/c/{partners['Blog'].publisher_id}"
    assert settings.PUBLIC_ORIGIN.format(host="go.shop.example") + link in page


def test_a_partner_is_ended_with_its_other_terms_kept(owner: Client, shop: Advertiser) -> None:
    partnership = make_partner(shop, make_publisher("Blog"), hard_days=7)
    address = f"{PARTNERS}{partnership.pk}/terms/"
    form = owner.get(f"{address}?status=ended").context["form"]
    assert form.initial["status"] == "ended"
    assert form.initial["hard_days"] == 7
    page = text(post(owner, address, status="ended", hard_days="7", reason="No more"))
    assert "Ended from 12 Mar 2026 14:00 UTC." in page
    held = partnership_terms_at(partnership, NOW + SPREAD)
    assert held is not None
    assert (held.status, held.hard_days, held.reason) == ("ended", 7, "No more")


def test_what_is_strictly_necessary_needs_its_evidence(
    owner: Client, partners: dict[str, Partnership]
) -> None:
    address = f"{PARTNERS}{partners['Blog'].pk}/terms/"
    response = post(owner, address, status="approved", strictly_necessary="on")
    assert list(response.context["form"].errors) == ["evidence"]


def test_applications_are_approved(owner: Client, shop: Advertiser) -> None:
    waiting = make_partner(shop, make_publisher("New"), status="applied")
    ready = make_partner(shop, make_publisher("Old"))
    response = owner.post(
        PARTNERS,
        {"action": "approve", "_selected_action": [waiting.pk, ready.pk]},
        follow=True,
    )
    assert "1 approved; the others were approved already." in text(response)
    held = partnership_terms_at(waiting, NOW + SPREAD)
    assert held is not None
    assert held.status == "approved"
    assert ready.terms.count() == 1


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
    assert "Cashback default: Soft, from 12 Mar 2026 14:00 UTC." in text(
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


# Advertisers, publishers, people

NEW_ADVERTISER = {
    "name": "New shop",
    "currency": "eur",
    "landing_url": "https://www.new.example/start",
    "domains": "New.example",
    "network_fee_percent": "25",
    "consent_default": "False",
    "soft_rule": "sole",
    "hard_days": "14",
    "soft_hours": "12",
    "validation_days": "30",
    "notice_days": "0",
    "percent": "",
    "fixed": "4.50",
}


def test_an_operator_adds_an_advertiser(operator: Client) -> None:
    page = text(post(operator, "/admin/network/advertiser/add/", **NEW_ADVERTISER))
    assert "was added successfully" in page
    shop = Advertiser.objects.get(name="New shop")
    assert (shop.currency, shop.domains) == ("EUR", ["new.example"])
    assert shop.consent_default is False
    terms = terms_at(shop, NOW)
    assert (terms.soft_rule, terms.hard_days, terms.validation_days) == ("sole", 14, 30)
    assert str(terms.made_by) == "otto"
    rate = rate_at(shop.commission_groups.get(code="DEFAULT"), NOW)
    assert (rate.percent, rate.fixed_minor) == (None, 450)


@pytest.mark.parametrize(
    ("changed", "field"),
    [
        pytest.param({"consent_default": ""}, "consent_default", id="consent_must_be_answered"),
        pytest.param({"currency": "XXY"}, "currency", id="no_currency"),
        pytest.param({"domains": "https://new.example"}, "domains", id="no_domain"),
        pytest.param({"landing_url": "https://other.example/"}, "landing_url", id="other_domain"),
        pytest.param({"fixed": ""}, "percent", id="no_commission"),
        pytest.param({"percent": "8"}, "percent", id="both_commissions"),
        pytest.param({"percent": "101", "fixed": ""}, "percent", id="too_much"),
        pytest.param({"fixed": "4.555"}, "fixed", id="too_many_decimals"),
        pytest.param({"fixed": "-1"}, "fixed", id="negative"),
        pytest.param({"hard_days": "0"}, "hard_days", id="no_window"),
        pytest.param({"hard_days": "401"}, "hard_days", id="window_too_long"),
        pytest.param({"soft_hours": "721"}, "soft_hours", id="soft_too_long"),
        pytest.param({"name": "Shop"}, "name", id="name_is_taken"),
    ],
)
def test_an_advertiser_is_not_added_with_an_error(
    operator: Client, shop: Advertiser, changed: dict[str, str], field: str
) -> None:
    response = post(operator, "/admin/network/advertiser/add/", **{**NEW_ADVERTISER, **changed})
    assert list(response.context["adminform"].form.errors) == [field]
    assert Advertiser.objects.count() == 1


def advertiser_form(shop: Advertiser, **changed: str) -> dict[str, str]:
    return {
        "landing_url": shop.landing_url,
        "domains": ",".join(shop.domains),
        "click_parameter": "awc",
        "consent_default": "True",
        "verification": "server",
        "uncounted_channels": "",
        **changed,
    }


def test_staff_change_their_advertiser_but_not_what_operators_agree_with_it(
    owner: Client, shop: Advertiser
) -> None:
    address = f"/admin/network/advertiser/{shop.pk}/change/"
    data = advertiser_form(shop, name="Renamed", network_fee_percent="0", status="closed")
    Advertiser.objects.update(network_fee_percent=30)
    assert "changed successfully" in text(post(owner, address, **data))
    shop.refresh_from_db()
    assert (shop.click_parameter, shop.verification) == ("awc", "server")
    assert (shop.name, shop.status, shop.network_fee_percent) == ("Shop", "active", Decimal(30))


def test_staff_name_tracking_hosts_of_their_own(owner: Client, shop: Advertiser) -> None:
    address = f"/admin/network/advertiser/{shop.pk}/change/"
    post(owner, address, **advertiser_form(shop, own_hosts="Go.shop.example\r\nt.shop.example\r\n"))
    hosts = shop.own_hosts.values_list("host", flat=True)
    assert list(hosts) == ["go.shop.example", "t.shop.example"]
    form = owner.get(address).context["adminform"].form
    assert form.initial["own_hosts"] == "go.shop.example\nt.shop.example"
    assert "Tracking hosts of its own" in LogEntry.objects.latest("pk").get_change_message()
    post(owner, address, **advertiser_form(shop, own_hosts="t.shop.example"))
    assert list(hosts.all()) == ["t.shop.example"]


@pytest.mark.parametrize(
    ("host", "remedy"),
    [
        pytest.param("https://go.shop.example", "without https://, port or path", id="no_host"),
        pytest.param("network.localhost", "use a name below the shop's own domain", id="the_site"),
        pytest.param("track.localhost", "use a name below the shop's own domain", id="the_shared"),
        pytest.param("GO.other.example", "in use at another advertiser", id="anothers"),
    ],
)
def test_a_tracking_host_that_cannot_be_is_refused_with_its_remedy(
    owner: Client, shop: Advertiser, host: str, remedy: str
) -> None:
    tracking_hosts.replace(make_advertiser("Other shop"), ["go.other.example"])
    address = f"/admin/network/advertiser/{shop.pk}/change/"
    response = post(owner, address, **advertiser_form(shop, own_hosts=f"t.shop.example\n{host}"))
    errors = response.context["adminform"].form.errors
    assert list(errors) == ["own_hosts"]
    assert host.lower() in unescape(str(errors))
    assert remedy in unescape(str(errors))
    assert "Other shop" not in response.content.decode()
    assert not shop.own_hosts.exists()


def test_a_host_that_was_taken_since_the_form_was_checked_is_told(
    owner: Client, shop: Advertiser, monkeypatch: pytest.MonkeyPatch
) -> None:
    tracking_hosts.replace(make_advertiser(), ["go.other.example"])
    checked = tracking_hosts.refuse_taken
    asked = count()
    monkeypatch.setattr(
        tracking_hosts, "refuse_taken", lambda *given: checked(*given) if next(asked) > 1 else None
    )
    form = advertiser_form(shop, own_hosts="go.other.example")
    page = text(post(owner, f"/admin/network/advertiser/{shop.pk}/change/", **form))
    assert "“go.other.example” is in use at another advertiser." in page
    assert not shop.own_hosts.exists()


def test_a_viewer_reads_the_tracking_hosts(shop: Advertiser) -> None:
    tracking_hosts.replace(shop, ["go.shop.example", "t.shop.example"])
    viewer = signed_in(make_user("viewer", shop))
    page = text(viewer.get(f"/admin/network/advertiser/{shop.pk}/change/"))
    assert "go.shop.example, t.shop.example" in page


def test_terms_change_from_a_start_on(owner: Client, shop: Advertiser) -> None:
    address = f"/admin/network/advertiser/{shop.pk}/terms/"
    assert owner.get(address).context["form"].initial["hard_days"] == 30
    data = {"soft_rule": "first", "hard_days": "7", "soft_hours": "24", "validation_days": "14"}
    data["notice_days"] = "0"
    page = text(post(owner, address, start="2026-04-01T00:00", reason="Spring", **data))
    assert "The terms change on 1 Apr 2026 00:00 UTC." in page
    assert "1 Apr 2026 00:00 Coming Cancel… First: a soft click overwrites nothing 7 days" in page
    assert terms_at(shop, NOW + timedelta(days=1)).hard_days == 30
    assert terms_at(shop, NOW + timedelta(days=30)).hard_days == 7


def test_the_commission_changes(owner: Client, shop: Advertiser) -> None:
    address = f"/admin/network/advertiser/{shop.pk}/rate/"
    assert "The commission changes on" in text(post(owner, address, percent="", fixed="3.20"))
    rate = rate_at(shop.commission_groups.get(), NOW + SPREAD)
    assert rate.fixed_minor == 320
    response = post(owner, address, percent="5", fixed="3.20")
    assert list(response.context["form"].errors) == ["percent"]


def test_an_operator_adds_a_publisher_and_changes_its_model_type(operator: Client) -> None:
    data = {"name": "Blog", "website": "blog.example", "model_type": "content"}
    post(operator, "/admin/publishers/publisher/add/", **data)
    blog = Publisher.objects.get(name="Blog")
    assert blog.website == "https://blog.example"
    address = f"/admin/publishers/publisher/{blog.pk}/model-type/"
    page = text(post(operator, address, model_type="voucher", reason="Vouchers now"))
    assert "Voucher from 12 Mar 2026 14:00 UTC." in page
    kinds = blog.model_types.order_by("starts_at").values_list("model_type", "starts_at")
    assert list(kinds) == [("content", NOW), ("voucher", NOW + SPREAD)]


def test_an_operator_adds_somebody_to_a_team(operator: Client, shop: Advertiser) -> None:
    data = {"username": "nina", "email": "nina@example.com", "time_zone": "Europe/Berlin"}
    passwords = {"password1": "not-a-common-1", "password2": "not-a-common-1"}
    post(operator, "/admin/network/user/add/", usable_password="true", **data, **passwords)
    nina = User.objects.get(username="nina")
    assert nina.time_zone == "Europe/Berlin"
    members = {
        "staff_memberships-TOTAL_FORMS": "1",
        "staff_memberships-INITIAL_FORMS": "0",
        "staff_memberships-0-user": nina.pk,
        "staff_memberships-0-role": "viewer",
    }
    form = advertiser_form(shop, name="Shop", status="active", network_fee_percent="0")
    page = post(operator, f"/admin/network/advertiser/{shop.pk}/change/", **form, **members)
    assert "changed successfully" in text(page)
    assert signed_in(nina).get(PARTNERS).status_code == 200


# Sales


def sale_of(partners: dict[str, Partnership], order: str = "10023") -> Conversion:
    shopper = Shopper()
    shopper.follow(partners["Blog"], NOW)
    shopper.follow(partners["Cat"], NOW + timedelta(minutes=5))
    shop = partners["Blog"].advertiser
    return shopper.buy(shop, NOW + timedelta(minutes=6), order=order)


def sale_page(client: Client, sale: Conversion) -> str:
    return text(client.get(f"/admin/tracking/conversion/{sale.pk}/change/"))


def test_a_sale_is_explained(owner: Client, partners: dict[str, Partnership]) -> None:
    page = sale_page(owner, sale_of(partners))
    assert (
        "Order 10023 · £49.90 · 12 Mar 2026 14:06 UTC. Paid to Blog (hard): £3.99, pending, final "
        "on 11 Apr 2026 14:00, when Blog's window closes."
    ) in page
    assert "Blog's hard click of 12 Mar 2026 14:00 was the last one to take the cookie" in page
    assert "Stood down: Blog's hard cookie was live until 11 Apr 2026 14:00." in page
    assert "DEFAULT £49.90 8 % £3.992 £3.99" in page
    assert "Outcome Recorded the sale Source Tag, from a browser with our cookies" in page
    assert "now Credited to Blog A report of the tag told of the sale. 11 Apr 2026 14:00" in page
    assert '"verdict": "stood_down"' in page


def test_times_are_in_the_readers_zone(owner: Client, partners: dict[str, Partnership]) -> None:
    User.objects.filter(username="olga").update(time_zone="Asia/Tokyo")
    page = sale_page(owner, sale_of(partners))
    assert "12 Mar 2026 23:06 JST." in page
    assert "Times in Asia/Tokyo" in page


def test_a_final_sale_shows_its_ledger_entries(
    owner: Client, partners: dict[str, Partnership]
) -> None:
    sale = sale_of(partners)
    assert sale.closes_at
    finalise(sale.closes_at)
    page = sale_page(owner, sale)
    assert "Paid to Blog (hard): £3.99, final since 11 Apr 2026 14:00." in page
    assert "Owed by an advertiser Shop £3.99 Owed to a publisher Blog -£3.99" in page
    entry = LedgerEntry.objects.first()
    assert entry is not None
    address = f"/admin/publishers/ledgertransaction/{entry.transaction_id}/change/"
    assert "Owed to a publisher Blog -£3.99" in text(owner.get(address))


def test_a_conflict_is_settled_by_choosing_a_report(
    owner: Client, partners: dict[str, Partnership]
) -> None:
    shopper, shop = Shopper(), partners["Blog"].advertiser
    shopper.follow(partners["Blog"], NOW)
    sale = shopper.buy(shop, NOW, order="7")
    data = {"order": "7", "amount": "20.00"}
    report_sale(shop, NOW, data, from_cookies=shopper.cookies, source="pixel")
    assert "in conflict until the advertiser settles it" in sale_page(owner, sale)
    address = f"/admin/tracking/conversion/{sale.pk}/settle/"
    assert list(post(owner, address).context["form"].errors) == ["report", "reason"]
    report = Report.objects.get(source="pixel")
    page = text(post(owner, address, report=report.pk, reason="The tag counted shipping"))
    assert "The conflict of order 7 is settled." in page
    assert "Order 7 · £20.00" in page
    assert "“The tag counted shipping”" in page
    assert "Settle the conflict…" not in page
    again = post(owner, address, report=report.pk, reason="Again")
    assert "is not in conflict" in text(again)


def test_a_report_that_was_refused_says_what_to_do(owner: Client, shop: Advertiser) -> None:
    error = {"field": "amount", "received": "1.234,50", "expected": "49.90", "remedy": "Use a dot."}
    report = Report.objects.create(
        id="01890a5d-ac96-774b-bcce-b302099a8057",
        advertiser=shop,
        source="pixel",
        outcome="invalid",
        order="9",
        at=NOW,
        received_at=NOW,
        errors=[error],
    )
    page = text(owner.get(f"/admin/tracking/report/{report.pk}/change/"))
    assert "Refused: see what was wrong" in page
    assert "amount 1.234,50 49.90 Use a dot." in page
    assert "Refused: see what was wrong" in text(owner.get("/admin/tracking/report/"))


def test_a_click_of_an_unknown_publisher_is_listed(
    owner: Client, partners: dict[str, Partnership]
) -> None:
    Shopper().follow(Partnership(advertiser=partners["Blog"].advertiser, publisher_id=987), NOW)
    page = text(owner.get("/admin/tracking/click/"))
    assert "unknown publisher 987" in page
    assert "Does not count: the publisher was no approved partner at that time." in page


@pytest.mark.parametrize("page", ["conversion", "commission", "report", "click"])
def test_lists_take_the_same_queries_however_long_they_are(
    owner: Client, partners: dict[str, Partnership], page: str
) -> None:
    def queries() -> int:
        with CaptureQueriesContext(connection) as captured:
            assert owner.get(f"/admin/tracking/{page}/").status_code == 200
        return len(captured)

    sale_of(partners)
    few = queries()
    for number in range(5):
        sale_of(partners, str(number))
    assert queries() == few


def test_a_hosts_spool_is_taken_out_of_service_once(operator: Client) -> None:
    drained_to = NOW - timedelta(days=2, hours=3)
    SpoolHost.objects.create(name="web-1", registered_at=NOW, drained_to=drained_to)
    data = {"action": "take_out", "_selected_action": ["web-1"]}
    assert "2 days" in text(operator.get("/admin/tracking/spoolhost/"))
    page = text(post(operator, "/admin/tracking/spoolhost/", **data))
    assert "1 taken out of service: web-1." in page
    assert SpoolHost.objects.get().removed_at == NOW
    assert "0 taken out of service" in text(post(operator, "/admin/tracking/spoolhost/", **data))


def test_nothing_is_deleted_and_what_happened_is_not_edited() -> None:
    request = RequestFactory().get("/admin/")
    request.user = make_user("operator")
    editable = set()
    for model, model_admin in admin.site._registry.items():
        assert not model_admin.has_delete_permission(request), model
        if model_admin.has_change_permission(request):
            editable.add(model._meta.label)
    assert editable == {
        "network.Advertiser",
        "network.User",
        "publishers.Publisher",
        "publishers.Team",
    }


def test_what_staff_typed_is_escaped(owner: Client, partners: dict[str, Partnership]) -> None:
    nasty = "<script>alert(1)</script>"
    data = {"to": "soft", "partners": partners["Blog"].pk, "reason": nasty}
    page = post(owner, COOKIE_TYPE, **data).content.decode()
    assert nasty not in page
    assert "&lt;script&gt;alert(1)&lt;/script&gt;" in page


def test_every_list_has_a_page_for_its_rows(operator: Client) -> None:
    """The overview leads to every list, and nothing in it is broken while it is empty."""
    index = operator.get("/admin/").content.decode()
    for model in admin.site._registry:
        address = reverse(f"admin:{model._meta.app_label}_{model._meta.model_name}_changelist")
        assert address in index
        assert operator.get(address).status_code == 200
