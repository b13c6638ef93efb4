"""A shop, its partner, and somebody of each."""

import pytest

from tests.publishers.notices.test_notices import Cast
from tests.support.makers import make_advertiser, make_partner, make_publisher, make_user


@pytest.fixture
def cast() -> Cast:
    shop = make_advertiser("Nimbus")
    cashback = make_partner(shop, make_publisher("Pennyback", model_type="cashback"))
    return Cast(
        shop=shop,
        cashback=cashback,
        staff=make_user("manager", shop, name="nina-of-staff"),
        member=make_user("owner", cashback.publisher),
    )
