"""API keys: random, shown once, kept as a hash, several at a time, revoked for good."""

import hashlib
from datetime import timedelta
from io import StringIO

import pytest
from django.core.management import CommandError, call_command
from django.db import IntegrityError, connection, transaction
from django.test.utils import CaptureQueriesContext

from network.advertisers import api_keys
from network.models import Advertiser, ApiKey
from tests.support.makers import NOW, make_advertiser, make_user

pytestmark = pytest.mark.django_db
DAY = timedelta(days=1)


def test_a_key_is_kept_as_its_hash_alone(shop: Advertiser) -> None:
    person = make_user("owner", shop)
    made = api_keys.make(shop, "Export", NOW, made_by=person)
    assert len(bytes.fromhex(made.key.removeprefix("sclk_"))) == 32
    row = ApiKey.objects.get()
    assert row.digest == hashlib.sha256(made.key.encode()).hexdigest()
    assert (row.name, row.made_by, row.created_at) == ("Export", person, NOW)
    assert made.key.startswith(row.prefix)
    values = [str(value) for value in ApiKey.objects.values_list()[0]]
    assert not any(made.key in value for value in values)


def test_two_keys_are_live_at_once_until_one_is_revoked(shop: Advertiser) -> None:
    old = api_keys.make(shop, "Old", NOW, made_by=None)
    new = api_keys.make(shop, "New", NOW, made_by=None)
    assert [api_keys.find(made.key, NOW) for made in (old, new)] == [old.row, new.row]
    person = make_user("operator")
    api_keys.revoke(old.row, NOW + DAY, revoked_by=person)
    assert [api_keys.find(made.key, NOW) for made in (old, new)] == [None, new.row]
    old.row.refresh_from_db()
    assert (old.row.revoked_at, old.row.revoked_by) == (NOW + DAY, person)


def test_a_key_is_revoked_once(shop: Advertiser) -> None:
    made = api_keys.make(shop, "Shop", NOW, made_by=None)
    api_keys.revoke(made.row, NOW, revoked_by=None)
    with pytest.raises(api_keys.AlreadyRevoked):
        api_keys.revoke(made.row, NOW + DAY, revoked_by=None)
    assert ApiKey.objects.get().revoked_at == NOW


def test_a_name_is_free_again_when_its_key_is_revoked(shop: Advertiser) -> None:
    made = api_keys.make(shop, "Shop", NOW, made_by=None)
    with pytest.raises(api_keys.NameTaken):
        api_keys.make(shop, "Shop", NOW, made_by=None)
    api_keys.make(make_advertiser(), "Shop", NOW, made_by=None)
    api_keys.revoke(made.row, NOW, revoked_by=None)
    assert api_keys.make(shop, "Shop", NOW, made_by=None).key != made.key


def test_its_use_is_noted_once_a_day(shop: Advertiser) -> None:
    key = api_keys.make(shop, "Shop", NOW, made_by=None).key
    writes = []
    for at in (NOW, NOW + timedelta(hours=1), NOW + DAY):
        with CaptureQueriesContext(
            connection,
        ) as queries:
            api_keys.find(key, at)
        writes.append(len([query for query in queries if "UPDATE" in query["sql"]]))
    assert writes == [1, 0, 1]
    assert ApiKey.objects.get().last_used_on == (NOW + DAY).date()


@pytest.mark.parametrize(
    "wrong",
    [
        pytest.param({"digest": "x" * 64}, id="no_hash"),
        pytest.param({"name": ""}, id="no_name"),
        pytest.param({"revoked_at": NOW - DAY}, id="revoked_before_it_was_made"),
    ],
)
def test_the_database_refuses_what_cannot_be(shop: Advertiser, wrong: dict[str, object]) -> None:
    made = api_keys.make(shop, "Shop", NOW, made_by=None)
    with pytest.raises(IntegrityError), transaction.atomic():
        ApiKey.objects.filter(pk=made.row.pk).update(**wrong)


# --- The command --------------------------------------------------------------------------------


def test_the_command_prints_the_key_and_nothing_else(shop: Advertiser, at_now: None) -> None:
    out = StringIO()
    call_command("api_key", advertiser=shop.pk, stdout=out)
    found = api_keys.find(out.getvalue().removesuffix("\n"), NOW)
    assert found
    assert (found.advertiser, found.name) == (shop, "manage.py 2026-03-12 14:00:00")
    assert not found.may_decide


def test_the_command_makes_a_key_that_decides_where_it_is_asked_to(
    shop: Advertiser, at_now: None
) -> None:
    out = StringIO()
    call_command("api_key", advertiser=shop.pk, may_decide=True, stdout=out)
    found = api_keys.find(out.getvalue().strip(), NOW)
    assert found
    assert found.may_decide


@pytest.mark.parametrize(
    ("options", "said"),
    [
        pytest.param({"advertiser": 0}, "no advertiser 0", id="unknown_advertiser"),
        pytest.param({"name": "Taken"}, "'Taken' is valid", id="name_taken"),
        pytest.param({"name": "x" * 61}, "60 characters", id="name_too_long"),
    ],
)
def test_the_command_says_what_is_wrong(
    shop: Advertiser, at_now: None, options: dict[str, object], said: str
) -> None:
    api_keys.make(shop, "Taken", NOW, made_by=None)
    out = StringIO()
    with pytest.raises(CommandError, match=said):
        call_command("api_key", **{"advertiser": shop.pk, **options}, stdout=out)
    assert out.getvalue() == ""
