"""What an advertiser had answered about consent is kept when its setting gets three words."""

from importlib import import_module

import pytest
from django.db import connection

from network.models import Advertiser
from tests.support.makers import make_advertiser

migration = import_module("network.migrations.0004_consent_in_the_shop")


@pytest.mark.django_db
def test_yes_and_no_become_words_and_go_back() -> None:
    shops = {default: make_advertiser() for default in Advertiser.ConsentDefault.values}
    for default, shop in shops.items():
        Advertiser.objects.filter(pk=shop.pk).update(consent_default=default)

    def stored(column: str) -> dict[str, object]:
        with connection.cursor() as cursor:
            cursor.execute(f"SELECT id, {column} FROM network_advertiser")
            by_id = dict(cursor.fetchall())
        return {default: by_id[shop.pk] for default, shop in shops.items()}

    with connection.cursor() as cursor:
        cursor.execute("SET CONSTRAINTS ALL IMMEDIATE")
        cursor.execute(migration.BACK)
        assert stored("consent_default") == {"store": True, "ask": False, "refuse": False}
        cursor.execute(migration.TO_WORDS)
    assert stored("consent") == {"store": "store", "ask": "refuse", "refuse": "refuse"}
