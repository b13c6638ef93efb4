"""Columns of the admin's lists."""

import pytest

from network.models import Advertiser
from tests.support.makers import NOW, Shopper, make_partner, make_publisher, make_user
from tests.support.reading import signed_in

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("at_now")]
LISTS = ("conversion", "commission", "click", "report")


@pytest.mark.parametrize("name", LISTS)
def test_the_advertiser_is_a_column_only_where_there_are_several(
    shop: Advertiser, name: str
) -> None:
    shopper = Shopper()
    shopper.follow(make_partner(shop, make_publisher("Blog")), NOW)
    shopper.buy(shop, NOW)
    page = f"/admin/tracking/{name}/"
    own = signed_in(make_user("viewer", shop)).get(page).content.decode()
    every = signed_in(make_user("operator")).get(page).content.decode()
    assert "field-advertiser" not in own
    assert "field-advertiser" in every
