"""A shop with partners of four model types, and who works in the admin."""

import pytest
from django.test import Client

from network.models import Advertiser
from publishers.models import Partnership
from tests.support.makers import make_partner, make_publisher, make_user
from tests.support.reading import signed_in


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
