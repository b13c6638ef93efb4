"""An advertiser's own tracking hosts: what the form refuses, and how one is proven on its page."""

import re
from collections.abc import Mapping
from datetime import timedelta
from html import unescape

import pytest
from django.conf import settings
from django.contrib.admin.models import LogEntry
from django.test import Client

from network.hosts.models import TrackingHost
from network.models import Advertiser
from network.outside import dns
from tests.admin.test_tenants import advertiser_form
from tests.support.makers import NOW, SetClock, give_hosts, make_advertiser, make_user
from tests.support.other_machines import Names
from tests.support.reading import post, signed_in, text

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("at_now")]
HOST = "go.shop.example"


@pytest.fixture
def shop(shop: Advertiser) -> Advertiser:
    shop.domains, shop.landing_url = ["shop.example"], "https://shop.example/"
    shop.save()
    return shop


@pytest.fixture
def names(monkeypatch: pytest.MonkeyPatch) -> Names:
    """What the site asks instead of DNS."""
    asked = Names()
    monkeypatch.setattr(dns, "resolver", lambda: asked)
    return asked


def page_of(shop: Advertiser) -> str:
    return f"/admin/network/advertiser/{shop.pk}/change/"


def enter(client: Client, shop: Advertiser, hosts: str, **changed: str) -> str:
    return text(post(client, page_of(shop), **advertiser_form(shop, own_hosts=hosts, **changed)))


def errors(client: Client, shop: Advertiser, hosts: str, **changed: str) -> Mapping[str, str]:
    answer = post(client, page_of(shop), **advertiser_form(shop, own_hosts=hosts, **changed))
    found = answer.context["adminform"].form.errors
    return {name: unescape(str(said)) for name, said in found.items()}


def check(client: Client, shop: Advertiser, host: str = HOST) -> str:
    return text(post(client, f"/admin/network/advertiser/{shop.pk}/own-hosts/check/", host=host))


@pytest.mark.parametrize(
    ("host", "remedy"),
    [
        pytest.param("shop.example", "Use a name below it, such as go.shop.example", id="the_shop"),
        pytest.param("go.other.example", "such as go.shop.example, or add", id="another_domain"),
        pytest.param("goshop.example", "is not below any of the advertiser's", id="no_dot"),
        pytest.param("github.io", "Anybody can have a name below", id="public_suffix"),
        pytest.param("s3.amazonaws.com", "Anybody can have a name below", id="public_below_own"),
        pytest.param("go..shop.example", "is not a valid host name", id="no_name"),
    ],
)
def test_a_host_that_is_not_below_the_shops_domains_is_refused(
    owner: Client, shop: Advertiser, host: str, remedy: str
) -> None:
    found = errors(owner, shop, f"t.shop.example\n{host}", domains="shop.example, amazonaws.com")
    assert list(found) == ["own_hosts"]
    assert f"“{host}”" in found["own_hosts"]
    assert remedy in found["own_hosts"]
    assert "t.shop.example" not in found["own_hosts"]
    assert not shop.own_hosts.exists()


def test_no_more_than_ten_hosts(owner: Client, shop: Advertiser) -> None:
    many = [f"h{number}.shop.example" for number in range(11)]
    assert "At most 10 hosts" in errors(owner, shop, "\n".join(many))["own_hosts"]
    enter(owner, shop, "\n".join(many[:10]))
    assert shop.own_hosts.count() == 10


def test_names_are_written_and_compared_as_browsers_do(owner: Client, shop: Advertiser) -> None:
    page = enter(owner, shop, "Los.Rösterei.example", domains="shop.example, rösterei.example")
    assert shop.own_hosts.get().host == "los.xn--rsterei-90a.example"
    assert "los.xn--rsterei-90a.example waits for proof" in page


def test_in_production_a_name_of_this_machine_is_refused(
    owner: Client, shop: Advertiser, monkeypatch: pytest.MonkeyPatch
) -> None:
    shop.domains = ["shop.example", "shop.localhost"]
    shop.save()
    monkeypatch.setattr(settings, "PRODUCTION", True)
    assert "of this machine only" in errors(owner, shop, "go.shop.localhost")["own_hosts"]


