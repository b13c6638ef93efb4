"""Advertisers, publishers and people: what operators add, and what staff may change of it."""

from datetime import timedelta
from decimal import Decimal
from html import unescape
from itertools import count

import pytest
from django.contrib.admin.models import LogEntry
from django.test import Client

from network.advertisers.terms import rate_at, terms_at
from network.effective.rows import SPREAD
from network.hosts import tracking_hosts
from network.models import Advertiser, User
from publishers.models import Publisher
from tests.support.makers import NOW, give_hosts, make_advertiser, make_user
from tests.support.reading import post, signed_in, text

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("at_now")]
PARTNERS = "/admin/publishers/partnership/"
COOKIE_TYPE = f"{PARTNERS}cookie-type/"


NEW_ADVERTISER = {
    "name": "New shop",
    "currency": "eur",
    "landing_url": "https://www.new.example/start",
    "domains": "New.example",
    "network_fee_percent": "25",
    "consent_default": "ask",
    "verification": "browser",
    "largest_order": "2000.00",
    "confirm_days": "50",
    "conflict_days": "20",
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
    assert "New shop is added." in page
    assert "Integration of New shop" in page
    shop = Advertiser.objects.get(name="New shop")
    assert (shop.currency, shop.domains) == ("EUR", ["new.example"])
    assert shop.consent_default == "ask"
    assert (shop.verification, shop.largest_order_minor) == ("browser", 200_000)
    assert (shop.confirm_days, shop.conflict_days) == (50, 20)
    terms = terms_at(shop, NOW)
    assert (terms.soft_rule, terms.hard_days, terms.validation_days) == ("sole", 14, 30)
    assert str(terms.made_by) == "otto"
    rate = rate_at(shop.commission_groups.get(code="DEFAULT"), NOW)
    assert (rate.percent, rate.fixed_minor) == (None, 450)


@pytest.mark.parametrize(
    ("changed", "field"),
    [
        pytest.param({"consent_default": ""}, "consent_default", id="consent_must_be_answered"),
        pytest.param({"verification": ""}, "verification", id="verification_must_be_chosen"),
        pytest.param({"verification": "server"}, "verification", id="unknown_verification"),
        pytest.param({"largest_order": ""}, "largest_order", id="largest_order_must_be_given"),
        pytest.param({"largest_order": "2,000"}, "largest_order", id="amount_with_separator"),
        pytest.param({"largest_order": "0"}, "largest_order", id="nothing_is_plausible"),
        pytest.param({"currency": "XXY"}, "currency", id="no_currency"),
        pytest.param({"domains": "https://new.example"}, "domains", id="no_domain"),
        pytest.param({"domains": "10.0.0.11"}, "domains", id="address_as_domain"),
        pytest.param({"domains": "co.uk"}, "domains", id="public_suffix"),
        pytest.param({"domains": "github.io"}, "domains", id="public_suffix_of_a_company"),
        pytest.param({"domains": "new..example"}, "domains", id="two_dots"),
        pytest.param({"landing_url": "https://other.example/"}, "landing_url", id="other_domain"),
        pytest.param(
            {"landing_url": "https://user:pw@new.example/"}, "landing_url", id="user_name_in_it"
        ),
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


@pytest.mark.parametrize(
    ("typed", "stored"),
    [
        pytest.param("größe.example", "xn--gre-6ka8i.example", id="umlaut"),
        pytest.param("Straße.example.", "xn--strae-oqa.example", id="sharp_s_and_final_dot"),
        pytest.param(" NEW.example ", "new.example", id="capitals_and_blanks"),
    ],
)
def test_a_domain_is_kept_as_browsers_ask_for_it(operator: Client, typed: str, stored: str) -> None:
    changed = {"domains": typed, "landing_url": f"https://{stored}/"}
    post(operator, "/admin/network/advertiser/add/", **{**NEW_ADVERTISER, **changed})
    assert Advertiser.objects.get(name="New shop").domains == [stored]


def advertiser_form(shop: Advertiser, **changed: str) -> dict[str, str]:
    return {
        "landing_url": shop.landing_url,
        "domains": ",".join(shop.domains),
        "click_parameter": "awc",
        "consent_default": "store",
        "verification": "confirmed",
        "largest_order": "500",
        "confirm_days": "45",
        "conflict_days": "10",
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
    assert (shop.click_parameter, shop.verification) == ("awc", "confirmed")
    assert (shop.largest_order_minor, shop.confirm_days, shop.conflict_days) == (50_000, 45, 10)
    assert (shop.name, shop.status, shop.network_fee_percent) == ("Shop", "active", Decimal(30))


def test_staff_name_tracking_hosts_of_their_own(owner: Client, shop: Advertiser) -> None:
    address = f"/admin/network/advertiser/{shop.pk}/change/"
    shop.domains, shop.landing_url = ["shop.example"], "https://shop.example/"
    shop.save()
    post(owner, address, **advertiser_form(shop, own_hosts="Go.shop.example\r\nt.shop.example\r\n"))
    hosts = shop.own_hosts.values_list("host", flat=True)
    assert list(hosts) == ["go.shop.example", "t.shop.example"]
    form = owner.get(address).context["adminform"].form
    assert form.initial["own_hosts"] == "go.shop.example\nt.shop.example"
    assert "Own tracking hosts" in LogEntry.objects.latest("pk").get_change_message()
    post(owner, address, **advertiser_form(shop, own_hosts="t.shop.example"))
    assert list(hosts.all()) == ["t.shop.example"]


@pytest.mark.parametrize(
    ("host", "remedy"),
    [
        pytest.param("https://go.shop.example", "without https://, port or path", id="no_host"),
        pytest.param("network.localhost", "Use a name below the shop's own domain", id="the_site"),
        pytest.param("track.localhost", "Use a name below the shop's own domain", id="the_shared"),
        pytest.param("GO.other.example", "Another advertiser uses", id="anothers"),
    ],
)
def test_a_tracking_host_that_cannot_be_is_refused_with_its_remedy(
    owner: Client, shop: Advertiser, host: str, remedy: str
) -> None:
    give_hosts(make_advertiser("Other shop"), "go.other.example")
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
    host = f"go.{shop.domains[0]}"
    give_hosts(make_advertiser(), host)
    checked = tracking_hosts.refuse_taken
    asked = count()
    monkeypatch.setattr(
        tracking_hosts, "refuse_taken", lambda *given: checked(*given) if next(asked) else None
    )
    form = advertiser_form(shop, own_hosts=host)
    page = text(post(owner, f"/admin/network/advertiser/{shop.pk}/change/", **form))
    assert f"Another advertiser uses “{host}”." in page
    assert not shop.own_hosts.exists()


def test_a_viewer_reads_the_tracking_hosts(shop: Advertiser) -> None:
    give_hosts(shop, "go.shop.example", "t.shop.example")
    viewer = signed_in(make_user("viewer", shop))
    page = text(viewer.get(f"/admin/network/advertiser/{shop.pk}/change/"))
    assert "go.shop.example and t.shop.example" in page


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
    assert "The commission changes on" in text(
        post(owner, address, percent="", fixed="3.20", reason="Winter")
    )
    rate = rate_at(shop.commission_groups.get(), NOW + SPREAD)
    assert rate.fixed_minor == 320
    response = post(owner, address, percent="5", fixed="3.20", reason="Winter")
    assert list(response.context["form"].errors) == ["percent"]


def test_an_operator_adds_a_publisher_and_changes_its_model_type(operator: Client) -> None:
    data = {"name": "Blog", "website": "blog.example", "model_type": "content"}
    post(operator, "/admin/publishers/publisher/add/", **data)
    blog = Publisher.objects.get(name="Blog")
    assert blog.website == "https://blog.example"
    address = f"/admin/publishers/publisher/{blog.pk}/model-type/"
    page = text(post(operator, address, model_type="voucher", reason="Vouchers now"))
    assert "Model type Voucher, from 12 Mar 2026 14:00 UTC." in page
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
