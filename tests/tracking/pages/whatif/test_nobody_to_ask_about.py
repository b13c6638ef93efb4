"""The what-if page of a network without an advertiser."""

import pytest

from tests.support.makers import make_user
from tests.support.reading import signed_in, text


@pytest.mark.django_db
def test_without_an_advertiser_there_is_nothing_to_ask() -> None:
    client = signed_in(make_user("operator"))
    assert "No advertiser yet" in text(client.get("/admin/whatif/"))