def test_a_domain_stays_as_long_as_a_host_lies_below_it(owner: Client, shop: Advertiser) -> None:
    give_hosts(shop, HOST)
    landing = {"domains": "new.example", "landing_url": "https://new.example/"}
    assert list(errors(owner, shop, HOST, **landing)) == ["own_hosts"]
    enter(owner, shop, "", **landing)
    shop.refresh_from_db()
    assert shop.domains == ["new.example"]


def test_who_waits_for_a_host_keeps_it_from_nobody(owner: Client, shop: Advertiser) -> None:
    other = make_advertiser()
    TrackingHost.objects.create(advertiser=other, host=HOST, position=0)
    assert f"{HOST} waits for proof" in enter(owner, shop, HOST)


def test_the_page_of_a_waiting_host_says_what_to_do_with_the_values_to_copy(
    owner: Client, shop: Advertiser
) -> None:
    enter(owner, shop, HOST)
    token = shop.own_hosts.get().token.hex
    page = owner.get(page_of(shop)).content.decode()
    assert 'data-state="waiting"' in page
    values = set(re.findall(r"<code[^>]*>(.*?)</code>", page))
    assert values >= {
        *(HOST, settings.TRACKING_HOST),
        *(f"_softclick.{HOST}", f"softclick={token}"),
        *(f"https://{HOST}/.well-known/softclick-{shop.pk}.txt", token),
    }


def test_check_now_says_what_each_way_answered_and_then_that_it_is_proven(
    owner: Client, shop: Advertiser, names: Names, at: SetClock
) -> None:
    enter(owner, shop, HOST)
    names.cnames = {HOST: "old.network.example"}
    page = check(owner, shop)
    assert f"{HOST} is not proven yet" in page
    assert "CNAME record: It leads to old.network.example instead." in page
    assert "TXT record: There is no TXT record at this name." in page
    assert "File: The host has no address." in page
    assert "was checked a moment ago" in check(owner, shop)
    at(NOW + timedelta(minutes=1))
    names.cnames = {HOST: settings.TRACKING_HOST}
    page = check(owner, shop)
    assert f"{HOST} is proven." in page
    assert "Proven by its CNAME record, 12 Mar 2026 14:01" in page
    assert "_softclick." not in page
    logged = LogEntry.objects.latest("pk").get_change_message()
    assert logged == f"Proved the tracking host {HOST}: CNAME record"


def test_a_proof_that_is_missing_is_said_on_the_page_at_home_and_in_health(
    owner: Client, operator: Client, shop: Advertiser, names: Names, at: SetClock
) -> None:
    give_hosts(shop, HOST)
    assert HOST not in text(owner.get("/admin/"))
    page = check(owner, shop)
    assert f"The proof of {HOST} is missing" in page
    assert "Nothing proves it any more since 12 Mar 2026 14:00" in page
    assert f"_softclick.{HOST}" in page
    for client in (owner, operator):
        home = text(client.get("/admin/"))
        assert f"Nothing proves the tracking host {HOST} of {shop.name} any more" in home
    assert operator.get("/admin/tracking/spoolhost/health/").context["health"].hosts_missing == 1
    names.cnames = {HOST: settings.TRACKING_HOST}
    at(NOW + timedelta(minutes=1))
    check(owner, shop)
    assert HOST not in text(owner.get("/admin/"))


def test_home_names_hosts_that_wait_to_their_staff_alone(owner: Client, shop: Advertiser) -> None:
    other = make_advertiser("Other shop")
    for advertiser in (shop, other):
        host = f"go.{advertiser.pk}.example"
        TrackingHost.objects.create(advertiser=advertiser, host=host, position=0)
    home = text(owner.get("/admin/"))
    assert f"The tracking host go.{shop.pk}.example of {shop.name} waits for proof" in home
    assert "Other shop" not in home


def test_a_host_that_was_removed_meanwhile_is_said(owner: Client, shop: Advertiser) -> None:
    assert f"“{HOST}” is not among the advertiser's tracking hosts" in check(owner, shop)


def test_a_viewer_sees_the_state_and_neither_values_nor_the_button(shop: Advertiser) -> None:
    row = TrackingHost.objects.create(advertiser=shop, host=HOST, position=0)
    page = text(signed_in(make_user("viewer", shop)).get(page_of(shop)))
    assert f"{HOST} Waiting for proof" in page
    assert row.token.hex not in page
    assert "Check now" not in page
