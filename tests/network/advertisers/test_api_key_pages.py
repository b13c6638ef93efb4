"""Making and revoking API keys in the admin."""

import re

import pytest
from django.contrib.admin.models import LogEntry
from django.test import Client
from django.urls import reverse

from network.advertisers import api_keys
from network.models import Advertiser, ApiKey, User
from tests.support.makers import NOW, make_advertiser, make_user

pytestmark = pytest.mark.django_db


@pytest.fixture
def owner(shop: Advertiser) -> User:
    return make_user("owner", shop)


@pytest.fixture
def staff(owner: User, at_now: None) -> Client:
    client = Client()
    client.force_login(owner)
    return client


def page(name: str, shop: Advertiser) -> str:
    return reverse(f"admin:network_advertiser_{name}", args=[shop.pk])


def shown_keys(html: str) -> list[str]:
    return re.findall(r"sclk_[0-9a-f]{64}", html)


def test_a_key_is_shown_once(staff: Client, shop: Advertiser, owner: User) -> None:
    answer = staff.post(page("api_key", shop), {"name": " Export ", "scope": "report"})
    [key] = shown_keys(answer.content.decode())
    assert "no-store" in answer.headers["Cache-Control"]
    found = api_keys.find(key, NOW)
    assert found
    assert (found.advertiser, found.name, found.made_by) == (shop, "Export", owner)
    assert not found.may_decide
    said = str(LogEntry.objects.get().get_change_message())
    assert found.prefix in said
    assert key not in said
    listed = staff.get(page("change", shop)).content.decode()
    assert found.prefix in listed
    assert shown_keys(listed) == []


@pytest.mark.parametrize(("scope", "may_decide"), [("report", False), ("all", True)])
def test_a_key_may_do_what_was_chosen(
    staff: Client, shop: Advertiser, scope: str, may_decide: bool
) -> None:
    asked = staff.get(page("api_key", shop)).content.decode()
    assert '<option value="report" selected>' in asked
    [key] = shown_keys(
        staff.post(page("api_key", shop), {"name": "Export", "scope": scope}).content.decode()
    )
    found = api_keys.find(key, NOW)
    assert found
    assert found.may_decide is may_decide


def test_a_key_without_a_scope_is_none(staff: Client, shop: Advertiser) -> None:
    answer = staff.post(page("api_key", shop), {"name": "Export"})
    assert list(answer.context["form"].errors) == ["scope"]
    assert not ApiKey.objects.exists()


@pytest.mark.parametrize("name", ["", "Shop", "x" * 61], ids=["none", "taken", "too_long"])
def test_a_wrong_name_makes_no_key(staff: Client, shop: Advertiser, name: str) -> None:
    api_keys.make(shop, "Shop", NOW, made_by=None)
    answer = staff.post(page("api_key", shop), {"name": name, "scope": "all"})
    assert list(answer.context["form"].errors) == ["name"]
    assert ApiKey.objects.count() == 1


def test_a_key_is_revoked_after_asking(staff: Client, shop: Advertiser, owner: User) -> None:
    row: ApiKey = api_keys.make(shop, "Shop", NOW, made_by=None).row
    listed = staff.get(page("change", shop)).content.decode()
    address = f"{page('revoke_api_key', shop)}?key={row.pk}"
    assert address in listed
    asked = staff.get(address)
    assert f'value="{row.pk}" selected' in asked.content.decode()
    assert ApiKey.objects.get().revoked_at is None

    assert staff.post(address, {"key": row.pk}).headers["Location"] == page("change", shop)
    kept = ApiKey.objects.get()
    assert (kept.revoked_at, kept.revoked_by) == (NOW, owner)
    assert row.prefix in str(LogEntry.objects.get().get_change_message())
    assert address not in staff.get(page("change", shop)).content.decode()


def test_nobody_revokes_a_key_of_another_advertiser_or_twice(
    staff: Client, shop: Advertiser
) -> None:
    foreign = api_keys.make(make_advertiser(), "Shop", NOW, made_by=None).row
    over = api_keys.make(shop, "Shop", NOW, made_by=None).row
    api_keys.revoke(over, NOW, revoked_by=None)
    for row in (foreign, over):
        answer = staff.post(page("revoke_api_key", shop), {"key": row.pk})
        assert list(answer.context["form"].errors) == ["key"]
    foreign.refresh_from_db()
    assert foreign.revoked_at is None
    assert not LogEntry.objects.exists()


def test_who_only_reads_sees_keys_and_cannot_revoke(shop: Advertiser, at_now: None) -> None:
    row = api_keys.make(shop, "Shop", NOW, made_by=None).row
    client = Client()
    client.force_login(make_user("viewer", shop))
    listed = client.get(page("change", shop)).content.decode()
    assert row.prefix in listed
    assert page("revoke_api_key", shop) not in listed
    assert client.post(page("revoke_api_key", shop), {"key": row.pk}).status_code == 403
