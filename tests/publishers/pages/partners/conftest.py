"""A shop with partners."""

import pytest

from network.models import Advertiser
from tests.publishers.pages.partners.test_partners import Market


@pytest.fixture
def market(shop: Advertiser) -> Market:
    return Market(shop)
