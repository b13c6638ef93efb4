"""A shop, its partner, and somebody of each, at NOW."""

import pytest

from network import clock
from tests.publishers.pages.notices.test_notice_pages import STAFF_NAME, Cast
from tests.support.makers import NOW, make_advertiser, make_partner, make_publisher, make_user


@pytest.fixture
def cast(monkeypatch: pytest.MonkeyPatch) -> Cast:
    monkeypatch.setattr(clock, "now", lambda: NOW)
    shop = make_advertiser("Nimbus")
    partner = make_partner(shop, make_publisher("Pennyback", model_type="cashback"))
    member = make_user("member", partner.publisher)
    return Cast(shop, partner, member, make_user("owner", shop, name=STAFF_NAME))
