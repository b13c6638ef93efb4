"""Two publishers at one shop, and somebody of the one who reads."""

import pytest
from django.test import Client

from network.models import Advertiser
from publishers.models import Partnership
from tests.support.makers import make_partner, make_publisher, make_user
from tests.support.reading import signed_in
from tests.tracking.explain.test_elsewhere import RIVAL


@pytest.fixture
def cat(shop: Advertiser) -> Partnership:
    """The publisher who reads: soft."""
    return make_partner(shop, make_publisher("Cat", model_type="extension"))


@pytest.fixture
def rival(shop: Advertiser) -> Partnership:
    return make_partner(shop, make_publisher(RIVAL))


@pytest.fixture
def member(cat: Partnership) -> Client:
    return signed_in(make_user("member", cat.publisher))
