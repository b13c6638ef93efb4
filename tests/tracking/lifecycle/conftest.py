"""A partner and the staff of a shop."""

import pytest
from django.test import Client

from network import clock
from network.models import Advertiser, User
from publishers.models import Partnership
from tests.support.makers import make_partner, make_publisher, make_user
from tests.tracking.lifecycle.test_validation import LATER


@pytest.fixture
def manager(shop: Advertiser) -> User:
    return make_user("manager", shop, name="mia")


@pytest.fixture
def staff(client: Client, manager: User, monkeypatch: pytest.MonkeyPatch) -> Client:
    monkeypatch.setattr(clock, "now", lambda: LATER)
    client.force_login(manager)
    return client


@pytest.fixture
def blog(shop: Advertiser) -> Partnership:
    return make_partner(shop, make_publisher("Blog"), "hard")
