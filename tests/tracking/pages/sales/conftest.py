"""A blog at a shop, and the shop's owner at the admin."""

import pytest
from django.test import Client

from network.models import Advertiser
from publishers.models import Partnership
from tests.support.makers import make_partner, make_publisher, make_user


@pytest.fixture
def blog(shop: Advertiser) -> Partnership:
    return make_partner(shop, make_publisher("Blog A"), "hard")


@pytest.fixture
def owner(client: Client, shop: Advertiser) -> Client:
    client.force_login(make_user("owner", shop))
    return client
